package stats

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/stat/distuv"
)

// exactGaffke is the number of values up to which the distribution behind the
// Gaffke bounds is computed exactly; above, by saddlepoint.
const exactGaffke = 150

// gaffkeGroups is the number of equal-width groups whose means stand for their
// members where there are more values than that.
const gaffkeGroups = 1024

// Gaffke gives a two-sided confidence interval for the mean of values that lie
// in [lo,hi], at confidence conf in (0,1): each end is the one-sided bound at
// (1+conf)/2, so conf 0.90 gives the two one-sided 95 % bounds.
//
// The lower bound is the (1-conf)/2 quantile of the mean under random weights,
// uniform on the simplex, of the values and one further value lo: "the Bayesian
// bootstrap, plus one unseen case at the worst possible value". The upper bound
// likewise with hi. (N. Gaffke 2004, "Three test statistics for a nonparametric
// one-sided hypothesis on the mean of a nonnegative variable"; Learned-Miller
// and Thomas 2019, arXiv:1905.06208.) On zeros and ones with lo 0 and hi 1 it is
// the interval of Clopper and Pearson.
//
// The quantile is computed, not drawn: exactly up to 150 values, above that by
// saddlepoint, which differs by less than 0.0002 of hi-lo. Values
// outside [lo,hi] count as the nearer end. Without values it is [lo,hi].
func Gaffke(values []float64, lo, hi, conf float64) (low, high float64) {
	alpha := (1 - min(max(conf, 0), 1-1e-12)) / 2
	if !(hi > lo) {
		return lo, hi
	}
	// Both ends are lower bounds of values within [0,1].
	up := make([]float64, 0, len(values)+1)
	down := make([]float64, 0, len(values)+1)
	for _, v := range values {
		if math.IsNaN(v) {
			continue
		}
		v = min(max(v, lo), hi)
		up = append(up, (v-lo)/(hi-lo))
		down = append(down, (hi-v)/(hi-lo)) // not 1 less the other, so that negated values give the mirror image to the last bit
	}
	if len(up) == 0 {
		return lo, hi
	}
	low = lo + (hi-lo)*gaffkeLower(up, alpha)
	high = hi - (hi-lo)*gaffkeLower(down, alpha)
	return low, high
}

// gaffkeLower is the alpha quantile for values in [0,1].
func gaffkeLower(values []float64, alpha float64) float64 {
	n := len(values)
	top := slices.Max(values)
	if slices.Min(values) == top { // the weight of the unseen value is Beta(1,n)
		return top * math.Pow(alpha, 1/float64(n))
	}
	if n <= exactGaffke {
		return root(func(x float64) float64 { return simplexAbove(values, x) - (1 - alpha) }, 0, top)
	}
	groups := grouped(values)
	return root(func(x float64) float64 { return saddleAbove(groups, x) - (1 - alpha) }, 0, top)
}

// simplexAbove is the probability that the mean of the values and of one zero,
// under weights uniform on the simplex, is above x.
//
// The weights are independent exponentials over their sum, so the question is
// whether sum a_i E_i over the values above x (a = value-x) beats sum b_j E_j
// over those below (b = x-value). Let the first two play against each other:
// a E is longer than b E' with probability a/(a+b), and what is left of it is by
// lack of memory again a E. Hence
//
//	Q(i,j) = (a_i Q(i,j-1) + b_j Q(i-1,j)) / (a_i+b_j)
//
// with Q(i,0) = 1, Q(0,j) = 0: only positive terms, at most n*n/4 of them.
func simplexAbove(values []float64, x float64) float64 {
	if x <= 0 {
		return 1
	}
	below := make([]float64, 1, len(values)+1)
	below[0] = x // the unseen zero
	var over []float64
	for _, v := range values {
		switch {
		case v < x:
			below = append(below, x-v)
		case v > x:
			over = append(over, v-x)
		}
	}
	if len(over) == 0 {
		return 0
	}
	q := make([]float64, len(below))
	last := 0.0
	for _, a := range over {
		last = 1
		for j, b := range below {
			last = (a*last + b*q[j]) / (a + b)
			q[j] = last
		}
	}
	return last
}

// group is a value and how many there are of it.
type group struct{ value, count float64 }

// grouped counts equal values; where there are too many, those of an interval of
// 1/gaffkeGroups stand together at their mean, which takes less than 1e-7 off a
// variance of values within [0,1]. The last group has the largest value.
func grouped(values []float64) []group {
	if len(values) > gaffkeGroups {
		return binned(values)
	}
	sorted := slices.Sorted(slices.Values(values))
	var groups []group
	for i, v := range sorted {
		if i == 0 || v != sorted[i-1] {
			groups = append(groups, group{value: v})
		}
		groups[len(groups)-1].count++
	}
	return groups
}

func binned(values []float64) []group {
	bins := make([]group, gaffkeGroups+1)
	for _, v := range values {
		g := &bins[int(v*gaffkeGroups)]
		g.count++
		g.value += (v - g.value) / g.count
	}
	return slices.DeleteFunc(bins, func(g group) bool { return g.count == 0 })
}

// saddleAbove is simplexAbove by Lugannani and Rice's saddlepoint formula for
// sum c_i E_i > 0 with c = value-x, whose cumulant function is
// K(t) = -sum log(1-c_i t).
func saddleAbove(groups []group, x float64) float64 {
	highest := groups[len(groups)-1].value - x
	if x <= 0 {
		return 1
	}
	if highest <= 0 {
		return 0
	}
	// K' rises from -inf to +inf between the poles 1/(-x) and 1/highest. One
	// unseen zero has c = -x.
	derivatives := func(t float64) (k1, k2 float64) {
		c := -x
		r := c / (1 - c*t)
		k1, k2 = r, r*r
		for _, g := range groups {
			c := g.value - x
			r := c / (1 - c*t)
			k1 += g.count * r
			k2 += g.count * r * r
		}
		return k1, k2
	}
	left, right := -1/x, 1/highest
	t, step := 0.0, right-left
	for range 200 {
		k1, k2 := derivatives(t)
		if math.Abs(k1) <= 1e-12*math.Sqrt(k2) {
			break
		}
		if k1 > 0 {
			right = t
		} else {
			left = t
		}
		// Near a pole Newton's steps are short and far from the root, so that
		// one which does not halve the last gives way to bisection.
		next := t - k1/k2
		if !(next > left && next < right) || math.Abs(next-t) > step/2 {
			next = (left + right) / 2
		}
		step = math.Abs(next - t)
		t = next
		if right-left <= 1e-14*math.Abs(t) {
			break
		}
	}
	k := -math.Log1p(x * t)
	for _, g := range groups {
		k -= g.count * math.Log1p(-(g.value-x)*t)
	}
	_, k2 := derivatives(t)
	w := math.Copysign(math.Sqrt(max(0, -2*k)), t)
	v := t * math.Sqrt(k2)
	if math.Abs(w) < 1e-3 || v == 0 {
		return normalUpper(w)
	}
	return clampP(normalUpper(w) + normalDensity(w)*(1/v-1/w))
}

// root finds where a falling function crosses zero in [a,b]: false position in
// the Illinois form, with bisection where that stalls.
func root(f func(float64) float64, a, b float64) float64 {
	fa, fb := f(a), f(b)
	if fa <= 0 {
		return a
	}
	if fb >= 0 {
		return b
	}
	side := 0
	for i := range 200 {
		x := (a*fb - b*fa) / (fb - fa)
		if i%8 == 7 || !(x > a && x < b) {
			x = (a + b) / 2
		}
		fx := f(x)
		if fx == 0 || b-a < 1e-9 {
			return x
		}
		if fx > 0 {
			a, fa = x, fx
			if side == 1 {
				fb /= 2
			}
			side = 1
		} else {
			b, fb = x, fx
			if side == -1 {
				fa /= 2
			}
			side = -1
		}
	}
	return (a + b) / 2
}

// ProvableMargin is the smallest loss that n unchanged cases can rule out at
// one-sided confidence conf: 1-(1-conf)^(1/n), the Gaffke bound of n zeros in
// [-1,1]. 59 cases prove 5 points at 95 %. No case proves nothing: 1.
func ProvableMargin(n int, conf float64) float64 {
	if n <= 0 {
		return 1
	}
	return 1 - math.Pow(1-conf, 1/float64(n))
}

// Moments gives mean and variance (n-1 in the denominator; 0 for n < 2) of the
// finite values and how many there are.
func Moments(values []float64) (mean, variance float64, n int) {
	m2 := 0.0
	for _, v := range values {
		if !isFinite(v) {
			continue
		}
		n++
		delta := v - mean
		mean += delta / float64(n)
		m2 += delta * (v - mean)
	}
	if n < 2 {
		return mean, 0, n
	}
	return mean, m2 / float64(n-1), n
}

func tQuantile(p, df float64) float64 {
	return distuv.StudentsT{Mu: 0, Sigma: 1, Nu: df}.Quantile(p)
}
