package text

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/clipperhouse/uax29/v2/words"
)

// Words gives the words of s in lower case (see Lower), in order: the segments
// of Unicode's default word boundaries (UAX #29) that hold a letter or a digit.
// "don't", "3,000.5" and "e.g" are one word each. A Han or Hiragana character
// is a word of its own; a run of Katakana or Hangul is one word; Thai, Lao and
// Khmer fall into characters, since their words cannot be told without a
// dictionary. An invalid byte ends a word.
func Words(s string) []string { return WordsOfLower(Lower(s)) }

// WordsOfLower is Words for a text that Lower has made.
func WordsOfLower(low string) []string {
	tokens := make([]string, 0, len(low)/5+4)
	if ASCII(low) {
		return appendASCIISegments(tokens, low)
	}
	// A blank always ends a word, so that each stretch between blanks stands
	// for itself, and most are ASCII.
	for len(low) > 0 {
		end := strings.IndexByte(low, ' ')
		if end < 0 {
			end = len(low)
		}
		if part := low[:end]; ASCII(part) {
			tokens = appendASCIISegments(tokens, part)
		} else {
			tokens = appendSegments(tokens, part)
		}
		low = low[min(end+1, len(low)):]
	}
	return tokens
}

// appendSegments appends the words of s. Invalid bytes are replaced first:
// where a text ends in the middle of a code point, the segmentation would else
// depend on what follows.
func appendSegments(tokens []string, s string) []string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	for it := words.FromString(s); it.Next(); {
		if w := it.Value(); hasLetterOrDigit(w) {
			tokens = append(tokens, w)
		}
	}
	return tokens
}

func hasLetterOrDigit(w string) bool {
	for _, r := range w {
		if r < utf8.RuneSelf {
			if c := asciiClass[r]; c == letter || c == digit {
				return true
			}
		} else if unicode.IsLetter(r) || unicode.IsNumber(r) {
			return true
		}
	}
	return false
}

// class is what the tokenizers need to know of a byte.
type class uint8

const (
	other class = iota
	letter
	digit
	blank
	punctuation
	high // not ASCII
)

// asciiClass classifies the bytes.
var asciiClass = func() (c [256]class) {
	for r := range rune(len(c)) {
		switch {
		case r >= utf8.RuneSelf:
			c[r] = high
		case unicode.IsLetter(r):
			c[r] = letter
		case unicode.IsDigit(r):
			c[r] = digit
		case unicode.IsSpace(r):
			c[r] = blank
		case unicode.IsPunct(r) || unicode.IsSymbol(r):
			c[r] = punctuation
		}
	}
	return c
}()

// appendASCIISegments is appendSegments for ASCII: the same boundaries by the
// few rules of UAX #29 that ASCII can meet (WB5 to WB13b).
func appendASCIISegments(tokens []string, s string) []string {
	for i := 0; i < len(s); {
		if !isWordByte[s[i]] && s[i] != '_' {
			i++
			continue
		}
		start, plain := i, false
		for {
			run := i
			for i < len(s) && isWordByte[s[i]] {
				i++
			}
			plain = plain || i > run
			if i == len(s) || s[i] != '_' && !(i > start && i+1 < len(s) && joins(s[i], s[i-1], s[i+1])) {
				break
			}
			i++
		}
		if plain {
			tokens = append(tokens, s[start:i])
		}
	}
	return tokens
}

// joins reports whether the byte holds its neighbours together: a MidLetter
// between letters, a MidNum between digits.
func joins(b, before, after byte) bool {
	x, y := asciiClass[before], asciiClass[after]
	switch b {
	case '.', '\'':
		return x == y && (x == letter || x == digit)
	case ':':
		return x == letter && y == letter
	case ',', ';':
		return x == digit && y == digit
	}
	return false
}

// ASCIIWords gives the runs of a to z and 0 to 9 in the lower-cased s, which is
// the tokenizer of google-research's rouge. Other scripts give nothing.
func ASCIIWords(s string) []string { return ASCIIWordsOfLower(Lower(s)) }

// ASCIIWordsOfLower is ASCIIWords for a text that Lower has made.
func ASCIIWordsOfLower(low string) []string {
	tokens := make([]string, 0, len(low)/5+4)
	for i := 0; i < len(low); {
		if !isWordByte[low[i]] {
			i++
			continue
		}
		start := i
		for i < len(low) && isWordByte[low[i]] {
			i++
		}
		tokens = append(tokens, low[start:i])
	}
	return tokens
}

// isWordByte marks the letters and digits of ASCII.
var isWordByte = func() (is [256]bool) {
	for b, c := range asciiClass {
		is[b] = c == letter || c == digit
	}
	return is
}()
