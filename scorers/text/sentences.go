package text

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/clipperhouse/uax29/v2/sentences"
)

// Sentences counts the sentences of s: the segments of Unicode's default
// sentence boundaries (UAX #29) that hold a letter or a digit, except that a
// segment that ends with an abbreviation, an initial or the number of a list is
// joined to the next, and that an empty line ends a sentence, but a single line
// break does not.
func Sentences(s string) int {
	n := 0
	for block := range strings.SplitSeq(normalLines(s), "\n\n") {
		n += sentencesOfBlock(block)
	}
	return n
}

// normalLines turns line ends into one form and lines of blanks into empty ones.
func normalLines(s string) string {
	s = strings.ReplaceAll(s, "\r\n", "\n")
	lines := strings.Split(s, "\n")
	for i, l := range lines {
		lines[i] = strings.TrimSpace(l)
	}
	return strings.Join(lines, "\n")
}

func sentencesOfBlock(block string) (n int) {
	open := false // a segment waits for its end
	for it := sentences.FromString(strings.ReplaceAll(block, "\n", " ")); it.Next(); {
		v := strings.TrimSpace(it.Value())
		if !hasLetterOrDigit(v) {
			continue
		}
		if !open {
			n++
		}
		open = abbreviates(v)
	}
	return n
}

// abbreviates reports whether a segment ends with a full stop that does not end
// a sentence.
func abbreviates(v string) bool {
	v, stop := strings.CutSuffix(v, ".")
	if !stop {
		return false
	}
	last := v[strings.LastIndexFunc(v, unicode.IsSpace)+1:]
	last = strings.TrimLeft(last, `("'[`)
	if r, size := utf8.DecodeRuneInString(last); size == len(last) && unicode.IsUpper(r) && r != 'I' {
		return true
	}
	if strings.Trim(last, "0123456789") == "" && last == strings.TrimLeft(v, `("'[*_# `) {
		return true // "1." at the beginning: the number of a list
	}
	switch strings.ToLower(last) {
	case "dr", "mr", "mrs", "ms", "prof", "st", "vs", "e.g", "i.e", "etc", "inc", "ltd", "co", "jr", "sr", "no", "u.s", "a.m", "p.m", "approx", "fig", "cf":
		return true
	}
	return false
}

// Tokens estimates how many tokens a language model makes of s: its UTF-8 bytes
// divided by 4, rounded up. It is a rule of thumb for English.
func Tokens(s string) int { return (len(s) + 3) / 4 }
