package stats

import (
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/stat/distuv"
)

// normalLimit is flips in the limit of many rows.
func normalLimit(columns []Column, own []FlipTest, draws int, seed uint64, level float64) (adjusted []float64, single float64) {
	factor, rank := factorise(correlation(columns))
	observed := make([]float64, len(columns))
	for j, t := range own {
		observed[j] = normalScore(t)
	}
	s := newStepDown(observed)
	maxima := make([]float64, draws)
	eachChunk(draws, func(chunk, lo, hi int) {
		random := rand.New(stream(seed, chunk))
		t := s.tally()
		independent := make([]float64, rank)
		draw := make([]float64, len(columns))
		for b := lo; b < hi; b++ {
			for k := range independent {
				independent[k] = random.NormFloat64()
			}
			for j := range draw {
				sum := 0.0
				for k, v := range factor[j] {
					sum += v * independent[k]
				}
				draw[j] = math.Abs(sum)
			}
			maxima[b] = t.add(draw)
		}
		t.done()
	})
	return s.p(draws, true), singleLevel(maxima, level)
}

// normalScore is the |z| of a standard normal with the column's mid-p.
func normalScore(t FlipTest) float64 {
	if t.Mid < 1e-300 {
		return math.Abs(t.Z)
	}
	// The quantile function is accurate near 0, not near 1.
	return -distuv.UnitNormal.Quantile(t.Mid / 2)
}

// correlation is the matrix of sum(d_j d_k)/sqrt(sum(d_j^2) sum(d_k^2)), the
// correlation of the z values over all sign patterns.
func correlation(columns []Column) [][]float64 {
	r := make([][]float64, len(columns))
	unit := make([]Column, len(columns))
	for j, c := range columns {
		r[j] = make([]float64, len(columns))
		unit[j] = Column{Rows: c.Rows, D: make([]float64, len(c.D))}
		size := norm(c.D)
		for i, v := range c.D {
			unit[j].D[i] = v / size
		}
	}
	parallel(len(columns), func(j int) {
		r[j][j] = 1
		for k := range j {
			r[j][k] = products(unit[j], unit[k])
		}
	})
	for j := range r {
		for k := range j {
			r[k][j] = r[j][k]
		}
	}
	return r
}

// products sums the products of the differences in the rows two columns share.
func products(a, b Column) float64 {
	sum := 0.0
	for i, k := 0, 0; i < len(a.Rows) && k < len(b.Rows); {
		switch {
		case a.Rows[i] < b.Rows[k]:
			i++
		case a.Rows[i] > b.Rows[k]:
			k++
		default:
			sum += a.D[i] * b.D[k]
			i++
			k++
		}
	}
	return sum
}

// factorise gives rows l with l l' = r for a correlation matrix, which may be
// singular: the Cholesky decomposition with the largest remaining diagonal
// first, ended when nothing remains. r is used up.
func factorise(r [][]float64) (l [][]float64, rank int) {
	n := len(r)
	l = make([][]float64, n)
	rest := make([]float64, n)
	for j := range n {
		rest[j] = r[j][j]
	}
	for rank = 0; rank < n; rank++ {
		pivot := 0
		for j, v := range rest {
			if v > rest[pivot] {
				pivot = j
			}
		}
		if rest[pivot] < 1e-10 {
			break
		}
		scale := math.Sqrt(rest[pivot])
		for j := range n {
			v := r[j][pivot]
			for k := range rank {
				v -= l[j][k] * l[pivot][k]
			}
			if rest[j] <= 0 {
				v = 0
			}
			r[pivot][j] = v / scale // row of the pivot is free now
		}
		for j := range n {
			v := r[pivot][j]
			l[j] = append(l[j], v)
			rest[j] = max(0, rest[j]-v*v)
		}
		rest[pivot] = 0
	}
	return l, rank
}
