package drift

import (
	"fmt"
	"strings"

	"holdtrue/eval"
	"holdtrue/eval/stats"
)

// points is a share of a score in points of 100, rounded up.
func points(v float64) string {
	share := eval.Metric{Scale: eval.Unit}
	return amountOf(share, RoundUp(share, v))
}

// words writes the sentences of a plan.
func (p *Plan) words() {
	say := func(format string, args ...any) { p.Says = append(p.Says, fmt.Sprintf(format, args...)) }
	switch {
	case p.idle():
		say("nothing is asked for: a margin of 0 can never be held; ask for a loss that is to be seen, or for a margin")
	case p.Cheapest == nil:
		say("no size under %d cases and %d repeats does this", largestPlan, mostRepeats)
		if p.Options.Cases > 0 || p.Options.Repeats > 0 {
			p.Says[0] = "not as asked: " + p.sizeAsked() + " too few"
		}
	default:
		say("ask %s: %s", p.Cheapest.size(), p.Cheapest.shows())
	}
	if p.Options.Cases == 0 && p.Cheapest != p.AtHand {
		switch least := stats.CasesToHold(p.wanted(), 0, holdsAt, p.Options.Power); {
		case p.AtHand != nil:
			say("with the %s at hand, ask %s: %s", count(p.Cases, "case"), p.AtHand.size(), p.AtHand.shows())
		case p.Cases < least && p.holds(&p.Metrics[0]):
			say("with the %s at hand no number of repeats does: %d unchanged cases are the least for %s, these prove %s",
				count(p.Cases, "case"), least, points(p.wanted()), amountOf(eval.Metric{Scale: eval.Unit}, p.Provable)) // rounded as lint does
		default:
			say("the %s at hand%s too few, with %s", count(p.Cases, "case"), isAre(p.Cases), p.repeatsTried())
		}
	}
	for i := range p.Metrics {
		m := &p.Metrics[i]
		if least := stats.CasesToHold(m.Margin, 0, holdsAt, p.Options.Power); m.Cases < p.Cases && m.Cases < least {
			say("%s has a score on %s: cannot hold within %s, needs %d", m.Metric.Name, count(m.Cases, "case"), points(m.Margin), least)
		}
	}
	for _, s := range p.Slices {
		if s.Needs > 0 {
			say("%s has %s: cannot hold within %s, needs %d", s.Slice, count(s.Cases, "case"), points(s.Wanted), s.Needs)
		}
	}
	if len(p.Runs) > 0 {
		if p.Calls.CostUSD == nil {
			p.Notes = append(p.Notes, "the cost is unknown: no stored answer says what it cost")
		}
		if p.Calls.LatencyMS == nil {
			p.Notes = append(p.Notes, "the time is unknown: no stored answer says how long it took")
		}
	}
}

func (p *Plan) repeatsTried() string {
	if r := p.Options.Repeats; r > 0 {
		return count(r, "repeat")
	}
	return fmt.Sprintf("any number of repeats up to %d", mostRepeats)
}

// sizeAsked is "30 cases are", or "1 case and 2 repeats are".
func (p *Plan) sizeAsked() string {
	var parts []string
	if n := p.Options.Cases; n > 0 {
		parts = append(parts, count(n, "case"))
	}
	if r := p.Options.Repeats; r > 0 {
		parts = append(parts, count(r, "repeat"))
	}
	verb := " are"
	if len(parts) == 1 {
		verb = isAre(max(p.Options.Cases, p.Options.Repeats))
	}
	return strings.Join(parts, " and ") + verb
}

// size is "212 cases 2 times each (424 calls of either version, ...)".
func (r *PlanRow) size() string {
	words := count(r.Cases, "case")
	switch r.Repeats {
	case 1:
		words += " once each"
	case 2:
		words += " twice each"
	default:
		words += fmt.Sprintf(" %d times each", r.Repeats)
	}
	words += fmt.Sprintf(" (%s of either version", count(r.Calls, "call"))
	if r.CostUSD != nil {
		words += fmt.Sprintf(", about %s USD", costText(*r.CostUSD))
	}
	if r.Seconds != nil {
		words += ", about " + Duration(*r.Seconds) + " one after the other"
	}
	return words + ")"
}

func costText(v float64) string {
	if v < 0.1 {
		return fmt.Sprintf("%.2g", v)
	}
	return fmt.Sprintf("%.2f", v)
}

// Duration is a time in seconds as people say it: "40 s", "7 min", "2.5 h".
func Duration(seconds float64) string {
	switch {
	case seconds < 100:
		return fmt.Sprintf("%.2g s", seconds)
	case seconds < 100*60:
		return fmt.Sprintf("%.0f min", seconds/60)
	}
	return fmt.Sprintf("%.1f h", seconds/3600)
}

// shows is "an unchanged version holds within 4.9 points; an even erosion of ...".
func (r *PlanRow) shows() string {
	var parts []string
	if r.Margin != nil {
		parts = append(parts, "an unchanged version holds within "+points(*r.Margin))
	}
	var losses []string
	if r.Even != nil {
		losses = append(losses, "an even erosion of "+points(*r.Even))
	}
	if r.Losses != nil {
		losses = append(losses, "losses adding up to "+points(*r.Losses))
	}
	if len(losses) > 0 {
		parts = append(parts, strings.Join(losses, " and ")+" are seen")
	}
	return strings.Join(parts, "; ")
}
