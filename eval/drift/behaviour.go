package drift

import (
	"context"
	"slices"
)

// compareBehaviour tests what is neither better nor worse, as a family of its
// own with the level opts.Alpha: the measures and other metrics that do not gate
// and, where both sides give their words, the vocabulary. Each of the two then
// takes half of the level. It gives the draws behind the measures.
func (c *Comparison) compareBehaviour(ctx context.Context, p *pairs, others []*measured, base, cand Input, opts Options) (draws int, err error) {
	level := opts.Alpha
	spoken := base.Words != nil && cand.Words != nil
	if spoken {
		level /= 2
	}
	c.Others, draws = p.testFamily(others, opts, levelsFor(level, false), c.Seed)
	c.Others = slices.DeleteFunc(c.Others, func(m Metric) bool { return m.Metric.Standard && m.Overall.Cases == 0 })
	if spoken {
		c.Vocabulary, err = p.compareVocabulary(ctx, base.Words, cand.Words, opts.Draws, c.Seed, level)
	}
	return draws, err
}
