package text

import (
	"context"
	"math"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// table is the textbook edit distance (Wagner and Fischer 1974).
func table[T comparable](a, b []T) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range a {
		diagonal := row[0]
		row[0] = i + 1
		for j := range b {
			above, cost := row[j+1], 1
			if a[i] == b[j] {
				cost = 0
			}
			row[j+1] = min(above+1, row[j]+1, diagonal+cost)
			diagonal = above
		}
	}
	return row[len(b)]
}

func TestSimilarityIsTheTables(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := anyText().Draw(t, "a"), anyText().Draw(t, "b")
		got, err := CharacterSimilarity(t.Context(), a, b)
		want := table([]rune(NFC(a)), []rune(NFC(b)))
		if err != nil || got.Distance != want || got.Pieces != 1 || got.Longest != max(Characters(a), Characters(b)) {
			t.Fatalf("%q and %q: %+v (%v), want %d", a, b, got, err, want)
		}
		x, y := fewWords().Draw(t, "x"), fewWords().Draw(t, "y")
		got, err = WordSimilarity(t.Context(), x, y)
		if want := table(x, y); err != nil || got.Distance != want || got.Longest != max(len(x), len(y)) {
			t.Fatalf("%q and %q: %+v (%v), want %d", x, y, got, err, want)
		}
	})
}

func TestSimilarityTable(t *testing.T) {
	for _, c := range []struct {
		a, b   string
		want   float64
		reason string
	}{
		{"", "", 1, "two empty texts"},
		{"", "abc", 0, "nothing against something"},
		{"kitten", "sitting", 1 - 3./7, "Levenshtein's usual example"},
		{"café", "cafe\u0301", 1, "composed or not"},
		{"\xff", "\xfe", 1, "two invalid bytes count as equal"},
	} {
		got, err := CharacterSimilarity(t.Context(), c.a, c.b)
		if err != nil || math.Abs(got.Value()-c.want) > 1e-12 {
			t.Errorf("%s: %v (%v), want %v", c.reason, got.Value(), err, c.want)
		}
	}
}

// TestSimilarityOfLongTexts: over the limit the distance is an upper bound that
// is still near.
func TestSimilarityOfLongTexts(t *testing.T) {
	a := strings.Repeat("the quick brown fox jumps over the lazy dog ", 400)
	b := "X" + strings.ReplaceAll(a, "quick", "slow") + "Y"
	got, err := CharacterSimilarity(t.Context(), a, b)
	if err != nil {
		t.Fatal(err)
	}
	exact := table([]byte(a), []byte(b))
	if got.Pieces < 2 || got.Distance < exact || float64(got.Distance) > 1.2*float64(exact)+50 {
		t.Errorf("%+v, the exact distance is %d", got, exact)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := CharacterSimilarity(ctx, a, b); err == nil {
		t.Error("a context that has ended must end the comparison")
	}
}

func TestWordRunesSkipSurrogates(t *testing.T) {
	words := make([]string, 60_000)
	for i := range words {
		words[i] = strings.Repeat("x", i%50) + string(rune('a'+i/50%26)) + string(rune(0x4E00+i/1300))
	}
	runes := wordRunes(words, map[string]rune{})
	if got := []rune(string(runes)); !slices.Equal(got, runes) {
		t.Error("a word stands for a code point that a string cannot hold")
	}
	slices.Sort(runes)
	if n := len(slices.Compact(runes)); n != len(words) {
		t.Errorf("%d words, %d code points", len(words), n)
	}
}
