package text

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// The tokenizers of sacrebleu (Post 2018), by its descriptions of them: each is
// a few passes that put blanks around characters, and a cut at white space.

// Tokens13a is the tokenizer of mteval-v13a, the usual one of BLEU: punctuation
// and symbols of ASCII apart, points and commas apart unless between digits.
func Tokens13a(s string) []string {
	s = strings.TrimRightFunc(s, isBlank)
	s = strings.ReplaceAll(s, "<skipped>", "")
	s = strings.ReplaceAll(s, "-\n", "")
	s = strings.ReplaceAll(s, "\n", " ")
	if strings.Contains(s, "&") {
		for _, e := range [][2]string{{"&quot;", `"`}, {"&amp;", "&"}, {"&lt;", "<"}, {"&gt;", ">"}} {
			s = strings.ReplaceAll(s, e[0], e[1])
		}
	}
	tokens := make([]string, 0, len(s)/5+8)
	for from := 0; from < len(s); {
		if c := s[from]; c == ' ' || c < utf8.RuneSelf && isBlank(rune(c)) {
			from++
			continue
		}
		end := from
		for end < len(s) && s[end] < utf8.RuneSelf && !blankBytes[s[end]] {
			end++
		}
		if end < len(s) && s[end] >= utf8.RuneSelf {
			// Blanks beyond ASCII: the stretch is cut by them first.
			for end < len(s) && !blankBytes[s[end]] {
				end++
			}
			for _, part := range blanks(s[from:end]) {
				tokens = appendWestern(tokens, part)
			}
		} else {
			tokens = appendWestern(tokens, s[from:end])
		}
		from = end
	}
	return tokens
}

// blankBytes are the bytes of ASCII at which a text is cut.
var blankBytes = func() (b [256]bool) {
	for c := range rune(utf8.RuneSelf) {
		b[c] = isBlank(c)
	}
	return b
}()

// apartBytes are those that are always a token of their own.
var apartBytes = func() (b [256]bool) {
	for c := range rune(utf8.RuneSelf) {
		b[c] = len(apart(string(c))) > 1
	}
	return b
}()

// appendWestern appends the tokens of a stretch without blanks: what
// blanks(western(" " + s + " ")) gives, without making the texts in between. The
// passes over characters in pairs differ from a look at the neighbours only where
// two points or commas stand side by side; there the passes are made.
func appendWestern(tokens []string, s string) []string {
	from := 0
	digit := func(i int) bool { return i >= 0 && i < len(s) && s[i] >= '0' && s[i] <= '9' }
	before := len(tokens)
	for i := range len(s) {
		c := s[i]
		alone := apartBytes[c]
		switch {
		case c == '.' || c == ',':
			if i+1 < len(s) && (s[i+1] == '.' || s[i+1] == ',') {
				return append(tokens[:before], blanks(western(" "+s+" "))...)
			}
			alone = !digit(i-1) || !digit(i+1)
		case c == '-':
			alone = digit(i - 1)
		}
		if !alone {
			continue
		}
		if i > from {
			tokens = append(tokens, s[from:i])
		}
		tokens = append(tokens, s[i:i+1])
		from = i + 1
	}
	if from < len(s) {
		tokens = append(tokens, s[from:])
	}
	return tokens
}

// western is what the tokenizers 13a and zh have in common.
func western(s string) string {
	s = apart(s)
	s = between(s, isOther, isPoint, false, true)
	s = between(s, isPoint, isOther, true, false)
	return between(s, isDigit, isHyphen, false, true)
}

func isDigit(r rune) bool  { return r >= '0' && r <= '9' }
func isOther(r rune) bool  { return r < '0' || r > '9' }
func isPoint(r rune) bool  { return r == '.' || r == ',' }
func isHyphen(r rune) bool { return r == '-' }

// apart puts blanks around the ASCII punctuation that never belongs to a word:
// all but ' , - and the full stop.
func apart(s string) string {
	b := make([]byte, 0, len(s)+len(s)/2)
	for i := range len(s) {
		switch c := s[i]; {
		case c > ' ' && c <= '&' || c >= '(' && c <= '+' || c == '/' || c >= ':' && c <= '@' || c >= '[' && c <= '`' || c >= '{' && c <= '~':
			b = append(b, ' ', c, ' ')
		default:
			b = append(b, c)
		}
	}
	return string(b)
}

// TokensIntl is sacrebleu's tokenizer intl: every symbol apart, and every
// punctuation character that does not stand between numbers.
func TokensIntl(s string) []string {
	s = strings.TrimRightFunc(s, isBlank)
	other := func(r rune) bool { return !unicode.IsNumber(r) }
	s = between(s, other, unicode.IsPunct, false, true)
	s = between(s, unicode.IsPunct, other, true, false)
	return blanks(around(s, unicode.IsSymbol))
}

// TokensZh is sacrebleu's tokenizer zh: every Chinese character and full-width
// form apart, the rest as in 13a.
func TokensZh(s string) []string { return blanks(western(around(strings.TrimSpace(s), isHan))) }

// TokensChar takes every character but white space for a token.
func TokensChar(s string) []string {
	var tokens []string
	for i, r := range s {
		if _, size := utf8.DecodeRuneInString(s[i:]); !isBlank(r) {
			tokens = append(tokens, s[i:i+size])
		}
	}
	return tokens
}

// TokensNone cuts at white space only.
func TokensNone(s string) []string { return blanks(s) }

// BlankWordsOfLower cuts at white space and leaves out full stops at the end of a
// word, and what is then empty.
func BlankWordsOfLower(low string) []string {
	words := blanks(low)
	kept := words[:0]
	for _, w := range words {
		if w = strings.TrimRight(w, "."); w != "" {
			kept = append(kept, w)
		}
	}
	return kept
}

// blanks cuts at what Python takes for white space.
func blanks(s string) []string { return strings.FieldsFunc(s, isBlank) }

func isBlank(r rune) bool { return unicode.IsSpace(r) || r >= 0x1c && r <= 0x1f }

// around puts blanks around the characters that is tells.
func around(s string, is func(rune) bool) string {
	var b strings.Builder
	b.Grow(len(s) + len(s)/4)
	for _, r := range s {
		if is(r) {
			b.WriteByte(' ')
			b.WriteRune(r)
			b.WriteByte(' ')
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}

// between puts a blank between two characters wherever the first and the second
// are so, and one before or after both. A character belongs to one pair only.
func between(s string, first, second func(rune) bool, before, after bool) string {
	var b []byte // nothing so far is changed where it is nil
	done := 0    // how much of s is in b
	r, size := decode(s)
	for i := 0; i+size < len(s); {
		next, nextSize := decode(s[i+size:])
		if !second(next) || !first(r) {
			i += size
			r, size = next, nextSize
			continue
		}
		if b == nil {
			b = make([]byte, 0, len(s)+len(s)/8+16)
		}
		b = append(b, s[done:i]...)
		if before {
			b = append(b, ' ')
		}
		b = append(b, s[i:i+size]...)
		b = append(b, ' ')
		b = append(b, s[i+size:i+size+nextSize]...)
		if after {
			b = append(b, ' ')
		}
		i += size + nextSize
		done = i
		if r, size = decode(s[i:]); size == 0 {
			break
		}
	}
	if b == nil {
		return s
	}
	return string(append(b, s[done:]...))
}

// decode is the first character of s; of ASCII, which most texts are, sooner.
func decode(s string) (r rune, size int) {
	if len(s) > 0 && s[0] < utf8.RuneSelf {
		return rune(s[0]), 1
	}
	return utf8.DecodeRuneInString(s)
}

// isHan tells what sacrebleu's zh takes for Chinese: ideographs, their radicals,
// strokes and enclosed forms, CJK punctuation, bopomofo and full-width forms.
// Two of its ranges are written with five digits where its language reads four,
// so that U+2001 to U+2A6D (punctuation, arrows, signs) count and the ideographs
// of the supplementary plane do not; so it is here.
func isHan(r rune) bool {
	switch {
	case r <= 0x2000:
		return false
	case r <= 0x2a6d, r >= 0x2e80 && r <= 0x2fdf, r >= 0x2ff0 && r <= 0x303f, r >= 0x3100 && r <= 0x312f,
		r >= 0x31a0 && r <= 0x31bf, r >= 0x31c0 && r <= 0x31ef, r >= 0x3200 && r <= 0x33ff, r >= 0x3400 && r <= 0x4db5,
		r >= 0x4e00 && r <= 0x9fbb, r >= 0xf900 && r <= 0xfa2d, r >= 0xfa30 && r <= 0xfa6a, r >= 0xfa70 && r <= 0xfad9,
		r >= 0xfe10 && r <= 0xfe1f, r >= 0xfe30 && r <= 0xfe4f, r >= 0xff00 && r <= 0xffef:
		return true
	}
	return false
}
