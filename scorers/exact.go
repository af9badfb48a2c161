package scorers

import (
	"context"
	"errors"
	"slices"
	"strings"

	"holdtrue/eval"
	"holdtrue/scorers/text"
)

var exactScorer = &eval.Scorer{
	Name: "exact",
	Doc: `1 if the output equals one of the expected answers, after normalisation.

Both sides are normalised alike. The steps, whatever the order in which they are
named: nfkc (compatibility characters replaced), case (full Unicode case
folding), punctuation (the Unicode categories P and S deleted, so that "-5" is
"5"), space (every run of white space is one blank), trim (white space at both
ends cut). none compares the bytes as they are.`,
	Version: "1",
	Scale:   eval.Binary,
	Better:  eval.Higher,
	Args:    &exactDefaults,
	Needs:   "expected",
	New:     withArgs(&exactDefaults, newExact),
}

type exactArgs struct {
	Normalise list `json:"normalise" oneof:"none trim case space punctuation nfkc" doc:"what is done to both texts before they are compared; a list combines"`
}

var exactDefaults = exactArgs{Normalise: list{"trim"}}

func newExact(args exactArgs, _ string) (eval.Judge, error) {
	n := normaliser{}
	for _, name := range args.Normalise {
		switch name {
		case "none":
			if len(args.Normalise) > 1 {
				return nil, errors.New("normalise: none cannot be combined with another")
			}
		case "trim":
			n.trim = true
		case "case":
			n.fold = true
		case "space":
			n.space = true
		case "punctuation":
			n.punctuation = true
		case "nfkc":
			n.nfkc = true
		}
	}
	return eval.JudgeFunc(func(ctx context.Context, s *eval.Sample) eval.Score {
		if ctx.Err() != nil {
			return stopped(ctx)
		}
		return n.score(s)
	}), nil
}

// normaliser is a set of normalisations; it is comparable, so that it can key
// what it made of an output.
type normaliser struct{ nfkc, fold, punctuation, space, trim bool }

func (n normaliser) apply(s string) string {
	if n.nfkc {
		s = text.NFKC(s)
	}
	if n.fold {
		s = text.Fold(s)
	}
	if n.punctuation {
		s = text.StripPunctuation(s)
	}
	if n.space {
		s = text.OneSpace(s)
	}
	if n.trim {
		s = strings.TrimSpace(s)
	}
	return s
}

func (n normaliser) score(s *eval.Sample) eval.Score {
	if len(s.Case.Expected) == 0 {
		return eval.Skip(noExpected)
	}
	got := eval.Memo(s, n, func() string { return n.apply(s.Output.Text) })
	if slices.ContainsFunc(s.Case.Expected, func(e string) bool { return n.apply(e) == got }) {
		return eval.Value(1, "")
	}
	reason := "expected " + quote(s.Case.Expected[0])
	if more := len(s.Case.Expected) - 1; more > 0 {
		reason += " or one of " + count(more, "other")
	}
	return eval.Value(0, reason)
}
