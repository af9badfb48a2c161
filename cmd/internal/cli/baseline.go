package cli

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"holdtrue/eval"
	"holdtrue/eval/drift"
	"holdtrue/eval/store"
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
			if err := a.noteWeak(ctx, db, &run); err != nil {
				return err
			}
			_, err = fmt.Fprintf(a.out, "%s is run %s of %s\n", pin, run.ID, run.Name())
			return err
		},
	}
	c.Flags().StringVar(&name, "name", "", "the `NAME` to pin it under (default: the suite's baseline, or main)")
	return c
}

// noteWeak says what makes a run a poor baseline.
func (a *app) noteWeak(ctx context.Context, db *store.DB, run *eval.Run) error {
	switch {
	case run.Stopped():
		a.note("run %s stopped early: later runs are compared on its %d of %d cases alone, with less power", run.ID, run.Cases, run.StopEarly.Planned)
	case run.Selection != "":
		a.note("run %s asked only part of the suite (%s): later runs are compared on its %s alone", run.ID, run.Selection, counted(run.Cases, "case"))
	}
	standard, err := drift.Options{}.WithDefaults()
	if err != nil {
		return err
	}
	outputs, failed, err := db.Calls(ctx, run.ID)
	if err == nil && float64(failed) > standard.MaxFailed*float64(outputs) {
		a.note("%d of the %s of run %s failed: comparisons with it are refused (--force overrides)", failed, counted(outputs, "call"), run.ID)
	}
	return err
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
