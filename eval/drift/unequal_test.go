package drift

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"holdtrue/eval"
)

// TestUnequalOutputsKeepTheLevel: where one side has more outputs of a case than
// the other, the difference of the means is skewed, and neither sign flips nor a
// mean of a measure may take that for a change. 200 unchanged pairs a row, seed
// 5; the bound is three standard errors above 2.5 %, of measures that do not gate
// 5 %. (With sign flips alone the rows gave .50, .17, .06, .83 and .91.)
func TestUnequalOutputsKeepTheLevel(t *testing.T) {
	if testing.Short() {
		t.Skip("a simulation: left out by -short")
	}
	const reps = 200
	latency := eval.Metric{Name: "latency", Scorer: "latency", Version: "1", Scale: eval.Measure, Unit: "ms", Better: eval.Lower, Gate: true}
	quiet := latency
	quiet.Gate = false
	rare := func(r *rand.Rand, _ float64) float64 { return pass(r, .03) }
	timeouts := func(r *rand.Rand, _ float64) float64 { // nearly always right, sometimes a zero
		if r.Float64() < .02 {
			return 0
		}
		return 1 - .1*math.Abs(r.NormFloat64())*float64(r.IntN(2))
	}
	slow := func(r *rand.Rand, level float64) float64 { return math.Exp(6 + level + .5*r.NormFloat64()) }
	for _, w := range []struct {
		name          string
		metric        eval.Metric
		draw          func(r *rand.Rand, level float64) float64
		cases         int
		before, after int
		most          float64
	}{
		{"passes .03, 30 against 1", correct, rare, 20, 30, 1, .025},
		{"time-outs, 1 against 10", unit, timeouts, 20, 1, 10, .025},
		{"time-outs, 30 against 1", unit, timeouts, 50, 30, 1, .025},
		{"latency, 1 against 10", latency, slow, 100, 1, 10, .025},
		{"latency that does not gate, 30 against 1", quiet, slow, 100, 30, 1, .05},
	} {
		r := rand.New(rand.NewPCG(5, uint64(w.before)))
		worse, better := 0, 0
		for range reps {
			levels := make([]float64, w.cases)
			for i := range levels {
				levels[i] = .5 * r.NormFloat64()
			}
			side := func(n int) []eval.Row {
				return rounds(w.cases, n, func(i, _ int) float64 { return w.draw(r, levels[i]) })
			}
			c := compare(t, newRun("a", w.metric), newRun("b", w.metric), side(w.before), side(w.after), Options{Draws: 199, Force: true})
			for _, m := range append(c.Metrics, c.Others...) {
				switch {
				case m.Verdict.down() || m.Verdict == Changed:
					worse++
				case m.Verdict.up():
					better++
				}
			}
		}
		limit := w.most + 3*math.Sqrt(w.most*(1-w.most)/reps)
		if a, b := float64(worse)/reps, float64(better)/reps; a > limit || b > limit {
			t.Errorf("%s: %.3f regressed or changed, %.3f improved; at most %.3f", w.name, a, b, limit)
		}
	}
}

// A measure that was zero and is not any more must not go unseen.
func TestMeasuresFromZero(t *testing.T) {
	cost := eval.Metric{Name: "cost", Scorer: "cost", Version: "1", Scale: eval.Measure, Unit: "USD", Better: eval.Lower, Gate: true}
	before := rounds(60, 1, func(int, int) float64 { return 0 })
	after := rounds(60, 1, func(i, _ int) float64 { return .001 + float64(i)/1e6 })
	for i := range before {
		before[i].Text, after[i].Text = uint64(1+i), uint64(1+i)
	}
	c := compare(t, newRun("a", cost), newRun("b", cost), before, after, Options{})
	if c.Verdict != Regressed || c.Metrics[0].Overall.Worse != 60 || c.Metrics[0].Overall.Ratio != nil {
		t.Errorf("%s %q", c.Verdict, fmt.Sprint(c.Reasons))
	}
	back := compare(t, newRun("b", cost), newRun("a", cost), after, before, Options{})
	if back.Verdict != Improved {
		t.Errorf("%s %q", back.Verdict, fmt.Sprint(back.Reasons))
	}
}
