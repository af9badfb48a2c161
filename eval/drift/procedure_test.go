package drift

import (
	"math"
	"math/rand/v2"
	"testing"

	"holdtrue/eval"
)

// TestProcedureMeasured repeats rows of the specification's section 2.6, the
// whole verdict on the population BM (binary; p = .99 for 70 % of the cases, .9
// for 20 %, .5 for 10 %) with three repeats: false "regressed" without a change,
// and the share seen where 5 % of the cases collapse.
func TestProcedureMeasured(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: the simulated error rate of the whole verdict is not checked")
	}
	const reps = 250
	for _, w := range []struct {
		reason        string
		n             int
		collapse      float64
		regressed     float64
		neverImproved bool
	}{
		{"no change", 50, 0, .014, false},
		{"5 % collapse", 50, .05, .51, true},
		{"5 % collapse", 120, .05, .78, true},
	} {
		seen, improved := 0, 0
		for i := range reps {
			r := rand.New(rand.NewPCG(uint64(i), 5))
			var before, after []eval.Row
			for k := range w.n {
				p := .99
				switch u := r.Float64(); {
				case u < .1:
					p = .5
				case u < .3:
					p = .9
				}
				down := r.Float64() < w.collapse
				for repeat := range 3 {
					before = append(before, row(caseID(k), repeat, pass(r, p)))
					x := row(caseID(k), repeat, pass(r, p))
					if down {
						x.Scores[0].Value = 0
					}
					after = append(after, x)
				}
			}
			c := compare(t, newRun("a", correct), newRun("b", correct), before, after, Options{Draws: 999, Quick: true})
			switch c.Verdict {
			case Regressed, RegressedCases:
				seen++
			case Improved, ImprovedCases:
				improved++
			}
		}
		got := float64(seen) / reps
		se := math.Sqrt(w.regressed * (1 - w.regressed) / reps)
		t.Logf("%s, n=%d: regressed %.3f (specified %.3f), improved %.3f", w.reason, w.n, got, w.regressed, float64(improved)/reps)
		if got < w.regressed-3*se || w.collapse == 0 && got > w.regressed+4*se {
			t.Errorf("%s, n=%d: regressed %.3f, specified %.3f, se %.3f", w.reason, w.n, got, w.regressed, se)
		}
		if w.neverImproved && improved > reps/50 {
			t.Errorf("%s, n=%d: improved %d times", w.reason, w.n, improved)
		}
	}
}

func pass(r *rand.Rand, p float64) float64 {
	if r.Float64() < p {
		return 1
	}
	return 0
}
