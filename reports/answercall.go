package reports

import (
	"fmt"
	"strings"
)

// call tells how the model was asked and what that took.
func (l *answerLog) call() {
	o := l.o
	var rows [][2]string
	add := func(name, value string) {
		if value != "" {
			rows = append(rows, [2]string{name, plain(cut(value, shortText))})
		}
	}
	add("model", o.Model)
	if o.Requested != o.Model {
		add("asked for", o.Requested)
	}
	add("parameters", string(o.Parameters))
	if o.Seed != nil {
		add("seed", fmt.Sprint(*o.Seed))
	}
	add("finish reason", o.Finish)
	add("fingerprint", o.Fingerprint)
	add("response", o.ResponseID)
	add("trace", strings.TrimSpace(o.TraceID+" "+o.SpanID))
	add("session", o.Session)
	if !o.Started.IsZero() {
		add("started", o.Started.UTC().Format("2006-01-02T15:04:05.000Z07:00"))
	}
	var took []string
	if o.LatencyMS != nil {
		took = append(took, duration(*o.LatencyMS))
	}
	if o.FirstTokenMS != nil {
		took = append(took, "first token after "+duration(*o.FirstTokenMS))
	}
	add("time", strings.Join(took, ", "))
	if u := o.Usage; u != nil {
		var tokens []string
		if u.InputTokens != nil {
			tokens = append(tokens, fmt.Sprintf("%d in", *u.InputTokens))
		}
		if u.OutputTokens != nil {
			tokens = append(tokens, fmt.Sprintf("%d out", *u.OutputTokens))
		}
		add("tokens", strings.Join(tokens, ", "))
		if u.CostUSD != nil {
			add("cost", fmt.Sprintf("%.4g USD", *u.CostUSD))
		}
	}
	if len(rows) > 0 {
		l.title("call")
		l.columns(rows)
	}
}

// duration shows milliseconds: 850 ms, 12.3 s.
func duration(ms float64) string {
	if ms >= 10_000 {
		return fmt.Sprintf("%.1f s", ms/1000)
	}
	return fmt.Sprintf("%.4g ms", ms)
}

func (l *answerLog) attempts() {
	if len(l.o.Attempts) == 0 {
		return
	}
	l.title("calls before it that failed")
	for i, a := range l.o.Attempts {
		fmt.Fprintf(l, "    %d. %s, after %s", i+1, plain(cut(a.Err, 300)), duration(a.LatencyMS))
		if a.WaitMS > 0 {
			fmt.Fprintf(l, "; then waited %s", duration(a.WaitMS))
		}
		l.WriteByte('\n')
	}
}

func (l *answerLog) conversation() {
	if len(l.o.Messages) == 0 {
		return
	}
	l.title("conversation")
	for _, m := range l.o.Messages {
		fmt.Fprintf(l, "    %s:\n", plain(cut(m.Role, 40)))
		quoted(l.Buffer, "    ", m.Content, shortText)
	}
}

func (l *answerLog) documents() {
	if len(l.o.Documents) == 0 {
		return
	}
	l.title("documents")
	for i, d := range l.o.Documents {
		fmt.Fprintf(l, "    %d. %s", i+1, plain(cut(d.ID, 200)))
		if d.Version != "" {
			fmt.Fprintf(l, ", version %s", plain(cut(d.Version, 100)))
		}
		if d.Source != "" {
			fmt.Fprintf(l, ", from %s", plain(cut(d.Source, 300)))
		}
		if d.Hash != "" {
			fmt.Fprintf(l, ", hash %s", plain(d.Hash[:min(12, len(d.Hash))]))
		}
		l.WriteByte('\n')
		if d.Text != "" {
			quoted(l.Buffer, "       ", d.Text, documentText)
		}
	}
}

func (l *answerLog) steps() {
	if len(l.o.Steps) == 0 {
		return
	}
	l.title("steps")
	for i, s := range l.o.Steps {
		fmt.Fprintf(l, "    %d. %s", i+1, plain(cut(s.Tool, 200)))
		if len(s.Args) > 0 {
			fmt.Fprintf(l, " %s", plain(cut(string(s.Args), shortText)))
		}
		if s.LatencyMS != nil {
			fmt.Fprintf(l, ", %s", duration(*s.LatencyMS))
		}
		l.WriteByte('\n')
		if len(s.Result) > 0 {
			fmt.Fprintf(l, "       -> %s\n", plain(cut(string(s.Result), shortText)))
		}
	}
}

func (l *answerLog) lineage() {
	if len(l.o.Lineage) == 0 {
		return
	}
	var rows [][2]string
	for _, k := range sortedKeys(l.o.Lineage) {
		rows = append(rows, [2]string{plain(cut(k, 200)), plain(cut(l.o.Lineage[k], 500))})
	}
	l.title("lineage")
	l.columns(rows)
}
