package stats

import (
	"math"
	"slices"
)

// withinFamily is the data of all cells, ready to be permuted.
type withinFamily struct {
	units  []unit
	scales []scale // per cell
	work   float64 // additions per draw
	means  bool    // nothing but the sum of delta is tested
	// tables lists what every way of dealing adds, per unit, if that is no more
	// than mostTabulated altogether; else each chunk of draws makes its own.
	tables [][]sums
}

const mostTabulated = 1 << 20 // entries of 40 bytes

// unit is outputs of one case that are permuted together, for the metrics whose
// values are measured in just these outputs.
type unit struct {
	a, b    int // outputs on the baseline and on the candidate side
	metrics []unitMetric
}

type unitMetric struct {
	metric int
	values []float64 // less their mean: the baseline's, then the candidate's
	squares,
	reach, // the largest |delta| that dealing can give
	weight,
	variance, // of delta over the permutations
	own, common float64 // what delta is multiplied with in the exponents
	cells []int32
}

// newWithinFamily prepares the test of Within, or with means that of WithinMeans.
func newWithinFamily(pools []Pool, metrics int, cells []WithinCell, means bool) *withinFamily {
	f := &withinFamily{scales: make([]scale, len(cells)), means: means}
	index := make(map[WithinCell]int32, len(cells))
	for i, c := range cells {
		index[c] = int32(i)
	}
	squares, freedom, span := make([]float64, metrics), make([]float64, metrics), make([]float64, metrics)
	for i := range pools {
		for _, u := range pools[i].units(metrics) {
			u.metrics = u.keep(func(m *unitMetric) bool {
				squares[m.metric] += m.squares
				freedom[m.metric] += float64(u.a + u.b - 1)
				m.cells = pools[i].cellsOf(m.metric, index)
				if m.squares == 0 || len(m.cells) == 0 {
					return false
				}
				m.reach = u.reach(m.values)
				span[m.metric] = max(span[m.metric], m.reach)
				return true
			})
			if len(u.metrics) > 0 {
				f.units = append(f.units, u)
			}
		}
	}
	splits := splitTables{}
	entries := 0
	for i := range f.units {
		entries += len(splits.of(&f.units[i])) * len(f.units[i].metrics)
	}
	if entries <= mostTabulated {
		f.tables = make([][]sums, len(f.units))
	}
	for i := range f.units {
		u := &f.units[i]
		for k := range u.metrics {
			m := &u.metrics[k]
			m.complete(u, squares[m.metric]/freedom[m.metric], span[m.metric])
			if means {
				m.weight, m.own, m.common = 1, 0, 0
			}
			f.work += float64(5 * len(m.cells))
		}
		table := u.tabulate(splits.of(u), nil)
		f.addMoments(u, table)
		if f.tables != nil {
			f.tables[i] = table
		}
	}
	for i := range f.scales {
		f.scales[i].finish()
	}
	return f
}

// units groups the metrics of a pool by the outputs in which they are measured;
// metrics that are measured on one side only are left out.
func (p *Pool) units(metrics int) []unit {
	var units []unit
	var masks []string
	mask := make([]byte, p.A+p.B)
	for k := range metrics {
		a, b := 0, 0
		values := make([]float64, 0, len(mask))
		for i := range mask {
			v := p.Values[i*metrics+k]
			mask[i] = 0
			if !isFinite(v) {
				continue
			}
			mask[i] = 1
			values = append(values, v)
			if i < p.A {
				a++
			} else {
				b++
			}
		}
		if a == 0 || b == 0 {
			continue
		}
		at := len(units)
		for i, s := range masks {
			if s == string(mask) {
				at = i
			}
		}
		if at == len(units) {
			units, masks = append(units, unit{a: a, b: b}), append(masks, string(mask))
		}
		m := unitMetric{metric: k, values: values, squares: centre(values)}
		units[at].metrics = append(units[at].metrics, m)
	}
	return units
}

func (u *unit) keep(wanted func(*unitMetric) bool) []unitMetric {
	kept := u.metrics[:0]
	for i := range u.metrics {
		if wanted(&u.metrics[i]) {
			kept = append(kept, u.metrics[i])
		}
	}
	return kept
}

// centre takes the mean off the values and gives the sum of their squares; equal
// values become exactly 0. A sum whose reciprocal could leave the range of a
// float counts as none: no score and no logarithm of a measure comes near it.
func centre(values []float64) (squares float64) {
	mean, equal := 0.0, true
	for _, v := range values {
		mean += v / float64(len(values))
		equal = equal && v == values[0]
	}
	if equal {
		mean = values[0]
	}
	for i := range values {
		values[i] -= mean
		squares += values[i] * values[i]
	}
	if !(squares > 1e-250 && squares < 1e250) {
		return 0
	}
	return squares
}

func (p *Pool) cellsOf(metric int, index map[WithinCell]int32) []int32 {
	var cells []int32
	if c, ok := index[WithinCell{metric, -1}]; ok {
		cells = append(cells, c)
	}
	for _, s := range p.Slices {
		if c, ok := index[WithinCell{metric, int(s)}]; ok {
			cells = append(cells, c)
		}
	}
	return cells
}

// reach is the largest |delta| that dealing the values can give: that of the b
// smallest or of the b largest falling to the candidate.
func (u *unit) reach(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	low, high := 0.0, 0.0
	for i := range u.b {
		low += sorted[i]
		high += sorted[len(sorted)-1-i]
	}
	return max(-low, high) * u.lever()
}

const (
	ownTilt    = 1.5 // per permutation standard deviation of delta
	commonTilt = 5   // over the span of the metric
	mostTilted = 4.5 // largest own exponent: that of a case of 5 and 5 outputs without overlap
)

func (m *unitMetric) complete(u *unit, s0, span float64) {
	n := float64(u.a + u.b)
	m.weight = n / (m.squares + s0)
	m.variance = m.squares / (n - 1) * u.lever()
	m.own, m.common = ownTilt/math.Sqrt(m.variance), commonTilt/span
}

// lever times the candidate's sum of centred values is delta.
func (u *unit) lever() float64 { return 1/float64(u.a) + 1/float64(u.b) }
