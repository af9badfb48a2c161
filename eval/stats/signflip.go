package stats

import (
	"math"
	"slices"
)

// Flip is the result of a sign-flip test.
type Flip struct {
	P   float64 // two-sided, exact: P(|S| >= |s|)
	Mid float64 // two-sided mid-p: P(|S| > |s|) + P(|S| = |s|)/2
	// Exact is false where the normal limit was used: very many differences of
	// very many sizes.
	Exact bool
}

// Limits of the exact test: the work of the subset-sum table, and its width for
// values that lie on no common grid.
const (
	maxTable = 4e8
	gridSize = 1 << 15
)

// SignFlip tests whether paired differences are symmetric about 0, by the sum:
// under the null every sign is as likely as its opposite. Zeros say nothing and
// drop out. Of differences that are all of one size (a yes/no metric with one
// repeat) it is McNemar's test.
//
// The distribution of the sum is computed by a subset-sum table on a grid. If
// all differences are multiples of one step (scores averaged over a few
// repeats) the grid is exact; else each is rounded to about one 30,000th of the
// sum of their sizes, which moves p by about as much. Beyond 4e8 table steps
// the sum is taken as normal, for at least some 13,000 differences.
//
// Source: Fisher (1935), The Design of Experiments; mid-p: Lancaster (1961).
func SignFlip(d []float64) Flip {
	sizes := make([]float64, 0, len(d))
	sum, squares, largest := 0.0, 0.0, 0.0
	for _, v := range d {
		if v != 0 {
			sizes = append(sizes, math.Abs(v))
			sum += v
			squares += v * v
			largest = max(largest, math.Abs(v))
		}
	}
	if len(sizes) == 0 {
		return Flip{1, 1, true}
	}
	if same(sizes) {
		up := 0
		for _, v := range d {
			if v > 0 {
				up++
			}
		}
		p, mid := McNemar(len(sizes)-up, up)
		return Flip{p, mid, true}
	}
	step := gridStep(sizes)
	if float64(len(sizes))*(total(sizes)/step) > maxTable {
		p := 2 * normalTail(math.Abs(sum)/math.Sqrt(squares))
		return Flip{p, p, false}
	}
	return flipTable(d, step)
}

func same(sizes []float64) bool {
	return slices.Max(sizes)-slices.Min(sizes) <= 1e-12*slices.Max(sizes)
}

func total(sizes []float64) float64 {
	t := 0.0
	for _, v := range sizes {
		t += v
	}
	return t
}

// gridStep finds the largest step 1/q, q up to 240, of which all sizes are
// multiples; else one that gives a table of gridSize.
func gridStep(sizes []float64) float64 {
	for q := 1.0; q <= 240; q++ {
		fits := true
		for _, v := range sizes {
			if math.Abs(v*q-math.Round(v*q)) > 1e-9*q {
				fits = false
				break
			}
		}
		if fits {
			return 1 / q
		}
	}
	return total(sizes) / gridSize
}

// flipTable computes the distribution of the sum of the differences that keep
// their sign, one difference at a time.
func flipTable(d []float64, step float64) Flip {
	var units []int
	all, kept := 0, 0
	for _, v := range d {
		u := int(math.Round(math.Abs(v) / step))
		if u == 0 {
			continue
		}
		units = append(units, u)
		all += u
		if v > 0 {
			kept += u
		}
	}
	slices.Sort(units) // the result does not depend on the order of the cases
	p := make([]float64, all+1)
	p[0] = 1
	top := 0
	for _, u := range units {
		for s := top; s >= 0; s-- {
			half := p[s] / 2
			p[s] = half
			p[s+u] += half
		}
		top += u
	}
	// |S| = |2*kept - all|; the two tails are mirror images.
	far := max(kept, all-kept)
	tail := 0.0
	for s := all; s > far; s-- {
		tail += p[s]
	}
	if 2*far == all {
		return Flip{1, 1, true}
	}
	return Flip{P: min(1, 2*(tail+p[far])), Mid: min(1, 2*tail+p[far]), Exact: true}
}

// McNemar tests a yes/no change: lost cases went from pass to fail, gained from
// fail to pass. It gives the exact two-sided p and the two-sided mid-p, both 1
// if as many were lost as gained.
//
// Source: McNemar (1947); Fagerland, Lydersen, Laake (2013) for the mid-p.
func McNemar(lost, gained int) (exact, mid float64) {
	n, k := lost+gained, max(lost, gained)
	if lost == gained {
		return 1, 1
	}
	at := math.Exp(logChoose(n, k) - float64(n)*math.Ln2)
	tail, term := 0.0, at
	for i := k; i < n; i++ {
		term *= float64(n-i) / float64(i+1)
		tail += term
	}
	return min(1, 2*(tail+at)), min(1, 2*tail+at)
}

func logChoose(n, k int) float64 {
	a, _ := math.Lgamma(float64(n + 1))
	b, _ := math.Lgamma(float64(k + 1))
	c, _ := math.Lgamma(float64(n - k + 1))
	return a - b - c
}

// normalTail is P(Z > z).
func normalTail(z float64) float64 { return math.Erfc(z/math.Sqrt2) / 2 }
