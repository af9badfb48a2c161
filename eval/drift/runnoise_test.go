package drift

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"holdtrue/eval"
)

// shockedNight is one run of n cases with unit scores: each case has its own level, and
// all share a shock.
func shockedNight(r *rand.Rand, levels []float64, noise, shock float64) []eval.Row {
	rows := make([]eval.Row, len(levels))
	for i, level := range levels {
		rows[i] = row(caseID(i), 0, level+noise*r.NormFloat64()+shock)
	}
	return rows
}

// TestRunToRunNoise reproduces the rows "10x1" of section 2.7 of the
// specification: with shocks of whole runs the case-level test alone raises far
// more than its level, and the check against the spread of runs brings it back.
// 200 comparisons of 200 cases, seed 7; the bounds are three standard errors.
func TestRunToRunNoise(t *testing.T) {
	if testing.Short() {
		t.Skip("a simulation: left out by -short")
	}
	const reps, cases, earlier = 200, 200, 9
	for _, w := range []struct {
		shock, drop float64
		least, most float64 // share of reports that say regressed
	}{
		{shock: 0, most: .025 + 3*.011},
		{shock: .02, most: .025 + 3*.011},
		{shock: 0, drop: .02, least: .95, most: 1},
		{shock: .005, drop: .06, least: .95, most: 1},
	} {
		r := rand.New(rand.NewPCG(7, uint64(1000*w.shock)))
		regressed, caseLevel := 0, 0
		for range reps {
			levels := make([]float64, cases)
			for i := range levels {
				levels[i] = .5 + .1*r.NormFloat64()
			}
			shock := func() float64 { return w.shock * r.NormFloat64() }
			base := Input{Run: newRun("a", unit), Rows: stream(shockedNight(r, levels, .05, shock()))}
			for k := range earlier {
				base.Earlier = append(base.Earlier, Input{Run: newRun(fmt.Sprint("e", k), unit), Rows: stream(shockedNight(r, levels, .05, shock()))})
			}
			cand := Input{Run: newRun("b", unit), Rows: stream(shockedNight(r, levels, .05, shock()-w.drop))}
			c, err := Compare(t.Context(), base, cand, Options{Draws: 199, Quick: true}, nil)
			if err != nil {
				t.Fatal(err)
			}
			o := c.Metrics[0].Overall
			if c.Verdict.down() {
				regressed++
			}
			if o.RunNoise == nil || o.RunNoise.Runs != 10 || !strings.Contains(c.Runs.Reason, "measured over 10 runs") {
				t.Fatalf("%+v %q", o.RunNoise, c.Runs.Reason)
			}
			if o.PAdjusted <= .025 && o.Diff < 0 {
				caseLevel++
			}
		}
		got := float64(regressed) / reps
		if got < w.least || got > w.most {
			t.Errorf("shock %v, drop %v: %.3f regressed, want %v to %v", w.shock, w.drop, got, w.least, w.most)
		}
		if w.shock == .02 && float64(caseLevel)/reps < .2 {
			t.Errorf("shocks of two points fooled the case-level test only %d times of %d", caseLevel, reps)
		}
	}
}

func TestFewRunsSaySo(t *testing.T) {
	before, after := twoByTwo(0, 0, 80, 0)
	c := compare(t, newRun("a", correct), newRun("b", correct), before, after, Options{})
	if c.Runs.Runs != 1 || c.Metrics[0].Overall.RunNoise != nil || !strings.Contains(c.Runs.Reason, "not measured (1 run of one version; it takes 8)") {
		t.Errorf("%+v", c.Runs)
	}
}

// Half of alpha is a false regressed, as often as comparisons are made.
func TestAlarmBudget(t *testing.T) {
	for _, w := range []struct {
		options Options
		month   float64
		words   string
	}{
		{Options{}, .75, "compared every night, these settings raise about 0.8 false alarms a month"},
		{Options{Alpha: .005}, .075, "less than 0.1 false alarms"},
		{Options{Month: 200}, 5, "with 200 comparisons in 30 days, as of late, these settings raise about 5.0 false alarms a month"},
	} {
		before, after := twoByTwo(0, 0, 80, 0)
		c := compare(t, newRun("a", correct), newRun("b", correct), before, after, w.options)
		if math.Abs(c.Alarms.PerMonth-w.month) > 1e-12 || !strings.Contains(c.Alarms.Reason, w.words) {
			t.Errorf("%+v", c.Alarms)
		}
	}
}
