package scorers

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// Reasons are stored with every score: they are kept to reasonLimit bytes, and
// what they quote of a text to quoteLimit. Control characters, bidirectional
// controls and invalid bytes in a quotation are escaped.
const (
	reasonLimit = 200
	quoteLimit  = 60
)

// quote shows the beginning of a text on one line.
func quote(s string) string {
	q := strconv.Quote(cut(s, quoteLimit))
	if len(s) > quoteLimit || len(q) > 2*quoteLimit {
		q = strings.TrimSuffix(q, `"`)
		return cut(q, 2*quoteLimit) + `…"`
	}
	return q
}

// cut shortens s to at most n bytes at the end of a code point.
func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}

// quoteAll lists texts, as many as fit into a reason, and counts the rest.
func quoteAll(texts []string) string {
	var b strings.Builder
	for i, t := range texts {
		q := quote(t)
		if i > 0 {
			if b.Len()+len(q) > reasonLimit-60 {
				b.WriteString(" and ")
				b.WriteString(strconv.Itoa(len(texts) - i))
				b.WriteString(" more")
				break
			}
			b.WriteString(", ")
		}
		b.WriteString(q)
	}
	return b.String()
}

// number writes a value as people would.
func number(v float64) string { return strconv.FormatFloat(v, 'g', 12, 64) }

// count writes "1 word" or "3 words".
func count(n int, noun string) string {
	s := strconv.Itoa(n) + " " + noun
	switch {
	case n == 1:
	case strings.HasSuffix(noun, "ch"):
		s += "es"
	default:
		s += "s"
	}
	return s
}

// clean makes the message of a library fit for a reason: short, on one line,
// without control characters of the text that it may quote.
func clean(message string) string {
	q := strconv.Quote(cut(message, reasonLimit-40))
	q = strings.ReplaceAll(q[1:len(q)-1], `\"`, `"`)
	return cut(q, reasonLimit-20)
}
