package stats

import "math"

// isFinite says that a value was measured: NaN and the infinities stand for what
// was not.
func isFinite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }

// finite gives the finite values in their order, in a slice of their own.
func finite(values []float64) []float64 {
	kept := make([]float64, 0, len(values))
	for _, v := range values {
		if isFinite(v) {
			kept = append(kept, v)
		}
	}
	return kept
}

// finiteValues gives the finite values and their indices.
func finiteValues(series []float64) (x []float64, at []int) {
	x, at = make([]float64, 0, len(series)), make([]int, 0, len(series))
	for i, v := range series {
		if isFinite(v) {
			x, at = append(x, v), append(at, i)
		}
	}
	return x, at
}
