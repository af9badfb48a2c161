package text

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Sentences counts the sentences of s. A sentence ends with a full stop, an
// exclamation mark or a question mark, in the text or before closing quotation
// marks and brackets, where white space or the end follows; the marks of Chinese
// and Japanese need nothing behind them. The full stops of abbreviations,
// initials and the numbers of lists end none, nor do line breaks, so that a
// heading belongs to the sentence behind it. What stands behind the last mark is
// a sentence if it holds a letter or a digit.
func Sentences(s string) (n int) {
	filled, last := false, 0 // of the sentence under way; where its last word began
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		switch {
		case unicode.IsSpace(r):
			last = i + size
		case unicode.IsLetter(r) || unicode.IsNumber(r):
			filled = true
		case filled && ends(s, last, i, r):
			n++
			filled = false
		}
		i += size
	}
	if filled {
		n++
	}
	return n
}

// ends reports whether the mark r at byte i ends a sentence whose last word
// begins at byte from.
func ends(s string, from, i int, r rune) bool {
	switch r {
	case '。', '！', '？', '｡':
		return true
	case '.', '!', '?', '…':
	default:
		return false
	}
	rest := s[i+utf8.RuneLen(r):]
	behind := strings.TrimLeft(rest, `"'”’»)]}*_`)
	next, size := utf8.DecodeRuneInString(behind)
	if size > 0 && !unicode.IsSpace(next) {
		return false
	}
	if r != '.' {
		return true
	}
	word := strings.TrimLeft(s[from:i], `("'“‘«[*_#-`)
	follows, _ := utf8.DecodeRuneInString(strings.TrimLeftFunc(behind, unicode.IsSpace))
	return !abbreviated(word, from == 0 || s[from-1] == '\n') && !goesOn(word, follows)
}

// goesOn reports whether a word with a full stop is an abbreviation because of the
// letter or digit that follows: "Jan. 5", "Washington D.C. last year", "5 p.m. today".
func goesOn(word string, follows rune) bool {
	low := strings.ToLower(word)
	switch low {
	case "jan", "feb", "mar", "apr", "jun", "jul", "aug", "sep", "sept", "oct", "nov", "dec", "no", "nos", "vol", "pp":
		return unicode.IsDigit(follows) && (low != "no" || word != low)
	case "etc":
		return unicode.IsLower(follows)
	}
	return unicode.IsLower(follows) && dotted(word)
}

// dotted reports whether a word is single letters with points between them.
func dotted(word string) bool {
	parts := strings.Split(word, ".")
	for _, p := range parts {
		if r, size := utf8.DecodeRuneInString(p); size == 0 || size != len(p) || !unicode.IsLetter(r) {
			return false
		}
	}
	return len(parts) > 1
}

// abbreviated reports whether the full stop behind a word does not end a
// sentence. lineBegins says that the word is the first of its line.
func abbreviated(word string, lineBegins bool) bool {
	if r, size := utf8.DecodeRuneInString(word); size > 0 && size == len(word) && unicode.IsUpper(r) && r != 'I' {
		return true
	}
	if word != "" && len(word) < 4 && lineBegins && strings.Trim(word, "0123456789") == "" {
		return true
	}
	switch strings.ToLower(word) {
	case "dr", "mr", "mrs", "ms", "prof", "st", "vs", "e.g", "i.e", "inc", "ltd", "co", "jr", "sr", "u.s", "approx", "fig", "cf", "p.s", "p.p.s":
		return true
	}
	return false
}

// Tokens estimates how many tokens a language model makes of s: its UTF-8 bytes
// divided by 4, rounded up. It is a rule of thumb for English.
func Tokens(s string) int { return (len(s) + 3) / 4 }
