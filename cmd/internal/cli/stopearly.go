package cli

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"holdtrue/eval"
	"holdtrue/eval/agent"
	"holdtrue/eval/drift"
	"holdtrue/eval/replay"
	"holdtrue/eval/store"
)

// stopping is the baseline that a run is compared with while it is asked, and
// how.
type stopping struct {
	base eval.Run
	opts drift.Options
}

func (f *replayFlags) bindStopEarly(c *cobra.Command, baseline string) {
	c.Flags().BoolVar(&f.stopEarly, "stop-early", false,
		"ask the cases in random order and stop once the comparison with "+baseline+" is decided (live agents only)")
}

// stopEarlyDoc explains --stop-early in the long help of a command.
const stopEarlyDoc = `

With --stop-early the cases are asked in random order, and the run stops as soon
as some gating metric is shown to have regressed, or all of them to hold. The
test holds whenever a run stops: it takes half of alpha, and a run that comes to
its end without a decision is compared at the other half. Measures and slices
take no part in stopping.`

// checkAgainst holds --against of a run to what it needs.
func (f *replayFlags) checkAgainst(against string) error {
	switch {
	case f.stopEarly && against == "":
		return usage("holdtrue run --stop-early --against main", "--stop-early compares with a run meanwhile: name it with --against")
	case !f.stopEarly && against != "":
		return usage("holdtrue run --stop-early --against "+shellWord(against), "--against says what --stop-early compares with, and needs it")
	}
	return nil
}

// stopAgainst has a run compared with a baseline meanwhile, which must be
// complete before anything is asked.
func (f *replayFlags) stopAgainst(base eval.Run, opts drift.Options) error {
	if base.Status != eval.Complete {
		return &eval.InputError{Msg: fmt.Sprintf("run %s of %s is not complete, and nothing can be stopped against it", base.ID, base.Name()),
			Hint: "holdtrue run --agent " + shellWord(base.Agent) + " --resume"}
	}
	f.stop = &stopping{base: base, opts: opts}
	return nil
}

// onlyLive drops the wish to stop early where it would save nothing.
func (a *app) onlyLive(agents []agent.Agent, f *replayFlags) {
	recorded := func(ag agent.Agent) bool { return ag.Info().Recorded }
	if f.stop != nil && slices.ContainsFunc(agents, recorded) {
		a.note("a recording costs nothing to ask, so stopping early saves nothing; going on without --stop-early")
		f.stop = nil
	}
}

// planToStop marks a run that may stop early, before it starts.
func (f *replayFlags) planToStop(run *eval.Run) {
	if f.stop == nil {
		return
	}
	run.Seed = uint64(rand.Uint32())
	run.StopEarly = &eval.StopEarly{Baseline: f.stop.base.ID, Planned: run.Cases}
	if opts, err := f.stop.opts.WithDefaults(); err == nil { // else the watch says what is wrong
		run.StopEarly.Alpha, run.StopEarly.Margin = opts.Alpha, *opts.Margin
	}
}

// stopDiffers says what keeps a run from going on as it began.
func stopDiffers(old, now *eval.Run) string {
	switch {
	case old.StopEarly == nil && now.StopEarly == nil:
		return ""
	case old.StopEarly == nil:
		return "it asks the cases in their order in the suite, and cannot stop early"
	case now.StopEarly == nil:
		return fmt.Sprintf("it asks the cases in random order and may stop early, so it goes on with --stop-early against run %s only", old.StopEarly.Baseline)
	case old.StopEarly.Baseline != now.StopEarly.Baseline:
		return fmt.Sprintf("it may stop early against run %s, and now run %s was named", old.StopEarly.Baseline, now.StopEarly.Baseline)
	case old.StopEarly.Alpha != now.StopEarly.Alpha:
		return fmt.Sprintf("it may stop early at alpha %v, and now %v was asked for: its error rate would be neither", old.StopEarly.Alpha, now.StopEarly.Alpha)
	case old.StopEarly.Margin != now.StopEarly.Margin:
		return fmt.Sprintf("it may stop early with a margin of %v, and now %v was asked for", old.StopEarly.Margin, now.StopEarly.Margin)
	}
	return ""
}

// watch makes a plan stop early: it puts the cases into the run's own order,
// tells the watch what is stored already, and has the plan ask it.
func (a *app) watch(ctx context.Context, db *store.DB, run *eval.Run, stop *stopping, plan *replay.Plan) error {
	w, err := drift.NewWatch(ctx, drift.Input{Run: stop.base, Rows: db.Rows(ctx, stop.base.ID)}, run, stop.opts)
	if err != nil {
		return err
	}
	if w.Metrics() == 0 {
		a.note("no gating score can be compared with run %s, so nothing will stop this run early", stop.base.ID)
	}
	cases, err := inTurn(run, plan)
	if err != nil {
		return err
	}
	place := make(map[string]int, len(cases))
	for i := range cases {
		w.Expect(cases[i].ID, cases[i].Hash())
		place[cases[i].ID] = i
	}
	for row, err := range db.Rows(ctx, run.ID) {
		if err != nil {
			return err
		}
		w.Row(&row)
		plan.Begun = max(plan.Begun, place[row.CaseID]+1)
	}
	if w.Verdict() != "" { // decided when it was interrupted
		cases = cases[:plan.Begun]
	}
	plan.Cases = func(yield func(eval.Case, error) bool) {
		for _, c := range cases {
			if !yield(c, nil) {
				return
			}
		}
	}
	plan.Enough = w.Result
	plan.Store = stoppingStore{db, w}
	return nil
}

// inTurn reads all cases of a plan and puts them into the order of the run.
func inTurn(run *eval.Run, plan *replay.Plan) ([]eval.Case, error) {
	cases := make([]eval.Case, 0, run.Cases)
	for c, err := range plan.Cases {
		if err != nil {
			return nil, err
		}
		cases = append(cases, c)
	}
	slices.SortFunc(cases, func(x, y eval.Case) int { return run.Turn(x.ID, y.ID) })
	return cases, nil
}

// stoppingStore finishes a run that stopped early as such.
type stoppingStore struct {
	*store.DB
	watch *drift.Watch
}

func (s stoppingStore) Finish(ctx context.Context, runID string, finished time.Time, lineage map[string]string) error {
	if v := s.watch.Verdict(); v != "" && s.watch.Saved() {
		return s.DB.FinishEarly(ctx, runID, finished, lineage, string(v))
	}
	return s.DB.Finish(ctx, runID, finished, lineage)
}

// noteSaved says what stopping early saved.
func (a *app) noteSaved(run *eval.Run) {
	switch {
	case run.StopEarly == nil:
	case run.Stopped():
		saved := (run.StopEarly.Planned - run.Cases) * run.Repeats
		a.note("stopped early: %s after %d of %d cases against run %s; %d of %d calls saved",
			run.StopEarly.Decision, run.Cases, run.StopEarly.Planned, run.StopEarly.Baseline, saved, run.StopEarly.Planned*run.Repeats)
	default:
		a.note("asked all %d cases: nothing was decided before the end; half of alpha is left for the comparison", run.Cases)
	}
}
