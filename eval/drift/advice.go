package drift

import (
	"fmt"
	"slices"
)

// addWarnings says aloud what was left out and may matter.
func (c *Comparison) addWarnings(data *pairs, both []matched) {
	p, base, cand := &c.Pairing, data.base, data.cand
	for _, w := range []struct {
		n    int
		what string
	}{
		{p.EditedTotal, "edited between the runs"},
		{p.AddedTotal, "only in the candidate"},
		{p.RemovedTotal, "only in the baseline"},
	} {
		if w.n > 0 {
			c.Warnings = append(c.Warnings, fmt.Sprintf("%s %s and %s left out", count(w.n, "case")+isAre(w.n), w.what, wasWere(w.n)))
		}
	}
	if p.FailedTotal > 0 {
		c.Warnings = append(c.Warnings, fmt.Sprintf("%s %s no answer on a side, because every call failed, and %s left out",
			count(p.FailedTotal, "case"), hasHave(p.FailedTotal), wasWere(p.FailedTotal)))
	}
	for _, s := range []struct {
		side *Side
		name string
	}{{&c.Baseline, "baseline"}, {&c.Candidate, "candidate"}} {
		for _, e := range s.side.LeftEarlier {
			c.Warnings = append(c.Warnings, fmt.Sprintf("earlier run %s of %s is not pooled with the %s: %s", e.ID, e.Name, s.name, e.Left))
		}
		if n := s.side.Copies; n > 0 {
			c.Warnings = append(c.Warnings, fmt.Sprintf("%s of the %s %s of another answer (the same response id, or from a cache) and %s left out",
				count(n, "output"), s.name, copiesWord(n), wasWere(n)))
		}
		if n := s.side.Cached; n > 0 {
			c.Warnings = append(c.Warnings, fmt.Sprintf("%s of the %s came from a cache: %s what was answered then, not what would be answered now",
				count(n, "output"), s.name, showsWord(n)))
		}
	}
	for _, m := range both {
		if b, a := base.unjudge[m.base], cand.unjudge[m.cand]; b+a > 0 {
			c.Warnings = append(c.Warnings, fmt.Sprintf("%s could not judge %s of the baseline and %d of the candidate", m.metric.Name, count(b, "output"), a))
		}
	}
	for _, m := range slices.Concat(c.Metrics, c.Others) {
		if m.Metric.Standard {
			continue // as the figure is recorded, or the language can be told
		}
		if n := m.Overall.Cases; n > 0 && n < p.Paired-p.FailedTotal {
			c.Warnings = append(c.Warnings, fmt.Sprintf("%s has scores on both sides for %d of %s", m.Metric.Name, n, count(p.Paired, "paired case")))
		}
		if bare := data.slicesWithout(&m); m.Overall.Cases > 0 && len(bare) > 0 {
			c.Warnings = append(c.Warnings, fmt.Sprintf("%s has fewer than two scored cases, and was not compared, on %s", m.Metric.Name, someOf(bare)))
		}
	}
	if base.run.Suite != cand.run.Suite {
		c.Warnings = append(c.Warnings, fmt.Sprintf("the runs are of different suites: %q and %q", base.run.Suite, cand.run.Suite))
	}
}

// slicesWithout lists the slices in which a metric has no cell.
func (p *pairs) slicesWithout(m *Metric) []string {
	var bare []string
	for _, s := range p.slices {
		if !slices.ContainsFunc(m.Slices, func(c Cell) bool { return c.Slice == s.name }) {
			bare = append(bare, s.name)
		}
	}
	return bare
}

func copiesWord(n int) string {
	if n == 1 {
		return "is a copy"
	}
	return "are copies"
}

func showsWord(n int) string {
	if n == 1 {
		return "it shows"
	}
	return "they show"
}

func hasHave(n int) string {
	if n == 1 {
		return "has"
	}
	return "have"
}

// advise says what to do first, in actions.
func (c *Comparison) advise() {
	next := func(format string, args ...any) { c.Next = append(c.Next, fmt.Sprintf(format, args...)) }
	switch {
	case c.Verdict == NotMeasured && len(c.Next) == 0 && len(c.Left) == 0:
		next("find out why there is no score on a side, then score that run again")
	case c.Verdict.down():
		c.adviseOnLoss(next)
	case c.Verdict == Inconclusive:
		c.adviseOnDoubt(next)
	}
	if n := c.Pairing.EditedTotal + c.Pairing.AddedTotal; n > 0 {
		next("answer the %s with the baseline version too, so that %s can be compared", count(n, "new or edited case"), itThey(n))
	}
	var unlike []string
	for _, l := range c.Left {
		if l.Reason != noScores {
			unlike = append(unlike, l.Name)
		}
	}
	if len(unlike) > 0 {
		slices.Sort(unlike)
		next("score both runs with the same configuration of %s, so that no metric is left out", someOf(slices.Compact(unlike)))
	}
	if c.Verdict == NotMeasured && c.Pairing.Paired > 0 && len(c.Metrics) > 0 {
		next("or compare all the same, with the refusal in the report: --force")
	}
}

func itThey(n int) string {
	if n == 1 {
		return "it"
	}
	return "they"
}

func (c *Comparison) adviseOnLoss(next func(string, ...any)) {
	if len(c.Worse) > 0 {
		w := &c.Worse[0]
		words := fmt.Sprintf("look first at case %s, where %s lost most", w.CaseID, w.Losses[0].Metric)
		if more := len(c.Worse) - 1; more > 0 {
			words += fmt.Sprintf(", then at the %d after it", more)
		}
		next("%s", words)
	}
	if s := c.worstSlice(); s != "" {
		next("start with the slice %s, which lost most", s)
	}
	if suspect := func(w CaseChange) bool { return w.Kind == kindUnknown }; !c.overwhelming() && slices.ContainsFunc(c.Worse, suspect) {
		next("answer the cases that got worse 3 times more with both versions, to tell a loss from noise case by case")
	}
}

// overwhelming says that some cell lost beyond any doubt, so that repeating its
// cases would teach nothing.
func (c *Comparison) overwhelming() bool {
	for i := range c.Metrics {
		for _, cell := range c.Metrics[i].cells() {
			if cell.Verdict.down() && cell.PAdjusted < 0.001 {
				return true
			}
		}
	}
	return false
}

// worstSlice names the slice with the largest significant loss, unless all cases
// lost more.
func (c *Comparison) worstSlice() string {
	name, most := "", 0.0
	for i := range c.Metrics {
		m := &c.Metrics[i]
		for k := range m.Slices {
			if s := &m.Slices[k]; s.Verdict.down() && m.loss(s) > max(most, m.loss(&m.Overall)) {
				name, most = s.Slice, m.loss(s)
			}
		}
	}
	return name
}

func (c *Comparison) adviseOnDoubt(next func(string, ...any)) {
	var neediest *Metric
	for i := range c.Metrics {
		m := &c.Metrics[i]
		if m.Verdict == Inconclusive && m.Overall.NeedCases > 0 && (neediest == nil || m.Overall.NeedCases > neediest.Overall.NeedCases) {
			neediest = m
		}
	}
	if neediest != nil {
		instead := ""
		if n := neediest.Overall.NeedRepeats; n > 0 {
			instead = fmt.Sprintf(", or answer each case %d times", n)
		}
		next("add cases (about %d instead of %d settle %s within %s)%s",
			neediest.Overall.NeedCases, neediest.Overall.Cases, neediest.Metric.Name, amountOf(neediest.Metric, neediest.Margin), instead)
	}
	for _, m := range c.Metrics {
		if m.Verdict == Inconclusive && m.Overall.HoldsAt != nil && *m.Overall.HoldsAt < 1 {
			next("or say that a larger loss is tolerable: %s holds within %s today", m.Metric.Name, (&measured{metric: m.Metric}).amountUp(*m.Overall.HoldsAt))
			break
		}
	}
}
