package cli

import (
	"github.com/spf13/cobra"

	"holdtrue/eval/drift"
)

func (a *app) compareCommand() *cobra.Command {
	var f compareFlags
	c := &cobra.Command{
		Use:   "compare BASELINE CANDIDATE",
		Short: "Compare two stored runs",
		Long: `Compare pairs the cases of two stored runs and says of each metric and slice
whether the candidate regressed, holds, improved, is mixed, or whether the
evidence is inconclusive.

A run is named by its id or a unique beginning of it, by a pinned name (main),
by "latest", by an agent's name (its latest complete run), or as agent@version.

The exit code is the verdict: see "holdtrue help exit-codes".`,
		Example: `  holdtrue compare main latest
  holdtrue compare march candidate@2 --slices topic,language --margin 0.02
  holdtrue compare main latest --format markdown -o report.md`,
		Args:              cobra.ExactArgs(2),
		ValidArgsFunction: a.completeRuns,
		RunE: func(cmd *cobra.Command, args []string) (err error) {
			ctx := cmd.Context()
			db, suite, err := a.readStore(ctx)
			if err != nil {
				return err
			}
			defer closing(&err, db)
			opt, err := f.options(cmd, suite)
			if err != nil {
				return err
			}
			base, err := db.Run(ctx, args[0])
			if err != nil {
				return err
			}
			cand, err := db.Run(ctx, args[1])
			if err != nil {
				return err
			}
			comparison, err := a.comparison(ctx, db, base, cand, opt, &f)
			if err != nil {
				return err
			}
			return a.conclude(comparison, &f)
		},
	}
	f.bind(c)
	return c
}

// conclude writes the report and turns the verdict into the exit code.
func (a *app) conclude(c *drift.Comparison, f *compareFlags) error {
	if err := a.writeReport(c, f); err != nil {
		return err
	}
	return asVerdict(exitCode(c, f))
}

func asVerdict(code int) error {
	if code == exitOK {
		return nil
	}
	return verdict(code)
}
