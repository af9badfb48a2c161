package stats

import (
	"math"
	"math/bits"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/stat/distuv"
)

// rounding is a difference of scores, or relative one of means, that is none.
const rounding = 1e-12

// CaseFlagsUnit is CaseFlags for scores that are not just 0 or 1, higher is
// better: the outputs of every case on either side. What is not finite was not
// measured.
//
// P is the larger of two p values of the moderated t of the case,
//
//	t = delta / sqrt(s2 (1/A + 1/B)), s2 = (SS + d0 s0) / (A+B-2 + d0),
//
// where delta is the difference of the means, SS the sum of squares about the
// mean of each side, and d0 and s0 say how alike the cases are in their noise
// (Smyth 2004, Stat. Appl. Genet. Mol. Biol. 3:3; see noisePrior). One is
// Student's with A+B-2+d0 degrees of freedom. The other compares t with those of
// all ways of dealing the outputs of each case to the two sides, of all cases
// together (Tusher, Tibshirani, Chu 2001, PNAS 98:5116), but for the way they
// fell: a permutation of one case of 3 against 3 cannot go below 1/20, those of
// a hundred cases together can. The first fails where noise is not normal (one
// output in fifty a time-out), the second where one case is noisier than the
// others; the larger holds in both. A case that did not fall has P = 1.
//
// With one output on both sides of every case there is no noise to compare with,
// and P is that of mirrored.
func CaseFlagsUnit(base, cand [][]float64) []CaseFlag {
	units := make([]flagUnit, min(len(base), len(cand)))
	repeated := false
	for i := range units {
		units[i] = newFlagUnit(base[i], cand[i])
		repeated = repeated || units[i].df() > 0
	}
	p := make([]float64, len(units))
	if !repeated {
		for i := range units {
			if p[i] = math.NaN(); units[i].measured() {
				p[i] = units[i].delta(units[i].observed())
			}
		}
		return flagsOf(mirrored(p))
	}
	noise := noisePrior(units)
	low, dealt := dealtAgain(units, noise)
	for i := range units {
		u := &units[i]
		if p[i] = math.NaN(); !u.measured() {
			continue
		}
		p[i] = 1
		if t := u.moderated(u.delta(u.observed()), noise); t < 0 {
			reached, _ := slices.BinarySearch(low, t+1e-9*max(1, -t))
			p[i] = max(noise.below(t, u.df()), float64(1+reached)/float64(1+dealt))
		}
	}
	return flagsOf(p)
}

// flagUnit holds the outputs of one case, the baseline's first.
type flagUnit struct {
	values []float64
	a, b   int
	sum    float64 // of all values
	ss     float64 // of squares about the mean of all
}

func newFlagUnit(base, cand []float64) flagUnit {
	u := flagUnit{values: make([]float64, 0, len(base)+len(cand))}
	for side, values := range [2][]float64{base, cand} {
		for _, v := range values {
			if !isFinite(v) {
				continue
			}
			u.values = append(u.values, v)
			u.sum += v
			if side == 0 {
				u.a++
			} else {
				u.b++
			}
		}
	}
	mean := u.sum / float64(max(1, len(u.values)))
	for _, v := range u.values {
		u.ss += (v - mean) * (v - mean)
	}
	return u
}

func (u *flagUnit) measured() bool { return u.a > 0 && u.b > 0 }

// df is A+B-2 where both sides were measured, else 0.
func (u *flagUnit) df() float64 {
	if !u.measured() {
		return 0
	}
	return float64(u.a + u.b - 2)
}

// observed is the sum of the candidate's values.
func (u *flagUnit) observed() float64 {
	sum := 0.0
	for _, v := range u.values[u.a:] {
		sum += v
	}
	return sum
}

// delta is the difference of the means if the candidate's values add up to sum.
func (u *flagUnit) delta(sum float64) float64 {
	d := sum/float64(u.b) - (u.sum-sum)/float64(u.a)
	if math.Abs(d) < rounding {
		return 0
	}
	return d
}

// within is the sum of squares about the means of the sides, given their
// difference.
func (u *flagUnit) within(delta float64) float64 {
	ss := u.ss - delta*delta*float64(u.a)*float64(u.b)/float64(u.a+u.b)
	if ss < rounding {
		return 0
	}
	return ss
}

func (u *flagUnit) moderated(delta float64, n caseNoise) float64 {
	if delta == 0 {
		return 0
	}
	s2 := (u.within(delta) + n.d0*n.s0) / (u.df() + n.d0)
	return delta / math.Sqrt(max(s2, 1e-30)*(1/float64(u.a)+1/float64(u.b)))
}

// caseNoise says that the variances of the cases are as d0 s0 over a chi-squared
// variable of d0 degrees of freedom.
type caseNoise struct{ d0, s0 float64 }

// mostAlike is the d0 of cases that do not differ in their noise.
const mostAlike = 1e6

// noisePrior fits d0 and s0 by the first two moments of the variances: with
// m1 = mean SS/df, m2 = mean SS^2/(df (df+2)) and q = m2/m1^2 = (d0-2)/(d0-4) it
// is d0 = (4q-2)/(q-1), s0 = m1 (d0-2)/d0.
//
// Note: Smyth takes the moments of the logarithms, which do not exist where
// every output of a case is the same, here most of them.
func noisePrior(units []flagUnit) caseNoise {
	n, m1, m2 := 0.0, 0.0, 0.0
	for i := range units {
		u := &units[i]
		if df := u.df(); df > 0 {
			ss := u.within(u.delta(u.observed()))
			n++
			m1 += ss / df
			m2 += ss * ss / (df * (df + 2))
		}
	}
	m1, m2 = m1/n, m2/n
	q := m2 / (m1 * m1)
	if !(q > 1+1e-6) { // nothing varies, or all alike
		return caseNoise{mostAlike, m1}
	}
	d0 := (4*q - 2) / (q - 1)
	return caseNoise{d0, m1 * (d0 - 2) / d0}
}

// below is the chance that an unchanged case has a t as low.
func (n caseNoise) below(t, df float64) float64 {
	return distuv.StudentsT{Mu: 0, Sigma: 1, Nu: df + n.d0}.CDF(t)
}

// dealtTotal is how many ways of dealing are looked at over all cases, at most
// (but at least 19 a case): enough for p values of a millionth.
const dealtTotal = 1_000_000

// dealtAgain deals the outputs of every case to its sides in all ways but the
// one they fell in, and counts them; low are the t values below 0 that came of
// it, of all cases together, rising. Where there are too many ways, some are
// drawn, always the same ones.
func dealtAgain(units []flagUnit, noise caseNoise) (low []float64, dealt int) {
	most := max(19, dealtTotal/max(1, len(units)))
	random := rand.New(stream(0, 0))
	tables := map[[2]int][]uint32{}
	var left []float64
	take := func(u *flagUnit, sum float64) {
		dealt++
		if d := u.delta(sum); d < 0 {
			low = append(low, u.moderated(d, noise))
		}
	}
	for i := range units {
		u := &units[i]
		if !u.measured() {
			continue
		}
		splits, ok := tables[[2]int{u.a, u.b}]
		if !ok {
			splits = allSplits(u.a, u.b)
			tables[[2]int{u.a, u.b}] = splits
		}
		if splits != nil && len(splits)-1 <= most {
			fell := uint32(1)<<(u.a+u.b) - uint32(1)<<u.a
			for _, mask := range splits {
				if mask != fell {
					take(u, u.masked(mask))
				}
			}
			continue
		}
		left = append(left[:0], u.values...)
		for range min(most, maxSplits) {
			sum := 0.0
			for k := range u.b {
				j := k + random.IntN(len(left)-k)
				left[k], left[j] = left[j], left[k]
				sum += left[k]
			}
			take(u, sum)
		}
	}
	slices.Sort(low)
	return low, dealt
}

// masked is the sum of the values at the places of a mask.
func (u *flagUnit) masked(mask uint32) float64 {
	sum := 0.0
	for ; mask != 0; mask &= mask - 1 {
		sum += u.values[bits.TrailingZeros32(mask)]
	}
	return sum
}
