package drift

import (
	"fmt"
	"math"
	"reflect"
	"slices"
	"testing"

	"holdtrue/eval"
)

// TestAnUnchangedMetricCostsNothing: a metric whose scores are all alike on both
// sides moves no p of another but by the drawing, as the seed is of all scores,
// and none at all where the other is alone.
func TestAnUnchangedMetricCostsNothing(t *testing.T) {
	if testing.Short() {
		t.Skip("a simulation: left out by -short")
	}
	still := eval.Metric{Name: "a-still", Scorer: "still", Version: "1", Scale: eval.Unit, Better: eval.Higher, Gate: true}
	alone := 0
	for seed := range uint64(80) {
		d := seededDice(seed)
		w := shape{metrics: worldMetrics[:1+d(4)], cases: 24, repeats: 1 + d(3), holes: true, push: 5}.draw(d)
		opts := loose()
		opts.Draws = 499
		if d(2) == 0 {
			opts.Slices = nil
		}
		want, got := compareWorld(t, w, opts), compareWorld(t, withMetric(w, still, func(x *eval.Row) float64 { return float64(len(x.CaseID)+int(x.CaseID[3])%5) / 10 }), opts)
		if n := len(got.Metrics); got.Metrics[n-1].Verdict.down() || got.Metrics[n-1].Verdict.up() {
			t.Fatalf("the unchanged metric: %s", got.Metrics[n-1].Reason)
		}
		for _, m := range want.all() {
			k := slices.IndexFunc(got.all(), func(x *Metric) bool { return x.Metric.Name == m.Metric.Name })
			for i, x := range m.cells() {
				y := got.all()[k].cells()[i]
				if want.Draws == 0 {
					alone++
					if was, is := computed(x), computed(y); !reflect.DeepEqual(was, is) {
						t.Fatalf("seed %d, alone: %+v\nbeside an unchanged metric %+v", seed, was, is)
					}
				}
				withinDrawing(t, x.PAdjusted, y.PAdjusted, opts.Draws)
				near := false
				for _, p := range []float64{x.PAdjusted, y.PAdjusted} {
					near = near || math.Abs(p-opts.Alpha) < .1 || math.Abs(p-opts.Alpha/2) < .1
				}
				if x.PWithin != nil {
					withinDrawing(t, *x.PWithin/2, *y.PWithin/2, opts.Draws)
					near = near || math.Abs(*x.PWithin-opts.Alpha/2) < .1
				}
				if !near && x.Verdict != y.Verdict {
					t.Fatalf("seed %d: %s, beside an unchanged metric %s", seed, x.sentence(m), y.Verdict)
				}
			}
		}
	}
	if alone == 0 {
		t.Error("no cell was computed without drawing")
	}
}

// computed is a cell without what is simulated of it.
func computed(c *Cell) Cell {
	out := *c
	out.DetectableEven, out.DetectableLosses, out.NeedCases, out.NeedRepeats, out.Reason = nil, nil, 0, 0, ""
	return out
}

// withMetric adds a metric with the value of each row that was answered.
func withMetric(w world, m eval.Metric, value func(x *eval.Row) float64) world {
	k := len(w.base.Metrics)
	add := func(x *eval.Row) {
		status := eval.Scored
		if x.Failed {
			status = eval.Missing
		}
		x.Scores = append(x.Scores, eval.RowScore{Metric: k, Status: status, Value: value(x)})
	}
	w.base.Metrics, w.cand.Metrics = append(slices.Clip(w.base.Metrics), m), append(slices.Clip(w.cand.Metrics), m)
	w.before, w.after = edited(w.before, add), edited(w.after, add)
	return w
}

// TestUnrelatedMetricsKeepTheLevel: with up to three noisy metrics beside it and
// no change, the report is falsely "regressed" or "mixed" at most at 2.5 % and,
// counting "improved", at 5 %. 300 pairs of runs of 30 cases a row, 199 draws.
func TestUnrelatedMetricsKeepTheLevel(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: the simulated error rate beside unrelated metrics is not checked")
	}
	const reps = 300
	for _, c := range []struct{ others, repeats int }{{0, 1}, {3, 1}, {0, 3}, {3, 3}} {
		down, any := 0, 0
		for seed := range uint64(reps) {
			d := seededDice(seed<<8 | uint64(c.others))
			w := unchangedWorld(d, c.others, 30, c.repeats)
			got := compareWorld(t, w, Options{Slices: []string{"topic"}, Draws: 199, Quick: true})
			if got.Verdict.down() {
				down++
			}
			if got.Verdict.down() || slices.ContainsFunc(got.Metrics, func(m Metric) bool { return m.Verdict.up() }) {
				any++
			}
		}
		limit := func(p float64) float64 { return p + 3*math.Sqrt(p*(1-p)/reps) }
		name := fmt.Sprintf("%d others, %d repeats", c.others, c.repeats)
		t.Logf("%s: regressed or mixed %.3f, any %.3f", name, float64(down)/reps, float64(any)/reps)
		if float64(down) > limit(.025)*reps || float64(any) > limit(.05)*reps {
			t.Errorf("%s: regressed or mixed %d of %d, with improved %d", name, down, reps, any)
		}
	}
}

// unchangedWorld is unit scores, and others beside them, from the same
// distribution on both sides.
func unchangedWorld(d dice, others, cases, repeats int) world {
	metrics := []eval.Metric{unit}
	for k := range others {
		m := []eval.Metric{correct, unit}[k%2]
		m.Name = fmt.Sprintf("other%d", k)
		metrics = append(metrics, m)
	}
	w := world{base: newRun("a", metrics...), cand: newRun("b", metrics...)}
	for i := range cases {
		tags := map[string][]string{"topic": {[]string{"x", "y", "z"}[i%3]}}
		for _, rows := range []*[]eval.Row{&w.before, &w.after} {
			for r := range repeats {
				var values []float64
				for _, m := range metrics {
					v := float64(min(10, d(7)+d(7))) / 10
					if m.Scale == eval.Binary {
						v = math.Round(v)
					}
					values = append(values, v)
				}
				x := row(caseID(i), r, values...)
				x.Tags = tags
				*rows = append(*rows, x)
			}
		}
	}
	return w
}
