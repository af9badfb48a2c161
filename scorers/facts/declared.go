package facts

import (
	"slices"

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
	for _, u := range d.Units {
		if u.Kind >= least && !c.said(u) {
			return u, true
		}
	}
	return Unit{}, false
}

// said reports whether the other text says a unit, in whatever words.
func (c *comparer) said(u Unit) bool {
	denied := slices.ContainsFunc(c.a.Units, func(u Unit) bool { return u.Kind == Negation })
	for i, v := range c.b.Units {
		if v.Key != u.Key && (v.Kind == Function || !c.sameMeaning(u, v)) {
			continue
		}
		// Said with a negation right before it, it is not said.
		if denied || u.Kind == Negation || i == 0 || c.b.Units[i-1].Kind != Negation || c.b.Units[i-1].Sentence != v.Sentence {
			return true
		}
	}
	return false
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
