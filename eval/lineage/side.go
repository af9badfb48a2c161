package lineage

import (
	"cmp"
	"maps"
	"slices"

	"holdtrue/eval"
)

// Side is what is known of how the outputs of one run were made. Make one with
// NewSide and Add its outputs in any order.
type Side struct {
	run   eval.Run
	cases map[string]*made
	// gathered are the lineage keys that outputs have: the run's copy of them says
	// nothing more.
	gathered  map[string]bool
	documents map[fact]eval.Document // by id and identity of the content
	templates map[string]string      // by hash
}

// made is how the outputs of one case were made.
type made struct {
	hash  string
	tags  map[string][]string
	facts map[fact]map[string]int // by fact without its value: how often each value
}

// maxText bounds the texts that are kept to be shown beside each other.
const maxText = 64 << 10

// NewSide is the side of a run without any output yet.
func NewSide(run eval.Run) *Side {
	return &Side{run: run, cases: map[string]*made{}, gathered: map[string]bool{}, documents: map[fact]eval.Document{}, templates: map[string]string{}}
}

// Add takes in one output with the case it answers. A failed call says nothing of
// how answers are made and is passed over.
func (s *Side) Add(c *eval.Case, o *eval.Output) {
	m, ok := s.cases[c.ID]
	if !ok {
		m = &made{hash: c.Hash(), tags: c.Tags, facts: map[fact]map[string]int{}}
		s.cases[c.ID] = m
	}
	if o.Failed() {
		return
	}
	for _, f := range factsOf(c, o) {
		value := f.value
		f.value = ""
		if m.facts[f] == nil {
			m.facts[f] = map[string]int{}
		}
		m.facts[f][value]++
		if f.kind == Key {
			s.gathered[f.name] = true
		}
		if f.kind == Template && s.templates[value] == "" {
			s.templates[value] = cut(TemplateOf(c, o))
		}
	}
	for _, d := range o.Documents {
		key := fact{Document, d.ID, short(documentValue(&d))}
		d.Text = cut(d.Text)
		if known, ok := s.documents[key]; !ok || compareDocuments(&d, &known) > 0 {
			s.documents[key] = d
		}
	}
}

// compareDocuments chooses among what outputs say of the same content, whichever
// comes first.
func compareDocuments(a, b *eval.Document) int {
	return cmp.Or(cmp.Compare(len(a.Text), len(b.Text)), cmp.Compare(a.Version, b.Version), cmp.Compare(a.Source, b.Source))
}

func cut(text string) string { return text[:min(len(text), maxText)] }

// document is what is known of a document's content.
func (s *Side) document(id, value string) eval.Document {
	return s.documents[fact{Document, id, value}]
}

// usual is the most frequent of the values, the first in order of several.
func usual(values map[string]int) string {
	best := ""
	for _, v := range slices.Sorted(maps.Keys(values)) {
		if best == "" || values[v] > values[best] {
			best = v
		}
	}
	return best
}

// disjoint says that two sets have nothing in common.
func disjoint(a, b map[string]int) bool {
	for v := range a {
		if b[v] > 0 {
			return false
		}
	}
	return true
}

// paired lists the ids of the cases that both sides hold with the same content,
// sorted.
func paired(base, cand *Side) []string {
	var ids []string
	for id, m := range base.cases {
		if o, ok := cand.cases[id]; ok && o.hash == m.hash {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return ids
}

// keysOf lists the facts of a case on either side, in a fixed order.
func keysOf(before, after *made) []fact {
	all := make(map[fact]bool, len(before.facts)+len(after.facts))
	for f := range before.facts {
		all[f] = true
	}
	for f := range after.facts {
		all[f] = true
	}
	return slices.SortedFunc(maps.Keys(all), func(a, b fact) int {
		return cmp.Or(cmp.Compare(a.kind, b.kind), cmp.Compare(a.name, b.name))
	})
}

// Tags are those of a case, nil if the side has none such.
func (s *Side) Tags(caseID string) map[string][]string {
	if m := s.cases[caseID]; m != nil {
		return m.tags
	}
	return nil
}
