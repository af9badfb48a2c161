package stats

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"
)

// rowMajor holds the differences of a family by row, scaled so that the sum of
// a column is its z. Rows that concern the same columns stand together, in
// blocks of eight: one random byte gives the signs of a block, and a table of
// its 256 outcomes the sums.
type rowMajor struct {
	columns int
	blocks  []block
	scales  []evidence // per column
}

// block is up to eight rows of the same few columns.
type block struct {
	columns []int32
	values  [][8]float64 // per column; 0 beyond the last row
}

func newRowMajor(columns []Column) *rowMajor {
	type entry struct {
		column int32
		value  float64
	}
	most := int32(0)
	for _, c := range columns {
		most = max(most, c.Rows[len(c.Rows)-1]+1)
	}
	rows := make([][]entry, most)
	for j, c := range columns {
		size := norm(c.D)
		for i, r := range c.Rows {
			rows[r] = append(rows[r], entry{int32(j), c.D[i] / size})
		}
	}
	rows = slices.DeleteFunc(rows, func(r []entry) bool { return len(r) == 0 })
	slices.SortStableFunc(rows, func(a, b []entry) int {
		return slices.CompareFunc(a, b, func(x, y entry) int { return cmp.Compare(x.column, y.column) })
	})
	m := &rowMajor{columns: len(columns), scales: make([]evidence, len(columns))}
	parallel(len(columns), func(j int) { m.scales[j] = newEvidence(columns[j].D) })
	for eight := range slices.Chunk(rows, 8) {
		var b block
		place := map[int32]int{}
		for i, row := range eight {
			for _, e := range row {
				k, ok := place[e.column]
				if !ok {
					k = len(b.columns)
					place[e.column] = k
					b.columns = append(b.columns, e.column)
					b.values = append(b.values, [8]float64{})
				}
				b.values[k][i] = e.value
			}
		}
		m.blocks = append(m.blocks, b)
	}
	return m
}

// norm is the square root of the sum of squares, safe from overflow.
func norm(d []float64) float64 {
	top := 0.0
	for _, v := range d {
		top = max(top, math.Abs(v))
	}
	sum := 0.0
	for _, v := range d {
		sum += (v / top) * (v / top)
	}
	return top * math.Sqrt(sum)
}

// flips gives the corrected mid-p of every column and the level of a single
// column that keeps the family's.
func (m *rowMajor) flips(own []FlipTest, draws int, seed uint64, level float64) (adjusted []float64, single float64) {
	observed := make([]float64, m.columns)
	for j, t := range own {
		observed[j] = m.scales[j].of(math.Abs(t.Z))
	}
	s := newStepDown(observed)
	maxima := make([]float64, draws)
	eachChunk(draws, func(chunk, lo, hi int) {
		z := m.chunk(stream(seed, chunk), hi-lo)
		t := s.tally()
		for b := range hi - lo {
			row := z[b*m.columns : (b+1)*m.columns]
			for j, v := range row {
				row[j] = m.scales[j].of(math.Abs(v))
			}
			maxima[lo+b] = t.add(row)
		}
		t.done()
	})
	return s.p(draws, true), singleLevel(maxima, level)
}

// chunk draws n times the signs of all rows and gives the sums of the columns,
// a draw after the other.
func (m *rowMajor) chunk(random *rand.PCG, n int) []float64 {
	z := make([]float64, n*m.columns)
	signs := make([]byte, (n+7)&^7)
	var table []float64
	for _, b := range m.blocks {
		for i := 0; i < len(signs); i += 8 {
			bits := random.Uint64()
			for k := range 8 {
				signs[i+k] = byte(bits >> (8 * k))
			}
		}
		table = b.outcomes(table)
		width := len(b.columns)
		for i := range n {
			sums := z[i*m.columns : (i+1)*m.columns]
			outcome := table[int(signs[i])*width:][:width]
			for k, j := range b.columns {
				sums[j] += outcome[k]
			}
		}
	}
	return z
}

// outcomes lists the sums of a block for each of the 256 patterns of signs, the
// columns of a pattern together. Bit i set means that row i keeps its sign.
func (b *block) outcomes(table []float64) []float64 {
	width := len(b.columns)
	if cap(table) < 256*width {
		table = make([]float64, 256*width)
	}
	table = table[:256*width]
	for k, v := range b.values {
		table[k] = -(v[0] + v[1] + v[2] + v[3] + v[4] + v[5] + v[6] + v[7])
		for i := range 8 {
			for low := range 1 << i {
				table[(1<<i|low)*width+k] = table[low*width+k] + 2*v[i]
			}
		}
	}
	return table
}

// singleLevel is the two-sided normal level of the value that the largest score
// of a draw exceeds with probability level. maxima is reordered.
func singleLevel(maxima []float64, level float64) float64 {
	slices.Sort(maxima)
	i := min(max(int(math.Ceil((1-level)*float64(len(maxima))))-1, 0), len(maxima)-1)
	return min(level, 2*normalUpper(maxima[i]))
}
