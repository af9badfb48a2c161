package cli

import (
	"fmt"

	"github.com/spf13/cobra"

	"holdtrue/eval"
)

func (a *app) baselineCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "baseline",
		Short: "Pin a run as the baseline, or show what is pinned",
		Example: `  holdtrue baseline set latest
  holdtrue baseline show`,
	}
	c.AddCommand(a.baselineSetCommand(), a.baselineShowCommand())
	return c
}

func (a *app) baselineSetCommand() *cobra.Command {
	var name string
	c := &cobra.Command{
		Use:   "set RUN",
		Short: "Pin a complete run under a name",
		Long:  `Set pins a complete run, so that check compares with it. The run that was pinned under the name before stays stored.`,
		Example: `  holdtrue baseline set latest
  holdtrue baseline set current@1.4 --name release`,
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: a.completeRuns,
		RunE: func(cmd *cobra.Command, args []string) (err error) {
			ctx := cmd.Context()
			db, suite, err := a.readStore(ctx)
			if err != nil {
				return err
			}
			defer closing(&err, db)
			run, err := db.Run(ctx, args[0])
			if err != nil {
				return err
			}
			if run.Status != eval.Complete {
				return &eval.InputError{Msg: fmt.Sprintf("run %s is not complete and cannot be a baseline", run.ID),
					Hint: "holdtrue run --agent " + run.Agent + " --resume"}
			}
			pin := baselineName(suite, name)
			if err := db.Pin(ctx, pin, run.ID); err != nil {
				return err
			}
			if run.Stopped() {
				a.note("run %s stopped early: later runs are compared on its %d of %d cases alone, with less power", run.ID, run.Cases, run.StopEarly.Planned)
			}
			_, err = fmt.Fprintf(a.out, "%s is run %s of %s\n", pin, run.ID, run.Name())
			return err
		},
	}
	c.Flags().StringVar(&name, "name", "", "the `NAME` to pin it under (default: the suite's baseline, or main)")
	return c
}

func (a *app) baselineShowCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "show",
		Short:   "List the pinned runs",
		Example: `  holdtrue baseline show`,
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			ctx := cmd.Context()
			db, _, err := a.readStore(ctx)
			if err != nil {
				return err
			}
			defer closing(&err, db)
			pins, err := db.Pins(ctx)
			if err != nil {
				return err
			}
			if len(pins) == 0 {
				a.note("no run is pinned")
				a.hint(a.prog + " baseline set latest")
			}
			for _, p := range pins {
				run, err := db.Run(ctx, p.RunID)
				if err != nil {
					return err
				}
				if _, err := fmt.Fprintf(a.out, "%s\t%s\t%s\t%s\n", p.Name, run.ID, run.Name(), run.Started.Format("2006-01-02 15:04 MST")); err != nil {
					return err
				}
			}
			return nil
		},
	}
}
