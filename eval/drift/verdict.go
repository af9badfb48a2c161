package drift

import (
	"fmt"
	"math"
	"strings"

	"holdtrue/eval"
	"holdtrue/eval/stats"
)

// cellVerdict says what the tests of one cell add up to, in the order that the
// verdicts are defined in: mixed, regressed, improved, holds, inconclusive.
func cellVerdict(c *Cell, mb *member, t tests, b stats.Bounds, margin float64, gating bool) (Verdict, string) {
	if c.Cases == 0 {
		return NotMeasured, "no paired case has this metric on both sides"
	}
	moved := t.adjusted <= t.level.tier1
	if !gating {
		if moved {
			return Changed, ""
		}
		return NoChangeSeen, ""
	}
	fell, rose := moved && t.z < 0, moved && t.z > 0
	casesFell, casesRose := t.within && t.down <= t.level.tier2, t.within && t.up <= t.level.tier2
	inside := b.OneLow > -margin && b.OneHigh < margin
	note := ""
	if inside && (moved || casesFell || casesRose) {
		note = "detectable, but inside the margin"
	}
	switch {
	case (fell || casesFell) && (rose || casesRose):
		return Mixed, "some cases got worse and others better, each beyond their own noise"
	case fell:
		return Regressed, note
	case casesFell:
		return RegressedCases, orText(note, "some cases got worse beyond their own noise; the average is not shown to have dropped")
	case rose:
		return Improved, note
	case casesRose:
		return ImprovedCases, orText(note, "some cases got better beyond their own noise; the average is not shown to have risen")
	case inside && mb.m.Scale != eval.Measure:
		return Holds, ""
	}
	return Inconclusive, ""
}

func orText(s, fallback string) string {
	if s == "" {
		return fallback
	}
	return s + ": " + fallback
}

// Down says that a verdict means worse, Up that it means better.
func (v Verdict) Down() bool { return v == Regressed || v == RegressedCases }

// Up says that a verdict means better.
func (v Verdict) Up() bool { return v == Improved || v == ImprovedCases }

// metricVerdict folds the cells of a metric: something significantly down and
// something significantly up is mixed.
func metricVerdict(m *Metric, gating bool) (Verdict, string) {
	if !gating {
		return m.Overall.Verdict, describeChange(m)
	}
	var down, up []*Cell
	mixed := false
	for _, c := range cellsOf(m) {
		mixed = mixed || c.Verdict == Mixed
		switch {
		case c.Verdict.Down():
			down = append(down, c)
		case c.Verdict.Up():
			up = append(up, c)
		}
	}
	switch {
	case mixed || len(down) > 0 && len(up) > 0:
		return Mixed, mixedReason(m, down, up)
	case len(down) > 0:
		return strongest(down, Regressed, RegressedCases), movedReason(m, "fell", down)
	case len(up) > 0:
		return strongest(up, Improved, ImprovedCases), movedReason(m, "rose", up)
	}
	return m.Overall.Verdict, quietReason(m)
}

func cellsOf(m *Metric) []*Cell {
	list := []*Cell{&m.Overall}
	for i := range m.Slices {
		list = append(list, &m.Slices[i])
	}
	return list
}

// strongest is the plain word if any cell earned it.
func strongest(cells []*Cell, plain, weak Verdict) Verdict {
	for _, c := range cells {
		if c.Verdict == plain {
			return plain
		}
	}
	return weak
}

// decide folds the metrics into the verdict of the report.
func (c *Comparison) decide() {
	count := map[Verdict][]string{}
	for i := range c.Metrics {
		m := &c.Metrics[i]
		v := m.Verdict
		switch v {
		case RegressedCases:
			v = Regressed
		case ImprovedCases:
			v = Improved
		}
		count[v] = append(count[v], m.Metric.Name)
	}
	failed := c.tooManyFailed()
	switch {
	case c.Pairing.Paired == 0:
		c.Verdict = NotMeasured
		c.Reasons = append(c.Reasons, "the two runs have no case in common with the same content")
	case len(count[Regressed]) > 0:
		c.Verdict = Regressed
	case len(count[Mixed]) > 0:
		c.Verdict = Mixed
	case failed != "":
		c.Verdict = NotMeasured
	case len(c.Metrics) == 0:
		c.Verdict = NotMeasured
		c.Reasons = append(c.Reasons, "no metric that could tell better from worse was measured on both sides")
	case len(count[NotMeasured]) == len(c.Metrics):
		c.Verdict = NotMeasured
		c.Reasons = append(c.Reasons, "no case has a score on both sides")
	case len(count[Inconclusive])+len(count[NotMeasured]) > 0:
		c.Verdict = Inconclusive
	case len(count[Improved]) > 0:
		c.Verdict = Improved
	default:
		c.Verdict = Holds
	}
	if failed != "" {
		c.Reasons = append(c.Reasons, failed)
		if c.Verdict == Regressed || c.Verdict == Mixed || c.Verdict == NotMeasured {
			c.explain()
		}
		return
	}
	c.explain()
}

// tooManyFailed says which side failed too often to conclude anything good.
func (c *Comparison) tooManyFailed() string {
	for _, s := range []struct {
		name string
		side Side
	}{{"baseline", c.Baseline}, {"candidate", c.Candidate}} {
		if s.side.Outputs > 0 && float64(s.side.Failed) > c.Options.MaxFailed*float64(s.side.Outputs) {
			return fmt.Sprintf("%d of %d calls of the %s failed: too many to conclude that it holds", s.side.Failed, s.side.Outputs, s.name)
		}
	}
	return ""
}

// explain adds the reasons of the metrics, the gravest first.
func (c *Comparison) explain() {
	for _, want := range []func(Verdict) bool{
		Verdict.Down,
		func(v Verdict) bool { return v == Mixed },
		func(v Verdict) bool { return v == Inconclusive || v == NotMeasured },
		Verdict.Up,
		func(v Verdict) bool { return v == Holds },
	} {
		for i := range c.Metrics {
			if m := &c.Metrics[i]; want(m.Verdict) && m.Reason != "" {
				c.Reasons = append(c.Reasons, m.Reason)
			}
		}
	}
	if p := c.Pairing; p.EditedTotal+p.AddedTotal+p.RemovedTotal > 0 {
		c.Reasons = append(c.Reasons, fmt.Sprintf("%d edited, %d added and %d removed cases were left out", p.EditedTotal, p.AddedTotal, p.RemovedTotal))
	}
}

// mixedReason names the largest fall and the largest rise.
func mixedReason(m *Metric, down, up []*Cell) string {
	if len(down) == 0 || len(up) == 0 {
		return fmt.Sprintf("%s moved both ways: some cases got worse and others better, each beyond their own noise", m.Metric.Name)
	}
	return fmt.Sprintf("%s moved both ways: %s fell by %s, %s rose by %s", m.Metric.Name,
		cellName(extreme(down)), amount(m, extreme(down)), cellName(extreme(up)), amount(m, extreme(up)))
}

func extreme(cells []*Cell) *Cell {
	best := cells[0]
	for _, c := range cells[1:] {
		if math.Abs(c.Diff) > math.Abs(best.Diff) {
			best = c
		}
	}
	return best
}

func cellName(c *Cell) string {
	if c.Slice == "" {
		return "overall it"
	}
	return c.Slice
}

// movedReason tells the movement overall if that is what moved, and the worst
// slice.
func movedReason(m *Metric, verb string, cells []*Cell) string {
	lead := cells[0]
	if lead.Slice != "" {
		lead = extreme(cells)
	}
	if m.Metric.Better == eval.Lower {
		verb = map[string]string{"fell": "got worse, rising", "rose": "got better, falling"}[verb]
	}
	text := fmt.Sprintf("%s %s by %s", m.Metric.Name, verb, amount(m, lead))
	if lead.Slice != "" {
		text += " in " + lead.Slice
	}
	text += fmt.Sprintf(" (%s; %s)", intervalText(m, lead), countText(lead))
	if lead.Slice == "" {
		var named []string
		for _, c := range cells[1:] {
			named = append(named, c.Slice)
		}
		if len(named) > 0 {
			text += "; most clearly in " + strings.Join(named[:min(3, len(named))], ", ")
		}
	}
	if lead.Reason != "" {
		text += "; " + lead.Reason
	}
	return text
}

func quietReason(m *Metric) string {
	c := &m.Overall
	switch c.Verdict {
	case Holds:
		return fmt.Sprintf("%s holds within %s points (%s; %s)", m.Metric.Name, points(m.Margin), intervalText(m, c), countText(c))
	case Inconclusive:
		text := fmt.Sprintf("%s shows nothing either way (%s; %s)", m.Metric.Name, intervalText(m, c), countText(c))
		if c.Detectable != nil {
			text += fmt.Sprintf("; these %d cases would show an even loss of %s points or more 4 times in 5", c.Cases, points(min(1, *c.Detectable)))
		}
		if c.NeedCases > 0 {
			text += fmt.Sprintf(", and about %d are needed to show that it holds within %s points", c.NeedCases, points(m.Margin))
		}
		return text
	}
	return fmt.Sprintf("%s: %s", m.Metric.Name, orText(c.Reason, string(c.Verdict)))
}

func describeChange(m *Metric) string {
	c := &m.Overall
	if c.Verdict != Changed {
		return ""
	}
	return fmt.Sprintf("%s changed from %s to %s (%s)", m.Metric.Name, value(m, c.Baseline), value(m, c.Candidate), intervalText(m, c))
}

// points writes a share of 1 as points of 100.
func points(v float64) string { return trimZeros(fmt.Sprintf("%.1f", 100*v)) }

func trimZeros(s string) string { return strings.TrimSuffix(s, ".0") }

func value(m *Metric, v float64) string {
	if m.Metric.Scale == eval.Measure {
		return fmt.Sprintf("%.4g %s", v, m.Metric.Unit)
	}
	return points(v) + " %"
}

// amount is the size of a difference, in words.
func amount(m *Metric, c *Cell) string {
	if m.Metric.Scale == eval.Measure {
		return fmt.Sprintf("%.3g %s", math.Abs(c.Diff), m.Metric.Unit)
	}
	return points(math.Abs(c.Diff)) + " points"
}

func intervalText(m *Metric, c *Cell) string {
	if m.Metric.Scale == eval.Measure {
		return fmt.Sprintf("95 %% interval %+.3g to %+.3g %s", c.Low, c.High, m.Metric.Unit)
	}
	return fmt.Sprintf("95 %% interval %+.1f to %+.1f", 100*c.Low, 100*c.High)
}

func countText(c *Cell) string {
	return fmt.Sprintf("%d of %d cases got worse, %d better", c.Worse, c.Cases, c.Better)
}

// ExitCode is the code that a comparison ends a command with: 1 for regressed or
// mixed, 3 for inconclusive or not measured, 0 else. inconclusivePasses makes an
// inconclusive result 0.
func ExitCode(c *Comparison, inconclusivePasses bool) int {
	switch c.Verdict {
	case Regressed, RegressedCases, Mixed:
		return 1
	case NotMeasured:
		return 3
	case Inconclusive:
		if !inconclusivePasses {
			return 3
		}
	}
	return 0
}

// advise says what to do first.
func (c *Comparison) advise() {
	switch c.Verdict {
	case Regressed, Mixed:
		c.Next = append(c.Next, "look at the worst cases below before this version goes out")
		for _, w := range c.Worse {
			if w.Kind == KindSuspect {
				c.Next = append(c.Next, "one answer a case cannot tell a fault from noise: ask every case three times to be sure of single cases")
				break
			}
		}
	case Inconclusive:
		c.Next = append(c.Next, "do not read this as \"no change\": ask every case three times, or add cases")
	case NotMeasured:
		c.Next = append(c.Next, "mend what kept the comparison from being made, then run it again")
	}
	if len(c.Left) > 0 {
		c.Next = append(c.Next, "run the baseline again with the present metrics, so that all of them can be compared")
	}
}
