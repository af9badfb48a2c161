package scorers

import (
	"context"
	"strings"

	"holdtrue/eval"
	"holdtrue/scorers/text"
)

var levenshteinScorer = &eval.Scorer{
	Name: "levenshtein",
	Doc: `How alike output and expected answer are: 1 - edit distance / length of the longer.

The distance counts insertions, deletions and substitutions (Levenshtein 1966),
of characters (code points after composition, NFC) or of words (Unicode words in
lower case, as in rouge-l), or of UTF-16 code units as JavaScript and promptfoo
count. 1 for two empty texts. Where the product of both
lengths, without the common beginning and end, is over 2^34, both texts are
compared in pieces: the value is then a lower bound, and the reason says so.`,
	Version: "3",
	Scale:   eval.Unit,
	Better:  eval.Higher,
	Args:    &levenshteinDefaults,
	Needs:   "expected",
	New:     withArgs(&levenshteinDefaults, newLevenshtein),
}

type levenshteinArgs struct {
	Unit string `json:"unit" oneof:"characters words code-units" doc:"what is inserted, deleted and substituted"`
}

var levenshteinDefaults = levenshteinArgs{Unit: "characters"}

func newLevenshtein(args levenshteinArgs, _ string) (eval.Judge, error) {
	words := args.Unit == "words"
	return eval.JudgeFunc(func(ctx context.Context, s *eval.Sample) eval.Score {
		return best(s, func(i int, expected string) eval.Score {
			var alike text.Similarity
			var err error
			switch {
			case words:
				alike, err = text.WordSimilarity(ctx, outputWords(s, unicodeWords), expectedWords(s, unicodeWords)[i])
			case args.Unit == "code-units":
				alike, err = text.CodeUnitSimilarity(ctx, s.Output.Text, expected)
			default:
				alike, err = text.CharacterSimilarity(ctx, s.Output.Text, expected)
			}
			if err != nil {
				return stopped(ctx)
			}
			return eval.Value(alike.Value(), explainDistance(alike, args.Unit))
		})
	}), nil
}

func explainDistance(d text.Similarity, unit string) string {
	edits := count(d.Distance, "edit") + " over " + count(d.Longest, strings.TrimSuffix(unit, "s"))
	switch {
	case d.Pieces > 1:
		return "at most " + edits + ": too long to compare at once, compared in " + count(d.Pieces, "piece") + ", so at least this alike"
	case d.Distance == 0:
		return ""
	}
	return edits
}
