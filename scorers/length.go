package scorers

import (
	"context"
	"strings"

	"holdtrue/eval"
	"holdtrue/scorers/text"
)

var lengthScorer = &eval.Scorer{
	Name: "length",
	Doc: `How long the output is: a measure, neither better nor worse.

In characters (code points after composition, NFC), words (Unicode words),
sentences (Unicode's boundaries, abbreviations and the numbers of lists apart),
lines and paragraphs that are not blank, or tokens, estimated as a quarter of the
bytes.`,
	Version: "2",
	Scale:   eval.Measure,
	Unit:    "characters",
	Better:  eval.Neither,
	Args:    &lengthDefaults,
	New:     withArgs(&lengthDefaults, newLength),
}

type lengthArgs struct {
	Unit string `json:"unit" oneof:"characters words sentences lines paragraphs tokens" doc:"what is counted"`
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
	switch unit {
	case "words":
		return len(outputWords(s, unicodeWords))
	case "sentences":
		return text.Sentences(s.Output.Text)
	case "lines":
		return len(filled(strings.Split(s.Output.Text, "\n")))
	case "paragraphs":
		return len(paragraphs(s.Output.Text, ""))
	case "tokens":
		return text.Tokens(s.Output.Text)
	}
	return eval.Memo(s, lengthKey{}, func() int { return text.Characters(s.Output.Text) })
}

var lengthWithinScorer = &eval.Scorer{
	Name: "length-within",
	Doc: `1 if the output is at least min and at most max long.

Counted as length does it; at least one of min and max is needed.`,
	Version: "2",
	Scale:   eval.Binary,
	Better:  eval.Higher,
	Args:    &lengthWithinDefaults,
	New:     withArgs(&lengthWithinDefaults, newLengthWithin),
}

type lengthWithinArgs struct {
	Min  *int   `json:"min,omitzero" doc:"the least length that passes"`
	Max  *int   `json:"max,omitzero" doc:"the greatest length that passes"`
	Unit string `json:"unit" oneof:"characters words sentences lines paragraphs tokens" doc:"what is counted"`
}

var lengthWithinDefaults = lengthWithinArgs{Unit: "characters"}

func newLengthWithin(args lengthWithinArgs, _ string) (eval.Judge, error) {
	limits := bounds{args.Min, args.Max}
	if err := limits.check(true, "{length-within: {max: 800}}"); err != nil {
		return nil, err
	}
	noun := strings.TrimSuffix(args.Unit, "s")
	return eval.JudgeFunc(func(ctx context.Context, s *eval.Sample) eval.Score {
		if ctx.Err() != nil {
			return stopped(ctx)
		}
		return limits.hold(length(s, args.Unit), noun)
	}), nil
}
