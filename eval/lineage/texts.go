package lineage

// TextChange is a text that changed between the runs: a document, or the prompt's
// template. Either may be "" where there was none or none is stored.
type TextChange struct {
	What   string `json:"what"`
	Before string `json:"before"`
	After  string `json:"after"`
}

const maxTexts = 5

// texts are the texts behind the causes first, then those of what else changed.
func (e *Explanation) texts(base, cand *Side) []TextChange {
	var list []TextChange
	seen := map[string]bool{}
	add := func(f *Factor) {
		if !f.Changed || seen[f.String()] || len(list) == maxTexts {
			return
		}
		var t TextChange
		switch {
		case f.Kind == Template && !f.Any:
			t = TextChange{f.thing(), base.templates[f.From], cand.templates[f.To]}
		case f.Kind == Document && f.From != "" && f.To != "":
			t = e.documentTexts(f, base, cand)
		}
		if t.Before != "" && t.After != "" && t.Before != t.After {
			seen[f.String()] = true
			list = append(list, t)
		}
	}
	for i := range e.Causes {
		c := &e.Causes[i]
		add(&c.Factor)
		for k := range c.Same {
			add(&c.Same[k])
		}
		if c.Kind == Source {
			for _, f := range e.factors {
				if f.Kind == Document && f.Source == c.Name {
					add(f)
				}
			}
		}
	}
	for _, f := range e.factors {
		add(f)
	}
	return list
}

// documentTexts are the texts of an edited document as a case with it retrieved
// them.
func (e *Explanation) documentTexts(f *Factor, base, cand *Side) TextChange {
	id := e.ids[f.members[0]]
	key := fact{kind: Document, name: f.Name}
	before := base.document(f.Name, usual(base.look(id).facts[key]))
	after := cand.document(f.Name, usual(cand.look(id).facts[key]))
	return TextChange{f.String(), before.Text, after.Text}
}
