package cli

import (
	"context"
	"errors"
	"slices"
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
	b, c := input(ctx, db, base), input(ctx, db, cand)
	runs, err := db.SameVersion(ctx, base)
	if err != nil {
		return b, c, err
	}
	b.Replays = replays(runs, base, cand)
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
			b.Earlier = append(b.Earlier, input(ctx, db, run))
		}
		return b, c, nil
	}
	// A run that stopped early was tested against the baseline alone.
	if pool == 0 || base.ID == cand.ID || base.Version == "" || base.Stopped() || cand.Stopped() {
		return b, c, nil
	}
	pins, err := db.Pins(ctx)
	if err != nil {
		return b, c, err
	}
	pinned := map[string]bool{}
	for _, p := range pins {
		pinned[p.RunID] = true
	}
	for _, run := range poolable(runs, base, cand, pinned, pool) {
		b.Earlier = append(b.Earlier, input(ctx, db, run))
	}
	return b, c, nil
}

// poolable chooses from the complete runs of the baseline's version, newest
// first, those whose answers may count with it.
//
// A pin says that a level is meant, so nothing from before the newest pinned run
// up to the baseline counts: pinned names the pinned runs. Runs after the
// candidate's start are no baseline of it. Where the candidate is one more run of
// the same version, what crept in over the nights between must not become its own
// baseline: of a pinned baseline the first nights after it count, as many as make
// its first window, of another only what came before it. A recording that was
// replayed before holds the same answers, not new ones, and a run that stopped
// early those of cases that chance chose.
func poolable(runs []eval.Run, base, cand eval.Run, pinned map[string]bool, most int) []eval.Run {
	var from time.Time
	for _, r := range append(runs, base) {
		if pinned[r.ID] && !r.Started.After(base.Started) && r.Started.After(from) {
			from = r.Started
		}
	}
	until := cand.Started
	if cand.Agent == base.Agent && cand.Version == base.Version {
		if pinned[base.ID] {
			runs, most = slices.Clone(runs), min(most, firstWindow)
			slices.Reverse(runs)
		} else {
			until = base.Started
		}
	}
	replayed := map[string]bool{base.Lineage[recordingKey]: true, cand.Lineage[recordingKey]: true}
	outputs := 0
	var chosen []eval.Run
	for _, r := range runs {
		if r.ID == base.ID || r.ID == cand.ID || r.Stopped() || r.Started.Before(from) || r.Started.After(until) || len(chosen) == most {
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

// firstWindow is how many nights after a pinned run count with it when the same
// version is checked again and again: with the pinned one, enough to know how
// much whole runs differ.
const firstWindow = 9

// replays counts the runs that could be pooled but for replaying a recording that
// counts already.
func replays(runs []eval.Run, base, cand eval.Run) int {
	n := 0
	replayed := map[string]bool{base.Lineage[recordingKey]: true, cand.Lineage[recordingKey]: true}
	for _, r := range runs {
		if r.ID == base.ID || r.ID == cand.ID || r.Started.After(cand.Started) {
			continue
		}
		switch digest := r.Lineage[recordingKey]; {
		case digest == "":
		case replayed[digest]:
			n++
		default:
			replayed[digest] = true
		}
	}
	return n
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
