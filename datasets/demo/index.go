package demo

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"holdtrue/eval"
	"holdtrue/scorers/text"
)

// Parameters of BM25 (Robertson and Zaragoza 2009, The Probabilistic Relevance
// Framework, section 3.5): saturation of term frequency and length
// normalisation.
const (
	k1 = 1.2
	b  = 0.75
)

// stopWords carry no meaning for retrieval.
var stopWords = wordSet(`a an and are as at be by can do does for from get have how i in is it long many me much
	must my no not of on or the them there to until what when where which will with you your
	aber als am auf aus bei bis das dem den der des die ein eine einem einen einer es für gibt hat ich im in ist kann
	man mein meine mich mir mit muss nach nicht oder sie sind und vom von wann was welchem welchen wenn wer wie wird wo zu zum zur`)

func wordSet(list string) map[string]bool {
	set := map[string]bool{}
	for _, w := range strings.Fields(list) {
		set[w] = true
	}
	return set
}

// terms are the words of a text that carry meaning, cut to their first seven
// letters so that forms of a word meet.
func terms(s string) []string {
	var list []string
	for _, w := range text.Words(s) {
		if stopWords[w] {
			continue
		}
		if r := []rune(w); len(r) > 7 {
			w = string(r[:7])
		}
		list = append(list, w)
	}
	return list
}

// index ranks texts by BM25.
type index struct {
	counts  []map[string]int
	lengths []int
	holding map[string]int // texts that hold a term
	average float64
}

func newIndex(texts []string) *index {
	x := &index{holding: map[string]int{}}
	total := 0
	for _, t := range texts {
		list := terms(t)
		count := map[string]int{}
		for _, w := range list {
			count[w]++
		}
		for w := range count {
			x.holding[w]++
		}
		x.counts = append(x.counts, count)
		x.lengths = append(x.lengths, len(list))
		total += len(list)
	}
	x.average = float64(total) / float64(max(1, len(texts)))
	return x
}

// rank orders the texts by their score for a query, best first; ties keep their
// order.
func (x *index) rank(query string) []int {
	scores := make([]float64, len(x.counts))
	order := make([]int, len(x.counts))
	n := float64(len(x.counts))
	for i := range order {
		order[i] = i
	}
	for _, w := range terms(query) {
		df := float64(x.holding[w])
		idf := math.Log(1 + (n-df+0.5)/(df+0.5))
		for i, count := range x.counts {
			if tf := float64(count[w]); tf > 0 {
				scores[i] += idf * tf * (k1 + 1) / (tf + k1*(1-b+b*float64(x.lengths[i])/x.average))
			}
		}
	}
	slices.SortStableFunc(order, func(i, j int) int { return cmp.Compare(scores[j], scores[i]) })
	return order
}

// documentTexts are the texts that documents are found by.
func documentTexts(docs []eval.Document) []string {
	texts := make([]string, len(docs))
	for i, d := range docs {
		texts[i] = d.Text
	}
	return texts
}
