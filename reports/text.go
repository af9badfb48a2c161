package reports

import (
	"bytes"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/fatih/color"
	"github.com/olekukonko/tablewriter/pkg/twwidth"

	"holdtrue/eval/drift"
)

var textFormat = &Format{Name: "text", Doc: "for a terminal; tab-separated tables where there is none", Write: writeText}

// shownCases is how many of the worst cases a report for reading shows.
const shownCases = 5

func writeText(w io.Writer, c *drift.Comparison, opt Options) error {
	var b bytes.Buffer
	t := textWriter{&b, c, opt}
	t.head()
	for _, part := range []func() error{t.metrics, t.slices, t.others, t.cases} {
		if err := part(); err != nil {
			return err
		}
	}
	if err := promiseText(t.b, t.opt.Promises, t.opt.Width); err != nil {
		return err
	}
	t.lines("Flaky: the same version answers now well, now badly", flaky(c))
	t.lines("Left out", leftOut(c))
	t.lines("What these cases could not have shown", blind(c))
	t.lines("Warnings", neutralLines(c.Warnings))
	fmt.Fprintf(&b, "\n%s\n", wrap(ground(c), opt.Width))
	t.lines("Next", opt.Commands)
	return flush(w, &b)
}

type textWriter struct {
	b   *bytes.Buffer
	c   *drift.Comparison
	opt Options
}

func (t textWriter) head() {
	if broken := brokenLine(t.opt.Promises); broken != "" {
		fmt.Fprintln(t.b, t.paint(wrap(broken, t.opt.Width), color.FgRed))
	}
	first := wrap(headline(t.c), t.opt.Width)
	word, rest, _ := strings.Cut(first, ":")
	fmt.Fprintf(t.b, "%s:%s\n", t.paint(word, verdictColor(t.c.Verdict)), rest)
	if cause := causeLine(t.opt); cause != "" {
		fmt.Fprintln(t.b, wrap(plain(cause), t.opt.Width))
	}
	for _, l := range howSure(t.c) {
		fmt.Fprintln(t.b, wrap(l, t.opt.Width))
	}
	for _, r := range neutralLines(t.c.Reasons) {
		fmt.Fprintln(t.b, bullet(r, t.opt.Width))
	}
	for _, n := range neutralLines(t.c.Next) {
		fmt.Fprintln(t.b, wrap("-> "+n, t.opt.Width))
	}
}

// paint colours a text where there is colour.
func (t textWriter) paint(text string, attribute color.Attribute) string {
	if !t.opt.Color {
		return text
	}
	paint := color.New(attribute, color.Bold)
	paint.EnableColor()
	return paint.Sprint(text)
}

func verdictColor(v drift.Verdict) color.Attribute {
	switch {
	case down(v) || v == drift.Mixed:
		return color.FgRed
	case up(v) || v == drift.Holds:
		return color.FgGreen
	}
	return color.FgYellow
}

func (t textWriter) title(s string) { fmt.Fprintf(t.b, "\n%s\n", s) }

func (t textWriter) lines(title string, lines []string) {
	if len(lines) == 0 {
		return
	}
	t.title(title)
	for _, l := range lines {
		if title == "Next" {
			fmt.Fprintf(t.b, "  %s\n", l)
			continue
		}
		fmt.Fprintln(t.b, bullet(l, t.opt.Width))
	}
}

func (t textWriter) metrics() error {
	tab := table{header: []string{"metric", "verdict", "before", "now", "change [95 %]", "worse/better/same", "p"}, right: []int{2, 3, 5, 6}, names: []int{0}, spare: []int{6, 5}}
	for i := range t.c.Metrics {
		m := &t.c.Metrics[i]
		o := &m.Overall
		tab.add(plain(m.Metric.Name), string(m.Verdict), mean(m.Metric, o, o.Baseline), mean(m.Metric, o, o.Candidate), change(m.Metric, o), counts(o), corrected(o))
	}
	if len(tab.rows) == 0 {
		return nil
	}
	t.title("Metrics (points of 100)")
	return tab.text(t.b, t.opt.Width)
}

func (t textWriter) slices() error {
	list, quiet := movedSlices(t.c)
	if len(list) > 0 {
		t.title("Slices that moved")
	}
	tab := table{header: []string{"slice", "metric", "verdict", "before", "now", "change [95 %]", "worse/better/same", "p"}, right: []int{3, 4, 6, 7}, names: []int{0, 1}, spare: []int{7, 6}}
	for _, m := range list {
		tab.add(plain(m.cell.Slice), plain(m.metric.Metric.Name), string(m.cell.Verdict), level(m.metric.Metric, m.cell.Baseline),
			level(m.metric.Metric, m.cell.Candidate), change(m.metric.Metric, m.cell), counts(m.cell), corrected(m.cell))
	}
	if err := tab.text(t.b, t.opt.Width); err != nil {
		return err
	}
	if quiet > 0 {
		fmt.Fprintf(t.b, "%s of a metric did not move beyond noise.\n", several(quiet, "other slice"))
	}
	return nil
}

func (t textWriter) others() error {
	tab := table{header: []string{"measure", "", "before", "now", "change [95 %]", "unit", "p"}, right: []int{2, 3, 6}, names: []int{0}, spare: []int{6}}
	shown, _ := behaviour(t.c)
	for _, m := range shown {
		o := &m.Overall
		tab.add(plain(m.Metric.Name), string(m.Verdict), mean(m.Metric, o, o.Baseline), mean(m.Metric, o, o.Candidate), change(m.Metric, o), plain(m.Metric.Unit), corrected(o))
	}
	if e := t.c.Errors; e != nil && t.c.Baseline.Failed+t.c.Candidate.Failed > 0 {
		tab.add("failed calls", string(e.Verdict), level(e.Metric, e.Overall.Baseline), level(e.Metric, e.Overall.Candidate), change(e.Metric, &e.Overall), "%", corrected(&e.Overall))
	}
	lines := behaviourLines(t.c)
	if len(tab.rows)+len(lines) == 0 {
		return nil
	}
	t.title("Neither better nor worse")
	if err := tab.text(t.b, t.opt.Width); err != nil {
		return err
	}
	for _, l := range lines {
		fmt.Fprintln(t.b, wrap(l, t.opt.Width))
	}
	return nil
}

func (t textWriter) cases() error {
	if len(t.c.Worse) == 0 {
		return nil
	}
	shown := t.c.Worse[:min(shownCases, len(t.c.Worse))]
	t.title(fmt.Sprintf("Worst cases (%d of %d that got worse)", len(shown), t.c.WorseTotal))
	width := t.opt.Width
	if width == 0 {
		width = 100
	}
	for _, w := range shown {
		fmt.Fprintf(t.b, "  %s\n", ellipsis(fmt.Sprintf("%s  (%s)%s", plain(w.CaseID), w.Kind, tagText(w.Tags)), width-2))
		for _, l := range w.Losses[:min(3, len(w.Losses))] {
			fmt.Fprintf(t.b, "    %s\n", ellipsis(lossText(l)+reasonOf(&w, l.Metric), width-4))
		}
		before, now := aroundChange(w.BaselineOutput.Text, w.CandidateOutput.Text, width-12)
		fmt.Fprintf(t.b, "    before: %s\n", orWord(before, w.BaselineOutput.Err))
		fmt.Fprintf(t.b, "    now:    %s\n", orWord(now, w.CandidateOutput.Err))
	}
	return nil
}

func orWord(text, failure string) string {
	switch {
	case failure != "":
		return "the call failed: " + plain(cut(failure, 200))
	case text == "":
		return "(empty)"
	}
	return text
}

// reasonOf is what the scorer said of the candidate's answer.
func reasonOf(w *drift.CaseChange, metric string) string {
	for _, s := range w.CandidateScores {
		if s.Metric == metric && s.Reason != "" {
			return ": " + plain(cut(s.Reason, 120))
		}
	}
	return ""
}

func tagText(tags map[string][]string) string {
	var parts []string
	for _, k := range sortedKeys(tags) {
		values := make([]string, len(tags[k]))
		for i, v := range tags[k] {
			values[i] = tagWord(v)
		}
		parts = append(parts, tagWord(k)+"="+strings.Join(values, "|"))
	}
	if len(parts) == 0 {
		return ""
	}
	return "  " + plain(strings.Join(parts, " "))
}

// tagWord quotes a tag that would not be seen to be one.
func tagWord(s string) string {
	if s == "" || strings.ContainsAny(s, " \t\n\"=") {
		return strconv.Quote(s)
	}
	return s
}

// aroundChange shows both texts from a little before their first difference.
func aroundChange(before, now string, width int) (string, string) {
	i := 0
	for i < len(before) && i < len(now) && before[i] == now[i] {
		i++
	}
	start := strings.LastIndexByte(before[:i], ' ')
	for range 3 {
		if start > 0 {
			start = strings.LastIndexByte(before[:start], ' ')
		}
	}
	lead := ""
	if start > 20 {
		lead = "... "
	} else {
		start = 0
	}
	part := func(s string) string {
		return lead + ellipsis(plain(strings.TrimSpace(s[min(start, len(s)):])), max(20, width-len(lead)))
	}
	return part(before), part(now)
}

// ellipsis shortens a text to at most n columns of a terminal.
func ellipsis(s string, n int) string {
	if twwidth.Width(s) <= n {
		return s
	}
	const dots = "..."
	width := len(dots)
	for i, r := range s {
		if width += twwidth.Width(string(r)); width > n {
			return s[:i] + dots
		}
	}
	return s
}

func neutralLines(lines []string) []string {
	out := make([]string, len(lines))
	for i, l := range lines {
		out[i] = plain(l)
	}
	return out
}

func bullet(s string, width int) string {
	return "  " + strings.ReplaceAll(wrap(s, width-4), "\n", "\n    ")
}

// wrap breaks a line at blanks so that it fits the terminal; 0 leaves it whole.
func wrap(s string, width int) string {
	if width < 20 {
		return s
	}
	var b strings.Builder
	n := 0
	for i, word := range strings.Fields(s) {
		l := twwidth.Width(word)
		switch {
		case i == 0:
		case n+1+l > width:
			b.WriteByte('\n')
			n = -1
		default:
			b.WriteByte(' ')
		}
		b.WriteString(word)
		n += 1 + l
	}
	return b.String()
}
