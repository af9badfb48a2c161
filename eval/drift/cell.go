package drift

import (
	"math"

	"holdtrue/eval"
	"holdtrue/eval/stats"
)

const (
	power        = 0.8  // the chance of seeing the losses that a cell names
	holdsAt      = 0.95 // one-sided confidence of "holds"
	leastMeasure = 59   // cases under which a measure is never said to hold: 5 % of the cases could differ in any way unseen
)

// finding is what the tests of a family say of one cell.
type finding struct {
	*cell
	test     stats.FlipTest
	adjusted float64
	level    float64 // two-sided, at which this cell by itself keeps the family's
	levels   levels
	within   *stats.WithinTest
	noise    *CellNoise
}

// moved says whether the cell moved significantly beyond the noise of its cases.
func (f *finding) moved() bool {
	within := f.within != nil && min(f.within.Down, f.within.Up) <= f.levels.within/2
	return f.adjusted <= f.levels.average || within
}

// explained says that the noise of whole runs accounts for what moved.
func (f *finding) explained() bool { return f.noise != nil && f.noise.Explains }

// down and up say whether the cell moved significantly for the worse or better:
// on average (tier 1) and within the cases (tier 2).
func (f *finding) down() (average, cases bool) {
	if f.explained() {
		return false, false
	}
	average = f.adjusted <= f.levels.average && f.test.Z < 0
	cases = f.within != nil && f.within.Down <= f.levels.within/2
	return average, cases
}

func (f *finding) up() (average, cases bool) {
	if f.explained() {
		return false, false
	}
	average = f.adjusted <= f.levels.average && f.test.Z > 0
	cases = f.within != nil && f.within.Up <= f.levels.within/2
	return average, cases
}

// finish turns a finding into the cell of the report.
func (p *pairs) finish(f *finding, margin float64, opts Options) Cell {
	c := Cell{Cases: len(f.rows), P: f.test.Mid, PAdjusted: f.adjusted, Method: "none"}
	if f.slice >= 0 {
		c.Slice = p.slices[f.slice].name
	}
	if c.Cases == 0 {
		c.Verdict, c.Reason = NotMeasured, "is not measured: no paired case has a score on both sides"
		return c
	}
	diff := f.describe(&c)
	bounds := f.interval(&c, diff, opts.Confidence)
	bounds = f.widen(&c, bounds, opts.Confidence)
	if f.within != nil {
		both := min(1, 2*min(f.within.Down, f.within.Up))
		c.PWithin = &both
	}
	if f.m.metric.Scale != eval.Measure && f.m.single && f.m.yesNo {
		exact := f.test.P
		c.McNemarExact = &exact
	}
	c.RunNoise = f.noise
	f.closedForm(&c)
	if !gates(f.m.metric) {
		c.Verdict = NoChangeSeen
		if f.moved() && !f.explained() {
			c.Verdict = Changed
		}
		c.Reason = f.m.changeWords(&c)
		return c
	}
	c.HoldsAt = bounds
	c.Verdict = f.verdict(bounds, margin)
	if c.Verdict != Inconclusive { // else it is said when all is known that could be seen
		c.Reason = f.m.reason(&c, margin, opts.Confidence)
		if f.moved() && f.explained() {
			c.Reason += f.noise.words()
		}
	}
	return c
}

// describe sets means and counts and gives the plain differences.
func (f *finding) describe(c *Cell) []float64 {
	diff := make([]float64, len(f.rows))
	n := float64(len(f.rows))
	better := 1.0
	if f.m.metric.Better == eval.Lower {
		better = -1
	}
	logs, ratios := 0.0, 0
	for k, i := range f.rows {
		before, after := f.m.before[i], f.m.after[i]
		diff[k] = after - before
		c.Baseline += before
		c.Candidate += after
		moved := better * diff[k]
		if f.d[k] == 0 { // a rounding error
			moved, diff[k] = 0, 0
		}
		if !f.m.agrees(int(i), moved) {
			moved = 0
		}
		switch {
		case moved < 0:
			c.Worse++
		case moved > 0:
			c.Better++
		default:
			c.Same++
		}
		if f.m.logs != nil && !math.IsNaN(f.m.logs[i]) && !math.IsInf(f.m.logs[i], 0) {
			logs, ratios = logs+f.m.logs[i], ratios+1
		}
	}
	c.Baseline, c.Candidate = c.Baseline/n, c.Candidate/n
	c.Diff = c.Candidate - c.Baseline
	if ratios > 0 {
		if ratio := math.Exp(logs / float64(ratios)); !math.IsInf(ratio, 0) {
			c.Ratio = &ratio
		}
	}
	return diff
}

// interval sets the confidence interval and gives the smallest margin within
// which the cell provably holds, nil if there is none.
func (f *finding) interval(c *Cell, diff []float64, confidence float64) *float64 {
	if f.m.metric.Scale != eval.Measure {
		c.Method = "gaffke"
		c.Low, c.High = stats.Gaffke(diff, -1, 1, confidence)
		low, high := stats.Gaffke(diff, -1, 1, 2*f.levels.holds-1)
		margin := max(-low, high)
		return &margin
	}
	subsamples := stats.NewSubsamples(diff)
	low, high, ok := subsamples.Interval(confidence)
	if !ok {
		c.Low, c.High = c.Diff, c.Diff
		return nil
	}
	c.Method, c.Low, c.High = "subsample", low, high
	if c.Cases < leastMeasure {
		return nil
	}
	low, high, _ = subsamples.Interval(2*f.levels.holds - 1)
	margin := max(-low, high)
	return &margin
}

// widen takes the spread of whole runs into the interval and into what is proven,
// where runs differ by more than their cases: the prediction interval of one more
// run of the same version, diff +- t SD sqrt(1+1/K) with K-1 degrees of freedom,
// has to hold what the cases alone seem to prove. Of a measure, whose spread is
// one of logarithms, nothing is proven then.
func (f *finding) widen(c *Cell, bounds *float64, confidence float64) *float64 {
	n := f.noise
	if n == nil || !(n.Overdispersion > overdispersed) {
		return bounds
	}
	if f.m.metric.Scale == eval.Measure {
		return nil
	}
	half := func(confidence float64) float64 { return stats.PredictionHalf(n.SD, n.Runs, confidence) }
	w := half(confidence)
	c.Low, c.High, c.Method = max(-1, min(c.Low, c.Diff-w)), min(1, max(c.High, c.Diff+w)), "runs"
	margin := min(1, math.Abs(c.Diff)+half(2*holdsAt-1))
	if bounds != nil {
		margin = max(margin, *bounds)
	}
	return &margin
}

// verdict follows the order of the specification: mixed, regressed, improved,
// holds, inconclusive. Nothing but a measure can lose more than a margin of 1.
func (f *finding) verdict(holds *float64, margin float64) Verdict {
	downAverage, downCases := f.down()
	upAverage, upCases := f.up()
	switch {
	case (downAverage || downCases) && (upAverage || upCases):
		return Mixed
	case downAverage:
		return Regressed
	case downCases:
		return RegressedCases
	case upAverage:
		return Improved
	case upCases:
		return ImprovedCases
	case holds != nil && (*holds < margin || margin == 1 && f.m.metric.Scale != eval.Measure):
		return Holds
	}
	return Inconclusive
}
