package drift

import (
	"hash/fnv"
	"math"

	"holdtrue/eval"
	"holdtrue/eval/stats"
)

// simulatedWork is what the simulations of a comparison may cost in all, in cases
// and outputs drawn: some 0.3 s on two cores.
const simulatedWork = 6 * stats.DefaultWork

// mostRepeats is the number of repeats up to which more of them are advised.
const mostRepeats = 20

// closedForm sets the losses that the sign flips would have seen, by formula.
func (f *finding) closedForm(c *Cell) {
	_, variance, n := stats.Moments(f.d)
	if f.m.metric.Scale == eval.Measure { // no ceiling: a loss adds no variance
		loss, ok := stats.Detectable(n, math.Inf(1), variance, f.level, power)
		loss = c.Baseline * -math.Expm1(-loss) // from log ratio to the measure's unit
		if ok && variance > 0 && loss <= max(1, c.Baseline) {
			c.DetectableEven = &loss
		}
		return
	}
	seen, _ := stats.EstimateSeen(f.d, f.m.repeats, f.allOrNothing(), f.level, power)
	c.see(seen)
}

// see takes over losses, 0 for none.
func (c *Cell) see(seen stats.Seen) {
	set := func(loss float64) *float64 {
		if loss == 0 {
			return nil
		}
		return &loss
	}
	c.DetectableEven, c.DetectableLosses = set(seen.Even), set(seen.Losses)
}

// allOrNothing says that a score is 0 or 1, so that an output can only be lost
// whole.
func (f *finding) allOrNothing() bool {
	return f.m.metric.Scale == eval.Binary || f.m.single && f.m.yesNo
}

// explainDoubt says of every inconclusive cell of a gating metric what it could
// have seen and what would settle it. Of the cells over all cases the losses are
// simulated, as long as that is quick.
func (p *pairs) explainDoubt(findings []finding, finished []Cell, opts Options, seed uint64) {
	var doubtful []int
	overall := 0
	for i := range finished {
		if f := &findings[i]; gates(f.m.metric) && (finished[i].Verdict == Inconclusive || finished[i].Verdict == Holds && f.slice < 0) {
			doubtful = append(doubtful, i)
			if f.slice < 0 {
				overall++
			}
		}
	}
	each(len(doubtful), func(k int) {
		f, c := &findings[doubtful[k]], &finished[doubtful[k]]
		margin := marginOf(f.m, opts)
		if f.slice < 0 && f.m.metric.Scale != eval.Measure {
			p.simulate(f, c, seed, opts.Draws, min(stats.DefaultWork, simulatedWork/float64(overall)))
		}
		if c.Verdict == Holds {
			return
		}
		p.need(f, c, margin)
		c.Reason = f.m.reason(c, margin, opts.Confidence)
		if f.moved() && f.explained() {
			c.Reason += f.noise.words()
		}
	})
}

// simulate replaces the closed form by what a simulation of the two tests sees.
func (p *pairs) simulate(f *finding, c *Cell, seed uint64, draws int, work float64) {
	name := fnv.New64a()
	name.Write([]byte(f.m.metric.Name))
	seen, ok := stats.SmallestSeen(p.poolsOf(f), stats.Trial{Average: f.level, Within: f.levels.within * f.level / f.levels.average,
		Power: power, Seed: seed ^ name.Sum64(), Runs: draws / 5, Draws: draws, Work: work})
	if ok {
		c.see(seen)
	}
}

// poolsOf lists the scores of the cell by case, higher is better. Sides of as many
// outputs stand in the order of the runs' digests, so that swapping the runs
// changes nothing.
func (p *pairs) poolsOf(f *finding) []stats.Pool {
	swapped := p.base.digest.compare(p.cand.digest) > 0
	pools := make([]stats.Pool, len(f.rows))
	for k, i := range f.rows {
		base := inOrder(p.base.scored(p.cases[i][0], f.m.base, nil), 1)
		cand := inOrder(p.cand.scored(p.cases[i][1], f.m.cand, nil), 1)
		if swapped && len(base) == len(cand) {
			base, cand = cand, base
		}
		values := append(base, cand...)
		if f.m.metric.Better == eval.Lower {
			for j, v := range values {
				values[j] = 1 - v
			}
		}
		pools[k] = stats.Pool{A: len(base), B: len(cand), Values: values}
	}
	return pools
}

// need estimates what would settle the cell: cases or repeats enough for it to
// hold if nothing changed and the noise stays, or, where it has as many already,
// enough to show the difference at hand.
func (p *pairs) need(f *finding, c *Cell, margin float64) {
	if f.m.metric.Scale == eval.Measure {
		return
	}
	_, variance, n := stats.Moments(f.d)
	within, known := p.outputNoise(f)
	between := max(0, variance-2*within/f.m.repeats)
	c.NeedCases = stats.CasesToHold(margin, variance, holdsAt, power)
	if c.NeedCases > n {
		c.NeedRepeats = stats.RepeatsToHold(margin, n, between, within, holdsAt, power, mostRepeats)
	} else {
		loss := math.Abs(c.Diff)
		c.NeedCases = stats.CasesToDetect(loss, f.m.repeats, variance, f.level, power)
		if loss > 0 {
			c.NeedRepeats = stats.RepeatsToDetect(loss, n, between, within, f.level, power, mostRepeats)
		}
	}
	if c.NeedCases <= n {
		c.NeedCases = 0
	}
	if !known || within == 0 || float64(c.NeedRepeats) <= f.m.repeats+0.5 {
		c.NeedRepeats = 0
	}
}

// outputNoise is the variance of outputs about the mean of their case and side, where
// any was repeated.
func (p *pairs) outputNoise(f *finding) (within float64, known bool) {
	squares, freedom := 0.0, 0
	var values []float64
	add := func(t *table, c int32, metric int) {
		values = t.scored(c, metric, values[:0])
		if len(values) < 2 {
			return
		}
		_, variance, n := stats.Moments(values)
		squares += variance * float64(n-1)
		freedom += n - 1
	}
	for _, i := range f.rows {
		add(p.base, p.cases[i][0], f.m.base)
		add(p.cand, p.cases[i][1], f.m.cand)
	}
	if freedom == 0 {
		return 0, false
	}
	return squares / float64(freedom), true
}
