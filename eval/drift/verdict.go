package drift

import (
	"fmt"
	"slices"
)

// decide finds the word for a metric from its cells: significant both ways
// somewhere is mixed, else down is regressed, up improved, else the overall cell
// speaks.
func (m *Metric) decide() {
	if !gates(m.Metric) {
		m.decideChanged()
		return
	}
	var down, up []*Cell
	for _, c := range m.cells() {
		if c.Verdict.down() {
			down = append(down, c)
		}
		if c.Verdict.up() {
			up = append(up, c)
		}
	}
	switch {
	case len(down) > 0 && len(up) > 0:
		m.Verdict = Mixed
		m.Reason = m.mixedWords(down, up)
		return
	case len(down) > 0:
		m.Verdict, m.Reason = strongest(m, down, Regressed)
		return
	case len(up) > 0:
		m.Verdict, m.Reason = strongest(m, up, Improved)
		return
	}
	m.Verdict = m.Overall.Verdict
	m.Reason = m.Overall.sentence(m)
}

// strongest gives the verdict on the average if any cell has it, else that on
// the cases, and the sentences of the first few cells, the overall one first.
func strongest(m *Metric, cells []*Cell, average Verdict) (Verdict, string) {
	verdict := cells[0].Verdict
	first := cells[0]
	for _, c := range cells {
		if c.Verdict == average && verdict != average {
			verdict, first = average, c
		}
	}
	words := first.sentence(m)
	var alike, beyond []string
	for _, c := range cells {
		switch {
		case c == first:
		case first.inside(m) && !c.inside(m):
			beyond = append(beyond, c.label())
		default:
			alike = append(alike, c.label())
		}
	}
	if len(beyond) > 0 {
		words += "; not so on " + someOf(beyond)
	}
	if len(alike) > 0 {
		words += "; so did " + someOf(alike)
	}
	return verdict, words
}

// inside says that a cell that moved is proven to have moved within the margin.
func (c *Cell) inside(m *Metric) bool { return c.HoldsAt != nil && *c.HoldsAt < m.Margin }

func (m *Metric) decideChanged() {
	m.Verdict = m.Overall.Verdict
	m.Reason = m.Overall.sentence(m)
	if m.Verdict == NotMeasured || m.Verdict == Changed {
		return
	}
	for i := range m.Slices {
		if m.Slices[i].Verdict == Changed {
			m.Verdict = Changed
			m.Reason = m.Slices[i].sentence(m)
			return
		}
	}
}

// cells lists the overall cell and those of the slices.
func (m *Metric) cells() []*Cell {
	all := []*Cell{&m.Overall}
	for i := range m.Slices {
		all = append(all, &m.Slices[i])
	}
	return all
}

func (v Verdict) down() bool { return v == Regressed || v == RegressedCases || v == Mixed }
func (v Verdict) up() bool   { return v == Improved || v == ImprovedCases || v == Mixed }

// severity orders the verdicts of metrics into that of a report, worst first.
var severity = []Verdict{Regressed, Mixed, RegressedCases, NotMeasured, Inconclusive, Improved, ImprovedCases, Holds}

func (s *Side) failedShare() float64 { return ratio(s.Failed, s.Outputs) }

// conclude finds the word for the whole report. lost names the gating metrics
// that could not be compared, unscored says which of the others lost scores.
func (c *Comparison) conclude(lost, unscored []string) {
	switch {
	case c.refused():
		for i := range c.Metrics {
			c.Metrics[i].Verdict, c.Metrics[i].Reason = NotMeasured, "is not measured: "+c.Reasons[0]
		}
		return
	case c.Pairing.Paired == 0:
		c.end("the two runs have no case in common: no case has the same id and the same content on both sides",
			"run both versions over the same cases, then compare again")
		return
	case len(c.Metrics) == 0:
		c.end("the two runs have no gating metric in common that is configured alike",
			"score both runs with the same metrics, then compare again")
		return
	}
	c.Verdict = Holds
	for _, v := range severity {
		if slices.ContainsFunc(c.Metrics, func(m Metric) bool { return m.Verdict == v }) {
			c.Verdict = v
			break
		}
	}
	c.giveReasons()
	c.tellChurn()
	c.doubt(unscored)
	c.refuseUncompared(lost)
}

// tellChurn says beside a holding metric that the answers did not stay the same.
func (c *Comparison) tellChurn() {
	if !slices.ContainsFunc(c.Metrics, func(m Metric) bool { return m.Verdict == Holds }) || !c.Churn.beyond() {
		return
	}
	c.Reasons = append(c.Reasons, "changed is not worse, but it is not the same: "+c.Churn.Reason)
}

// refuseUncompared takes back any word but a loss where a gating metric could not
// be compared.
func (c *Comparison) refuseUncompared(lost []string) {
	if len(lost) == 0 {
		return
	}
	reason := fmt.Sprintf("%s could not be compared: %s", count(len(lost), "metric"), someOf(lost))
	switch {
	case c.Options.Force:
		c.Forced = append(c.Forced, reason)
	case c.Verdict.down():
		c.Reasons = append(c.Reasons, reason)
	default:
		c.Verdict = NotMeasured
		c.Reasons = append([]string{reason}, c.Reasons...)
	}
}

// end is a refusal that nothing can override: there is nothing to compare.
func (c *Comparison) end(reason, next string) {
	c.Verdict = NotMeasured
	c.Reasons, c.Next = append(c.Reasons, reason), append(c.Next, next)
}

// giveReasons lists the sentences of the metrics, the most severe verdict first.
func (c *Comparison) giveReasons() {
	for _, v := range severity {
		var holding []string
		for _, m := range c.Metrics {
			switch {
			case m.Verdict != v:
			case v == Holds:
				holding = append(holding, m.Metric.Name)
			default:
				c.Reasons = append(c.Reasons, m.Reason)
			}
		}
		if len(holding) == 1 {
			c.Reasons = append(c.Reasons, c.reasonOf(holding[0]))
		} else if len(holding) > 1 {
			c.Reasons = append(c.Reasons, fmt.Sprintf("%d metrics hold within their margins: %s", len(holding), someOf(holding)))
		}
	}
}

func (c *Comparison) reasonOf(name string) string {
	for _, m := range c.Metrics {
		if m.Metric.Name == name {
			return m.Reason
		}
	}
	return ""
}

// doubt takes back a good word where something was not compared that could have
// hidden a loss.
func (c *Comparison) doubt(unscored []string) {
	var doubts []string
	if c.Errors != nil && c.Errors.Verdict == Changed && c.Errors.Overall.Candidate > c.Errors.Overall.Baseline {
		doubts = append(doubts, fmt.Sprintf("failed calls rose from %s to %s, and a failed call has no score",
			percent(c.Errors.Overall.Baseline), percent(c.Errors.Overall.Candidate)))
	}
	doubts = append(doubts, unscored...)
	if len(doubts) == 0 {
		return
	}
	if v := c.Verdict; v == Holds || v == Improved || v == ImprovedCases {
		c.Verdict = Inconclusive
		c.Reasons = append(doubts, c.Reasons...)
		return
	}
	c.Reasons = append(c.Reasons, doubts...)
}

// ExitCode is the contract with a caller that reads one number: 0 for holds or
// improved, 1 for regressed or mixed, 3 for inconclusive or not measured.
// inconclusivePasses turns an inconclusive comparison, never one that was not
// measured, into 0.
func ExitCode(c *Comparison, inconclusivePasses bool) int {
	switch c.Verdict {
	case Holds, Improved, ImprovedCases:
		return 0
	case Regressed, RegressedCases, Mixed:
		return 1
	case Inconclusive:
		if inconclusivePasses {
			return 0
		}
	}
	return 3
}

// mixedWords names the strongest movement either way.
func (m *Metric) mixedWords(down, up []*Cell) string {
	worst, best := down[0], up[0]
	for _, c := range down {
		if m.loss(c) > m.loss(worst) {
			worst = c
		}
	}
	for _, c := range up {
		if m.loss(c) < m.loss(best) {
			best = c
		}
	}
	if worst == best {
		return worst.sentence(m)
	}
	words := worst.sentence(m) + ", but " + m.moved(best) + best.place()
	if worst != &m.Overall && best != &m.Overall {
		words += "; over all cases it " + m.moved(&m.Overall)
	}
	return words
}
