package reports

import (
	"bytes"
	"fmt"
	"io"
	"strings"

	"github.com/fatih/color"

	"holdtrue/eval/drift"
)

// maxSeries is how many series a report for reading lists; beyond it those in
// which nothing was found are only counted.
const maxSeries = 60

func writeTrendText(w io.Writer, t *drift.Trend, opt TrendOptions) error {
	var b bytes.Buffer
	trendHead(&b, t, opt)
	if opt.Width > 0 {
		for _, s := range charted(t) {
			fmt.Fprintf(&b, "\n%s\n", wrap(trendTitle(s), opt.Width))
			chart(&b, t, s, opt)
		}
	}
	if err := trendTable(&b, t, opt); err != nil {
		return err
	}
	if err := promiseText(&b, opt.Promises, opt.Width); err != nil {
		return err
	}
	text := textWriter{b: &b, opt: opt.Options}
	text.lines("Where a series begins anew", trendBreaks(t))
	text.lines("Left out", trendLeft(t))
	text.lines("What the alarms could not have shown", trendBlind(t))
	text.lines("Warnings", neutralLines(t.Warnings))
	fmt.Fprintf(&b, "\n%s\n", wrap(trendGround(t), opt.Width))
	text.lines("Next", opt.Commands)
	return flush(w, &b)
}

func trendHead(b *bytes.Buffer, t *drift.Trend, opt TrendOptions) {
	if broken := brokenLine(opt.Promises); broken != "" {
		fmt.Fprintln(b, textWriter{opt: opt.Options}.paint(wrap(broken, opt.Width), color.FgRed))
	}
	word, rest, _ := strings.Cut(wrap(trendHeadline(t), opt.Width), ":")
	if opt.Color {
		paint := color.New(trendColor(t.Verdict), color.Bold)
		paint.EnableColor()
		word = paint.Sprint(word)
	}
	fmt.Fprintf(b, "%s:%s\n%s\n", word, rest, wrap(trendExtent(t), opt.Width))
	for _, r := range neutralLines(t.Reasons) {
		fmt.Fprintln(b, bullet(r, opt.Width))
	}
	for _, n := range neutralLines(t.Next) {
		fmt.Fprintln(b, wrap("-> "+n, opt.Width))
	}
}

func trendColor(v drift.Verdict) color.Attribute {
	if v == drift.Regressed {
		return color.FgRed
	}
	return color.FgYellow
}

// trendTitle is the line above a chart.
func trendTitle(s *drift.Series) string {
	unit := "points of 100"
	if u := unitOf(s); u != "points" {
		unit = u
	}
	return fmt.Sprintf("%s (%s, by run): %s", seriesName(s), unit, s.Verdict)
}

func trendTable(b *bytes.Buffer, t *drift.Trend, opt TrendOptions) error {
	tab := table{header: []string{"metric", "slice", "verdict", "runs", "last", "history", "changes with run", "evidence"},
		right: []int{3, 4}, names: []int{0, 1}, spare: []int{3, 5, 6}}
	quiet := 0
	for i := range t.Series {
		s := &t.Series[i]
		if (len(t.Series) > maxSeries && s.Slice != "" || s.Metric.Standard) && (s.Verdict == drift.NoChangeSeen || s.Verdict == drift.NotMeasured) {
			quiet++
			continue
		}
		tab.add(plain(s.Metric.Name), sliceName(s), string(s.Verdict), fmt.Sprint(comparable(s)), lastLevel(s), sparkline(t, s, opt.Last), changesText(s), evidence(s))
	}
	if len(tab.rows) == 0 {
		return nil
	}
	b.WriteString("\nSeries (scores in points of 100)\n")
	if opt.Width == 0 {
		tab = *tab.without(5) // a sparkline is for the eye
	}
	if err := tab.text(b, opt.Width); err != nil {
		return err
	}
	if quiet > 0 {
		verb, are := "show", "are"
		if quiet == 1 {
			verb, are = "shows", "is"
		}
		fmt.Fprintf(b, "%d other series %s no change or %s not measured.\n", quiet, verb, are)
	}
	return nil
}

// comparable is the number of runs that the newest one is compared with, itself
// included.
func comparable(s *drift.Series) int {
	if len(s.Segments) == 0 {
		return 0
	}
	last := s.Segments[len(s.Segments)-1]
	return last.To - last.From
}
