package reports

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// joiner stands inside what would be a mention, a link or a fence: it is not
// seen, and takes the meaning away.
const joiner = "\u200c"

// inline makes a text harmless in markdown outside of code: HTML, emphasis,
// links, mentions, references to issues, addresses and table bars lose their
// meaning; line breaks become blanks. Numbers, versions and hashes stay as they
// are, so that they can be copied.
func inline(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == utf8.RuneError && size == 1:
			fmt.Fprintf(&b, "&#92;x%02x", s[i])
		case r == '\n' || r == '\r' || r == '\t':
			b.WriteByte(' ')
		case hostile(r):
			fmt.Fprintf(&b, "&#92;u%04x%s", r, joiner)
		case r == '<':
			b.WriteString("&lt;")
		case r == '>':
			b.WriteString("&gt;")
		case r == '&':
			b.WriteString("&amp;")
		case r == '@' || r == '#':
			b.WriteRune(r)
			b.WriteString(joiner)
		case r == ':' && strings.HasPrefix(s[i+1:], "/"), r == '.' && i >= 3 && strings.EqualFold(s[i-3:i], "www"): // what becomes a link
			b.WriteString(s[i:i+1] + joiner)
		case r == '-' && i >= 2 && strings.EqualFold(s[i-2:i], "gh"): // GH-12 is an issue too
			b.WriteString("-" + joiner)
		case strings.ContainsRune("\\`*_[]|~$", r):
			fmt.Fprintf(&b, "&#%d;", r) // holds in markdown and in HTML alike
		default:
			b.WriteString(s[i : i+size])
		}
		i += size
	}
	return b.String()
}

// markup makes a text harmless between HTML tags in markdown: as inline, with
// line breaks kept as <br>.
func markup(s string) string {
	lines := strings.Split(strings.ReplaceAll(s, "\r\n", "\n"), "\n")
	for i, l := range lines {
		lines[i] = inline(l)
	}
	return strings.Join(lines, "<br>")
}

// fenced puts a text in a code block whose fence is longer than any in it.
func fenced(s string) string {
	longest, run := 2, 0
	for _, r := range s {
		if r == '`' {
			run++
			longest = max(longest, run)
		} else {
			run = 0
		}
	}
	fence := strings.Repeat("`", longest+1)
	return fence + "\n" + block(s) + "\n" + fence + "\n"
}
