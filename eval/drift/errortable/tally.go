package main

import (
	"holdtrue/eval"
	"holdtrue/eval/drift"
	"holdtrue/eval/stats"
)

// tally counts what comparisons of one scenario said.
type tally struct {
	Reps int

	Regressed, RegressedCases, Mixed, Improved, ImprovedCases, Holds, Inconclusive, NotMeasured int

	// AverageFell counts the comparisons in which a cell is said to have fallen
	// on average: the word regressed, or such a cell of a mixed one.
	AverageFell int
	// FalseHolds counts those that would have said holds with a margin of the
	// true loss.
	FalseHolds int
	// Tier1 and Tier2 count a fall of any cell at one-sided .025 of the sign
	// flips and of the within-case test alone, corrected for the cells.
	Tier1, Tier2 int
	Holds3       int // would have said holds with a margin of 3 points
	Ranks        peer
	Bootstrap    peer
	PassRate     peer
}

// peer counts what another tool's rule would have said.
type peer struct{ Worse, Fine int }

// exits1 counts every word that fails a build: a false alarm if nothing changed.
func (t *tally) exits1() int { return t.Regressed + t.RegressedCases + t.Mixed }

func (t *tally) add(o tally) {
	t.Reps += o.Reps
	t.Regressed += o.Regressed
	t.RegressedCases += o.RegressedCases
	t.Mixed += o.Mixed
	t.Improved += o.Improved
	t.ImprovedCases += o.ImprovedCases
	t.Holds += o.Holds
	t.Inconclusive += o.Inconclusive
	t.NotMeasured += o.NotMeasured
	t.AverageFell += o.AverageFell
	t.FalseHolds += o.FalseHolds
	t.Tier1 += o.Tier1
	t.Tier2 += o.Tier2
	t.Holds3 += o.Holds3
	t.Ranks.add(o.Ranks)
	t.Bootstrap.add(o.Bootstrap)
	t.PassRate.add(o.PassRate)
}

func (p *peer) add(o peer) { p.Worse, p.Fine = p.Worse+o.Worse, p.Fine+o.Fine }

// count takes in one comparison.
func (t *tally) count(c *drift.Comparison, loss float64) {
	count := map[drift.Verdict]*int{
		drift.Regressed: &t.Regressed, drift.RegressedCases: &t.RegressedCases, drift.Mixed: &t.Mixed,
		drift.Improved: &t.Improved, drift.ImprovedCases: &t.ImprovedCases,
		drift.Holds: &t.Holds, drift.Inconclusive: &t.Inconclusive, drift.NotMeasured: &t.NotMeasured,
	}
	*count[c.Verdict]++
	var average, tier1, tier2 bool
	for _, m := range c.Metrics {
		for _, cell := range append([]drift.Cell{m.Overall}, m.Slices...) {
			average = average || cell.Verdict == drift.Regressed ||
				cell.Verdict == drift.Mixed && cell.Diff < 0 && cell.PAdjusted <= c.Options.Alpha/2
			tier1 = tier1 || cell.Diff < 0 && cell.PAdjusted <= .05
			tier2 = tier2 || cell.PWithin != nil && *cell.PWithin <= .05 && downward(&cell)
		}
	}
	add := func(n *int, yes bool) {
		if yes {
			*n++
		}
	}
	add(&t.AverageFell, average)
	add(&t.Tier1, tier1)
	add(&t.Tier2, tier2)
	add(&t.FalseHolds, loss > 0 && holdsWithin(&c.Metrics[0], loss))
	add(&t.Holds3, holdsWithin(&c.Metrics[0], .03))
}

// downward says which way the smaller p of the within-case test points: that of
// the word if there is one, else that of the average.
func downward(c *drift.Cell) bool {
	switch c.Verdict {
	case drift.Regressed, drift.RegressedCases, drift.Mixed:
		return true
	case drift.Improved, drift.ImprovedCases:
		return false
	}
	return c.Diff <= 0
}

// countAlone takes in the within-case test where the procedure does not use it:
// with one output on either side, where it sees more than the sign flips only of
// continuous scores.
func (t *tally) countAlone(before, after []eval.Row) {
	pools := make([]stats.Pool, len(before))
	for i := range pools {
		pools[i] = stats.Pool{A: 1, B: 1, Values: []float64{before[i].Scores[0].Value, after[i].Scores[0].Value}}
	}
	if tests, _ := stats.Within(pools, 1, []stats.WithinCell{{Slice: -1}}, draws, 1); tests[0].Down <= .025 {
		t.Tier2++
	}
}

// holdsWithin says whether a metric would hold with another margin.
func holdsWithin(m *drift.Metric, margin float64) bool {
	undecided := m.Verdict == drift.Holds || m.Verdict == drift.Inconclusive
	return undecided && m.Overall.HoldsAt != nil && *m.Overall.HoldsAt < margin
}
