package drift

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"holdtrue/eval"
)

// The sentences of a comparison. Numbers are rounded here and nowhere else.

// sentence is the reason of a cell with the name of its metric and slice.
func (c *Cell) sentence(m *Metric) string {
	return m.Metric.Name + c.place() + " " + c.Reason
}

// place is " on topic=refunds", or nothing for all cases.
func (c *Cell) place() string {
	if c.Slice == "" {
		return ""
	}
	return " on " + c.Slice
}

func (c *Cell) label() string {
	if c.Slice == "" {
		return "all cases together"
	}
	return c.Slice
}

// reason words the verdict of a cell of a gating metric.
func (x *measured) reason(c *Cell, margin, confidence float64) string {
	switch c.Verdict {
	case Regressed, Improved:
		words := x.moved(c) + " (" + x.evidence(c, confidence) + ")"
		if c.HoldsAt != nil && *c.HoldsAt < margin {
			words += "; detectable, but inside the margin of " + x.amount(margin)
		}
		return words
	case RegressedCases:
		return "got worse on some cases beyond their own noise; the average is not shown to have dropped (" + x.evidence(c, confidence) + ")"
	case ImprovedCases:
		return "got better on some cases beyond their own noise; the average is not shown to have risen (" + x.evidence(c, confidence) + ")"
	case Mixed:
		return "got worse on some cases and better on others, both beyond their own noise (" + x.evidence(c, confidence) + ")"
	case Holds:
		return fmt.Sprintf("holds within %s: a change of more than %s either way is ruled out (%s)",
			x.amount(margin), x.amountUp(*c.HoldsAt), x.tallies(c))
	}
	return x.doubt(c, margin)
}

// doubt says what an inconclusive cell could have seen and what it would need.
func (x *measured) doubt(c *Cell, margin float64) string {
	words := "is inconclusive: " + x.difference(c) + " may be noise"
	if c.Diff == 0 && c.Worse == 0 && c.Better == 0 {
		words = fmt.Sprintf("is inconclusive: no case changed, but %s too few to prove it", count(c.Cases, "case")+isAre(c.Cases))
	}
	words += x.couldSee(c)
	switch {
	case margin <= 0:
		words += "; a margin of 0 can never be proven, so give it a margin to let it hold"
	case c.NeedCases > 0 && c.Worse+c.Better == 0:
		words += fmt.Sprintf("; to hold within %s it needs about %d unchanged cases", x.amount(margin), c.NeedCases)
	case c.NeedCases+c.NeedRepeats > 0:
		words += fmt.Sprintf("; to settle it within %s it needs about %s", x.amount(margin), needWords(c))
	case x.metric.Scale == eval.Measure && c.Cases < leastMeasure:
		words += fmt.Sprintf("; a measure holds only with %d cases or more", leastMeasure)
	}
	return words
}

// couldSee says which losses an inconclusive cell would have shown.
func (x *measured) couldSee(c *Cell) string {
	var losses []string
	if c.DetectableEven != nil {
		what := "an even erosion of "
		if x.metric.Scale == eval.Measure {
			what = "an even change of "
		}
		losses = append(losses, what+x.amountUp(*c.DetectableEven))
	}
	if c.DetectableLosses != nil {
		losses = append(losses, "losses adding up to "+x.amountUp(*c.DetectableLosses))
	}
	switch {
	case len(losses) > 0:
		return "; it could see " + strings.Join(losses, ", or ") + ", 4 times in 5"
	case x.metric.Scale != eval.Measure:
		return "; it could see no loss reliably"
	}
	return ""
}

// needWords is "340 cases or 3 repeats".
func needWords(c *Cell) string {
	var ways []string
	if c.NeedCases > 0 {
		ways = append(ways, count(c.NeedCases, "case"))
	}
	if c.NeedRepeats > 0 {
		ways = append(ways, count(c.NeedRepeats, "repeat"))
	}
	return strings.Join(ways, " or ")
}

// changeWords is the reason of a cell that is neither better nor worse.
func (x *measured) changeWords(c *Cell) string {
	if c.Verdict == Changed {
		return x.moved(c) + " (" + x.tallies(c) + ")"
	}
	return "shows no change beyond noise: " + x.difference(c) + " (" + x.tallies(c) + ")"
}

// moved is "fell by 4.2 points", "rose by 13 % in the typical case".
func (x *measured) moved(c *Cell) string { return movedWords(x.metric, c) }

func (m *Metric) moved(c *Cell) string { return movedWords(m.Metric, c) }

func movedWords(metric eval.Metric, c *Cell) string {
	if c.Diff == 0 && c.Ratio == nil {
		return "stayed the same on average"
	}
	verb, size := "rose by ", ""
	if metric.Scale == eval.Measure && c.Ratio != nil {
		r := *c.Ratio
		if r < 1 {
			verb = "fell by "
		}
		size = percent(math.Abs(r-1)) + " in the typical case"
		if r >= 2 {
			verb, size = "rose ", strconv.FormatFloat(r, 'f', 1, 64)+"-fold in the typical case"
		}
	} else {
		if c.Diff < 0 {
			verb = "fell by "
		}
		size = amountOf(metric, math.Abs(c.Diff))
	}
	return verb + size
}

// loss is the size of a movement for the worse, to rank cells: in points of a
// score, as a share of a measure (the logarithm of its ratio where it has one).
func (m *Metric) loss(c *Cell) float64 {
	d := c.Diff
	switch {
	case m.Metric.Scale != eval.Measure:
	case c.Ratio != nil:
		d = math.Log(*c.Ratio)
	case m.Overall.Baseline > 0:
		d /= m.Overall.Baseline
	}
	if m.Metric.Better == eval.Lower {
		return d
	}
	return -d
}

// difference is "a difference of -1.2 points".
func (x *measured) difference(c *Cell) string {
	if x.metric.Scale == eval.Measure && c.Ratio != nil {
		return "a typical ratio of " + strconv.FormatFloat(*c.Ratio, 'f', 2, 64)
	}
	return "a difference of " + x.signedAmount(c.Diff)
}

// evidence is "95 % interval -6.0 to -2.4; 14 of 120 cases got worse, 2 better".
func (x *measured) evidence(c *Cell, confidence float64) string {
	var parts []string
	if x.metric.Scale == eval.Measure {
		parts = append(parts, fmt.Sprintf("mean %s to %s", x.amount(c.Baseline), x.amount(c.Candidate)))
	}
	if c.Method != "none" {
		parts = append(parts, fmt.Sprintf("%s interval %s to %s", percent(confidence), x.number(c.Low), x.number(c.High)))
	}
	return strings.Join(append(parts, x.tallies(c)), "; ")
}

func (x *measured) tallies(c *Cell) string {
	worse, better := "got worse", "better"
	if x.metric.Better == eval.Neither {
		worse, better = "fell", "rose"
	}
	if c.Worse+c.Better == 0 {
		return fmt.Sprintf("none of %s changed", count(c.Cases, "case"))
	}
	return fmt.Sprintf("%d of %s %s, %d %s", c.Worse, count(c.Cases, "case"), worse, c.Better, better)
}

// number is a value in points (of 100) or in the measure's unit, without it.
func (x *measured) number(v float64) string { return numberOf(x.metric, v) }

func (x *measured) amount(v float64) string { return amountOf(x.metric, v) }

// amountUp is the amount of what is claimed to be a bound.
func (x *measured) amountUp(v float64) string { return amountOf(x.metric, RoundUp(x.metric, v)) }

// RoundUp brings a score to the next tenth of a point of 100 above, so that a
// bound claims no more than what is shown; a measure stays as it is.
func RoundUp(metric eval.Metric, v float64) float64 {
	if metric.Scale == eval.Measure {
		return v
	}
	return math.Ceil(v*1000-1e-9) / 1000
}

func (x *measured) signedAmount(v float64) string {
	if v > 0 {
		return "+" + amountOf(x.metric, v)
	}
	return amountOf(x.metric, v)
}

func numberOf(metric eval.Metric, v float64) string {
	if metric.Scale != eval.Measure {
		return rounded(100*v, 1)
	}
	decimals := 0
	if a := math.Abs(v); a > 0 && a < 100 {
		decimals = min(6, max(0, 2-int(math.Floor(math.Log10(a)))))
	}
	return rounded(v, decimals)
}

func amountOf(metric eval.Metric, v float64) string {
	number := numberOf(metric, v)
	switch {
	case metric.Scale != eval.Measure && number == "1.0":
		return "1 point"
	case metric.Scale != eval.Measure:
		return strings.TrimSuffix(number, ".0") + " points"
	case metric.Unit == "":
		return number
	}
	return number + " " + metric.Unit
}

// rounded never gives "-0".
func rounded(v float64, decimals int) string {
	s := strconv.FormatFloat(v, 'f', decimals, 64)
	if strings.Trim(s, "-0.") == "" {
		return strings.TrimPrefix(s, "-")
	}
	return s
}

// percent is "5 %", with a decimal where that says more.
func percent(share float64) string {
	p := 100 * share
	if p != math.Trunc(p) && p < 10 {
		return rounded(p, 1) + " %"
	}
	return rounded(p, 0) + " %"
}

func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

func isAre(n int) string {
	if n == 1 {
		return " is"
	}
	return " are"
}

func wasWere(n int) string {
	if n == 1 {
		return "was"
	}
	return "were"
}

// someOf joins the first names and counts the others.
func someOf(names []string) string {
	const most = 5
	if len(names) <= most {
		return strings.Join(names, ", ")
	}
	return strings.Join(names[:most], ", ") + fmt.Sprintf(" and %d more", len(names)-most)
}
