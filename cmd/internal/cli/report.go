package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"holdtrue/eval"
	"holdtrue/eval/drift"
	"holdtrue/eval/store"
)

func (a *app) reportCommand() *cobra.Command {
	var f compareFlags
	c := &cobra.Command{
		Use:   "report [BASELINE CANDIDATE]",
		Short: "Write the report of the last comparison again, in any format",
		Long: `Report writes the last comparison again, or that of two named runs, in another
format or to a file. The comparison is computed again from the stored runs with
the settings it had; the result is the same. Two runs that were not compared
before are compared with the settings of the suite. Unlike compare, report ends
with 0 whatever the verdict.`,
		Example: `  holdtrue report --format markdown -o report.md
  holdtrue report main latest --format json`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 0 && len(args) != 2 {
				return fmt.Errorf("report takes two runs, or none for the last comparison; got %d", len(args))
			}
			return nil
		},
		ValidArgsFunction: a.completeRuns,
		RunE: func(cmd *cobra.Command, args []string) (err error) {
			ctx := cmd.Context()
			if _, err := f.chosenFormat(); err != nil {
				return err
			}
			db, suite, err := a.readStore(ctx)
			if err != nil {
				return err
			}
			defer closing(&err, db)
			wanted, err := a.wantedComparison(ctx, db, suite, &f, cmd, args)
			if err != nil {
				return err
			}
			before, after, err := a.sides(ctx, db, wanted.base, wanted.cand, wanted.options, f.pool)
			if err != nil {
				return err
			}
			c, err := drift.Compare(ctx, before, after, wanted.options, db.Result)
			if err != nil {
				return err
			}
			f.cause = a.likelyCause(ctx, db, c)
			return a.writeReport(c, &f)
		},
	}
	f.bindOutput(c)
	return c
}

// wanted is a comparison to be made: two runs and the settings.
type wanted struct {
	base, cand eval.Run
	options    drift.Options
}

// wantedComparison is the last one that was recorded of the runs that the
// arguments name, or of any; runs that were never compared are compared as the
// suite says.
func (a *app) wantedComparison(ctx context.Context, db *store.DB, suite *eval.Suite, f *compareFlags, cmd *cobra.Command, args []string) (w wanted, err error) {
	f.standard = suiteOptions(suite)
	var last store.Comparison
	if len(args) == 2 {
		if w.base, err = db.Run(ctx, args[0]); err != nil {
			return w, err
		}
		if w.cand, err = db.Run(ctx, args[1]); err != nil {
			return w, err
		}
		last, err = db.LatestOf(ctx, w.base.ID, w.cand.ID)
		if errors.Is(err, store.ErrNotFound) {
			a.note("these runs have not been compared before; with the settings of the suite")
			f.pool, f.unrecorded = defaultPool, true
			if w.options, err = f.options(cmd, suite); err != nil {
				return w, err
			}
			feedback, err := db.LastFeedback(ctx)
			w.options.Feedback = &feedback
			return w, err
		}
	} else {
		last, err = db.LatestComparison(ctx)
		if errors.Is(err, store.ErrNotFound) {
			return w, &eval.InputError{Msg: "nothing has been compared yet", Hint: "holdtrue compare BASELINE CANDIDATE"}
		}
	}
	if err != nil {
		return w, err
	}
	var saved savedOptions
	if err := json.Unmarshal(last.Options, &saved); err != nil {
		return w, fmt.Errorf("settings of the last comparison: %w", err)
	}
	w.options = saved.Options
	if saved.Pool != nil {
		f.pooling, f.pool = true, *saved.Pool
	}
	if w.options.Earlier == nil {
		w.options.Earlier = []string{} // none were pooled, whatever has been stored since
	}
	if w.base, err = db.Run(ctx, last.Baseline); err != nil {
		return w, err
	}
	w.cand, err = db.Run(ctx, last.Candidate)
	return w, err
}

// savedOptions are the settings of a comparison, with --pool where it was given.
type savedOptions struct {
	drift.Options
	Pool *int `json:"pool,omitempty"`
}

// savedComparison is what the store keeps of a comparison: enough to make it
// again.
func savedComparison(c *drift.Comparison, now time.Time, code int, f *compareFlags) store.Comparison {
	saved := savedOptions{Options: c.Options}
	if f.pooling {
		saved.Pool = &f.pool
	}
	options, err := json.Marshal(saved)
	must(err) // plain numbers and strings
	return store.Comparison{Baseline: c.Baseline.Run.ID, Candidate: c.Candidate.Run.ID,
		Created: now, Options: options, Verdict: string(c.Verdict), ExitCode: code}
}
