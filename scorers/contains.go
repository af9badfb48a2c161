package scorers

import (
	"context"
	"errors"
	"strings"

	"holdtrue/eval"
	"holdtrue/scorers/text"
)

const containsDetails = `

The texts are those of the argument values, or the case's expected answers where
values is absent. They are compared by code points; text that differs only in
how accents are composed counts as the same. An empty expected answer is passed
over, since every text contains it.`

var containsScorer = &eval.Scorer{
	Name:    "contains",
	Doc:     "1 if the output contains at least one of the texts." + containsDetails,
	Version: "1",
	Scale:   eval.Binary,
	Better:  eval.Higher,
	Args:    &containsDefaults,
	New:     withArgs(&containsDefaults, newContains(anyOf)),
}

var containsAnyScorer = &eval.Scorer{
	Name:    "contains-any",
	Doc:     "1 if the output contains at least one of the texts; contains under a name that says so." + containsDetails,
	Version: "1",
	Scale:   eval.Binary,
	Better:  eval.Higher,
	Args:    &containsDefaults,
	New:     withArgs(&containsDefaults, newContains(anyOf)),
}

var containsAllScorer = &eval.Scorer{
	Name:    "contains-all",
	Doc:     "1 if the output contains every one of the texts." + containsDetails,
	Version: "1",
	Scale:   eval.Binary,
	Better:  eval.Higher,
	Args:    &containsDefaults,
	New:     withArgs(&containsDefaults, newContains(allOf)),
}

type containsArgs struct {
	Values        list `json:"values,omitzero" doc:"the texts to look for; the case's expected answers where absent"`
	CaseSensitive bool `json:"case_sensitive" doc:"false compares by full Unicode case folding"`
}

var containsDefaults = containsArgs{CaseSensitive: true}

// check refuses what would hold for every output, or for none.
func (a containsArgs) check() error {
	if a.Values != nil && len(a.Values) == 0 {
		return errors.New("values: the list is empty; leave it out to use the case's expected answers")
	}
	for _, v := range a.Values {
		if v == "" {
			return errors.New("values: an empty text is contained in every output")
		}
	}
	return nil
}

// wanted are the texts to look for in the output of a case.
func (a containsArgs) wanted(c *eval.Case) (texts []string, skip string) {
	if len(a.Values) > 0 {
		return a.Values, ""
	}
	if len(c.Expected) == 0 {
		return nil, noExpected
	}
	for _, e := range c.Expected {
		if e != "" {
			texts = append(texts, e)
		}
	}
	if len(texts) == 0 {
		return nil, "the expected answer is empty"
	}
	return texts, ""
}

func newContains(verdict func(s *eval.Sample, f finder, texts []string) eval.Score) func(containsArgs, string) (eval.Judge, error) {
	return func(args containsArgs, _ string) (eval.Judge, error) {
		if err := args.check(); err != nil {
			return nil, err
		}
		f := finder{args.CaseSensitive}
		return eval.JudgeFunc(func(ctx context.Context, s *eval.Sample) eval.Score {
			if ctx.Err() != nil {
				return stopped(ctx)
			}
			texts, skip := args.wanted(s.Case)
			if skip != "" {
				return eval.Skip(skip)
			}
			return verdict(s, f, texts)
		}), nil
	}
}

func anyOf(s *eval.Sample, f finder, texts []string) eval.Score {
	for _, t := range texts {
		if span, ok := f.find(s, t); ok {
			return eval.Value(1, "", span...)
		}
	}
	if len(texts) == 1 {
		return eval.Value(0, "does not contain "+quote(texts[0]))
	}
	return eval.Value(0, "contains none of "+quoteAll(texts))
}

func allOf(s *eval.Sample, f finder, texts []string) eval.Score {
	var missing []string
	var found []eval.Span
	for _, t := range texts {
		span, ok := f.find(s, t)
		if !ok {
			missing = append(missing, t)
		}
		if len(found) < mostSpans {
			found = append(found, span...)
		}
	}
	if len(missing) > 0 {
		return eval.Value(0, "does not contain "+quoteAll(missing), found...)
	}
	return eval.Value(1, "", found...)
}

// mostSpans bounds the evidence of one score.
const mostSpans = 8

// finder looks for a text in an output.
type finder struct{ caseSensitive bool }

// find gives the place of the first match. A match that exists only after
// composition has no place in the output as it is.
func (f finder) find(s *eval.Sample, t string) (evidence []eval.Span, ok bool) {
	if f.caseSensitive {
		if i := strings.Index(s.Output.Text, t); i >= 0 {
			return []eval.Span{{Start: i, End: i + len(t)}}, true
		}
		return nil, !text.ASCII(t) && strings.Contains(composedOutput(s), text.NFC(t))
	}
	t = text.Fold(t)
	if start, end, ok := text.IndexFolded(s.Output.Text, foldedOutput(s), t); ok {
		return []eval.Span{{Start: start, End: end}}, true
	}
	return nil, !text.ASCII(t) && strings.Contains(text.Fold(composedOutput(s)), text.Fold(text.NFC(t)))
}
