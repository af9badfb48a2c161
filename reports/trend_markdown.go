package reports

import (
	"bytes"
	"fmt"
	"io"
	"strings"

	"holdtrue/eval/drift"
)

// writeTrendMarkdown lays out all sections and sheds those that do not fit.
func writeTrendMarkdown(w io.Writer, t *drift.Trend, opt TrendOptions) error {
	limit := opt.MaxBytes
	if limit == 0 {
		limit = DefaultMaxBytes
	}
	head, foot := trendMarkdownHead(t, opt), trendMarkdownFoot(t, opt)
	parts := []section{{"the table of series", trendMarkdownTable(t, opt)}, {"promises", promiseMarkdown(opt.Promises)}}
	for _, s := range charted(t) {
		parts = append(parts, section{"the chart of " + plain(cut(s.Metric.Name, 80)), trendMarkdownChart(t, s, opt)})
	}
	parts = append(parts,
		section{"where a series begins anew", markdownList("Where a series begins anew", trendBreaks(t))},
		section{"what was left out", markdownList("Left out", trendLeft(t))},
		section{"what could not have been seen", markdownList("What the alarms could not have shown", trendBlind(t))},
		section{"warnings", markdownList("Warnings", t.Warnings)},
	)
	const note = 400
	size := len(head) + len(foot) + note
	var kept, shed []string
	for _, p := range parts {
		if size+len(p.text) <= limit {
			size += len(p.text)
			kept = append(kept, p.text)
		} else {
			shed = append(shed, p.name)
		}
	}
	var b bytes.Buffer
	b.WriteString(cutBytes(head, limit-len(foot)-note))
	b.WriteString(strings.Join(kept, ""))
	if len(shed) > 0 {
		fmt.Fprintf(&b, "\nLeft out here to fit %d bytes: %s. The command below shows everything.\n", limit, inline(cut(strings.Join(shed, ", "), 200)))
	}
	b.WriteString(foot)
	return flush(w, &b)
}

func trendMarkdownHead(t *drift.Trend, opt TrendOptions) string {
	var b strings.Builder
	fmt.Fprintf(&b, "<!-- holdtrue-trend:%s -->\n", marker(t.Suite))
	if broken := brokenLine(opt.Promises); broken != "" {
		word, rest, _ := strings.Cut(broken, ":")
		fmt.Fprintf(&b, "### 🔴 %s\n\n%s\n\n", word, inline(strings.TrimSpace(rest)))
	}
	word, rest, _ := strings.Cut(trendHeadline(t), ":")
	fmt.Fprintf(&b, "### %s %s\n\n%s\n\n%s\n", trendSign(t.Verdict), word, inline(strings.TrimSpace(rest)), inline(trendExtent(t)))
	const most = 12
	for i, r := range t.Reasons {
		if i == most {
			fmt.Fprintf(&b, "- and %s\n", several(len(t.Reasons)-most, "more finding"))
			break
		}
		if i == 0 {
			b.WriteByte('\n')
		}
		fmt.Fprintf(&b, "- %s\n", inline(cut(r, 400)))
	}
	for i, n := range t.Next {
		if i == 0 {
			b.WriteByte('\n')
		}
		fmt.Fprintf(&b, "**Next:** %s\n", inline(n))
	}
	return b.String()
}

func trendSign(v drift.Verdict) string {
	if v == drift.Regressed {
		return "🔴"
	}
	return "🟡"
}

func trendMarkdownTable(t *drift.Trend, opt TrendOptions) string {
	const most = 30
	tab := table{header: []string{"metric", "slice", "verdict", "runs", "last", "history", "changes with run", "evidence"}, right: []int{3, 4}}
	order := trendOrder(t)
	for _, s := range order[:min(most, len(order))] {
		word := string(s.Verdict)
		if s.Verdict == drift.Regressed {
			word = "**" + word + "**"
		}
		tab.add(inline(cut(s.Metric.Name, 80)), inline(cut(sliceName(s), 80)), word, fmt.Sprint(comparable(s)), lastLevel(s),
			inline(sparkline(t, s, opt.Last)), inline(changesText(s)), evidence(s))
	}
	if len(tab.rows) == 0 {
		return ""
	}
	var b bytes.Buffer
	b.WriteByte('\n')
	tab.markdown(&b)
	if more := len(order) - most; more > 0 {
		are := "are"
		if more == 1 {
			are = "is"
		}
		fmt.Fprintf(&b, "\n%d more series %s not shown here.\n", more, are)
	}
	return b.String()
}

func trendMarkdownChart(t *drift.Trend, s *drift.Series, opt TrendOptions) string {
	opt.Width = 100
	var b bytes.Buffer
	chart(&b, t, s, opt)
	return fmt.Sprintf("\n<details><summary>%s</summary>\n\n%s\n</details>\n", inline(cut(trendTitle(s), 200)), fenced(strings.TrimRight(b.String(), "\n")))
}

func trendMarkdownFoot(t *drift.Trend, opt TrendOptions) string {
	text := "\n" + inline(trendGround(t)) + "\n"
	if opt.Reproduce != "" {
		text += "\n" + fenced(opt.Reproduce)
	}
	return text
}
