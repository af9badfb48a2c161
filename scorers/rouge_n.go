package scorers

import (
	"context"

	"holdtrue/eval"
	"holdtrue/scorers/text"
)

const rougeNDoc = `

The n-grams that stand in both, each as often as it does in both (Lin 2004), as
F1 unless part says otherwise. The tokenizers, stem and part are those of
rouge-l; ascii gives the numbers of google-research's rouge, and treebank in
rouge-1 those of promptfoo's rouge-n. An expected answer of fewer words than n is
passed over.`

var rouge1Scorer = &eval.Scorer{
	Name:    "rouge-1",
	Doc:     "How many words output and expected answer share: ROUGE-1." + rougeNDoc,
	Version: "2",
	Scale:   eval.Unit,
	Better:  eval.Higher,
	Args:    &rougeLDefaults,
	Needs:   "expected",
	New:     withArgs(&rougeLDefaults, newRougeN(1)),
}

var rouge2Scorer = &eval.Scorer{
	Name:    "rouge-2",
	Doc:     "How many pairs of neighbouring words output and expected answer share: ROUGE-2." + rougeNDoc,
	Version: "2",
	Scale:   eval.Unit,
	Better:  eval.Higher,
	Args:    &rougeLDefaults,
	Needs:   "expected",
	New:     withArgs(&rougeLDefaults, newRougeN(2)),
}

func newRougeN(n int) func(rougeLArgs, string) (eval.Judge, error) {
	return func(args rougeLArgs, _ string) (eval.Judge, error) {
		cut, err := args.cut()
		if err != nil {
			return nil, err
		}
		return eval.JudgeFunc(func(ctx context.Context, s *eval.Sample) eval.Score {
			return best(s, func(i int, _ string) eval.Score {
				if ctx.Err() != nil {
					return stopped(ctx)
				}
				ids := numbered(s, cut)
				got, want := ids[0], ids[i+1]
				if len(want) < n {
					return eval.Skip("the expected answer has fewer than " + count(n, "word"))
				}
				o := text.NGramOverlap(commonNGrams(s, cut, i)[n-1], got, want, n)
				v, reason := part(o, args.Part), ""
				if v < 1 {
					reason = count(o.Common, "n-gram") + " in common, " + count(len(got), "word") + " in the output, " + count(len(want), "word") + " expected"
				}
				return eval.Value(v, reason)
			})
		}), nil
	}
}

type commonKey struct {
	tokenizer
	expected int
}

// commonNGrams counts what the output shares with expected answer i, words and pairs
// of words, once for both scorers.
func commonNGrams(s *eval.Sample, t tokenizer, i int) [2]int {
	return eval.Memo(s, commonKey{t, i}, func() (common [2]int) {
		ids := numbered(s, t)
		text.CommonNGrams(ids[0], ids[i+1], common[:])
		return common
	})
}
