package stats

import (
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"

	"gonum.org/v1/gonum/mat"
)

// Cell is one hypothesis of a family: the differences of one metric over some
// of the cases.
type Cell struct {
	Metric int
	Group  int // -1 is every case
}

// Table holds the paired differences of a family: one row a case, all metrics
// together, so that flips keep their correlation.
type Table struct {
	// Diffs has a slice per metric, a value per case; a case that the metric
	// does not apply to is 0, which says nothing.
	Diffs [][]float64
	// Groups lists, per group, the cases in it.
	Groups [][]int
	Cells  []Cell
}

// Adjusted is the outcome of a family.
type Adjusted struct {
	Z []float64 // per cell: sum / sqrt(sum of squares), 0 where nothing differs
	P []float64 // per cell: step-down two-sided mid-p, corrected for the family
	// Draws is how many random flips there were: 0 if the exact test was used,
	// since only one cell (or several identical ones) says anything.
	Draws int
	// Limit says that the flips were drawn from their normal limit.
	Limit bool
}

// maxFlips is the work above which the normal limit of the flips is used. It
// has then some 30,000 differences or more behind it.
const maxFlips = 3e8

// MaxT corrects a family of sign-flip tests by the distribution of the largest
// |z| under common flips of whole cases: step-down, with the error rate of the
// whole family controlled and the correlation of its cells used. The same seed
// gives the same values; negated differences give the same p.
//
// Source: Westfall and Young (1993), Resampling-Based Multiple Testing, 2.8.
func MaxT(t Table, draws int, seed uint64) Adjusted {
	a := Adjusted{Z: make([]float64, len(t.Cells)), P: make([]float64, len(t.Cells))}
	work := newFlipper(t)
	for c := range t.Cells {
		a.P[c] = 1
		if work.norm[c] > 0 {
			a.Z[c] = work.observed[c] / work.norm[c]
		}
	}
	live := work.distinct()
	switch len(live) {
	case 0:
		return a
	case 1:
		p := SignFlip(work.cellDiffs(live[0])).Mid
		for c := range t.Cells {
			if work.norm[c] > 0 {
				a.P[c] = p
			}
		}
		return a
	}
	a.Draws = draws
	order := live
	slices.SortStableFunc(order, func(x, y int) int {
		return -compareFloat(math.Abs(a.Z[x]), math.Abs(a.Z[y]))
	})
	var greater, equal []int
	if float64(work.entries)*float64(draws) > maxFlips {
		a.Limit = true
		greater, equal = work.normalLimit(order, a.Z, draws, seed)
	} else {
		greater, equal = work.flips(order, a.Z, draws, seed)
	}
	adjust(&a, work, order, greater, equal)
	return a
}

func compareFloat(a, b float64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// adjust turns counts into step-down mid-p values; the observed data count as
// one draw, which equals itself. Cells with the same differences share theirs.
func adjust(a *Adjusted, work *flipper, order []int, greater, equal []int) {
	last := 0.0
	for k, c := range order {
		p := (float64(greater[k]) + 0.5*float64(equal[k]+1)) / float64(a.Draws+1)
		last = max(last, min(1, p))
		a.P[c] = last
	}
	for c := range a.P {
		if work.norm[c] > 0 {
			a.P[c] = a.P[work.twin[c]]
		}
	}
}

// flipper holds a family ready for flipping: cases are sorted into strata with
// the same groups, so that a flip is added up once per stratum.
type flipper struct {
	t        Table
	strata   [][]int // cases of each stratum that differ at all
	members  [][]int // strata of each group; the last is all of them
	observed []float64
	norm     []float64
	twin     []int // the first cell with the same differences
	entries  int
}

func newFlipper(t Table) *flipper {
	f := &flipper{t: t, observed: make([]float64, len(t.Cells)), norm: make([]float64, len(t.Cells)), twin: make([]int, len(t.Cells))}
	n := 0
	if len(t.Diffs) > 0 {
		n = len(t.Diffs[0])
	}
	f.stratify(n)
	for c, cell := range t.Cells {
		squares := 0.0
		for _, s := range f.strataOf(cell.Group) {
			for _, i := range f.strata[s] {
				v := t.Diffs[cell.Metric][i]
				f.observed[c] += v
				squares += v * v
			}
		}
		f.norm[c] = math.Sqrt(squares)
	}
	return f
}

// stratify groups the cases that differ in any metric by the groups they are
// in.
func (f *flipper) stratify(n int) {
	in := make([][]int, n)
	for g, cases := range f.t.Groups {
		for _, i := range cases {
			in[i] = append(in[i], g)
		}
	}
	index := map[string]int{}
	f.members = make([][]int, len(f.t.Groups)+1)
	var key []byte
	for i := range n {
		differs := false
		for _, d := range f.t.Diffs {
			differs = differs || d[i] != 0
		}
		if !differs {
			continue
		}
		key = key[:0]
		for _, g := range in[i] {
			key = append(key, byte(g), byte(g>>8), byte(g>>16))
		}
		s, ok := index[string(key)]
		if !ok {
			s = len(f.strata)
			index[string(key)] = s
			f.strata = append(f.strata, nil)
			for _, g := range in[i] {
				f.members[g] = append(f.members[g], s)
			}
			f.members[len(f.t.Groups)] = append(f.members[len(f.t.Groups)], s)
		}
		f.strata[s] = append(f.strata[s], i)
		f.entries += len(f.t.Diffs)
	}
}

func (f *flipper) strataOf(group int) []int {
	if group < 0 {
		group = len(f.t.Groups)
	}
	return f.members[group]
}

func (f *flipper) cellDiffs(c int) []float64 {
	var d []float64
	for _, s := range f.strataOf(f.t.Cells[c].Group) {
		for _, i := range f.strata[s] {
			d = append(d, f.t.Diffs[f.t.Cells[c].Metric][i])
		}
	}
	return d
}

// distinct lists the cells that say something, one of each set that says the
// same (equal or opposite differences in every case).
func (f *flipper) distinct() []int {
	var live []int
	first := map[uint64]int{}
	for c, cell := range f.t.Cells {
		f.twin[c] = c
		if f.norm[c] == 0 {
			continue
		}
		h, sign := uint64(14695981039346656037), 0.0
		for _, s := range f.strataOf(cell.Group) {
			for _, i := range f.strata[s] {
				v := f.t.Diffs[cell.Metric][i]
				if v == 0 {
					continue
				}
				if sign == 0 {
					sign = math.Copysign(1, v)
				}
				h = mix(h ^ mix(uint64(i)+1) ^ math.Float64bits(v*sign))
			}
		}
		if twin, ok := first[h]; ok {
			f.twin[c] = twin
			continue
		}
		first[h] = c
		live = append(live, c)
	}
	return live
}

// mix is the finaliser of splitmix64.
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// tie is how near two statistics must be to count as equal.
const tie = 1e-9

// chunkDraws is the number of draws that share a random stream, so that the
// result does not depend on how many processors work on them.
const chunkDraws = 250

// inChunks runs draws in chunks of their own random streams on all processors
// and adds up the counts.
func inChunks(cells, draws int, seed uint64, work func(rng *rand.Rand, draws int, greater, equal []int)) (greater, equal []int) {
	greater, equal = make([]int, cells), make([]int, cells)
	var mu sync.Mutex
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
			g, e := make([]int, cells), make([]int, cells)
			for i := range next {
				work(rand.New(rand.NewPCG(seed, uint64(i)+1)), min(chunkDraws, draws-i*chunkDraws), g, e)
			}
			mu.Lock()
			defer mu.Unlock()
			for k := range g {
				greater[k] += g[k]
				equal[k] += e[k]
			}
		}()
	}
	wg.Wait()
	return greater, equal
}

// compareDraw counts, from the smallest observed |z| up, whether the largest
// drawn |z| among the cells not yet passed is beyond the observed one.
func compareDraw(drawn, observed []float64, greater, equal []int) {
	top := 0.0
	for k := len(drawn) - 1; k >= 0; k-- {
		top = max(top, math.Abs(drawn[k]))
		switch d := top - math.Abs(observed[k]); {
		case d > tie:
			greater[k]++
		case d >= -tie:
			equal[k]++
		}
	}
}

// flips draws random signs for whole cases.
func (f *flipper) flips(order []int, z []float64, draws int, seed uint64) (greater, equal []int) {
	observed := make([]float64, len(order))
	for k, c := range order {
		observed[k] = z[c]
	}
	// Differences case by case, stratum by stratum.
	metrics := len(f.t.Diffs)
	var rows []float64
	for _, cases := range f.strata {
		for _, i := range cases {
			for _, d := range f.t.Diffs {
				rows = append(rows, d[i])
			}
		}
	}
	return inChunks(len(order), draws, seed, func(rng *rand.Rand, n int, greater, equal []int) {
		sums := make([]float64, len(f.strata)*metrics)
		drawn := make([]float64, len(order))
		for range n {
			f.flipOnce(rng, rows, sums)
			for k, c := range order {
				s := 0.0
				for _, st := range f.strataOf(f.t.Cells[c].Group) {
					s += sums[st*metrics+f.t.Cells[c].Metric]
				}
				drawn[k] = s / f.norm[c]
			}
			compareDraw(drawn, observed, greater, equal)
		}
	})
}

func (f *flipper) flipOnce(rng *rand.Rand, rows, sums []float64) {
	metrics := len(f.t.Diffs)
	clear(sums)
	at := 0
	var word uint64
	bits := 0
	for s, cases := range f.strata {
		into := sums[s*metrics : (s+1)*metrics]
		for range cases {
			if bits == 0 {
				word, bits = rng.Uint64(), 64
			}
			row := rows[at : at+metrics]
			if word&1 == 0 {
				for m, v := range row {
					into[m] += v
				}
			} else {
				for m, v := range row {
					into[m] -= v
				}
			}
			word >>= 1
			bits--
			at += metrics
		}
	}
}

// normalLimit draws from the normal distribution with the exact covariance of
// the flipped sums.
func (f *flipper) normalLimit(order []int, z []float64, draws int, seed uint64) (greater, equal []int) {
	root := f.covarianceRoot(order)
	observed := make([]float64, len(order))
	for k, c := range order {
		observed[k] = z[c]
	}
	n := len(order)
	return inChunks(n, draws, seed, func(rng *rand.Rand, draws int, greater, equal []int) {
		g, drawn := make([]float64, n), make([]float64, n)
		for range draws {
			for i := range g {
				g[i] = rng.NormFloat64()
			}
			for k := range drawn {
				s := 0.0
				for i, r := range root[k] {
					s += r * g[i]
				}
				drawn[k] = s
			}
			compareDraw(drawn, observed, greater, equal)
		}
	})
}

// covarianceRoot gives R with R*R' the correlation of the cells under flips:
// the sum of products of differences over the cases that two cells share.
func (f *flipper) covarianceRoot(order []int) [][]float64 {
	metrics := len(f.t.Diffs)
	products := make([][]float64, len(f.strata)) // per stratum, metric by metric
	for s, cases := range f.strata {
		p := make([]float64, metrics*metrics)
		for _, i := range cases {
			for a := range metrics {
				va := f.t.Diffs[a][i]
				if va == 0 {
					continue
				}
				for b := range metrics {
					p[a*metrics+b] += va * f.t.Diffs[b][i]
				}
			}
		}
		products[s] = p
	}
	n := len(order)
	r := mat.NewSymDense(n, nil)
	for x, cx := range order {
		for y := x; y < n; y++ {
			cy := order[y]
			sum := 0.0
			mx, my := f.t.Cells[cx].Metric, f.t.Cells[cy].Metric
			for _, s := range shared(f.strataOf(f.t.Cells[cx].Group), f.strataOf(f.t.Cells[cy].Group)) {
				sum += products[s][mx*metrics+my]
			}
			r.SetSym(x, y, sum/f.norm[cx]/f.norm[cy])
		}
	}
	var eigen mat.EigenSym
	if !eigen.Factorize(r, true) {
		// Cannot happen for finite values; independent cells are the safe side.
		root := make([][]float64, n)
		for k := range root {
			root[k] = make([]float64, n)
			root[k][k] = 1
		}
		return root
	}
	values := eigen.Values(nil)
	var vectors mat.Dense
	eigen.VectorsTo(&vectors)
	root := make([][]float64, n)
	for k := range root {
		root[k] = make([]float64, n)
		for i := range root[k] {
			root[k][i] = vectors.At(k, i) * math.Sqrt(max(0, values[i]))
		}
	}
	return root
}

// shared gives the common elements of two ascending lists.
func shared(a, b []int) []int {
	var both []int
	for i, j := 0, 0; i < len(a) && j < len(b); {
		switch {
		case a[i] < b[j]:
			i++
		case a[i] > b[j]:
			j++
		default:
			both = append(both, a[i])
			i++
			j++
		}
	}
	return both
}
