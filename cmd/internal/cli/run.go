package cli

import (
	"github.com/spf13/cobra"

	"holdtrue/eval"
	"holdtrue/reports"
)

func (a *app) runCommand() *cobra.Command {
	var f replayFlags
	var agentName, recorded string
	var against string
	var asJSON bool
	c := &cobra.Command{
		Use:   "run --agent NAME",
		Short: "Ask one agent every case, score the answers and store the run",
		Long: `Run asks one agent of the suite every case, scores the answers and stores them
as they arrive. A run that was interrupted goes on with --resume; no case that
was answered is asked again. If every call failed it ends with 5.

Every stored run is a recording. With --replay, or of an agent {run: RUN} of the
suite, the answers of a stored run are taken with their latency, cost and trace,
and scored with the metrics of today; nothing is called.` + budgetDoc + stopEarlyDoc,
		Example: `  holdtrue run --agent current
  holdtrue run --agent candidate --repeat 3 --concurrency 8
  holdtrue run --agent candidate --only topic=refunds --limit 20
  holdtrue run --agent candidate --max-cost 2.50 --run-timeout 2h
  holdtrue run --agent candidate --resume
  holdtrue run --replay main
  holdtrue run --agent candidate --stop-early --against main`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, args []string) (err error) {
			ctx := cmd.Context()
			if err := f.check(cmd, args); err != nil {
				return err
			}
			if err := f.checkAgainst(against); err != nil {
				return err
			}
			suite, err := a.suite()
			if err != nil {
				return err
			}
			var specs []eval.AgentSpec
			if recorded == "" {
				if specs, err = a.oneAgent(suite, agentName); err != nil {
					return err
				}
			}
			db, err := a.openStore(ctx, suite)
			if err != nil {
				return err
			}
			defer closing(&err, db)
			if recorded != "" {
				if specs, err = agentsOrRuns(ctx, suite, db, []string{runPrefix + recorded}); err != nil {
					return err
				}
			}
			if f.stopEarly {
				base, err := db.Run(ctx, against)
				if err != nil {
					return err
				}
				if err := f.stopAgainst(base, suiteOptions(suite)); err != nil {
					return err
				}
				against = base.ID // to go on with: a pinned name may move
			}
			runs, err := a.replay(ctx, suite, db, specs, &f)
			if err != nil {
				return err
			}
			summary, err := summarize(ctx, db, runs[0])
			if err != nil {
				return err
			}
			if err := reports.Summary(a.out, summary, a.tableOptions(asJSON)); err != nil {
				return err
			}
			return a.ended(summary, &f)
		},
	}
	c.Flags().StringVar(&agentName, "agent", "", "the agent's `NAME` in the suite (default: the only one)")
	must(c.RegisterFlagCompletionFunc("agent", a.completeAgents))
	c.Flags().StringVar(&recorded, "replay", "", "take the answers of the stored `RUN` instead of asking an agent")
	must(c.RegisterFlagCompletionFunc("replay", a.completeRuns))
	c.MarkFlagsMutuallyExclusive("agent", "replay")
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
