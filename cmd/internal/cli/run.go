package cli

import (
	"fmt"

	"github.com/spf13/cobra"

	"holdtrue/eval/drift"
	"holdtrue/reports"
)

func (a *app) runCommand() *cobra.Command {
	var f replayFlags
	var agentName string
	var against string
	var asJSON bool
	c := &cobra.Command{
		Use:   "run --agent NAME",
		Short: "Ask one agent every case, score the answers and store the run",
		Long: `Run asks one agent of the suite every case, scores the answers and stores them
as they arrive. A run that was interrupted goes on with --resume; no case that
was answered is asked again.` + stopEarlyDoc,
		Example: `  holdtrue run --agent current
  holdtrue run --agent candidate --repeat 3 --concurrency 8
  holdtrue run --agent candidate --only topic=refunds --limit 20
  holdtrue run --agent candidate --resume
  holdtrue run --agent candidate --stop-early --against main`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			ctx := cmd.Context()
			if err := f.check(cmd); err != nil {
				return err
			}
			f.goOn = a.sameCommand(cmd, nil, "resume") + " --resume"
			if err := f.checkAgainst(against); err != nil {
				return err
			}
			suite, err := a.suite()
			if err != nil {
				return err
			}
			spec, err := a.oneAgent(suite, agentName)
			if err != nil {
				return err
			}
			db, err := a.openStore(ctx, suite)
			if err != nil {
				return err
			}
			defer closing(&err, db)
			if f.stopEarly {
				base, err := db.Run(ctx, against)
				if err != nil {
					return err
				}
				if err := f.stopAgainst(base, suiteOptions(suite)); err != nil {
					return err
				}
				f.goOn = fmt.Sprintf("%s --against %s --resume", a.sameCommand(cmd, nil, "resume", "against"), base.ID)
			}
			runs, err := a.replay(ctx, suite, db, spec, &f)
			if err != nil {
				return err
			}
			summary, err := drift.Summarize(runs[0], db.Rows(ctx, runs[0].ID))
			if err != nil {
				return err
			}
			return reports.Summary(a.out, summary, a.tableOptions(asJSON))
		},
	}
	c.Flags().StringVar(&agentName, "agent", "", "the agent's `NAME` in the suite (default: the only one)")
	must(c.RegisterFlagCompletionFunc("agent", a.completeAgents))
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	f.bind(c)
	f.bindStopEarly(c, "--against")
	c.Flags().StringVar(&against, "against", "", "with --stop-early, the `RUN` to compare with meanwhile")
	must(c.RegisterFlagCompletionFunc("against", a.completeRuns))
	return c
}

func (a *app) tableOptions(asJSON bool) reports.Options {
	return reports.Options{Width: a.width(), Color: a.color(), JSON: asJSON}
}
