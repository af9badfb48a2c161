package reports

import (
	"bytes"
	"strings"

	tw "github.com/olekukonko/tablewriter"
	"github.com/olekukonko/tablewriter/pkg/twwidth"
	"github.com/olekukonko/tablewriter/renderer"
	style "github.com/olekukonko/tablewriter/tw"
)

// table is rows under a header. Columns in right are flushed to the right;
// those in spare may be left out, in that order, where the terminal is narrow.
type table struct {
	header []string
	rows   [][]string
	right  []int
	spare  []int
}

func (t *table) add(cells ...string) { t.rows = append(t.rows, cells) }

// text lays the table out for a terminal, or as tab-separated lines where there
// is none (width 0). A table that is wider than the terminal is turned: every
// row becomes a short list.
func (t *table) text(b *bytes.Buffer, width int) error {
	if len(t.rows) == 0 {
		return nil
	}
	if width == 0 {
		b.WriteString(strings.Join(t.header, "\t") + "\n")
		for _, r := range t.rows {
			b.WriteString(strings.Join(r, "\t") + "\n")
		}
		return nil
	}
	var laid bytes.Buffer
	if err := t.render(&laid, renderer.NewBlueprint(style.Rendition{
		Borders:  style.BorderNone,
		Settings: style.Settings{Separators: style.SeparatorsNone, Lines: style.Lines{ShowHeaderLine: style.On}},
	})); err != nil {
		return err
	}
	widest := 0
	var lines []string
	for line := range strings.Lines(laid.String()) {
		line = strings.TrimRight(line, " \n")
		lines = append(lines, line)
		widest = max(widest, twwidth.Width(line))
	}
	switch {
	case widest <= width:
		b.WriteString(strings.Join(lines, "\n") + "\n")
		return nil
	case len(t.spare) > 0:
		return t.without(t.spare[0]).text(b, width)
	}
	t.list(b)
	return nil
}

// without is the table with one column less.
func (t *table) without(column int) *table {
	cut := func(cells []string) []string {
		return append(append([]string{}, cells[:column]...), cells[column+1:]...)
	}
	n := &table{header: cut(t.header)}
	for _, r := range t.rows {
		n.rows = append(n.rows, cut(r))
	}
	moved := func(list []int) []int {
		var out []int
		for _, i := range list {
			switch {
			case i > column:
				out = append(out, i-1)
			case i < column:
				out = append(out, i)
			}
		}
		return out
	}
	n.right, n.spare = moved(t.right), moved(t.spare)
	return n
}

func (t *table) render(b *bytes.Buffer, r style.Renderer) error {
	align := make([]style.Align, len(t.header))
	for i := range align {
		align[i] = style.AlignLeft
	}
	for _, i := range t.right {
		align[i] = style.AlignRight
	}
	w := tw.NewTable(b, tw.WithRenderer(r), tw.WithHeaderAutoFormat(style.Off), tw.WithRowAutoWrap(style.WrapNone),
		tw.WithHeaderAutoWrap(style.WrapNone), tw.WithAlignment(align), tw.WithHeaderAlignment(style.AlignLeft))
	w.Header(t.header)
	if err := w.Bulk(t.rows); err != nil {
		return err
	}
	return w.Render()
}

// list writes each row as "name" and its cells below.
func (t *table) list(b *bytes.Buffer) {
	for _, r := range t.rows {
		b.WriteString(r[0] + "\n")
		for i, cell := range r[1:] {
			if cell != "" {
				b.WriteString("  " + t.header[i+1] + ": " + cell + "\n")
			}
		}
	}
}

// markdown lays the table out for GitHub. Cells must be neutral already.
func (t *table) markdown(b *bytes.Buffer) {
	line := func(cells []string) {
		b.WriteString("| " + strings.Join(cells, " | ") + " |\n")
	}
	line(t.header)
	rule := make([]string, len(t.header))
	for i := range rule {
		rule[i] = "---"
	}
	for _, i := range t.right {
		rule[i] = "--:"
	}
	line(rule)
	for _, r := range t.rows {
		line(r)
	}
}
