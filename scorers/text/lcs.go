package text

import (
	"math/bits"
	"slices"
)

// LCSLimit bounds the work of Subsequence: it is the greatest number of 64-bit
// steps that are taken. 2^28 of them take about a third of a second; two texts
// of 131,072 words are just within.
const LCSLimit = 1 << 28

// shorten cuts both sequences to their beginnings if comparing them would take
// more than LCSLimit steps.
func shorten(a, b []int32) (x, y []int32, whole bool) {
	short, long := min(len(a), len(b)), max(len(a), len(b))
	if (short+63)/64*long <= LCSLimit {
		return a, b, true
	}
	const most = 1 << 17 // most * most/64 is the limit
	return a[:min(len(a), most)], b[:min(len(b), most)], false
}

// LCS is the length of the longest common subsequence of two sequences of words,
// given as numbers from 0, as Numbered has them.
//
// Bit-parallel (Hyyrö 2004, "Bit-parallel LCS-length computation revisited"):
// one column of the table is a bit vector over a, a zero bit being a step of
// the length; b is taken in word by word. It takes about len(a)*len(b)/64
// steps, and less where words are rare, because only the parts of the column
// in which a word occurs are touched.
func LCS(a, b []int32) int {
	n := 0
	for len(a) > 0 && len(b) > 0 && a[0] == b[0] {
		a, b, n = a[1:], b[1:], n+1
	}
	for len(a) > 0 && len(b) > 0 && a[len(a)-1] == b[len(b)-1] {
		a, b, n = a[:len(a)-1], b[:len(b)-1], n+1
	}
	if len(a) > len(b) {
		a, b = b, a
	}
	if len(a) == 0 {
		return n
	}
	kinds := slices.Max(a) + 1
	c := newColumn(a, int(kinds))
	for _, id := range b {
		if id < kinds {
			c.take(id)
		}
	}
	return n + c.zeros()
}

// column is one column of the table: bit i is 0 where the length of the common
// subsequence grows at position i.
type column struct {
	v []uint64
	n int // positions
	// masks[first[id]:first[id+1]] are the parts of the column, by word index,
	// in which id occurs.
	first []int32
	masks []mask
}

type mask struct {
	word int32
	bits uint64
}

// newColumn is the column before any word; every id is below kinds.
func newColumn(ids []int32, kinds int) *column {
	n := len(ids)
	c := &column{v: make([]uint64, (n+63)/64), n: n, first: make([]int32, kinds+1)}
	last := make([]int32, kinds) // the last part seen of each id, from 1
	for i, id := range ids {
		if part := int32(i/64) + 1; last[id] != part {
			last[id] = part
			c.first[id+1]++
		}
	}
	for id := range kinds {
		c.first[id+1] += c.first[id]
	}
	c.masks = make([]mask, c.first[kinds])
	next := last
	copy(next, c.first)
	for i, id := range ids {
		part, at := int32(i/64), next[id]
		if at > c.first[id] && c.masks[at-1].word == part {
			c.masks[at-1].bits |= 1 << (i % 64)
			continue
		}
		c.masks[at] = mask{part, 1 << (i % 64)}
		next[id]++
	}
	for i := range c.v {
		c.v[i] = ^uint64(0)
	}
	return c
}

// take does V = (V + (V & M)) | (V &^ M) for the mask M of id. Parts without an
// occurrence change only while a carry runs through them.
func (c *column) take(id int32) {
	var carry uint64
	at := int32(0)
	for _, m := range c.masks[c.first[id]:c.first[id+1]] {
		for ; carry != 0 && at < m.word; at++ {
			v := c.v[at]
			var sum uint64
			sum, carry = bits.Add64(v, 0, carry)
			c.v[at] = sum | v
		}
		v := c.v[m.word]
		var sum uint64
		sum, carry = bits.Add64(v, v&m.bits, carry)
		c.v[m.word] = sum | v&^m.bits
		at = m.word + 1
	}
	for ; carry != 0 && int(at) < len(c.v); at++ {
		v := c.v[at]
		var sum uint64
		sum, carry = bits.Add64(v, 0, carry)
		c.v[at] = sum | v
	}
}

func (c *column) zeros() int {
	n := 0
	for i, v := range c.v {
		used := min(64, c.n-64*i)
		n += used - bits.OnesCount64(v&(^uint64(0)>>(64-used)))
	}
	return n
}
