package scorers

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"holdtrue/eval"
	"holdtrue/scorers/text"
)

var lengthScorer = &eval.Scorer{
	Name: "length",
	Doc: `How long the output is: a measure, neither better nor worse.

In characters (code points after composition, NFC) or words (Unicode words).`,
	Version: "1",
	Scale:   eval.Measure,
	Unit:    "characters",
	Better:  eval.Neither,
	Args:    &lengthDefaults,
	New:     withArgs(&lengthDefaults, newLength),
}

type lengthArgs struct {
	Unit string `json:"unit" oneof:"characters words" doc:"what is counted"`
}

func (a lengthArgs) unit() string { return a.Unit }

var lengthDefaults = lengthArgs{Unit: "characters"}

func newLength(args lengthArgs, _ string) (eval.Judge, error) {
	return eval.JudgeFunc(func(ctx context.Context, s *eval.Sample) eval.Score {
		if ctx.Err() != nil {
			return stopped(ctx)
		}
		return eval.Value(float64(length(s, args.Unit)), "")
	}), nil
}

type lengthKey struct{}

func length(s *eval.Sample, unit string) int {
	if unit == "words" {
		return len(outputWords(s, unicodeWords))
	}
	return eval.Memo(s, lengthKey{}, func() int { return text.Characters(s.Output.Text) })
}

var lengthWithinScorer = &eval.Scorer{
	Name: "length-within",
	Doc: `1 if the output is at least min and at most max long.

Counted as length does it; at least one of min and max is needed.`,
	Version: "1",
	Scale:   eval.Binary,
	Better:  eval.Higher,
	Args:    &lengthWithinDefaults,
	New:     withArgs(&lengthWithinDefaults, newLengthWithin),
}

type lengthWithinArgs struct {
	Min  *int   `json:"min,omitzero" doc:"the least length that passes"`
	Max  *int   `json:"max,omitzero" doc:"the greatest length that passes"`
	Unit string `json:"unit" oneof:"characters words" doc:"what is counted"`
}

var lengthWithinDefaults = lengthWithinArgs{Unit: "characters"}

func newLengthWithin(args lengthWithinArgs, _ string) (eval.Judge, error) {
	switch {
	case args.Min == nil && args.Max == nil:
		return nil, &eval.InputError{Msg: "one of the arguments min and max is needed", Hint: "write {length-within: {max: 800}}"}
	case args.Min != nil && *args.Min < 0 || args.Max != nil && *args.Max < 0:
		return nil, errors.New("min and max: a length is not negative")
	case args.Min != nil && args.Max != nil && *args.Min > *args.Max:
		return nil, fmt.Errorf("min is %d and max is %d: no output can pass", *args.Min, *args.Max)
	}
	noun := strings.TrimSuffix(args.Unit, "s")
	return eval.JudgeFunc(func(ctx context.Context, s *eval.Sample) eval.Score {
		if ctx.Err() != nil {
			return stopped(ctx)
		}
		n := length(s, args.Unit)
		switch {
		case args.Min != nil && n < *args.Min:
			return eval.Value(0, fmt.Sprintf("%s, at least %d wanted", count(n, noun), *args.Min))
		case args.Max != nil && n > *args.Max:
			return eval.Value(0, fmt.Sprintf("%s, at most %d wanted", count(n, noun), *args.Max))
		}
		return eval.Value(1, "")
	}), nil
}
