package reports

import (
	"fmt"
	"strings"

	"holdtrue/eval/drift"
)

// behaviour lists the measures that a report shows: those that changed, then
// those that the suite asks for; quiet counts the others, of which there is
// nothing to tell.
func behaviour(c *drift.Comparison) (shown []*drift.Metric, quiet int) {
	var asked []*drift.Metric
	for i := range c.Others {
		switch m := &c.Others[i]; {
		case m.Verdict == drift.Changed:
			shown = append(shown, m)
		case m.Metric.Standard:
			quiet++
		default:
			asked = append(asked, m)
		}
	}
	return append(shown, asked...), quiet
}

// behaviourLines say what of the measures and the vocabulary no table shows.
func behaviourLines(c *drift.Comparison) []string {
	var lines, still []string
	shown, quiet := behaviour(c)
	if quiet > 0 {
		what := "measure"
		if len(shown) > 0 {
			what = "other measure"
		}
		still = append(still, several(quiet, what))
	}
	switch v := c.Vocabulary; {
	case v == nil || v.Cases == 0: // no text changed, as the head says
	case v.Verdict == drift.Changed:
		lines = append(lines, "Vocabulary: "+plain(v.Reason)+".")
	default:
		still = append(still, "the vocabulary")
	}
	verb := "show"
	if len(still) == 1 && quiet <= 1 {
		verb = "shows"
	}
	if len(still) > 0 {
		text := strings.Join(still, " and ") + " " + verb + " no change beyond noise."
		lines = append([]string{strings.ToUpper(text[:1]) + text[1:]}, lines...)
	}
	return lines
}

// changedNames names what changed beyond noise and is neither better nor worse.
func changedNames(c *drift.Comparison) []string {
	var names []string
	for i := range c.Others {
		if m := &c.Others[i]; m.Verdict == drift.Changed {
			names = append(names, plain(m.Metric.Name))
		}
	}
	if v := c.Vocabulary; v != nil && v.Verdict == drift.Changed {
		names = append(names, "the vocabulary")
	}
	return names
}

// alsoChanged is a sentence for the head of a report, or nothing.
func alsoChanged(c *drift.Comparison) string {
	names := changedNames(c)
	if len(names) == 0 {
		return ""
	}
	const most = 6
	if more := len(names) - most; more > 0 {
		names = append(names[:most], fmt.Sprintf("%d more", more))
	}
	return " Changed, outside the verdict: " + strings.Join(names, ", ") + "."
}
