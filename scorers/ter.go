package scorers

import (
	"context"
	"errors"
	"fmt"

	"holdtrue/eval"
	"holdtrue/scorers/text"
)

var terScorer = &eval.Scorer{
	Name: "ter",
	Doc: `1 - TER: how little must be edited to turn the output into the expected answer.

The translation edit rate (Snover et al. 2006) is the number of words inserted,
deleted, substituted, and of stretches of words shifted, over the expected words;
the score is 1 less that rate, 0 at least. The rate is sacrebleu's, searched as it
does. normalised sets punctuation apart from words; asian, which needs it, also sets
every Chinese character and East Asian punctuation mark apart (sacrebleu's
asian_support). In texts over 400 words no shifts are tried, and the reason says so.
An expected answer without words is passed over.`,
	Version: "1",
	Scale:   eval.Unit,
	Better:  eval.Higher,
	Args:    &terDefaults,
	Needs:   "expected",
	New:     withArgs(&terDefaults, newTER),
}

type terArgs struct {
	CaseSensitive bool `json:"case_sensitive" doc:"upper and lower case differ"`
	Normalised    bool `json:"normalised" doc:"set punctuation apart from words first"`
	Asian         bool `json:"asian,omitzero" doc:"with normalised: take every Chinese character and East Asian punctuation mark for a word"`
}

var terDefaults = terArgs{}

func newTER(args terArgs, _ string) (eval.Judge, error) {
	if args.Asian && !args.Normalised {
		return nil, errors.New("asian: only a normalised text is cut so; write normalised: true beside it")
	}
	return eval.JudgeFunc(func(ctx context.Context, s *eval.Sample) eval.Score {
		if ctx.Err() != nil {
			return stopped(ctx)
		}
		output, expected := s.Output.Text, s.Case.Expected
		if !args.CaseSensitive {
			output, expected = lowerOutput(s), lowerExpected(s)
		}
		got := text.TERWords(output, args.Normalised, args.Asian)
		return best(s, func(i int, _ string) eval.Score {
			ids := text.Numbered(got, text.TERWords(expected[i], args.Normalised, args.Asian))
			if len(ids[1]) == 0 {
				return eval.Skip("the expected answer has no words")
			}
			edits, shifts, err := text.TranslationEdits(ctx, ids[0], ids[1])
			if err != nil {
				return stopped(ctx)
			}
			reason := ""
			if edits > 0 {
				reason = fmt.Sprintf("%s over %s", count(edits, "edit"), count(len(ids[1]), "expected word"))
			}
			if !shifts {
				reason += "; too long to try shifts"
			}
			return eval.Value(max(0, 1-float64(edits)/float64(len(ids[1]))), reason)
		})
	}), nil
}
