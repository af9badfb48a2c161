package scorers

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math"
	"slices"

	"holdtrue/eval"
	"holdtrue/scorers/text"
)

var cosineScorer = &eval.Scorer{
	Name: "cosine",
	Doc: `How alike the words of output and expected answer are, rare ones above all: TF-IDF cosine.

The cosine of the counts of their words, each weighed by ln((1+n)/(1+df)) + 1, where
n is the number of expected answers in the suite and df that of those with the word
(the smooth weights of scikit-learn's TfidfVectorizer). Words are Unicode words in
lower case. Runs are compared only if their suites have the same expected answers.
An expected answer without words is passed over.`,
	Version: "1",
	Scale:   eval.Unit,
	Better:  eval.Higher,
	Needs:   "expected",
	New: func(setup eval.Setup) (eval.Judge, error) {
		if err := knownArgs(setup.Args, nil); err != nil {
			return nil, err
		}
		return &cosine{frequency: map[string]int{}}, nil
	},
}

// cosine has seen the expected answers of the suite.
type cosine struct {
	answers   int
	frequency map[string]int
	sum       [sha256.Size]byte // does not depend on the order of the cases
}

// Survey counts the words of a case's expected answers.
func (c *cosine) Survey(k *eval.Case) {
	for _, e := range k.Expected {
		c.answers++
		words := slices.Clone(text.Words(e))
		slices.Sort(words)
		for _, w := range slices.Compact(words) {
			c.frequency[w]++
		}
		for i, b := range sha256.Sum256([]byte(e)) {
			c.sum[i] += b
		}
	}
}

// Digest identifies the expected answers.
func (c *cosine) Digest() string {
	return fmt.Sprintf("%d-%s", c.answers, hex.EncodeToString(c.sum[:16]))
}

func (c *cosine) weight(word string) float64 {
	return math.Log(float64(1+c.answers)/float64(1+c.frequency[word])) + 1
}

// Score compares the output with each expected answer.
func (c *cosine) Score(ctx context.Context, s *eval.Sample) eval.Score {
	return best(s, func(i int, _ string) eval.Score {
		if ctx.Err() != nil {
			return stopped(ctx)
		}
		got, want := outputWords(s, unicodeWords), expectedWords(s, unicodeWords)[i]
		if len(want) == 0 {
			return eval.Skip("the expected answer has no words")
		}
		return eval.Value(c.similarity(got, want), "")
	})
}

func (c *cosine) similarity(got, want []string) float64 {
	a, b := counts(got), counts(want)
	var dot, aa, bb float64
	// In the order of the texts, so that the same texts give the same sum.
	for _, w := range distinct(got) {
		x := float64(a[w]) * c.weight(w)
		aa += x * x
		dot += x * float64(b[w]) * c.weight(w)
	}
	for _, w := range distinct(want) {
		y := float64(b[w]) * c.weight(w)
		bb += y * y
	}
	if aa == 0 || bb == 0 {
		return 0
	}
	return max(0, min(1, dot/math.Sqrt(aa*bb)))
}

func counts(words []string) map[string]int {
	n := make(map[string]int, len(words))
	for _, w := range words {
		n[w]++
	}
	return n
}

// distinct keeps the first of each word.
func distinct(words []string) []string {
	seen := make(map[string]bool, len(words))
	kept := make([]string, 0, len(words))
	for _, w := range words {
		if !seen[w] {
			seen[w] = true
			kept = append(kept, w)
		}
	}
	return kept
}
