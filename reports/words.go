package reports

import (
	"fmt"
	"math"
	"strings"

	"holdtrue/eval"
	"holdtrue/eval/drift"
)

// headline is the verdict with what it means for the reader.
func headline(c *drift.Comparison) string {
	base, cand := plain(c.Baseline.Run.Name()), plain(c.Candidate.Run.Name())
	word := strings.ToUpper(string(c.Verdict))
	switch c.Verdict {
	case drift.Regressed:
		return fmt.Sprintf("%s: %s is worse than %s on %d of %d metrics. Look before it goes out.", word, cand, base, count(c, down), len(c.Metrics))
	case drift.RegressedCases:
		return fmt.Sprintf("%s: %s is worse than %s on some cases of %d of %d metrics; no average is shown to have dropped. Look before it goes out.", word, cand, base, count(c, down), len(c.Metrics))
	case drift.Mixed:
		return fmt.Sprintf("%s: %s is worse than %s in one place and better in another. Look before it goes out.", word, cand, base)
	case drift.Improved:
		return fmt.Sprintf("%s: %s is better than %s on %d of %d metrics, and worse on none.", word, cand, base, count(c, up), len(c.Metrics))
	case drift.ImprovedCases:
		return fmt.Sprintf("%s: %s is better than %s on some cases of %d of %d metrics, and worse on none; no average is shown to have risen.", word, cand, base, count(c, up), len(c.Metrics))
	case drift.Holds:
		return fmt.Sprintf("%s: %s keeps what %s did, within the margin of every metric.", word, cand, base)
	case drift.Inconclusive:
		if n := count(c, func(v drift.Verdict) bool { return up(v) || v == drift.Holds }); n > 0 {
			return fmt.Sprintf("%s: %s is not shown to keep all of what %s did, though %d of %d metrics hold or improved. This is not \"no change\".", word, cand, base, n, len(c.Metrics))
		}
		return fmt.Sprintf("%s: nothing was shown either way between %s and %s. This is not \"no change\".", word, base, cand)
	}
	return fmt.Sprintf("%s: %s could not be compared with %s.", word, cand, base)
}

// down says that a verdict means worse, up that it means better.
func down(v drift.Verdict) bool { return v == drift.Regressed || v == drift.RegressedCases }

func up(v drift.Verdict) bool { return v == drift.Improved || v == drift.ImprovedCases }

func count(c *drift.Comparison, is func(drift.Verdict) bool) int {
	n := 0
	for i := range c.Metrics {
		if is(c.Metrics[i].Verdict) {
			n++
		}
	}
	return n
}

// several counts a noun.
func several(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// howSure lists what stands under the verdict: in cases, in what changed at all,
// and which refusals were overridden.
func howSure(c *drift.Comparison) []string {
	lines := []string{sureness(c)}
	if c.Cases.Reason != "" {
		lines = append(lines, "Cases: "+c.Cases.Reason+".")
	}
	if c.Churn.Reason != "" {
		lines = append(lines, "Churn: "+c.Churn.Reason+".")
	}
	for _, f := range c.Forced {
		lines = append(lines, "FORCED, would have been refused: "+plain(f)+".")
	}
	return lines
}

// sureness is how sure the verdict is, in cases.
func sureness(c *drift.Comparison) string {
	p := &c.Pairing
	text := fmt.Sprintf("%s compared: %d got worse, %d better, %d as before",
		several(p.Paired, "case"), c.WorseTotal, c.BetterTotal, p.Paired-p.FailedTotal-c.WorseTotal-c.BetterTotal)
	if p.FailedTotal > 0 {
		text += fmt.Sprintf(", %d without an answer on a side", p.FailedTotal)
	}
	if n := p.EditedTotal + p.AddedTotal + p.RemovedTotal; n > 0 {
		text += fmt.Sprintf("; %s left out as edited, new or gone", several(n, "case"))
	}
	switch before, now := c.Baseline.Run.Repeats, c.Candidate.Run.Repeats; {
	case before == now && now > 1:
		text += fmt.Sprintf("; each asked %d times of either side", now)
	case before != now:
		text += fmt.Sprintf("; asked %s before and %s now", several(before, "time"), several(now, "time"))
	}
	if n := len(c.Baseline.Earlier); n > 0 {
		answers := 0
		for _, e := range c.Baseline.Earlier {
			answers += e.Outputs
		}
		text += fmt.Sprintf("; %s of the same version pooled with the baseline (%s)", several(n, "earlier run"), several(answers, "answer"))
	}
	return text + "." + alsoChanged(c)
}

// ground says how the verdict was reached.
func ground(c *drift.Comparison) string {
	text := fmt.Sprintf("At most %s %% of reports on an unchanged agent say regressed", number(50*c.Options.Alpha))
	if len(c.Others) > 0 || c.Vocabulary != nil {
		text += fmt.Sprintf(", and at most %s %% that a measure or the vocabulary changed", number(100*c.Options.Alpha))
	}
	text += fmt.Sprintf("; intervals are %s %%; all metrics and slices are corrected together", number(100*c.Options.Confidence))
	if c.Draws > 0 {
		text += fmt.Sprintf(" (%d draws, seed %016x)", c.Draws, c.Seed)
	}
	for _, more := range []string{c.Runs.Reason, c.Alarms.Reason} {
		if more != "" {
			text += "; " + plain(more)
		}
	}
	return text + "."
}

func number(v float64) string { return strings.TrimSuffix(fmt.Sprintf("%.1f", v), ".0") }

// level writes a mean: a score as points of 100, a measure with its unit.
func level(m eval.Metric, v float64) string {
	if m.Scale == eval.Measure {
		return fmt.Sprintf("%.4g", v)
	}
	return fmt.Sprintf("%.1f", 100*v)
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
	p := c.PAdjusted
	if c.PWithin != nil {
		p = min(p, *c.PWithin)
	}
	return pValue(p)
}

func counts(c *drift.Cell) string { return fmt.Sprintf("%d/%d/%d", c.Worse, c.Better, c.Same) }

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
			return fmt.Sprintf("%.1f points", 100*min(1, v))
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
