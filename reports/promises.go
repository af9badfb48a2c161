package reports

import (
	"bytes"
	"fmt"
	"io"
	"strings"

	"holdtrue/eval"
	"holdtrue/eval/promise"
)

// brokenLine is the first line of a report over a broken promise, "" if none is.
func brokenLine(accounts []promise.Account) string {
	broken := promise.BrokenOf(accounts)
	if len(broken) == 0 {
		return ""
	}
	line := fmt.Sprintf("PROMISE BROKEN: %s: %s.", plain(cut(broken[0].Promise.Name, 200)), plain(broken[0].Reason))
	if more := len(broken) - 1; more > 0 {
		line += fmt.Sprintf(" So %s %s.", isAre(more), several(more, "other promise"))
	}
	return line
}

func isAre(n int) string {
	if n == 1 {
		return "is"
	}
	return "are"
}

// promiseTable lays out the accounts.
func promiseTable(accounts []promise.Account, neutral func(string) string) *table {
	tab := &table{header: []string{"promise", "state", "kept", "promised", "budget left", "burn", "runs out"}, right: []int{2, 3, 4, 5}, names: []int{0}, spare: []int{6}}
	for i := range accounts {
		a := &accounts[i]
		kept := "unknown"
		if a.Rate != nil {
			kept = fmt.Sprintf("%.2f", 100**a.Rate)
		}
		tab.add(neutral(cut(a.Promise.Name, 100)), string(a.State), kept, fmt.Sprintf("%.4g", 100*a.Promise.Objective),
			fmt.Sprintf("%.1f of %.1f", a.Left, a.Budget), burnText(a), runsOut(a))
	}
	return tab
}

// burnText is the burn rate over the shortest window that fires, or over a week.
func burnText(a *promise.Account) string {
	if firing := a.Firing(); len(firing) > 0 {
		return fmt.Sprintf("%.1f, %s", firing[0].LongBurn, firing[0].Severity)
	}
	for _, b := range a.Burns {
		if b.Long == 7 {
			return fmt.Sprintf("%.1f", b.LongBurn)
		}
	}
	return ""
}

func runsOut(a *promise.Account) string {
	switch {
	case a.RunsOut != nil:
		return a.RunsOut.Format("2006-01-02")
	case a.State == promise.Broken:
		return "gone"
	}
	return ""
}

// promiseLines says of every promise how it stands, and what spent it.
func promiseLines(accounts []promise.Account) []string {
	var lines []string
	for i := range accounts {
		a := &accounts[i]
		if a.State == promise.Kept && len(a.Firing()) == 0 {
			continue
		}
		line := fmt.Sprintf("%s (%s) is %s: %s", cut(a.Promise.Name, 200), promiseOf(&a.Promise), a.State, a.Reason)
		for _, b := range a.Firing() {
			line += fmt.Sprintf("; %s: the last %s burn the budget at %.1f times the promised rate", b.Severity, several(b.Long, "day"), b.LongBurn)
		}
		if len(a.Spenders) > 0 {
			var cases []string
			for _, s := range a.Spenders[:min(5, len(a.Spenders))] {
				cases = append(cases, fmt.Sprintf("%s (%d of %d)", cut(s.CaseID, 80), s.Violations, s.Answers))
			}
			line += "; spent by " + strings.Join(cases, ", ")
			if more := a.SpendersTotal - len(cases); more > 0 {
				line += fmt.Sprintf(" and %s", several(more, "more case"))
			}
		}
		lines = append(lines, line)
	}
	return lines
}

// promiseOf is "facts on topic=refunds, 99 % over 30 days, critical".
func promiseOf(p *eval.PromiseSpec) string {
	text := cut(p.Metric, 80)
	if p.Slice != "" {
		text += " on " + cut(p.Slice, 80)
	}
	text += fmt.Sprintf(", %.4g %% over %s", 100*p.Objective, several(p.Days, "day"))
	if p.Severity == eval.Critical {
		text += ", critical"
	}
	return text
}

// promiseText is the section of a text report.
func promiseText(b *bytes.Buffer, accounts []promise.Account, width int) error {
	if len(accounts) == 0 {
		return nil
	}
	b.WriteString("\nPromises (answers, points of 100)\n")
	if err := promiseTable(accounts, plain).text(b, width); err != nil {
		return err
	}
	for _, l := range neutralLines(promiseLines(accounts)) {
		fmt.Fprintln(b, bullet(l, width))
	}
	return nil
}

// Promises writes the accounts by themselves, as text; nothing where there are none.
func Promises(w io.Writer, accounts []promise.Account, opt Options) error {
	var b bytes.Buffer
	if broken := brokenLine(accounts); broken != "" {
		fmt.Fprintln(&b, wrap(broken, opt.Width))
	}
	if err := promiseText(&b, accounts, opt.Width); err != nil {
		return err
	}
	return flush(w, &b)
}

// promiseMarkdown is the section of a markdown report.
func promiseMarkdown(accounts []promise.Account) string {
	if len(accounts) == 0 {
		return ""
	}
	var b bytes.Buffer
	b.WriteString("\n#### Promises\n\n")
	promiseTable(accounts, inline).markdown(&b)
	for i, l := range promiseLines(accounts) {
		if i == 0 {
			b.WriteByte('\n')
		}
		fmt.Fprintf(&b, "- %s\n", inline(cut(l, 600)))
	}
	return b.String()
}

// Prometheus writes the accounts in the text format of Prometheus, version 0.0.4
// (https://prometheus.io/docs/instrumenting/exposition_formats): one gauge a
// figure, labelled with suite, agent and promise.
func Prometheus(w io.Writer, suite, agent string, accounts []promise.Account) error {
	var b bytes.Buffer
	gauge := func(name, help string, value func(a *promise.Account, sample func(extra string, v float64))) {
		fmt.Fprintf(&b, "# HELP holdtrue_%s %s\n# TYPE holdtrue_%s gauge\n", name, help, name)
		for i := range accounts {
			a := &accounts[i]
			value(a, func(extra string, v float64) {
				fmt.Fprintf(&b, "holdtrue_%s{suite=%s,agent=%s,promise=%s,severity=%s%s} %g\n",
					name, label(suite), label(agent), label(a.Promise.Name), label(string(a.Promise.Severity)), extra, v)
			})
		}
	}
	gauge("promise_state", "1 for the state the promise is in.", func(a *promise.Account, sample func(string, float64)) {
		for _, s := range []promise.State{promise.Kept, promise.Broken, promise.Unproven} {
			is := 0.0
			if a.State == s {
				is = 1
			}
			sample(",state="+label(string(s)), is)
		}
	})
	gauge("promise_objective", "The share of answers that was promised.", func(a *promise.Account, sample func(string, float64)) { sample("", a.Promise.Objective) })
	gauge("promise_answers", "Answers in the window.", func(a *promise.Account, sample func(string, float64)) { sample("", float64(a.Answers)) })
	gauge("promise_violations", "Answers in the window that violated the promise.", func(a *promise.Account, sample func(string, float64)) { sample("", float64(a.Violations)) })
	gauge("promise_budget", "Violations that a whole window allows.", func(a *promise.Account, sample func(string, float64)) { sample("", a.Budget) })
	gauge("promise_budget_left", "Budget less violations.", func(a *promise.Account, sample func(string, float64)) { sample("", a.Left) })
	gauge("promise_burn_rate", "Violations over what the objective allows, by window in days.", func(a *promise.Account, sample func(string, float64)) {
		for _, r := range a.Burns {
			sample(fmt.Sprintf(",alert=%s,days=\"%d\"", label(r.Severity), r.Long), r.LongBurn)
		}
	})
	return flush(w, &b)
}

// label quotes a label's value: backslash, quote and newline are escaped, and
// what is not UTF-8 is replaced.
func label(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`).Replace(strings.ToValidUTF8(s, "�")) + `"`
}
