package lineage

import (
	"cmp"
	"maps"
	"slices"

	"holdtrue/eval"
)

// Side is what is known of how the outputs of one run were made. Make one with
// NewSide and Add its outputs in any order. It holds some hundred bytes a case.
type Side struct {
	run   eval.Run
	cases map[string]*packed
	// facts are all facts with their values, each once; index finds them.
	facts []fact
	index map[fact]int32
	// gathered are the lineage keys that outputs have: the run's copy of them says
	// nothing more.
	gathered  map[string]bool
	documents map[fact]eval.Document // by id and identity of the content
	templates map[string]string      // by hash
	kept      int                    // bytes of texts
}

// packed is how the outputs of one case were made, as it is kept.
type packed struct {
	hash  string
	tags  map[string][]string
	facts []counted
}

// counted is a fact by its place, and how many outputs have it.
type counted struct{ fact, n int32 }

// made is how the outputs of one case were made, as it is looked at.
type made struct {
	tags  map[string][]string
	facts map[fact]map[string]int // by fact without its value: how often each value
}

// The texts that are kept to be shown beside each other are bounded, one by one
// and together; without them only the words that changed cannot be shown.
const (
	maxText = 64 << 10
	maxKept = 64 << 20
)

// NewSide is the side of a run without any output yet.
func NewSide(run eval.Run) *Side {
	return &Side{run: run, cases: map[string]*packed{}, index: map[fact]int32{}, gathered: map[string]bool{},
		documents: map[fact]eval.Document{}, templates: map[string]string{}}
}

// Add takes in one output with the case it answers. A failed call says nothing of
// how answers are made and is passed over.
func (s *Side) Add(c *eval.Case, o *eval.Output) {
	p, ok := s.cases[c.ID]
	if !ok {
		p = &packed{hash: c.Hash(), tags: c.Tags}
		s.cases[c.ID] = p
	}
	if o.Failed() {
		return
	}
	for _, f := range factsOf(c, o) {
		p.count(s.place(f))
		switch {
		case f.kind == Key:
			s.gathered[f.name] = true
		case f.kind == Template && s.templates[f.value] == "":
			s.templates[f.value] = s.keep(TemplateOf(c, o))
		}
	}
	for _, d := range o.Documents {
		key := fact{Document, d.ID, short(documentValue(&d))}
		known, ok := s.documents[key]
		d.Text = d.Text[:min(len(d.Text), maxText)]
		switch {
		case !ok:
			d.Text = s.keep(d.Text)
			s.documents[key] = d
		case compareDocuments(&d, &known) > 0:
			s.documents[key] = d
		}
	}
}

// place finds a fact among those known, or makes one.
func (s *Side) place(f fact) int32 {
	at, ok := s.index[f]
	if !ok {
		at = int32(len(s.facts))
		s.facts = append(s.facts, f)
		s.index[f] = at
	}
	return at
}

func (p *packed) count(at int32) {
	for i := range p.facts {
		if p.facts[i].fact == at {
			p.facts[i].n++
			return
		}
	}
	p.facts = append(p.facts, counted{at, 1})
}

// keep is the text as it is kept, "" where there is too much of it.
func (s *Side) keep(text string) string {
	text = text[:min(len(text), maxText)]
	if s.kept += len(text); s.kept > maxKept {
		return ""
	}
	return text
}

// look unpacks a case.
func (s *Side) look(id string) *made {
	p := s.cases[id]
	m := &made{tags: p.tags, facts: make(map[fact]map[string]int, len(p.facts))}
	for _, c := range p.facts {
		f := s.facts[c.fact]
		value := f.value
		f.value = ""
		if m.facts[f] == nil {
			m.facts[f] = map[string]int{}
		}
		m.facts[f][value] += int(c.n)
	}
	return m
}

// compareDocuments chooses among what outputs say of the same content, whichever
// comes first.
func compareDocuments(a, b *eval.Document) int {
	return cmp.Or(cmp.Compare(len(a.Text), len(b.Text)), cmp.Compare(a.Version, b.Version), cmp.Compare(a.Source, b.Source))
}

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
