package facts

import (
	"holdtrue/scorers/lexicon"
)

// What happened to a fact.
type What uint8

const (
	Changed What = iota // another fact stands in its place
	Missing             // nothing stands in its place
	Added               // it stands where the expected text has nothing
)

// Change is one difference between an expected text and another. The spans are
// byte offsets of the texts' Source; one is empty where What says so.
type Change struct {
	What             What
	Kind             Kind
	From, To         [2]int
	Weight           float64
	Context          string // the words before it, of the expected text
	FromText, ToText string
}

// The weights of differences. A fact counts as 1, a content word of the expected
// text as content. Words differ because people paraphrase, which must cost
// little; a noun replaced by one that has nothing to do with it is more than
// that, and so is a new statement in the middle of one that was expected. The
// ratios were chosen on SummEdits, and hold over a wide range: see the test.
const (
	fact        = 1.0
	omitted     = 0.5  // of a fact's weight: leaving out is not saying wrong
	content     = 0.2  // the weight of a content word in an expected text
	otherNoun   = 0.2  // a noun stands for an unrelated noun
	otherWord   = 0.05 // any other word stands for an unrelated one
	insertion   = 0.3  // a content word where the expected text has nothing
	extraWord   = 0.1  // a content word more in a passage that was rewritten
	omittedWord = 0.05
)

// Comparison is what is left of an expected text in another.
type Comparison struct {
	Kept, Total float64 // weights; the score is Kept / Total
	Expected    float64 // the weight of the expected text alone
	Facts       int     // facts expected
	Changes     []Change
}

// Score is the share kept, in [0,1]; 1 where nothing was expected.
func (c Comparison) Score() float64 {
	if c.Total == 0 {
		return 1
	}
	return max(0, c.Kept/c.Total)
}

// Options choose what counts.
type Options struct {
	// Keep says which facts of the expected text count; nil: all.
	Keep func(Unit) bool
	// IgnoreAdded passes over what the other text adds.
	IgnoreAdded bool
	// Stop is asked now and then; once it says true, the comparison ends early and
	// is of no use. nil: it is not asked.
	Stop func() bool
}

// Compare holds a text against an expected one.
func Compare(lex *lexicon.Lexicon, expected, actual *Text, o Options) Comparison {
	c := comparer{lex: lex, a: expected, b: actual, options: o, looked: map[string]lexicon.Word{},
		moved: map[string]bool{}, paired: map[inOther]bool{}}
	for i, u := range expected.Units {
		w := c.weight(u)
		if u.Kind == Name && i > 0 && expected.Units[i-1].Kind == Name && next(expected, i) {
			w = 0 // a name of several words counts once
		}
		c.Total += w
		if u.Kind.Fact() && w > 0 {
			c.Facts++
		}
	}
	c.Kept, c.Expected = c.Total, c.Total
	c.figures()
	for _, g := range group(expected, actual) {
		if o.Stop != nil && o.Stop() {
			break
		}
		c.passage(g)
	}
	return c.Comparison
}

// next reports whether unit i follows the one before without anything between
// but a blank.
func next(t *Text, i int) bool { return t.Units[i].Start <= t.Units[i-1].End+1 }

type comparer struct {
	Comparison
	lex     *lexicon.Lexicon
	a, b    *Text
	options Options
	looked  map[string]lexicon.Word
	moved   map[string]bool  // figures that were given to other words
	paired  map[inOther]bool // negations that have their like
}

func (c *comparer) weight(u Unit) float64 {
	switch {
	case u.Kind == Function || u.Kind == Contrast:
		return 0
	case u.Kind.Fact() && c.options.Keep != nil && !c.options.Keep(u):
		return 0
	case u.Kind.Fact():
		return fact
	}
	return content
}

func (c *comparer) word(u Unit) lexicon.Word {
	w, ok := c.looked[u.Key]
	if !ok {
		w = c.lex.Look(u.Key)
		c.looked[u.Key] = w
	}
	return w
}

// passage compares sentences that belong together.
func (c *comparer) passage(g passage) {
	if len(g.b) == 0 {
		c.absent(unitsOf(c.a, g.a))
		return
	}
	a, b := unitsOf(c.a, g.a), unitsOf(c.b, g.b)
	c.swapped(a, b)
	c.negations(a, b)
	for _, gap := range align(a, b) {
		c.gap(gap)
	}
}

// absent counts a passage of which the other text has nothing in its place: what
// it does not say elsewhere is lost whole.
func (c *comparer) absent(us []Unit) {
	for i, u := range us {
		w := c.weight(u)
		if c.b.Has(u) || w == 0 || u.Kind == Name && i > 0 && us[i-1].Kind == Name && u.Start <= us[i-1].End+1 {
			continue
		}
		c.Kept -= w
		if u.Kind.Fact() {
			c.Changes = append(c.Changes, c.change(Missing, u, Unit{}, w))
		}
	}
}

func unitsOf(t *Text, sentences []int) (us []Unit) {
	for _, s := range sentences {
		us = append(us, t.sentence(s)...)
	}
	return us
}
