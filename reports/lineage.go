package reports

import (
	"bytes"
	"fmt"
	"io"
	"strings"

	"holdtrue/eval/lineage"
)

// Origins writes how the answers to a case were made.
func Origins(w io.Writer, answers []lineage.Answer, opt Options) error {
	if opt.JSON {
		return asJSON(w, struct {
			Schema  int              `json:"schema"`
			Answers []lineage.Answer `json:"answers"`
		}{schemaNumber, answers})
	}
	var b bytes.Buffer
	for i := range answers {
		a := &answers[i]
		if i > 0 {
			b.WriteByte('\n')
		}
		fmt.Fprintf(&b, "%s in run %s of %s, %s, %s\n", plain(a.CaseID), a.RunID, plain(a.Run), several(len(a.Repeats), "answer"), a.Started.Format("2006-01-02 15:04 MST"))
		tab := table{header: []string{"made of", "name", "value", "source"}, spare: []int{3}}
		for _, f := range append(append([]lineage.Fact{}, a.Facts...), a.OfRun...) {
			value := f.Value
			if f.Version != "" {
				value = f.Version + " (" + value[:min(8, len(value))] + ")"
			}
			tab.add(plain(string(f.Kind)), plain(cut(f.Name, 80)), plain(cut(value, 80)), plain(cut(f.Source, 80)))
		}
		if err := tab.text(&b, opt.Width); err != nil {
			return err
		}
	}
	return flush(w, &b)
}

// Touched writes what a document or a source reaches.
func Touched(w io.Writer, t *lineage.Touched, opt Options) error {
	if opt.JSON {
		m := *t
		m.Documents, m.Cases, m.Runs, m.Promises = list(m.Documents), list(m.Cases), list(m.Runs), list(m.Promises)
		return asJSON(w, struct {
			Schema int `json:"schema"`
			*lineage.Touched
		}{schemaNumber, &m})
	}
	var b bytes.Buffer
	golden := 0
	for _, c := range t.Cases {
		if c.Golden {
			golden++
		}
	}
	fmt.Fprintln(&b, wrap(plain(fmt.Sprintf("%s %s reaches %s (%s in the newest runs of %s): %d of them are golden cases at risk when it changes.",
		t.What, t.Name, several(len(t.Cases), "case"), several(t.Outputs, "output"), several(len(t.Runs), "agent"), golden)), opt.Width))
	for _, d := range t.Documents {
		fmt.Fprintln(&b, bullet(plain(fmt.Sprintf("%s: %s%s", d.ID, strings.Join(d.Versions, ", "), sourceText(d.Source))), opt.Width))
	}
	if len(t.Promises) > 0 {
		fmt.Fprintln(&b, bullet("promises on these cases: "+plain(strings.Join(t.Promises, "; ")), opt.Width))
	}
	b.WriteByte('\n')
	tab := table{header: []string{"case", "outputs", "agents", "expected", "golden", "tags"}, right: []int{1}, spare: []int{5, 2}}
	yes := func(v bool) string {
		if v {
			return "yes"
		}
		return ""
	}
	for _, c := range t.Cases {
		tab.add(plain(cut(c.ID, 80)), fmt.Sprint(c.Outputs), plain(strings.Join(c.Agents, ", ")), yes(c.Expected), yes(c.Golden), strings.TrimSpace(tagText(c.Tags)))
	}
	if err := tab.text(&b, opt.Width); err != nil {
		return err
	}
	return flush(w, &b)
}

func sourceText(source string) string {
	if source == "" {
		return ""
	}
	return " (source: " + source + ")"
}
