package stats

import (
	"math"
	"math/bits"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"
)

// Repeats holds the outputs of both sides for one case: a row an output, a
// value a metric, NaN where the output has no score. The first First rows are
// the first side's.
type Repeats struct {
	Values [][]float64
	First  int
}

// WithinResult is the outcome of the within-case permutation test.
type WithinResult struct {
	// Down and Up are one-sided p values per cell, corrected for the family by
	// step-down: the second side scores lower, or higher, than chance lets it.
	Down, Up []float64
	Draws    int
}

// withinWork is the number of case-by-metric steps that a test may take before
// fewer permutations are drawn; never fewer than withinLeast.
const (
	withinWork  = 1.5e9
	withinLeast = 999
)

// Within tests whether the outputs of every case come from one distribution on
// both sides ("the agent is the same"). It permutes the outputs inside each case,
// all metrics together, and takes per cell the largest of three standardised
// statistics: the sum of the mean differences; the same weighted by precision;
// and the sum of squared one-sided differences beyond the case's own noise,
// which sees a few cases that collapse. Family-wise correction is by the largest
// statistic, step-down. Exact for any numbers of outputs, ties and scales.
//
// The tail statistic is a sum of half-chi-squares and skewed; its cube root is
// near normal (Wilson and Hilferty 1931), so that no statistic crowds out the
// others. Standardising uses the moments over all permutations, the observed one
// included, and so keeps the test exact.
func Within(cases []Repeats, metrics int, groups [][]int, cells []Cell, draws int, seed uint64) WithinResult {
	w := prepareWithin(cases, metrics, groups, cells)
	r := WithinResult{Down: ones(len(cells)), Up: ones(len(cells))}
	if len(w.cases) == 0 {
		return r
	}
	if work := float64(len(w.cases) * metrics); work*float64(draws) > withinWork {
		draws = max(withinLeast, int(withinWork/work))
	}
	r.Draws = draws
	stats := w.draw(draws, seed)
	down, up := w.largest(stats, draws)
	r.Down, r.Up = stepDown(down, len(cells)), stepDown(up, len(cells))
	return r
}

func ones(n int) []float64 {
	p := make([]float64, n)
	for i := range p {
		p[i] = 1
	}
	return p
}

// caseTable holds what a permutation of one case needs.
type caseTable struct {
	stratum int
	rows    [][]float64
	first   int
	// subsets holds every choice of first-side outputs where there are few, and
	// deltas the mean difference of each choice, metric by metric.
	deltas  []float64
	number  int
	weight  []float64 // per metric: precision weight
	inverse []float64 // per metric: 1/V
}

const maxSubsets = 300

type within struct {
	cases   []caseTable
	metrics int
	cells   []Cell
	members [][]int // strata of each group, the last: all
	strata  int
}

func prepareWithin(cases []Repeats, metrics int, groups [][]int, cells []Cell) *within {
	w := &within{metrics: metrics, cells: cells, members: make([][]int, len(groups)+1)}
	spread := pooledVariance(cases, metrics)
	in := make([][]int, len(cases))
	for g, members := range groups {
		for _, i := range members {
			in[i] = append(in[i], g)
		}
	}
	index := map[string]int{}
	for i, c := range cases {
		t, ok := tableOf(c, metrics, spread)
		if !ok {
			continue
		}
		var key []byte
		for _, g := range in[i] {
			key = append(key, byte(g), byte(g>>8), byte(g>>16))
		}
		s, known := index[string(key)]
		if !known {
			s = w.strata
			index[string(key)] = s
			w.strata++
			for _, g := range in[i] {
				w.members[g] = append(w.members[g], s)
			}
			w.members[len(groups)] = append(w.members[len(groups)], s)
		}
		t.stratum = s
		w.cases = append(w.cases, t)
	}
	return w
}

// deviations gives the sum of squares about the mean, and the number of scores.
func deviations(c Repeats, m int) (ss float64, n int) {
	sum := 0.0
	for _, row := range c.Values {
		if v := row[m]; v == v {
			sum += v
			n++
		}
	}
	if n == 0 {
		return 0, 0
	}
	mean := sum / float64(n)
	for _, row := range c.Values {
		if v := row[m]; v == v {
			ss += (v - mean) * (v - mean)
		}
	}
	if ss < 1e-18 {
		ss = 0
	}
	return ss, n
}

// pooledVariance is, per metric, the variance within cases over all of them.
func pooledVariance(cases []Repeats, metrics int) []float64 {
	v := make([]float64, metrics)
	for m := range v {
		ss, free := 0.0, 0
		for _, c := range cases {
			s, n := deviations(c, m)
			ss += s
			free += max(0, n-1)
		}
		if free > 0 {
			v[m] = ss / float64(free)
		}
	}
	return v
}

// tableOf prepares a case; false if no permutation changes anything.
func tableOf(c Repeats, metrics int, spread []float64) (caseTable, bool) {
	a, b := c.First, len(c.Values)-c.First
	t := caseTable{rows: c.Values, first: a, weight: make([]float64, metrics), inverse: make([]float64, metrics)}
	if a == 0 || b == 0 {
		return t, false
	}
	varies := false
	for m := range metrics {
		ss, n := deviations(c, m)
		if ss == 0 || n < 2 {
			continue
		}
		varies = true
		t.weight[m] = float64(n) / (ss + spread[m])
		t.inverse[m] = float64(n-1) / ss / (1/float64(a) + 1/float64(b))
	}
	if varies {
		t.enumerate(metrics)
	}
	return t, varies
}

// enumerate lists the mean difference of every choice of the first side, if
// there are few; the observed choice comes first.
func (t *caseTable) enumerate(metrics int) {
	n := len(t.rows)
	if n > 20 || math.Exp(logChoose(n, t.first)) > maxSubsets+0.5 {
		return
	}
	observed := uint32(1)<<t.first - 1
	add := func(mask uint32) {
		for m := range metrics {
			t.deltas = append(t.deltas, t.delta(m, func(k int) bool { return mask>>k&1 == 1 }))
		}
		t.number++
	}
	add(observed)
	for mask := uint32(0); mask < 1<<n; mask++ {
		if bits.OnesCount32(mask) == t.first && mask != observed {
			add(mask)
		}
	}
}

// delta is the mean of the second side less that of the first, 0 if a side has
// no score.
func (t *caseTable) delta(m int, first func(k int) bool) float64 {
	var sum [2]float64
	var n [2]int
	for k, row := range t.rows {
		v := row[m]
		if v != v {
			continue
		}
		side := 1
		if first(k) {
			side = 0
		}
		sum[side] += v
		n[side]++
	}
	if n[0] == 0 || n[1] == 0 {
		return 0
	}
	return sum[1]/float64(n[1]) - sum[0]/float64(n[0])
}

// The statistics of one cell and draw, in this order.
const (
	statRaw = iota
	statWeighted
	statDown
	statUp
	statCount
)

// draw computes the statistics of the observed data (draw 0) and of every
// permutation: [draw][cell][statistic], flat.
func (w *within) draw(draws int, seed uint64) []float64 {
	width := len(w.cells) * statCount
	out := make([]float64, (draws+1)*width)
	w.statistics(nil, out[:width])
	var wg sync.WaitGroup
	chunks := (draws + chunkDraws - 1) / chunkDraws
	next := make(chan int, chunks)
	for i := range chunks {
		next <- i
	}
	close(next)
	for range min(chunks, runtime.GOMAXPROCS(0)) {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for i := range next {
				rng := rand.New(rand.NewPCG(seed, uint64(i)+0x57495448))
				for d := i * chunkDraws; d < min(draws, (i+1)*chunkDraws); d++ {
					w.statistics(rng, out[(d+1)*width:(d+2)*width])
				}
			}
		}()
	}
	wg.Wait()
	return out
}

// statistics permutes every case (rng nil: leaves it as observed) and adds up.
func (w *within) statistics(rng *rand.Rand, into []float64) {
	sums := make([]float64, w.strata*w.metrics*statCount)
	var scratch []float64
	var chosen []bool
	for i := range w.cases {
		c := &w.cases[i]
		var deltas []float64
		switch {
		case c.number > 0:
			k := 0
			if rng != nil {
				k = rng.IntN(c.number)
			}
			deltas = c.deltas[k*w.metrics : (k+1)*w.metrics]
		default:
			scratch, chosen = c.sample(rng, w.metrics, scratch, chosen)
			deltas = scratch
		}
		for m, delta := range deltas {
			if delta == 0 {
				continue
			}
			s := sums[(c.stratum*w.metrics+m)*statCount:]
			s[statRaw] += delta
			s[statWeighted] += c.weight[m] * delta
			if delta < 0 {
				s[statDown] += delta * delta * c.inverse[m]
			} else {
				s[statUp] += delta * delta * c.inverse[m]
			}
		}
	}
	for k, cell := range w.cells {
		group := cell.Group
		if group < 0 {
			group = len(w.members) - 1
		}
		t := into[k*statCount : (k+1)*statCount]
		clear(t)
		for _, st := range w.members[group] {
			for j, v := range sums[(st*w.metrics+cell.Metric)*statCount:][:statCount] {
				t[j] += v
			}
		}
		t[statDown], t[statUp] = math.Cbrt(t[statDown]), math.Cbrt(t[statUp])
	}
}

// sample chooses the first side at random among many outputs.
func (c *caseTable) sample(rng *rand.Rand, metrics int, deltas []float64, chosen []bool) ([]float64, []bool) {
	n := len(c.rows)
	chosen = slices.Grow(chosen[:0], n)[:n]
	clear(chosen)
	if rng == nil {
		for k := range c.first {
			chosen[k] = true
		}
	} else {
		// Floyd's sampling of first out of n.
		for j := n - c.first; j < n; j++ {
			if k := rng.IntN(j + 1); chosen[k] {
				chosen[j] = true
			} else {
				chosen[k] = true
			}
		}
	}
	deltas = slices.Grow(deltas[:0], metrics)[:metrics]
	for m := range deltas {
		deltas[m] = c.delta(m, func(k int) bool { return chosen[k] })
	}
	return deltas, chosen
}

// largest standardises every statistic over all draws and gives, per draw and
// cell, the largest towards down and towards up.
func (w *within) largest(stats []float64, draws int) (down, up []float64) {
	cells := len(w.cells)
	width := cells * statCount
	down, up = make([]float64, (draws+1)*cells), make([]float64, (draws+1)*cells)
	for i := range down {
		down[i], up[i] = math.Inf(-1), math.Inf(-1)
	}
	for k := range cells {
		for j := range statCount {
			mean, sd := moments(stats, k*statCount+j, width)
			for d := range draws + 1 {
				z := 0.0
				if sd > 0 {
					z = (stats[d*width+k*statCount+j] - mean) / sd
				}
				at := d*cells + k
				switch j {
				case statDown:
					down[at] = max(down[at], z)
				case statUp:
					up[at] = max(up[at], z)
				default:
					down[at], up[at] = max(down[at], -z), max(up[at], z)
				}
			}
		}
	}
	return down, up
}

func moments(values []float64, start, stride int) (mean, sd float64) {
	n := 0.0
	for i := start; i < len(values); i += stride {
		mean += values[i]
		n++
	}
	mean /= n
	ss := 0.0
	for i := start; i < len(values); i += stride {
		ss += (values[i] - mean) * (values[i] - mean)
	}
	sd = math.Sqrt(ss / n)
	if sd < 1e-12*(1+math.Abs(mean)) {
		return mean, 0
	}
	return mean, sd
}

// stepDown gives adjusted p values from the statistics of all draws, the
// observed one first.
func stepDown(t []float64, cells int) []float64 {
	draws := len(t)/cells - 1
	order := make([]int, cells)
	for k := range order {
		order[k] = k
	}
	slices.SortStableFunc(order, func(a, b int) int { return -compareFloat(t[a], t[b]) })
	beyond := make([]int, cells)
	for d := 1; d <= draws; d++ {
		top := math.Inf(-1)
		for k := cells - 1; k >= 0; k-- {
			top = max(top, t[d*cells+order[k]])
			if top >= t[order[k]]-tie {
				beyond[k]++
			}
		}
	}
	p := make([]float64, cells)
	last := 0.0
	for k, c := range order {
		last = max(last, float64(beyond[k]+1)/float64(draws+1))
		p[c] = last
	}
	return p
}
