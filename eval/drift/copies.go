package drift

// mark is what tells an answer from a copy of one.
type mark struct {
	response string
	cached   bool
	sum      digest // of its row
}

// withoutCopies drops the answers to a case that are copies of another: those
// that carry the response id of one before them, and those from a cache where
// the case has an answer that is not, or another from the cache. A copy says
// nothing that its original does not say; counted as evidence it would make
// noise look like certainty. Equal texts that were answered separately are
// evidence, and stay.
func (t *table) withoutCopies(rows []int32) []int32 {
	if len(t.marks) == 0 || len(rows) < 2 && !t.marks[rows[0]].cached {
		return rows
	}
	fresh := false // an answer that was made anew
	for _, r := range rows {
		fresh = fresh || !t.rows[r].failed && !t.marks[r].cached
	}
	seen := map[string]bool{}
	kept := rows[:0]
	for _, r := range rows {
		m, marked := t.marks[r]
		if t.rows[r].failed || !marked {
			kept = append(kept, r)
			continue
		}
		copied := m.response != "" && seen[m.response] || m.cached && fresh
		if copied {
			t.digest.remove(m.sum)
			t.side.Copies++
			t.rows[r].copied = true
			continue
		}
		seen[m.response] = true
		if m.cached {
			fresh = true // one from the cache counts
			t.side.Cached++
		}
		kept = append(kept, r)
	}
	return kept
}
