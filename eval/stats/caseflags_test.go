package stats

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"gonum.org/v1/gonum/stat/distuv"
	"pgregory.net/rapid"
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

// fallen draws n cases of a and b outputs, of which each collapses to 0 with the
// given probability, and says which did.
func (p population) fallen(r *rand.Rand, n, a, b int, collapse float64) (base, cand [][]float64, fell []bool) {
	for range n {
		draw, v := p.newOne(r), make([]float64, a+b)
		down := r.Float64() < collapse
		for j := range v {
			if v[j] = draw(); j >= a && down {
				v[j] = 0
			}
		}
		base, cand, fell = append(base, v[:a]), append(cand, v[a:]), append(fell, down)
	}
	return base, cand, fell
}

func countsOf(base, cand [][]float64) []CaseCounts {
	passes := func(values []float64) (n int) {
		for _, v := range values {
			n += int(v)
		}
		return n
	}
	cases := make([]CaseCounts, len(base))
	for i := range cases {
		cases[i] = CaseCounts{passes(base[i]), len(base[i]), passes(cand[i]), len(cand[i])}
	}
	return cases
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

// perRun gives the means over the runs: wrong flags, the same as expected, the
// share of wrong ones, and the share of the broken cases that were found.
func (l *listing) perRun() (wrong, expected, fdr, power float64) {
	n := float64(l.runs)
	return float64(l.wrong) / n, l.expected / n, l.fdr / n, float64(l.found) / math.Max(1, float64(l.broken))
}

func (l *listing) String() string {
	wrong, expected, fdr, power := l.perRun()
	return fmt.Sprintf("listed %.2f, wrong %.3f (expected %.3f), FDR %.3f, power %.3f",
		float64(l.listed)/float64(l.runs), wrong, expected, fdr, power)
}

// TestCaseFlagsMeasured repeats rows of the specification's table of per-case
// flags (section 4): n = 120, no change or 5 % of the cases collapsed, 250 runs
// a row. No row may be worse than specified by more than three standard errors
// of both simulations, taking the specified one to have the same size.
//
// The rows on one output against a history are about another estimate of the
// local rate: at FDR < .5 the specified one lists more (power .70), and 1.3 to
// 1.7 cases in runs without a change, where this one lists .1 to .2.
func TestCaseFlagsMeasured(t *testing.T) {
	const runs, n = 250, 120
	if testing.Short() {
		t.Skip("-short: the simulated rates of case flags are not checked")
	}
	adjusted := func(most float64) func(CaseFlag) bool { return func(f CaseFlag) bool { return f.Q <= most } }
	local := func(most float64) func(CaseFlag) bool { return func(f CaseFlag) bool { return f.FDR < most } }
	counts := func(base, cand [][]float64) []CaseFlag { return CaseFlags(countsOf(base, cand)) }
	for _, row := range []struct {
		name                   string
		pop, a, b              int
		flags                  func(base, cand [][]float64) []CaseFlag
		rule                   func(CaseFlag) bool
		falseFlags, fdr, power float64
	}{
		{"predictive + BH", 0, 3, 3, counts, adjusted(.1), .05, .04, .76},
		{"predictive + BH", 0, 5, 5, counts, adjusted(.1), .05, .05, .87},
		{"predictive + BH", 0, 30, 3, counts, adjusted(.1), .04, .02, .86},
		{"mirror", 0, 1, 1, counts, adjusted(.2), .02, .02, .04},
		{"local fdr < .5", 0, 10, 1, counts, local(.5), 1.7, .28, .50},
		{"local fdr < .5", 0, 30, 1, counts, local(.5), 1.3, .22, .44},
		{"mirror", 1, 1, 1, CaseFlagsUnit, adjusted(.2), .24, .17, .91},
		// Not in the table: what the level promises, and power measured here.
		{"moderated t + BH", 1, 3, 3, CaseFlagsUnit, adjusted(.1), .1, .1, 1},
		{"moderated t + BH", 2, 3, 3, CaseFlagsUnit, adjusted(.1), .1, .1, .95},
		{"moderated t + BH", 1, 10, 1, CaseFlagsUnit, adjusted(.1), .2, .1, .88},
	} {
		pop := populations()[row.pop]
		t.Run(fmt.Sprintf("%s/%s/%d against %d", row.name, pop.name, row.a, row.b), func(t *testing.T) {
			t.Parallel()
			var none, some listing
			for i := range runs {
				r := rand.New(rand.NewPCG(uint64(i), 4))
				base, cand, fell := pop.fallen(r, n, row.a, row.b, 0)
				none.add(row.flags(base, cand), fell, row.rule)
				base, cand, fell = pop.fallen(r, n, row.a, row.b, .05)
				some.add(row.flags(base, cand), fell, row.rule)
			}
			t.Logf("no change: %v; 5 %% collapsed: %v", &none, &some)
			wrong, _, _, _ := none.perRun()
			if se := math.Sqrt(2 * row.falseFlags / runs); wrong > row.falseFlags+3*se {
				t.Errorf("%.3f false flags a run without a change, specified %.3f", wrong, row.falseFlags)
			}
			wrong, expected, fdr, power := some.perRun()
			if se := math.Sqrt(2 * row.fdr * (1 - row.fdr) / runs); fdr > row.fdr+3*se {
				t.Errorf("FDR %.3f, specified %.3f", fdr, row.fdr)
			}
			independent := some.broken
			if row.name == "mirror" { // lists all of a run's drops or none
				independent = runs
			}
			if se := math.Sqrt(2 * row.power * (1 - row.power) / float64(independent)); power < row.power-3*se {
				t.Errorf("power %.3f, specified %.3f", power, row.power)
			}
			if wrong > 1.5*expected+.5 || wrong < expected/2-.5 {
				t.Errorf("%.3f wrong flags a run, and %.3f were expected", wrong, expected)
			}
		})
	}
}

// TestCaseFlagsFromOnePrior works an example by hand: with a baseline that says
// nothing (no outputs), the prior stays even over the grid, which is symmetric
// about 1/2, so P of 0 passes of 1 is the mean of 1-p, one half.
func TestCaseFlagsFromOnePrior(t *testing.T) {
	f := CaseFlags([]CaseCounts{{0, 0, 0, 1}, {0, 0, 1, 1}, {0, 0, 0, 0}})
	if math.Abs(f[0].P-.5) > .01 || f[1].P != 1 {
		t.Errorf("%+v, want P of .5 and 1", f[:2])
	}
	if f[2] != (CaseFlag{1, 1, 1}) {
		t.Errorf("a case without outputs of the candidate: %+v", f[2])
	}
	sum := 0.0
	for _, p := range passGrid() {
		sum += p
	}
	if math.Abs(sum-gridPoints/2) > 1e-12 {
		t.Errorf("the grid is not symmetric: it adds up to %v", sum)
	}
}

// TestNoisePriorRecovers draws variances from the model and finds d0 and s0
// again.
func TestNoisePriorRecovers(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 3))
	chi := distuv.ChiSquared{K: 12, Src: r}
	units := make([]flagUnit, 40_000)
	for i := range units {
		sd := math.Sqrt(12 * .04 / chi.Rand())
		v := make([]float64, 8)
		for j := range v {
			v[j] = sd * r.NormFloat64()
		}
		units[i] = newFlagUnit(v[:4], v[4:])
	}
	n := noisePrior(units)
	if math.Abs(n.d0-12) > 1.5 || math.Abs(n.s0-.04) > .002 {
		t.Errorf("d0 %.2f, s0 %.4f; want 12 and .04", n.d0, n.s0)
	}
}

// TestLocalFDRByHand: of ten p values three are small, and the majorant of their
// distribution function has kinks at (.02, 3) and (1, 10).
func TestLocalFDRByHand(t *testing.T) {
	p := []float64{.01, .9, .02, .5, 1, .02, .7, .4, .8, .6, math.NaN()}
	got := LocalFDR(p)
	for i, x := range got {
		want := 1.
		if p[i] <= .02 {
			want = 10 * .02 / 3
		}
		if math.Abs(x-want) > 1e-12 {
			t.Errorf("p %v: %v, want %v", p[i], x, want)
		}
	}
}

func TestFlipRate(t *testing.T) {
	for _, c := range []struct {
		k, n int
		want float64
		ok   bool
	}{{0, 0, 0, false}, {1, 1, 0, false}, {1, 2, 1, true}, {2, 4, 2. / 3, true}, {5, 5, 0, true}, {0, 5, 0, true}, {9, 5, 0, true}} {
		if got, ok := FlipRate(c.k, c.n); got != c.want || ok != c.ok {
			t.Errorf("%d of %d: %v %v, want %v %v", c.k, c.n, got, ok, c.want, c.ok)
		}
	}
}

// TestFlaky compares with the exact rates of the specification (section 4).
func TestFlaky(t *testing.T) {
	for _, c := range []struct {
		n       int
		p, want float64
	}{{30, .99, .036}, {30, .9, .816}, {30, .5, 1}, {10, .99, .004}, {10, .9, .26}, {10, .5, .98}} {
		got := 0.0
		for k := range c.n + 1 {
			if Flaky(k, c.n) {
				got += binomial(k, c.n, c.p)
			}
		}
		if math.Abs(got-c.want) > .005 {
			t.Errorf("p %v, %d outputs: %.4f, want %v", c.p, c.n, got, c.want)
		}
	}
}

func TestCaseFlagsLaws(t *testing.T) {
	value := rapid.OneOf(rapid.Float64Range(0, 1), rapid.SampledFrom([]float64{0, 1, 1, .5, math.NaN(), math.Inf(1)}))
	outputs := rapid.SliceOfN(value, 0, 5)
	rapid.Check(t, func(t *rapid.T) {
		var counts []CaseCounts
		var base, cand [][]float64
		for range rapid.IntRange(0, 12).Draw(t, "cases") {
			count := rapid.IntRange(-1, 6)
			counts = append(counts, CaseCounts{count.Draw(t, "bp"), count.Draw(t, "b"), count.Draw(t, "cp"), count.Draw(t, "c")})
			base, cand = append(base, outputs.Draw(t, "base")), append(cand, outputs.Draw(t, "cand"))
		}
		for _, flags := range [][]CaseFlag{CaseFlags(counts), CaseFlagsUnit(base, cand)} {
			if len(flags) != len(counts) {
				t.Fatalf("%d flags of %d cases", len(flags), len(counts))
			}
			for _, f := range flags {
				for _, x := range []float64{f.P, f.Q, f.FDR} {
					if !(x >= 0 && x <= 1) {
						t.Fatalf("%+v", f)
					}
				}
				if f.Q < f.P {
					t.Fatalf("adjusted below itself: %+v", f)
				}
			}
		}
		slices.Reverse(counts)
		backwards := CaseFlags(counts)
		slices.Reverse(counts)
		for i, f := range CaseFlags(counts) {
			if b := backwards[len(counts)-1-i]; math.Abs(f.P-b.P) > 1e-9 {
				t.Fatalf("the order of the cases matters: %v and %v", f, b)
			}
		}
	})
}

// BenchmarkCaseFlagsUnit flags 100,000 cases of 3 + 3 outputs.
func BenchmarkCaseFlagsUnit(b *testing.B) {
	base, cand, _ := populations()[1].fallen(rand.New(rand.NewPCG(1, 1)), 100_000, 3, 3, .05)
	for b.Loop() {
		CaseFlagsUnit(base, cand)
	}
}

// BenchmarkCaseFlags flags 100,000 cases of 3 + 3 outputs.
func BenchmarkCaseFlags(b *testing.B) {
	base, cand, _ := populations()[0].fallen(rand.New(rand.NewPCG(1, 1)), 100_000, 3, 3, .05)
	cases := countsOf(base, cand)
	for b.Loop() {
		CaseFlags(cases)
	}
}
