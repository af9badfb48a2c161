package drift

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"

	"holdtrue/eval"
)

// The kinds of CaseChange.
const (
	kindStable  = "stable before, failed now" // and "3 of 3" behind it
	kindFlaky   = "flaky before"
	kindUnknown = "noise unknown (one repeat)"
)

// rankCases finds the cases that got worse on the gating metrics: those beyond
// their own noise first, then by the harm.
func (p *pairs) rankCases(c *Comparison, gating []*measured) {
	harm := make([]float64, len(p.cases))
	gain := make([]bool, len(p.cases))
	for k, x := range gating {
		for i := range p.cases {
			switch d := x.harm(i); {
			case d > 0:
				harm[i] += inPoints(x.metric, d, c.Metrics[k].Overall.Baseline)
			case d < 0:
				gain[i] = true
			}
		}
	}
	var worse []int
	for i, h := range harm {
		switch {
		case h > 0:
			worse = append(worse, i)
		case gain[i]:
			c.BetterTotal++
		}
	}
	c.WorseTotal = len(worse)
	f := p.flag(gating)
	flagged := func(i int) int {
		if f.flagged(i) {
			return 0
		}
		return 1
	}
	slices.SortStableFunc(worse, func(a, b int) int {
		return cmp.Or(cmp.Compare(flagged(a), flagged(b)), cmp.Compare(harm[b], harm[a]))
	})
	for _, i := range worse[:min(len(worse), c.Options.MaxCases)] {
		w := p.caseChange(i, harm[i], gating, c.Metrics)
		w.Evidence, w.Flagged = f.of(i), f.flagged(i)
		c.Worse = append(c.Worse, w)
	}
	c.Cases = p.summarize(c, f)
	flaky := p.flaky(gating, c.Options)
	c.FlakyTotal, c.Flaky = len(flaky), flaky[:min(len(flaky), c.Options.MaxCases)]
}

// inPoints brings the loss of a case to score points: that of a measure counts
// relative to its baseline mean, if that is not 0. It is finite.
func inPoints(metric eval.Metric, loss, baseline float64) float64 {
	if metric.Scale == eval.Measure && baseline > 0 {
		loss /= baseline
	}
	return min(loss, eval.LargestMeasure)
}

// harm is the loss of a case in the metric's own scale, negative for a gain, 0
// where it was not measured on a side.
func (x *measured) harm(i int) float64 {
	d := x.before[i] - x.after[i]
	if x.d[i] == 0 || d != d { // a rounding error, or no score
		return 0
	}
	if x.metric.Better == eval.Lower {
		d = -d
	}
	if !x.agrees(i, -d) {
		return 0
	}
	return d
}

func (p *pairs) caseChange(i int, harm float64, gating []*measured, metrics []Metric) CaseChange {
	change := CaseChange{CaseID: p.id(i), Harm: harm}
	type loss struct {
		x    *measured
		size float64
	}
	var losses []loss
	for k, x := range gating {
		if d := x.harm(i); d > 0 {
			losses = append(losses, loss{x, inPoints(x.metric, d, metrics[k].Overall.Baseline)})
		}
	}
	slices.SortStableFunc(losses, func(a, b loss) int { return cmp.Compare(b.size, a.size) })
	base, cand := p.cases[i][0], p.cases[i][1]
	for _, l := range losses {
		change.Losses = append(change.Losses, CaseMetric{
			Metric:    l.x.metric.Name,
			Baseline:  p.base.scored(base, l.x.base, nil),
			Candidate: p.cand.scored(cand, l.x.cand, nil),
			Diff:      l.x.after[i] - l.x.before[i],
		})
	}
	top := losses[0].x
	change.Kind = kindOf(top, change.Losses[0])
	lower := top.metric.Better == eval.Lower
	change.BaselineOutput = eval.Output{CaseID: change.CaseID, Repeat: p.base.extreme(base, top.base, lower, true)}
	change.CandidateOutput = eval.Output{CaseID: change.CaseID, Repeat: p.cand.extreme(cand, top.cand, lower, false)}
	return change
}

// extreme is the repeat of a case, in the side's own run, with the best or the
// worst value of a metric, the first of several.
func (t *table) extreme(c int32, metric int, lowerIsBetter, best bool) int {
	at, top := 0, math.Inf(-1)
	for _, r := range t.cases[c].rows {
		v := t.value(r, metric)
		if t.rows[r].run > 0 {
			continue
		}
		if lowerIsBetter == best {
			v = -v
		}
		if v > top {
			at, top = t.rows[r].repeat, v
		}
	}
	return at
}

// fetchTexts fills in the cases and outputs of the changes that are shown.
func (c *Comparison) fetchTexts(ctx context.Context, fetch Fetch) error {
	if fetch == nil {
		return nil
	}
	for i := range c.Worse {
		w := &c.Worse[i]
		_, before, err := fetch(ctx, c.Baseline.Run.ID, w.CaseID, w.BaselineOutput.Repeat)
		if err != nil {
			return fmt.Errorf("case %q of run %s: %w", w.CaseID, c.Baseline.Run.ID, err)
		}
		asked, after, err := fetch(ctx, c.Candidate.Run.ID, w.CaseID, w.CandidateOutput.Repeat)
		if err != nil {
			return fmt.Errorf("case %q of run %s: %w", w.CaseID, c.Candidate.Run.ID, err)
		}
		w.Case, w.Tags = asked, asked.Tags
		w.BaselineOutput, w.CandidateOutput, w.CandidateScores = before.Output, after.Output, after.Scores
	}
	return nil
}
