package text

import (
	"context"
	"math/bits"
	"sync"
	"unsafe"
)

// The edit distance, bit-parallel: Myers 1999, "A fast bit-vector algorithm for
// approximate string matching based on dynamic programming", for the distance
// of whole texts and in blocks after Hyyrö 2003, "A bit-vector algorithm for
// computing Levenshtein and Damerau edit distances".
//
// The table has a row for every symbol of one text, the pattern, and a column
// for every symbol of the other. A block of 64 rows of a column is two words:
// where a cell is one more than the cell above it, and where it is one less.
// Blocks are taken from the top, up to three side by side so that the processor
// has independent work; the differences along their lowest row, two bits a
// column, are all that the blocks below need. Only cells that a way with few
// enough edits can pass are visited (Ukkonen 1985).

// symbol is what texts are sequences of: bytes, or dense numbers that stand for
// code points or words.
type symbol interface{ uint8 | int32 }

// editTable is the memory of one distance.
type editTable struct {
	plus, minus []uint64    // differences along a row, 64 columns a word
	masks       [3][]uint64 // by symbol, for each block: the rows where it stands
	slots       []slot      // a hash table of symbols
	a, b        []int32
}

var editTables = sync.Pool{New: func() any { return new(editTable) }}

// narrowFrom is the length from which a narrow band is tried first. It costs an
// eighth of the whole table, settles texts that are alike, and bounds the band
// of others.
const narrowFrom = 2048

// edits is the distance of two sequences; every symbol is below kinds. It ends
// early with the context's error.
func edits[T symbol](ctx context.Context, t *editTable, pattern, text []T, kinds int) (int, error) {
	if len(pattern) > len(text) {
		pattern, text = text, pattern
	}
	m, n := len(pattern), len(text)
	if m == 0 {
		return n, nil
	}
	for i := range t.masks {
		t.masks[i] = zeroed(t.masks[i], max(kinds, 256))
	}
	bound := n
	if m >= narrowFrom {
		narrow := n - m + n/16
		d, err := banded(ctx, t, pattern, text, narrow)
		if err != nil || d <= narrow {
			return d, err
		}
		bound = min(d, n)
	}
	return banded(ctx, t, pattern, text, bound)
}

// banded is the distance if that is at most bound, else an upper bound of it.
// bound is at least the difference of the lengths, and the pattern the shorter.
func banded[T symbol](ctx context.Context, t *editTable, pattern, text []T, bound int) (int, error) {
	m, n := len(pattern), len(text)
	columns := (n + 63) / 64
	t.plus, t.minus = zeroed(t.plus, columns), zeroed(t.minus, columns)
	for i := range t.plus {
		t.plus[i] = ^uint64(0) // the row above the first is 0, 1, 2, ...
	}
	// So far from the diagonal a way with at most bound edits can lead.
	left, right := (bound-(n-m))/2, (bound+(n-m))/2
	distance, from := 0, 0 // distance is the cell above row, left of column 64*from
	for row := 0; row < m; {
		if ctx.Err() != nil {
			return 0, ctx.Err()
		}
		end := min(row+64*len(t.masks), m)
		if next := max(0, row-left) / 64; next > from {
			distance += t.along(from, next, n)
			from = next
		}
		to := (min(n, end+right) + 63) / 64
		part := pattern[row:end]
		for i, c := range part {
			t.masks[i/64][c] |= 1 << (i % 64)
		}
		switch unused := -len(part) & 63; (len(part) + 63) / 64 {
		case 1:
			oneBlock(t, text, from, to, unused)
		case 2:
			twoBlocks(t, text, from, to, unused)
		default:
			threeBlocks(t, text, from, to, unused)
		}
		for i, c := range part {
			t.masks[i/64][c] = 0
		}
		distance += len(part)
		row = end
	}
	return distance + t.along(from, columns, n), nil
}

// along is the difference along the last row between two columns, each in
// words; n is the number of columns.
func (t *editTable) along(from, to, n int) int {
	d := 0
	for i := from; i < to; i++ {
		mask := ^uint64(0)
		if n < 64*i+64 {
			mask >>= 64*i + 64 - n
		}
		d += bits.OnesCount64(t.plus[i]&mask) - bits.OnesCount64(t.minus[i]&mask)
	}
	return d
}

// step advances a block by one column. eq says in which rows the column's symbol
// stands, up and down hold the vertical differences, above and below the bits of
// the horizontal difference over the block. It gives the new vertical
// differences and the horizontal ones of all rows.
func step(eq, up, down, above, below uint64) (newUp, newDown, plus, minus uint64) {
	x := eq | down
	eq |= below
	h := ((eq&up + up) ^ up) | eq
	plus = down | ^(h | up)
	minus = up & h
	p, q := plus<<1|above, minus<<1|below
	return q | ^(x | p), p & x, plus, minus
}

func oneBlock[T symbol](t *editTable, text []T, from, to, unused int) {
	m0 := t.masks[0]
	up0, down0 := ^uint64(0), uint64(0)
	for w := from; w < to; w++ {
		p, q := t.plus[w], t.minus[w]
		var nextP, nextQ, p0, q0 uint64
		chunk := text[64*w : min(64*w+64, len(text))]
		for _, c := range chunk {
			up0, down0, p0, q0 = step(m0[c], up0, down0, p&1, q&1)
			p, q = p>>1, q>>1
			nextP, nextQ = bit(nextP, p0, unused), bit(nextQ, q0, unused)
		}
		t.plus[w], t.minus[w] = nextP>>(64-len(chunk)), nextQ>>(64-len(chunk))
	}
}

func twoBlocks[T symbol](t *editTable, text []T, from, to, unused int) {
	m0, m1 := t.masks[0], t.masks[1]
	m1 = m1[:len(m0)]
	up0, down0, up1, down1 := ^uint64(0), uint64(0), ^uint64(0), uint64(0)
	for w := from; w < to; w++ {
		p, q := t.plus[w], t.minus[w]
		var nextP, nextQ, p0, q0, p1, q1 uint64
		chunk := text[64*w : min(64*w+64, len(text))]
		for _, c := range chunk {
			up0, down0, p0, q0 = step(m0[c], up0, down0, p&1, q&1)
			up1, down1, p1, q1 = step(m1[c], up1, down1, p0>>63, q0>>63)
			p, q = p>>1, q>>1
			nextP, nextQ = bit(nextP, p1, unused), bit(nextQ, q1, unused)
		}
		t.plus[w], t.minus[w] = nextP>>(64-len(chunk)), nextQ>>(64-len(chunk))
	}
}

func threeBlocks[T symbol](t *editTable, text []T, from, to, unused int) {
	m0, m1, m2 := t.masks[0], t.masks[1], t.masks[2]
	m1, m2 = m1[:len(m0)], m2[:len(m0)]
	up0, down0, up1, down1, up2, down2 := ^uint64(0), uint64(0), ^uint64(0), uint64(0), ^uint64(0), uint64(0)
	for w := from; w < to; w++ {
		p, q := t.plus[w], t.minus[w]
		var nextP, nextQ, p0, q0, p1, q1, p2, q2 uint64
		chunk := text[64*w : min(64*w+64, len(text))]
		for _, c := range chunk {
			up0, down0, p0, q0 = step(m0[c], up0, down0, p&1, q&1)
			up1, down1, p1, q1 = step(m1[c], up1, down1, p0>>63, q0>>63)
			up2, down2, p2, q2 = step(m2[c], up2, down2, p1>>63, q1>>63)
			p, q = p>>1, q>>1
			nextP, nextQ = bit(nextP, p2, unused), bit(nextQ, q2, unused)
		}
		t.plus[w], t.minus[w] = nextP>>(64-len(chunk)), nextQ>>(64-len(chunk))
	}
}

// bit shifts the lowest used row's bit in from above.
func bit(word, rows uint64, unused int) uint64 { return word>>1 | rows<<(unused&63)&(1<<63) }

// bytesOf are the bytes of a text, not to be changed.
func bytesOf(s string) []byte { return unsafe.Slice(unsafe.StringData(s), len(s)) }

// keepAtMost is how many bytes of memory a table keeps for the next distance.
const keepAtMost = 1 << 20

// release gives the memory back.
func (t *editTable) release() {
	if 8*cap(t.plus)+24*cap(t.masks[0])+8*cap(t.slots)+4*cap(t.a)+4*cap(t.b) > keepAtMost {
		*t = editTable{}
	}
	editTables.Put(t)
}

// zeroed is a slice of n zeros, in the same memory where there is room.
func zeroed(s []uint64, n int) []uint64 {
	if cap(s) < n {
		return make([]uint64, n)
	}
	s = s[:n]
	clear(s)
	return s
}
