package drift

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"holdtrue/eval/stats"
)

const (
	maxDistinct  = 2000 // words of one text; a hostile one may have millions
	maxWordBytes = 40   // longer ones are data, not words
)

// lexicon numbers words and holds, of each text, the numbers of its different
// words: about 4 bytes a word of a text.
type lexicon struct {
	numbers map[string]int32
	words   []string
	texts   map[uint64][]int32
}

func newLexicon() *lexicon {
	return &lexicon{numbers: map[string]int32{}, texts: map[uint64][]int32{}}
}

// read takes in the texts of the cases on a side, 0 or 1, that are not known yet.
func (l *lexicon) read(ctx context.Context, words ReadWords, p *pairs, cases [][2]int32, side int) error {
	t := []*table{p.base, p.cand}[side]
	var wanted, a, b []uint64
	for _, c := range cases {
		a, b = p.ownAnswers(c, a[:0], b[:0])
		for _, text := range [][]uint64{a, b}[side] {
			if _, known := l.texts[text]; !known {
				l.texts[text] = nil
				wanted = append(wanted, text)
			}
		}
	}
	slices.Sort(wanted)
	found := 0
	for w, err := range words(ctx, wanted) {
		if err != nil {
			return fmt.Errorf("reading the texts of run %s: %w", t.run.ID, err)
		}
		l.texts[w.Text] = l.distinct(w.Words)
		found++
	}
	if found != len(wanted) {
		return fmt.Errorf("run %s: %d of %d texts could be read", t.run.ID, found, len(wanted))
	}
	return nil
}

// distinct gives the different words of a text as numbers.
func (l *lexicon) distinct(words []string) []int32 {
	seen := make(map[int32]struct{}, min(len(words), maxDistinct))
	var list []int32
	for _, w := range words {
		if len(w) > maxWordBytes {
			continue
		}
		k, known := l.numbers[w]
		if !known {
			k = int32(len(l.words))
			w = strings.Clone(w) // which shares the memory of its text
			l.numbers[w] = k
			l.words = append(l.words, w)
		}
		if _, twice := seen[k]; twice {
			continue
		}
		seen[k] = struct{}{}
		if list = append(list, k); len(list) == maxDistinct {
			break
		}
	}
	return list
}

// shift is how the share of answers that hold a word differs, by case; before
// and after are the sums of the shares over the cases.
type shift struct {
	word          string
	before, after float64
	column        stats.Column
}

// shifts lists the words that enough cases gain or lose, in their order.
func (p *pairs) shifts(l *lexicon, cases [][2]int32) []shift {
	all := make([]shift, len(l.words))
	var held [2][]int32 // by how many answers of the case, on either side
	held[0], held[1] = make([]int32, len(l.words)), make([]int32, len(l.words))
	var touched []int32
	var first, second []uint64
	for i, c := range cases {
		touched = touched[:0]
		first, second = p.ownAnswers(c, first[:0], second[:0])
		answers := [2]int32{int32(len(first)), int32(len(second))}
		for side, texts := range [][]uint64{first, second} {
			for _, text := range texts {
				for _, k := range l.texts[text] {
					held[side][k]++
					touched = append(touched, k)
				}
			}
		}
		for _, k := range touched {
			b, a := held[0][k], held[1][k]
			if b+a == 0 {
				continue // seen already
			}
			held[0][k], held[1][k] = 0, 0
			s := &all[k]
			before, after := float64(b)/float64(answers[0]), float64(a)/float64(answers[1])
			s.before, s.after = s.before+before, s.after+after
			if b*answers[1] != a*answers[0] {
				s.column.Rows = append(s.column.Rows, int32(i))
				s.column.D = append(s.column.D, after-before)
			}
		}
	}
	for k := range all {
		all[k].word = l.words[k]
	}
	all = slices.DeleteFunc(all, func(s shift) bool { return len(s.column.D) < leastMoved })
	slices.SortFunc(all, func(a, b shift) int {
		return cmp.Or(-cmp.Compare(len(a.column.D), len(b.column.D)), strings.Compare(a.word, b.word))
	})
	all = all[:min(len(all), maxTested)]
	slices.SortFunc(all, func(a, b shift) int { return strings.Compare(a.word, b.word) })
	return all
}
