package text

import (
	"math/bits"
	"slices"
	"sync"
)

// CommonNGrams counts the n-grams that two sequences of symbols share, for n
// from 1 to len(common): each n-gram as often as it stands in both (clipped, as
// BLEU and ROUGE count). Symbols are numbers from 0. It is exact: no hash stands
// for an n-gram.
//
// Where the longest n-gram fits into 64 bits, as of any text of few different
// symbols, the n-grams that begin at each place are sorted, so that equal ones of
// every length stand side by side: two to three times faster than to look each
// one up. Otherwise they are numbered in a hash table.
func CommonNGrams(a, b []int32, common []int) {
	clear(common)
	orders := min(len(common), len(a), len(b))
	if orders == 0 {
		return
	}
	width := bits.Len32(uint32(max(slices.Max(a), slices.Max(b))) + 1)
	if orders*width >= 64 {
		numberNGrams(a, b, common[:orders])
		return
	}
	w := windowPool.Get().(*windows)
	defer windowPool.Put(w)
	w.keys = slices.Grow(w.keys[:0], len(a)+len(b))[:len(a)+len(b)]
	fillWindows(w.keys[:len(a)], a, orders, width, 0)
	fillWindows(w.keys[len(a):], b, orders, width, 1)
	w.sort(orders * width)
	countWindows(w.keys, orders, width, common)
	if cap(w.keys) > keptWindows {
		w.keys, w.spare = nil, nil
	}
}

// keptWindows is the number of keys whose memory is kept for the next pair.
const keptWindows = 1 << 16

// windows are keys to be sorted. A key holds the symbols from one place on, each
// plus one, the first in the highest bits; 0 stands behind the end. The lowest bit
// tells the sequence.
type windows struct {
	keys, spare []uint64
	counts      [][1 << digitBits]int32 // of digits, for each pass
}

var windowPool = sync.Pool{New: func() any { return new(windows) }}

func fillWindows(keys []uint64, symbols []int32, orders, width int, side uint64) {
	top := width * (orders - 1)
	window := uint64(0)
	for i := len(symbols) - 1; i >= 0; i-- {
		window = window>>width | uint64(symbols[i]+1)<<top
		keys[i] = window<<1 | side
	}
}

// digitBits is how many bits keys are sorted by at a time, at most.
const digitBits = 10

// sort sorts by so many bits above the lowest, some at a time from below (a radix
// sort), or by comparing where there are few. Which sequence comes first among equal
// keys is nothing.
func (w *windows) sort(keyBits int) {
	n := len(w.keys)
	if n < 64 {
		slices.Sort(w.keys)
		return
	}
	passes := (keyBits + digitBits - 1) / digitBits
	digit := (keyBits + passes - 1) / passes
	mask := uint64(1)<<digit - 1
	if len(w.counts) < passes {
		w.counts = make([][1 << digitBits]int32, passes)
	}
	counts := w.counts[:passes]
	clear(counts)
	for _, k := range w.keys {
		k >>= 1
		for i := range counts {
			counts[i][k&mask&(1<<digitBits-1)]++
			k >>= digit
		}
	}
	w.spare = slices.Grow(w.spare[:0], n)[:n]
	from, to := w.keys, w.spare
	for i := range counts {
		at := &counts[i]
		sum := int32(0)
		for d, c := range at[:1<<digit] {
			at[d] = sum
			sum += c
		}
		shift := 1 + i*digit
		for _, k := range from {
			p := &at[k>>shift&mask&(1<<digitBits-1)]
			to[*p] = k
			*p++
		}
		from, to = to, from
	}
	w.keys, w.spare = from, to
}

// countWindows counts in sorted keys: those that begin alike are one n-gram, and
// stand together.
func countWindows(keys []uint64, orders, width int, common []int) {
	c := windowCounts{width: width, orders: orders, symbol: 1<<width - 1}
	last := keys[0] >> 1
	for _, k := range keys {
		if changed := k>>1 ^ last; changed != 0 {
			c.close(last, changed)
			last = k >> 1
		}
		c.seen[0] += 1 << (k & 1 << 5) // one key more of sequence 0 or 1
	}
	c.close(last, ^uint64(0))
	for n := range orders {
		common[n] = c.common[orders-1-n]
	}
}

// windowCounts holds for each order, the longest first, what was counted so far
// and how many keys of either sequence (the second in the upper half) begin with
// the present n-gram and were not yet counted to a shorter one.
type windowCounts struct {
	seen          [64]uint64
	common        [64]int
	width, orders int
	symbol        uint64 // the bits of one
}

// close counts the n-grams of last that the next key does not begin with.
func (c *windowCounts) close(last, changed uint64) {
	for i := 0; i < c.orders && changed != 0; i++ {
		s := c.seen[i]
		c.seen[i] = 0
		c.seen[i+1] += s
		if last&c.symbol != 0 { // it does not go beyond the end
			c.common[i] += int(min(uint32(s), uint32(s>>32)))
		}
		last >>= c.width
		changed >>= c.width
	}
}
