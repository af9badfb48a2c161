package stats

import "math/rand/v2"

// Kinds are the kinds of the outputs of one case, the baseline's first: equal
// numbers are outputs of one kind.
type Kinds struct {
	Values []uint64
	A      int // of the baseline
}

const excessBudget = 5e7 // comparisons of two outputs that the permutations may cost, some 0.1 s

// Excess tests whether the outputs of the two sides differ from each other more
// often than those of one side among themselves: the sum over the cases of the
// share of unlike pairs across the sides less that within a side (averaged over
// the sides with two outputs or more), against dealing the outputs of each case
// to the sides anew. It is exact for any numbers of outputs, which flipping the
// signs of the cases is not: ten outputs against one of a case with many kinds
// give a skewed difference. p is one-sided, ties and the observed deal counted.
//
// ok is false, and nothing tested, where no side has two outputs, or where the
// permutations would cost more than about a tenth of a second: with so many cases
// the sum is as good as normal, and sign flips will do.
func Excess(cases []Kinds, draws int, seed uint64) (p float64, ok bool) {
	var mixed []Kinds
	work := 0.0
	for _, c := range cases {
		b := len(c.Values) - c.A
		if c.A < 1 || b < 1 || c.A < 2 && b < 2 {
			continue
		}
		ok = true
		if c.mixed() {
			mixed = append(mixed, Kinds{append([]uint64(nil), c.Values...), c.A})
			work += float64(len(c.Values) * len(c.Values))
		}
	}
	if work*float64(draws) > excessBudget {
		return 1, false
	}
	observed := 0.0
	for i := range mixed {
		observed += mixed[i].excess()
	}
	random := rand.New(stream(seed, 0))
	reached := 1
	for range draws {
		sum := 0.0
		for i := range mixed {
			v := mixed[i].Values
			random.Shuffle(len(v), func(a, b int) { v[a], v[b] = v[b], v[a] })
			sum += mixed[i].excess()
		}
		if sum >= observed-1e-9 {
			reached++
		}
	}
	return float64(reached) / float64(draws+1), ok
}

func (k Kinds) mixed() bool {
	for _, v := range k.Values {
		if v != k.Values[0] {
			return true
		}
	}
	return false
}

// excess of one case as it is dealt.
func (k Kinds) excess() float64 {
	first, second := k.Values[:k.A], k.Values[k.A:]
	alike := func(a, b []uint64) float64 {
		n := 0
		for _, x := range a {
			for _, y := range b {
				if x == y {
					n++
				}
			}
		}
		return float64(n)
	}
	own, sides := 0.0, 0.0
	for _, side := range [][]uint64{first, second} {
		if n := float64(len(side)); n >= 2 {
			own += 1 - (alike(side, side)-n)/(n*(n-1))
			sides++
		}
	}
	return 1 - alike(first, second)/float64(len(first)*len(second)) - own/sides
}
