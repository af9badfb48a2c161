package stats

import (
	"math"

	"gonum.org/v1/gonum/stat/distuv"
)

// Detectable is the smallest average loss, in the unit of the differences, that a
// two-sided test of averages at level alpha sees with the given power in n cases.
// variance is that of the paired differences of the case means if nothing
// changes.
//
// With k = (t(1-alpha/2) + t(power))^2 / n, n-1 degrees of freedom, it solves
// x*x = k (x/repeats + variance), the fixed point of the formula of Miller 2024,
// arXiv:2411.00640: near a ceiling a loss of x itself adds to the variance, at
// most x if it comes from whole cases (repeats 1), x/N if from single outputs of N
// a side, nothing if every case loses the same (repeats +Inf). Without that term
// 38 to 84 % of the losses of single outputs are seen instead of 80 %.
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
	return loss, isFinite(loss)
}

// FewestLosses is the number of cases that have to fall, with none that rises,
// before a sign-flip test at the two-sided level alpha can show it: the least k
// with 2^-k <= alpha, its mid-p.
func FewestLosses(alpha float64) int {
	if !(alpha > 0 && alpha < 1) {
		return 0
	}
	return int(math.Ceil(-math.Log2(alpha) - 1e-9))
}

// EstimateSeen is SmallestSeen by formula, for the sign flips alone at the
// two-sided level alpha: Detectable for paired differences d of N repeats a side,
// to which one unseen case is added, as noisy as the noisiest or, of yes and no
// scores, as a coin; and never fewer losses than FewestLosses. ok is false for
// fewer than two differences.
func EstimateSeen(d []float64, repeats float64, yesNo bool, alpha, power float64) (Seen, bool) {
	_, variance, n := Moments(d)
	if n < 2 || !(repeats > 0) || !(alpha > 0 && alpha < 1) {
		return Seen{}, false
	}
	extreme := 0.0
	for _, v := range d {
		if v == v {
			extreme = max(extreme, v*v)
		}
	}
	if yesNo || extreme == 0 {
		extreme = max(extreme, 0.5/repeats)
	}
	return SeenAt(n, (float64(n)*variance+extreme)/float64(n+1), repeats, yesNo, alpha, power)
}

// SeenAt is EstimateSeen for n differences of a variance that is known, or bounded
// from above.
func SeenAt(n int, variance, repeats float64, yesNo bool, alpha, power float64) (Seen, bool) {
	even, ok := Detectable(n, math.Inf(1), variance, alpha, power)
	if !ok {
		return Seen{}, false
	}
	var seen Seen
	fewest := float64(FewestLosses(alpha)) / float64(n)
	if yesNo {
		even = max(allOrNothing(n, repeats, variance, alpha, power), fewest)
	}
	if even <= 1 {
		seen.Even = even
	}
	if losses := max(allOrNothing(n, 1, variance, alpha, power), fewest); losses <= 1 {
		seen.Losses = losses
	}
	return seen, true
}

// allOrNothing is Detectable where a loss of x adds (x - x*x)/repeats to the
// variance: few cases show large losses, for which x/repeats would be too much.
func allOrNothing(n int, repeats, variance, alpha, power float64) float64 {
	df := float64(n - 1)
	t := tQuantile(1-alpha/2, df) + tQuantile(power, df)
	k := t * t / float64(n)
	b := k / repeats
	return (b + math.Sqrt(b*b+4*(1+b)*k*variance)) / (2 + 2*b)
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

// CasesToHold estimates how many cases bring both one-sided bounds at confidence
// conf within the margin with the given power, if nothing changed and differences
// vary as given: (z(conf) + z((1+power)/2)) sqrt(variance/n) + ProvableMargin(n) <=
// margin, the sample size of a test of equivalence (Schuirmann 1987) with the
// price of an unseen case added. It is exact for variance 0. 0 if the margin is
// not positive or more than a hundred million are needed.
func CasesToHold(margin, variance, conf, power float64) int {
	if !(margin > 0) || !(variance >= 0) {
		return 0
	}
	return leastCases(func(n int) bool { return MarginToHold(n, variance, conf, power) <= margin })
}

// MarginToHold is the margin that CasesToHold finds n cases to be enough for.
func MarginToHold(n int, variance, conf, power float64) float64 {
	z := distuv.UnitNormal.Quantile(conf) + distuv.UnitNormal.Quantile((1+power)/2)
	return min(1, z*math.Sqrt(variance/float64(n))+ProvableMargin(n, conf))
}

// RepeatsToHold is like CasesToHold the number of repeats a side, at most most,
// that brings n cases within the margin, where differences vary by between over
// the cases and outputs by within about their case: the variance is
// between + 2 within/N (Miller 2024, with as many outputs on either side). 0 if
// no such number does.
func RepeatsToHold(margin float64, n int, between, within, conf, power float64, most int) int {
	return leastRepeats(most, within, func(repeats float64) bool {
		return MarginToHold(n, between+2*within/repeats, conf, power) <= margin
	})
}

// RepeatsToDetect is like CasesToDetect the number of repeats, at most most, at
// which n cases show the loss; variances as in RepeatsToHold. 0 if none does.
func RepeatsToDetect(loss float64, n int, between, within, alpha, power float64, most int) int {
	return leastRepeats(most, within, func(repeats float64) bool {
		x, ok := Detectable(n, repeats, between+2*within/repeats, alpha, power)
		return ok && x <= loss
	})
}

func leastRepeats(most int, within float64, enough func(repeats float64) bool) int {
	if !(within >= 0) {
		return 0
	}
	for repeats := 1; repeats <= most; repeats++ {
		if enough(float64(repeats)) {
			return repeats
		}
	}
	return 0
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
