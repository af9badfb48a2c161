package text

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// TestCommonNGramsAreTheMultisets holds both ways of counting to the definition:
// the intersection of two multisets of n-grams, written as texts.
func TestCommonNGramsAreTheMultisets(t *testing.T) {
	definition := func(a, b []int32, n int) (common int) {
		counts := map[string]int{}
		key := func(s []int32) string { return strings.Join(strings.Split(string(s), ""), "|") }
		for i := 0; i+n <= len(a); i++ {
			counts[key(a[i:i+n])]++
		}
		for i := 0; i+n <= len(b); i++ {
			if k := key(b[i : i+n]); counts[k] > 0 {
				counts[k]--
				common++
			}
		}
		return common
	}
	rapid.Check(t, func(t *rapid.T) {
		symbol := rapid.Int32Range(0, rapid.SampledFrom([]int32{0, 1, 3, 300, 40_000}).Draw(t, "most"))
		longest := rapid.SampledFrom([]int{3, 20, 200}).Draw(t, "longest")
		a, b := rapid.SliceOfN(symbol, 0, longest).Draw(t, "a"), rapid.SliceOfN(symbol, 0, longest).Draw(t, "b")
		orders := rapid.IntRange(1, 10).Draw(t, "orders")
		common := slices.Repeat([]int{-1}, orders)
		CommonNGrams(a, b, common)
		for n := 1; n <= orders; n++ {
			if want := definition(a, b, n); common[n-1] != want {
				t.Fatalf("%v and %v share %d %d-grams, want %d", a, b, common[n-1], n, want)
			}
		}
		if shorter := min(orders, len(a), len(b)); shorter > 0 {
			numbered := make([]int, shorter)
			numberNGrams(a, b, numbered)
			if !slices.Equal(numbered, common[:shorter]) {
				t.Fatalf("%v and %v: numbered %v, sorted %v", a, b, numbered, common)
			}
		}
	})
}

// BenchmarkNGramKernels is what each n-gram metric costs for a pair of about 800
// characters, all from the text on.
func BenchmarkNGramKernels(b *testing.B) {
	x := strings.Repeat("Refunds are possible within 30 days of the purchase, said the friendly agent; ", 10)
	y := strings.Repeat("You may return it within thirty days of purchase, and the agent will refund you. ", 10)
	japanese, other := strings.Repeat("払い戻しは購入から３０日以内に可能です。", 40), strings.Repeat("ご購入後６０日以内であれば返金できます。", 40)
	ids := Numbered(Words(x), Words(y))
	for _, k := range []struct {
		name string
		run  func()
	}{
		{"BLEU", func() {
			ids := Numbered(Tokens13a(x), Tokens13a(y))
			var common [MaxOrder]int
			CommonNGrams(ids[0], ids[1], common[:])
			BLEU(common, len(ids[0]), len(ids[1]), SmoothExp, 0, true)
		}},
		{"chrF", func() { ChrF{Chars: 6, Beta: 2}.Score(x, y) }},
		{"chrF/Japanese", func() { ChrF{Chars: 6, Beta: 2}.Score(japanese, other) }},
		{"chrF++", func() { ChrF{Chars: 6, Words: 2, Beta: 2}.Score(x, y) }},
		{"ROUGE-1-2-L", func() {
			ids := Numbered(Words(x), Words(y))
			NGrams(ids[0], ids[1], 1)
			NGrams(ids[0], ids[1], 2)
			Subsequence(ids[0], ids[1])
		}},
		{"ROUGE-2/numbers", func() { NGrams(ids[0], ids[1], 2) }},
		{"ROUGE-L/numbers", func() { Subsequence(ids[0], ids[1]) }},
	} {
		b.Run(k.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				k.run()
			}
		})
	}
}
