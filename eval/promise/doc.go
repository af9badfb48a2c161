// Package promise keeps account of quality objectives over an agent's history:
// how much of its trust budget a promise has spent, how fast it is being spent,
// on which cases, and whether the promise is kept, broken or unproven.
//
// It reads rows of runs (numbers and identities) and knows no file, no database
// and no screen. Statistics come from eval/stats.
package promise
