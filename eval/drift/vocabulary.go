package drift

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"iter"
	"slices"
	"strings"

	"holdtrue/eval/stats"
)

// Vocabulary is what was found of the words that the answers use, over the cases
// whose texts changed: words that more or fewer of the answers hold.
type Vocabulary struct {
	Verdict Verdict `json:"verdict"` // changed, no change seen, or not measured
	Reason  string  `json:"reason"`
	Cases   int     `json:"cases"`  // compared: with other texts on the two sides
	Left    int     `json:"left"`   // with other texts too, but left out to bound the work
	Tested  int     `json:"tested"` // words that enough cases gained or lost
	Changed int     `json:"changed"`
	// Words are the words that changed beyond noise, the surest first, at most 10.
	Words []WordShift `json:"words,omitempty"`
	Draws int         `json:"draws"` // random swaps behind the p values; 0 where they are exact
}

// WordShift is a word and the share of the answers that hold it, averaged over
// the compared cases.
type WordShift struct {
	Word      string  `json:"word"`
	Baseline  float64 `json:"baseline"`
	Candidate float64 `json:"candidate"`
	P         float64 `json:"p"` // two-sided, corrected for all words
}

// Words is a text, by the identity that rows have for it, and its words in order.
type Words struct {
	Text  uint64
	Words []string
}

// ReadWords streams the words of texts, each once, in any order.
type ReadWords func(ctx context.Context, texts []uint64) iter.Seq2[Words, error]

const (
	maxTexts   = 10_000 // read in all: 5,000 cases of one answer a side
	leastMoved = 6      // cases that gain or lose a word: of fewer the two-sided p is above .05 whatever they do
	maxTested  = 1000   // words, those that most cases gain or lose
	maxShifts  = 10     // words listed
	// wordBudget is the number of additions that the swaps may cost, about half
	// a second of a core; above it fewer are drawn, 999 at least.
	wordBudget = 1.5e8
)

// compareVocabulary tests whether words became more or less frequent: for every
// word the share of a case's answers that hold it, candidate minus baseline (as
// many answers of either run itself, nothing pooled), and
// the largest |z| over the words under swaps of the two sides within whole cases
// (stats.MaxT). The swaps keep the words of an answer together, so that however
// they depend on each other the family of words keeps the level. That a case has
// other texts, and how many cases gain or lose a word, is the same after any
// swap, so choosing by them costs nothing.
//
// Where more than 10,000 texts changed, the cases are chosen by the hash of
// their ids.
func (p *pairs) compareVocabulary(ctx context.Context, before, after ReadWords, draws int, seed uint64, level float64) (*Vocabulary, error) {
	chosen, left := p.changedCases()
	v := &Vocabulary{Verdict: NoChangeSeen, Cases: len(chosen), Left: left}
	if len(chosen) == 0 {
		v.Reason = "no text changed"
		return v, nil
	}
	lex := newLexicon()
	if err := lex.read(ctx, before, p, chosen, 0); err != nil {
		return nil, err
	}
	if err := lex.read(ctx, after, p, chosen, 1); err != nil {
		return nil, err
	}
	shifts := p.shifts(lex, chosen)
	columns := make([]stats.Column, len(shifts))
	work := 0.0
	for i, s := range shifts {
		columns[i] = s.column
		work += float64(len(s.column.D)) / 8
	}
	if work*float64(draws) > wordBudget {
		draws = min(draws, max(999, int(wordBudget/work)))
	}
	family := stats.MaxT(columns, draws, seed, level)
	v.Tested, v.Draws = len(shifts), family.Draws
	var found []WordShift
	for i, s := range shifts {
		if family.Adjusted[i] <= level {
			n := float64(len(chosen))
			found = append(found, WordShift{s.word, s.before / n, s.after / n, family.Adjusted[i]})
		}
	}
	slices.SortFunc(found, func(a, b WordShift) int {
		return cmp.Or(cmp.Compare(a.P, b.P), -cmp.Compare(a.size(), b.size()), strings.Compare(a.Word, b.Word))
	})
	v.Changed, v.Words = len(found), found[:min(len(found), maxShifts)]
	v.conclude()
	return v, nil
}

func (s WordShift) size() float64 { return max(s.Candidate-s.Baseline, s.Baseline-s.Candidate) }

func (v *Vocabulary) conclude() {
	over := fmt.Sprintf("the answers to %s whose texts changed", count(v.Cases, "case"))
	if v.Left > 0 {
		over = fmt.Sprintf("%s of %d", over, v.Cases+v.Left)
	}
	if v.Changed == 0 {
		v.Reason = fmt.Sprintf("no word became more or less frequent beyond noise in %s", over)
		return
	}
	v.Verdict = Changed
	const named = 5
	var words []string
	for _, w := range v.Words[:min(named, len(v.Words))] {
		words = append(words, fmt.Sprintf("%q %s to %s", w.Word, percent(w.Baseline), percent(w.Candidate)))
	}
	v.Reason = fmt.Sprintf("%s became more or less frequent beyond noise in %s: %s", count(v.Changed, "word"), over, strings.Join(words, ", "))
	if more := v.Changed - len(words); more > 0 {
		v.Reason += fmt.Sprintf(" and %d more", more)
	}
}

// changedCases lists the paired cases that have an answer on both sides and not
// the same texts, in the order of their ids, as many as maxTexts allows.
func (p *pairs) changedCases() (chosen [][2]int32, left int) {
	var a, b []uint64
	return p.sample(maxTexts, func(c [2]int32) int {
		a, b = p.ownAnswers(c, a[:0], b[:0])
		slices.Sort(a)
		slices.Sort(b)
		if len(a) == 0 || len(b) == 0 || sameShares(a, b) {
			return 0
		}
		return len(a) + len(b)
	})
}

// sample chooses among the paired cases with outputs, by the hash of their ids,
// as many as have no more than most outputs together, and counts the others. The
// chosen come in the order of their ids.
func (p *pairs) sample(most int, outputs func(c [2]int32) int) (chosen [][2]int32, left int) {
	type candidate struct {
		at, outputs int
		hash        uint64
	}
	var all []candidate
	for i, c := range p.cases {
		if n := outputs(c); n > 0 {
			sum := sha256.Sum256([]byte(p.id(i)))
			all = append(all, candidate{i, n, binary.LittleEndian.Uint64(sum[:])})
		}
	}
	slices.SortFunc(all, func(x, y candidate) int { return cmp.Or(cmp.Compare(x.hash, y.hash), cmp.Compare(x.at, y.at)) })
	total, n := 0, 0
	for ; n < len(all); n++ {
		if total += all[n].outputs; total > most {
			break
		}
	}
	kept := all[:n]
	slices.SortFunc(kept, func(x, y candidate) int { return cmp.Compare(x.at, y.at) })
	for _, k := range kept {
		chosen = append(chosen, p.cases[k.at])
	}
	return chosen, len(all) - n
}

// ownAnswers lists the texts of a case in the two runs themselves, as many on
// either side, the first ones: what is swapped between the sides has to be alike
// on both. A word of one answer beside the mean of ten is not.
func (p *pairs) ownAnswers(c [2]int32, before, after []uint64) (_, _ []uint64) {
	before, after = p.base.answers(c[0], before), p.cand.answers(c[1], after)
	n := min(len(before), len(after))
	before, after = before[:n], after[:n]
	return before, after
}

// answers lists the texts of a case in the side's own run, by repeat.
func (t *table) answers(c int32, dst []uint64) []uint64 {
	for _, r := range t.cases[c].rows {
		if !t.rows[r].failed && t.rows[r].run == 0 {
			dst = append(dst, t.rows[r].text)
		}
	}
	return dst
}

// sameShares reports whether each text has the same share of two sorted lists.
func sameShares(a, b []uint64) bool {
	total, other := len(a), len(b)
	for len(a) > 0 && len(b) > 0 {
		n, m := leading(a), leading(b)
		if a[0] != b[0] || n*other != m*total {
			return false
		}
		a, b = a[n:], b[m:]
	}
	return len(a) == len(b)
}

// leading counts the values at the head of a list that are equal.
func leading(list []uint64) int {
	n := 1
	for n < len(list) && list[n] == list[0] {
		n++
	}
	return n
}
