package text

import (
	"encoding/binary"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/language"
	"golang.org/x/text/unicode/norm"
)

// ASCII reports whether s has no byte above 0x7F.
func ASCII(s string) bool {
	for len(s) >= 8 {
		if (s[0]|s[1]|s[2]|s[3]|s[4]|s[5]|s[6]|s[7])&0x80 != 0 {
			return false
		}
		s = s[8:]
	}
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// Lower is s in lower case by the full mapping of Unicode, as Python and
// JavaScript have it: "İ" becomes two code points, and a capital sigma at the
// end of a word the final one.
func Lower(s string) string {
	if strings.Contains(s, "Σ") { // the one letter whose mapping depends on its neighbours
		return cases.Lower(language.Und).String(s)
	}
	return mapCase(s, cases.Lower(language.Und))
}

// Fold is s folded for comparison without case by the full mapping of Unicode:
// "Straße" and "STRASSE" give the same.
func Fold(s string) string { return mapCase(s, cases.Fold()) }

// mapCase is c.String(s) for a mapping that looks at one code point at a time,
// with short ways for ASCII and for the scripts without case.
func mapCase(s string, c cases.Caser) string {
	i := lowerASCII(s)
	if i == len(s) {
		return s
	}
	out := make([]byte, i, len(s)+8)
	copy(out, s)
	for i < len(s) {
		if s[i] < utf8.RuneSelf {
			out, i = appendLower(out, s, i)
			continue
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		if uncased(r) {
			out = append(out, s[i:i+size]...)
			i += size
			continue
		}
		end := i + size
		for end < len(s) && s[end] >= utf8.RuneSelf {
			end++
		}
		out = appendCase(out, s[i:end], c)
		i = end
	}
	return string(out)
}

// ones has a one in every byte.
const ones = 0x0101010101010101

// eight reads eight bytes of s at i as one number.
func eight(s string, i int) uint64 {
	s = s[i : i+8]
	return uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 |
		uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
}

// capitals has 0x20 in every byte of x that is an ASCII capital; no byte of x
// is above 0x7F.
func capitals(x uint64) uint64 {
	atLeastA, aboveZ := x+ones*(0x80-'A'), x+ones*(0x7F-'Z')
	return (atLeastA &^ aboveZ & (ones * 0x80)) >> 2
}

// lowerASCII counts the bytes at the start of s that are ASCII and no capitals;
// it may stop up to seven bytes early.
func lowerASCII(s string) int {
	i := 0
	for ; i+8 <= len(s); i += 8 {
		if x := eight(s, i); x&(ones*0x80) != 0 || capitals(x) != 0 {
			return i
		}
	}
	for i < len(s) && s[i] < utf8.RuneSelf && (s[i] < 'A' || s[i] > 'Z') {
		i++
	}
	return i
}

// appendLower appends the ASCII bytes of s from i on in lower case, and gives
// where they end.
func appendLower(out []byte, s string, i int) (longer []byte, end int) {
	for ; i+8 <= len(s); i += 8 {
		x := eight(s, i)
		if x&(ones*0x80) != 0 {
			break
		}
		out = binary.LittleEndian.AppendUint64(out, x|capitals(x))
	}
	for ; i < len(s) && s[i] < utf8.RuneSelf; i++ {
		b := s[i]
		if b >= 'A' && b <= 'Z' {
			b += 'a' - 'A'
		}
		out = append(out, b)
	}
	return out, i
}

// appendCase maps a stretch of s that is not ASCII.
func appendCase(out []byte, s string, c cases.Caser) []byte {
	const growth = 3 // no code point of n bytes maps to more than 3n
	n := len(out)
	out = slices.Grow(out, growth*len(s)+utf8.UTFMax)
	written, read, err := c.Transform(out[n:cap(out)], []byte(s), true)
	if err != nil || read != len(s) {
		return append(out[:n], c.String(s)...)
	}
	return out[:n+written]
}

// uncased is true for ranges in which no code point has case: general
// punctuation to currency signs, the Chinese, Japanese and Korean scripts, and
// most emoji.
func uncased(r rune) bool {
	return r >= 0x2000 && r < 0x2100 || r >= 0x3000 && r < 0xA000 || r >= 0xAC00 && r < 0xD7A4 || r >= 0x1F200 && r < 0x1FB00
}

// NFC is s with every character composed, so that "é" is one code point however
// it was typed.
func NFC(s string) string {
	if ASCII(s) {
		return s
	}
	return norm.NFC.String(s)
}

// NFKC is s composed, with compatibility characters replaced: a ligature by its
// letters, a full-width digit by the plain one.
func NFKC(s string) string {
	if ASCII(s) {
		return s
	}
	return norm.NFKC.String(s)
}

// Characters counts the code points of s after composition (NFC). An invalid
// byte counts as one.
func Characters(s string) int { return utf8.RuneCountInString(NFC(s)) }

// StripPunctuation deletes punctuation and symbols: the Unicode categories P
// and S, which hold all that Python's string.punctuation does.
func StripPunctuation(s string) string {
	return strings.Map(func(r rune) rune {
		if isPunctuation(r) {
			return -1
		}
		return r
	}, s)
}

func isPunctuation(r rune) bool {
	if r < utf8.RuneSelf {
		return asciiClass[r] == punctuation
	}
	return unicode.IsPunct(r) || unicode.IsSymbol(r)
}

// OneSpace replaces every run of white space by one blank and cuts both ends.
func OneSpace(s string) string { return strings.Join(strings.Fields(s), " ") }

// IndexFolded finds needle in folded, which is Fold(s), and gives the byte
// offsets of the first match in s itself; ok is false if there is none. The
// needle must be folded too. A match that begins or ends inside of what one
// code point of s folds to is widened to the whole code point.
func IndexFolded(s, folded, needle string) (start, end int, ok bool) {
	i := strings.Index(folded, needle)
	if i < 0 {
		return 0, 0, false
	}
	if ASCII(s) {
		return i, i + len(needle), true
	}
	start, end = unfold(s, i, i+len(needle))
	return start, end, true
}

// unfold maps byte offsets of the folded form of s back into s, outwards to the
// code points that they cut. Folding looks at one code point at a time, so the
// lengths add up.
func unfold(s string, from, to int) (start, end int) {
	done := 0 // bytes of the folded form so far
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		width := 1
		switch {
		case r >= utf8.RuneSelf:
			width = len(Fold(s[i : i+size]))
		}
		if done <= from {
			start = i
		}
		done += width
		i += size
		if done >= to {
			return start, i
		}
	}
	return start, len(s)
}
