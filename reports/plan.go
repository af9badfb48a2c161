package reports

import (
	"bytes"
	"fmt"
	"io"

	"holdtrue/eval"
	"holdtrue/eval/drift"
)

// Plan shows what runs of a suite could show, by their size, in the format text,
// markdown or json.
func Plan(w io.Writer, p *drift.Plan, format string, opt Options) error {
	if format == "json" {
		m := *p
		m.Runs, m.Metrics, m.Rows, m.Slices, m.Says, m.Notes = list(m.Runs), list(m.Metrics), list(m.Rows), list(m.Slices), list(m.Says), list(m.Notes)
		m.Options.Metrics, m.Options.Slices = list(m.Options.Metrics), list(m.Options.Slices)
		return asJSON(w, struct {
			Schema int `json:"schema"`
			drift.Plan
		}{schemaNumber, m})
	}
	var b bytes.Buffer
	write := planText
	if format == "markdown" {
		write = planMarkdown
	}
	if err := write(&b, p, opt); err != nil {
		return err
	}
	return flush(w, &b)
}

func planText(b *bytes.Buffer, p *drift.Plan, opt Options) error {
	fmt.Fprintf(b, "PLAN: %s\n", plain(planTitle(p)))
	for _, s := range p.Says {
		b.WriteString(bullet(plain(s), opt.Width) + "\n")
	}
	for _, t := range []table{planRows(p, plain), planMetrics(p, plain)} {
		if len(t.rows) == 0 {
			continue
		}
		b.WriteByte('\n')
		if err := t.text(b, opt.Width); err != nil {
			return err
		}
	}
	if len(p.Notes) > 0 {
		b.WriteString("\nNotes\n")
	}
	for _, n := range p.Notes {
		b.WriteString(bullet(plain(n), opt.Width) + "\n")
	}
	b.WriteString("\n" + wrap(planFoot(p), opt.Width) + "\n")
	return nil
}

func planMarkdown(b *bytes.Buffer, p *drift.Plan, _ Options) error {
	fmt.Fprintf(b, "### Plan: %s\n\n", inline(planTitle(p)))
	for _, s := range p.Says {
		fmt.Fprintf(b, "- %s\n", inline(s))
	}
	for _, t := range []table{planRows(p, inline), planMetrics(p, inline)} {
		if len(t.rows) > 0 {
			b.WriteByte('\n')
			t.markdown(b)
		}
	}
	if len(p.Notes) > 0 {
		b.WriteByte('\n')
	}
	for _, n := range p.Notes {
		fmt.Fprintf(b, "- %s\n", inline(n))
	}
	fmt.Fprintf(b, "\n%s\n", inline(planFoot(p)))
	return nil
}

func planTitle(p *drift.Plan) string {
	title := p.Suite
	if title == "" {
		title = "the suite"
	}
	title += ", " + several(p.Cases, "case")
	if len(p.Runs) > 0 {
		title += fmt.Sprintf("; noise from %s of %s", several(len(p.Runs), "run"), p.Agent)
	}
	return title
}

func planFoot(p *drift.Plan) string {
	return fmt.Sprintf("Losses are seen, and an unchanged version holds, %.3g times in 100, at an error rate of %.3g %% for the whole report. "+
		"Even: every answer loses as much. Losses: single cases fail altogether. Both in points of 100 on average, of the metric that shows least.",
		100*p.Options.Power, 100*p.Options.Alpha)
}

// planRows lays out the sizes and says which do all that is wanted.
func planRows(p *drift.Plan, neutral func(string) string) table {
	t := table{header: []string{"cases", "repeats", "sees even", "sees losses", "holds within", "calls", "cost USD", "time", "enough", "limited by"}, right: []int{0, 1, 2, 3, 4, 5, 6, 7}, spare: []int{9, 7}}
	points := func(v *float64) string {
		if v == nil {
			return "-"
		}
		return fmt.Sprintf("%.1f", 100*drift.RoundUp(eval.Metric{Scale: eval.Unit}, *v))
	}
	for _, r := range p.Rows {
		cost, time, mark := "unknown", "unknown", ""
		if r.CostUSD != nil {
			cost = fmt.Sprintf("%.4g", *r.CostUSD)
		}
		if r.Seconds != nil {
			time = drift.Duration(*r.Seconds)
		}
		if r.Meets {
			mark = "yes"
		}
		limits := r.LossesMetric
		if r.MarginMetric != limits {
			limits += ", " + r.MarginMetric
		}
		t.add(fmt.Sprint(r.Cases), fmt.Sprint(r.Repeats), points(r.Even), points(r.Losses), points(r.Margin), fmt.Sprint(r.Calls), cost, time, mark, neutral(limits))
	}
	return t
}

func planMetrics(p *drift.Plan, neutral func(string) string) table {
	t := table{header: []string{"metric", "cases", "mean", "noise", "known from", "margin"}, right: []int{1, 2, 3, 5}}
	for _, m := range p.Metrics {
		from := string(m.Noise)
		if m.Noise == drift.FromRuns {
			from = "runs of one version"
		}
		margin := fmt.Sprintf("%.1f", 100*m.Margin)
		mean := level(m.Metric, m.Mean)
		if len(p.Runs) == 0 {
			mean = "-"
		}
		t.add(neutral(m.Metric.Name), fmt.Sprint(m.Cases), mean, level(eval.Metric{Scale: eval.Unit}, m.Noisy()), from, margin)
	}
	return t
}
