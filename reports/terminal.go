package reports

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// plain makes a text harmless on one line of a terminal: control characters,
// escape codes, direction marks and what is not UTF-8 are shown as escapes.
func plain(s string) string {
	if isPlain(s) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == utf8.RuneError && size == 1:
			fmt.Fprintf(&b, `\x%02x`, s[i])
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\t':
			b.WriteString(" ")
		case hostile(r):
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			b.WriteString(s[i : i+size])
		}
		i += size
	}
	return b.String()
}

// block is plain, but lines stay lines.
func block(s string) string {
	lines := strings.Split(strings.ReplaceAll(s, "\r\n", "\n"), "\n")
	for i, l := range lines {
		lines[i] = plain(l)
	}
	return strings.Join(lines, "\n")
}

func isPlain(s string) bool {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c >= 0x7f {
			return false
		}
	}
	return true
}

// hostile characters change how what stands around them is shown.
func hostile(r rune) bool {
	switch {
	case unicode.IsControl(r):
		return true
	case r >= 0x202a && r <= 0x202e, r >= 0x2066 && r <= 0x2069, r == 0x200e, r == 0x200f, r == 0x061c:
		return true // directions
	case r == 0x2028, r == 0x2029, r == 0xfeff, r >= 0xfff9 && r <= 0xfffb, r == 0x200b:
		return true
	case r >= 0xe0000 && r <= 0xe0fff:
		return true // invisible tags
	}
	return false
}

// cut shortens a text to at most n characters and says how much is gone.
func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	count, at := 0, len(s)
	for i := range s {
		if count == n {
			at = i
			break
		}
		count++
	}
	if at == len(s) {
		return s
	}
	return fmt.Sprintf("%s... (%d more bytes)", s[:at], len(s)-at)
}
