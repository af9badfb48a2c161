package stats

import (
	"cmp"
	"math"
	"slices"
)

// Fisher is the one-sided p of Fisher's exact test (Fisher 1935, The Design of
// Experiments, chapter 2): of n things size have a property and marked are
// marked; p is the probability that hit or more of the marked ones have it if
// marks and property have nothing to do with each other. It is 1 where fewer
// than hit cannot be, and 0 where so many cannot.
func Fisher(hit, size, marked, n int) float64 {
	least, most := max(0, size+marked-n), min(size, marked)
	switch {
	case hit <= least:
		return 1
	case hit > most:
		return 0
	}
	return fisherTails(size, marked, n)[hit-least]
}

// fisherTails lists P(X >= h) of the hypergeometric distribution for h from
// max(0, size+marked-n) to min(size, marked), never falling below its last term.
func fisherTails(size, marked, n int) []float64 {
	least, most := max(0, size+marked-n), min(size, marked)
	tails := make([]float64, most-least+1)
	whole := logChoose(n, marked)
	sum := 0.0
	for h := most; h >= least; h-- {
		sum += math.Exp(logChoose(size, h) + logChoose(n-size, marked-h) - whole)
		tails[h-least] = min(1, sum)
	}
	tails[0] = 1
	return tails
}

func logChoose(n, k int) float64 {
	log := func(x int) float64 { v, _ := math.Lgamma(float64(x) + 1); return v }
	return log(n) - log(k) - log(n-k)
}

// Associated tests of every property whether marked things have it more often
// than others: Fisher's one-sided p, and the same corrected for having looked at
// all properties, by shuffling the marks (Westfall and Young 1993, algorithm 2.8
// on p values; the discreteness of the tests costs nothing). Properties are sets
// of indexes below n, rising; so is marked. The corrected p is at least
// 1/(draws+1). The result depends on nothing else than the arguments.
func Associated(n int, marked []int32, properties [][]int32, draws int, seed uint64) (p, adjusted []float64) {
	p, adjusted = make([]float64, len(properties)), make([]float64, len(properties))
	a := newAssociation(n, len(marked), properties)
	for i, hit := range a.hits(marked) {
		p[i] = a.tail(i, hit)
	}
	order := make([]int, len(p))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(x, y int) int { return cmp.Compare(p[x], p[y]) })
	reached := a.draw(p, order, draws, seed)
	at := 0.0
	for k, i := range order {
		at = max(at, float64(1+reached[k])/float64(draws+1))
		adjusted[i] = at
	}
	return p, adjusted
}

// association is a family of properties over n things of which some are marked.
type association struct {
	n, marks int
	of       [][]int32   // the properties of each thing
	tails    [][]float64 // by property: see fisherTails
	least    []int       // of each property: the fewest marked members that can be
	counts   []int32
}

func newAssociation(n, marks int, properties [][]int32) *association {
	a := &association{n: n, marks: marks, of: make([][]int32, n), tails: make([][]float64, len(properties)),
		least: make([]int, len(properties)), counts: make([]int32, len(properties))}
	bySize := map[int][]float64{}
	for i, members := range properties {
		size := len(members)
		if bySize[size] == nil {
			bySize[size] = fisherTails(size, marks, n)
		}
		a.tails[i], a.least[i] = bySize[size], max(0, size+marks-n)
		for _, m := range members {
			a.of[m] = append(a.of[m], int32(i))
		}
	}
	return a
}

// hits counts the marked members of every property; the next call overwrites it.
func (a *association) hits(marked []int32) []int32 {
	clear(a.counts)
	for _, m := range marked {
		for _, i := range a.of[m] {
			a.counts[i]++
		}
	}
	return a.counts
}

// tail is the p of a property of which so many members are marked.
func (a *association) tail(i int, hit int32) float64 { return a.tails[i][int(hit)-a.least[i]] }

// draw shuffles the marks and counts, for every place in the order, how often the
// least p at it or behind it was as small as the one observed there.
func (a *association) draw(p []float64, order []int, draws int, seed uint64) []int {
	reached := make([]int, len(order))
	random := random32{source: stream(seed, 0)}
	things := make([]int32, a.n)
	for i := range things {
		things[i] = int32(i)
	}
	const rounding = 1 + 1e-9 // equal tables may differ in the last digits
	for range draws {
		for k := range a.marks {
			o := k + int(random.below(uint32(a.n-k)))
			things[k], things[o] = things[o], things[k]
		}
		hits := a.hits(things[:a.marks])
		least := 1.0
		for k := len(order) - 1; k >= 0; k-- {
			i := order[k]
			least = min(least, a.tail(i, hits[i]))
			if least <= p[i]*rounding {
				reached[k]++
			}
		}
	}
	return reached
}
