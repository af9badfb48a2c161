package drift

import (
	"math"
	"slices"
	"testing"

	"gonum.org/v1/gonum/stat/distuv"
)

// oracle says what the transitions of a data set imply, by other means than the
// product: binomial probabilities and Beta quantiles, nothing drawn.
//
// A block is the cases that changed in one and the same way with respect to all
// columns: under the null hypothesis each has either sign, so that the sum of a
// block of m is 2 Bin(m, 1/2) - m, independent of the others. A column is a
// metric on a slice; its coefficient of a block is 1, -1 or 0.
type oracle struct {
	blocks  []int
	columns []column
}

type column struct {
	coefficients []int
	n            int // cases
	lost, gained int
	better       float64 // -1 where fewer passes are better
}

// judged is what the oracle says of a column.
type judged struct {
	mid, adjusted float64
	holdsAt       float64
	word          Verdict
}

// judge corrects the columns by the step-down procedure of Westfall and Young
// (1993, algorithm 2.8) for the smallest p, with the whole distribution in place
// of draws, ties counted half.
func (o oracle) judge(alpha, margin float64) []judged {
	tails := make([][]float64, len(o.columns)) // mid-p by |sum|
	out := make([]judged, len(o.columns))
	for j, c := range o.columns {
		changed := c.lost + c.gained
		tails[j] = midTails(changed)
		out[j].mid = tails[j][abs(c.gained-c.lost)]
		zeros := c.n - changed
		out[j].holdsAt = max(-lowerBound(c.lost, zeros, c.gained, .05), -lowerBound(c.gained, zeros, c.lost, .05))
	}
	order := make([]int, len(out))
	for j := range order {
		order[j] = j
	}
	slices.SortFunc(order, func(a, b int) int { return compareFloats(out[a].mid, out[b].mid) })
	farther := make([]float64, len(order))
	sums := make([]int, len(o.columns))
	var visit func(block int, probability float64)
	visit = func(block int, probability float64) {
		if block < len(o.blocks) {
			m := o.blocks[block]
			for k := range m + 1 {
				p := probability * math.Exp(logChoose(m, k)-float64(m)*math.Ln2)
				if p < 1e-20 {
					continue
				}
				for j, c := range o.columns {
					sums[j] += c.coefficients[block] * (2*k - m)
				}
				visit(block+1, p)
				for j, c := range o.columns {
					sums[j] -= c.coefficients[block] * (2*k - m)
				}
			}
			return
		}
		least := math.Inf(1)
		for k := len(order) - 1; k >= 0; k-- {
			j := order[k]
			least = min(least, tails[j][abs(sums[j])])
			switch observed := out[j].mid; {
			case least < observed*(1-1e-9):
				farther[k] += probability
			case least <= observed*(1+1e-9):
				farther[k] += probability / 2
			}
		}
	}
	visit(0, 1)
	highest := 0.0
	for k, j := range order {
		highest = max(highest, farther[k])
		out[j].adjusted = max(highest, out[j].mid)
	}
	for j, c := range o.columns {
		out[j].word = o.word(c, out[j], alpha, margin)
	}
	return out
}

func (o oracle) word(c column, j judged, alpha, margin float64) Verdict {
	moved := float64(c.gained-c.lost) * c.better
	switch {
	case j.adjusted <= alpha && moved < 0:
		return Regressed
	case j.adjusted <= alpha && moved > 0:
		return Improved
	case j.holdsAt < margin:
		return Holds
	}
	return Inconclusive
}

// midTails lists McNemar's two-sided mid-p of m changes by |gained - lost|; 1
// for none.
func midTails(m int) []float64 {
	out := make([]float64, m+1)
	above := 0.0 // probability of a larger |sum|
	for s := m; s >= 0; s -= 2 {
		at := math.Exp(logChoose(m, (m+s)/2) - float64(m)*math.Ln2)
		if s > 0 {
			at *= 2
		}
		out[s] = above + at/2
		above += at
	}
	if m == 0 {
		out[0] = 1
	}
	return out
}

// exactMcNemar is McNemar's exact two-sided p.
func exactMcNemar(lost, gained int) float64 {
	m, sum := lost+gained, 0.0
	for k := range min(lost, gained) + 1 {
		sum += math.Exp(logChoose(m, k) - float64(m)*math.Ln2)
	}
	return min(1, 2*sum)
}

// lowerBound is the alpha quantile of the Gaffke distribution of n differences
// of -1, 0 and 1: with one unseen case at -1 the weights of the three are
// Dirichlet(lost+1, same, gained), so that their mean is T (2U-1) with
// independent T ~ Beta(lost+1+gained, same) and U ~ Beta(gained, lost+1).
func lowerBound(lost, same, gained int, alpha float64) float64 {
	const points = 2000
	signs := []float64{-1}
	if gained > 0 {
		signs = make([]float64, points)
		u := distuv.Beta{Alpha: float64(gained), Beta: float64(lost + 1)}
		for i := range signs {
			signs[i] = 2*u.Quantile((float64(i)+.5)/points) - 1
		}
	}
	below := func(x float64) float64 {
		sum := 0.0
		for _, s := range signs {
			sum += belowScaled(x, s, lost+1+gained, same)
		}
		return sum / float64(len(signs))
	}
	low, high := -1.0, 1.0
	for range 40 {
		if middle := (low + high) / 2; below(middle) < alpha {
			low = middle
		} else {
			high = middle
		}
	}
	return low
}

// belowScaled is P(s T <= x) for T ~ Beta(a, b), T = 1 for b = 0.
func belowScaled(x, s float64, a, b int) float64 {
	cdf := func(t float64) float64 {
		switch {
		case t < 0:
			return 0
		case t >= 1:
			return 1
		case b == 0:
			return 0
		}
		return distuv.Beta{Alpha: float64(a), Beta: float64(b)}.CDF(t)
	}
	switch {
	case s > 0:
		return cdf(x / s)
	case s < 0:
		return 1 - cdf(x/s)
	case x >= 0:
		return 1
	}
	return 0
}

func logChoose(n, k int) float64 {
	a, _ := math.Lgamma(float64(n + 1))
	b, _ := math.Lgamma(float64(k + 1))
	c, _ := math.Lgamma(float64(n - k + 1))
	return a - b - c
}

func abs(n int) int { return max(n, -n) }

func compareFloats(a, b float64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// TestOracle holds the oracle itself to numbers by hand.
func TestOracle(t *testing.T) {
	one := func(n, lost, gained int) oracle {
		return oracle{[]int{lost + gained}, []column{{[]int{1}, n, lost, gained, 1}}}
	}
	for _, w := range []struct {
		reason  string
		o       oracle
		p, held float64
		word    Verdict
	}{
		{"five losses: 1/32", one(15, 5, 0), 1. / 32, 2, Regressed},
		{"Fagerland et al. 2013, airway data: mid-p .039", one(21, 1, 7), 10. / 256, 2, Improved},
		{"59 unchanged cases hold within 1-.05^(1/59)", one(59, 0, 0), 1, 1 - math.Pow(.05, 1./59), Holds},
		{"one loss of 94: Clopper and Pearson's upper 95 % bound of 1/94", one(94, 1, 0), .5, distuv.Beta{Alpha: 2, Beta: 93}.Quantile(.95), Holds},
	} {
		got := w.o.judge(.05, .05)[0]
		if math.Abs(got.mid-w.p) > 1e-9 || got.adjusted != got.mid || got.word != w.word {
			t.Errorf("%s: %+v", w.reason, got)
		}
		if w.held < 2 && math.Abs(got.holdsAt-w.held) > 1e-5 {
			t.Errorf("%s: holds at %v, want %v", w.reason, got.holdsAt, w.held)
		}
	}
	// Two slices of six changes each, all losses in the one: it has mid-p 1/64, and
	// under the null hypothesis either reaches that with probability 2/64; such a
	// tie counts half.
	two := oracle{[]int{6, 6}, []column{{[]int{1, 0}, 20, 6, 0, 1}, {[]int{0, 1}, 20, 3, 3, 1}}}
	if got, want := two.judge(.05, .05)[0].adjusted, (1-62./64*62./64)/2; math.Abs(got-want) > 1e-12 {
		t.Errorf("corrected %v, want %v", got, want)
	}
}
