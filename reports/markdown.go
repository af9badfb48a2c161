package reports

import (
	"bytes"
	"fmt"
	"io"
	"strings"

	"holdtrue/eval/drift"
)

var markdownFormat = &Format{Name: "markdown", Doc: "for a pull request or a step summary, under 60,000 bytes", Write: writeMarkdown}

// DefaultMaxBytes is what fits into a comment with room to spare.
const DefaultMaxBytes = 60_000

// section is a part of the report that may be shed. A name is what the reader
// is told about what is gone.
type section struct {
	name string
	text string
}

// writeMarkdown lays out all sections and sheds the least important ones until
// the rest fits: from the last case upwards, then the other sections in a fixed
// order.
func writeMarkdown(w io.Writer, c *drift.Comparison, opt Options) error {
	limit := opt.MaxBytes
	if limit == 0 {
		limit = DefaultMaxBytes
	}
	head := markdownHead(c, opt)
	foot := markdownFoot(c, opt)
	parts := []section{
		{"the metrics table", markdownMetrics(c)},
		{"the table of slices", markdownSlices(c)},
		{"promises", promiseMarkdown(opt.Promises)},
	}
	for i, w := range c.Worse[:min(shownCases, len(c.Worse))] {
		parts = append(parts, section{"worst case " + fmt.Sprint(i+1), markdownCase(c, i, &w)})
	}
	parts = append(parts,
		section{"measures", markdownOthers(c)},
		section{"flaky cases", markdownList("Flaky: the same version answers now well, now badly", flaky(c))},
		section{"what was left out", markdownList("Left out", leftOut(c))},
		section{"what could not have been seen", markdownList("What these cases could not have shown", blind(c))},
		section{"warnings", markdownList("Warnings", c.Warnings)},
	)
	const note = 400
	size := len(head) + len(foot) + note
	kept := make([]bool, len(parts))
	var shed []string
	for i, p := range parts { // in the order of importance
		if size+len(p.text) <= limit {
			kept[i] = true
			size += len(p.text)
		} else {
			shed = append(shed, p.name)
		}
	}
	var b bytes.Buffer
	b.WriteString(cutBytes(head, limit-len(foot)-note))
	for i, p := range parts {
		if kept[i] {
			b.WriteString(p.text)
		}
	}
	if len(shed) > 0 {
		fmt.Fprintf(&b, "\nLeft out here to fit %d bytes: %s. The command below shows everything.\n", limit, strings.Join(shed, ", "))
	}
	b.WriteString(foot)
	return flush(w, &b)
}

// cutBytes shortens a text at a line's end.
func cutBytes(s string, n int) string {
	if len(s) <= n {
		return s
	}
	s = s[:max(0, n)]
	if i := strings.LastIndexByte(s, '\n'); i >= 0 {
		s = s[:i+1]
	}
	return s
}

func markdownHead(c *drift.Comparison, opt Options) string {
	var b strings.Builder
	fmt.Fprintf(&b, "<!-- holdtrue:%s -->\n", marker(c.Candidate.Run.Suite))
	if broken := brokenLine(opt.Promises); broken != "" {
		word, rest, _ := strings.Cut(broken, ":")
		fmt.Fprintf(&b, "### 🔴 %s\n\n%s\n\n", word, inline(strings.TrimSpace(rest)))
	}
	word, rest, _ := strings.Cut(headline(c), ":")
	fmt.Fprintf(&b, "### %s %s\n\n%s\n", sign(c.Verdict), word, inline(strings.TrimSpace(rest)))
	if cause := causeLine(opt); cause != "" {
		fmt.Fprintf(&b, "\n%s\n", inline(cut(cause, 600)))
	}
	for _, l := range howSure(c) {
		fmt.Fprintf(&b, "\n%s\n", inline(l))
	}
	const most = 12
	for i, r := range c.Reasons {
		if i == most {
			fmt.Fprintf(&b, "- and %s\n", several(len(c.Reasons)-most, "more finding"))
			break
		}
		if i == 0 {
			b.WriteByte('\n')
		}
		fmt.Fprintf(&b, "- %s\n", inline(cut(r, 400)))
	}
	for i, n := range c.Next {
		if i == 0 {
			b.WriteByte('\n')
		}
		fmt.Fprintf(&b, "**Next:** %s\n", inline(n))
	}
	return b.String()
}

func sign(v drift.Verdict) string {
	switch {
	case down(v) || v == drift.Mixed:
		return "🔴"
	case up(v) || v == drift.Holds:
		return "🟢"
	}
	return "🟡"
}

// marker is a suite's name as a comment may hold it.
func marker(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r == '_', r == '.':
			return r
		}
		return '-'
	}, cut(s, 60))
}

func markdownMetrics(c *drift.Comparison) string {
	if len(c.Metrics) == 0 {
		return ""
	}
	tab := table{header: []string{"metric", "verdict", "before", "now", "change [95 %]", "worse / better / same", "p"}, right: []int{2, 3, 4, 5, 6}}
	for i := range c.Metrics {
		m := &c.Metrics[i]
		o := &m.Overall
		tab.add(inline(m.Metric.Name), emphasis(m.Verdict), mean(m.Metric, o, o.Baseline), mean(m.Metric, o, o.Candidate), change(m.Metric, o), counts(o), corrected(o))
	}
	var b bytes.Buffer
	b.WriteByte('\n')
	tab.markdown(&b)
	return b.String()
}

func emphasis(v drift.Verdict) string {
	if down(v) || v == drift.Mixed {
		return "**" + string(v) + "**"
	}
	return string(v)
}

func markdownSlices(c *drift.Comparison) string {
	list, quiet := movedSlices(c)
	if len(list) == 0 {
		return ""
	}
	const most = 12
	tab := table{header: []string{"slice", "metric", "verdict", "before", "now", "change [95 %]", "worse / better / same"}, right: []int{3, 4, 5, 6}}
	for _, m := range list[:min(most, len(list))] {
		tab.add(inline(cut(m.cell.Slice, 80)), inline(m.metric.Metric.Name), emphasis(m.cell.Verdict), level(m.metric.Metric, m.cell.Baseline),
			level(m.metric.Metric, m.cell.Candidate), change(m.metric.Metric, m.cell), counts(m.cell))
	}
	var b bytes.Buffer
	b.WriteString("\n#### Slices that moved\n\n")
	tab.markdown(&b)
	if more := len(list) - most; more > 0 {
		fmt.Fprintf(&b, "\n%s moved; ", several(more, "more slice"))
	} else {
		b.WriteByte('\n')
	}
	fmt.Fprintf(&b, "%d did not move beyond noise.\n", quiet)
	return b.String()
}

func markdownCase(c *drift.Comparison, i int, w *drift.CaseChange) string {
	var b strings.Builder
	if i == 0 {
		fmt.Fprintf(&b, "\n#### Worst cases (%d of %d that got worse)\n", min(shownCases, len(c.Worse)), c.WorseTotal)
	}
	lead := ""
	if len(w.Losses) > 0 {
		lead = lossText(w.Losses[0])
	}
	fmt.Fprintf(&b, "\n<details><summary><b>%s</b>: %s (%s)</summary>\n\n", inline(cut(w.CaseID, 80)), inline(cut(lead, 120)), w.Kind)
	fmt.Fprintf(&b, "**Asked:** %s\n\n", inline(cut(w.Case.Text(), 500)))
	for _, l := range w.Losses[:min(4, len(w.Losses))] {
		fmt.Fprintf(&b, "- %s%s\n", inline(lossText(l)), inline(reasonOf(w, l.Metric)))
	}
	switch {
	case w.CandidateOutput.Err != "":
		fmt.Fprintf(&b, "\nThe call failed: %s\n", inline(cut(w.CandidateOutput.Err, 400)))
	default:
		fmt.Fprintf(&b, "\n<p>%s</p>\n", cutMarkup(wordDiff(w.BaselineOutput.Text, w.CandidateOutput.Text)))
	}
	b.WriteString("\n</details>\n")
	return b.String()
}

// maxMarkup bounds one case's diff.
const maxMarkup = 7000

// cutMarkup shortens marked-up text without leaving a tag open.
func cutMarkup(s string) string {
	if len(s) <= maxMarkup {
		return s
	}
	s = s[:maxMarkup]
	if i := strings.LastIndexAny(s, " >"); i > 0 {
		s = s[:i]
	}
	if i := strings.LastIndexByte(s, '<'); i > strings.LastIndexByte(s, '>') {
		s = s[:i]
	}
	if i := strings.LastIndexByte(s, '&'); i > strings.LastIndexByte(s, ';') {
		s = s[:i]
	}
	for _, tag := range []string{"ins", "del"} {
		if strings.Count(s, "<"+tag+">") > strings.Count(s, "</"+tag+">") {
			s += "</" + tag + ">"
		}
	}
	return strings.ToValidUTF8(s, "") + " [cut]"
}

func markdownOthers(c *drift.Comparison) string {
	var lines []string
	shown, _ := behaviour(c)
	for _, m := range shown {
		if m.Reason != "" {
			lines = append(lines, m.Reason)
		}
	}
	return markdownList("Neither better nor worse", append(lines, behaviourLines(c)...))
}

func markdownList(title string, lines []string) string {
	if len(lines) == 0 {
		return ""
	}
	var b strings.Builder
	fmt.Fprintf(&b, "\n#### %s\n\n", title)
	for _, l := range lines {
		fmt.Fprintf(&b, "- %s\n", inline(cut(l, 600)))
	}
	return b.String()
}

func markdownFoot(c *drift.Comparison, opt Options) string {
	var b strings.Builder
	fmt.Fprintf(&b, "\n%s\n", inline(ground(c)))
	if opt.Reproduce != "" {
		b.WriteString("\n" + fenced(opt.Reproduce))
	}
	return b.String()
}
