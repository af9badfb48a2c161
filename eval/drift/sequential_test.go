package drift

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"holdtrue/eval"
)

// watching is a run that may stop early, over cases of a baseline.
type watching struct {
	base, cand    eval.Run
	before, after []eval.Row // after: every answer that the candidate would give
	opts          Options
}

// run asks the cases in the order of the run, some at a time, until the watch
// says enough, and gives the run and the answers that it then holds.
func (w *watching) run(t testing.TB, inFlight int) (eval.Run, []eval.Row, *Watch) {
	t.Helper()
	run := w.cand
	run.StopEarly = &eval.StopEarly{Baseline: w.base.ID}
	watch, err := NewWatch(t.Context(), Input{Run: w.base, Rows: stream(w.before)}, &run, w.opts)
	if err != nil {
		t.Fatal(err)
	}
	answers := map[string][]eval.Row{}
	var order []string
	for _, r := range w.after {
		if answers[r.CaseID] == nil {
			order = append(order, r.CaseID)
		}
		answers[r.CaseID] = append(answers[r.CaseID], r)
	}
	slices.SortFunc(order, run.Turn)
	for _, id := range order {
		watch.Expect(id, answers[id][0].CaseHash)
	}
	run.StopEarly.Planned, run.Cases = len(order), len(order)
	var rows []eval.Row
	for from := 0; from < len(order); from += inFlight {
		arriving := order[from:min(from+inFlight, len(order))]
		for k := range arriving { // the last that was asked is answered first
			for _, r := range answers[arriving[len(arriving)-1-k]] {
				rows = append(rows, r)
				watch.Row(&r)
			}
		}
		if v := watch.Verdict(); v != "" {
			run.StopEarly.Decision, run.Cases = string(v), from+len(arriving)
			break
		}
	}
	return run, rows, watch
}

// flakyRows draws binary answers of n cases of the population BM (p = .99 for
// 70 % of the cases, .9 for 20 %, .5 for 10 %) by a baseline and by a candidate
// that fails a share of what would have passed. The metrics share the case's p.
func flakyRows(r *rand.Rand, n, repeats, metrics int, loss float64) (before, after []eval.Row) {
	for k := range n {
		p := .99
		switch u := r.Float64(); {
		case u < .1:
			p = .5
		case u < .3:
			p = .9
		}
		for repeat := range repeats {
			var b, a []float64
			for range metrics {
				b, a = append(b, pass(r, p)), append(a, pass(r, p*(1-loss)))
			}
			before, after = append(before, row(caseID(k), repeat, b...)), append(after, row(caseID(k), repeat, a...))
		}
	}
	return before, after
}

func metricsNamed(names ...string) []eval.Metric {
	var metrics []eval.Metric
	for _, name := range names {
		m := correct
		m.Name = name
		metrics = append(metrics, m)
	}
	return metrics
}

// TestStopEarlyKeepsTheErrorRate plays whole checks with --stop-early: the run
// is watched, stopped or asked to its end, and compared. Without a change at
// most 2.5 % may be regressed, at a true loss of the margin at most 5 % hold, and
// the comparison must always give the verdict that the run stopped for.
func TestStopEarlyKeepsTheErrorRate(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: the simulated error rate of stopping early is not checked")
	}
	for _, w := range []struct {
		n, repeats, metrics int
		loss, margin        float64
		reps                int
		regressed, holds    float64 // limits
		least               float64 // share regressed at least
	}{
		{150, 1, 1, 0, .1, 800, .025, 1, 0},
		{150, 3, 2, 0, .05, 400, .025, 1, 0},
		{150, 1, 1, .1 / .943, .1, 400, 1, .05, .5},
		{150, 3, 1, .2, .1, 60, 1, .01, .99},
	} {
		t.Run(fmt.Sprintf("%d cases, %d repeats, %d metrics, loss %.2f", w.n, w.repeats, w.metrics, w.loss), func(t *testing.T) {
			t.Parallel()
			words := map[Verdict]int{}
			stops, asked := 0, 0
			for i := range w.reps {
				r := rand.New(rand.NewPCG(uint64(i), 41))
				metrics := metricsNamed([]string{"one", "two"}[:w.metrics]...)
				x := watching{base: newRun("a", metrics...), cand: newRun("b", metrics...), opts: Options{Margin: &w.margin, Draws: 499}}
				x.cand.Repeats, x.cand.Seed = w.repeats, uint64(i)
				x.before, x.after = flakyRows(r, w.n, w.repeats, w.metrics, w.loss)
				run, rows, _ := x.run(t, 4)
				c := compare(t, x.base, run, x.before, rows, x.opts)
				switch c.Verdict {
				case Regressed, RegressedCases, Mixed:
					words[Regressed]++
				default:
					words[c.Verdict]++
				}
				asked += run.Cases
				if run.Stopped() {
					stops++
					if d := Verdict(run.StopEarly.Decision); d == Regressed && c.Verdict != Regressed || d != Regressed && c.Verdict != Holds && c.Verdict != Improved && c.Verdict != Regressed {
						t.Fatalf("run %d stopped for %q and was then %q: %s", i, d, c.Verdict, c.Reasons[0])
					}
				}
			}
			share := func(v Verdict) float64 { return float64(words[v]) / float64(w.reps) }
			t.Logf("stopped early %.2f, asked %.0f %% of the cases; %v", float64(stops)/float64(w.reps), 100*float64(asked)/float64(w.reps*w.n), words)
			for v, limit := range map[Verdict]float64{Regressed: w.regressed, Holds: w.holds} {
				if got := share(v); got > limit+3*math.Sqrt(limit*(1-limit)/float64(w.reps)) {
					t.Errorf("%s in %.4f of the checks, at most %v are allowed", v, got, limit)
				}
			}
			if got := share(Regressed); got < w.least {
				t.Errorf("regressed in %.3f of the checks, expected at least %v", got, w.least)
			}
		})
	}
}

// stoppedRun is a run of 200 cases that lost 30 points in a hundred and was stopped for it.
func stoppedRun(t *testing.T, metrics ...eval.Metric) (x watching, run eval.Run, rows []eval.Row) {
	x = watching{base: newRun("a", metrics...), cand: newRun("b", metrics...)}
	x.cand.Repeats, x.cand.Seed = 1, 7
	x.before, x.after = flakyRows(rand.New(rand.NewPCG(3, 42)), 200, 1, len(metrics), .3)
	run, rows, _ = x.run(t, 4)
	if run.StopEarly.Decision != string(Regressed) || run.Cases >= 150 {
		t.Fatalf("stopped for %q after %d cases", run.StopEarly.Decision, run.Cases)
	}
	return x, run, rows
}

func TestStoppedRunIsComparedAsOne(t *testing.T) {
	x, run, rows := stoppedRun(t, correct)
	gone := "gone" // taken out of the suite; its turn would have come
	for run.Turn(gone, rows[0].CaseID) > 0 {
		gone += "!"
	}
	x.before = append(x.before, row(gone, 0, 1))
	c := compare(t, x.base, run, x.before, rows, Options{Slices: []string{"topic"}})
	m := c.Metrics[0]
	want := fmt.Sprintf("stopped early after %d of 200 cases: correct fell by ", run.Cases)
	if c.Verdict != Regressed || !strings.HasPrefix(c.Reasons[0], want) {
		t.Errorf("%s: %q, want it to begin with %q", c.Verdict, c.Reasons[0], want)
	}
	if o := m.Overall; o.Method != "betting" || o.PWithin != nil || o.McNemarExact != nil || o.HoldsAt != nil || o.DetectableEven != nil ||
		o.P > .025 || o.Low >= o.Diff || o.High <= o.Diff || o.High >= 0 {
		t.Errorf("%+v", o)
	}
	if c.Pairing.RemovedTotal != 1 || c.Pairing.Removed[0] != gone || c.Pairing.Paired != run.Cases {
		t.Errorf("%d cases count as removed: the ones that were not asked are not", c.Pairing.RemovedTotal)
	}
	if !strings.Contains(strings.Join(c.Warnings, "; "), "run b stopped early after") {
		t.Errorf("no warning among %q", c.Warnings)
	}
	if c.Options.Alpha != .05 {
		t.Errorf("the options say alpha %v, and .05 was asked", c.Options.Alpha)
	}
	swapped := compare(t, run, x.base, rows, x.before, Options{})
	if swapped.Verdict != Improved || swapped.Metrics[0].Overall.P != m.Overall.P || swapped.Pairing.AddedTotal != 1 {
		t.Errorf("the other way round it %s, p %v, %d added", swapped.Verdict, swapped.Metrics[0].Overall.P, swapped.Pairing.AddedTotal)
	}
	if d := cmp.Diff(c, compare(t, x.base, run, shuffled(x.before, 1), shuffled(rows, 2), Options{Slices: []string{"topic"}})); d != "" {
		t.Errorf("the order of the rows matters: %s", d)
	}
}

// TestHalfOfAlphaIsSpent compares the same answers as of a plain run and as of
// one that could have stopped and did not: 9 lost and 2 gained of 60 cases have
// a mid-p of .0386 (McNemar), which is significant at .05 and not at .025.
func TestHalfOfAlphaIsSpent(t *testing.T) {
	before, after := twoByTwo(9, 2, 40, 9)
	plain := compare(t, newRun("a", correct), newRun("b", correct), before, after, Options{})
	patient := newRun("b", correct)
	patient.StopEarly = &eval.StopEarly{Baseline: "a", Planned: 60}
	c := compare(t, newRun("a", correct), patient, before, after, Options{})
	if plain.Verdict != Regressed || c.Verdict != Inconclusive {
		t.Errorf("plain: %s, could have stopped: %s; p %v", plain.Verdict, c.Verdict, c.Metrics[0].Overall.P)
	}
	if math.Abs(c.Metrics[0].Overall.P-.0386) > .00005 {
		t.Errorf("p %v", c.Metrics[0].Overall.P)
	}
	if c.Options.Alpha != .05 || !strings.Contains(strings.Join(c.Warnings, "; "), "half of every error rate was spent") {
		t.Errorf("alpha %v, warnings %q", c.Options.Alpha, c.Warnings)
	}
	// 60 unchanged cases hold within 5 points at 95 % (59 do), not at 97.5 %.
	before, after = twoByTwo(0, 0, 60, 0)
	plain = compare(t, newRun("a", correct), newRun("b", correct), before, after, Options{})
	c = compare(t, newRun("a", correct), patient, before, after, Options{})
	if plain.Verdict != Holds || c.Verdict != Inconclusive {
		t.Errorf("60 unchanged cases, plain: %s, could have stopped: %s", plain.Verdict, c.Verdict)
	}
}

// TestWatchTakesCasesInTheirTurn answers the cases in any order: what is decided,
// and after how many cases, is always the same, resumed or not.
func TestWatchTakesCasesInTheirTurn(t *testing.T) {
	x, run, _ := stoppedRun(t, metricsNamed("one", "two")...)
	order := func() (ids []string) {
		for _, r := range x.after {
			ids = append(ids, r.CaseID)
		}
		slices.SortFunc(ids, run.Turn)
		return ids
	}()
	at := 0
	for seed := range uint64(5) {
		watch, err := NewWatch(t.Context(), Input{Run: x.base, Rows: stream(x.before)}, &run, x.opts)
		if err != nil {
			t.Fatal(err)
		}
		for _, id := range order {
			watch.Expect(id, "content of "+id)
		}
		rows := x.after
		if seed > 0 {
			rows = shuffled(x.after, seed)
		}
		for i, r := range rows {
			if i%2 == 0 {
				watch.Row(&r)
				continue
			}
			res := eval.Result{Output: eval.Output{CaseID: r.CaseID, Repeat: r.Repeat}}
			for _, s := range r.Scores {
				res.Scores = append(res.Scores, eval.Score{Metric: run.Metrics[s.Metric].Name, Status: s.Status, Value: s.Value})
			}
			watch.Result(&res)
		}
		if seed == 0 {
			at = watch.Cases()
		}
		if watch.Verdict() != Regressed || watch.Cases() != at || at < 5 || at > run.Cases {
			t.Errorf("order %d: %q after %d cases, in order after %d", seed, watch.Verdict(), watch.Cases(), at)
		}
	}
}

func TestWatchSettings(t *testing.T) {
	latency := eval.Metric{Name: "latency", Scorer: "latency", Version: "1", Scale: eval.Measure, Better: eval.Lower, Gate: true}
	idle := correct
	idle.Name, idle.Gate = "idle", false
	other := correct
	other.Version = "2"
	for _, c := range []struct {
		name        string
		base, cand  []eval.Metric
		watched     int
		stopsToHold bool
	}{
		{"one gating metric", []eval.Metric{correct, idle}, []eval.Metric{correct, idle}, 1, true},
		{"a gating measure", []eval.Metric{correct, latency}, []eval.Metric{correct, latency}, 1, false},
		{"another version", []eval.Metric{correct}, []eval.Metric{other}, 0, false},
		{"a metric that the baseline lacks", []eval.Metric{correct}, metricsNamed("correct", "new"), 1, false},
		{"a metric that the candidate lacks", metricsNamed("correct", "old"), []eval.Metric{correct}, 1, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			base, run := newRun("a", c.base...), newRun("b", c.cand...)
			run.Repeats = 1
			var rows []eval.Row
			for i := range 200 {
				rows = append(rows, row(caseID(i), 0, 1, 1))
				rows[i].Scores = rows[i].Scores[:len(c.base)]
			}
			watch, err := NewWatch(t.Context(), Input{Run: base, Rows: stream(rows)}, &run, Options{})
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range rows {
				watch.Expect(r.CaseID, r.CaseHash)
			}
			for _, r := range rows {
				r.Scores = row(r.CaseID, 0, 1, 1).Scores[:len(c.cand)]
				watch.Row(&r)
			}
			if watch.Metrics() != c.watched || (watch.Verdict() == Holds) != c.stopsToHold {
				t.Errorf("%d metrics watched, stopped for %q", watch.Metrics(), watch.Verdict())
			}
		})
	}
	running := newRun("a", correct)
	running.Status = eval.Running
	run := newRun("b", correct)
	if _, err := NewWatch(t.Context(), Input{Run: running, Rows: stream(nil)}, &run, Options{}); err == nil || !strings.Contains(err.Error(), "not complete") {
		t.Errorf("an incomplete baseline: %v", err)
	}
}
