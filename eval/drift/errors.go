package drift

import (
	"holdtrue/eval"
	"holdtrue/eval/stats"
	"slices"
)

// testErrors compares the shares of failed calls of the two runs themselves,
// averaged within the paired cases like any metric.
func (p *pairs) testErrors(opts Options) *Metric {
	x := &measured{metric: eval.Metric{Name: "errors", Scorer: "errors", Version: "1", Scale: eval.Binary, Better: eval.Lower}, single: true, yesNo: true, repeats: 1}
	swapped := p.base.digest.compare(p.cand.digest) > 0
	var pools []stats.Pool
	for _, c := range p.cases {
		var first, second []float64
		before, n := p.base.failedCalls(c[0], &first)
		after, k := p.cand.failedCalls(c[1], &second)
		if swapped {
			first, second = second, first
		}
		pools = append(pools, stats.Pool{A: len(first), B: len(second), Values: slices.Concat(inOrder(first, 1), inOrder(second, 1))})
		x.before, x.after = append(x.before, before), append(x.after, after)
		x.d = append(x.d, tested(x.metric, before, after))
		x.single = x.single && n == 1 && k == 1
		x.unequal = x.unequal || n != k
	}
	unequal := x.unequal
	x.unequal = false // its outputs are not those of a metric
	whole := *p
	whole.slices = nil
	m, _ := whole.testFamily([]*measured{x}, opts, levelsFor(opts.Alpha, false), 0)
	e := &m[0]
	if unequal {
		tests, _ := stats.WithinMeans(pools, 1, []stats.WithinCell{{Metric: 0, Slice: -1}}, opts.Draws, 0)
		o := &e.Overall
		if o.PAdjusted = max(o.PAdjusted, min(1, 2*min(tests[0].Down, tests[0].Up))); o.PAdjusted > opts.Alpha {
			o.Verdict, e.Verdict = NoChangeSeen, NoChangeSeen
			o.Reason = x.changeWords(o)
			e.Reason = o.sentence(e)
		}
	}
	e.Overall.Baseline, e.Overall.Candidate = p.base.side.failedShare(), p.cand.side.failedShare()
	return e
}

// failedCalls is the share of failed calls among the outputs of a case in the
// side's own run, and their number; 1 or 0 for each goes to the values.
func (t *table) failedCalls(c int32, values *[]float64) (share float64, n int) {
	for _, r := range t.cases[c].rows {
		if t.rows[r].run > 0 {
			continue
		}
		failed := 0.0
		if t.rows[r].failed {
			failed = 1
		}
		*values = append(*values, failed)
		share += failed
		n++
	}
	return share / float64(max(1, n)), n
}
