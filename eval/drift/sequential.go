package drift

import (
	"fmt"
	"slices"

	"holdtrue/eval"
	"holdtrue/eval/stats"
)

// A run that may stop early is tested twice: while it is asked, by a test that
// holds whenever it stops, and, if that decided nothing, as a run of all its
// cases. Either takes half of every error rate, so that both together keep it.
const stopShare = 0.5

// mayStop says whether one of the runs could have stopped early.
func mayStop(base, cand *eval.Run) bool { return base.StopEarly != nil || cand.StopEarly != nil }

// forFixedSample are the options of the tests of a number of cases that was
// fixed beforehand: alpha less what stopping early has spent of it.
func (o Options) forFixedSample(base, cand *eval.Run) Options {
	if mayStop(base, cand) {
		o.Alpha *= 1 - stopShare
	}
	return o
}

// holdsConfidence is the one-sided confidence of "holds" in tests of a fixed
// number of cases.
func holdsConfidence(base, cand *eval.Run) float64 {
	if mayStop(base, cand) {
		return 1 - (1-holdsAt)*(1-stopShare)
	}
	return holdsAt
}

// forStopping are the error rates of the sequential test of one of a number of
// metrics: a false "regressed" of any of them is as rare as stopShare of that of
// the whole report (Bonferroni). A false "holds" needs no correction, since all
// metrics must hold.
func (o Options) forStopping(metric eval.Metric, metrics int) stats.SequentialOptions {
	margin := *o.Margin
	if metric.Margin != nil {
		margin = *metric.Margin
	}
	return stats.SequentialOptions{
		Level:      o.Alpha / 2 * stopShare / float64(max(1, metrics)),
		HoldsLevel: (1 - holdsAt) * stopShare,
		Margin:     margin,
	}
}

// watchable says whether a metric takes part in stopping early. Measures are not
// bounded, and slices never take part.
func watchable(m eval.Metric) bool { return gates(m) && m.Scale != eval.Measure }

func verdictOf(d stats.Decision) Verdict {
	switch d {
	case stats.Regressed:
		return Regressed
	case stats.Improved:
		return Improved
	case stats.Holds:
		return Holds
	}
	return Inconclusive
}

// stopped is the run of a comparison that stopped early, nil if none did: the
// candidate, or else the baseline. Its order of the cases is the order in which
// both are tested; that the answers of the other run came earlier or later
// makes no difference to the test.
func (c *Comparison) stopped() *eval.Run {
	switch {
	case c.Candidate.Run.Stopped():
		return &c.Candidate.Run
	case c.Baseline.Run.Stopped():
		return &c.Baseline.Run
	}
	return nil
}

// setAsideUnasked takes the cases that a stopped run never came to out of those
// that only the other run has.
func (c *Comparison) setAsideUnasked(base, cand *table) {
	run := c.stopped()
	if run == nil {
		return
	}
	other, list, total := base, &c.Pairing.Removed, &c.Pairing.RemovedTotal
	own := cand
	if run == &c.Baseline.Run {
		other, own, list, total = cand, base, &c.Pairing.Added, &c.Pairing.AddedTotal
	}
	last := ""
	for i := range own.cases {
		if id := own.cases[i].id; last == "" || run.Turn(id, last) > 0 {
			last = id
		}
	}
	*list, *total = nil, 0
	for i := range other.cases {
		id := other.cases[i].id
		if _, ok := own.byID[id]; ok || run.Turn(id, last) > 0 {
			continue
		}
		*list = append(*list, id)
	}
	slices.Sort(*list)
	*total = len(*list)
	*list = slices.Clip((*list)[:min(len(*list), maxListed)])
}

// stopVerdicts puts the verdicts of the sequential tests in the place of those
// of a fixed number of cases, if a run stopped early. Slices, measures and the
// within-case test took no part and say nothing then.
func (p *pairs) stopVerdicts(c *Comparison, gating []*measured) {
	run := c.stopped()
	if run == nil {
		if mayStop(&c.Baseline.Run, &c.Candidate.Run) {
			c.Warnings = append(c.Warnings, "half of every error rate was spent on stopping early, which decided nothing; the verdict has the other half")
		}
		return
	}
	asked := fmt.Sprintf("stopped early after %d of %s", run.Cases, count(run.StopEarly.Planned, "case"))
	c.Warnings = append(c.Warnings, fmt.Sprintf("run %s %s: the verdict is that of a test that holds whenever a run stops; slices, measures and single cases took no part in it, and their figures are as of a run of that length",
		run.ID, asked))
	order := p.turns(run)
	family := 0
	for _, x := range gating {
		if p.watched(x) {
			family++
		}
	}
	decided := p.firstStop(c, gating, order, family)
	for k, x := range gating {
		m := &c.Metrics[k]
		for i := range m.Slices {
			m.Slices[i].untested("was not tested, because the run " + asked)
		}
		if !p.watched(x) {
			m.Overall.untested("did not take part in stopping early, and was not tested, because the run " + asked)
			m.Verdict, m.Reason = m.Overall.Verdict, m.Overall.sentence(m)
			continue
		}
		test := stats.NewSequential(c.Options.forStopping(x.metric, family))
		var diff []float64
		for _, i := range order[:decided] {
			test.Add(x.d[i])
			if d := x.after[i] - x.before[i]; x.d[i] == 0 {
				diff = append(diff, 0)
			} else {
				diff = append(diff, d)
			}
		}
		m.Overall.stop(x, test, diff, family, c.Options.Confidence)
		m.Verdict, m.Reason = m.Overall.Verdict, asked+": "+m.Overall.sentence(m)
	}
}

// firstStop is the number of cases, in the order of the run, after which it
// stopped: those that were under way then came in later and decide nothing, or
// the word of the report would not be the one that ended the run.
func (p *pairs) firstStop(c *Comparison, gating []*measured, order []int, family int) int {
	if !c.Candidate.Run.Stopped() {
		return len(order) // it was stopped against another run
	}
	var tests []*stats.Sequential
	var watched []*measured
	for _, x := range gating {
		if p.watched(x) {
			watched = append(watched, x)
			tests = append(tests, stats.NewSequential(c.Options.forStopping(x.metric, family)))
		}
	}
	whole := len(watched) == len(gating)
	for n, i := range order {
		open := false
		for k, x := range watched {
			tests[k].Add(x.d[i])
			switch tests[k].Decision() {
			case stats.Regressed:
				return n + 1
			case stats.Undecided:
				open = true
			}
		}
		if whole && !open && len(watched) > 0 {
			return n + 1
		}
	}
	return len(order)
}

// watched says whether a metric took part in stopping early: it must have had a
// baseline when the run began.
func (p *pairs) watched(x *measured) bool { return watchable(x.metric) && p.base.judged[x.base] > 0 }

// turns lists the paired cases in the order in which a run asked them.
func (p *pairs) turns(run *eval.Run) []int {
	order := make([]int, len(p.cases))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return run.Turn(p.id(a), p.id(b)) })
	return order
}

// stop gives a cell the outcome of its sequential test. P is the anytime-valid
// p, one over the e value, of either side.
func (c *Cell) stop(x *measured, test *stats.Sequential, diff []float64, family int, confidence float64) {
	if c.Cases == 0 {
		return
	}
	e := test.Evidence()
	c.untested("")
	c.P = min(1, 2/max(e.Regressed, e.Improved, 1e-300))
	c.PAdjusted = min(1, c.P*float64(family))
	c.Method = "betting"
	c.Low, c.High = stats.BettingInterval(diff, confidence)
	c.Verdict = verdictOf(test.Decision())
	switch c.Verdict {
	case Regressed, Improved:
		c.Reason = x.moved(c) + " (" + x.evidence(c, confidence) + ")"
	case Holds:
		c.Reason = fmt.Sprintf("holds: a loss beyond its margin is ruled out (%s)", x.evidence(c, confidence))
	default:
		c.Reason = fmt.Sprintf("was not decided by then: %s (%s)", x.difference(c), x.evidence(c, confidence))
	}
}

// untested takes back what a test of a fixed number of cases said of a cell.
func (c *Cell) untested(reason string) {
	if c.Verdict == NotMeasured {
		return
	}
	c.Verdict, c.Reason = Inconclusive, reason
	c.P, c.PAdjusted = 1, 1
	c.PWithin, c.McNemarExact, c.DetectableEven, c.DetectableLosses, c.HoldsAt = nil, nil, nil, nil, nil
	c.NeedCases, c.NeedRepeats = 0, 0
}
