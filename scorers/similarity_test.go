package scorers_test

import (
	"math"
	"slices"
	"sync"
	"testing"

	"holdtrue/eval"
)

func TestSimilarities(t *testing.T) {
	check(t, "jaro-winkler", []row{ // Winkler 1990
		{why: "MARTHA", expected: one("MARTHA"), output: "MARHTA", want: 173. / 180}, // 0.9611
		{why: "DIXON", expected: one("DIXON"), output: "DICKSONX", want: 61. / 75},   // 0.8133
		{why: "DWAYNE", expected: one("DWAYNE"), output: "DUANE", want: 21. / 25},    // 0.84
		{why: "nothing in common", expected: one("abc"), output: "xyz", want: 0},
		{why: "empty", expected: one(""), output: "", want: 1},
		{why: "without case", args: `{"case_sensitive":false}`, expected: one("abc"), output: "ABC", want: 1},
	})
	check(t, "ter", []row{
		{why: "a shift is one edit (Snover et al. 2006)", expected: one("a b c d e f"), output: "d e f a b c", want: 1 - 1./6, reason: "1 edit over 6 expected words"},
		{why: "a substitution", expected: one("a b c d"), output: "a x c d", want: 0.75},
		{why: "more edits than words", expected: one("a"), output: "x y z", want: 0, reason: "3 edits"},
		{why: "punctuation apart", args: `{"normalised":true}`, expected: one("Hello, world"), output: "hello , world", want: 1},
		{why: "one word without asian", args: `{"normalised":true}`, expected: one("東京は首都。"), output: "東京の首都。", want: 0},
		{why: "kana between ideographs is a word", args: `{"normalised":true,"asian":true}`, expected: one("東京は首都。"), output: "東京の首都。", want: 5. / 6},
		{why: "case", args: `{"case_sensitive":true}`, expected: one("A b"), output: "a b", want: 0.5},
		{why: "no words", expected: one(" "), output: "x", want: skipped},
	})
	// By hand: 5 of 6 words paired in two chunks; p = r = 5/6, so the mean is 5/6,
	// and the penalty 0.5 (2/5)^3 = 0.032.
	check(t, "meteor", []row{
		{why: "two chunks", expected: one("the cat sat on the mat"), output: "the cat sat near the mat", want: 5. / 6 * 0.968, reason: "5 of 6 expected words paired, in 2 chunks"},
		{why: "stems", expected: one("he refunds orders"), output: "he refunded order", want: 1 - 0.5/27, reason: "in 1 chunk"},
		{why: "nothing", expected: one("a"), output: "b", want: 0, reason: "0 of 1"},
	})
	check(t, "rouge-lsum", []row{
		// Lin 2004, section 3.2: w1 w2 w3 w4 w5 against w1 w2 w6 w7 w8 and w1 w3 w8 w9 w5:
		// the union of the subsequences is w1 w2 w3 w5.
		{why: "the paper's example, recall", args: `{"part":"recall"}`, expected: one("w1 w2 w3 w4 w5"), output: "w1 w2 w6 w7 w8\nw1 w3 w8 w9 w5", want: 0.8},
		{why: "the same", expected: one("a b\nc d"), output: "a b\nc d", want: 1},
	})
}

// TestCosine: scikit-learn's TfidfVectorizer (smooth_idf, no sublinear tf) by hand
// for the answers "a b" and "a c".
func TestCosine(t *testing.T) {
	judge := bind(t, "cosine", "").(eval.Surveyor)
	for _, e := range []string{"a b", "a c"} {
		judge.Survey(&eval.Case{Expected: []string{e}})
	}
	wa, wb, wc := math.Log(3./3)+1, math.Log(3./2)+1, math.Log(3./2)+1
	want := (wa * wa) / math.Sqrt((wa*wa+wb*wb)*(wa*wa+wc*wc))
	if got := judge.Score(t.Context(), sampleOf("a c", "a b")); got.Status != eval.Scored || math.Abs(got.Value-want) > 1e-12 {
		t.Errorf("got %+v, want %v", got, want)
	}
	if got := judge.Score(t.Context(), sampleOf("b a", "a b")); math.Abs(got.Value-1) > 1e-12 {
		t.Errorf("the same words: %+v", got)
	}
	before := judge.Digest()
	other := bind(t, "cosine", "").(eval.Surveyor)
	for _, e := range []string{"a c", "a b"} {
		other.Survey(&eval.Case{Expected: []string{e}})
	}
	if other.Digest() != before {
		t.Error("the order of the cases changes the digest")
	}
	other.Survey(&eval.Case{Expected: []string{"d"}})
	if other.Digest() == before {
		t.Error("another answer does not change the digest")
	}
}

// TestSharedCase: answers to one case may share what is derived from the case, in
// several goroutines, and score as each would alone.
func TestSharedCase(t *testing.T) {
	c := &eval.Case{ID: "a", Expected: []string{"The refund of $30 takes 14 days, not 30.", "Refunds take a fortnight: $30."}}
	outputs := []string{"The refund of $40 takes 14 days, not 30.", "", "REFUNDS take 14 days", "東京 14 days \xff", c.Expected[0]}
	for _, name := range []string{"token-f1", "rouge-1", "rouge-2", "rouge-l", "rouge-lsum", "bleu", "chrf", "gleu", "ter", "meteor", "levenshtein", "facts", "numeric", "date"} {
		args := []string{"", `{"transform":"lower","transform_expected":"lower"}`}
		for _, a := range args {
			judge := bind(t, name, a)
			var shared eval.Shared
			var all sync.WaitGroup
			for _, text := range slices.Repeat(outputs, 4) {
				all.Go(func() {
					got := judge.Score(t.Context(), &eval.Sample{Case: c, Output: &eval.Output{Text: text}, Shared: &shared})
					alone := judge.Score(t.Context(), &eval.Sample{Case: c, Output: &eval.Output{Text: text}})
					if got.Status != alone.Status || got.Value != alone.Value || got.Reason != alone.Reason {
						t.Errorf("%s %s on %q: %+v, alone %+v", name, a, text, got, alone)
					}
				})
			}
			all.Wait()
		}
	}
}
