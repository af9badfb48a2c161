package lexicon

import (
	"slices"
	"strings"
)

// Relation says how the meanings of two words stand to each other.
type Relation int

const (
	Unrelated Relation = iota
	Similar            // forms of one word, synonyms, or words that stand for each other
	Opposite           // antonyms
)

// Word is a word looked up, ready to be compared with others.
type Word struct {
	Text  string
	Noun  bool // mostly used as a noun
	Known bool
	// Proper says that the word is only known as a proper name.
	Proper bool

	bases    []uint32
	senses   []uint32
	direct   []uint32 // senses one step away, the more general ones too
	opposite []uint32 // words
}

// Look looks up a word in lower case, in whatever form it stands.
func (l *Lexicon) Look(word string) Word {
	w := Word{Text: word, bases: l.bases(word)}
	w.Known = len(w.bases) > 0
	if w.Known {
		pos := l.pos[w.bases[0]]
		w.Noun, w.Proper = pos%proper == noun, pos >= proper && l.words[w.bases[0]] == word
	}
	w.bases = set(w.bases)
	for _, b := range w.bases {
		w.senses = append(w.senses, l.senses.of(b)...)
		w.opposite = append(w.opposite, l.antonyms.of(b)...)
	}
	w.senses = set(w.senses)
	for _, s := range w.senses {
		w.direct = append(append(w.direct, l.general.of(s)...), l.across.of(s)...)
	}
	w.direct = set(w.direct)
	w.opposite = set(append(w.opposite, l.indirect(w)...))
	return w
}

// indirect are the antonyms of the words that mean the same or, for nouns and
// verbs, something more general, and for adjectives something similar: "slow" is
// the opposite of "rapid" since rapid is similar to fast. They serve for words
// with few senses, since of the many senses of others some has any opposite.
func (l *Lexicon) indirect(w Word) (opposite []uint32) {
	const fewSenses = 12
	if len(w.senses) > fewSenses {
		return nil
	}
	for _, s := range w.senses {
		for _, near := range [][]uint32{{s}, l.general.of(s), l.adjectives(s)} {
			for _, n := range near {
				for _, member := range l.members.of(n) {
					opposite = append(opposite, l.antonyms.of(member)...)
				}
			}
		}
	}
	return opposite
}

// adjectives are the synsets across s, if s is one of an adjective: of the
// pointers that are kept its own are mostly to similar adjectives.
func (l *Lexicon) adjectives(s uint32) []uint32 {
	if m := l.members.of(s); len(m) == 0 || l.pos[m[0]]%proper != adjective {
		return nil
	}
	return l.across.of(s)
}

// set sorts a list and drops what stands twice.
func set(items []uint32) []uint32 {
	slices.Sort(items)
	return slices.Compact(items)
}

// Relate says how two words stand to each other. It is symmetric.
func Relate(a, b Word) Relation {
	switch {
	case a.Text == b.Text, meet(a.bases, b.bases), meet(a.senses, b.senses):
		return Similar
	case negates(a.Text, b.Text), meet(a.opposite, b.bases), meet(b.opposite, a.bases):
		return Opposite
	case meet(a.direct, b.senses), meet(b.direct, a.senses):
		return Similar
	}
	return Unrelated
}

// meet reports whether two sorted lists have a member in common.
func meet(a, b []uint32) bool {
	if len(a) > len(b) {
		a, b = b, a
	}
	for _, x := range a {
		if _, ok := slices.BinarySearch(b, x); ok {
			return true
		}
	}
	return false
}

// negates reports whether one word is the other with a prefix of negation, or
// one ends in -less where the other ends in -ful.
func negates(a, b string) bool {
	if len(a) < len(b) {
		a, b = b, a
	}
	if len(b) > 3 {
		if prefix, ok := strings.CutSuffix(a, b); ok {
			switch strings.TrimSuffix(prefix, "-") {
			case "un", "in", "im", "ir", "il", "dis", "non", "mis":
				return true
			}
		}
	}
	stem, less := strings.CutSuffix(a, "less")
	other, ful := strings.CutSuffix(b, "ful")
	if less && ful && stem == other {
		return true
	}
	stem, less = strings.CutSuffix(b, "less")
	other, ful = strings.CutSuffix(a, "ful")
	return less && ful && stem == other
}

// Senses calls yield for each sense of the word. The numbers of two words with
// the same meaning are the same.
func (w Word) Senses(yield func(sense uint32)) {
	for _, s := range w.senses {
		yield(s)
	}
}
