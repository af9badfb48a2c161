package drift

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"holdtrue/eval"
	"holdtrue/eval/stats"
)

// FlakyCase is a case that one and the same version answers now well, now badly.
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

// leastFlip is the difference of scores below which two answers have one outcome.
const leastFlip = 0.25

// flaky lists the cases of which both outcomes were seen at least twice among
// the last outputs of one side, the flakiest first: those of the baseline, or,
// where they are no fewer and flakier, of the candidate. An output passes a
// yes/no metric with the better value, any other if it is within the margin of
// the case's best, but within a quarter of the scale at the least: answers that
// are worded otherwise are not flaky.
func (p *pairs) flaky(gating []*measured, opts Options) []FlakyCase {
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
			for side := range 2 {
				if values = p.base.scored(c[0], x.base, values[:0]); side == 1 {
					values = p.cand.scored(c[1], x.cand, values[:0])
				}
				last := values[max(0, len(values)-flakyWindow):]
				if len(last) < 4 { // too few to see both outcomes twice
					continue
				}
				k := x.passed(last, max(margins[m], leastFlip))
				if !stats.Flaky(k, len(last)) {
					continue
				}
				rate, _ := stats.FlipRate(k, len(last))
				if rate > worst.FlipRate || rate == worst.FlipRate && x.metric.Name < worst.Metric {
					worst.Metric, worst.Outputs, worst.Passed, worst.FlipRate = x.metric.Name, len(last), k, rate
				}
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
