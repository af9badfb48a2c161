// Package scorers holds the built-in scorers, one file each, and the one list
// of them.
//
// A scorer is data and one function (eval.Scorer); Bind makes a metric and a
// judge of one that somebody wrote down. A judge sees one sample and nothing
// else: no other case, no clock, no network; only at binding may a file beside
// the suite be read. Model output is hostile: every judge takes any text at all,
// in bounded time and memory, and never changes the sample.
//
// It stands between replay, which made the outputs, and the store, which keeps
// the scores; the package knows neither, and no suite, run or report.
package scorers
