// Package scorertest holds the laws that every scorer must keep, so that the
// test of a new scorer needs one line for them.
//
// It knows what a score may be and what texts models have been seen to write;
// it knows nothing of what any one scorer measures.
package scorertest
