package drift

import (
	"context"
	"fmt"
	"math"

	"holdtrue/eval"
	"holdtrue/eval/stats"
)

// Watch compares a run with a finished baseline while it is being asked, and
// says when that is decided: when some gating metric regressed, or when all of
// them hold or improved. It is told the cases in the order in which they will be
// asked, and takes them in in that order, whatever order the answers arrive in:
// slow answers may be worse than quick ones.
//
// Measures and slices do not take part. Where a gating metric is a measure, or
// cannot be compared at all, the run stops for "regressed" only, because nothing
// else could be said of it afterwards.
type Watch struct {
	base    *table
	family  []watchedMetric
	repeats int
	whole   bool // every gating metric takes part
	cases   []watchedCase
	place   map[string]int
	next    int // cases taken in, the first ones
	values  []float64
	verdict Verdict
}

// watchedMetric is a gating metric with its test.
type watchedMetric struct {
	metric     eval.Metric
	base, cand int // its index on either side
	test       *stats.Sequential
}

// watchedCase is a case that is to be asked.
type watchedCase struct {
	id, hash string
	answers  int
	values   []float64 // a row of the family a repeat, NaN without a score
}

// NewWatch reads the baseline of a run that is about to be asked. An incomplete
// baseline is refused.
func NewWatch(ctx context.Context, base Input, run *eval.Run, opts Options) (*Watch, error) {
	opts, err := opts.WithDefaults()
	if err != nil {
		return nil, err
	}
	if base.Run.Status != eval.Complete {
		return nil, &eval.InputError{Msg: fmt.Sprintf("run %s of %s is not complete, and cannot be what another run is stopped against", base.Run.ID, base.Run.Name()),
			Hint: fmt.Sprintf("holdtrue run --agent %s --resume", base.Run.Agent)}
	}
	t, err := read(ctx, base, nil, 1)
	if err != nil {
		return nil, err
	}
	w := &Watch{base: t, repeats: run.Repeats, place: map[string]int{}, whole: true}
	for i, m := range run.Metrics {
		if !gates(m) {
			continue
		}
		b := t.metric(m.Name)
		if b >= 0 && t.judged[b]+t.unjudge[b] == 0 { // it applies to no case
			continue
		}
		same := false
		if b >= 0 {
			same, _ = t.run.Metrics[b].Same(m)
		}
		if !same || !watchable(m) || t.judged[b] == 0 {
			w.whole = false
			continue
		}
		w.family = append(w.family, watchedMetric{metric: m, base: b, cand: i})
	}
	for _, m := range t.run.Metrics {
		if _, ok := run.Metric(m.Name); gates(m) && !ok {
			w.whole = false
		}
	}
	for k := range w.family {
		w.family[k].test = stats.NewSequential(opts.forStopping(w.family[k].metric, len(w.family)))
	}
	return w, nil
}

// Metrics is how many metrics can stop the run, 0 if nothing can.
func (w *Watch) Metrics() int { return len(w.family) }

// Expect names the next case that will be asked.
func (w *Watch) Expect(caseID, caseHash string) {
	w.place[caseID] = len(w.cases)
	w.cases = append(w.cases, watchedCase{id: caseID, hash: caseHash})
}

// Row takes in an answer that is stored already, and says whether to stop.
func (w *Watch) Row(r *eval.Row) bool {
	return w.take(r.CaseID, r.Repeat, func(m *watchedMetric) float64 {
		for _, s := range r.Scores {
			if s.Metric == m.cand && s.Status == eval.Scored {
				return s.Value
			}
		}
		return math.NaN()
	})
}

// Result takes in an answer as it arrives, and says whether to stop.
func (w *Watch) Result(r *eval.Result) bool {
	return w.take(r.Output.CaseID, r.Output.Repeat, func(m *watchedMetric) float64 {
		for _, s := range r.Scores {
			if s.Metric == m.metric.Name && s.Status == eval.Scored {
				return s.Value
			}
		}
		return math.NaN()
	})
}

// Verdict is why the run may stop, "" if it may not.
func (w *Watch) Verdict() Verdict { return w.verdict }

// Cases is the number of cases taken in, on which the verdict rests.
func (w *Watch) Cases() int { return w.next }

// Saved says that some case was never answered: without that nothing stopped
// early, and the run is compared as one of all its cases.
func (w *Watch) Saved() bool {
	for i := range w.cases {
		if w.cases[i].answers == 0 {
			return true
		}
	}
	return false
}

func (w *Watch) take(caseID string, repeat int, value func(*watchedMetric) float64) bool {
	i, ok := w.place[caseID]
	if !ok || repeat < 0 || repeat >= w.repeats {
		return w.verdict != ""
	}
	c := &w.cases[i]
	if w.verdict != "" {
		c.answers++
		return true
	}
	if c.values == nil {
		c.values = make([]float64, w.repeats*len(w.family))
	}
	for k := range w.family {
		c.values[repeat*len(w.family)+k] = value(&w.family[k])
	}
	c.answers++
	for w.next < len(w.cases) && w.cases[w.next].answers >= w.repeats && w.verdict == "" {
		w.test(&w.cases[w.next])
		w.next++
	}
	return w.verdict != ""
}

// test takes in the next case, all of whose answers are there.
func (w *Watch) test(c *watchedCase) {
	if k, ok := w.base.byID[c.id]; ok && w.base.cases[k].hash == c.hash {
		for i := range w.family {
			m := &w.family[i]
			w.values = w.base.scored(k, m.base, w.values[:0])
			before := mean(w.values)
			w.values = w.values[:0]
			for r := range w.repeats {
				if v := c.values[r*len(w.family)+i]; !math.IsNaN(v) && !math.IsInf(v, 0) {
					w.values = append(w.values, v)
				}
			}
			m.test.Add(tested(m.metric, before, mean(w.values)))
		}
	}
	c.values = nil
	w.decide()
}

func (w *Watch) decide() {
	all, improved := w.whole && len(w.family) > 0, true
	for i := range w.family {
		switch w.family[i].test.Decision() {
		case stats.Regressed:
			w.verdict = Regressed
			return
		case stats.Undecided:
			all = false
		case stats.Holds:
			improved = false
		}
	}
	switch {
	case all && improved:
		w.verdict = Improved
	case all:
		w.verdict = Holds
	}
}
