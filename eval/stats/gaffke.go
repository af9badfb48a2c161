package stats

import (
	"math"
	"math/rand/v2"
	"slices"
	"sort"

	"gonum.org/v1/gonum/stat/distuv"
)

// Interval is a confidence interval of a mean.
type Interval struct{ Low, High float64 }

// Bounds holds a two-sided interval and the two one-sided bounds behind a claim
// that nothing has changed.
type Bounds struct {
	Interval
	// OneLow and OneHigh are one-sided 95 % bounds.
	OneLow, OneHigh float64
	Method          string
}

// Draws and the number of different values above which the distribution is
// taken by its first three moments.
const (
	gaffkeDraws    = 4000
	gaffkeDistinct = 500
)

// Gaffke gives confidence bounds for the mean of differences that lie in
// [low, high], valid at any number of cases: the quantiles of the mean under
// random Dirichlet(1, ..., 1) weights on the values and one more at the worst end
// of the range. Of 0/1 data it is the interval of Clopper and Pearson. For
// identical values the quantiles are closed: 1-0.05^(1/n) for n zeros.
//
// Equal values are drawn together. With more than 500 different values the
// quantiles are those of the third-order expansion of Cornish and Fisher with
// the exact moments.
//
// Source: Gaffke (2005), Three test statistics for a nonparametric one-sided
// hypothesis on the mean of a nonnegative variable; Learned-Miller and Thomas
// (2020), A new confidence interval for the mean of a bounded random variable.
func Gaffke(d []float64, low, high, confidence float64, seed uint64) Bounds {
	if len(d) == 0 {
		return Bounds{Interval{low, high}, low, high, "none"}
	}
	values, counts := tally(d)
	alpha := (1 - confidence) / 2
	b := Bounds{Method: "gaffke"}
	switch {
	case len(values) == 1:
		n := float64(len(d))
		end := func(worst, a float64) float64 { return values[0] + (worst-values[0])*(1-math.Pow(a, 1/n)) }
		b.Low, b.OneLow = end(low, alpha), end(low, 0.05)
		b.High, b.OneHigh = end(high, alpha), end(high, 0.05)
	case len(values) > gaffkeDistinct:
		b.Low, b.OneLow = expansion(values, counts, low, alpha), expansion(values, counts, low, 0.05)
		b.High, b.OneHigh = expansion(values, counts, high, 1-alpha), expansion(values, counts, high, 0.95)
	default:
		lows, highs := drawMeans(values, counts, low, high, seed)
		b.Low, b.OneLow = quantile(lows, alpha), quantile(lows, 0.05)
		b.High, b.OneHigh = quantile(highs, 1-alpha), quantile(highs, 0.95)
	}
	return b
}

// tally gives the different values, in order of size, and how often each stands.
func tally(d []float64) (values []float64, counts []int) {
	sorted := slices.Clone(d)
	slices.Sort(sorted)
	for i, v := range sorted {
		if i > 0 && v == values[len(values)-1] {
			counts[len(counts)-1]++
			continue
		}
		values = append(values, v)
		counts = append(counts, 1)
	}
	return values, counts
}

// drawMeans draws weighted means, with the extra value at either end. Swapping
// the sides of a comparison negates the values; mirrored draws make the bounds
// mirror images of each other too.
func drawMeans(values []float64, counts []int, low, high float64, seed uint64) (lows, highs []float64) {
	if mirrored(values, counts) {
		neg, c := make([]float64, len(values)), make([]int, len(values))
		for i := range values {
			neg[len(values)-1-i], c[len(values)-1-i] = -values[i], counts[i]
		}
		lows, highs = drawMeans(neg, c, -high, -low, seed)
		for i := range lows {
			lows[i], highs[i] = -highs[i], -lows[i]
		}
		slices.Sort(lows)
		slices.Sort(highs)
		return lows, highs
	}
	src := rand.NewPCG(seed, 0x9e3779b97f4a7c15)
	rng := rand.New(src)
	gammas := make([]distuv.Gamma, len(counts))
	for i, c := range counts {
		gammas[i] = distuv.Gamma{Alpha: float64(c), Beta: 1, Src: src}
	}
	lows, highs = make([]float64, gaffkeDraws), make([]float64, gaffkeDraws)
	for b := range gaffkeDraws {
		extra := rng.ExpFloat64()
		weight, sum := extra, 0.0
		for i, v := range values {
			w := 0.0
			if counts[i] == 1 {
				w = rng.ExpFloat64()
			} else {
				w = gammas[i].Rand()
			}
			weight += w
			sum += w * v
		}
		lows[b], highs[b] = (sum+extra*low)/weight, (sum+extra*high)/weight
	}
	slices.Sort(lows)
	slices.Sort(highs)
	return lows, highs
}

// mirrored says whether, of the values and their mirror image, these are the
// one that is not drawn: the one with the smaller sum, or with the same sum and
// the smaller largest value.
func mirrored(values []float64, counts []int) bool {
	sum := 0.0
	for i, v := range values {
		sum += v * float64(counts[i])
	}
	// The sum of the mirror image, added up in its own order.
	mirror := 0.0
	for i := len(values) - 1; i >= 0; i-- {
		mirror += -values[i] * float64(counts[i])
	}
	if sum != mirror {
		return sum < mirror
	}
	return values[len(values)-1] < -values[0]
}

func quantile(sorted []float64, p float64) float64 {
	at := p * float64(len(sorted)-1)
	i := int(at)
	if i+1 >= len(sorted) {
		return sorted[len(sorted)-1]
	}
	return sorted[i] + (at-float64(i))*(sorted[i+1]-sorted[i])
}

// expansion is the p quantile of the weighted mean by its first three moments:
// for N values with Dirichlet(1, ..., 1) weights the variance is m2/(N+1) and the
// third central moment 2*m3/((N+1)(N+2)), m2 and m3 the central moments of the
// values.
func expansion(values []float64, counts []int, worst, p float64) float64 {
	n, mean := 1.0, worst
	for i, v := range values {
		n += float64(counts[i])
		mean += v * float64(counts[i])
	}
	mean /= n
	m2, m3 := math.Pow(worst-mean, 2), math.Pow(worst-mean, 3)
	for i, v := range values {
		dev := v - mean
		m2 += float64(counts[i]) * dev * dev
		m3 += float64(counts[i]) * dev * dev * dev
	}
	m2, m3 = m2/n, m3/n
	sd := math.Sqrt(m2 / (n + 1))
	if sd == 0 {
		return mean
	}
	skew := 2 * m3 / ((n + 1) * (n + 2)) / (sd * sd * sd)
	z := distuv.UnitNormal.Quantile(p)
	return mean + sd*(z+skew/6*(z*z-1))
}

// StudentT gives Student's interval of a mean: for quantities without bounds.
// With fewer than two values it is the whole line, cut at the largest float.
func StudentT(d []float64, confidence float64) Bounds {
	n := float64(len(d))
	if n < 2 {
		return Bounds{Interval{-math.MaxFloat64, math.MaxFloat64}, -math.MaxFloat64, math.MaxFloat64, "none"}
	}
	sorted := slices.Clone(d)
	sort.Float64s(sorted)
	mean := total(sorted) / n
	ss := 0.0
	for _, v := range sorted {
		ss += (v - mean) * (v - mean)
	}
	se := math.Sqrt(ss / (n - 1) / n)
	t := distuv.StudentsT{Mu: 0, Sigma: 1, Nu: n - 1}
	wide, one := t.Quantile(1-(1-confidence)/2), t.Quantile(0.95)
	return Bounds{Interval{mean - wide*se, mean + wide*se}, mean - one*se, mean + one*se, "t"}
}

// ClopperPearson gives the exact two-sided interval of a proportion of k in n.
func ClopperPearson(k, n int, confidence float64) Interval {
	if n == 0 {
		return Interval{0, 1}
	}
	alpha := (1 - confidence) / 2
	iv := Interval{0, 1}
	if k > 0 {
		iv.Low = distuv.Beta{Alpha: float64(k), Beta: float64(n - k + 1)}.Quantile(alpha)
	}
	if k < n {
		iv.High = distuv.Beta{Alpha: float64(k + 1), Beta: float64(n - k)}.Quantile(1 - alpha)
	}
	return iv
}
