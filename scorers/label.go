package scorers

import (
	"context"

	"holdtrue/eval"
)

var labelScorer = &eval.Scorer{
	Name: "label",
	Doc: `A label that the output carries, such as a human verdict, taken as the score.

The value of feedback.labels under the name, in [0,1]; the short form "label" of
a recording stands under the name label. An output without the label is skipped.`,
	Version: "1",
	Scale:   eval.Unit,
	Better:  eval.Higher,
	Args:    &labelDefaults,
	New:     withArgs(&labelDefaults, newLabel),
}

type labelArgs struct {
	Label string `json:"label" doc:"which label of the output's feedback"`
}

var labelDefaults = labelArgs{Label: "label"}

func newLabel(args labelArgs, _ string) (eval.Judge, error) {
	return eval.JudgeFunc(func(_ context.Context, s *eval.Sample) eval.Score {
		if s.Output.Feedback == nil {
			return eval.Skip("the output carries no labels")
		}
		v, ok := s.Output.Feedback.Labels[args.Label]
		if !ok {
			return eval.Skip("the output carries no label " + quote(args.Label))
		}
		if !(v >= 0 && v <= 1) {
			return eval.Fail("the label " + quote(args.Label) + " is " + number(v) + ", outside of 0 to 1")
		}
		return eval.Value(v, "")
	}), nil
}
