package reports

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"time"

	"holdtrue/eval"
)

// Answer is an output with its scores and what users have said of it since.
type Answer struct {
	eval.Result
	Feedback []eval.Said `json:",omitempty"`
}

// How much of a text the decision log shows; --json has it whole.
const (
	longText     = 20_000 // prompts and answers
	shortText    = 2_000  // messages, arguments, results
	documentText = 500
)

// Case shows everything known of one case in a run: what was asked, and every
// answer with its scores and its decision log.
func Case(w io.Writer, run eval.Run, c eval.Case, answers []Answer, opt Options) error {
	if opt.JSON {
		return asJSON(w, struct {
			Schema  int       `json:"schema"`
			Run     eval.Run  `json:"run"`
			Case    eval.Case `json:"case"`
			Results []Answer  `json:"results"`
		}{schemaNumber, run, c, answers})
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "case %s in run %s of %s%s\n", plain(c.ID), run.ID, plain(run.Name()), tagText(c.Tags))
	paragraph(&b, "asked", c.Text())
	for _, e := range c.Expected {
		paragraph(&b, "expected", e)
	}
	for i := range answers {
		writeAnswer(&b, run, &answers[i])
	}
	return flush(w, &b)
}

// paragraph writes a text under a title. The bar before each of its lines tells
// it from what this program says.
func paragraph(b *bytes.Buffer, title, text string) {
	if text != "" {
		fmt.Fprintf(b, "\n%s:\n", title)
		quoted(b, "  ", text, longText)
	}
}

func quoted(b *bytes.Buffer, indent, text string, most int) {
	bar := indent + "| "
	fmt.Fprintf(b, "%s%s\n", bar, strings.ReplaceAll(block(cut(strings.TrimRight(text, "\n"), most)), "\n", "\n"+bar))
}

// answerLog writes the sections of a decision log, of which each appears where
// there is something to tell.
type answerLog struct {
	*bytes.Buffer
	run eval.Run
	o   *eval.Output
}

func writeAnswer(b *bytes.Buffer, run eval.Run, a *Answer) {
	l := answerLog{b, run, &a.Output}
	fmt.Fprintf(b, "\nanswer %d of %d", l.o.Repeat+1, max(run.Repeats, l.o.Repeat+1))
	if l.o.Cached {
		b.WriteString(", from a cache")
	}
	b.WriteString(":\n")
	if l.o.Failed() {
		b.WriteString("  the call failed:\n")
		quoted(b, "  ", l.o.Err, shortText)
	}
	switch {
	case l.o.Text != "":
		quoted(b, "  ", l.o.Text, longText)
	case !l.o.Failed():
		b.WriteString("  the text is empty\n")
	}
	l.scores(a.Scores)
	l.feedback(a.Feedback)
	l.call()
	l.attempts()
	l.text("prompt as sent", l.o.Prompt)
	l.conversation()
	l.documents()
	l.steps()
	l.lineage()
	l.text("standard error", l.o.Stderr)
}

// title begins a section.
func (l *answerLog) title(text string) { fmt.Fprintf(l, "\n  %s:\n", text) }

func (l *answerLog) text(title, text string) {
	if text != "" {
		l.title(title)
		quoted(l.Buffer, "    ", text, longText)
	}
}

// columns writes pairs, the second ones under each other.
func (l *answerLog) columns(pairs [][2]string) {
	widest := 0
	for _, p := range pairs {
		if n := len([]rune(p[0])); n <= 32 {
			widest = max(widest, n)
		}
	}
	for _, p := range pairs {
		fmt.Fprintf(l, "    %s%s  %s\n", p[0], strings.Repeat(" ", max(0, widest-len([]rune(p[0])))), p[1])
	}
}

func (l *answerLog) scores(scores []eval.Score) {
	var rows [][2]string
	var measures []string
	for _, s := range scores {
		m, _ := l.run.Metric(s.Metric)
		if m.Standard {
			if s.Status == eval.Scored {
				measures = append(measures, fmt.Sprintf("%s %.4g", plain(s.Metric), s.Value))
			}
			continue
		}
		value := string(s.Status)
		if s.Status == eval.Scored {
			value = fmt.Sprintf("%.4g", s.Value)
		}
		if s.Reason != "" {
			value += "  " + plain(cut(s.Reason, 300))
		}
		rows = append(rows, [2]string{plain(s.Metric), value})
	}
	if len(rows)+len(measures) == 0 {
		return
	}
	l.title("scores")
	l.columns(rows)
	if len(measures) > 0 {
		fmt.Fprintf(l, "    measures: %s\n", strings.Join(measures, ", "))
	}
}

// feedback tells what came with the output and what was imported later.
func (l *answerLog) feedback(said []eval.Said) {
	var rows [][2]string
	if f := l.o.Feedback; f != nil {
		if f.Rating != nil {
			rows = append(rows, [2]string{"rating", fmt.Sprintf("%.4g", *f.Rating)})
		}
		for _, k := range sortedKeys(f.Labels) {
			rows = append(rows, [2]string{plain(cut(k, 100)), fmt.Sprintf("%.4g", f.Labels[k])})
		}
		if f.Comment != "" {
			rows = append(rows, [2]string{"comment", plain(cut(f.Comment, shortText))})
		}
	}
	for _, s := range said {
		who, what := "a user", []string{}
		if s.Author != "" {
			who = plain(cut(s.Author, 60))
		}
		if s.Value != nil {
			what = append(what, fmt.Sprintf("%s (%.4g)", plain(cut(s.As, 60)), *s.Value))
		}
		if s.Comment != "" {
			what = append(what, plain(cut(s.Comment, shortText)))
		}
		text := strings.Join(what, ": ")
		if !s.At.IsZero() {
			text += ", on " + s.At.UTC().Format(time.RFC3339)
		}
		rows = append(rows, [2]string{who, text})
	}
	if len(rows) > 0 {
		l.title("feedback")
		l.columns(rows)
	}
}
