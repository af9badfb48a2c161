package drift

import (
	"runtime"
	"slices"
	"sync"
	"sync/atomic"

	"holdtrue/eval"
	"holdtrue/eval/stats"
)

// withinTest is stats.Within or stats.WithinMeans.
type withinTest func(pools []stats.Pool, metrics int, cells []stats.WithinCell, draws int, seed uint64) ([]stats.WithinTest, int)

// testWithin runs the within-case test over the cells of a family. The pools go
// in in the order of the two runs' digests, and the answer is turned back, so
// that swapping the sides swaps Down and Up to the last bit.
func (p *pairs) testWithin(test withinTest, family []*measured, cells []cell, owner []int, draws int, seed uint64) ([]stats.WithinTest, int) {
	swapped := p.base.digest.compare(p.cand.digest) > 0
	member := make([][]int32, len(p.cases))
	for s := range p.slices {
		for _, i := range p.slices[s].cases {
			member[i] = append(member[i], int32(s))
		}
	}
	pools := make([]stats.Pool, 0, len(p.cases))
	for i, c := range p.cases {
		first, second := p.outputs(p.base, c[0], family, true), p.outputs(p.cand, c[1], family, false)
		if swapped {
			first, second = second, first
		}
		pool := stats.Pool{A: len(first) / len(family), B: len(second) / len(family), Slices: member[i]}
		if pool.A > 0 && pool.B > 0 {
			pool.Values = append(first, second...)
			pools = append(pools, pool)
		}
	}
	asked := make([]stats.WithinCell, len(cells))
	for i, c := range cells {
		asked[i] = stats.WithinCell{Metric: owner[i], Slice: c.slice}
	}
	tests, used := test(pools, len(family), asked, draws, seed)
	if swapped {
		for i, t := range tests {
			tests[i] = stats.WithinTest{Down: t.Up, Up: t.Down}
		}
	}
	return tests, used
}

// outputs lists the values of the family for every answered output of a case,
// higher is better; measures as logarithms, like their average. They come in the
// order of their values, so that it does not matter which repeat or earlier run
// gave which.
func (p *pairs) outputs(t *table, c int32, family []*measured, base bool) []float64 {
	var values []float64
	for _, r := range t.cases[c].rows {
		if t.rows[r].failed {
			continue
		}
		for _, x := range family {
			metric := x.cand
			if base {
				metric = x.base
			}
			v := t.value(r, metric)
			v = x.scaled(v)
			if x.metric.Better == eval.Lower {
				v = -v
			}
			values = append(values, v)
		}
	}
	return inOrder(values, len(family))
}

// inOrder sorts rows of the same width.
func inOrder(values []float64, width int) []float64 {
	if width == 0 || len(values) <= width {
		return values
	}
	rows := slices.Collect(slices.Chunk(values, width))
	slices.SortFunc(rows, slices.Compare)
	return slices.Concat(rows...)
}

// each calls work(0..n-1) on all processors.
func each(n int, work func(i int)) {
	var next atomic.Int64
	var wg sync.WaitGroup
	for range min(n, runtime.GOMAXPROCS(0)) {
		wg.Go(func() {
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				work(i)
			}
		})
	}
	wg.Wait()
}
