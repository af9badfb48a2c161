// Package drift pairs two stored runs and finishes a Comparison: which metrics
// and slices regressed, hold, improved, are mixed, or cannot be told.
//
// It also turns the runs of one agent into a finished Trend: what got worse over
// time, slowly or with which run, under an alarm whose rate is kept.
//
// It reads rows (numbers and identities, no text), asks eval/stats for every
// test and interval, and fetches texts only for the few cases a report shows; of
// texts that changed it is given the words.
// It knows no scorer, no file, no database and no screen.
package drift
