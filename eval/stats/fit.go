package stats

// LineResidual is the sum of squares that a straight line over the indices, by
// least squares, leaves of a series.
func LineResidual(x []float64) float64 {
	n := float64(len(x))
	if n < 3 {
		return 0
	}
	mean, _, _ := Moments(x)
	middle := (n - 1) / 2
	var along, total float64
	for i, v := range x {
		along += (float64(i) - middle) * (v - mean)
		total += (v - mean) * (v - mean)
	}
	return max(0, total-along*along/(n*(n*n-1)/12))
}

// StepResidual is the sum of squares that the means of the stretches between
// cuts leave of a series. A cut is the index of the first value after it; they
// rise.
func StepResidual(x []float64, cuts []int) float64 {
	sum, from := 0.0, 0
	for _, to := range append(append([]int{}, cuts...), len(x)) {
		_, variance, n := Moments(x[from:to])
		if n > 1 {
			sum += variance * float64(n-1)
		}
		from = to
	}
	return sum
}
