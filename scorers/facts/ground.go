package facts

import (
	"slices"
	"strings"

	"holdtrue/scorers/lexicon"
)

// Grounding is how much of a text stands in others.
type Grounding struct {
	Found, Total float64 // weights
	Source       string
	Unfounded    []Unit // by place; a name of several words is one
}

// Score is Found / Total, in [0,1]; 1 where nothing is stated.
func (g Grounding) Score() float64 {
	if g.Total == 0 {
		return 1
	}
	return g.Found / g.Total
}

// Ground looks for what a text states in the sources. A fact counts 1, quoted
// words and negations as facts; every other content word counts word.
func Ground(lex *lexicon.Lexicon, sources []*Text, t *Text, word float64) Grounding {
	g := Grounding{Source: t.Source}
	find := newFinder(lex, sources)
	quoted := quotations(t.Source)
	short := find.abbreviates(t)
	for i, u := range t.Units {
		w := word
		switch {
		case u.Kind == Function || u.Kind == Contrast:
			continue
		case u.Kind > Negation || u.Kind == Word && quoted.holds(u.Start):
			w = 1
		}
		if w == 0 {
			continue
		}
		g.Total += w
		if short[i] || find.has(u) {
			g.Found += w
			continue
		}
		if n := len(g.Unfounded); n > 0 && u.Kind == Name && g.Unfounded[n-1].Kind == Name && next(t, i) {
			g.Unfounded[n-1].End = u.End
		} else {
			g.Unfounded = append(g.Unfounded, u)
		}
	}
	return g
}

// finder looks units up in several texts.
type finder struct {
	lex     *lexicon.Lexicon
	sources []*Text
	senses  map[uint32]bool // of all their words
	bare    map[string]bool // figures without unit
	dates   []string
	short   map[string]bool // the acronyms in them
	initial map[string]bool // of the names of several words in them
}

func newFinder(lex *lexicon.Lexicon, sources []*Text) *finder {
	f := &finder{lex: lex, sources: sources, senses: map[uint32]bool{}, bare: map[string]bool{}, short: map[string]bool{}, initial: map[string]bool{}}
	for _, t := range sources {
		for key := range t.keys {
			lex.Look(key).Senses(func(s uint32) { f.senses[s] = true })
		}
		longNames(t, func(_, _ int, initials string) { f.initial[initials] = true })
		for _, u := range t.Units {
			if t.acronym(u) {
				f.short[u.Key] = true
			}
			if u.Kind == Date {
				f.dates = append(f.dates, u.Key)
				f.bare[year(u.Key)] = true
			}
			if v := bare(u); (u.Kind.figure() || u.Kind == Code) && v != "" {
				f.bare[v] = true
			}
		}
	}
	return f
}

func (f *finder) has(u Unit) bool {
	if f.holds(u.Key) {
		return true
	}
	switch {
	case u.Kind == Date:
		for _, d := range f.dates {
			if agree(d, u.Key) {
				return true
			}
		}
	case u.Kind == Number:
		return !u.Counts && f.bare[bare(u)]
	case u.Kind == Code && bare(u) != "": // a version
		return f.holds("# " + bare(u))
	case u.Kind == Money || u.Kind == Quantity:
		return f.inPounds(u)
	case u.Kind == Name:
		return f.initial[u.Key]
	case u.Kind == Word:
		found := false
		f.lex.Look(u.Key).Senses(func(s uint32) { found = found || f.senses[s] })
		return found
	}
	return false
}

// abbreviates finds the units of a text that are part of a name of which the
// sources have the initials.
func (f *finder) abbreviates(t *Text) map[int]bool {
	found := map[int]bool{}
	longNames(t, func(from, to int, initials string) {
		for i := from; i < to && f.short[initials]; i++ {
			found[i] = true
		}
	})
	return found
}

// inPounds looks for a figure in pounds, which may be money or a weight.
func (f *finder) inPounds(u Unit) bool {
	base, v, _ := strings.Cut(u.Key, " ")
	for _, other := range map[string][]string{"#pound": {"#gbp ", "#lb "}, "#gbp": {"#pound "}, "#lb": {"#pound "}}[base] {
		if f.holds(other + v) {
			return true
		}
	}
	return false
}

// holds reports whether a source has a unit of the key.
func (f *finder) holds(key string) bool {
	return slices.ContainsFunc(f.sources, func(t *Text) bool { return t.keys[key] > 0 })
}

// ranges are stretches of a text, in order.
type ranges [][2]int

func (r ranges) holds(at int) bool {
	for _, x := range r {
		if at >= x[0] && at < x[1] {
			return true
		}
	}
	return false
}

// quotations finds the text between double quotation marks of any style.
func quotations(s string) (found ranges) {
	closing := map[rune]rune{'"': '"', '“': '”', '„': '“', '«': '»', '»': '«', '「': '」'}
	const most = 200 // bytes; a longer one is no quotation but two marks far apart
	end, from := rune(0), 0
	for i, r := range s {
		switch {
		case end != 0 && r == end:
			found = append(found, [2]int{from, i})
			end = 0
		case end != 0 && i-from > most || end == 0:
			end, from = closing[r], i
		}
		if len(found) > 1000 {
			break
		}
	}
	return found
}
