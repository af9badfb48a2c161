package scorers

import (
	"context"
	"errors"
	"strings"

	"holdtrue/eval"
	"holdtrue/scorers/text"
)

var rougeLScorer = &eval.Scorer{
	Name: "rouge-l",
	Doc: `How many words output and expected answer share in the same order: ROUGE-L.

The longest common subsequence of words (Lin 2004), as F1 unless part says
otherwise. The tokenizer unicode takes the words of any script in lower case;
ascii is that of google-research's rouge (only a-z and 0-9), and gives the same
numbers. treebank is js-rouge's, which promptfoo uses: in lower case, punctuation
apart, but full stops only at the end of the text, and endings such as 's and n't
apart. stem cuts English words of more than three letters to their Porter
stems, as google-research's rouge does, and does not go with treebank. An expected answer without words is passed over. Of
texts over 131,072 words each only the beginnings are compared; the reason says
so.`,
	Version: "2",
	Scale:   eval.Unit,
	Better:  eval.Higher,
	Args:    &rougeLDefaults,
	Needs:   "expected",
	New:     withArgs(&rougeLDefaults, newRougeL),
}

type rougeLArgs struct {
	Tokenizer string `json:"tokenizer" oneof:"unicode ascii treebank" doc:"how a text is cut into words"`
	Stem      bool   `json:"stem" doc:"compare the stems of English words"`
	Part      string `json:"part" oneof:"f1 precision recall" doc:"which number is the score"`
}

var rougeLDefaults = rougeLArgs{Tokenizer: "unicode", Part: "f1"}

func newRougeL(args rougeLArgs, _ string) (eval.Judge, error) {
	cut, err := args.cut()
	if err != nil {
		return nil, err
	}
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
			o, whole := text.Subsequence(got, want)
			v, reason := part(o, args.Part), ""
			if v < 1 {
				reason = explainOverlap(o, "in order", len(got), len(want))
			}
			if !whole {
				reason += "; only the beginnings compared"
			}
			return eval.Value(v, strings.TrimPrefix(reason, "; "))
		})
	}), nil
}

// cut is the tokenizer that the arguments choose.
func (a rougeLArgs) cut() (tokenizer, error) {
	switch {
	case a.Tokenizer == "treebank" && a.Stem:
		return "", errors.New("stem: the words of the tokenizer treebank may have punctuation on them, so that they have no stems; take unicode or ascii")
	case a.Tokenizer == "treebank":
		return treebank, nil
	case a.Tokenizer == "ascii" && a.Stem:
		return asciiStems, nil
	case a.Tokenizer == "ascii":
		return asciiWords, nil
	case a.Stem:
		return unicodeStems, nil
	}
	return unicodeWords, nil
}

func part(o text.Overlap, name string) float64 {
	switch name {
	case "precision":
		return o.Precision
	case "recall":
		return o.Recall
	}
	return o.F1
}
