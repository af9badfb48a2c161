package facts

import (
	"slices"
	"strings"

	"holdtrue/scorers/lexicon"
)

// What belongs to what: which figure stands with which words, which word a negation
// denies, and which of two facts comes first.

// swapped finds two facts that changed places in a passage that is otherwise the
// same. In an enumeration their order is nothing.
func (c *comparer) swapped(a, b []Unit) {
	if len(a) != len(b) {
		return
	}
	var differ []int
	for i := range a {
		if a[i].Key != b[i].Key {
			if differ = append(differ, i); len(differ) > 2 {
				return
			}
		}
	}
	if len(differ) != 2 || enumerated(a[differ[0]:differ[1]+1]) {
		return
	}
	i, j := differ[0], differ[1]
	if c.moved[a[i].Key] || a[i].Key != b[j].Key || a[j].Key != b[i].Key || !a[i].Kind.Fact() && !a[j].Kind.Fact() {
		return
	}
	c.count(c.change(Changed, a[i], b[i], fact))
	c.count(c.change(Changed, a[j], b[j], fact))
}

// enumerated reports whether between the first unit and the last nothing stands but
// facts and what joins them.
func enumerated(us []Unit) bool {
	for _, u := range us[1 : len(us)-1] {
		if !u.Kind.Fact() && u.Key != "and" && u.Key != "or" {
			return false
		}
	}
	return true
}

// negations pairs those of a passage of both texts that deny the same word, wherever
// it stands: "does not cover" and "isn't covered".
func (c *comparer) negations(a, b []Unit) {
	right := denied(b)
	for _, l := range denied(a) {
		for j, r := range right {
			if l.word.Key == r.word.Key || lexical(l.word) && lexical(r.word) && lexicon.Relate(c.word(l.word), c.word(r.word)) == lexicon.Similar {
				c.paired[inOther{c.b, l.not.Start}], c.paired[inOther{c.a, r.not.Start}] = true, true
				right = slices.Delete(right, j, j+1)
				break
			}
		}
	}
}

// inOther is the place of a unit of one text, that is compared with the other.
type inOther struct {
	other *Text
	start int
}

type denial struct{ not, word Unit }

// denied finds the negations of a passage with the first content word behind each
// in its sentence.
func denied(us []Unit) (found []denial) {
	const near = 6
	for i, u := range us {
		if u.Kind != Negation || len(found) == mostWords {
			continue
		}
		for _, v := range us[i+1 : min(len(us), i+1+near)] {
			if v.Kind != Function && v.Kind != Negation && v.Sentence == u.Sentence {
				found = append(found, denial{u, v})
				break
			}
		}
	}
	return found
}

// label is a content word by which a figure of a kind can be known.
type label struct {
	word string
	kind string
}

// figures finds figures that both texts have, but that each gives to other words:
// prices that were exchanged. A word tells a figure if it stands with just one of
// its kind in a stretch between commas and conjunctions, and in one stretch only. A
// figure has moved if all words that tell it here tell one other there, which has
// moved as well.
func (c *comparer) figures() {
	left, right := labels(c.a), labels(c.b)
	votes := map[string]map[string]bool{}
	for l, from := range left {
		to, ok := right[l]
		if !ok || from.Key == "" || to.Key == "" {
			continue
		}
		if votes[from.Key] == nil {
			votes[from.Key] = map[string]bool{}
		}
		votes[from.Key][to.Key] = true
	}
	away := func(key string) bool { return len(votes[key]) > 0 && !votes[key][key] }
	for _, from := range c.a.Units {
		if c.moved[from.Key] || len(votes[from.Key]) != 1 || !away(from.Key) || !c.b.Has(from) {
			continue
		}
		// The first place of both, whatever the order of the map.
		var x, to Unit
		for l, u := range left {
			v := right[l]
			if u.Key != from.Key || v.Key == "" || !away(v.Key) || !c.a.Has(v) {
				continue
			}
			if to.Key == "" || u.Start < x.Start || u.Start == x.Start && v.Start < to.Start {
				x, to = u, v
			}
		}
		if to.Key != "" {
			c.moved[from.Key] = true
			c.count(c.change(Changed, x, to, c.weight(x)))
		}
	}
}

// labels gives for each word that tells a figure that figure; one without a key
// where the word tells more than one.
func labels(t *Text) map[label]Unit {
	known := map[label]Unit{}
	for from := 0; from < len(t.Units); {
		to := stretch(t, from)
		one := map[string]Unit{} // figure by kind and unit
		for _, u := range t.Units[from:to] {
			if u.Kind.figure() && u.Kind != Ordinal {
				if _, twice := one[measureOf(u)]; twice {
					u.Key = ""
				}
				one[measureOf(u)] = u
			}
		}
		for kind, figure := range one {
			for _, u := range t.Units[from:to] {
				if !lexical(u) {
					continue
				}
				l := label{u.Key, kind}
				if before, twice := known[l]; twice && before.Key != figure.Key {
					figure := figure
					figure.Key = ""
					known[l] = figure
				} else if !twice {
					known[l] = figure
				}
			}
		}
		from = to
	}
	return known
}

// measureOf is what a figure measures: figures of one measure may be exchanged.
func measureOf(u Unit) string {
	base, _, _ := strings.Cut(u.Key, " ")
	if u.Kind == Date || u.Kind == Time {
		base = ""
	}
	return u.Kind.String() + base
}

// stretch gives the end of the stretch that begins at unit from: it ends at a
// sentence, comma, semicolon or conjunction, but not before it holds a figure.
func stretch(t *Text, from int) int {
	held := false
	for i := from; i < len(t.Units); i++ {
		u := t.Units[i]
		if i > from && held {
			between := t.Source[t.Units[i-1].End:max(u.Start, t.Units[i-1].End)]
			if u.Sentence != t.Units[i-1].Sentence || strings.ContainsAny(between, ",;，、；") || joining[u.Key] {
				return i
			}
		}
		held = held || u.Kind.figure()
	}
	return len(t.Units)
}

var joining = map[string]bool{"and": true, "but": true, "while": true, "whereas": true}
