package stats

import "gonum.org/v1/gonum/stat/distuv"

// ClopperPearson is the exact two-sided interval of a probability of which k of
// n trials came true (Clopper and Pearson 1934, Biometrika 26:404): each end is
// the probability that would give the observed count or a farther one with
// (1-confidence)/2. Without trials it is 0 to 1.
func ClopperPearson(k, n int, confidence float64) (low, high float64) {
	k = min(max(k, 0), max(n, 0))
	tail := (1 - confidence) / 2
	low, high = 0, 1
	if n > 0 && k > 0 {
		low = distuv.Beta{Alpha: float64(k), Beta: float64(n - k + 1)}.Quantile(tail)
	}
	if n > 0 && k < n {
		high = distuv.Beta{Alpha: float64(k + 1), Beta: float64(n - k)}.Quantile(1 - tail)
	}
	return low, high
}
