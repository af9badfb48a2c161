package reports

import (
	"bytes"
	"slices"
	"strings"

	tw "github.com/olekukonko/tablewriter"
	"github.com/olekukonko/tablewriter/pkg/twwidth"
	"github.com/olekukonko/tablewriter/renderer"
	style "github.com/olekukonko/tablewriter/tw"
)

// table is rows under a header. Columns in right are flushed to the right. Where
// the terminal is narrow, those in names are shortened, then those in spare left
// out, in that order.
type table struct {
	header []string
	rows   [][]string
	right  []int
	names  []int
	spare  []int
}

func (t *table) add(cells ...string) { t.rows = append(t.rows, cells) }

// text lays the table out for a terminal, or as tab-separated lines where there
// is none (width 0). What it has to leave out is said below it. A table that stays
// wider than the terminal is turned: every row becomes a short list.
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
	var left []string
	for now := t; ; now = now.without(now.spare[0]) {
		for _, longest := range []int{0, 32, 20, 12} {
			if longest > 0 && len(now.names) == 0 || longest == 12 && len(now.spare) > 0 {
				continue
			}
			lines, widest, err := now.shortened(longest).lay()
			if err != nil {
				return err
			}
			if widest <= width {
				b.WriteString(strings.Join(lines, "\n") + "\n")
				if len(left) > 0 {
					b.WriteString(wrap("Not shown for want of room: "+strings.Join(left, ", ")+".", width) + "\n")
				}
				return nil
			}
		}
		if len(now.spare) == 0 {
			t.list(b, width)
			return nil
		}
		left = append(left, now.header[now.spare[0]])
	}
}

// lay gives the lines of the table, and the width of the widest.
func (t *table) lay() (lines []string, widest int, err error) {
	var laid bytes.Buffer
	if err := t.render(&laid, renderer.NewBlueprint(style.Rendition{
		Borders:  style.BorderNone,
		Settings: style.Settings{Separators: style.SeparatorsNone, Lines: style.Lines{ShowHeaderLine: style.On}},
	})); err != nil {
		return nil, 0, err
	}
	for line := range strings.Lines(laid.String()) {
		line = strings.TrimRight(line, " \n")
		lines = append(lines, line)
		widest = max(widest, twwidth.Width(line))
	}
	return lines, widest, nil
}

// shortened is the table with names of at most so many columns; 0 leaves them
// whole.
func (t *table) shortened(longest int) *table {
	if longest == 0 {
		return t
	}
	n := *t
	n.rows = make([][]string, len(t.rows))
	for i, r := range t.rows {
		n.rows[i] = slices.Clone(r)
		for _, k := range t.names {
			n.rows[i][k] = middle(r[k], longest)
		}
	}
	return &n
}

// middle shortens a text to at most n columns of a terminal; its beginning and
// its end, which tell names apart, stay.
func middle(s string, n int) string {
	if twwidth.Width(s) <= n {
		return s
	}
	end := []rune(s)
	for twwidth.Width(string(end)) > n/2-1 {
		end = end[1:]
	}
	return ellipsis(s, n-twwidth.Width(string(end))) + string(end)
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
	n.right, n.names, n.spare = moved(t.right), moved(t.names), moved(t.spare)
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

// list writes each row as "name" and its cells below; a cell without a header
// says by itself what it is.
func (t *table) list(b *bytes.Buffer, width int) {
	for _, r := range t.rows {
		b.WriteString(ellipsis(r[0], width) + "\n")
		for i, cell := range r[1:] {
			if cell == "" {
				continue
			}
			if h := t.header[i+1]; h != "" {
				cell = h + ": " + cell
			}
			for line := range strings.Lines(bullet(cell, width)) {
				b.WriteString(ellipsis(strings.TrimSuffix(line, "\n"), width) + "\n")
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
