package text

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// signAt reads a plus or a minus, the typographic ones included.
func signAt(s string, i int) (minus bool, size int) {
	switch {
	case i >= len(s):
		return false, 0
	case s[i] == '+':
		return false, 1
	case s[i] == '-':
		return true, 1
	case strings.HasPrefix(s[i:], "−"):
		return true, len("−")
	}
	return false, 0
}

// sign looks left of the number at i for a currency sign and a sign, in either
// order, and gives where the number begins with them.
func sign(s string, i int) (start int, negative bool) {
	at, signed := i, false
	for range 2 {
		r, size := utf8.DecodeLastRuneInString(s[:at])
		switch {
		case unicode.Is(unicode.Sc, r):
			at -= size
		case !signed && (r == '-' || r == '−' || r == '+') && opens(s, at-size):
			signed, negative = true, r != '+'
			at -= size
		case !signed && r == '–' && dashIsMinus(s[:at-size]):
			signed, negative = true, true
			at -= size
		default:
			return at, negative
		}
	}
	return at, negative
}

// dashIsMinus reports whether an en dash behind a text is a minus and not that of
// a range or between words.
func dashIsMinus(before string) bool {
	bare := strings.TrimRight(before, " \t")
	r, _ := utf8.DecodeLastRuneInString(bare)
	return bare == "" || !unicode.IsNumber(r) && !unicode.Is(unicode.Sc, r) && r != '%' && (len(bare) < len(before) || strings.ContainsRune("\n([=:*$", r))
}

// opens reports whether a sign or a decimal point at byte i can begin a number:
// nothing stands before it that it could belong to.
func opens(s string, i int) bool {
	r, _ := utf8.DecodeLastRuneInString(s[:i])
	return i == 0 || !unicode.IsLetter(r) && !unicode.IsNumber(r) && r != ')' && r != ']' && r != '.' && (r != '_' || !partOfWord(s, i))
}

// partOfWord reports whether a letter stands directly before i, or one before
// underscores. Letters without case do not count: Chinese sets numbers without a blank.
func partOfWord(s string, i int) bool {
	if i > 0 && s[i-1] == '_' { // "x_5" is a name, "_5_" emphasised
		s = strings.TrimRight(s[:i], "_")
		r, _ := utf8.DecodeLastRuneInString(s)
		return s != "" && (unicode.IsLetter(r) || unicode.IsNumber(r))
	}
	r, _ := utf8.DecodeLastRuneInString(s[:i])
	return i > 0 && cased(r)
}

func partOfWordAfter(s string, i int) bool {
	r, _ := utf8.DecodeRuneInString(s[i:])
	return i < len(s) && cased(r)
}

func cased(r rune) bool {
	return r == '_' || unicode.IsUpper(r) || unicode.IsLower(r) || unicode.IsTitle(r)
}

// wordEnd passes over the letters and digits at i.
func wordEnd(s string, i int) int {
	for i < len(s) {
		r, size := utf8.DecodeRuneInString(s[i:])
		if !cased(r) && !unicode.IsDigit(r) {
			break
		}
		i += size
	}
	return i
}

// chainEnd passes over a chain of digits and points.
func chainEnd(s string, i int) int {
	for i < len(s) {
		_, size := digitAt(s, i)
		if size == 0 && s[i] != '.' {
			break
		}
		i += max(size, 1)
	}
	return i
}
