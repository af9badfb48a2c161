package process

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"pgregory.net/rapid"
)

// TestTailKeepsTheEnd: whatever the sizes of the writes, the tail is the end of
// everything that was written.
func TestTailKeepsTheEnd(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		limit := rapid.IntRange(1, 40).Draw(t, "limit")
		var all string
		tl := &Tail{Limit: limit}
		for _, s := range rapid.SliceOf(rapid.StringMatching(`[a-z]{0,60}`)).Draw(t, "writes") {
			if n, err := tl.Write([]byte(s)); n != len(s) || err != nil {
				t.Fatalf("wrote %d of %d: %v", n, len(s), err)
			}
			all += s
		}
		if got, want := tl.String(), all[max(0, len(all)-limit):]; got != want {
			t.Fatalf("Tail %q, want %q", got, want)
		}
	})
}

func TestLastLines(t *testing.T) {
	for _, c := range []struct{ in, want, reason string }{
		{"", "", "nothing"},
		{"\n \n", "", "blank lines only"},
		{"a", `"a"`, "no newline at the end"},
		{"a\nb\r\n\nc\nd\n", `"b", "c", "d"`, "the last three, in order"},
		{"x\x1b[31m\n", `"x\x1b[31m"`, "escaped"},
		{strings.Repeat("y", 300) + "\n", `"` + strings.Repeat("y", 200) + `"...`, "cut"},
	} {
		if got := LastLines(c.in, 3); got != c.want {
			t.Errorf("%s: %s, want %s", c.reason, got, c.want)
		}
	}
}

func TestShownIsPrintable(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := string(rapid.SliceOf(rapid.Byte()).Draw(t, "text"))
		got := Quote(text, 20)
		if !utf8.ValidString(got) || strings.ContainsFunc(got, func(r rune) bool { return r < ' ' || r == 0x7f }) {
			t.Fatalf("%q is not fit for a message", got)
		}
		if line := OneLine(text, 20); !utf8.ValidString(line) || len(line) > 20+utf8.UTFMax+len("...") || strings.ContainsFunc(line, unicode.IsControl) {
			t.Fatalf("%q is not fit for the middle of a message", line)
		}
		if len(got) > 4*20+len(`""...`) {
			t.Fatalf("%q is too long", got)
		}
	})
	if got := Quote(strings.Repeat("é", 20), 21); got != `"éééééééééé"...` {
		t.Errorf("cut inside a character: %s", got)
	}
}
