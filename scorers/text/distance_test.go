package text

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/agnivade/levenshtein"
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

// TestEditsAgree with the textbook and with an implementation of its own kind,
// over lengths on both sides of every border of the blocks.
func TestEditsAgree(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	lengths := []int{1, 2, 63, 64, 65, 127, 128, 129, 191, 192, 193, 300, 700, 2047, 2048, 2049, 2300}
	table := new(editTable)
	for _, n := range lengths {
		for _, m := range lengths {
			for _, letters := range []int{2, 26} {
				a := make([]byte, n)
				for i := range a {
					a[i] = byte('a' + rng.IntN(letters))
				}
				b := mutated(rng, a, m, letters)
				want := levenshtein.ComputeDistance(string(a), string(b))
				got, err := edits(t.Context(), table, a, b, 128)
				if err != nil || got != want {
					t.Fatalf("%d and %d of %d letters: %d (%v), want %d: %q %q", n, m, letters, got, err, want, a, b)
				}
				if got, err := edits(t.Context(), table, numbers(a), numbers(b), 128); err != nil || got != want {
					t.Fatalf("numbers, %d and %d: %d (%v), want %d", n, m, got, err, want)
				}
			}
		}
	}
}

// mutated is a sequence of length m that shares stretches with a, a different
// share of it each time.
func mutated(rng *rand.Rand, a []byte, m, letters int) []byte {
	b := make([]byte, 0, m)
	keep := rng.Float64()
	for len(b) < m {
		if at := rng.IntN(len(a)); rng.Float64() < keep {
			b = append(b, a[at:min(len(a), at+1+rng.IntN(80))]...)
		}
		b = append(b, byte('a'+rng.IntN(letters)))
	}
	if keep > 0.5 && m >= len(a) { // nearly the same: the narrow band decides
		b = append(append([]byte{}, a...), b...)
		for range m / 30 {
			b[rng.IntN(len(b))] = 'z'
		}
	}
	return b[:m]
}

func numbers(b []byte) []int32 {
	x := make([]int32, len(b))
	for i, c := range b {
		x[i] = int32(c)
	}
	return x
}

func FuzzCharacterSimilarity(f *testing.F) {
	for _, s := range [][2]string{{"", "a"}, {"kitten", "sitting"}, {"\xff\xfe", "\xfe"}, {"日本語", "日本"}, {"👩‍👩‍👧", "👩"}, {"e\u0301", "é"}} {
		f.Add(s[0], s[1])
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		got, err := CharacterSimilarity(t.Context(), a, b)
		if want := table([]rune(NFC(a)), []rune(NFC(b))); err != nil || got.Distance != want {
			t.Fatalf("%q and %q: %d (%v), want %d", a, b, got.Distance, err, want)
		}
	})
}

// TestSimilarityOfLongTexts: over the limit the distance is an upper bound that
// is still near.
func TestSimilarityOfLongTexts(t *testing.T) {
	words := strings.Fields("the quick brown fox jumps over the lazy dog and some more of it")
	rng := rand.New(rand.NewPCG(3, 3))
	var long, other strings.Builder
	for long.Len() < 200_000 {
		w := words[rng.IntN(len(words))]
		long.WriteString(w + " ")
		if rng.IntN(10) == 0 {
			w = words[rng.IntN(len(words))]
		}
		other.WriteString(w + " ")
	}
	a, b := "A"+long.String()+"B", "X"+other.String()+"Y"
	got, err := CharacterSimilarity(t.Context(), a, b)
	if err != nil {
		t.Fatal(err)
	}
	exact, err := edits(t.Context(), new(editTable), []byte(a), []byte(b), 128)
	if err != nil {
		t.Fatal(err)
	}
	if got.Pieces < 2 || got.Distance < exact || float64(got.Distance) > 1.2*float64(exact)+50 {
		t.Errorf("%+v, the exact distance is %d", got, exact)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := CharacterSimilarity(ctx, a, b); err == nil {
		t.Error("a context that has ended must end the comparison")
	}
}

// BenchmarkEdits is the distance of two texts of so many characters: unlike ones
// (words drawn apart) and like ones (one word in ten changed).
func BenchmarkEdits(b *testing.B) {
	for _, n := range []int{100, 1000, 10_000} {
		for _, kind := range []string{"unlike", "alike", "words", "japanese"} {
			x, y := benchPair(n, kind)
			b.Run(fmt.Sprintf("%s/%d", kind, n), func(b *testing.B) {
				b.ReportAllocs()
				if kind == "words" {
					wx, wy := strings.Fields(x), strings.Fields(y)
					for b.Loop() {
						_, _ = WordSimilarity(b.Context(), wx, wy)
					}
					return
				}
				for b.Loop() {
					_, _ = CharacterSimilarity(b.Context(), x, y)
				}
			})
		}
	}
}

func benchPair(n int, kind string) (x, y string) {
	rng := rand.New(rand.NewPCG(5, uint64(n)))
	first := 'a'
	if kind == "japanese" {
		first = 'あ'
	}
	word := func() []rune {
		w := make([]rune, 2+rng.IntN(8))
		for i := range w {
			w[i] = first + rune(rng.IntN(26))
		}
		return append(w, ' ')
	}
	var a, b []rune
	for len(a) < n {
		w := word()
		a = append(a, w...)
		if kind != "alike" || rng.IntN(10) == 0 {
			w = word()
		}
		b = append(b, w...)
	}
	return string(a[:n]), string(b[:min(n, len(b))])
}
