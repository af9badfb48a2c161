package facts

import (
	"strings"
	"unicode/utf8"

	"holdtrue/scorers/lexicon"
)

// Kind says what a Unit is.
type Kind uint8

const (
	Function Kind = iota // a word that carries no fact of its own: "the", "of"
	Word                 // a content word
	Contrast             // a word of a closed pair of opposites: "before", "at least"
	Negation             // "not", "never", "n't"
	Name                 // a word of a proper name
	Number
	Ordinal
	Percent
	Money
	Duration
	Quantity // a number with another unit
	Date
	Time
	Address // a URL or an e-mail address
	Code    // an identifier of letters and digits: "TCK-123"
)

var kindNames = [...]string{"function word", "word", "contrast", "negation", "name", "number", "ordinal", "percentage",
	"amount of money", "duration", "quantity", "date", "time", "address", "code"}

// String names the kind, for evidence.
func (k Kind) String() string { return kindNames[k] }

// Fact reports whether units of the kind are facts in themselves.
func (k Kind) Fact() bool { return k >= Negation }

// figure reports whether units of the kind can stand for one another: a
// duration that was 30 days may have become the date of a day.
func (k Kind) figure() bool { return k >= Number && k <= Time }

// Unit is a word, or several that say one thing, of a text.
type Unit struct {
	Kind Kind
	// Key is the same for units that say the same: "30 %" and "thirty percent".
	Key        string
	Start, End int // bytes of the text
	Sentence   int // counted from 0
	// Counts is set for a number directly before the noun that it counts: it does
	// not stand for an amount of something else.
	Counts bool
}

// Text is a text taken apart.
type Text struct {
	Source    string
	Units     []Unit
	Sentences int
	Cut       bool // only the first Limit bytes were read
	keys      map[string]int
}

// Limit is how many bytes of a text are read.
const Limit = 1 << 18

// Read takes a text apart.
func Read(lex *lexicon.Lexicon, s string) *Text {
	t := &Text{Source: s}
	if len(s) > Limit {
		s, t.Cut = strings.ToValidUTF8(s[:Limit], ""), true
		t.Source = s
	}
	words := split(s)
	names := namer{lex: lex, nouns: capitalisesNouns(words)}
	ended := false
	for i := 0; i < len(words); {
		u, n := phrase(words, i)
		if n == 0 {
			u, n = names.single(words, i), 1
		}
		if u.Key != "" {
			u.Counts = u.Kind == Number && names.counted(words, i+n)
			if ended || t.Sentences == 0 {
				t.Sentences++
				ended = false
			}
			u.Sentence = t.Sentences - 1
			t.Units = append(t.Units, u)
		}
		ended = ended || words[i].ends
		i += n
	}
	t.keys = make(map[string]int, len(t.Units))
	for _, u := range t.Units {
		t.keys[u.Key]++
	}
	return t
}

// Has reports whether a unit says what u says.
func (t *Text) Has(u Unit) bool { return t.keys[u.Key] > 0 }

// phrase reads a unit of several words, or a figure, at word i.
func phrase(words []word, i int) (Unit, int) {
	if u, n := weekday(words, i); n > 0 {
		u.Start, u.End = words[i].start, words[i].end
		return u, n
	}
	for _, read := range []func([]word) (Unit, int){date, version, special, clock, figure, often, half} {
		u, n := read(words[i:])
		if n == 0 || article(words, i) && i > 0 && repeats(words[i-1]) && u.Kind == Duration {
			continue
		}
		u.Start, u.End = words[i].start, words[i+n-1].end
		return u, n
	}
	return Unit{}, 0
}

// repeats reports whether "a day" behind the word says how often, or for how
// long the price is: "twice a day", "$5 a month".
func repeats(w word) bool {
	_, unit := units()[w.low]
	return unit || w.class == digits || w.low == "once" || w.low == "twice" || w.low == "thrice"
}

// special are the words that were recognised whole.
func special(words []word) (Unit, int) {
	w := words[0]
	switch w.class {
	case address:
		return Unit{Kind: Address, Key: addressKey(w.text)}, 1
	case code:
		return Unit{Kind: Code, Key: codeKey(w.low)}, 1
	}
	return Unit{}, 0
}

// namer tells names from other words with a capital.
type namer struct {
	lex   *lexicon.Lexicon
	nouns bool // the language writes every noun with a capital
}

// capitalisesNouns reports whether the function words are German for the most part.
func capitalisesNouns(words []word) bool {
	german, english := 0, 0
	for _, w := range words {
		if germanWords()[w.low] {
			german++
		} else if functionWords()[w.low] {
			english++
		}
	}
	return german > english
}

// counted reports whether word i is a noun, or may be one.
func (n namer) counted(words []word, i int) bool {
	if i < len(words) && words[i].text == "-" && adjacent(words[i-1], words[i]) {
		i++
	}
	if i >= len(words) || words[i].class != letters || functionWords()[words[i].low] || negations[words[i].low] || contrasts()[words[i].low].set != 0 {
		return false
	}
	if _, ok := numberWords()[words[i].low]; ok {
		return false
	}
	known := n.lex.Look(words[i].low)
	return known.Noun || !known.Known
}

// relations are the signs of comparison, as the words they stand for.
var relations = map[string]string{"<": "less", ">": "more", "≤": "most", "≥": "least"}

// relation reads a sign of comparison before a figure.
func relation(words []word, i int) string {
	if i+1 >= len(words) || words[i].class != mark || words[i+1].class != digits && !strings.Contains(currencies, words[i+1].text) {
		return ""
	}
	return relations[words[i].text]
}

// single reads the word i for itself.
func (n namer) single(words []word, i int) Unit {
	w := words[i]
	u := Unit{Kind: Word, Key: w.low, Start: w.start, End: w.end}
	switch {
	case relation(words, i) != "":
		u.Kind, u.Key = Contrast, relation(words, i)
	case w.class != letters:
		return Unit{}
	case negations[w.low]:
		u.Kind, u.Key = Negation, "not"
	case contrasts()[w.low].set != 0:
		u.Kind = Contrast
	case ofFigure(words, i):
		u.Kind = Function // said with the figure
	case w.acronym():
		u.Kind = Name
	case pronouns[w.low]:
		u.Kind, u.Key = Function, w.low+" (pronoun)" // "us" is not US
	case functionWords()[w.low] || n.nouns && germanWords()[w.low]:
		u.Kind = Function
	case n.named(words, i):
		u.Kind = Name
	}
	return u
}

// pronouns are the function words that are an acronym in capitals.
var pronouns = map[string]bool{"us": true, "it": true, "who": true}

// acronym reports whether a word that is a pronoun in small letters is a name.
func (w word) acronym() bool {
	return pronouns[w.low] && w.capitals == utf8.RuneCountInString(w.low) && (w.mixed || strings.Contains(w.text, "."))
}

// named reports whether word i is part of a proper name: it is capitalised, and
// not only because a sentence begins there or it is a noun.
func (n namer) named(words []word, i int) bool {
	w := words[i]
	switch {
	case !w.capital:
		return false
	case w.capitals > 1:
		return true
	case n.nouns:
		return false
	case !w.first:
		return true
	}
	if known := n.lex.Look(w.low); !known.Known || known.Proper {
		return true
	}
	return i+1 < len(words) && words[i+1].capital && !words[i+1].first && words[i+1].start <= w.end+1 && !functionWords()[words[i+1].low]
}
