package lineage

import "slices"

// CaseChange is what changed for one case.
type CaseChange struct {
	ID      string       `json:"case"`
	Changes []Factor     `json:"changes"` // its own first, then those of whole runs
	Causes  []int        `json:"causes"`  // indexes of the explanation's causes that it has
	Texts   []TextChange `json:"texts,omitempty"`
}

// Of is what changed for one case, nil if it was not asked alike in both runs.
func (e *Explanation) Of(base, cand *Side, caseID string) *CaseChange {
	at, ok := slices.BinarySearch(e.ids, caseID)
	if !ok {
		return nil
	}
	c := &CaseChange{ID: caseID}
	has := func(f *Factor) bool { _, ok := slices.BinarySearch(f.members, int32(at)); return ok }
	for i := range e.Causes {
		if has(&e.Causes[i].Factor) {
			c.Causes = append(c.Causes, i)
		}
	}
	var whole []Factor
	for _, f := range e.factors {
		switch {
		case !f.Changed || !has(f) || f.First || f.Any && f.Kind != ToolResult:
		case f.Cases == e.Paired && e.Paired > 1:
			whole = append(whole, *f)
		default:
			c.Changes = append(c.Changes, *f)
		}
		if f.Changed && has(f) && !f.First && f.Kind == Document && f.From != "" && f.To != "" && len(c.Texts) < maxTexts {
			if t := e.documentTexts(f, base, cand); t.Before != "" && t.After != "" {
				c.Texts = append(c.Texts, t)
			}
		}
	}
	c.Changes = append(c.Changes, whole...)
	return c
}
