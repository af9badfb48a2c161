//go:build !race

package scorers_test

// raceDetector: the test runs under the race detector, ten times slower.
const raceDetector = false
