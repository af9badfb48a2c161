package stats

import (
	"cmp"
	"math"
	"slices"
)

// FlipTest is the outcome of a two-sided test of "the differences are as likely
// to have either sign".
type FlipTest struct {
	P   float64 // probability of a sum at least as far from zero, in (0,1]
	Mid float64 // the same with half the probability of an equally far sum; the p to use
	// Z is sum(d)/sqrt(sum(d*d)): about standard normal if nothing changed, 0 if
	// all differences are zero.
	Z float64
	// Nonzero counts the differences that are not zero. The others cannot speak.
	Nonzero int
	// Exact is false where P and Mid come from the saddlepoint approximation.
	Exact bool
}

const (
	maxDenominator = 1000     // differences that are multiples of 1/q up to this q are kept exactly
	enumerated     = 16       // up to this many values off any lattice, all sign patterns are gone through
	flipWork       = 20 << 20 // additions that a subset sum may cost, some 10 ms
	fineLattice    = 1 << 14  // steps in the sum of all magnitudes, at least
	stepsPerValue  = 8        // steps in the average magnitude, at least
)

// SignFlip tests whether the mean of paired differences is zero by flipping
// their signs: P is the share of the 2^n sign patterns whose sum is at least as
// far from zero as the observed one. On differences of 0 and 1 it is McNemar's
// test; flipping the t statistic instead of the sum is the same test, because
// the sum of squares does not change.
//
// Nothing is drawn at random. The sum over the negative differences is a subset
// sum of the magnitudes, so its whole distribution comes from the recurrence
// f(u) += f(u - magnitude) over a lattice:
//
//   - magnitudes that are multiples of 1/q, q <= 1000 (scores of 0 and 1
//     averaged over repeats): that lattice, exact;
//   - at most 16 other magnitudes: all patterns, exact;
//   - more: a lattice of at least 16,384 steps in their sum, and at least 8 in
//     their mean. Of 64 such lattices the one is taken on which the observed sum
//     is best kept, so that the observed sum moves by less than 0.001 standard
//     deviations as a rule, and p by less than 1 % of itself;
//   - where the recurrence would cost more than some 10 ms (thousands of
//     non-zero differences): the saddlepoint approximation of Lugannani and Rice
//     (1980) to the same distribution, relative error below 1 % at any p, and
//     Exact is false.
//
// Zeros and values that are not finite drop out. Without any other difference P
// and Mid are 1. The result does not depend on the order of d and is the same,
// but for the sign of Z, for -d.
func SignFlip(d []float64) FlipTest {
	s := newSigned(d)
	if len(s.mag) == 0 {
		return FlipTest{P: 1, Mid: 1, Exact: true}
	}
	t := FlipTest{Nonzero: len(s.mag), Z: s.z(), Exact: true}
	switch units, step, ok := s.lattice(); {
	case ok && units == nil: // one magnitude
		t.P, t.Mid = McNemar(s.negatives(), len(s.mag)-s.negatives())
	case ok && subsetWork(units, s.lighter(units)) <= flipWork:
		t.P, t.Mid = subsetTails(units, s.lighter(units))
	case len(s.mag) <= enumerated:
		t.P, t.Mid = s.allPatterns()
	case !ok && float64(len(s.mag))*s.fineSteps()/2 <= flipWork:
		fine := s.fine()
		t.P, t.Mid = subsetTails(fine, s.lighter(fine))
	default:
		t.Exact = false
		t.P, t.Mid = s.saddle(step)
	}
	return t
}

// signed holds the non-zero differences sorted by magnitude.
type signed struct {
	mag []float64
	neg []bool
}

func newSigned(d []float64) signed {
	kept := make([]float64, 0, len(d))
	top := 0.0
	for _, v := range d {
		if v != 0 && isFinite(v) {
			kept = append(kept, v)
			top = max(top, math.Abs(v))
		}
	}
	if top > 0x1p300 || top < 0x1p-300 { // sums and squares must stay in range
		kept = scaled(kept, top)
	}
	slices.SortFunc(kept, func(a, b float64) int {
		if c := cmp.Compare(math.Abs(a), math.Abs(b)); c != 0 {
			return c
		}
		return cmp.Compare(a, b)
	})
	s := signed{mag: make([]float64, len(kept)), neg: make([]bool, len(kept))}
	for i, v := range kept {
		s.mag[i], s.neg[i] = math.Abs(v), v < 0
	}
	return s
}

// scaled brings values to a largest magnitude of about 1 and drops what vanishes.
func scaled(values []float64, top float64) []float64 {
	_, exponent := math.Frexp(top)
	kept := values[:0]
	for _, v := range values {
		if v = math.Ldexp(v, -exponent); v != 0 {
			kept = append(kept, v)
		}
	}
	return kept
}

// sums adds the positive and the negative magnitudes apart, so that the result
// for -d is the exact mirror image.
func (s signed) sums() (pos, neg, squares float64) {
	for i, m := range s.mag {
		if s.neg[i] {
			neg += m
		} else {
			pos += m
		}
		squares += m * m
	}
	return pos, neg, squares
}

func (s signed) z() float64 {
	pos, neg, squares := s.sums()
	return (pos - neg) / math.Sqrt(squares)
}

func (s signed) negatives() int {
	n := 0
	for _, b := range s.neg {
		if b {
			n++
		}
	}
	return n
}

// lattice writes the magnitudes as whole multiples of a step 1/q; nil units
// with ok mean that there is one magnitude only.
func (s signed) lattice() (units []int, step float64, ok bool) {
	first, last := s.mag[0], s.mag[len(s.mag)-1]
	if last-first <= 1e-12*last {
		return nil, last, true
	}
	if last > 1e6 || last < 1/float64(2*maxDenominator) {
		return nil, 0, false
	}
	for q := 1.0; q <= maxDenominator; q++ {
		if s.multiplesOf(q) {
			units = make([]int, len(s.mag))
			for i, m := range s.mag {
				units[i] = int(math.Round(m * q))
			}
			return units, 1 / q, true
		}
	}
	return nil, 0, false
}

func (s signed) multiplesOf(q float64) bool {
	for _, m := range s.mag {
		x := m * q
		r := math.Round(x)
		if r < 1 || math.Abs(x-r) > 1e-9*(1+x) {
			return false
		}
	}
	return true
}

// fine rounds the magnitudes to a lattice fine enough not to matter, the one of
// 64 that keeps the observed sum best. Equal magnitudes stay equal, so ties stay
// ties.
func (s signed) fine() []int {
	pos, neg, _ := s.sums()
	total, least := pos+neg, s.fineSteps()
	bestScale, bestShift := least/total, math.Inf(1)
	for k := range 64 {
		scale := least * math.Pow(2, float64(k)/64) / total
		shift := 0.0
		for i, m := range s.mag {
			x := m * scale
			if s.neg[i] {
				shift -= math.Round(x) - x
			} else {
				shift += math.Round(x) - x
			}
		}
		if shift = math.Abs(shift) / scale; shift < bestShift {
			bestScale, bestShift = scale, shift
		}
	}
	units := make([]int, len(s.mag))
	for i, m := range s.mag {
		units[i] = int(math.Round(m * bestScale))
	}
	return units
}

// fineSteps is the least number of steps in the sum of all magnitudes.
func (s signed) fineSteps() float64 {
	return float64(max(fineLattice, stepsPerValue*len(s.mag)))
}

// lighter is the smaller of the sums over the positive and over the negative
// differences. A pattern is at least as far from zero as the observed one if
// one of its two sums is at most this.
func (s signed) lighter(units []int) int {
	pos, neg := 0, 0
	for i, u := range units {
		if s.neg[i] {
			neg += u
		} else {
			pos += u
		}
	}
	return min(pos, neg)
}

func subsetWork(units []int, most int) float64 {
	return float64(len(units)) * float64(most)
}
