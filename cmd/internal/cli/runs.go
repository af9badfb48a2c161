package cli

import (
	"github.com/spf13/cobra"

	"holdtrue/eval/store"
	"holdtrue/reports"
)

func (a *app) runsCommand() *cobra.Command {
	var filter store.Filter
	var asJSON bool
	c := &cobra.Command{
		Use:   "runs",
		Short: "List the stored runs, newest first",
		Example: `  holdtrue runs
  holdtrue runs --agent candidate --limit 5 --json`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			ctx := cmd.Context()
			if filter.Limit < 0 || filter.Limit == 0 && cmd.Flags().Changed("limit") {
				return usage("", "--limit is %d; it counts runs, from 1", filter.Limit)
			}
			db, _, err := a.readStore(ctx)
			if err != nil {
				return err
			}
			defer closing(&err, db)
			infos, err := db.Runs(ctx, filter)
			if err != nil {
				return err
			}
			switch {
			case len(infos) > 0:
			case filter.Agent != "":
				a.note("no run of %s is stored", filter.Agent)
				a.hint(a.prog + " run --agent " + shellWord(filter.Agent))
			default:
				a.note("no run is stored")
				a.hint(a.prog + " run --agent NAME")
			}
			return reports.Runs(a.out, runLines(infos), a.tableOptions(asJSON))
		},
	}
	c.Flags().StringVar(&filter.Agent, "agent", "", "only runs of the agent `NAME`")
	c.Flags().IntVar(&filter.Limit, "limit", 0, "at most `N` runs")
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	must(c.RegisterFlagCompletionFunc("agent", a.completeAgents))
	return c
}

func runLines(infos []store.RunInfo) []reports.RunLine {
	lines := make([]reports.RunLine, len(infos))
	for i, info := range infos {
		r := info.Run
		lines[i] = reports.RunLine{ID: r.ID, Agent: r.Agent, Version: r.Version, Suite: r.Suite, Status: string(r.Status),
			Started: r.Started, Outputs: info.Outputs, Planned: r.Planned(), Failed: info.Failed, Pins: info.Pins}
	}
	return lines
}
