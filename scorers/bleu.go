package scorers

import (
	"context"
	"errors"
	"fmt"

	"holdtrue/eval"
	"holdtrue/scorers/text"
)

var bleuScorer = &eval.Scorer{
	Name: "bleu",
	Doc: `How many n-grams of up to four words output and expected answer share: sentence BLEU.

In [0,1], a hundredth of sacrebleu's number. Papineni et al. 2002, with the
tokenizers (13a, none, intl, char, zh) and smoothings (exp, floor, add-k, none;
Chen and Cherry 2014) of sacrebleu, and equal to it. The tokenizer unicode takes
the words of any script in lower case, as rouge-l does. The tokenizer none with
lowercase: true and smoothing: tiny gives promptfoo's numbers. With effective order,
n-grams longer than the output are left out. Several expected answers: the best
counts, so their n-grams are not pooled. An expected answer without words is
passed over.`,
	Version: "2",
	Scale:   eval.Unit,
	Better:  eval.Higher,
	Args:    &bleuDefaults,
	Needs:   "expected",
	New:     withArgs(&bleuDefaults, newBLEU),
}

type bleuArgs struct {
	Tokenizer string   `json:"tokenizer" oneof:"13a none intl char zh unicode" doc:"how a text is cut into words"`
	Smoothing string   `json:"smoothing" oneof:"exp floor add-k none tiny" doc:"what stands for a precision of zero"`
	Value     *float64 `json:"value,omitzero" doc:"the number of matches of floor (default 0.1), the k of add-k (default 1), or the precision of tiny (default 1e-7)"`
	Effective bool     `json:"effective_order" doc:"leave out n-grams longer than the output"`
	Lower     bool     `json:"lowercase" doc:"compare in lower case"`
}

var bleuDefaults = bleuArgs{Tokenizer: "13a", Smoothing: "exp", Effective: true}

// bleuTokens are sacrebleu's tokenizers by name.
func bleuTokens(name string) func(string) []string {
	switch name {
	case "none":
		return text.TokensNone
	case "intl":
		return text.TokensIntl
	case "char":
		return text.TokensChar
	case "zh":
		return text.TokensZh
	case "unicode":
		return nil
	}
	return text.Tokens13a
}

type bleuKey struct {
	tokenizer string
	lower     bool
}

type bleuNumberingKey bleuKey

func newBLEU(args bleuArgs, _ string) (eval.Judge, error) {
	smooth := text.Smoothing(args.Smoothing)
	value := map[text.Smoothing]float64{text.SmoothFloor: 0.1, text.SmoothAddK: 1, text.SmoothTiny: 1e-7}[smooth]
	if args.Value != nil {
		if value == 0 {
			return nil, fmt.Errorf("value: only the smoothings floor, add-k and tiny take one, not %s", smooth)
		}
		if value = *args.Value; value <= 0 {
			return nil, errors.New("value: expected a number over 0")
		}
	}
	tokens := bleuTokens(args.Tokenizer)
	return eval.JudgeFunc(func(ctx context.Context, s *eval.Sample) eval.Score {
		return best(s, func(i int, _ string) eval.Score {
			if ctx.Err() != nil {
				return stopped(ctx)
			}
			ids := bleuNumbers(s, args, tokens)
			got, want := ids[0], ids[i+1]
			if len(want) == 0 {
				return eval.Skip("the expected answer has no words")
			}
			var common [text.MaxOrder]int
			text.CommonNGrams(got, want, common[:])
			v := text.BLEU(common, len(got), len(want), smooth, value, args.Effective)
			reason := ""
			if v < 1 {
				reason = fmt.Sprintf("%d, %d, %d, %d n-grams of 1 to 4 words in common; %s in the output, %d expected",
					common[0], common[1], common[2], common[3], count(len(got), "word"), len(want))
			}
			return eval.Value(v, reason)
		})
	}), nil
}

// bleuNumbers are the tokens of the output, then those of each expected answer,
// as numbers.
func bleuNumbers(s *eval.Sample, args bleuArgs, tokens func(string) []string) [][]int32 {
	if tokens == nil {
		return numbered(s, unicodeWords)
	}
	key := bleuKey{args.Tokenizer, args.Lower}
	return eval.Memo(s, key, func() [][]int32 {
		n := eval.MemoCase(s, bleuNumberingKey(key), func() *text.Numbering {
			expected := s.Case.Expected
			if args.Lower {
				expected = lowerExpected(s)
			}
			sequences := make([][]string, len(expected))
			for i, e := range expected {
				sequences[i] = tokens(e)
			}
			return text.NewNumbering(sequences...)
		})
		output := s.Output.Text
		if args.Lower {
			output = lowerOutput(s)
		}
		return n.With(tokens(output))
	})
}
