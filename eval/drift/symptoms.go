package drift

import (
	"slices"

	"holdtrue/eval/lineage"
)

// symptoms lists, for every metric that regressed or is mixed, the cases that were
// measured on both sides and those of them that regressed: worse by more than the
// margin, and no better on average than the worst of the baseline's answers.
func (p *pairs) symptoms(c *Comparison, gating []*measured) []lineage.Symptom {
	if c.refused() {
		return nil
	}
	var found []lineage.Symptom
	for k, x := range gating {
		m := &c.Metrics[k]
		if !m.Verdict.down() {
			continue
		}
		s := lineage.Symptom{Metric: m.Metric.Name}
		for i := range p.cases {
			if x.d[i] != x.d[i] {
				continue
			}
			s.Measured = append(s.Measured, p.id(i))
			if p.lost(x, i, m.Margin) {
				s.Regressed = append(s.Regressed, p.id(i))
			}
		}
		found = append(found, s)
	}
	return found
}

// lost says that a case got worse by more than the margin, beyond what the
// baseline's own answers show of its noise. One slip in many answers is no noise:
// see kindOf.
func (p *pairs) lost(x *measured, i int, margin float64) bool {
	const rounding = 1e-9
	if !(x.harm(i) > margin) {
		return false
	}
	before := x.goodnesses(p.base.scored(p.cases[i][0], x.base, nil))
	slices.Sort(before)
	worst := before[0]
	if len(before) >= manyAnswers {
		worst = before[1]
	}
	return x.goodness(x.after[i]) <= worst+rounding
}
