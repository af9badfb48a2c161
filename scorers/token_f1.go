package scorers

import (
	"context"
	"strconv"

	"holdtrue/eval"
	"holdtrue/scorers/text"
)

var tokenF1Scorer = &eval.Scorer{
	Name: "token-f1",
	Doc: `How many words output and expected answer share, as F1, whatever their order.

As in the SQuAD evaluation (Rajpurkar et al. 2016): lower case, punctuation
deleted, the articles a, an and the left out; F1 is the harmonic mean of
precision and recall over the words, counted with repetition. Two texts without
words agree wholly. Chinese, Japanese, Thai, Lao, Khmer and Burmese letters are
a word each, since these scripts write no blanks.`,
	Version: "1",
	Scale:   eval.Unit,
	Better:  eval.Higher,
	Needs:   "expected",
	New: func(eval.Setup) (eval.Judge, error) {
		return eval.JudgeFunc(scoreTokenF1), nil
	},
}

func scoreTokenF1(ctx context.Context, s *eval.Sample) eval.Score {
	return best(s, func(i int, _ string) eval.Score {
		if ctx.Err() != nil {
			return stopped(ctx)
		}
		got, want := outputWords(s, answerWords), expectedWords(s, answerWords)[i]
		o := text.Bag(got, want)
		if o.F1 == 1 {
			return eval.Value(1, "")
		}
		return eval.Value(o.F1, explainOverlap(o, "found", len(got), len(want)))
	})
}

// explainOverlap is the reason of a score below 1.
func explainOverlap(o text.Overlap, how string, got, want int) string {
	return strconv.Itoa(o.Common) + " of " + count(want, "expected word") + " " + how + ", " + strconv.Itoa(got) + " in the output"
}
