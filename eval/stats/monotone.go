package stats

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/stat/distuv"
)

// Rot is a slow change in one direction.
type Rot struct {
	Tau, P           float64 // Kendall's tau with time, in [-1,1]; two-sided
	Slope, Low, High float64 // median change from one value to the next, and its interval
}

// MonotoneRot tests a series for a trend that need not be straight.
func MonotoneRot(series []float64, confidence float64) Rot {
	x, at := finite(series)
	r := Rot{P: 1}
	if len(x) < 2 {
		return r
	}
	k := mannKendall(x)
	r.Tau = k.tau
	if k.pairs == 0 {
		return r
	}
	slopes := pairSlopes(x, at)
	r.Slope = middle(slopes)
	variance := k.variance * relatedness(x, at, r.Slope)
	if len(x) <= exactTrend && !k.tied && variance == k.variance {
		r.P = exactKendall(len(x), k.s)
	} else {
		r.P = 2 * distuv.UnitNormal.Survival(max(0, math.Abs(k.s)-1)/math.Sqrt(variance))
	}
	r.P = min(1, r.P)
	r.Low, r.High = slopeInterval(slopes, variance, confidence)
	return r
}

// exactTrend is the longest series whose P is exact.
const exactTrend = 40

// kendall is the score S of Mann and Kendall with its variance.
type kendall struct {
	s, variance, tau float64
	pairs            float64 // whose values differ
	tied             bool
}

func mannKendall(x []float64) kendall {
	n := float64(len(x))
	k := kendall{variance: n * (n - 1) * (2*n + 5), pairs: n * (n - 1) / 2}
	for i, a := range x {
		for _, b := range x[i+1:] {
			switch {
			case b > a:
				k.s++
			case b < a:
				k.s--
			}
		}
	}
	sorted := slices.Sorted(slices.Values(x))
	for i := 0; i < len(sorted); {
		j := i + 1
		for j < len(sorted) && sorted[j] == sorted[i] {
			j++
		}
		t := float64(j - i)
		k.tied = k.tied || t > 1
		k.variance -= t * (t - 1) * (2*t + 5)
		k.pairs -= t * (t - 1) / 2
		i = j
	}
	k.variance /= 18
	if k.pairs > 0 {
		k.tau = k.s / math.Sqrt(k.pairs*n*(n-1)/2)
	}
	return k
}

// exactKendall is the two-sided P of a score of n values without ties.
func exactKendall(n int, s float64) float64 {
	inversions := []float64{1}
	for m := 2; m <= n; m++ {
		next := make([]float64, len(inversions)+m-1)
		for i, p := range inversions {
			for j := range m {
				next[i+j] += p / float64(m)
			}
		}
		inversions = next
	}
	tail := 0.0
	most := float64(n*(n-1)) / 2
	for i, p := range inversions {
		if most-2*float64(i) >= math.Abs(s) {
			tail += p
		}
	}
	return min(1, 2*tail)
}

// pairSlopes gives the slopes of all pairs, sorted.
func pairSlopes(x []float64, at []int) []float64 {
	slopes := make([]float64, 0, len(x)*(len(x)-1)/2)
	for i := range x {
		for j := i + 1; j < len(x); j++ {
			slopes = append(slopes, (x[j]-x[i])/float64(at[j]-at[i]))
		}
	}
	slices.Sort(slopes)
	return slopes
}

func middle(sorted []float64) float64 {
	n := len(sorted)
	return (sorted[(n-1)/2] + sorted[n/2]) / 2
}

// slopeInterval takes the slopes of rank (N -+ z sqrt(variance))/2 and one more
// (Gilbert 1987, Statistical Methods for Environmental Pollution Monitoring,
// section 16.5.1).
func slopeInterval(sorted []float64, variance, confidence float64) (low, high float64) {
	z := distuv.UnitNormal.Quantile((1 + confidence) / 2)
	half := z * math.Sqrt(variance)
	n := float64(len(sorted))
	lo := int(math.Floor((n - half) / 2))
	hi := int(math.Ceil((n+half)/2)) + 1
	return sorted[max(lo, 1)-1], sorted[min(hi, len(sorted))-1]
}

// relatedness is the factor by which autocorrelation widens the variance of S.
func relatedness(x []float64, at []int, slope float64) float64 {
	n := len(x)
	if n < 3 {
		return 1
	}
	rest := make([]float64, n)
	for i, v := range x {
		rest[i] = v - slope*float64(at[i])
	}
	ranks := midRanks(rest)
	mean, variance := meanVariance(ranks)
	if variance == 0 {
		return 1
	}
	limit := distuv.UnitNormal.Quantile(.975) / math.Sqrt(float64(n))
	sum := 0.0
	for lag := 1; lag < n; lag++ {
		c := 0.0
		for i := lag; i < n; i++ {
			c += (ranks[i] - mean) * (ranks[i-lag] - mean)
		}
		if r := c / (variance * float64(n)); math.Abs(r) > limit {
			d := float64(n - lag)
			sum += d * (d - 1) * (d - 2) * r
		}
	}
	f := float64(n)
	return max(1, 1+2*sum/(f*(f-1)*(f-2)))
}

func midRanks(x []float64) []float64 {
	sorted := slices.Sorted(slices.Values(x))
	ranks := make([]float64, len(x))
	for i, v := range x {
		lo, _ := slices.BinarySearch(sorted, v)
		hi := lo
		for hi < len(sorted) && sorted[hi] == v {
			hi++
		}
		ranks[i] = float64(lo+hi+1) / 2
	}
	return ranks
}
