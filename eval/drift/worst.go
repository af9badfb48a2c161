package drift

import (
	"context"
	"fmt"
	"math"
	"slices"

	"holdtrue/eval"
)

// What is known of a case that got worse.
const (
	KindStable  = "stable before, failed now"
	KindFlaky   = "flaky"
	KindSuspect = "suspect"
)

// worstCases ranks the cases by harm and fetches those that are shown.
func (f *family) worstCases(ctx context.Context, fetch Fetch) error {
	var worse []CaseChange
	means := f.baselineMeans()
	for _, p := range f.pairs {
		change, better := f.caseChange(p, means)
		if change.Harm > 0 {
			worse = append(worse, change)
		} else if better {
			f.c.BetterTotal++
		}
	}
	f.c.WorseTotal = len(worse)
	slices.SortStableFunc(worse, func(a, b CaseChange) int {
		switch {
		case a.Harm > b.Harm:
			return -1
		case a.Harm < b.Harm:
			return 1
		}
		return 0
	})
	worse = worse[:min(len(worse), f.c.Options.MaxCases)]
	for i := range worse {
		if err := f.fill(ctx, &worse[i], fetch); err != nil {
			return err
		}
	}
	f.c.Worse = append(f.c.Worse, worse...)
	return nil
}

// baselineMeans is the mean of each gating measure, to which its losses are
// relative.
func (f *family) baselineMeans() []float64 {
	means := make([]float64, len(f.metrics))
	for i := range f.c.Metrics {
		for k, m := range f.metrics {
			if m.Name == f.c.Metrics[i].Metric.Name {
				means[k] = f.c.Metrics[i].Overall.Baseline
			}
		}
	}
	return means
}

// caseChange adds up the losses of a case over the gating metrics.
func (f *family) caseChange(p pair, means []float64) (change CaseChange, better bool) {
	change = CaseChange{CaseID: p.id, Tags: p.tags, Losses: []CaseMetric{}}
	gain := 0.0
	for i, m := range f.metrics {
		if !gates(m) {
			continue
		}
		b, okB := p.base.mean(i)
		c, okC := p.cand.mean(i)
		if !okB || !okC {
			continue
		}
		loss := b - c
		if m.Better == eval.Lower {
			loss = -loss
		}
		if m.Scale == eval.Measure {
			if means[i] == 0 {
				continue
			}
			loss /= means[i]
		}
		if math.Abs(loss) < 1e-12 {
			continue
		}
		if loss < 0 {
			gain -= loss
			continue
		}
		change.Harm += loss
		change.Losses = append(change.Losses, CaseMetric{Metric: m.Name, Baseline: p.base.scores(i), Candidate: p.cand.scores(i), Diff: c - b})
	}
	slices.SortStableFunc(change.Losses, func(a, b CaseMetric) int {
		switch da, db := math.Abs(a.Diff), math.Abs(b.Diff); {
		case da > db:
			return -1
		case da < db:
			return 1
		}
		return 0
	})
	if len(change.Losses) > 0 {
		change.Kind = kindOf(change.Losses[0])
	}
	return change, gain > 0
}

// kindOf says what repeats tell of the largest loss.
func kindOf(l CaseMetric) string {
	if len(l.Baseline) < 2 || len(l.Candidate) < 2 {
		return KindSuspect
	}
	apart := slices.Min(l.Baseline) > slices.Max(l.Candidate)
	if l.Diff > 0 {
		apart = slices.Max(l.Baseline) < slices.Min(l.Candidate)
	}
	if apart {
		return KindStable
	}
	return KindFlaky
}

// fill fetches the outputs of a case: of the candidate the repeat that lost
// most, of the baseline the one with the best score.
func (f *family) fill(ctx context.Context, w *CaseChange, fetch Fetch) error {
	if fetch == nil {
		return nil
	}
	i := slices.IndexFunc(f.pairs, func(p pair) bool { return p.id == w.CaseID })
	lead := slices.IndexFunc(f.metrics, func(m eval.Metric) bool { return m.Name == w.Losses[0].Metric })
	sign := 1.0
	if f.metrics[lead].Better == eval.Lower {
		sign = -1
	}
	best := pick(f.pairs[i].base, lead, sign)
	worst := pick(f.pairs[i].cand, lead, -sign)
	_, old, err := fetch(ctx, f.c.Baseline.Run.ID, w.CaseID, best)
	if err != nil {
		return fmt.Errorf("case %s: %w", w.CaseID, err)
	}
	cs, now, err := fetch(ctx, f.c.Candidate.Run.ID, w.CaseID, worst)
	if err != nil {
		return fmt.Errorf("case %s: %w", w.CaseID, err)
	}
	w.Case, w.BaselineOutput, w.CandidateOutput, w.CandidateScores = cs, old.Output, now.Output, now.Scores
	return nil
}

// pick is the repeat with the largest score times sign.
func pick(c *caseData, metric int, sign float64) int {
	best, value := c.repeats[0].repeat, math.Inf(-1)
	for _, r := range c.repeats {
		if v := sign * r.values[metric]; v > value {
			best, value = r.repeat, v
		}
	}
	return best
}
