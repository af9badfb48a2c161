package text

import "math"

// METEOR holds the parameters of the metric (Banerjee and Lavie 2005, with the
// names of Lavie and Agarwal 2007).
type METEOR struct {
	Alpha float64 // the weight of recall in the mean, from 0 to 1
	Beta  float64 // how fast the penalty grows with fragmentation
	Gamma float64 // the greatest penalty, from 0 to 1
}

// Score compares an answer with an expected one, both as words, in two stages:
// equal words, then words with equal stems; a third stage of synonyms is not
// there. Words are paired from the ends of both texts, as NLTK does. It is in
// [0,1]. matches is the number of pairs, chunks that of the stretches of pairs in
// the same order in both.
func (m METEOR) Score(answer, expected []string) (score float64, matches, chunks int) {
	partner := make([]int, len(answer)) // by word of the answer, -1: none
	for i := range partner {
		partner[i] = -1
	}
	taken := make([]bool, len(expected))
	for _, form := range []func([]string) []string{func(w []string) []string { return w }, Stem} {
		a, e := form(answer), form(expected)
		where := map[string][]int{}
		for j, w := range e {
			if !taken[j] {
				where[w] = append(where[w], j)
			}
		}
		for i := len(a) - 1; i >= 0; i-- {
			if at := where[a[i]]; partner[i] < 0 && len(at) > 0 {
				partner[i] = at[len(at)-1]
				where[a[i]] = at[:len(at)-1]
				taken[partner[i]] = true
				matches++
			}
		}
	}
	if matches == 0 {
		return 0, 0, 0
	}
	last := -2
	for i, j := range partner {
		if j < 0 {
			continue
		}
		if i == 0 || partner[i-1] < 0 || last+1 != j {
			chunks++
		}
		last = j
	}
	p, r := float64(matches)/float64(len(answer)), float64(matches)/float64(len(expected))
	mean := p * r / (m.Alpha*p + (1-m.Alpha)*r)
	penalty := m.Gamma * math.Pow(float64(chunks)/float64(matches), m.Beta)
	return max(0, min(1, (1-penalty)*mean)), matches, chunks
}
