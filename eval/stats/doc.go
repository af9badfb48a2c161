// Package stats holds the tests, intervals, corrections and power formulas
// behind a verdict: floats in, floats out.
//
// It refuses to know what the floats are. Runs, cases, metrics and verdicts
// belong to eval/drift, which turns them into the columns and pools used here
// and the numbers that come back into words.
//
// Conventions of every function: arguments are never changed; values that are
// not finite are left out as if they had not been measured (or are documented
// as such); results are finite; empty input has a defined answer, which claims
// nothing; what is drawn at random depends on the seed alone and neither on the
// number of processors nor on the time.
//
// Binary differences of one output a side make the sign-flip test McNemar's,
// and the Gaffke interval of zeros and ones is Clopper and Pearson's.
package stats
