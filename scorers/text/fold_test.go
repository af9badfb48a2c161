package text

import (
	"strings"
	"testing"
	"unicode"

	"golang.org/x/text/cases"
	"golang.org/x/text/language"
	"pgregory.net/rapid"
)

// anyText draws text with the characters that have broken other code: case
// pairs of different length, marks, scripts without blanks, controls, invalid
// bytes.
func anyText() *rapid.Generator[string] {
	special := []string{"İ", "ß", "ẞ", "ſ", "K", "Å", "ﬁ", "ŉ", "ǰ", "ΐ", "Σ", "ς", "ΑΣ ", "ǅ", "Ⅷ", "ⓐ", "É", "E\u0301",
		"’", "“", "…", "首", "都", "は", "ー", "・", "한국", "ไทย", "٣", "３", "👩\u200d👩", "🇯🇵", "\u0301", "\u200d", "\u202e",
		"\x00", "\x1b", "\xff", "\xc3", "\xed\xa0\x80", "\u00a0", "\u2028", " ", "  ", "\n", "a", "the", "don't", "3,000.5", "e.g.", "a:b", "_x_", "-5", "1e9"}
	piece := rapid.OneOf(rapid.SampledFrom(special), rapid.StringN(0, 6, 24), rapid.StringMatching(`[A-Za-z0-9 .,:;'_"!-]{0,12}`))
	return rapid.Custom(func(t *rapid.T) string {
		return strings.Join(rapid.SliceOfN(piece, 0, 12).Draw(t, "pieces"), "")
	})
}

func TestCaseMappingIsUnicodes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := anyText().Draw(t, "s")
		if got, want := Lower(s), cases.Lower(language.Und).String(s); got != want {
			t.Fatalf("Lower(%q) = %q, x/text has %q", s, got, want)
		}
		if got, want := Fold(s), cases.Fold().String(s); got != want {
			t.Fatalf("Fold(%q) = %q, x/text has %q", s, got, want)
		}
	})
}

func TestCaseMappingTable(t *testing.T) {
	for _, c := range []struct{ in, lower, fold, reason string }{
		{"", "", "", "nothing"},
		{"already lower, and long enough", "already lower, and long enough", "already lower, and long enough", "unchanged"},
		{"ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`@{", "abcdefghijklmnopqrstuvwxyz[\\]^_`@{", "abcdefghijklmnopqrstuvwxyz[\\]^_`@{", "the bytes beside the capitals stay"},
		{"İ", "i\u0307", "i\u0307", "two code points, as Python has it"},
		{"ΟΔΟΣ", "οδος", "οδοσ", "final sigma in lower case only"},
		{"Straße", "straße", "strasse", "folding is for comparison"},
		{"\u212A", "k", "k", "the Kelvin sign becomes ASCII"},
	} {
		if got := Lower(c.in); got != c.lower {
			t.Errorf("%s: Lower(%q) = %q, want %q", c.reason, c.in, got, c.lower)
		}
		if got := Fold(c.in); got != c.fold {
			t.Errorf("%s: Fold(%q) = %q, want %q", c.reason, c.in, got, c.fold)
		}
	}
}

// TestShortWaysOfCaseMapping holds what mapCase assumes to every code point.
func TestShortWaysOfCaseMapping(t *testing.T) {
	lower, fold, checked := cases.Lower(language.Und), cases.Fold(), 0
	const lastWithLetters = 0x323AF // beyond stand only tags and private use
	for r := rune(0x80); r <= lastWithLetters; r++ {
		if unicode.Is(unicode.Cs, r) {
			continue
		}
		s := string(r)
		l, f := lower.String(s), fold.String(s)
		if uncased(r) {
			checked++
			if l != s || f != s {
				t.Errorf("U+%04X is taken for uncased and maps to %q and %q", r, l, f)
			}
		}
		if len(l) > 3*len(s) || len(f) > 3*len(s) {
			t.Errorf("U+%04X maps to more than three times its bytes: %q and %q", r, l, f)
		}
	}
	if checked < 20_000 {
		t.Errorf("only %d code points were taken for uncased", checked)
	}
}

func TestIndexFolded(t *testing.T) {
	for _, c := range []struct {
		s, sub, match string
		ok            bool
		reason        string
	}{
		{"Ask in the STRASSE now", "straße", "STRASSE", true, "ß is ss"},
		{"in der Straße", "STRASSE", "Straße", true, "and ss is ß"},
		{"see ﬁle", "FILE", "ﬁle", true, "a ligature"},
		{"xİy", "i", "İ", true, "half of what a character folds to: the whole character"},
		{"abc", "d", "", false, "not there"},
		{"\xff\xfeABC", "abc", "ABC", true, "behind invalid bytes"},
	} {
		start, end, ok := IndexFolded(c.s, Fold(c.s), Fold(c.sub))
		if ok != c.ok || ok && c.s[start:end] != c.match {
			t.Errorf("%s: IndexFolded(%q, %q) = %d, %d, %v", c.reason, c.s, c.sub, start, end, ok)
		}
	}
}

func TestIndexFoldedLiesInTheText(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		before, sub, after := anyText().Draw(t, "before"), anyText().Draw(t, "sub"), anyText().Draw(t, "after")
		s := before + sub + after
		folded, needle := Fold(s), Fold(strings.ToUpper(sub))
		start, end, ok := IndexFolded(s, folded, needle)
		if !ok {
			if strings.Contains(folded, needle) {
				t.Fatalf("%q is in %q and was not found", needle, folded)
			}
			return
		}
		if !strings.Contains(Fold(s[start:end]), needle) {
			t.Fatalf("the match %q of %q at %d:%d folds to %q, which lacks %q", s[start:end], s, start, end, Fold(s[start:end]), needle)
		}
	})
}

func TestCharacters(t *testing.T) {
	for _, c := range []struct {
		s      string
		n      int
		reason string
	}{
		{"", 0, "nothing"}, {"abc", 3, "ASCII"}, {"e\u0301", 1, "composed first"}, {"首都", 2, "code points, not bytes"},
		{"\xff\xff", 2, "an invalid byte is one"}, {"👩\u200d👩", 3, "a joined emoji is several"},
	} {
		if got := Characters(c.s); got != c.n {
			t.Errorf("%s: %q has %d characters, want %d", c.reason, c.s, got, c.n)
		}
	}
}
