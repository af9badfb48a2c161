package stats

import "math"

// Pool holds all outputs of one case on both sides.
type Pool struct {
	A, B int // outputs on the baseline and on the candidate side
	// Values has a row per output, the baseline's first, and a value per metric
	// in each row, higher is better. What is not finite was not measured.
	Values []float64
	// Slices that the case belongs to, from 0.
	Slices []int32
}

// WithinCell is a metric over all pools (Slice -1) or over those of a slice.
type WithinCell struct{ Metric, Slice int }

// WithinTest holds the one-sided p values of a cell, corrected for the family.
type WithinTest struct {
	Down float64 // small if the candidate got worse
	Up   float64 // small if it got better
}

// withinBudget is the number of additions that the permutations may cost, about
// ten seconds of one core; above it fewer are drawn, at least 999.
const withinBudget = 4e9

// Within tests the sharp null hypothesis that every case has the same
// distribution of outputs on both sides, by permuting the outputs within each
// case, all metrics together. It is exact for any number of outputs, ties and
// bounds, and sees what the mean over the cases cannot: a few stable cases that
// fell.
//
// With delta = mean(candidate) - mean(baseline) of a case, SS the sum of squares
// about the pooled mean of its m = A+B outputs and
// V = SS/(m-1) (1/A + 1/B) the permutation variance of delta, three statistics
// are combined:
//
//	weighted  sum delta m/(SS + s0), s0 = sum SS / sum (m-1) over the metric:
//	          all cases fell a little
//	own       sum exp(-1.5 delta/sqrt V), the exponent within 4.5: some cases fell
//	          far beyond their own noise
//	common    sum exp(-5 delta/span), span the largest |delta| that any dealing
//	          gives any case of the metric: some cases fell far
//
// with the opposite signs for Up. The exponential sums are near to the
// likelihood ratio of "a few cases collapsed"; a sum of squares gives too much to
// the many cases that moved by half of what they can. Each is brought to about
// standard normal: the first by its exact permutation variance, the others by
// the transformation of Wilson and Hilferty (1931) fitted to their first three
// permutation moments, because they are skewed. All constants are the same for
// every permutation, so the test stays exact. The statistic of a cell is the
// largest of its three; p values are step-down over the cells, ties fully
// counted, for Down and for Up.
//
// Note: taking the smallest permutation rank of the three instead is as good for
// one cell, but with many cells its p values run out of ranks.
//
// Values that were not measured are left out, and the outputs of a case that
// have one are permuted apart from the others. Draws are reduced, to 999 at
// least, where they would cost more than about ten seconds of a core; the second result says
// how many were used. Cells without any difference get 1.
func Within(pools []Pool, metrics int, cells []WithinCell, draws int, seed uint64) ([]WithinTest, int) {
	return newWithinFamily(pools, metrics, cells, false).test(draws, seed)
}

// WithinMeans is Within with the sum of delta for its only statistic: it tests
// the same null hypothesis by the difference of the averages alone.
//
// Where the sides have unequal numbers of outputs it holds what sign flips do
// not: the mean of one output less that of ten is skewed, not symmetric, even if
// nothing changed (30 against 1 outputs of cases that pass with probability .03:
// sign flips find half of 20-case suites changed at .025).
func WithinMeans(pools []Pool, metrics int, cells []WithinCell, draws int, seed uint64) ([]WithinTest, int) {
	return newWithinFamily(pools, metrics, cells, true).test(draws, seed)
}

// test draws the permutations. The number of draws that were used comes with it.
func (f *withinFamily) test(draws int, seed uint64) ([]WithinTest, int) {
	cells := f.scales
	tests := make([]WithinTest, len(cells))
	for i := range tests {
		tests[i] = WithinTest{1, 1}
	}
	if len(f.units) == 0 {
		return tests, 0
	}
	draws = max(draws, 1)
	if work := f.work * float64(draws); work > withinBudget {
		draws = max(min(draws, 999), int(float64(draws)*withinBudget/work))
	}
	observed := make([]sums, len(cells))
	f.addObserved(observed)
	n := len(cells)
	downNow, upNow := make([]float64, n), make([]float64, n)
	f.combine(observed, downNow, upNow)
	down, up := newStepDown(downNow), newStepDown(upNow)
	eachChunk(draws, func(chunk, lo, hi int) {
		drawn := f.chunk(random32{source: stream(seed, chunk)}, hi-lo)
		tallyDown, tallyUp := down.tally(), up.tally()
		d, u := make([]float64, n), make([]float64, n)
		for b := range hi - lo {
			f.combine(drawn[b*n:(b+1)*n], d, u)
			tallyDown.add(d)
			tallyUp.add(u)
		}
		tallyDown.done()
		tallyUp.done()
	})
	pDown, pUp := down.p(draws, false), up.p(draws, false)
	for i := range tests {
		if f.scales[i].informative() {
			tests[i] = WithinTest{Down: pDown[i], Up: pUp[i]}
		}
	}
	return tests, draws
}

// sums of a cell, or what one way of dealing a case adds to them.
type sums struct {
	weighted float64
	down, up tails
}

// tails are the exponential sums.
type tails struct{ own, common float64 }

// scale standardises the sums of a cell. weighted is a variance until finish,
// then 1/sd.
type scale struct {
	weighted float64
	down, up struct{ own, common tailScale }
}

// tailScale brings a skewed sum to about standard normal.
type tailScale struct {
	mean, variance, third float64 // central moments over all permutations
	perSD, skew           float64
}

func (s *scale) informative() bool { return s.weighted > 0 }

func (s *scale) finish() {
	if s.informative() {
		s.weighted = 1 / math.Sqrt(s.weighted)
		for _, t := range []*tailScale{&s.down.own, &s.down.common, &s.up.own, &s.up.common} {
			t.finish()
		}
	}
}

func (t *tailScale) add(o tailScale) {
	t.mean += o.mean
	t.variance += o.variance
	t.third += o.third
}

func (t *tailScale) finish() {
	if t.variance > 0 {
		t.perSD = 1 / math.Sqrt(t.variance)
		t.skew = t.third * t.perSD * t.perSD * t.perSD
	}
}

// score takes the sum for one of a gamma variable with the same three moments.
func (t *tailScale) score(sum float64) float64 {
	x := (sum - t.mean) * t.perSD
	if math.Abs(t.skew) < 1e-6 {
		return x
	}
	return 6/t.skew*(math.Cbrt(1+t.skew*x/2)-1) + t.skew/6
}

// combine turns the sums of all cells into their statistics, for Down and Up.
func (f *withinFamily) combine(cells []sums, down, up []float64) {
	for i := range f.scales {
		s, x := &f.scales[i], &cells[i]
		if !s.informative() {
			down[i], up[i] = math.Inf(-1), math.Inf(-1)
			continue
		}
		weighted := x.weighted * s.weighted
		if f.means {
			down[i], up[i] = -weighted, weighted
			continue
		}
		down[i] = max(-weighted, s.down.own.score(x.down.own), s.down.common.score(x.down.common))
		up[i] = max(weighted, s.up.own.score(x.up.own), s.up.common.score(x.up.common))
	}
}
