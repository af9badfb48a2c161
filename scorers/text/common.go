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
	w.sort(orders*width + 1)
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
type windows struct{ keys, spare []uint64 }

var windowPool = sync.Pool{New: func() any { return new(windows) }}

func fillWindows(keys []uint64, symbols []int32, orders, width int, side uint64) {
	top := width * (orders - 1)
	window := uint64(0)
	for i := len(symbols) - 1; i >= 0; i-- {
		window = window>>width | uint64(symbols[i]+1)<<top
		keys[i] = window<<1 | side
	}
}

// sort sorts by the lowest so many bits, eight at a time from below (a radix
// sort), or by comparing where there are few.
func (w *windows) sort(keyBits int) {
	n := len(w.keys)
	if n < 64 {
		slices.Sort(w.keys)
		return
	}
	w.spare = slices.Grow(w.spare[:0], n)[:n]
	from, to := w.keys, w.spare
	for shift := 0; shift < keyBits; shift += 8 {
		var at [256]int32
		for _, k := range from {
			at[uint8(k>>shift)]++
		}
		if at[uint8(from[0]>>shift)] == int32(n) {
			continue // all the same
		}
		sum := int32(0)
		for i, c := range at {
			at[i] = sum
			sum += c
		}
		for _, k := range from {
			p := &at[uint8(k>>shift)]
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
	symbol := uint64(1)<<width - 1
	// seen[n] counts the keys of either sequence that begin with the present
	// n-gram and were not yet counted to a longer one.
	var seen [64][2]int32
	last := keys[0] >> 1
	for _, k := range keys {
		if changed := k>>1 ^ last; changed != 0 {
			closeWindows(&seen, last, changed, orders, width, symbol, common)
			last = k >> 1
		}
		seen[orders][k&1]++
	}
	closeWindows(&seen, last, ^uint64(0), orders, width, symbol, common)
}

// closeWindows counts the n-grams of last that the next key does not begin with.
func closeWindows(seen *[64][2]int32, last, changed uint64, orders, width int, symbol uint64, common []int) {
	shift := 0
	for n := orders; n > 0 && changed>>shift != 0; n-- {
		s := seen[n]
		seen[n] = [2]int32{}
		seen[n-1][0] += s[0]
		seen[n-1][1] += s[1]
		if last>>shift&symbol != 0 { // it does not go beyond the end
			common[n-1] += int(min(s[0], s[1]))
		}
		shift += width
	}
}
