package scorers

import (
	"context"

	"holdtrue/eval"
	"holdtrue/scorers/text"
)

var gleuScorer = &eval.Scorer{
	Name: "gleu",
	Doc: `The share of n-grams of up to four words in common, precision or recall, whichever is less.

In [0,1]. Wu et al. 2016, section 4: unlike bleu it is symmetric, needs no
smoothing, and means something for a single short answer. The tokenizers are
unicode and ascii, as in rouge-l, and blank: lower case, cut at white space, full
stops at the end of a word left out, as promptfoo does. An expected answer without
words is passed over.`,
	Version: "2",
	Scale:   eval.Unit,
	Better:  eval.Higher,
	Args:    &gleuDefaults,
	Needs:   "expected",
	New:     withArgs(&gleuDefaults, newGLEU),
}

type gleuArgs struct {
	Tokenizer string `json:"tokenizer" oneof:"unicode ascii blank" doc:"how a text is cut into words"`
}

var gleuDefaults = gleuArgs{Tokenizer: "unicode"}

func newGLEU(args gleuArgs, _ string) (eval.Judge, error) {
	cut := map[string]tokenizer{"unicode": unicodeWords, "ascii": asciiWords, "blank": blankWords}[args.Tokenizer]
	return eval.JudgeFunc(func(ctx context.Context, s *eval.Sample) eval.Score {
		return best(s, func(i int, _ string) eval.Score {
			if ctx.Err() != nil {
				return stopped(ctx)
			}
			ids := numbered(s, cut)
			got, want := ids[0], ids[i+1]
			if len(want) == 0 {
				return eval.Skip("the expected answer has no words")
			}
			v, reason := text.GLEU(got, want), ""
			if v < 1 {
				reason = count(len(got), "word") + " in the output, " + count(len(want), "word") + " expected"
			}
			return eval.Value(v, reason)
		})
	}), nil
}
