package text

import (
	"context"
	"math"
	"slices"
)

// The limits of Tercom that sacrebleu keeps to.
const (
	terShiftSize  = 10   // words that are shifted at once
	terShiftWay   = 50   // positions that they are shifted
	terCandidates = 1000 // shifts that are tried
	terBeam       = 25   // half the width of the band of the distance
)

// TranslationEdits is the number of edits of TER (Snover et al. 2006) that turn
// an answer into the expected one: words inserted, deleted, substituted, and
// stretches of words shifted. It searches as sacrebleu does, which searches as
// Tercom does, so that the numbers agree. shifts is false for texts too long to
// try any, and the number is then that of the other edits. It ends early with
// the context's error.
func TranslationEdits(ctx context.Context, answer, expected []int32) (edits int, shifts bool, err error) {
	const longest = 400 // words; trying shifts takes time in proportion to the square, times the shifts
	if len(expected) == 0 {
		return len(answer), true, nil
	}
	t := terSearch{expected: expected}
	if shifts = len(answer) <= longest && len(expected) <= longest; !shifts {
		tbl := editTables.Get().(*editTable)
		defer tbl.release()
		kinds := int(max(slices.Max(append(answer[:len(answer):len(answer)], 0)), slices.Max(expected))) + 1
		s, err := similarity(ctx, tbl, answer, expected, kinds)
		return s.Distance, false, err
	}
	words := slices.Clone(answer)
	tried, moved := 0, 0
	for {
		if err := ctx.Err(); err != nil {
			return 0, true, err
		}
		gain, better := t.shift(words, &tried)
		if tried >= terCandidates || gain <= 0 {
			break
		}
		moved++
		words = better
	}
	distance, _ := t.distance(words)
	return moved + distance, true, nil
}

// terSearch holds the matrix of the last distance, whose first rows serve the
// next one with the same beginning.
type terSearch struct {
	expected []int32
	words    []int32
	cost     [][]int32
	op       [][]byte
}

const (
	opNone = iota
	opSame
	opChange
	opInsert
	opDelete
)

const terInfinite = math.MaxInt32 / 2

// distance is the edit distance within the band, and the operations in order.
func (t *terSearch) distance(words []int32) (int, []byte) {
	n, m := len(words), len(t.expected)
	if len(t.cost) != n+1 {
		t.words, t.cost, t.op = nil, make([][]int32, n+1), make([][]byte, n+1)
		for i := range t.cost {
			t.cost[i], t.op[i] = make([]int32, m+1), make([]byte, m+1)
		}
		for j := range t.cost[0] {
			t.cost[0][j], t.op[0][j] = int32(j), opInsert
		}
	}
	from := 0
	for from < len(t.words) && from < n && t.words[from] == words[from] {
		from++
	}
	if from == n && n > 0 {
		from = n - 1 // the last row is filled to its end, so it is made anew
	}
	t.words = append(t.words[:0], words...)
	ratio := 1.0
	if n > 0 {
		ratio = float64(m) / float64(n)
	}
	beam := terBeam
	if terBeam < ratio/2 {
		beam = int(math.Ceil(ratio/2 + terBeam))
	}
	for i := from + 1; i <= n; i++ {
		t.row(i, int(math.Floor(float64(i)*ratio)), beam, i == n)
	}
	return int(t.cost[n][m]), t.trace(n, m)
}

func (t *terSearch) row(i, diagonal, beam int, last bool) {
	m := len(t.expected)
	cost, op := t.cost[i], t.op[i]
	for j := range cost {
		cost[j], op[j] = terInfinite, opNone
	}
	from, to := max(0, diagonal-beam), min(m+1, diagonal+beam)
	if last {
		to = m + 1
	}
	above := t.cost[i-1]
	for j := from; j < to; j++ {
		if j == 0 {
			cost[0], op[0] = above[0]+1, opDelete
			continue
		}
		// Tercom prefers to keep or substitute, then to delete, then to insert.
		best, by := above[j-1]+1, byte(opChange)
		if t.words[i-1] == t.expected[j-1] {
			best, by = above[j-1], opSame
		}
		if best >= terInfinite {
			best, by = terInfinite, opNone
		}
		if c := above[j] + 1; c < best {
			best, by = c, opDelete
		}
		if c := cost[j-1] + 1; c < best {
			best, by = c, opInsert
		}
		cost[j], op[j] = best, by
	}
}

func (t *terSearch) trace(i, j int) []byte {
	var ops []byte
	for i > 0 || j > 0 {
		o := t.op[i][j]
		ops = append(ops, o)
		switch o {
		case opInsert:
			j--
		case opDelete:
			i--
		case opNone: // outside of the band
			i, j = 0, 0
		default:
			i, j = i-1, j-1
		}
	}
	slices.Reverse(ops)
	return ops
}

// alignment says for each expected word the last word of the answer up to it,
// and which words of each side are wrong.
func alignment(ops []byte) (align []int, wrongExpected, wrongAnswer []bool) {
	at := -1
	for _, o := range ops {
		if o != opInsert {
			at++
			wrongAnswer = append(wrongAnswer, o != opSame)
		}
		if o != opDelete {
			align = append(align, at)
			wrongExpected = append(wrongExpected, o != opSame)
		}
	}
	return align, wrongExpected, wrongAnswer
}

// shift finds the shift that brings the answer nearest, and by how much.
func (t *terSearch) shift(words []int32, tried *int) (gain int, better []int32) {
	before, ops := t.distance(words)
	align, wrongExpected, wrongAnswer := alignment(ops)
	type rank struct{ gain, length, start, target int }
	var best rank
	found := false
	for start := range words {
		for at := max(0, start-terShiftWay); at < len(t.expected) && at <= start+terShiftWay; at++ {
			for length := 1; length <= terShiftSize && start+length <= len(words) && at+length <= len(t.expected) && words[start+length-1] == t.expected[at+length-1]; length++ {
				if !slices.Contains(wrongAnswer[start:start+length], true) || !slices.Contains(wrongExpected[at:at+length], true) ||
					start <= align[at] && align[at] < start+length {
					continue
				}
				last := -1
				for offset := -1; offset < length; offset++ {
					target := 0
					if at+offset >= 0 {
						if at+offset >= len(align) {
							break
						}
						target = align[at+offset] + 1
					}
					if target == last {
						continue
					}
					last = target
					moved := shifted(words, start, length, target)
					d, _ := t.distance(moved)
					r := rank{before - d, length, -start, -target}
					*tried++
					if !found || r.gain > best.gain || r.gain == best.gain && (r.length > best.length || r.length == best.length && (r.start > best.start || r.start == best.start && r.target > best.target)) {
						found, best, better = true, r, moved
					}
				}
				if *tried >= terCandidates {
					return best.gain, better
				}
			}
		}
	}
	if !found {
		return 0, words
	}
	return best.gain, better
}

// shifted moves words[start:start+length] before the word target.
func shifted(words []int32, start, length, target int) []int32 {
	out := make([]int32, 0, len(words))
	part := words[start : start+length]
	switch {
	case target < start:
		return append(append(append(append(out, words[:target]...), part...), words[target:start]...), words[start+length:]...)
	case target > start+length:
		return append(append(append(append(out, words[:start]...), words[start+length:target]...), part...), words[target:]...)
	}
	return append(append(append(append(out, words[:start]...), words[start+length:min(length+target, len(words))]...), part...), words[min(length+target, len(words)):]...)
}
