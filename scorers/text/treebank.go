package text

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// TreebankWords cuts a text as the tokenizer of js-rouge 3.2.3 does, which keeps
// to the rules of the Penn Treebank for one sentence: quotation marks, brackets,
// most punctuation, endings such as 's and n't, and the full stop at the very end
// are words of their own. Other full stops stay with their words.
//
// Each step puts blanks into the whole text, and takes time in proportion to it.
func TreebankWords(s string) []string {
	s = strings.Join(strings.FieldsFunc(s, isScriptBlank), " ")
	if s == "" {
		return nil
	}
	s = treebankQuotes(s)
	s = spaced(s, func(rest string) int {
		switch {
		case strings.HasPrefix(rest, "..."):
			return 3
		case rest[0] == ':' || rest[0] == ',':
			if r, _ := utf8.DecodeRuneInString(rest[1:]); unicode.Is(unicode.Nd, r) {
				return 0
			}
			return 1
		case strings.IndexByte(";@#$%&", rest[0]) >= 0:
			return 1
		}
		return 0
	})
	s = lastPoint(s)
	s = spaced(s, func(rest string) int {
		switch {
		case strings.IndexByte("?![](){}<>", rest[0]) >= 0:
			return 1
		case strings.HasPrefix(rest, "--"):
			return 2
		}
		return 0
	})
	return strings.Fields(contractions(endings(" " + s + " ")))
}

// isScriptBlank tells what JavaScript takes for white space, and U+0085.
func isScriptBlank(r rune) bool { return unicode.IsSpace(r) || r == '\uFEFF' }

// spaced puts blanks around the stretches that of tells: how many bytes of the
// rest of the text belong together. 0 is none.
func spaced(s string, of func(rest string) int) string {
	var b []byte
	done := 0
	for i := 0; i < len(s); i++ {
		n := 0
		if c := s[i]; c < utf8.RuneSelf && !isWordByte[c] && c != ' ' {
			n = of(s[i:])
		}
		if n == 0 {
			continue
		}
		b = append(append(append(append(b, s[done:i]...), ' '), s[i:i+n]...), ' ')
		done = i + n
		i = done - 1
	}
	if done == 0 {
		return s
	}
	return string(append(b, s[done:]...))
}

// treebankQuotes writes “ for double quotation marks that open and ” for those
// that close, with blanks around them.
func treebankQuotes(s string) string {
	var b []byte
	done, inside := 0, false
	mark, at := nextQuote(s, 0)
	for at >= 0 {
		next, nextAt := nextQuote(s, at+len(mark))
		inside = mark == "``" || !inside && opensQuote(s, mark, at, next)
		b = append(b, s[done:at]...)
		if inside {
			b = append(b, " `` "...)
		} else {
			b = append(b, " '' "...)
		}
		done = at + len(mark)
		mark, at = next, nextAt
	}
	if done == 0 {
		return s
	}
	return string(append(b, s[done:]...))
}

// nextQuote finds the next double quotation mark: one character or two that stand
// for it. at is -1 where there is none.
func nextQuote(s string, from int) (mark string, at int) {
	for i := from; i < len(s); i++ {
		switch {
		case s[i] == '"':
			return `"`, i
		case (s[i] == '`' || s[i] == '\'') && i+1 < len(s) && s[i+1] == s[i]:
			return s[i : i+2], i
		}
	}
	return "", -1
}

// opensQuote reports whether a mark at byte i opens a quotation when none is
// open: at the beginning, or behind white space or punctuation that ends no
// sentence. A pair of apostrophes does so only before a word, and if the next
// mark is one too. next is that mark.
func opensQuote(s, mark string, i int, next string) bool {
	before, size := utf8.DecodeLastRuneInString(s[:i])
	switch {
	case i == 0:
		return mark == `"`
	case before == '.', before == '!', before == '?':
		return false
	case i+len(mark) == len(s) && before != ' ' && before != '<' && !(unicode.Is(unicode.Ps, before) && before < 0x10000):
		return false
	case before != ' ' && before != '<' && !(unicode.IsPunct(before) && before < 0x10000) && !strings.HasSuffix(s[:i], "``") && !behindFootnote(s[:i-size], before, mark):
		return false
	case mark == `"`:
		return true
	}
	behind, _ := utf8.DecodeRuneInString(s[i+2:])
	return next == "''" && (unicode.IsLetter(behind) || unicode.IsNumber(behind) || unicode.In(behind, unicode.Sc, unicode.Ps))
}

// behindFootnote reports whether a mark stands behind the sign of a footnote, a
// raised letter behind the end of a quoted sentence.
func behindFootnote(s string, sign rune, mark string) bool {
	if !unicode.Is(unicode.Lm, sign) || mark == "``" || norm.NFKC.IsNormalString(string(sign)) {
		return false
	}
	s = strings.TrimRightFunc(s, unicode.IsNumber)
	last, size := utf8.DecodeLastRuneInString(s)
	return size > 0 && strings.ContainsRune(`"'”’`, last) && strings.ContainsAny(s[max(0, len(s)-size-1):len(s)-size], ".!?")
}

// lastPoint sets the last full stop apart if it ends the text, but for brackets
// and apostrophes, and does not end an abbreviation such as U.S.
func lastPoint(s string) string {
	i := len(strings.TrimRight(s, "])}>' ")) - 1
	if i < 1 || s[i] != '.' || s[i-1] == '.' {
		return s
	}
	if i >= 3 && isASCIILetter(s[i-1]) && s[i-2] == '.' && isASCIILetter(s[i-3]) && (i == 3 || !isWordByte[s[i-4]] && s[i-4] != '_') {
		return s
	}
	return s[:i] + " " + s[i:] + " "
}

func isASCIILetter(c byte) bool { return asciiClass[c] == letter }

// endings sets apostrophes apart at the ends of words, and the endings 's, 'm,
// 'd, 'll, 're, 've and n't. A blank stands before and behind the text. Each of
// the three steps sees the blanks of the one before.
func endings(s string) string {
	if !strings.Contains(s, "'") {
		return s
	}
	s = blankBefore(s, func(before byte, rest string) int {
		if rest[1] == ' ' && before != '\'' {
			return 0
		}
		return -1
	})
	s = blankBefore(s, func(_ byte, rest string) int {
		if rest[1] != ' ' && rest[2] == ' ' && strings.IndexByte("sSmMdD", rest[1]) >= 0 {
			return 0
		}
		return -1
	})
	return blankBefore(s, func(before byte, rest string) int {
		word, _, _ := strings.Cut(rest[1:min(len(rest), 4)], " ")
		switch {
		case len(rest) > 3 && rest[3] == ' ' && slices.Contains([]string{"ll", "LL", "re", "RE", "ve", "VE"}, word):
			return 0
		case before == 'n' && rest[2] == ' ' && word == "t", before == 'N' && rest[2] == ' ' && word == "T":
			return 1
		}
		return -1
	})
}

// blankBefore puts a blank so many bytes before an apostrophe as at says; -1 is
// none. It tells at the byte before the apostrophe and the text from there on.
func blankBefore(s string, at func(before byte, rest string) int) string {
	var b []byte
	done := 0
	for i := 1; i < len(s)-1; i++ {
		if s[i] != '\'' {
			continue
		}
		if back := at(s[i-1], s[i:]); back >= 0 {
			b = append(append(b, s[done:i-back]...), ' ')
			done = i - back
		}
	}
	if done == 0 {
		return s
	}
	return string(append(b, s[done:]...))
}

// contracted are words made of two, in the order in which they are looked for.
var contracted = [][2]string{{"can", "not"}, {"d", "'ye"}, {"gim", "me"}, {"gon", "na"}, {"got", "ta"},
	{"lem", "me"}, {"more", "'n"}, {"wan", "na"}, {"'t", "is"}, {"'t", "was"}}

// contractions cuts the words of contracted in two, where they stand for
// themselves.
func contractions(s string) string {
	var b []byte
	done, last := 0, len(contracted) // last is the one found that ends at done
	for i := 1; i < len(s); i++ {
		if !beginsContracted[s[i]] {
			continue
		}
		which, first, size := contractedAt(s[i:])
		if size == 0 {
			continue
		}
		// Behind one that is looked for earlier there is a blank by now.
		if before, _ := utf8.DecodeLastRuneInString(s[:i]); continuesWord(before) && !(done == i && last < which) {
			continue
		}
		b = append(append(b, s[done:i]...), ' ')
		b = append(append(b, s[i:i+first]...), ' ')
		b = append(append(b, s[i+first:i+size]...), ' ')
		done, last = i+size, which
		i = done - 1
	}
	if done == 0 {
		return s
	}
	return string(append(b, s[done:]...))
}

var beginsContracted = func() (is [256]bool) {
	for _, w := range contracted {
		is[w[0][0]] = true
		is[strings.ToUpper(w[0])[0]] = true
	}
	return is
}()

// contractedAt finds the contracted word at the beginning of s that ends there:
// which one, and the bytes of its first part and of both.
func contractedAt(s string) (which, first, size int) {
	for which, w := range contracted {
		first := foldedPrefix(s, w[0])
		if first == 0 {
			continue
		}
		second := foldedPrefix(s[first:], w[1])
		if second == 0 {
			continue
		}
		next, _ := utf8.DecodeRuneInString(s[first+second:])
		if !continuesWord(next) && (w[0] != "wan" || next == ' ') {
			return which, first, first + second
		}
	}
	return 0, 0, 0
}

// foldedPrefix is how many bytes of s are the lower-case ASCII text low in any
// case, 0 if s does not begin so. The long s counts as an s.
func foldedPrefix(s, low string) int {
	i := 0
	for _, want := range low {
		r, size := utf8.DecodeRuneInString(s[i:])
		if r >= 'A' && r <= 'Z' {
			r += 'a' - 'A'
		}
		if r != want && !(want == 's' && r == 'ſ') {
			return 0
		}
		i += size
	}
	return i
}

// continuesWord tells the characters of identifiers (UAX #31) and the joiners.
func continuesWord(r rune) bool {
	if r < utf8.RuneSelf {
		return isWordByte[r] || r == '_'
	}
	return r == 0x200c || r == 0x200d ||
		unicode.In(r, unicode.L, unicode.Nl, unicode.Mn, unicode.Mc, unicode.Nd, unicode.Pc, unicode.Other_ID_Start, unicode.Other_ID_Continue) &&
			!unicode.In(r, unicode.Pattern_Syntax, unicode.Pattern_White_Space)
}
