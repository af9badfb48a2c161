package facts

import (
	"slices"
	"sort"
)

// sentence gives the units of a sentence.
func (t *Text) sentence(n int) []Unit {
	from := sort.Search(len(t.Units), func(i int) bool { return t.Units[i].Sentence >= n })
	to := sort.Search(len(t.Units), func(i int) bool { return t.Units[i].Sentence > n })
	return t.Units[from:to]
}

// passage is a set of sentences of an expected text and those of another text
// that say the same.
type passage struct{ a, b []int }

// group joins every sentence to the one of the other text with which it has
// most in common. Sentences of the other text that have little in common with
// any belong nowhere: they say something else, which is not the business of
// what was expected.
func group(a, b *Text) []passage {
	if a.Sentences == 1 && b.Sentences == 1 && alike(a, b) {
		return []passage{{[]int{0}, []int{0}}}
	}
	toB := nearest(a, b)
	toA := nearest(b, a)
	of := make([]int, a.Sentences) // the passage of each expected sentence, itself at first
	for i := range of {
		of[i] = i
	}
	root := func(i int) int {
		for of[i] != i {
			i = of[i]
		}
		return i
	}
	joined := make([][]int, b.Sentences)
	for i, j := range toB {
		if j >= 0 {
			joined[j] = append(joined[j], i)
		}
	}
	for j, i := range toA {
		if i >= 0 && !slices.Contains(joined[j], i) {
			joined[j] = append(joined[j], i)
		}
	}
	for _, is := range joined {
		for _, i := range is[min(1, len(is)):] {
			x, y := root(is[0]), root(i)
			of[max(x, y)] = min(x, y)
		}
	}
	passages := make([]passage, a.Sentences)
	for i := range of {
		p := &passages[root(i)]
		p.a = append(p.a, i)
	}
	for j, is := range joined {
		if len(is) > 0 {
			p := &passages[root(is[0])]
			p.b = append(p.b, j)
		}
	}
	return slices.DeleteFunc(passages, func(p passage) bool { return len(p.a) == 0 })
}

// alike reports whether two sentences have enough in common, function words
// included, to say something of the same.
func alike(a, b *Text) bool {
	common := 0.0
	kinds := map[string]bool{}
	for _, u := range b.Units {
		kinds[kindKey(u)] = true
	}
	for _, u := range a.Units {
		if b.Has(u) {
			common++
		} else if u.Kind > Negation && kinds[kindKey(u)] {
			common += 0.5
		}
	}
	return common >= enough*float64(min(len(a.Units), len(b.Units)))
}

// enough is the share of the shorter sentence's units that must be in common.
const enough = 0.4

// nearest gives, for each sentence of a, the sentence of b with the most units
// in common, -1 where there is none with enough. Units that are frequent in b
// tell little and are passed over where the texts are long.
func nearest(a, b *Text) []int {
	const frequent = 64
	where := map[string][]int{}
	sizes := make([]int, b.Sentences)
	enter := func(key string, sentence int) {
		if at := where[key]; len(at) <= frequent && (len(at) == 0 || at[len(at)-1] != sentence) {
			where[key] = append(at, sentence)
		}
	}
	for _, u := range b.Units {
		if u.Kind == Function {
			continue
		}
		sizes[u.Sentence]++
		enter(u.Key, u.Sentence)
		if u.Kind > Negation {
			enter(kindKey(u), u.Sentence)
		}
	}
	best := make([]int, a.Sentences)
	common := map[int]float64{}
	for i := range best {
		clear(common)
		size := 0
		for _, u := range a.sentence(i) {
			if u.Kind == Function {
				continue
			}
			size++
			found := where[u.Key]
			weight := 1.0
			if len(found) == 0 && u.Kind > Negation {
				found, weight = where[kindKey(u)], 0.5
			}
			if len(found) <= frequent {
				for _, j := range found {
					common[j] += weight
				}
			}
		}
		best[i] = -1
		most := 0.0
		for j, n := range common {
			share := n / float64(max(1, min(size, sizes[j])))
			if share >= enough && (share > most || share == most && j < best[i]) {
				best[i], most = j, share
			}
		}
	}
	return best
}

// kindKey is what two facts of one kind have in common: half of what the same
// fact would be, so that "30 days" finds the sentence that says "60 days".
func kindKey(u Unit) string { return "\x00" + u.Kind.String() }

// gap is a stretch in which two passages differ.
type gap struct{ left, right []Unit }

// longest is the length in units of the longest passages that are aligned; of
// longer ones it is only asked what the other holds as well.
const longest = 1000

// align gives the stretches between the units that two passages have in common,
// in order: what a longest common subsequence leaves.
func align(a, b []Unit) (gaps []gap) {
	if len(a) > longest || len(b) > longest {
		return []gap{{a, b}}
	}
	n, m := len(a), len(b)
	table := make([]uint16, (n+1)*(m+1)) // common units from (i,j) on
	at := func(i, j int) int { return i*(m+1) + j }
	for i := n - 1; i >= 0; i-- {
		for j := m - 1; j >= 0; j-- {
			if a[i].Key == b[j].Key {
				table[at(i, j)] = table[at(i+1, j+1)] + 1
			} else {
				table[at(i, j)] = max(table[at(i+1, j)], table[at(i, j+1)])
			}
		}
	}
	i, j, fromA, fromB := 0, 0, 0, 0
	for i < n && j < m {
		switch {
		case a[i].Key == b[j].Key:
			if i > fromA || j > fromB {
				gaps = append(gaps, gap{a[fromA:i], b[fromB:j]})
			}
			i, j = i+1, j+1
			fromA, fromB = i, j
		case table[at(i+1, j)] >= table[at(i, j+1)]:
			i++
		default:
			j++
		}
	}
	if n > fromA || m > fromB {
		gaps = append(gaps, gap{a[fromA:], b[fromB:]})
	}
	return gaps
}
