package text

import (
	"math"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func fewWords() *rapid.Generator[[]string] {
	return rapid.SliceOfN(rapid.SampledFrom([]string{"a", "b", "c", "d", "e", "f", "longer words too", ""}), 0, 200)
}

// TestLCSIsTheTables holds the bit-parallel length to the textbook recurrence
// (Cormen et al., Introduction to Algorithms, 15.4).
func TestLCSIsTheTables(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := fewWords().Draw(t, "a"), fewWords().Draw(t, "b")
		row := make([]int, len(b)+1)
		for i := range a {
			diagonal := 0
			for j := range b {
				above := row[j+1]
				if a[i] == b[j] {
					row[j+1] = diagonal + 1
				} else {
					row[j+1] = max(row[j], above)
				}
				diagonal = above
			}
		}
		ids := Numbered(a, b)
		if got := LCS(ids[0], ids[1]); got != row[len(b)] {
			t.Fatalf("LCS of %q and %q is %d, want %d", a, b, got, row[len(b)])
		}
		if LCS(ids[1], ids[0]) != row[len(b)] {
			t.Fatal("LCS depends on the order of its arguments")
		}
	})
}

func TestLCSTable(t *testing.T) {
	many := strings.Fields(strings.Repeat("x ", 1000))
	mixed := strings.Fields(strings.Repeat("x y ", 500))
	for _, c := range []struct {
		a, b   []string
		want   int
		reason string
	}{
		{nil, nil, 0, "nothing"},
		{many, many, 1000, "equal"},
		{many, mixed, 500, "one word in every part of the column"},
		{[]string{"police", "killed", "the", "gunman"}, []string{"police", "kill", "the", "gunman"}, 3, "Lin 2004, example S2"},
		{[]string{"police", "killed", "the", "gunman"}, []string{"the", "gunman", "kill", "police"}, 2, "Lin 2004, example S3"},
	} {
		ids := Numbered(c.a, c.b)
		if got := LCS(ids[0], ids[1]); got != c.want {
			t.Errorf("%s: %d, want %d", c.reason, got, c.want)
		}
	}
}

func TestSubsequenceOfVeryLongTexts(t *testing.T) {
	long := make([]int32, 1<<18)
	for i := range long {
		long[i] = int32(i % 7)
	}
	if _, whole := Subsequence(long[:100], long); !whole {
		t.Error("a short text against a long one is within the limit")
	}
	o, whole := Subsequence(long[1:], long)
	if whole || o.Common < 1<<17-10 || o.F1 > 1 {
		t.Errorf("two very long texts: %+v, whole %v; want the first 131,072 words compared", o, whole)
	}
}

func TestBag(t *testing.T) {
	w := strings.Fields
	for _, c := range []struct {
		answer, expected string
		p, r, f          float64
		reason           string
	}{
		{"", "", 1, 1, 1, "SQuAD 2.0: both without words agree"},
		{"x", "", 0, 0, 0, "one without words does not"},
		{"x y", "y x", 1, 1, 1, "order is nothing"},
		{"x x x", "x y", 1. / 3, 1. / 2, 0.4, "repetition counts"},
		{"a b c d", "c d e", 0.5, 2. / 3, 4. / 7, "by hand"},
	} {
		got := Bag(w(c.answer), w(c.expected))
		if math.Abs(got.Precision-c.p)+math.Abs(got.Recall-c.r)+math.Abs(got.F1-c.f) > 1e-12 {
			t.Errorf("%s: %+v, want %v %v %v", c.reason, got, c.p, c.r, c.f)
		}
	}
}

func TestBagIsAMultisetIntersection(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := fewWords().Draw(t, "a"), fewWords().Draw(t, "b")
		counts, common := map[string]int{}, 0
		for _, w := range a {
			counts[w]++
		}
		for _, w := range b {
			if counts[w] > 0 {
				counts[w]--
				common++
			}
		}
		if got := Bag(a, b); got.Common != common {
			t.Fatalf("%q and %q: %d common, want %d", a, b, got.Common, common)
		}
		if x, y := Bag(a, b), Bag(b, a); x.Precision != y.Recall || x.Recall != y.Precision {
			t.Fatalf("swapped sides do not swap precision and recall: %+v %+v", x, y)
		}
	})
}

func BenchmarkKernels(b *testing.B) {
	x := strings.Repeat("Refunds are possible within 30 days of the purchase, said the friendly agent; ", 10)
	y := strings.Repeat("You may return it within thirty days of purchase, and the agent will refund you. ", 10)
	wx, wy, ax, ay := Words(x), Words(y), AnswerWords(x), AnswerWords(y)
	japanese := strings.Repeat("払い戻しは購入から３０日以内に可能です。", 13)
	for _, k := range []struct {
		name string
		run  func()
	}{
		{"Lower", func() { Lower(x) }},
		{"Fold/Japanese", func() { Fold(japanese) }},
		{"Words", func() { Words(x) }},
		{"Words/Japanese", func() { Words(japanese) }},
		{"AnswerWords", func() { AnswerWords(x) }},
		{"AnswerWords/Japanese", func() { AnswerWords(japanese) }},
		{"ASCIIWords", func() { ASCIIWords(x) }},
		{"Stem", func() { Stem(wx) }},
		{"Bag", func() { Bag(ax, ay) }},
		{"Last", func() { Last(x) }},
		{"CharacterSimilarity", func() { _, _ = CharacterSimilarity(b.Context(), x, y) }},
		{"WordSimilarity", func() { _, _ = WordSimilarity(b.Context(), wx, wy) }},
	} {
		b.Run(k.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				k.run()
			}
		})
	}
}

// TestTokens13aIsThePasses: the tokens made in one go are those that the passes of
// the definition give.
func TestTokens13aIsThePasses(t *testing.T) {
	passes := func(s string) []string { return blanks(western(" " + s + " ")) }
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.StringOf(rapid.RuneFrom([]rune("ab09.,-'(/ \t\u00a0é東\u3000$"))).Draw(t, "s")
		if got, want := Tokens13a(s), passes(s); !slices.Equal(got, want) {
			t.Fatalf("%q: %q, want %q", s, got, want)
		}
	})
}
