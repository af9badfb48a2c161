package scorers

import (
	"context"

	"holdtrue/eval"
	"holdtrue/scorers/text"
)

var rougeLsumScorer = &eval.Scorer{
	Name: "rouge-lsum",
	Doc: `How many words output and expected answer share in the same order, line by line.

ROUGE-L of summaries (Lin 2004, section 3.2): for each expected line the union of
its longest common subsequences with all lines of the output. Lines stand for
sentences, as in google-research's rougeLsum, which gives the same numbers with the
tokenizer ascii. The arguments are those of rouge-l. An expected answer without
words is passed over. Of long texts the first lines are compared, up to 2^24 pairs of
words, and the reason says so.`,
	Version: "1",
	Scale:   eval.Unit,
	Better:  eval.Higher,
	Args:    &rougeLDefaults,
	Needs:   "expected",
	New:     withArgs(&rougeLDefaults, newRougeLsum),
}

func newRougeLsum(args rougeLArgs, _ string) (eval.Judge, error) {
	cut, err := args.cut()
	if err != nil {
		return nil, err
	}
	lines := func(s string) (words [][]string) {
		for _, l := range text.Lines(s) {
			words = append(words, cut.words(l))
		}
		return words
	}
	return eval.JudgeFunc(func(ctx context.Context, s *eval.Sample) eval.Score {
		if ctx.Err() != nil {
			return stopped(ctx)
		}
		got := lines(lowerOutput(s))
		return best(s, func(i int, _ string) eval.Score {
			want := lines(lowerExpected(s)[i])
			n := 0
			for _, w := range want {
				n += len(w)
			}
			if n == 0 {
				return eval.Skip("the expected answer has no words")
			}
			o, whole, err := text.SummarySubsequence(ctx, got, want)
			if err != nil {
				return stopped(ctx)
			}
			reason := ""
			if v := part(o, args.Part); v < 1 {
				reason = count(o.Common, "word") + " in order"
			}
			if !whole {
				reason += "; only the first lines were compared"
			}
			return eval.Value(part(o, args.Part), reason)
		})
	}), nil
}
