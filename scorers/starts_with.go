package scorers

import (
	"context"
	"errors"
	"slices"
	"strings"
	"unicode"

	"holdtrue/eval"
	"holdtrue/scorers/text"
)

var startsWithScorer = &eval.Scorer{
	Name: "starts-with",
	Doc: `1 if the output begins with at least one of the texts.

White space at the start of the output, and of the texts, is passed over. The texts
are those of the argument values, or the case's expected answers where values is
absent; accents may be composed or not.`,
	Version: "1",
	Scale:   eval.Binary,
	Better:  eval.Higher,
	Args:    &containsDefaults,
	New:     withArgs(&containsDefaults, newStartsWith),
}

func newStartsWith(args containsArgs, _ string) (eval.Judge, error) {
	if err := args.check(); err != nil {
		return nil, err
	}
	for _, v := range args.Values {
		if strings.TrimSpace(v) == "" {
			return nil, errors.New("values: every output begins with white space that is passed over")
		}
	}
	return eval.JudgeFunc(func(_ context.Context, s *eval.Sample) eval.Score {
		texts, skip := args.wanted(s.Case)
		if skip != "" {
			return eval.Skip(skip)
		}
		if !slices.ContainsFunc(texts, func(t string) bool { return strings.TrimSpace(t) != "" }) {
			return eval.Skip("the expected answer is blank")
		}
		out := strings.TrimLeftFunc(s.Output.Text, unicode.IsSpace)
		begin := len(s.Output.Text) - len(out)
		for _, t := range texts {
			t = strings.TrimLeftFunc(t, unicode.IsSpace)
			if t == "" {
				continue
			}
			if n, ok := begins(out, t, args.CaseSensitive); ok && n > 0 {
				return eval.Value(1, "", eval.Span{Start: begin, End: begin + n})
			} else if ok {
				return eval.Value(1, "")
			}
		}
		return eval.Value(0, "begins "+quote(out)+", not "+quote(texts[0]))
	}), nil
}

// begins reports whether out begins with t, and how many bytes of it match; 0
// where they agree only after composition. Only as much of out is looked at as
// can matter.
func begins(out, t string, caseSensitive bool) (n int, ok bool) {
	const widest = 4 // folding and composing shorten no text to less than a quarter
	if caseSensitive {
		if strings.HasPrefix(out, t) {
			return len(t), true
		}
		return 0, !text.ASCII(t) && strings.HasPrefix(text.NFC(cut(out, widest*len(t)+64)), text.NFC(t))
	}
	folded := text.Fold(t)
	head := cut(out, widest*len(folded)+64)
	if low := text.Fold(head); strings.HasPrefix(low, folded) {
		_, end, _ := text.IndexFolded(head, low, folded)
		return end, true
	}
	return 0, !text.ASCII(t) && strings.HasPrefix(text.Fold(text.NFC(head)), text.Fold(text.NFC(t)))
}
