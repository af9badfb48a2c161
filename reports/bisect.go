package reports

import (
	"bytes"
	"fmt"
	"io"

	"holdtrue/eval/drift"
)

// Bisection writes what a search among stored runs found.
func Bisection(w io.Writer, b *drift.Bisection, opt Options) error {
	if opt.JSON {
		m := *b
		m.Steps = list(m.Steps)
		return asJSON(w, struct {
			Schema int `json:"schema"`
			*drift.Bisection
		}{schemaNumber, &m})
	}
	var out bytes.Buffer
	fmt.Fprintln(&out, wrap(fmt.Sprintf("First bad run: %s.", bisected(&b.Bad)), opt.Width))
	fmt.Fprintln(&out, wrap(fmt.Sprintf("Last good run: %s.", bisected(&b.Good)), opt.Width))
	if n := len(b.Between); n > 0 {
		fmt.Fprintln(&out, wrap(fmt.Sprintf("Of %s between them it cannot be told, so the first bad one may be earlier.", several(n, "run")), opt.Width))
	}
	tab := table{header: []string{"looked at", "version", "commit", "started", "it is"}}
	for i := range b.Steps {
		s := &b.Steps[i]
		tab.add(s.ID, plain(s.Name), plain(cut(s.Commit, 40)), s.Started.Format("2006-01-02 15:04"), string(s.Sight))
	}
	if len(tab.rows) > 0 {
		out.WriteByte('\n')
	}
	if err := tab.text(&out, opt.Width); err != nil {
		return err
	}
	textWriter{&out, nil, opt}.lines("Next", opt.Commands)
	return flush(w, &out)
}

func bisected(s *drift.BisectStep) string {
	text := fmt.Sprintf("%s of %s, %s", s.ID, plain(s.Name), s.Started.Format("2006-01-02 15:04"))
	if s.Commit != "" {
		text += ", commit " + plain(cut(s.Commit, 40))
	}
	return text
}
