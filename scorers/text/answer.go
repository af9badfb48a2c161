package text

import (
	"unicode"
	"unicode/utf8"
)

// AnswerWords gives the words of s as the SQuAD evaluation has them (Rajpurkar
// et al. 2016, normalize_answer): lower case, punctuation deleted without a gap
// ("U.S." is "us"), the articles a, an and the left out, split at white space.
//
// Two things differ, both outside ASCII only. Punctuation is that of Unicode,
// symbols included. And where a script writes no blanks between words (Han,
// Hiragana, Katakana, Thai, Lao, Khmer, Myanmar) each letter with its marks is a
// word of its own, as in the MLQA evaluation, since a whole sentence would else
// be one word.
func AnswerWords(s string) []string { return AnswerWordsOfLower(Lower(s)) }

// AnswerWordsOfLower is AnswerWords for a text that Lower has made.
func AnswerWordsOfLower(low string) []string {
	tokens := make([]string, 0, len(low)/5+4)
	for i := 0; i < len(low); {
		if asciiClass[low[i]] == blank {
			i++
			continue
		}
		start, plain, ascii := i, true, true
		for ; i < len(low) && asciiClass[low[i]] != blank; i++ {
			if !isWordByte[low[i]] {
				plain = false
				ascii = ascii && low[i] < utf8.RuneSelf
			}
		}
		field := low[start:i]
		switch {
		case !ascii:
			tokens = appendAnswerWords(tokens, field)
			continue
		case !plain:
			field = withoutPunctuation(field)
		}
		if field != "" && !isArticle(field) {
			tokens = append(tokens, field)
		}
	}
	return tokens
}

func isArticle(w string) bool { return w == "a" || w == "an" || w == "the" }

// withoutPunctuation deletes it from ASCII. Most of it stands at the ends, where
// nothing needs to be copied.
func withoutPunctuation(s string) string {
	for s != "" && asciiClass[s[0]] == punctuation {
		s = s[1:]
	}
	for s != "" && asciiClass[s[len(s)-1]] == punctuation {
		s = s[:len(s)-1]
	}
	for i := range len(s) {
		if asciiClass[s[i]] == punctuation {
			return StripPunctuation(s)
		}
	}
	return s
}

// appendAnswerWords cuts a stretch that is not all ASCII.
func appendAnswerWords(tokens []string, s string) []string {
	s = NFC(s)
	var w wordUnderWay
	for i := 0; i < len(s); {
		r, size := rune(s[i]), 1
		if r >= utf8.RuneSelf {
			r, size = utf8.DecodeRuneInString(s[i:])
		}
		switch {
		case r < utf8.RuneSelf && isWordByte[r]:
			if w.alone {
				tokens = w.end(tokens, s)
			}
			w.take(s, i, size)
		case withoutBlanks(r):
			tokens = w.end(tokens, s)
			w.take(s, i, size)
			w.alone = true
		case unicode.IsSpace(r):
			tokens = w.end(tokens, s)
		case isPunctuation(r) && r != utf8.RuneError:
		default:
			if w.alone && !unicode.IsMark(r) {
				tokens = w.end(tokens, s)
			}
			w.take(s, i, size)
		}
		i += size
	}
	return w.end(tokens, s)
}

// wordUnderWay is the part of a text that makes up a word so far: one stretch,
// or a copy where punctuation was left out in between.
type wordUnderWay struct {
	from, to int
	copied   []byte
	alone    bool // it is a letter of a script without blanks
}

func (w *wordUnderWay) take(s string, i, size int) {
	switch {
	case w.to == 0: // empty
		w.from, w.to = i, i+size
	case w.copied == nil && i == w.to:
		w.to += size
	default:
		if w.copied == nil {
			w.copied = append(w.copied, s[w.from:w.to]...)
		}
		w.copied = append(w.copied, s[i:i+size]...)
	}
}

// end appends the word, unless there is none or it is an article.
func (w *wordUnderWay) end(tokens []string, s string) []string {
	word := s[w.from:w.to]
	if w.copied != nil {
		word = string(w.copied)
	}
	*w = wordUnderWay{}
	if word == "" || isArticle(word) {
		return tokens
	}
	return append(tokens, word)
}

// withoutBlanks reports whether r is a letter of a script that writes no blanks
// between words.
func withoutBlanks(r rune) bool {
	switch {
	case r < 0x0E00: // the first of them is Thai
		return false
	case r >= 0x4E00 && r < 0xA000, r >= 0x3041 && r < 0x3097, r >= 0x30A1 && r < 0x30FB, r == 'ー':
		return true
	case r >= 0x3100 && r < 0x3400, r >= 0xAC00 && r < 0xD7A4: // symbols, Hangul
		return false
	}
	return unicode.IsLetter(r) && unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana,
		unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar)
}
