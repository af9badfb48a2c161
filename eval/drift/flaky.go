package drift

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"holdtrue/eval"
	"holdtrue/eval/stats"
)

// FlakyCase is a case that the baseline version itself answers now well, now
// badly.
type FlakyCase struct {
	CaseID  string `json:"case"`
	Metric  string `json:"metric"`
	Outputs int    `json:"outputs"` // looked at, at most the last 30
	Passed  int    `json:"passed"`  // of them
	// FlipRate is the chance that two answers to the case differ in their
	// outcome, in [0,1].
	FlipRate float64 `json:"flip_rate"`
}

// flakyWindow is how many outputs of a case are looked at, the last ones.
const flakyWindow = 30

// flaky lists the cases of which both outcomes were seen at least twice among
// the last outputs, the flakiest first. An output passes a yes/no metric with
// the better value, any other if it is within the margin of the case's best. A
// case without a loss beyond its own noise lends the candidate's outputs too.
func (p *pairs) flaky(gating []*measured, opts Options, f *flags) []FlakyCase {
	var list []FlakyCase
	var values []float64
	margins := make([]float64, len(gating))
	for m, x := range gating {
		margins[m] = marginOf(x, opts)
	}
	for i, c := range p.cases {
		worst := FlakyCase{CaseID: p.id(i), FlipRate: -1}
		for m, x := range gating {
			if x.metric.Scale == eval.Measure {
				continue
			}
			values = p.base.scored(c[0], x.base, values[:0])
			if !f.flagged(i) {
				values = append(values, p.cand.scored(c[1], x.cand, nil)...)
			}
			last := values[max(0, len(values)-flakyWindow):]
			if len(last) < 4 { // too few to see both outcomes twice
				continue
			}
			k := x.passed(last, margins[m])
			if !stats.Flaky(k, len(last)) {
				continue
			}
			rate, _ := stats.FlipRate(k, len(last))
			if rate > worst.FlipRate || rate == worst.FlipRate && x.metric.Name < worst.Metric {
				worst.Metric, worst.Outputs, worst.Passed, worst.FlipRate = x.metric.Name, len(last), k, rate
			}
		}
		if worst.FlipRate >= 0 {
			list = append(list, worst)
		}
	}
	slices.SortStableFunc(list, func(a, b FlakyCase) int {
		return cmp.Or(cmp.Compare(b.FlipRate, a.FlipRate), strings.Compare(a.CaseID, b.CaseID))
	})
	return list
}

// passed counts the outputs with a good outcome.
func (x *measured) passed(values []float64, margin float64) int {
	good := x.goodnesses(values)
	if x.metric.Scale == eval.Binary {
		return passes(good)
	}
	best, n := math.Inf(-1), 0
	for _, v := range good {
		best = max(best, v)
	}
	for _, v := range good {
		if v >= best-margin {
			n++
		}
	}
	return n
}
