package scorers

import (
	"context"
	"errors"
	"fmt"

	"holdtrue/eval"
	"holdtrue/scorers/text"
)

var meteorScorer = &eval.Scorer{
	Name: "meteor",
	Doc: `How well the words of the output pair with the expected ones, and how whole: METEOR.

Words are paired if they are equal, then if their English stems are (Porter); there
is no stage of synonyms, so that scores are a little below those with WordNet. The
score is the mean of precision and recall, recall weighing alpha, less gamma times
the share of chunks to the power of beta (Banerjee and Lavie 2005; Lavie and Agarwal
2007; pairs as NLTK makes them). Words are Unicode words in lower case. An expected
answer without words is passed over.`,
	Version: "1",
	Scale:   eval.Unit,
	Better:  eval.Higher,
	Args:    &meteorDefaults,
	Needs:   "expected",
	New:     withArgs(&meteorDefaults, newMETEOR),
}

type meteorArgs struct {
	Alpha float64 `json:"alpha" doc:"the weight of recall, from 0 to 1"`
	Beta  float64 `json:"beta" doc:"how fast the penalty grows with the number of chunks"`
	Gamma float64 `json:"gamma" doc:"the greatest penalty, from 0 to 1"`
}

var meteorDefaults = meteorArgs{Alpha: 0.9, Beta: 3, Gamma: 0.5}

func newMETEOR(args meteorArgs, _ string) (eval.Judge, error) {
	err := errors.Join(inUnit("alpha", args.Alpha), inUnit("gamma", args.Gamma))
	if !(args.Beta >= 0 && args.Beta <= 100) {
		err = errors.Join(err, errors.New("beta: expected a number from 0 to 100"))
	}
	if err != nil {
		return nil, err
	}
	m := text.METEOR{Alpha: args.Alpha, Beta: args.Beta, Gamma: args.Gamma}
	return eval.JudgeFunc(func(ctx context.Context, s *eval.Sample) eval.Score {
		return best(s, func(i int, _ string) eval.Score {
			if ctx.Err() != nil {
				return stopped(ctx)
			}
			got, want := outputWords(s, unicodeWords), expectedWords(s, unicodeWords)[i]
			if len(want) == 0 {
				return eval.Skip("the expected answer has no words")
			}
			v, matches, chunks := m.Score(got, want)
			return eval.Value(v, fmt.Sprintf("%d of %s paired, in %s", matches, count(len(want), "expected word"), count(chunks, "chunk")))
		})
	}), nil
}

var jaroWinklerScorer = &eval.Scorer{
	Name: "jaro-winkler",
	Doc: `How alike two short texts such as names are: Jaro-Winkler similarity.

The mean of the shares of characters that match and of those in order (Jaro 1989),
raised for a common beginning of up to four characters (Winkler 1990), by scale for
each where the similarity is at least boost_from. Characters are code points after
composition (NFC). Of longer texts the first 4,096 characters are compared.`,
	Version: "1",
	Scale:   eval.Unit,
	Better:  eval.Higher,
	Args:    &jaroWinklerDefaults,
	Needs:   "expected",
	New:     withArgs(&jaroWinklerDefaults, newJaroWinkler),
}

type jaroWinklerArgs struct {
	Scale float64 `json:"scale" doc:"what a common first character adds, from 0 to 0.25"`
	From  float64 `json:"boost_from" doc:"the least similarity that is raised, from 0 to 1"`
	Case  bool    `json:"case_sensitive" doc:"upper and lower case differ"`
}

var jaroWinklerDefaults = jaroWinklerArgs{Scale: 0.1, From: 0.7, Case: true}

func newJaroWinkler(args jaroWinklerArgs, _ string) (eval.Judge, error) {
	err := inUnit("boost_from", args.From)
	if !(args.Scale >= 0 && args.Scale <= 0.25) {
		err = errors.Join(err, errors.New("scale: expected a number from 0 to 0.25"))
	}
	if err != nil {
		return nil, err
	}
	return eval.JudgeFunc(func(ctx context.Context, s *eval.Sample) eval.Score {
		return best(s, func(i int, expected string) eval.Score {
			if ctx.Err() != nil {
				return stopped(ctx)
			}
			got := s.Output.Text
			if !args.Case {
				got, expected = lowerOutput(s), lowerExpected(s)[i]
			}
			reason := ""
			if max(len(got), len(expected)) > text.JaroLimit {
				reason = "of long texts the first 4,096 characters are compared"
			}
			return eval.Value(text.JaroWinkler(got, expected, args.Scale, args.From), reason)
		})
	}), nil
}
