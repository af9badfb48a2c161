package cli

import (
	"context"
	"errors"
	"time"

	"holdtrue/eval"
	"holdtrue/eval/drift"
	"holdtrue/eval/store"
)

const (
	defaultPool = 30      // earlier runs that are pooled with the baseline, at most
	maxPooled   = 500_000 // their outputs
	month       = 30 * 24 * time.Hour
	oftenAMonth = 30 // comparisons with one baseline that are a night's each
)

// sides are the two runs of a comparison as drift takes them, the baseline with
// the earlier runs of its version: those that the options name, or those found.
func (a *app) sides(ctx context.Context, db *store.DB, base, cand eval.Run, opt drift.Options, pool int) (drift.Input, drift.Input, error) {
	b, err := input(ctx, db, base, opt)
	if err != nil {
		return b, b, err
	}
	c, err := input(ctx, db, cand, opt)
	if err != nil {
		return b, c, err
	}
	earlier := func(run eval.Run) error {
		e, err := input(ctx, db, run, opt)
		b.Earlier = append(b.Earlier, e)
		return err
	}
	if opt.Earlier != nil { // as it was done before
		for _, id := range opt.Earlier {
			run, err := db.Run(ctx, id)
			if errors.Is(err, store.ErrNotFound) {
				a.note("earlier run %s is no longer stored; the comparison does without it", id)
				continue
			}
			if err != nil {
				return b, c, err
			}
			if err := earlier(run); err != nil {
				return b, c, err
			}
		}
		return b, c, nil
	}
	// A run that stopped early was tested against the baseline alone.
	if pool == 0 || base.Version == "" || base.Stopped() || cand.Stopped() {
		return b, c, nil
	}
	runs, err := db.SameVersion(ctx, base)
	if err != nil {
		return b, c, err
	}
	for _, run := range poolable(runs, base, cand, pool) {
		if err := earlier(run); err != nil {
			return b, c, err
		}
	}
	return b, c, nil
}

// poolable chooses from the complete runs of the baseline's version, newest
// first, those whose answers may count with it. Runs after the candidate's start
// are no baseline of it. Where the candidate is one more run of the same version,
// neither are those between the two: what crept in over these nights must not
// become its own baseline. A recording that was replayed before holds the same
// answers, not new ones.
func poolable(runs []eval.Run, base, cand eval.Run, most int) []eval.Run {
	until := cand.Started
	if cand.Agent == base.Agent && cand.Version == base.Version {
		until = base.Started
	}
	replayed := map[string]bool{base.Lineage[recordingKey]: true, cand.Lineage[recordingKey]: true}
	outputs := 0
	var chosen []eval.Run
	for _, r := range runs {
		if r.ID == base.ID || r.ID == cand.ID || r.Started.After(until) || len(chosen) == most {
			continue
		}
		if digest := r.Lineage[recordingKey]; digest != "" {
			if replayed[digest] {
				continue
			}
			replayed[digest] = true
		}
		if outputs += r.Planned(); outputs > maxPooled {
			break
		}
		chosen = append(chosen, r)
	}
	return chosen
}

// recordingKey is where the lineage of a run holds the digest of the recording
// that it replayed.
const recordingKey = "recording"

// monthly is how often the baseline was compared in the last 30 days, 0 if that
// is no more than every night.
func (a *app) monthly(ctx context.Context, db *store.DB, base eval.Run) (int, error) {
	n, err := db.ComparedSince(ctx, base.ID, a.now().Add(-month))
	if n <= oftenAMonth {
		n = 0
	}
	return n, err
}
