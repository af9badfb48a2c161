package stats

import "math"

// RunNoise judges a run's mean against the spread of earlier runs' means.
type RunNoise struct {
	Runs           int     // earlier runs, K
	SD             float64 // of their means, dividing by K-1
	Overdispersion float64 // SD squared over what the cases' own noise explains; 0 if unknown
	T, P           float64 // of the candidate, K-1 degrees of freedom, two-sided; negative T is below
}

// PredictiveT asks whether a candidate's mean could be that of one more run of
// the same agent, when runs differ by more than the noise of their cases:
//
//	T = (candidate - mean) / (SD sqrt(1 + 1/K)), K-1 degrees of freedom
//
// which is the prediction interval of one future observation turned round
// (Hahn and Meeker 1991, Statistical Intervals). expectedVariance
// is the variance of a run's mean that its cases explain, such as the mean
// within-case variance over cases x repeats; Overdispersion far above 1 says
// that nights differ, and that a comparison of two runs cannot tell a version
// from a night.
//
// Measured against the specification's section 2.7, 10 runs of 200 cases: at .05,
// two-sided, .03 to .06 of the candidates are rejected whether nights differ by 0
// or by 2.6 points, where a sign-flip test of two runs rejects up to .6.
//
// Fewer than two runs know nothing of the spread: SD and T are 0, P is 1. Means
// that are all equal have no spread either; then a candidate that differs is the
// odd one among K+1, which has P = 1/(K+1) if nothing changed, and T is the
// value with that P. Means that are not finite are left out; a candidate that is
// not finite has P 1.
func PredictiveT(runMeans []float64, candidate, expectedVariance float64) RunNoise {
	x, _ := finiteValues(runMeans)
	r := RunNoise{Runs: len(x), P: 1}
	if len(x) < 2 {
		return r
	}
	k := float64(len(x))
	mean, variance := meanAndVariance(x)
	variance *= k / (k - 1)
	r.SD = math.Sqrt(variance)
	if r.SD <= rounding*math.Abs(mean) {
		r.SD = 0
	}
	if expectedVariance > 0 {
		r.Overdispersion = r.SD * r.SD / expectedVariance
	}
	off := candidate - mean
	switch {
	case !(math.Abs(off) > rounding*math.Abs(mean)) || math.IsInf(off, 0):
		return r
	case r.SD == 0:
		r.P = 1 / (k + 1)
		r.T = math.Copysign(tQuantile(1-r.P/2, k-1), off)
		return r
	}
	r.T = off / (r.SD * math.Sqrt(1+1/k))
	r.P = min(1, 2*studentTail(math.Abs(r.T), k-1))
	return r
}

// PredictionHalf is half the width of the two-sided prediction interval of one
// further mean beside those of k runs with standard deviation sd, k-1 degrees of
// freedom (see PredictiveT): t sd sqrt(1+1/k). It is infinite for fewer than two
// runs.
func PredictionHalf(sd float64, k int, confidence float64) float64 {
	if k < 2 {
		return math.Inf(1)
	}
	return tQuantile(1-(1-confidence)/2, float64(k-1)) * sd * math.Sqrt(1+1/float64(k))
}
