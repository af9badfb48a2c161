package facts

import (
	"slices"
	"strings"

	"holdtrue/scorers/lexicon"
)

// mostWords is how many content words of a side of a gap are held against those
// of the other; in larger gaps the rest is only looked for by itself.
const mostWords = 48

// gap judges a stretch in which the texts differ.
func (c *comparer) gap(g gap) {
	left := c.relevant(g.left, c.b)
	right := c.relevant(g.right, c.a)
	left, right = c.acronyms(left, right)
	left, right = c.drop(left, right, c.sameMeaning)
	left, right = c.opposites(left, right)
	c.factsOf(left, right)
	c.contents(g, left, right)
}

// relevant are the units that say something and that the other text has not
// got anywhere. A negation belongs to its place.
func (c *comparer) relevant(us []Unit, other *Text) (kept []Unit) {
	for _, u := range us {
		if u.Kind != Function && !c.paired[inOther{other, u.Start}] && (u.Kind == Negation || !other.Has(u)) {
			kept = append(kept, u)
		}
	}
	return kept
}

// drop removes pairs of units of the two sides for which match holds.
func (c *comparer) drop(left, right []Unit, match func(l, r Unit) bool) (_, _ []Unit) {
	near := slices.Clone(right[:min(len(right), mostWords)]) // the first of what is left
	rest := right[len(near):]
	left = slices.DeleteFunc(left, func(l Unit) bool {
		for j, r := range near {
			if !match(l, r) {
				continue
			}
			if near = slices.Delete(near, j, j+1); len(rest) > 0 {
				near, rest = append(near, rest[0]), rest[1:]
			}
			return true
		}
		return false
	})
	return left, append(near, rest...)
}

// sameMeaning reports whether two units say the same in other words.
func (c *comparer) sameMeaning(l, r Unit) bool {
	switch {
	case l.Kind == Negation && r.Kind == Negation:
		return true
	case l.Kind == Date && r.Kind == Date:
		return agree(l.Key, r.Key)
	case l.Kind == Contrast && r.Kind == Contrast:
		return sameSide(l.Key, r.Key)
	case l.Kind == Date && unitless(r):
		return year(l.Key) == bare(r)
	case r.Kind == Date && unitless(l):
		return year(r.Key) == bare(l)
	case l.Kind.figure() || r.Kind.figure():
		return bare(l) != "" && bare(l) == bare(r) && (unitless(l) || unitless(r) || pounds(l.Key, r.Key) || pounds(r.Key, l.Key))
	case lexical(l) && lexical(r):
		return !contrary(l.Key, r.Key) && lexicon.Relate(c.word(l), c.word(r)) == lexicon.Similar
	}
	return false
}

// lexical reports whether a unit is a word that a lexicon may know.
func lexical(u Unit) bool { return u.Kind == Word || u.Kind == Name }

// unitless reports whether a number leaves open what it is a number of.
func unitless(u Unit) bool { return u.Kind == Number && !u.Counts }

// pounds reports whether a is in pounds, of money or of weight, and b in one of
// the two.
func pounds(a, b string) bool {
	return strings.HasPrefix(a, "#pound ") && (strings.HasPrefix(b, "#gbp ") || strings.HasPrefix(b, "#lb "))
}

// bare is the value of a figure without its unit: "30" may stand for "30 days".
func bare(u Unit) string {
	if u.Kind == Ordinal || u.Kind == Date || u.Kind == Time {
		return ""
	}
	_, v, _ := strings.Cut(u.Key, " ")
	return v
}

// acronyms drops names of which the other side has the initials: EU, European
// Union.
func (c *comparer) acronyms(left, right []Unit) (_, _ []Unit) {
	for i, l := range left[:min(len(left), mostWords)] {
		if j, n := spelledOut(l, right[:min(len(right), mostWords)]); n > 0 {
			return slices.Delete(left, i, i+1), slices.Delete(right, j, j+n)
		}
	}
	for j, r := range right[:min(len(right), mostWords)] {
		if i, n := spelledOut(r, left[:min(len(left), mostWords)]); n > 0 {
			return slices.Delete(left, i, i+n), slices.Delete(right, j, j+1)
		}
	}
	return left, right
}

// spelledOut finds n names in a row whose initials are the acronym.
func spelledOut(acronym Unit, us []Unit) (at, n int) {
	if acronym.Kind != Name {
		return 0, 0
	}
	n = len(acronym.Key)
	for at := range len(us) - n + 1 {
		same := n > 1
		for k := range n {
			same = same && us[at+k].Kind == Name && us[at+k].Key[0] == acronym.Key[k]
		}
		if same {
			return at, n
		}
	}
	return 0, 0
}

// opposites finds words that were turned into their contrary. A negation on one
// side only takes it back: "not easy" is "difficult".
func (c *comparer) opposites(left, right []Unit) (l, r []Unit) {
	var found []Change
	l, r = c.drop(left, right, func(x, y Unit) bool {
		if !(x.Kind == Contrast && y.Kind == Contrast && contrary(x.Key, y.Key) ||
			lexical(x) && lexical(y) && (contrary(x.Key, y.Key) || lexicon.Relate(c.word(x), c.word(y)) == lexicon.Opposite)) {
			return false
		}
		found = append(found, c.change(Changed, x, y, fact))
		return true
	})
	nots := func(us []Unit) (n int) {
		for _, u := range us {
			if u.Kind == Negation {
				n++
			}
		}
		return n
	}
	if len(found)%2 == 1 && (nots(l)+nots(r))%2 == 1 {
		not := func(u Unit) bool { return u.Kind == Negation }
		l, r = slices.DeleteFunc(l, not), slices.DeleteFunc(r, not)
		found = nil
	}
	for _, f := range found {
		c.count(f)
	}
	return l, r
}

// factsOf pairs the facts of the two sides, figures with figures of the same
// kind first, and names with names.
func (c *comparer) factsOf(left, right []Unit) {
	l, r := factsOnly(left), factsOnly(right)
	for _, pair := range []func(x, y Unit) bool{
		func(x, y Unit) bool { return x.Kind == y.Kind && x.Kind != Negation },
		func(x, y Unit) bool { return x.Kind.figure() && y.Kind.figure() },
		func(x, y Unit) bool {
			return x.Kind == Name && (y.Kind == Code || y.Kind == Address) || y.Kind == Name && x.Kind == Code
		},
	} {
		l, r = c.drop(l, r, func(x, y Unit) bool {
			if !pair(x, y) {
				return false
			}
			c.count(c.change(Changed, x, y, c.weight(x)))
			return true
		})
	}
	for _, x := range l {
		if x.Kind == Negation { // leaving it out is saying the contrary
			c.count(c.change(Missing, x, Unit{}, c.weight(x)))
		} else {
			c.count(c.change(Missing, x, Unit{}, omitted*c.weight(x)))
		}
	}
	for _, y := range r {
		if !c.options.IgnoreAdded || y.Kind == Negation {
			c.Total += fact
			c.Kept += fact
			c.count(c.change(Added, Unit{}, y, fact))
		}
	}
}

// factsOnly keeps the facts, of a name of several words the first.
func factsOnly(us []Unit) (kept []Unit) {
	for i, u := range us {
		if !u.Kind.Fact() {
			continue
		}
		if u.Kind == Name && i > 0 && us[i-1].Kind == Name && u.Start <= us[i-1].End+1 {
			kept[len(kept)-1].End = u.End
			continue
		}
		kept = append(kept, u)
	}
	return kept
}

// contents weighs the words that are left: paraphrase, or more.
func (c *comparer) contents(g gap, left, right []Unit) {
	words := func(us []Unit) (ws []Unit, nouns int) {
		for _, u := range us {
			if u.Kind == Word {
				ws = append(ws, u)
				if c.word(u).Noun {
					nouns++
				}
			}
		}
		return ws, nouns
	}
	l, leftNouns := words(left)
	r, rightNouns := words(right)
	pairs, nouns := min(len(l), len(r)), min(leftNouns, rightNouns)
	lost := float64(nouns)*otherNoun + float64(pairs-nouns)*otherWord + float64(len(l)-pairs)*omittedWord
	if nouns > 0 {
		x, y := c.firstNoun(l), c.firstNoun(r)
		c.Changes = append(c.Changes, c.change(Changed, x, y, float64(nouns)*otherNoun))
	}
	if more := float64(len(r) - pairs); more > 0 && !c.options.IgnoreAdded {
		weight := extraWord
		if len(g.left) == 0 {
			weight = insertion
			whole := r[0]
			whole.End = r[len(r)-1].End
			c.Changes = append(c.Changes, c.change(Added, Unit{}, whole, more*weight))
		}
		c.Total += more * weight
	}
	c.Kept -= lost
}

func (c *comparer) firstNoun(us []Unit) Unit {
	for _, u := range us {
		if c.word(u).Noun {
			return u
		}
	}
	return us[0]
}

// count takes a change of a fact into account.
func (c *comparer) count(ch Change) {
	if ch.Weight == 0 {
		return
	}
	c.Kept -= ch.Weight
	c.Changes = append(c.Changes, ch)
}

// change describes a difference.
func (c *comparer) change(what What, from, to Unit, weight float64) Change {
	ch := Change{What: what, Kind: from.Kind, Weight: weight, From: [2]int{from.Start, from.End}, To: [2]int{to.Start, to.End}}
	if what == Added {
		ch.Kind = to.Kind
	} else {
		ch.FromText = c.a.Source[from.Start:from.End]
		ch.Context = c.context(from)
	}
	if what != Missing {
		ch.ToText = c.b.Source[to.Start:to.End]
	}
	return ch
}

// context is the last two content words before a unit in its sentence.
func (c *comparer) context(u Unit) string {
	i, ok := slices.BinarySearchFunc(c.a.Units, u.Start, func(x Unit, start int) int { return x.Start - start })
	if !ok {
		return ""
	}
	var words []string
	for j := i - 1; j >= 0 && j >= i-6 && len(words) < 2 && c.a.Units[j].Sentence == u.Sentence; j-- {
		if v := c.a.Units[j]; v.Kind == Word || v.Kind == Name {
			words = append(words, c.a.Source[v.Start:v.End])
		} else if len(words) > 0 {
			break
		}
	}
	slices.Reverse(words)
	return strings.Join(words, " ")
}
