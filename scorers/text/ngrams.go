package text

import "slices"

// Numbered replaces the words of several sequences by numbers, the same word by
// the same number in all of them.
func Numbered(sequences ...[]string) [][]int32 {
	_, ids := number(sequences)
	return ids
}

func number(sequences [][]string) (*dictionary, [][]int32) {
	total := 0
	for _, s := range sequences {
		total += len(s)
	}
	var all []string
	if len(sequences) == 1 {
		all = sequences[0]
	} else {
		all = slices.Concat(sequences...)
	}
	d := newDictionary(all)
	ids := make([]int32, total)
	for i := range all {
		ids[i] = d.add(i)
	}
	cut := make([][]int32, len(sequences))
	for i, s := range sequences {
		cut[i], ids = ids[:len(s):len(s)], ids[len(s):]
	}
	return d, cut
}

// Numbering gives the words of expected texts numbers, and those of an answer the
// same. It does not change once made, so that many answers may use it at once.
type Numbering struct {
	dict     *dictionary
	expected [][]int32
	unknown  int32
}

// NewNumbering numbers the words of the expected texts.
func NewNumbering(expected ...[]string) *Numbering {
	n := &Numbering{}
	n.dict, n.expected = number(expected)
	n.unknown = int32(len(n.dict.words))
	return n
}

// With gives the numbers of an answer's words, then those of each expected text.
// All words that no expected text has get one number, which none of theirs is:
// what an answer shares with an expected text does not depend on them.
func (n *Numbering) With(answer []string) [][]int32 {
	ids := make([]int32, len(answer))
	for i, w := range answer {
		if ids[i] = n.dict.find(w); ids[i] < 0 {
			ids[i] = n.unknown
		}
	}
	return append([][]int32{ids}, n.expected...)
}

// numberNGrams is CommonNGrams for symbols of any number: an n-gram is numbered
// by the number of its beginning and its last symbol.
func numberNGrams(a, b []int32, common []int) {
	if len(b) > len(a) {
		a, b = b, a
	}
	// starts hold the number of the (n-1)-gram that begins at each place, -1
	// where the other sequence has none; of the empty 0-gram it is 0.
	startsA, startsB := make([]int32, len(a)), make([]int32, len(b))
	t := newPairs(len(b))
	for n := 1; n <= len(common); n++ {
		common[n-1] = 0
		if n > len(b) {
			continue
		}
		t.reset()
		for i := 0; i+n <= len(b); i++ {
			if startsB[i] >= 0 {
				startsB[i] = t.add(startsB[i], b[i+n-1])
			}
		}
		for i := 0; i+n <= len(a); i++ {
			if startsA[i] >= 0 {
				startsA[i] = t.take(startsA[i], a[i+n-1], &common[n-1])
			}
		}
	}
}

// pairs numbers pairs of numbers and counts them. It is a hash table with open
// addressing; texts cannot choose the numbers freely, since those count first
// places.
type pairs struct {
	slots []pairSlot
	next  int32
}

type pairSlot struct {
	key      uint64 // of the pair, plus one; 0 is free
	id, left int32
}

func newPairs(most int) *pairs {
	size := 16
	for size < 2*most {
		size *= 2
	}
	return &pairs{slots: make([]pairSlot, size)}
}

func (t *pairs) reset() {
	clear(t.slots)
	t.next = 0
}

func (t *pairs) find(first, last int32) (s *pairSlot, key uint64) {
	key = (uint64(uint32(first))<<32 | uint64(uint32(last))) + 1
	mask := uint64(len(t.slots) - 1)
	h := key * 0x9E3779B97F4A7C15
	for at := (h ^ h>>32) & mask; ; at = (at + 1) & mask {
		if s := &t.slots[at]; s.key == 0 || s.key == key {
			return s, key
		}
	}
}

// add counts a pair and gives its number.
func (t *pairs) add(first, last int32) int32 {
	s, key := t.find(first, last)
	if s.key == 0 {
		s.key, s.id, s.left = key, t.next, 0
		t.next++
	}
	s.left++
	return s.id
}

// take uses up one occurrence of a pair, if one is left, and gives the number of
// the pair, -1 if it was never added.
func (t *pairs) take(first, last int32, taken *int) int32 {
	s, _ := t.find(first, last)
	if s.key == 0 {
		return -1
	}
	if s.left > 0 {
		s.left--
		*taken++
	}
	return s.id
}

// NGrams compares two sequences of words by the n-grams they share: ROUGE-N (Lin
// 2004) on a pair of texts.
func NGrams(answer, expected []int32, n int) Overlap {
	common := make([]int, n)
	CommonNGrams(answer, expected, common)
	return NGramOverlap(common[n-1], answer, expected, n)
}

// NGramOverlap is NGrams where the n-grams in common are counted already.
func NGramOverlap(common int, answer, expected []int32, n int) Overlap {
	return overlap(common, max(len(answer)-n+1, 0), max(len(expected)-n+1, 0))
}
