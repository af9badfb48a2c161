package reports

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"time"

	"holdtrue/eval"
)

// Case shows everything known of one case in a run: what was asked and every
// answer with its decision log.
func Case(w io.Writer, run eval.Run, c eval.Case, results []eval.Result, opt Options) error {
	if opt.JSON {
		return asJSON(w, struct {
			Schema  int           `json:"schema"`
			Run     eval.Run      `json:"run"`
			Case    eval.Case     `json:"case"`
			Results []eval.Result `json:"results"`
		}{schemaNumber, run, c, results})
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "case %s in run %s of %s%s\n", plain(c.ID), run.ID, plain(run.Name()), tagText(c.Tags))
	paragraph(&b, "asked", c.Text())
	for _, e := range c.Expected {
		paragraph(&b, "expected", e)
	}
	for _, r := range results {
		writeAnswer(&b, run, &r)
	}
	return flush(w, &b)
}

func paragraph(b *bytes.Buffer, title, text string) {
	if text == "" {
		return
	}
	const most = 20_000
	fmt.Fprintf(b, "\n%s:\n  %s\n", title, strings.ReplaceAll(block(cut(text, most)), "\n", "\n  "))
}

func writeAnswer(b *bytes.Buffer, run eval.Run, r *eval.Result) {
	o := &r.Output
	fmt.Fprintf(b, "\nanswer %d of %d", o.Repeat+1, run.Repeats)
	if o.Model != "" {
		fmt.Fprintf(b, ", model %s", plain(o.Model))
	}
	if o.LatencyMS != nil {
		fmt.Fprintf(b, ", %.4g ms", *o.LatencyMS)
	}
	if o.FirstTokenMS != nil {
		fmt.Fprintf(b, ", first token after %.4g ms", *o.FirstTokenMS)
	}
	if o.ResponseID != "" {
		fmt.Fprintf(b, ", response %s", plain(cut(o.ResponseID, 100)))
	}
	if o.Cached {
		b.WriteString(", from a cache")
	}
	b.WriteString(usageText(o.Usage) + "\n")
	if o.Err != "" {
		fmt.Fprintf(b, "  the call failed: %s\n", plain(cut(o.Err, 2000)))
	} else {
		fmt.Fprintf(b, "  %s\n", strings.ReplaceAll(block(cut(o.Text, 20_000)), "\n", "\n  "))
	}
	paragraph(b, "stderr", o.Stderr)
	paragraph(b, "prompt as sent", o.Prompt)
	writeCall(b, o)
	writeWork(b, o)
	for _, k := range sortedKeys(o.Lineage) {
		fmt.Fprintf(b, "  %s = %s\n", plain(k), plain(o.Lineage[k]))
	}
	writeScores(b, run, r.Scores)
}

// writeWork lists the steps and documents behind an answer.
func writeWork(b *bytes.Buffer, o *eval.Output) {
	for i, s := range o.Steps {
		fmt.Fprintf(b, "  step %d: %s(%s)", i+1, plain(s.Tool), plain(cut(string(s.Args), 500)))
		if len(s.Result) > 0 {
			fmt.Fprintf(b, " -> %s", plain(cut(string(s.Result), 500)))
		}
		b.WriteByte('\n')
	}
	for _, d := range o.Documents {
		fmt.Fprintf(b, "  document %s %s", plain(d.ID), plain(d.Version))
		if d.Source != "" {
			fmt.Fprintf(b, " from %s", plain(d.Source))
		}
		if d.Hash != "" {
			fmt.Fprintf(b, " (hash %s)", plain(d.Hash[:min(12, len(d.Hash))]))
		}
		b.WriteByte('\n')
	}
}

// writeScores lists the scores of an answer; those that every run has share a
// line.
func writeScores(b *bytes.Buffer, run eval.Run, scores []eval.Score) {
	var measures []string
	for _, s := range scores {
		if standard(run, s.Metric) {
			if s.Status == eval.Scored {
				measures = append(measures, fmt.Sprintf("%s %.4g", plain(s.Metric), s.Value))
			}
			continue
		}
		value := string(s.Status)
		if s.Status == eval.Scored {
			value = fmt.Sprintf("%.4g", s.Value)
		}
		fmt.Fprintf(b, "  %-24s %s", plain(s.Metric), value)
		if s.Reason != "" {
			fmt.Fprintf(b, "  %s", plain(cut(s.Reason, 300)))
		}
		b.WriteByte('\n')
	}
	if len(measures) > 0 {
		fmt.Fprintf(b, "  measures: %s\n", strings.Join(measures, ", "))
	}
}

// standard reports whether a metric of a run is one that every run has.
func standard(run eval.Run, name string) bool {
	for _, m := range run.Metrics {
		if m.Name == name {
			return m.Standard
		}
	}
	return false
}

func usageText(u *eval.Usage) string {
	if u == nil {
		return ""
	}
	var text string
	if u.InputTokens != nil || u.OutputTokens != nil {
		text += ", tokens"
		if u.InputTokens != nil {
			text += fmt.Sprintf(" %d in", *u.InputTokens)
		}
		if u.OutputTokens != nil {
			text += fmt.Sprintf(" %d out", *u.OutputTokens)
		}
	}
	if u.CostUSD != nil {
		text += fmt.Sprintf(", %.4g USD", *u.CostUSD)
	}
	return text
}

// writeCall lists how the answer was asked for, where the log says.
func writeCall(b *bytes.Buffer, o *eval.Output) {
	for i, m := range o.Messages {
		fmt.Fprintf(b, "  message %d, %s: %s\n", i+1, plain(m.Role), plain(cut(m.Content, 500)))
	}
	for _, a := range o.Attempts {
		fmt.Fprintf(b, "  tried before, %.4g ms: %s; waited %.4g ms\n", a.LatencyMS, plain(cut(a.Err, 300)), a.WaitMS)
	}
	line := func(what, value string) {
		if value != "" {
			fmt.Fprintf(b, "  %s %s\n", what, plain(cut(value, 500)))
		}
	}
	if o.Requested != o.Model {
		line("model asked for", o.Requested)
	}
	line("parameters", string(o.Parameters))
	line("system fingerprint", o.Fingerprint)
	line("finish reason", o.Finish)
	if o.Seed != nil {
		line("seed", fmt.Sprint(*o.Seed))
	}
	if !o.Started.IsZero() {
		line("started", o.Started.Format(time.RFC3339))
	}
}
