package lineage

import (
	"fmt"
	"strings"
)

// String names a factor: "kb/refunds.md v7 -> v8 (source: policy export)".
func (f *Factor) String() string {
	text := f.thing()
	switch {
	case f.Kind == Document && f.Changed:
		text = f.Name + f.transition()
	case f.Kind == Document:
		text = strings.TrimSpace("retrieves " + f.Name + " " + f.To)
	case f.Kind == Tag:
		return f.Name + "=" + clip(f.To)
	case f.Kind == Tools && !f.Changed:
		return "calls the tool " + f.Name
	case f.Kind == Template && !f.Any:
		text += " " + briefOr(f.From) + " -> " + briefOr(f.To)
	case f.Any && f.First:
		return text + " changed, retrieved first"
	case f.Any:
		return text + " changed"
	default:
		text += f.transition()
	}
	if f.First {
		text += ", retrieved first"
	}
	if f.Source != "" {
		text += " (source: " + clip(f.Source) + ")"
	}
	return text
}

// thing is what a factor is about, without its values.
func (f *Factor) thing() string {
	switch f.Kind {
	case Document:
		return f.Name
	case Source:
		return "documents of " + clip(f.Name)
	case Retrieval:
		return "retrieved documents"
	case Argument:
		tool, arg, _ := strings.Cut(f.Name, ".")
		return "argument " + arg + " of tool " + tool
	case ToolResult:
		return "result of tool " + f.Name
	case Parameter, Key:
		return string(f.Kind) + " " + f.Name
	case Run:
		return f.Name
	}
	return string(f.Kind)
}

func (f *Factor) transition() string {
	switch {
	case f.From == "" && f.Kind == Document:
		return " added"
	case f.To == "" && f.Kind == Document:
		return " removed"
	case f.Kind == Document:
		return " " + f.From + " -> " + f.To
	case f.Kind == Run || f.Kind == Key:
		return ": " + orNone(f.From) + " -> " + orNone(f.To)
	}
	return " " + orNone(f.From) + " -> " + orNone(f.To)
}

func orNone(v string) string {
	if v == "" {
		return "none"
	}
	return clip(v)
}

func briefOr(hash string) string {
	if hash == "" {
		return "none"
	}
	return brief(hash)
}

// clip shortens what is shown of a value.
func clip(v string) string {
	const most = 80
	r := []rune(v)
	if len(r) <= most {
		return v
	}
	return string(r[:most-3]) + "..."
}

// Text says what a cause accounts for: "kb/refunds.md v7 -> v8 (source: export):
// 11 of 12 regressed cases retrieved it, 3 of 86 others".
func (c *Cause) Text() string {
	what := "regressed cases"
	if c.Regressed == 1 {
		what = "regressed case"
	}
	if c.Metric != "" {
		what = "cases that regressed on " + clip(c.Metric)
	}
	have := "have it"
	switch c.Kind {
	case Document, Source:
		have = "retrieved it"
	case Tools:
		have = "called it so"
	case Argument:
		have = "called it so"
	case Tag:
		have = "are in it"
	}
	if len(c.Same) > 0 && c.Sure == Inseparable {
		return fmt.Sprintf("%s; inseparable from %s: %d of %d %s, %d of %d others", c.Factor.String(), names(c.Same), c.Hit, c.Regressed, what, c.OtherHit, c.Others)
	}
	return fmt.Sprintf("%s: %d of %d %s %s, %d of %d others", c.Factor.String(), c.Hit, c.Regressed, what, have, c.OtherHit, c.Others)
}

// Line is the explanation in one line, "" where no cause is named.
func (e *Explanation) Line() string {
	named := e.Named()
	if len(named) == 0 {
		return ""
	}
	line := named[0].Text()
	if named[0].Sure == OnlyChange {
		line += "; the only recorded change"
	}
	line += "."
	for i := range named[1:] {
		if i == 3 {
			return line + fmt.Sprintf(" And %d more.", len(named)-1-i)
		}
		line += " Also " + named[i+1].Factor.String() + "."
	}
	return line
}
