package scorers

import (
	"context"
	"errors"
	"strings"

	"holdtrue/eval"
	"holdtrue/scorers/text"
)

var chrfScorer = &eval.Scorer{
	Name: "chrf",
	Doc: `How many character n-grams output and expected answer share: chrF, or chrF++.

In [0,1], a hundredth of sacrebleu's number and equal to it. Popović 2015: n-grams
of one to six characters, white space left out, precision and recall averaged
over the orders that both texts have; word_order 2 adds words and pairs of words
(chrF++, Popović 2017). It needs no words, so it suits every script. An expected
answer that is blank is passed over.`,
	Version: "1",
	Scale:   eval.Unit,
	Better:  eval.Higher,
	Args:    &chrfDefaults,
	Needs:   "expected",
	New:     withArgs(&chrfDefaults, newChrF),
}

type chrfArgs struct {
	Chars      int     `json:"char_order" doc:"the longest n-gram of characters, 1 to 10"`
	Words      int     `json:"word_order" doc:"the longest n-gram of words, 0 to 10; 2 is chrF++"`
	Beta       float64 `json:"beta" doc:"how much more recall counts than precision"`
	Whitespace bool    `json:"whitespace" doc:"count white space as characters"`
	Lower      bool    `json:"lowercase" doc:"compare in lower case"`
	Epsilon    bool    `json:"eps_smoothing" doc:"average the F scores of all orders, as chrF++.py, NLTK and Moses do"`
}

var chrfDefaults = chrfArgs{Chars: 6, Beta: 2}

func newChrF(args chrfArgs, _ string) (eval.Judge, error) {
	switch {
	case args.Chars < 1 || args.Chars > 10:
		return nil, errors.New("char_order: expected 1 to 10")
	case args.Words < 0 || args.Words > 10:
		return nil, errors.New("word_order: expected 0 to 10")
	case args.Beta <= 0 || args.Beta > 100:
		return nil, errors.New("beta: expected a number over 0, at most 100")
	}
	measure := text.ChrF{Chars: args.Chars, Words: args.Words, Beta: args.Beta, Whitespace: args.Whitespace, Epsilon: args.Epsilon}
	return eval.JudgeFunc(func(ctx context.Context, s *eval.Sample) eval.Score {
		return best(s, func(i int, expected string) eval.Score {
			if ctx.Err() != nil {
				return stopped(ctx)
			}
			if strings.TrimSpace(expected) == "" {
				return eval.Skip("the expected answer is blank")
			}
			output := s.Output.Text
			if args.Lower {
				output, expected = lowerOutput(s), lowerExpected(s)[i]
			}
			return eval.Value(measure.Score(output, expected), "")
		})
	}), nil
}
