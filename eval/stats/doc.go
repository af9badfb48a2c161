// Package stats holds the tests, intervals and corrections behind a verdict. It
// takes floats and gives floats: it knows no case, no metric and no run, and
// reads nothing.
//
// No function changes its arguments, none returns NaN, and every random stream
// is seeded by the caller and independent of the number of processors.
package stats
