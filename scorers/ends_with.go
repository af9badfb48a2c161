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

var endsWithScorer = &eval.Scorer{
	Name: "ends-with",
	Doc: `1 if the output ends with at least one of the texts.

White space at the end of the output, and of the texts, is passed over. The texts
are those of the argument values, or the case's expected answers where values is
absent; accents may be composed or not. With ignore, marks at the end of the
output are passed over too, such as a quotation mark around the whole.`,
	Version: "1",
	Scale:   eval.Binary,
	Better:  eval.Higher,
	Args:    &endsWithDefaults,
	New:     withArgs(&endsWithDefaults, newEndsWith),
}

type endsWithArgs struct {
	Values        list   `json:"values,omitzero" doc:"the texts, instead of the expected answers"`
	CaseSensitive bool   `json:"case_sensitive" doc:"upper and lower case differ"`
	Ignore        string `json:"ignore,omitzero" doc:"characters at the end of the output that do not count, besides white space"`
}

var endsWithDefaults = endsWithArgs{CaseSensitive: true}

func newEndsWith(args endsWithArgs, _ string) (eval.Judge, error) {
	texts := containsArgs{Values: args.Values, CaseSensitive: args.CaseSensitive}
	if err := texts.check(); err != nil {
		return nil, err
	}
	blank := func(t string) bool { return strings.TrimSpace(t) == "" }
	if slices.ContainsFunc(args.Values, blank) {
		return nil, errors.New("values: every output ends with white space that is passed over")
	}
	passed := func(r rune) bool { return unicode.IsSpace(r) || strings.ContainsRune(args.Ignore, r) }
	return eval.JudgeFunc(func(_ context.Context, s *eval.Sample) eval.Score {
		texts, skip := texts.wanted(s.Case)
		if skip != "" {
			return eval.Skip(skip)
		}
		if !slices.ContainsFunc(texts, func(t string) bool { return !blank(t) }) {
			return eval.Skip("the expected answer is blank")
		}
		out := strings.TrimRightFunc(s.Output.Text, passed)
		for _, t := range texts {
			t = strings.TrimRightFunc(t, passed)
			if t == "" {
				continue
			}
			if n, ok := ends(out, t, args.CaseSensitive); ok && n > 0 {
				return eval.Value(1, "", eval.Span{Start: len(out) - n, End: len(out)})
			} else if ok {
				return eval.Value(1, "")
			}
		}
		return eval.Value(0, "ends "+quote(tail(out, quoteLimit))+", not "+quote(texts[0]))
	}), nil
}

// ends reports whether out ends with t, and how many bytes of it match; 0 where
// they agree only after folding or composition.
func ends(out, t string, caseSensitive bool) (n int, ok bool) {
	const widest = 4
	if caseSensitive {
		if strings.HasSuffix(out, t) {
			return len(t), true
		}
		return 0, !text.ASCII(t) && strings.HasSuffix(text.NFC(tail(out, widest*len(t)+64)), text.NFC(t))
	}
	folded := text.Fold(t)
	end := tail(out, widest*len(folded)+64)
	if strings.HasSuffix(text.Fold(end), folded) {
		if len(end) >= len(t) && strings.EqualFold(end[len(end)-len(t):], t) {
			return len(t), true
		}
		return 0, true
	}
	return 0, !text.ASCII(t) && strings.HasSuffix(text.Fold(text.NFC(end)), text.Fold(text.NFC(t)))
}

// tail gives at most the last n bytes of s from the beginning of a code point.
func tail(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return strings.TrimLeftFunc(s[len(s)-n:], func(r rune) bool { return r == '\uFFFD' })
}
