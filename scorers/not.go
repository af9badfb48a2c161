package scorers

import (
	"context"
	"io"
	"strings"

	"holdtrue/eval"
)

const notPrefix = "not-"

// negation derives the not- form of a yes/no scorer: 1 where it gives 0 and 0
// where it gives 1. What was skipped or failed stays so. Its better direction
// is higher whatever the scorer's is, because a not- form is written down as
// what is wanted.
func negation(s *eval.Scorer) *eval.Scorer {
	n := *s
	n.Name = notPrefix + s.Name
	n.Doc = "1 where " + s.Name + " gives 0, and 0 where it gives 1.\n\nWhat " + s.Name +
		" skips or cannot judge stays so. Of " + s.Name + ": " + s.Doc
	n.Better = eval.Higher
	n.New = func(setup eval.Setup) (eval.Judge, error) {
		j, err := s.New(setup)
		if err != nil {
			return nil, err
		}
		if c, ok := j.(io.Closer); ok {
			return closingNegated{negated{s.Name, j}, c}, nil
		}
		return negated{s.Name, j}, nil
	}
	return &n
}

type negated struct {
	name  string
	judge eval.Judge
}

type closingNegated struct {
	negated
	io.Closer
}

// Score turns the value round. The evidence that the scorer found is why its
// not- form fails; the reason why the scorer failed says nothing then.
func (n negated) Score(ctx context.Context, s *eval.Sample) eval.Score {
	score := n.judge.Score(ctx, s)
	if score.Status != eval.Scored {
		return score
	}
	if score.Value == 0 {
		return eval.Value(1, "")
	}
	if score.Reason == "" {
		score.Reason = n.found(s, score.Evidence)
	}
	return eval.Value(0, score.Reason, score.Evidence...)
}

func (n negated) found(s *eval.Sample, evidence []eval.Span) string {
	for _, e := range evidence {
		if e.In == "" && 0 <= e.Start && e.Start < e.End && e.End <= len(s.Output.Text) {
			return "found " + quote(strings.TrimSpace(s.Output.Text[e.Start:e.End]))
		}
	}
	return n.name + " holds"
}
