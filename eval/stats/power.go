package stats

import (
	"math"

	"gonum.org/v1/gonum/stat/distuv"
)

// Detectable is the smallest even loss, in the unit of the differences, that a
// two-sided test at level alpha sees with the given power in n cases of N
// repeats a side. variance is that of the paired differences of the case means
// as observed, which stands for V0/N.
//
// With k = (t(1-alpha/2) + t(power))^2 / n, n-1 degrees of freedom, it solves
// x*x = k (x/N + variance): near a ceiling a loss of x itself adds at most x/N
// to the variance (fixed point of the formula of Miller 2024, arXiv:2411.00640;
// without that term only 38 to 84 % of such losses are seen instead of 80 %).
// ok is false for fewer than two cases.
func Detectable(n int, repeats, variance, alpha, power float64) (loss float64, ok bool) {
	if n < 2 || !(repeats > 0) || !(variance >= 0) || !(alpha > 0 && alpha < 1) {
		return 0, false
	}
	df := float64(n - 1)
	t := tQuantile(1-alpha/2, df) + tQuantile(power, df)
	k := t * t / float64(n)
	b := k / repeats
	loss = (b + math.Sqrt(b*b+4*k*variance)) / 2
	return loss, !math.IsNaN(loss) && !math.IsInf(loss, 0)
}

// CasesToDetect is the number of cases at which Detectable falls to the loss; 0
// if the loss is not positive or more than a hundred million are needed.
func CasesToDetect(loss, repeats, variance, alpha, power float64) int {
	if !(loss > 0) || !(repeats > 0) {
		return 0
	}
	return leastCases(func(n int) bool {
		x, ok := Detectable(n, repeats, variance, alpha, power)
		return ok && x <= loss
	})
}

// CasesToHold estimates how many cases bring the one-sided bound at confidence
// conf within the margin if nothing changed and differences vary as given:
// z sqrt(variance/n) + ProvableMargin(n) <= margin. It is exact for variance 0.
// 0 if the margin is not positive or more than a hundred million are needed.
func CasesToHold(margin, variance, conf float64) int {
	if !(margin > 0) || !(variance >= 0) {
		return 0
	}
	z := distuv.UnitNormal.Quantile(conf)
	return leastCases(func(n int) bool {
		return z*math.Sqrt(variance/float64(n))+ProvableMargin(n, conf) <= margin
	})
}

// leastCases finds the smallest n in [1, 1e8] from which enough holds.
func leastCases(enough func(n int) bool) int {
	const most = 100_000_000
	high := 2
	for !enough(high) {
		if high *= 2; high > most {
			return 0
		}
	}
	low := 0
	for high-low > 1 {
		if mid := (low + high) / 2; enough(mid) {
			high = mid
		} else {
			low = mid
		}
	}
	return high
}
