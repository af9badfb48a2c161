package reports

import (
	"fmt"
	"math"
	"strings"

	"holdtrue/eval"
	"holdtrue/eval/drift"
)

// number has up to four digits, so that a small rate is not written as none.
func number(v float64) string { return fmt.Sprintf("%.4g", v) }

// level writes a mean: a score as points of 100, a measure with its unit.
func level(m eval.Metric, v float64) string {
	if m.Scale == eval.Measure {
		return fmt.Sprintf("%.4g", v)
	}
	return fmt.Sprintf("%.1f", 100*v)
}

// mean is a level of a cell, or nothing where no case has one.
func mean(m eval.Metric, c *drift.Cell, v float64) string {
	if c.Cases == 0 {
		return ""
	}
	return level(m, v)
}

// change writes a difference with its interval.
func change(m eval.Metric, c *drift.Cell) string {
	switch {
	case c.Cases == 0:
		return ""
	case c.Method == "none":
		return signed(m, c.Diff)
	}
	return fmt.Sprintf("%s [%s, %s]", signed(m, c.Diff), signed(m, c.Low), signed(m, c.High))
}

func signed(m eval.Metric, v float64) string {
	if m.Scale == eval.Measure {
		return fmt.Sprintf("%+.3g", v)
	}
	if math.Abs(v) < 0.0005 {
		v = 0
	}
	return fmt.Sprintf("%+.1f", 100*v)
}

func pValue(p float64) string {
	switch {
	case p < 0.0001:
		return "<.0001"
	case p >= 0.9995:
		return "1"
	}
	return strings.TrimPrefix(fmt.Sprintf("%.4f", p), "0")
}

// corrected is the smaller of the corrected p values of a cell.
func corrected(c *drift.Cell) string {
	if c.Cases == 0 {
		return ""
	}
	p := c.PAdjusted
	if c.PWithin != nil {
		p = min(p, *c.PWithin)
	}
	return pValue(p)
}

func counts(c *drift.Cell) string {
	if c.Cases == 0 {
		return ""
	}
	return fmt.Sprintf("%d/%d/%d", c.Worse, c.Better, c.Same)
}

// moved is a slice of a metric of which something was shown.
type moved struct {
	metric *drift.Metric
	cell   *drift.Cell
}

// movedSlices lists the slices that moved, down first, and counts the others.
func movedSlices(c *drift.Comparison) (list []moved, quiet int) {
	for _, want := range []func(drift.Verdict) bool{
		down,
		func(v drift.Verdict) bool { return v == drift.Mixed },
		up,
	} {
		for i := range c.Metrics {
			m := &c.Metrics[i]
			for k := range m.Slices {
				if want(m.Slices[k].Verdict) {
					list = append(list, moved{m, &m.Slices[k]})
				}
			}
		}
	}
	for i := range c.Metrics {
		quiet += len(c.Metrics[i].Slices)
	}
	return list, quiet - len(list)
}

// scoresText writes the values of a metric by repeat.
func scoresText(values []float64) string {
	const most = 6
	if len(values) > most { // pooled runs
		sum := 0.0
		for _, v := range values {
			sum += v / float64(len(values))
		}
		return fmt.Sprintf("%.3g on average of %d", sum, len(values))
	}
	parts := make([]string, len(values))
	for i, v := range values {
		parts[i] = fmt.Sprintf("%.3g", v)
	}
	return strings.Join(parts, " ")
}

func lossText(l drift.CaseMetric) string {
	return fmt.Sprintf("%s %s -> %s", plain(l.Metric), scoresText(l.Baseline), scoresText(l.Candidate))
}

// flaky lists the cases that the same version answers now well, now badly.
func flaky(c *drift.Comparison) []string {
	const most = 10
	var lines []string
	for i, f := range c.Flaky {
		if i == most {
			break
		}
		lines = append(lines, fmt.Sprintf("%s: %s passed %d of %d, flip rate %.2f", plain(f.CaseID), plain(f.Metric), f.Passed, f.Outputs, f.FlipRate))
	}
	if more := c.FlakyTotal - len(lines); more > 0 {
		lines = append(lines, fmt.Sprintf("and %s", several(more, "more case")))
	}
	return lines
}

// blind says what the comparison could not have seen.
func blind(c *drift.Comparison) []string {
	var lines []string
	for i := range c.Metrics {
		m := &c.Metrics[i]
		if m.Overall.DetectableEven == nil && m.Overall.DetectableLosses == nil || m.Verdict != drift.Inconclusive && m.Verdict != drift.Holds {
			continue
		}
		amount := func(v float64) string {
			if m.Metric.Scale == eval.Measure {
				return strings.TrimSpace(level(m.Metric, v) + " " + plain(m.Metric.Unit))
			}
			return fmt.Sprintf("%.1f points", 100*drift.RoundUp(m.Metric, min(1, v)))
		}
		var unseen []string
		if v := m.Overall.DetectableEven; v != nil && m.Metric.Scale == eval.Measure {
			unseen = append(unseen, "an even change of less than "+amount(*v))
		} else if v != nil {
			unseen = append(unseen, "an even erosion of less than "+amount(*v))
		}
		if v := m.Overall.DetectableLosses; v != nil {
			unseen = append(unseen, "losses adding up to less than "+amount(*v))
		}
		line := fmt.Sprintf("%s: %s would have gone unseen 1 time in 5 or more often", plain(m.Metric.Name), strings.Join(unseen, ", or "))
		if h := m.Overall.HoldsAt; h != nil {
			line += "; shown to hold within " + amount(*h)
		}
		lines = append(lines, line)
	}
	return lines
}

// leftOut lists what took no part, and why.
func leftOut(c *drift.Comparison) []string {
	var lines []string
	p := c.Pairing
	add := func(n int, what string, ids []string) {
		if n == 0 {
			return
		}
		shown := ids[:min(len(ids), 5)]
		text := fmt.Sprintf("%s, %s: %s", what, several(n, "case"), plain(strings.Join(shown, ", ")))
		if n > len(shown) {
			text += ", ..."
		}
		lines = append(lines, text)
	}
	add(p.EditedTotal, "edited since the baseline", p.Edited)
	add(p.AddedTotal, "new", p.Added)
	add(p.RemovedTotal, "gone", p.Removed)
	add(p.FailedTotal, "without an answer on a side, as every call failed", p.Failed)
	for _, l := range c.Left {
		lines = append(lines, fmt.Sprintf("metric %s: %s", plain(l.Name), plain(l.Reason)))
	}
	if c.Baseline.Failed+c.Candidate.Failed > 0 {
		lines = append(lines, fmt.Sprintf("failed calls: %d of %d of the baseline, %d of %d of the candidate",
			c.Baseline.Failed, c.Baseline.Outputs, c.Candidate.Failed, c.Candidate.Outputs))
	}
	return lines
}
