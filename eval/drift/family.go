package drift

import (
	"slices"
	"strings"

	"holdtrue/eval"
	"holdtrue/eval/stats"
)

// cell is one metric over one slice (-1: over all cases), being tested.
type cell struct {
	m     *measured
	slice int
	rows  []int32 // paired cases with a score on both sides
	d     []float64
}

// testFamily tests metrics x (overall + slices) as one family. The number of
// draws behind it comes with it, 0 if nothing was drawn. What is drawn does not
// depend on the order of the metrics, which may be another on either side.
func (p *pairs) testFamily(family []*measured, opts Options, at levels, seed uint64) ([]Metric, int) {
	order := make([]int, len(family))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return strings.Compare(family[a].metric.Name, family[b].metric.Name) })
	sorted := make([]*measured, len(family))
	for k, i := range order {
		sorted[k] = family[i]
	}
	metrics, draws := p.testSorted(sorted, opts, at, seed)
	out := make([]Metric, len(family))
	for k, i := range order {
		out[i] = metrics[k]
	}
	return out, draws
}

func (p *pairs) testSorted(family []*measured, opts Options, at levels, seed uint64) ([]Metric, int) {
	out := make([]Metric, len(family))
	cells, owner := p.cells(family)
	columns := make([]stats.Column, len(cells))
	for i, c := range cells {
		columns[i] = stats.Column{Rows: c.rows, D: c.d}
	}
	averages := stats.MaxT(columns, opts.Draws, seed, at.average)
	draws := averages.Draws
	var within []stats.WithinTest
	if at.within > 0 {
		var n int
		within, n = p.testWithin(stats.Within, family, cells, owner, opts.Draws, seed)
		draws = max(draws, n)
	}
	adjusted := averages.Adjusted
	if slices.ContainsFunc(family, func(x *measured) bool { return x.unequal }) {
		means, n := p.testWithin(stats.WithinMeans, family, cells, owner, opts.Draws, seed)
		draws = max(draws, n)
		adjusted = bothReject(cells, averages, means)
	}
	finished, findings := make([]Cell, len(cells)), make([]finding, len(cells))
	each(len(cells), func(i int) {
		f := finding{cell: &cells[i], test: averages.Tests[i], adjusted: adjusted[i], level: averages.Level, levels: at}
		if within != nil {
			f.within = &within[i]
		}
		if cells[i].slice < 0 || f.moved() {
			f.noise = p.noise(&f, opts.Alpha/float64(len(family)))
		}
		findings[i] = f
		finished[i] = p.finish(&f, marginOf(cells[i].m, opts), opts)
	})
	p.explainDoubt(findings, finished, opts, seed)
	for k, x := range family {
		out[k] = Metric{Metric: x.metric, Margin: marginOf(x, opts)}
	}
	for i, c := range finished {
		m := &out[owner[i]]
		if cells[i].slice < 0 {
			m.Overall = c
		} else {
			m.Slices = append(m.Slices, c)
		}
	}
	for k := range out {
		out[k].decide()
	}
	return out, draws
}

// bothReject takes, of metrics with unequal numbers of outputs on the sides, the
// larger of the two-sided p of the sign flips and of the within-case permutation
// of the same differences. Flips of skewed differences do not keep their level;
// the permutation does as long as the agent is the same, but not where cases
// moved both ways. Together they speak only of an average that moved.
func bothReject(cells []cell, averages stats.Family, means []stats.WithinTest) []float64 {
	adjusted := slices.Clone(averages.Adjusted)
	for i, c := range cells {
		if !c.m.unequal {
			continue
		}
		p := means[i].Up
		if averages.Tests[i].Z < 0 {
			p = means[i].Down
		}
		adjusted[i] = min(1, max(adjusted[i], 2*p))
	}
	return adjusted
}

// cells lists the hypotheses of a family, each metric's overall cell first, and
// the metric that owns each. A slice takes part with two scored cases or more.
func (p *pairs) cells(family []*measured) (cells []cell, owner []int) {
	for k, x := range family {
		whole := newCell(x, -1, len(p.cases))
		for i := range p.cases {
			whole.take(int32(i))
		}
		cells, owner = append(cells, whole), append(owner, k)
		if x.metric.Standard && !whole.moved() {
			continue // of what nobody asked for and is as it was, the slices say nothing more
		}
		for s := range p.slices {
			part := newCell(x, s, len(p.slices[s].cases))
			for _, i := range p.slices[s].cases {
				part.take(i)
			}
			if len(part.rows) >= 2 {
				cells, owner = append(cells, part), append(owner, k)
			}
		}
	}
	return cells, owner
}

func newCell(x *measured, slice, most int) cell {
	return cell{m: x, slice: slice, rows: make([]int32, 0, most), d: make([]float64, 0, most)}
}

// moved reports whether any case differs.
func (c *cell) moved() bool {
	return slices.ContainsFunc(c.d, func(d float64) bool { return d != 0 })
}

// take adds a case if it has a score on both sides. One whose difference cannot
// be told (a measure of zero on a side) is taken with NaN, which no test sees.
func (c *cell) take(i int32) {
	if b, a := c.m.before[i], c.m.after[i]; b == b && a == a {
		c.rows = append(c.rows, i)
		c.d = append(c.d, c.m.d[i])
	}
}

// marginOf is the loss that is tolerated, in the metric's own scale. A measure
// without a margin of its own takes the comparison's as a share of its baseline
// mean.
func marginOf(x *measured, opts Options) float64 {
	switch {
	case x.metric.Margin != nil:
		return *x.metric.Margin
	case x.metric.Scale != eval.Measure:
		return *opts.Margin
	}
	sum, n := 0.0, 0
	for i, v := range x.before {
		if v == v && x.after[i] == x.after[i] {
			sum, n = sum+v, n+1
		}
	}
	if n == 0 {
		return 0
	}
	return *opts.Margin * sum / float64(n)
}
