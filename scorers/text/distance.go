package text

import (
	"context"
	"unicode/utf16"
	"unicode/utf8"
)

// DistanceLimit bounds one exact edit distance: the product of both lengths,
// after the common beginning and end are taken off. 2^34 (two texts of 131,072
// characters that share nothing) takes about half a second.
const DistanceLimit = 1 << 34

// Similarity is how alike two texts are by their edit distance.
type Similarity struct {
	Distance int // insertions, deletions and substitutions (Levenshtein 1966)
	Longest  int // the length of the longer text, in the same unit
	// Pieces is 1 if Distance is exact. Else both texts were over
	// DistanceLimit and were compared in that many pieces, so that Distance is
	// an upper bound.
	Pieces int
}

// Value is 1 - Distance/Longest, in [0,1]; 1 for two empty texts.
func (s Similarity) Value() float64 {
	if s.Longest == 0 {
		return 1
	}
	return 1 - float64(s.Distance)/float64(s.Longest)
}

// CharacterSimilarity compares code points after composition (NFC). Two
// different invalid bytes count as equal. It ends early with the context's
// error.
func CharacterSimilarity(ctx context.Context, a, b string) (Similarity, error) {
	a, b = NFC(a), NFC(b)
	t := editTables.Get().(*editTable)
	defer t.release()
	if ASCII(a) && ASCII(b) {
		return similarity(ctx, t, bytesOf(a), bytesOf(b), 128)
	}
	x, y, kinds := t.runes(a, b)
	return similarity(ctx, t, x, y, kinds)
}

// CodeUnitSimilarity compares UTF-16 code units as they are, which is what the
// string functions of JavaScript count.
func CodeUnitSimilarity(ctx context.Context, a, b string) (Similarity, error) {
	t := editTables.Get().(*editTable)
	defer t.release()
	if ASCII(a) && ASCII(b) {
		return similarity(ctx, t, bytesOf(a), bytesOf(b), 128)
	}
	return similarity(ctx, t, codeUnits(a), codeUnits(b), 1<<16)
}

func codeUnits(s string) []int32 {
	units := make([]int32, 0, len(s))
	for _, r := range s {
		if r1, r2 := utf16.EncodeRune(r); r1 != utf8.RuneError {
			units = append(units, r1, r2)
		} else {
			units = append(units, r)
		}
	}
	return units
}

// WordSimilarity compares sequences of words.
func WordSimilarity(ctx context.Context, a, b []string) (Similarity, error) {
	t := editTables.Get().(*editTable)
	defer t.release()
	x, y, kinds := t.words(a, b)
	return similarity(ctx, t, x, y, kinds)
}

func similarity[T symbol](ctx context.Context, t *editTable, a, b []T, kinds int) (Similarity, error) {
	s := Similarity{Longest: max(len(a), len(b)), Pieces: 1}
	for len(a) > 0 && len(b) > 0 && a[0] == b[0] {
		a, b = a[1:], b[1:]
	}
	for len(a) > 0 && len(b) > 0 && a[len(a)-1] == b[len(b)-1] {
		a, b = a[:len(a)-1], b[:len(b)-1]
	}
	// The distance of two texts is at most the sum of the distances of their
	// pieces, however both are cut.
	n, m := len(a), len(b)
	if n > 0 && m > 0 {
		s.Pieces = int((float64(n)*float64(m) + DistanceLimit - 1) / DistanceLimit)
		s.Pieces = max(1, min(s.Pieces, n, m))
	}
	k := s.Pieces
	for i := range k {
		d, err := edits(ctx, t, a[i*n/k:(i+1)*n/k], b[i*m/k:(i+1)*m/k], kinds)
		if err != nil {
			return s, err
		}
		s.Distance += d
	}
	return s, nil
}
