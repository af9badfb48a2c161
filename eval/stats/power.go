package stats

import (
	"math"

	"gonum.org/v1/gonum/stat/distuv"
)

// Detectable is the smallest even loss that a two-sided test at alpha sees with
// 80 % power over n cases, given the variance of one case's difference when
// nothing changes. A loss of delta in a bounded score with N repeats adds at
// most delta/N to that variance; the result is the fixed point of
// delta^2 = k (v + delta/N), k = (t + t')^2/n. +Inf for fewer than 2 cases.
//
// Source: Miller (2024), Adding Error Bars to Evals, for the closed form; the
// fixed point keeps its power near a ceiling.
func Detectable(n int, repeats, variance, alpha float64) float64 {
	if n < 2 {
		return math.Inf(1)
	}
	t := distuv.StudentsT{Mu: 0, Sigma: 1, Nu: float64(n - 1)}
	k := math.Pow(t.Quantile(1-alpha/2)+t.Quantile(0.8), 2) / float64(n)
	r := k / max(1, repeats)
	return (r + math.Sqrt(r*r+4*k*max(0, variance))) / 2
}

// UnchangedCases is how many cases without any change prove that a loss is below
// margin: the smallest n with 1 - 0.05^(1/n) <= margin. 0 if none can.
func UnchangedCases(margin float64) int {
	if !(margin > 0) || margin >= 1 {
		return 0
	}
	return int(math.Ceil(math.Log(0.05)/math.Log(1-margin) - 1e-9))
}

// CasesToHold estimates how many cases put the one-sided 95 % bound of an
// unchanged mean inside the margin 4 times in 5, given the variance of one
// case's difference; at least UnchangedCases. 0 if no number can.
func CasesToHold(margin, variance float64) int {
	floor := UnchangedCases(margin)
	if floor == 0 {
		return 0
	}
	z := distuv.UnitNormal.Quantile(0.95) + distuv.UnitNormal.Quantile(0.9) // two bounds, each 9 times in 10
	return max(floor, int(math.Ceil(z*z*max(0, variance)/(margin*margin))))
}
