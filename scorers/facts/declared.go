package facts

import (
	"slices"
	"strings"
	"unicode"

	"holdtrue/scorers/lexicon"
)

// Declared looks for facts that somebody wrote down, one short text each, in
// another text. A fact is kept if everything in it that is a fact is found, or
// every content word where there is none. What stands in the place of a lost
// figure is the first figure of its kind that was not declared.
func Declared(lex *lexicon.Lexicon, declared []*Text, actual *Text) Comparison {
	c := comparer{lex: lex, b: actual, looked: map[string]lexicon.Word{}}
	wanted := map[string]bool{}
	for _, d := range declared {
		for _, u := range d.Units {
			wanted[u.Key] = true
		}
	}
	for _, d := range declared {
		c.a = d
		c.Total++
		c.Facts++
		lost, ok := c.lost(d)
		if !ok {
			c.Kept++
			continue
		}
		ch := Change{What: Missing, Kind: lost.Kind, Weight: 1, FromText: d.Source}
		for _, u := range actual.Units {
			if u.Kind == lost.Kind && u.Kind.figure() && !wanted[u.Key] {
				ch.What, ch.To, ch.ToText = Changed, [2]int{u.Start, u.End}, actual.Source[u.Start:u.End]
				break
			}
		}
		c.Changes = append(c.Changes, ch)
	}
	return c.Comparison
}

// lost gives the first unit of a declared fact that the other text has not got.
func (c *comparer) lost(d *Text) (Unit, bool) {
	least := Word
	if slices.ContainsFunc(d.Units, func(u Unit) bool { return u.Kind.Fact() }) {
		least = Negation
	}
	for i, u := range d.Units {
		switch {
		case u.Kind == Contrast && c.contradicted(d, i):
			return u, true
		case u.Kind >= least && u.Kind != Contrast && !c.said(u):
			return u, true
		}
	}
	return Unit{}, false
}

// contradicted reports whether the other text has the contrary of the contrast at
// unit i where it says what follows it: "after 5 May" of "before 5 May". If the
// declared fact is nothing but contrasts, these must be said themselves.
func (c *comparer) contradicted(d *Text, i int) bool {
	u := d.Units[i]
	related := func(v Unit) bool { return v.Kind != Function && v.Kind != Contrast && v.Kind != Negation }
	if !slices.ContainsFunc(d.Units, related) {
		return !c.said(u)
	}
	against := false
	for j, v := range c.b.Units {
		if !slices.ContainsFunc(d.Units, func(w Unit) bool { return related(w) && c.same(w, v) }) {
			continue
		}
		for k := max(0, j-reach); k < min(len(c.b.Units), j+reach+1); k++ {
			near := c.b.Units[k]
			switch {
			case near.Sentence != v.Sentence || near.Kind != Contrast:
			case contrasts()[near.Key] == contrasts()[u.Key]:
				return false
			case contrary(near.Key, u.Key):
				against = true
			}
		}
	}
	return against
}

// reach is how many units away a contrast or a negation still belongs to a unit.
const reach = 4

// same reports whether unit v of the other text says u.
func (c *comparer) same(u, v Unit) bool {
	return v.Key == u.Key || v.Kind != Function && c.sameMeaning(u, v)
}

// said reports whether the other text says a unit, in whatever words.
func (c *comparer) said(u Unit) bool {
	denied := slices.ContainsFunc(c.a.Units, func(u Unit) bool { return u.Kind == Negation })
	for i, v := range c.b.Units {
		if u.Kind == Negation && c.b.prefixed(v) && slices.ContainsFunc(c.a.Units, func(w Unit) bool { return c.same(w, v) }) {
			return true // "non-refundable" of "not refundable"
		}
		if !c.same(u, v) {
			continue
		}
		if denied || u.Kind == Negation || !c.b.denies(i) {
			return true
		}
	}
	return false
}

// denies reports whether a negation before unit i takes it back: one right before
// it, or some words back without a mark, a name or a figure in between; "never
// ever" is one, "not only" is none.
func (t *Text) denies(i int) bool {
	u := t.Units[i]
	if t.prefixed(u) {
		return true
	}
	for j := i - 1; j >= 0 && j >= i-reach && t.Units[j].Sentence == u.Sentence; j-- {
		v := t.Units[j]
		switch {
		case strings.ContainsAny(t.Source[v.End:t.Units[j+1].Start], ",;:.()"):
			return false
		case v.Kind == Negation:
			return t.Units[j+1].Key != "only" && t.Units[j+1].Key != "just"
		case v.Kind > Negation || joins[v.Key]:
			return false
		}
	}
	return false
}

// joins are the words with which another clause begins.
var joins = map[string]bool{"and": true, "but": true, "or": true, "because": true, "since": true, "so": true, "if": true, "while": true,
	"though": true, "although": true, "that": true, "which": true, "than": true, "until": true, "unless": true, "then": true}

// prefixed reports whether "non-" stands before a unit.
func (t *Text) prefixed(u Unit) bool {
	before := strings.ToLower(t.Source[max(0, u.Start-4):u.Start])
	return before == "non-" && (u.Start == 4 || !unicode.IsLetter(rune(t.Source[u.Start-5])))
}

// Constant reports which facts all texts have. A fact that varies between answers
// of the same agent is not a promise.
func Constant(texts []*Text) func(Unit) bool {
	return func(u Unit) bool {
		for _, t := range texts {
			if !t.Has(u) {
				return false
			}
		}
		return true
	}
}
