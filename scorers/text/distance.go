package text

import (
	"context"
	"slices"

	"github.com/agnivade/levenshtein"
)

// DistanceLimit bounds one exact edit distance: the product of both lengths,
// after the common beginning and end are taken off. 2^26 (two texts of 8,192
// characters that share nothing) takes about a tenth of a second.
const DistanceLimit = 1 << 26

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
	if ASCII(a) && ASCII(b) {
		return similarity(ctx, []byte(a), []byte(b), func(x, y []byte) int {
			return levenshtein.ComputeDistance(string(x), string(y))
		})
	}
	return similarity(ctx, []rune(a), []rune(b), runeDistance)
}

// WordSimilarity compares sequences of words.
func WordSimilarity(ctx context.Context, a, b []string) (Similarity, error) {
	index := make(map[string]rune, len(a))
	return similarity(ctx, wordRunes(a, index), wordRunes(b, index), runeDistance)
}

// wordRunes stands one code point for every distinct word, leaving out the
// surrogates, which a string cannot hold. Beyond a million distinct words, all
// further ones count as equal.
func wordRunes(words []string, index map[string]rune) []rune {
	const first, surrogates, last = 1, 0xD800, 0x10FFFF
	runes := make([]rune, len(words))
	for i, w := range words {
		r, ok := index[w]
		if !ok {
			r = rune(len(index) + first)
			if r >= surrogates {
				r += 0x800
			}
			r = min(r, last)
			index[w] = r
		}
		runes[i] = r
	}
	return runes
}

func runeDistance(a, b []rune) int { return levenshtein.ComputeDistance(string(a), string(b)) }

func similarity[T byte | rune](ctx context.Context, a, b []T, distance func(a, b []T) int) (Similarity, error) {
	s := Similarity{Longest: max(len(a), len(b)), Pieces: 1}
	if slices.Equal(a, b) {
		return s, nil
	}
	for len(a) > 0 && len(b) > 0 && a[0] == b[0] {
		a, b = a[1:], b[1:]
	}
	for len(a) > 0 && len(b) > 0 && a[len(a)-1] == b[len(b)-1] {
		a, b = a[:len(a)-1], b[:len(b)-1]
	}
	if len(a) == 0 || len(b) == 0 {
		s.Distance = max(len(a), len(b))
		return s, nil
	}
	// The distance of two texts is at most the sum of the distances of their
	// pieces, however both are cut.
	n, m := len(a), len(b)
	s.Pieces = int((float64(n)*float64(m) + DistanceLimit - 1) / DistanceLimit)
	s.Pieces = max(1, min(s.Pieces, n, m))
	k := s.Pieces
	for i := range k {
		if i%64 == 0 && ctx.Err() != nil {
			return s, ctx.Err()
		}
		s.Distance += distance(a[i*n/k:(i+1)*n/k], b[i*m/k:(i+1)*m/k])
	}
	return s, nil
}
