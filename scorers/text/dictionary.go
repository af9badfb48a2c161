package text

import (
	"hash/maphash"
	"math/bits"
)

// dictionary finds the first place of a word in a sequence of words. It is a
// hash table with open addressing, a few times faster than a map because it
// never grows and copies no word. The hash is seeded anew each time, so that no
// text can be written to collide; the places do not depend on it.
type dictionary struct {
	seed  maphash.Seed
	salt  [2]uint64 // of the same seed, for short words
	words []string
	slots []int32 // place + 1; 0 is free
	mask  uint64
}

// newDictionary is empty; words are the sequence whose places will be added.
func newDictionary(words []string) *dictionary {
	size := 8
	for size < 2*len(words) {
		size *= 2
	}
	seed := maphash.MakeSeed()
	return &dictionary{seed: seed, salt: [2]uint64{maphash.String(seed, "0"), maphash.String(seed, "1")},
		words: words, slots: make([]int32, size), mask: uint64(size - 1)}
}

// add takes in the word at place i and gives the first place of that word among
// those taken in, i itself if it is new.
func (d *dictionary) add(i int) int32 {
	slot, first := d.look(d.words[i])
	if first < 0 {
		first = int32(i)
		d.slots[slot] = first + 1
	}
	return first
}

// find gives the first place of w, or -1.
func (d *dictionary) find(w string) int32 {
	_, first := d.look(w)
	return first
}

func (d *dictionary) look(w string) (slot uint64, first int32) {
	for slot = d.hash(w) & d.mask; ; slot = (slot + 1) & d.mask {
		first = d.slots[slot] - 1
		if first < 0 || d.words[first] == w {
			return slot, first
		}
	}
}

// hash of a word. One of at most 16 bytes, which is nearly every word, is read
// as two numbers whose salted product is folded; it is twice as fast as maphash.
func (d *dictionary) hash(w string) uint64 {
	n := len(w)
	var a, b uint64
	switch {
	case n > 16:
		return maphash.String(d.seed, w)
	case n >= 8:
		a, b = eight(w, 0), eight(w, n-8)
	case n >= 4:
		a, b = four(w, 0), four(w, n-4)
	case n > 0:
		a = uint64(w[0]) | uint64(w[n/2])<<8 | uint64(w[n-1])<<16
	}
	high, low := bits.Mul64(a^d.salt[0], b^d.salt[1]^uint64(n)<<56)
	return high ^ low
}

func four(s string, i int) uint64 {
	s = s[i : i+4]
	return uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24
}
