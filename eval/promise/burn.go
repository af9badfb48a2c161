package promise

import (
	"fmt"
	"strings"
	"time"

	"holdtrue/eval"
	"holdtrue/eval/stats"
)

// rule is an alert on the burn rate, that is the share of violations over
// 1 - objective: it fires if both windows, in days with a run, burn at the
// threshold or faster.
type rule struct {
	severity    string
	long, short int
	threshold   float64
	// proven asks in addition for evidence: the 95 % lower bound (Clopper and
	// Pearson) of the long window's share must be above what the objective
	// allows. Without it a healthy agent with a small budget raises the slowest
	// alert in a third of all 90-day spans.
	proven bool
}

// rules map those of the SRE workbook (chapter 5, multi-window alerts of a 30-day
// objective) to an evaluation that runs once a day, where windows of an hour do
// not exist and one night at the workbook's 14.4 would be 48 % of a month: one
// night at 6 spends 20 % of the budget, three at 3 spend 30, seven at 1.5 spend
// 35, fourteen at 1 spend 47.
var rules = []rule{
	{"page", 1, 1, 6, false},
	{"page", 3, 1, 3, false},
	{"ticket", 7, 2, 1.5, false},
	{"ticket", 14, 3, 1, true},
}

// proof is the confidence of a rule's evidence, one-sided.
const proof = 0.95

// burn sets the alerts. A rule whose long window has not been filled yet does
// not fire; an objective of 1 has no budget to burn.
func (a *Account) burn(days []tally) {
	allowed := 1 - a.Promise.Objective
	if allowed <= 0 {
		return
	}
	for _, r := range rules {
		long, short := last(days, r.long), last(days, r.short)
		b := Burn{Severity: r.severity, Long: r.long, Short: r.short, Threshold: r.threshold,
			LongBurn: long.share() / allowed, ShortBurn: short.share() / allowed}
		b.Firing = len(days) >= r.long && b.LongBurn >= r.threshold && b.ShortBurn >= r.threshold
		if r.proven && b.Firing {
			low, _ := stats.ClopperPearson(long.violations, long.answers, 2*proof-1)
			b.Firing = low > allowed
		}
		a.Burns = append(a.Burns, b)
	}
}

// last sums up the newest n days.
func last(days []tally, n int) tally {
	var t tally
	for _, d := range days[max(0, len(days)-n):] {
		t.answers += d.answers
		t.violations += d.violations
	}
	return t
}

func (t tally) share() float64 {
	if t.answers == 0 {
		return 0
	}
	return float64(t.violations) / float64(t.answers)
}

// project says when the budget runs out if it is spent as of late.
func (a *Account) project(days []tally) {
	const lately = 7
	n := min(lately, len(days))
	if n == 0 || a.Left <= 0 {
		return
	}
	perDay := float64(last(days, lately).violations) / float64(n)
	if perDay == 0 {
		return
	}
	left := a.Left / perDay
	if left > 10*float64(a.Promise.Days) {
		return
	}
	at := a.To.Add(time.Duration(left * float64(day))).Truncate(day)
	a.RunsOut = &at
}

// conclude finds the state and its sentence.
func (a *Account) conclude(withoutMetric int) {
	p := &a.Promise
	share := func(v float64) string { return strings.TrimSuffix(fmt.Sprintf("%.1f", 100*v), ".0") + " %" }
	spent := fmt.Sprintf("%d of %d answers in %d days violated it", a.Violations, a.Answers, a.Days)
	switch {
	case p.Severity == eval.Critical && a.Violations > 0:
		a.State = Broken
		a.Reason = fmt.Sprintf("one violation breaks it, and %s", spent)
	case a.Violations > 0 && a.Left < 0:
		a.State = Broken
		a.Reason = fmt.Sprintf("%s, more than the %.1f that %s over %d days allow", spent, a.Budget, share(p.Objective), p.Days)
	case a.Days < a.Needed:
		a.State = Unproven
		a.Reason = fmt.Sprintf("%d of the %d days that it takes have a run", a.Days, a.Needed)
		if withoutMetric > 0 && a.Runs == 0 {
			a.Reason += fmt.Sprintf("; no run of the window has the metric %s", p.Metric)
		}
	default:
		a.State = Kept
		a.Reason = fmt.Sprintf("%s kept, at least %s promised; %.1f of a budget of %.1f left", share(*a.Rate), share(p.Objective), a.Left, a.Budget)
	}
}

// Firing lists the alerts that fire, pages first.
func (a *Account) Firing() []Burn {
	var firing []Burn
	for _, b := range a.Burns {
		if b.Firing {
			firing = append(firing, b)
		}
	}
	return firing
}
