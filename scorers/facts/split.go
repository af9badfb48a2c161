package facts

import (
	"iter"
	"regexp"
	"slices"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"github.com/clipperhouse/uax29/v2/words"

	"holdtrue/scorers/text"
)

type class uint8

const (
	letters class = iota
	digits
	mark // punctuation and symbols
	address
	code
)

// word is a token of a text. low is its lower case without the dots of an
// abbreviation and without a possessive ending.
type word struct {
	class      class
	low        string
	text       string
	start, end int
	value      float64 // of digits
	first      bool    // in its sentence
	ends       bool    // a mark that ends a sentence
	capital    bool
	capitals   int
	mixed      bool // its sentence is not written in capitals throughout
}

// whole matches what is one token although word boundaries would divide it. A
// code begins with a letter and holds a digit.
var whole = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?i:https?://|www\.)[^\s<>"'\)\]\x60]*[^\s<>"'\)\].,;:!?\x60]` +
		`|\b(?:[A-Za-z0-9]+(?:-[A-Za-z0-9]+)*\.)+[a-z]{2,24}/[^\s<>"'\)\]\x60]*[^\s<>"'\)\].,;:!?\x60]` +
		`|\b(?:[a-z0-9-]+\.)+` + topLevel + `\b/?` +
		`|[\pL\pN._%+-]+@[\pL\pN-]+(?:\.[\pL\pN-]+)+` +
		`|\b[A-Za-z]+(?:[-_/.][A-Za-z]+)*[-_/.]?[0-9][A-Za-z0-9]*(?:[-_/.][A-Za-z0-9]+)*` +
		`|\b[0-9]+(?:\.[0-9]+){2,}\b`)
})

// longestStretch is how many bytes without white space are searched at once. The
// search for something that is not there begins anew at every word, so that it takes
// time in proportion to the square of a stretch.
const longestStretch = 1024

// wholes gives the places of what whole matches, in order. No match holds white
// space, so each stretch between stands for itself; most cannot hold one.
func wholes(s string) iter.Seq2[int, int] {
	return func(yield func(from, to int) bool) {
		for at := 0; at < len(s); {
			n := strings.IndexAny(s[at:], " \t\n\f\r")
			if n < 0 {
				n = len(s) - at
			}
			part := s[at : at+min(n, longestStretch)]
			if strings.ContainsAny(part, "0123456789@:/") || strings.Contains(strings.TrimRight(part, "."), ".") {
				for _, m := range whole().FindAllStringIndex(part, -1) {
					if !yield(at+m[0], at+m[1]) {
						return
					}
				}
			}
			at += max(len(part), 1)
		}
	}
}

// split cuts a text into words, figures and marks.
func split(s string) []word {
	out := make([]word, 0, len(s)/5+4)
	from := 0
	for start, end := range wholes(s) {
		if month, year, ok := strings.Cut(s[start:end], "-"); ok && len(year) == 4 && months()[text.Lower(month)] > 0 {
			continue // the rest of 20-Nov-2026
		}
		out = plain(out, s, from, start)
		w := word{class: code, text: s[start:end], start: start, end: end}
		if isAddress(w.text) {
			w.class = address
		} else if m := numbered().FindStringSubmatch(w.text); m != nil {
			out = appendWord(out, m[1], w.start)
			out = plain(out, s, w.start+len(m[1]), w.end)
			from = w.end
			continue
		}
		w.low = text.Lower(w.text)
		out = append(out, w)
		from = end
	}
	out = plain(out, s, from, len(s))
	sentences(out, s)
	return out
}

// plain cuts s[from:to], in which figures are read first.
func plain(out []word, s string, from, to int) []word {
	part := s[from:to]
	at := 0
	text.Numbers(part, func(n text.Number) bool {
		start := n.Start
		if start < at {
			start = at
		}
		out = segments(out, part, from, at, start)
		out = append(out, word{class: digits, text: part[start:n.End], start: from + start, end: from + n.End, value: n.Value})
		at = n.End
		return true
	})
	return segments(out, part, from, at, len(part))
}

// marks are the punctuation and symbols that decide anything.
const marks = ".!?。！？…-/:,%％‰°¢℃℉<>≤≥" + currencies

// segments cuts part[at:to] by Unicode's word boundaries and divides contractions.
func segments(out []word, part string, offset, at, to int) []word {
	it := words.FromString(part[at:to])
	for pos := offset + at; it.Next(); {
		v := it.Value()
		start := pos
		pos += len(v)
		r, _ := utf8.DecodeRuneInString(v)
		switch {
		case unicode.IsLetter(r) || unicode.IsNumber(r):
			out = appendPieces(out, v, start)
		case r == '_' || r == narrowBlank:
			out = appendPieces(out, v, start)
		case unicode.IsSpace(r):
			if strings.Contains(v, "\n") {
				out = append(out, word{class: mark, text: "\n", start: start, end: pos})
			}
		case len(out) > 0 && out[len(out)-1].class == mark && out[len(out)-1].text == v:
			// of a row of the same mark one is enough
		case strings.Contains("–‐‑", v): // dashes of a range, or without a break
			out = append(out, word{class: mark, text: "-", low: "-", start: start, end: pos})
		case strings.Contains(marks, v):
			out = append(out, word{class: mark, text: v, low: v, start: start, end: pos})
		}
	}
	return out
}

// narrowBlank is a blank that Unicode's word boundaries take for a letter.
const narrowBlank = '\u202f'

// appendPieces appends the words of v, which narrow blanks part and underscores of
// emphasis surround.
func appendPieces(out []word, v string, start int) []word {
	for piece := range strings.SplitSeq(v, string(narrowBlank)) {
		bare := strings.TrimLeft(piece, "_")
		at := start + len(piece) - len(bare)
		if bare = strings.TrimRight(bare, "_"); bare != "" {
			out = appendWord(out, bare, at)
		}
		start += len(piece) + len(string(narrowBlank))
	}
	return out
}

// appendWord appends the word v, "isn't" as "is" and "not", "Anna's" as "Anna".
func appendWord(out []word, v string, start int) []word {
	stem, negated := contraction(v)
	w := word{class: letters, text: stem, start: start, end: start + len(stem)}
	w.low = text.NFC(text.Lower(stem))
	if strings.Contains(w.low, ".") && strings.Trim(w.low, ".") != "" && abbreviated(w.low) {
		w.low = strings.ReplaceAll(w.low, ".", "")
	}
	for i, r := range stem {
		if unicode.IsUpper(r) {
			w.capital = w.capital || i == 0
			w.capitals++
		}
	}
	out = append(out, w)
	if negated {
		out = append(out, word{class: letters, text: v[len(stem):], low: "not", start: start + len(stem), end: start + len(v)})
	}
	return out
}

// contraction divides a negation or a possessive ending from a word.
func contraction(v string) (stem string, negated bool) {
	for _, mark := range [...]string{"'", "’"} {
		if i := strings.LastIndex(v, mark); i > 0 {
			switch rest := strings.ToLower(v[i+len(mark):]); {
			case rest == "t" && (v[i-1] == 'n' || v[i-1] == 'N'):
				if strings.EqualFold(v[:i], "can") {
					return v[:i], true
				}
				return v[:i-1], true
			case rest == "s" || rest == "":
				return v[:i], false
			}
		}
	}
	if strings.EqualFold(v, "cannot") {
		return v[:3], true
	}
	return v, false
}

// abbreviated reports whether between the dots there are single letters only.
func abbreviated(low string) bool {
	for part := range strings.SplitSeq(strings.Trim(low, "."), ".") {
		if utf8.RuneCountInString(part) > 1 {
			return false
		}
	}
	return true
}

// sentences marks the words with which a sentence begins and the marks that end
// one: a full stop does where a blank and then no small letter follows, and
// neither an abbreviation nor an initial stands before it.
func sentences(ws []word, s string) {
	begins, from := true, 0
	for i := range ws {
		if begins {
			mixed(ws[from:i])
			from = i
		}
		w := &ws[i]
		if w.class != mark {
			w.first = begins
			begins = false
			continue
		}
		switch w.text {
		case "!", "?", "。", "！", "？", "…":
			w.ends = true
		case "\n":
			w.ends = true
		case ".":
			w.ends = i+1 == len(ws) || endsAt(ws, i, s)
		}
		begins = begins || w.ends
	}
	mixed(ws[from:])
}

// mixed marks the words of a sentence that has words in small letters.
func mixed(sentence []word) {
	small := slices.ContainsFunc(sentence, func(w word) bool { return w.class == letters && w.capitals == 0 && hasCase(w.text) })
	for i := range sentence {
		sentence[i].mixed = small
	}
}

func endsAt(ws []word, i int, s string) bool {
	if i > 0 && ws[i-1].class == letters {
		if before := ws[i-1]; before.end == ws[i].start && (abbreviations()[before.low] || len(before.text) == 1 || strings.Contains(before.text, ".")) {
			return false
		}
	}
	r, _ := utf8.DecodeRuneInString(s[ws[i].end:])
	next := ws[i+1]
	return (unicode.IsSpace(r) || next.class == mark) && (next.class != letters || next.capital || !hasCase(next.text))
}

func hasCase(s string) bool {
	r, _ := utf8.DecodeRuneInString(s)
	return unicode.IsUpper(r) || unicode.IsLower(r)
}
