package reports

import (
	"fmt"
	"strings"

	"holdtrue/eval/drift"
)

// headline is the verdict with what it means for the reader.
func headline(c *drift.Comparison) string {
	base, cand := sideNames(c)
	metrics := several(len(c.Metrics), "metric")
	word := strings.ToUpper(string(c.Verdict))
	switch c.Verdict {
	case drift.Regressed:
		return fmt.Sprintf("%s: %s is worse than %s on %d of %s. Look before it goes out.", word, cand, base, count(c, down), metrics)
	case drift.RegressedCases:
		return fmt.Sprintf("%s: %s is worse than %s on some cases of %d of %s; no average is shown to have dropped. Look before it goes out.", word, cand, base, count(c, down), metrics)
	case drift.Mixed:
		return fmt.Sprintf("%s: %s is worse than %s in one place and better in another. Look before it goes out.", word, cand, base)
	case drift.Improved:
		return fmt.Sprintf("%s: %s is better than %s on %d of %s, and worse on none.", word, cand, base, count(c, up), metrics)
	case drift.ImprovedCases:
		return fmt.Sprintf("%s: %s is better than %s on some cases of %d of %s, and worse on none; no average is shown to have risen.", word, cand, base, count(c, up), metrics)
	case drift.Holds:
		return fmt.Sprintf("%s: %s keeps what %s did, within the margin of every metric.", word, cand, base)
	case drift.Inconclusive:
		if n := count(c, func(v drift.Verdict) bool { return up(v) || v == drift.Holds }); n > 0 {
			return fmt.Sprintf("%s: %s is not shown to keep all of what %s did, though %d of %s hold or improved. This is not \"no change\".", word, cand, base, n, metrics)
		}
		return fmt.Sprintf("%s: nothing was shown either way between %s and %s. This is not \"no change\".", word, base, cand)
	}
	return fmt.Sprintf("%s: %s could not be compared with %s.", word, cand, base)
}

// sideNames name the two versions, with their runs where that does not tell them
// apart.
func sideNames(c *drift.Comparison) (base, cand string) {
	b, n := &c.Baseline.Run, &c.Candidate.Run
	base, cand = plain(b.Name()), plain(n.Name())
	if base == cand {
		base, cand = base+" (run "+plain(b.ID)+")", cand+" (run "+plain(n.ID)+")"
	}
	return base, cand
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
	if c.Options.Force && c.Verdict == drift.NotMeasured {
		lines = append(lines, "--force does not help here: it overrides refusals, and there is nothing left to compare.")
	}
	for _, f := range c.Forced {
		lines = append(lines, "FORCED, would have been refused: "+plain(f)+".")
	}
	return lines
}

// sureness is how sure the verdict is, in cases.
func sureness(c *drift.Comparison) string {
	p := &c.Pairing
	text := several(p.Paired, "case") + " compared"
	if p.Paired > 0 {
		text += fmt.Sprintf(": %d got worse, %d better, %d as before", c.WorseTotal, c.BetterTotal, p.Paired-p.FailedTotal-c.WorseTotal-c.BetterTotal)
	}
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
		if answers > 0 {
			text += fmt.Sprintf("; %s of the same version pooled with the baseline (%s)", several(n, "earlier run"), several(answers, "answer"))
		} else {
			text += fmt.Sprintf("; no answer to these cases in %s of the baseline's version", several(n, "earlier run"))
		}
	}
	return text + "." + alsoChanged(c)
}

// ground says how the verdict was reached.
func ground(c *drift.Comparison) string {
	text := fmt.Sprintf("At most %s %% of reports on an unchanged agent say regressed", number(50*c.Options.Alpha))
	if len(c.Others) > 0 || c.Vocabulary != nil {
		text += fmt.Sprintf(", and at most %s %% that a measure or the vocabulary changed", number(100*c.Options.Alpha))
	}
	bounds := "95"
	if c.Baseline.Run.StopEarly != nil || c.Candidate.Run.StopEarly != nil {
		bounds = "97.5" // half of the error rate belongs to stopping
	}
	text += fmt.Sprintf("; intervals are two-sided %s %%, and holds says that the one-sided %s %% bounds lie inside the margin; all metrics and slices are corrected together", number(100*c.Options.Confidence), bounds)
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
