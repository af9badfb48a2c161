// Package text turns text into numbers: words, longest common subsequences,
// edit distances, and the numbers a text speaks of.
//
// It knows nothing of cases, outputs or scores; text goes in, and tokens,
// counts and offsets come out. Scorers stand on it. Every function takes any
// string at all (invalid UTF-8, control characters, megabytes), changes nothing
// and keeps no state.
package text
