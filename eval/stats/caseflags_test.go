package stats

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// TestBenjaminiHochbergPublished takes the example of Benjamini and Hochberg
// (1995), section 4.1: 15 p values, of which the procedure rejects four at .05
// and Bonferroni three. The adjusted values are those of R's p.adjust, p m/rank.
func TestBenjaminiHochbergPublished(t *testing.T) {
	p := []float64{.0001, .0004, .0019, .0095, .0201, .0278, .0298, .0344, .0459, .3240, .4262, .5719, .6528, .7590, 1}
	want := []float64{.0015, .0030, .0095, .035625, .0603, .06385714, .06385714, .0645, .0765, .486, .58118182, .714875, .75323077, .81321429, 1}
	got := BenjaminiHochberg(p)
	rejected := 0
	for i, q := range got {
		if math.Abs(q-want[i]) > 1e-8 {
			t.Errorf("p %v: q %.8f, want %.8f", p[i], q, want[i])
		}
		if q <= .05 {
			rejected++
		}
	}
	if rejected != 4 {
		t.Errorf("%d rejected, want 4", rejected)
	}
	backwards := slices.Clone(p)
	slices.Reverse(backwards)
	mirrored := BenjaminiHochberg(append(backwards, math.NaN(), math.Inf(1)))
	for i := range want {
		if mirrored[len(want)-1-i] != got[i] {
			t.Errorf("in another order %v gets %v instead of %v", p[i], mirrored[len(want)-1-i], got[i])
		}
	}
	if mirrored[15] != 1 || mirrored[16] != 1 {
		t.Errorf("not measured: %v", mirrored[15:])
	}
}

// collapsing draws counts of n cases of a population; each collapses to 0 with
// the given probability.
func collapsing(r *rand.Rand, n, a, b int, collapse float64) (cases []CaseCounts, fell []bool) {
	bm := populations()[0]
	for range n {
		draw := bm.newOne(r)
		c := CaseCounts{Base: a, Cand: b}
		down := r.Float64() < collapse
		for range a {
			c.BasePass += int(draw())
		}
		for range b {
			if draw() == 1 && !down {
				c.CandPass++
			}
		}
		cases, fell = append(cases, c), append(fell, down)
	}
	return cases, fell
}

// listing sums up what a rule lists over many runs.
type listing struct {
	runs, listed, wrong, found, broken int
	fdr, expected                      float64
}

func (l *listing) add(flags []CaseFlag, fell []bool, rule func(CaseFlag) bool) {
	var places []int
	wrong := 0
	for i, f := range flags {
		if fell[i] {
			l.broken++
		}
		if !rule(f) {
			continue
		}
		places = append(places, i)
		if fell[i] {
			l.found++
		} else {
			wrong++
		}
	}
	l.runs++
	l.listed += len(places)
	l.wrong += wrong
	l.fdr += float64(wrong) / float64(max(1, len(places)))
	l.expected += ExpectedWrong(flags, places)
}

func (l *listing) String() string {
	n := float64(l.runs)
	return fmt.Sprintf("listed a run %.3f, wrong %.3f (expected by local fdr %.3f), FDR %.3f, power %.3f",
		float64(l.listed)/n, float64(l.wrong)/n, l.expected/n, l.fdr/n, float64(l.found)/math.Max(1, float64(l.broken)))
}

// TestCaseFlagsMeasured repeats rows of the specification's table of per-case
// flags (section 4): n = 120, population BM, no change or 5 % of the cases
// collapsed, EB predictive p with Benjamini-Hochberg at .1. 300 runs a row.
func TestCaseFlagsMeasured(t *testing.T) {
	const runs = 300
	rule := func(f CaseFlag) bool { return f.Q <= .1 }
	for _, row := range []struct {
		a, b                   int
		falseFlags, fdr, power float64
	}{
		{3, 3, .05, .04, .76},
		{5, 5, .05, .05, .87},
		{30, 3, .04, .02, .86},
	} {
		t.Run(fmt.Sprintf("%d against %d", row.a, row.b), func(t *testing.T) {
			var none, some listing
			for i := range runs {
				r := rand.New(rand.NewPCG(uint64(i), 4))
				cases, fell := collapsing(r, 120, row.a, row.b, 0)
				none.add(CaseFlags(cases), fell, rule)
				cases, fell = collapsing(r, 120, row.a, row.b, .05)
				some.add(CaseFlags(cases), fell, rule)
			}
			t.Logf("no change: %v", &none)
			t.Logf("collapse:  %v", &some)
		})
	}
}
