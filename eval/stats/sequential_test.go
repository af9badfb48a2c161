package stats

import (
	"math"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"
)

// TestPurseByHand multiplies two bets out on paper. The first difference, -1,
// meets bets of .5 (aGRAPA: .01/.02), .2, .5 and .95; the second, +.5, of .95
// (1.01/1.02, at most .95), .2, .5 and .95.
func TestPurseByHand(t *testing.T) {
	s := NewSequential(SequentialOptions{Level: .01, HoldsLevel: .01, Margin: .05})
	for _, step := range []struct{ d, want float64 }{
		{-1, .5*1.5 + (1.2+1.5+1.95)/6},
		{.5, .5*1.5*(1-.95*.5) + (1.2*.9+1.5*.75+1.95*.525)/6},
	} {
		s.Add(step.d)
		if got := s.Evidence().Regressed; math.Abs(got-step.want) > 1e-12 {
			t.Errorf("after %v the capital is %.12f, by hand %.12f", step.d, got, step.want)
		}
	}
	if e := s.Evidence(); e.Cases != 2 || e.Mean != -.25 {
		t.Errorf("%+v", e)
	}
}

// TestPurseIsFair sums the capital over every path of eight differences of a law
// whose mean is on the bound: it must be one unit on average, which is all that
// Ville's inequality asks for.
func TestPurseIsFair(t *testing.T) {
	for _, law := range []struct {
		room   float64
		values [3]float64
		chance [3]float64
	}{
		{0, [3]float64{-1, 0, .5}, [3]float64{.1, .7, .2}},
		{0, [3]float64{-.1, 0, .9}, [3]float64{.9, 0, .1}},
		{.05, [3]float64{-1, 0, 0}, [3]float64{.05, .95, 0}},
		{.35, [3]float64{-1, -.1, 1}, [3]float64{.4, .5, .1}},
		{-.2, [3]float64{0, 0, 1}, [3]float64{.8, 0, .2}},
	} {
		mean := 0.0
		for k, v := range law.values {
			mean += v * law.chance[k]
		}
		if math.Abs(mean+law.room) > 1e-12 {
			t.Fatalf("the law %+v has mean %v", law, mean)
		}
		expected := 0.0
		var walk func(p purse, chance float64, left int)
		walk = func(p purse, chance float64, left int) {
			if left == 0 || chance == 0 {
				expected += chance * p.capital()
				return
			}
			for k, v := range law.values {
				next := p
				next.bet(v)
				walk(next, chance*law.chance[k], left-1)
			}
		}
		walk(newPurse(law.room), 1, 8)
		if math.Abs(expected-1) > 1e-9 {
			t.Errorf("room %v: one unit becomes %.12f on average", law.room, expected)
		}
	}
}

// differenceLaw draws differences with a known mean.
type differenceLaw struct {
	name string
	mean float64
	draw func(r *rand.Rand) float64
}

// choice draws one of the values, each with its chance.
func choice(values, chances []float64) func(r *rand.Rand) float64 {
	return func(r *rand.Rand) float64 {
		u := r.Float64()
		for k, c := range chances {
			if u -= c; u < 0 {
				return values[k]
			}
		}
		return values[len(values)-1]
	}
}

func shifted(draw func(r *rand.Rand) float64, by float64) func(r *rand.Rand) float64 {
	return func(r *rand.Rand) float64 { return draw(r) + by }
}

// TestSequentialKeepsItsLevels runs whole paths of 1,000 differences, looks at
// every step, and counts what is ever decided wrongly: 1,500 paths a law.
func TestSequentialKeepsItsLevels(t *testing.T) {
	if testing.Short() {
		t.Skip("a simulation: left out by -short")
	}
	const paths, steps, level, margin = 1500, 1000, .05, .05
	sparse := choice([]float64{-1, 1, 0}, []float64{.02, .02, .96})
	dense := choice([]float64{-1, 1}, []float64{.5, .5})
	skewed := choice([]float64{-.95, .05}, []float64{.05, .95})
	gains := choice([]float64{.95, -.05}, []float64{.05, .95})
	small := func(r *rand.Rand) float64 { return .02 * (2*r.Float64() - 1) }
	opts := SequentialOptions{Level: level, HoldsLevel: level, Margin: margin}
	wrongly := func(law differenceLaw, wrong func(Decision) bool) float64 {
		n := 0
		for i := range paths {
			r := rand.New(rand.NewPCG(uint64(i), 31))
			s := NewSequential(opts)
			for range steps {
				if wrong(s.Add(law.draw(r))) {
					n++
					break
				}
			}
		}
		return float64(n) / paths
	}
	most := level + 3*math.Sqrt(level*(1-level)/paths)
	for _, law := range []differenceLaw{{"sparse", 0, sparse}, {"dense", 0, dense}, {"rare losses", 0, skewed}, {"rare gains", 0, gains}, {"small", 0, small}} {
		down := wrongly(law, func(d Decision) bool { return d == Regressed })
		up := wrongly(law, func(d Decision) bool { return d == Improved })
		t.Logf("%-12s mean 0: ever regressed %.4f, ever improved %.4f", law.name, down, up)
		if down > most || up > most {
			t.Errorf("%s: regressed %.4f, improved %.4f of paths without a change; the level is %v", law.name, down, up, level)
		}
	}
	for _, law := range []differenceLaw{
		{"sparse", -margin, choice([]float64{-1, 0}, []float64{margin, 1 - margin})},
		{"dense", -margin, choice([]float64{-1, 1}, []float64{.5 + margin/2, .5 - margin/2})},
		{"rare losses", -margin, shifted(skewed, -margin)},
		{"small", -margin, shifted(small, -margin)},
	} {
		holds := wrongly(law, func(d Decision) bool { return d == Holds })
		t.Logf("%-12s mean %+.2f: ever holds %.4f", law.name, law.mean, holds)
		if holds > most {
			t.Errorf("%s: %.4f of paths at a mean of %v ever hold; the level is %v", law.name, holds, law.mean, level)
		}
	}
}

// TestSequentialSaves measures how many of the cases are asked before something
// is decided, at the levels of a report with one gating metric: 1.25 % for a
// false regressed, 2.5 % for a false holds, margin 5 points. 300 runs a row;
// binary (BM, one repeat and three) and continuous (CM) scores, losses spread
// evenly over the cases.
func TestSequentialSaves(t *testing.T) {
	const runs = 300
	opts := SequentialOptions{Level: .0125, HoldsLevel: .025, Margin: .05}
	for _, row := range []struct {
		pop, repeats int
		loss         float64
		least, most  float64 // share of 1,000 cases that may be asked
	}{
		{0, 1, 0, .3, .5}, {0, 1, .05, .55, .8}, {0, 1, .1, .15, .35}, {0, 1, .2, .05, .12},
		{0, 3, 0, .1, .2}, {0, 3, .05, .15, .35}, {0, 3, .1, .05, .15}, {0, 3, .2, .02, .08},
		{1, 1, 0, .07, .12}, {1, 1, .05, .08, .16}, {1, 1, .1, .04, .08}, {1, 1, .2, .02, .05},
	} {
		pop := populations()[row.pop]
		words := map[Decision]int{}
		var asked [2]float64
		sizes := [2]int{200, 1000}
		for i := range runs {
			r := rand.New(rand.NewPCG(uint64(i), 32))
			s := NewSequential(opts)
			n := 0
			for n < sizes[1] && s.Decision() == Undecided {
				n++
				s.Add(pop.eroded(r, row.repeats, row.loss))
			}
			words[s.Decision()]++
			for k, size := range sizes {
				asked[k] += float64(min(n, size)) / float64(size) / runs
			}
		}
		t.Logf("%s %d repeats, loss %4.1f points: %3.0f %% of 200 cases asked, %3.0f %% of 1000; regressed %d, holds %d, undecided %d of %d",
			pop.name, row.repeats, 100*row.loss, 100*asked[0], 100*asked[1], words[Regressed], words[Holds], words[Undecided], runs)
		if asked[1] < row.least || asked[1] > row.most {
			t.Errorf("%.3f of 1000 cases asked, expected %v to %v", asked[1], row.least, row.most)
		}
		if wrong := words[Regressed]; row.loss == 0 && float64(wrong) > runs*(.0125+3*math.Sqrt(.0125/runs)) {
			t.Errorf("%d of %d runs without a change regressed", wrong, runs)
		}
	}
}

// eroded draws the difference of the means of one case whose scores lose some
// points: a binary score by failing, of the passes, that share over the mean
// pass rate, .93.
func (p population) eroded(r *rand.Rand, repeats int, loss float64) float64 {
	draw := p.newOne(r)
	d := 0.0
	for range repeats {
		before, after := draw(), draw()
		switch {
		case p.name == "BM" && r.Float64() < loss/.943:
			after = 0
		case p.name != "BM":
			after = max(0, after-loss)
		}
		d += (after - before) / float64(repeats)
	}
	return d
}

// TestBettingIntervalCovers looks at every tenth step of 300 paths and counts
// those whose interval ever misses the mean.
func TestBettingIntervalCovers(t *testing.T) {
	if testing.Short() {
		t.Skip("a simulation: left out by -short")
	}
	const paths, steps, conf = 300, 200, .9
	for _, law := range []differenceLaw{
		{"sparse", -.03, choice([]float64{-1, 1, 0}, []float64{.05, .02, .93})},
		{"rare losses", 0, choice([]float64{-.95, .05}, []float64{.05, .95})},
	} {
		missed, width := 0, 0.0
		for i := range paths {
			r := rand.New(rand.NewPCG(uint64(i), 33))
			d := make([]float64, steps)
			for k := range d {
				d[k] = law.draw(r)
			}
			low, high := BettingInterval(d, conf)
			width += (high - low) / paths
			out := low > law.mean || high < law.mean
			for n := 10; n < steps && !out; n += 10 {
				low, high = BettingInterval(d[:n], conf)
				out = low > law.mean || high < law.mean
			}
			if out {
				missed++
			}
		}
		t.Logf("%s: %d of %d paths ever missed, mean width at %d: %.3f", law.name, missed, paths, steps, width)
		if rate := float64(missed) / paths; rate > 1-conf+3*math.Sqrt(conf*(1-conf)/paths) {
			t.Errorf("%s: %.3f of the paths ever missed the mean", law.name, rate)
		}
	}
	if low, high := BettingInterval(nil, .95); low != -1 || high != 1 {
		t.Errorf("without values: %v to %v", low, high)
	}
}

// TestBettingIntervalIsOne looks for means that are refuted between two that are
// not, on a grid: the bisection of the interval takes them to be one stretch.
func TestBettingIntervalIsOne(t *testing.T) {
	for i, draw := range []func(r *rand.Rand) float64{
		choice([]float64{-1, 1, 0}, []float64{.05, .02, .93}), choice([]float64{-1, 1}, []float64{.6, .4}),
		func(r *rand.Rand) float64 { return -.03 + .02*r.NormFloat64() },
	} {
		r := rand.New(rand.NewPCG(uint64(i), 34))
		d := make([]float64, 100)
		for k := range d {
			d[k] = draw(r)
		}
		low, high := BettingInterval(d, .95)
		for m := -.99; m < 1; m += .01 {
			refuted := false
			below, above := newPurse(-m), newPurse(m) // against a mean of m or less, of m or more
			for _, x := range d {
				below.bet(x)
				above.bet(-x)
				refuted = refuted || reached(below.capital(), .025) || reached(above.capital(), .025)
			}
			if inside := m > low+1e-6 && m < high-1e-6; inside == refuted && math.Abs(m-low) > 1e-6 && math.Abs(m-high) > 1e-6 {
				t.Errorf("law %d: the mean %.2f is refuted: %v; the interval is %.4f to %.4f", i, m, refuted, low, high)
			}
		}
	}
}

func TestSequentialEdges(t *testing.T) {
	for _, c := range []struct {
		name   string
		margin float64
		d      float64
		n      int // cases until decided
		want   Decision
	}{
		// ln(40) above the entry fee: 72 cases without a change would do at full
		// stakes, see ProvableMargin.
		{"nothing changes", .05, 0, 84, Holds},
		{"a margin that cannot be left", 1, -.3, 1, Holds},
		{"all is lost", .05, -1, 8, Regressed},
		{"all is won", .05, 1, 7, Holds},
		// ln(80) and the entry fee of ln(3/2), of ln(1 + .95*.2) a case: 27.5.
		{"little is lost of no margin", 0, -.2, 28, Regressed},
	} {
		s := NewSequential(SequentialOptions{Level: .0125, HoldsLevel: .025, Margin: c.margin})
		n := 0
		for n < 1000 && s.Decision() == Undecided {
			s.Add(math.NaN())
			s.Add(c.d)
			n++
		}
		if n != c.n || s.Decision() != c.want {
			t.Errorf("%s: decision %d after %d, want %d after %d", c.name, s.Decision(), n, c.want, c.n)
		}
	}
}

func TestSequentialMirrors(t *testing.T) {
	mirror := map[Decision]Decision{Undecided: Undecided, Regressed: Improved, Improved: Regressed}
	rapid.Check(t, func(t *rapid.T) {
		opts := SequentialOptions{Level: .2, HoldsLevel: 0, Margin: rapid.Float64Range(0, .99).Draw(t, "margin")}
		a, b := NewSequential(opts), NewSequential(opts)
		for _, d := range rapid.SliceOf(rapid.OneOf(rapid.Float64Range(-1.5, 1.5), rapid.SampledFrom([]float64{-1, 1, math.Inf(1)}))).Draw(t, "d") {
			if one, other := a.Add(d), b.Add(-d); mirror[one] != other {
				t.Fatalf("%v one way, %v the other", one, other)
			}
		}
		e, m := a.Evidence(), b.Evidence()
		if e.Regressed != m.Improved || e.Improved != m.Regressed || e.Mean != -m.Mean {
			t.Fatalf("%+v one way, %+v the other", e, m)
		}
		for _, v := range []float64{e.Regressed, e.Improved, e.Holds, e.Mean} {
			if math.IsNaN(v) || math.IsInf(v, 0) {
				t.Fatalf("%+v", e)
			}
		}
	})
}
