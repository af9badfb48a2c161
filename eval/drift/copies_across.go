package drift

import "fmt"

// maxCopied is the share of a side's answers that may be copies of the other
// side's, or come from a cache, before the comparison is refused.
const maxCopied = 0.5

// refuseCopies refuses sides whose answers are not their own: an answer that
// carries the response id of one of the other side, or that came from a cache,
// says nothing of the version that is said to have given it.
func (c *Comparison) refuseCopies(p *pairs) {
	if n, of := p.copiedAcross(), c.Candidate.Outputs; n > 0 {
		what := fmt.Sprintf("%d of %s of the candidate carry the response id of an answer of the baseline to the same case", n, count(of, "answer"))
		if ratio(n, of) > maxCopied {
			c.refuse(what+", so that they are copies", fmt.Sprintf("ask %s anew, past whatever cache stands between", c.Candidate.Run.Name()))
		} else {
			c.Warnings = append(c.Warnings, what+": they are copies, and make the sides look more alike than they are")
		}
	}
	for _, s := range c.sides() {
		if ratio(s.Cached, s.Outputs) > maxCopied {
			c.refuse(fmt.Sprintf("%d of %s of the %s came from a cache, and say nothing of what would be answered now", s.Cached, count(s.Outputs, "answer"), s.name),
				fmt.Sprintf("ask %s anew, past the cache", s.Run.Name()))
		}
	}
}

// copiedAcross counts the answers of the candidate's own run that carry the
// response id of one of the baseline to the same case.
func (p *pairs) copiedAcross() int {
	if len(p.base.marks) == 0 || len(p.cand.marks) == 0 {
		return 0
	}
	n := 0
	for _, c := range p.cases {
		before := map[string]bool{}
		for _, r := range p.base.cases[c[0]].rows {
			if id := p.base.marks[r].response; id != "" {
				before[id] = true
			}
		}
		for _, r := range p.cand.cases[c[1]].rows {
			if p.cand.rows[r].run == 0 && before[p.cand.marks[r].response] {
				n++
			}
		}
	}
	return n
}
