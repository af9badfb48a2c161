package drift

import (
	"context"
	"fmt"
	"math"
	"slices"

	"holdtrue/eval"
	"holdtrue/eval/stats"
)

// compareBehaviour tests what is neither better nor worse, as a family of its
// own with the level opts.Alpha. Up to three tests share it evenly: the means of
// the measures and other metrics that do not gate; their spread, where cases have
// repeats on both sides; and the vocabulary, where both sides give their words.
// It gives the draws behind the means.
func (c *Comparison) compareBehaviour(ctx context.Context, p *pairs, others []*measured, base, cand Input, opts Options) (draws int, err error) {
	tests := 1
	spread := p.spreadable(others)
	if len(spread) > 0 {
		tests++
	}
	spoken := base.Words != nil && cand.Words != nil
	if spoken {
		tests++
	}
	level := opts.Alpha / float64(tests)
	c.Others, draws = p.testFamily(others, opts, levelsFor(level, false), c.Seed)
	if len(spread) > 0 {
		p.compareSpread(c.Others, spread, opts.Draws, c.Seed, level)
	}
	c.Others = slices.DeleteFunc(c.Others, func(m Metric) bool { return m.Metric.Standard && m.Overall.Cases == 0 })
	if spoken {
		c.Vocabulary, err = p.compareVocabulary(ctx, base.Words, cand.Words, opts.Draws, c.Seed, level)
	}
	return draws, err
}

const (
	maxSpread    = 10_000 // outputs whose spread is compared
	spreadBudget = 1.5e8  // additions that the deals may cost, about a quarter of a second; above it fewer are drawn, 999 at least
)

// twice counts the outputs of a paired case that has two answers or more on
// either side, else 0.
func (p *pairs) twice(c [2]int32) int {
	if a, b := p.base.answered(c[0]), p.cand.answered(c[1]); a >= 2 && b >= 2 {
		return a + b
	}
	return 0
}

// spreadable lists the measures whose spread can be compared, which takes repeats
// in at least half of the cases; of a yes/no metric the mean says all.
func (p *pairs) spreadable(family []*measured) (list []*measured) {
	n := 0
	for _, c := range p.cases {
		if p.twice(c) > 0 {
			n++
		}
	}
	if n == 0 || 2*n < len(p.cases) {
		return nil
	}
	for _, x := range family {
		if x.metric.Scale != eval.Binary {
			list = append(list, x)
		}
	}
	return list
}

// compareSpread tests whether the outputs of a case are spread otherwise than
// before (stats.Spread) and says so where the mean is not shown to have moved.
func (p *pairs) compareSpread(metrics []Metric, family []*measured, draws int, seed uint64, level float64) {
	cases, _ := p.sample(maxSpread, p.twice)
	swapped := p.swapped(cases, family)
	pools := make([]stats.Pool, len(cases))
	outputs := 0
	for i, c := range cases {
		first, second := p.outputs(p.base, c[0], family, true), p.outputs(p.cand, c[1], family, false)
		if swapped {
			first, second = second, first
		}
		pools[i] = stats.Pool{A: len(first) / len(family), B: len(second) / len(family), Values: slices.Concat(first, second)}
		outputs += pools[i].A + pools[i].B
	}
	work := float64(outputs * (len(family) + 1))
	if work*float64(draws) > spreadBudget {
		draws = min(draws, max(999, int(spreadBudget/work)))
	}
	for k, v := range stats.Spread(pools, len(family), draws, seed) {
		for i := range metrics {
			m := &metrics[i]
			if m.Metric.Name != family[k].metric.Name || m.Overall.Cases == 0 {
				continue
			}
			m.Overall.PSpread = &v
			if v <= level && m.Verdict == NoChangeSeen {
				before, after := p.within(cases, family[k])
				m.Verdict, m.Overall.Verdict = Changed, Changed
				m.Overall.Reason = fmt.Sprintf("is spread otherwise than before within the cases, though its average is not shown to have moved (standard deviation %s to %s)",
					amountOf(m.Metric, before), amountOf(m.Metric, after))
				m.Reason = m.Overall.sentence(m)
			}
		}
	}
}

// swapped says whether the candidate goes first into a test that draws, so that
// swapping the sides changes nothing: the runs' digests decide and, as these do
// not cover standard measures, their values after them.
func (p *pairs) swapped(cases [][2]int32, family []*measured) bool {
	order := p.base.digest.compare(p.cand.digest)
	for i := 0; i < len(cases) && order == 0; i++ {
		order = slices.Compare(p.outputs(p.base, cases[i][0], family, true), p.outputs(p.cand, cases[i][1], family, false))
	}
	return order > 0
}

// within gives the standard deviation of a metric between the answers to the same
// case, on either side, over the cases together.
func (p *pairs) within(cases [][2]int32, x *measured) (before, after float64) {
	pooled := func(t *table, metric, side int) float64 {
		squares, free := 0.0, 0
		var values []float64
		for _, c := range cases {
			values = t.scored(c[side], metric, values[:0])
			if _, variance, n := stats.Moments(values); n >= 2 {
				squares, free = squares+variance*float64(n-1), free+n-1
			}
		}
		if free == 0 {
			return 0
		}
		return math.Sqrt(squares / float64(free))
	}
	return pooled(p.base, x.base, 0), pooled(p.cand, x.cand, 1)
}
