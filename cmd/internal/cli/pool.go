package cli

import (
	"context"
	"errors"
	"runtime/debug"
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
			if err := earlier(run); err != nil {
				return b, c, err
			}
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
		if err := earlier(run); err != nil {
			return b, c, err
		}
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
// its first window, of another only what came before it. A recording or run that
// was replayed before holds the same answers, not new ones, and a run that stopped
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
	replayed := map[string]bool{base.Answers(): true, cand.Answers(): true}
	outputs := 0
	var chosen []eval.Run
	for _, r := range runs {
		if r.ID == base.ID || r.ID == cand.ID || r.Stopped() || r.Started.Before(from) || r.Started.After(until) || len(chosen) == most {
			continue
		}
		if replayed[r.Answers()] {
			continue
		}
		replayed[r.Answers()] = true
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

// replays counts the runs that could be pooled but for replaying a recording or
// run that counts already.
func replays(runs []eval.Run, base, cand eval.Run) int {
	n := 0
	replayed := map[string]bool{base.Answers(): true, cand.Answers(): true}
	for _, r := range runs {
		if r.ID == base.ID || r.ID == cand.ID || r.Started.After(cand.Started) {
			continue
		}
		if replayed[r.Answers()] {
			n++
		}
		replayed[r.Answers()] = true
	}
	return n
}

// monthly is how often the baseline was compared in the last 30 days, 0 if that
// is no more than every night.
func (a *app) monthly(ctx context.Context, db *store.DB, base eval.Run) (int, error) {
	n, err := db.ComparedSince(ctx, base.ID, a.now().Add(-month))
	if n <= oftenAMonth {
		n = 0
	}
	return n, err
}

// Memory of a comparison above which the collector works harder: what it takes by
// itself, and what an output takes with the scores of a dozen metrics.
const (
	compareMemory          = 128 << 20
	compareMemoryPerOutput = 1200
)

// boundMemory keeps a large comparison small, unless the environment says
// otherwise; it costs no time that can be measured.
func (a *app) boundMemory(sides ...drift.Input) {
	if _, set := a.getenv("GOMEMLIMIT"); set {
		return
	}
	outputs := 0
	for _, s := range sides {
		outputs += s.Run.Planned()
		for _, e := range s.Earlier {
			outputs += e.Run.Planned()
		}
	}
	debug.SetMemoryLimit(compareMemory + compareMemoryPerOutput*int64(outputs))
}
