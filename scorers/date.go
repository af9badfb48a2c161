package scorers

import (
	"context"
	"errors"
	"strings"
	"time"

	"holdtrue/eval"
	"holdtrue/scorers/facts"
	"holdtrue/scorers/lexicon"
)

var dateScorer = &eval.Scorer{
	Name: "date",
	Doc: `1 if a date of the output is the expected one.

Read are ISO dates ("2026-11-20"), day, month and year in words of English or
German ("20 November 2026", "Nov 20th, 2026"), and "20.11.2026". Dates in digits
with slashes are read by order, since they are ambiguous. A date without a year
agrees with one that has it. Which date counts says the argument which; with any,
one that agrees is enough. Layouts in Go's notation ("Jan _2 06") are tried on the
whole output first. A case whose expected answers hold no date is skipped.`,
	Version: "1",
	Scale:   eval.Binary,
	Better:  eval.Higher,
	Args:    &dateDefaults,
	Needs:   "expected",
	New:     withArgs(&dateDefaults, newDate),
}

type dateArgs struct {
	Which   string  `json:"which" oneof:"any first last" doc:"which date of the output counts"`
	Order   string  `json:"order" oneof:"day-first month-first" doc:"how 03/04/2026 is read"`
	Days    float64 `json:"days" doc:"how many days the date may be off"`
	Layouts list    `json:"layouts,omitzero" doc:"further ways to write a date, in Go's notation"`
}

var dateDefaults = dateArgs{Which: "any", Order: "month-first"}

func newDate(args dateArgs, _ string) (eval.Judge, error) {
	if !(args.Days >= 0) {
		return nil, errors.New("days: expected a number of at least 0")
	}
	for _, l := range args.Layouts {
		if t, err := time.Parse(l, time.Date(2006, 1, 2, 3, 4, 5, 0, time.UTC).Format(l)); err != nil || t.Day() != 2 || t.Month() != 1 {
			return nil, errors.New("layouts: " + quote(l) + " holds no day and month in Go's notation (2006-01-02)")
		}
	}
	lex, err := lexicon.English()
	if err != nil {
		return nil, err
	}
	j := dateJudge{args, lex}
	return eval.JudgeFunc(j.score), nil
}

type dateJudge struct {
	dateArgs
	lex *lexicon.Lexicon
}

func (j dateJudge) score(ctx context.Context, s *eval.Sample) eval.Score {
	if len(s.Case.Expected) == 0 {
		return eval.Skip(noExpected)
	}
	if ctx.Err() != nil {
		return stopped(ctx)
	}
	var wanted []facts.Day
	for _, e := range expectedFacts(j.lex, s) {
		wanted = append(wanted, j.days(e)...)
	}
	if len(wanted) == 0 {
		return eval.Skip("no date is expected")
	}
	got := j.days(outputFacts(j.lex, s))
	if len(got) == 0 {
		return eval.Value(0, "no date in the output")
	}
	switch j.Which {
	case "first":
		got = got[:1]
	case "last":
		got = got[len(got)-1:]
	}
	for _, g := range got {
		for _, w := range wanted {
			if g.Near(w, j.Days) {
				return eval.Value(1, "", eval.Span{Start: g.Start, End: g.End})
			}
		}
	}
	g := got[0]
	return eval.Value(0, "found "+g.String()+", expected "+wanted[0].String(), eval.Span{Start: g.Start, End: g.End})
}

func (j dateJudge) days(t *facts.Text) []facts.Day {
	whole := strings.TrimSpace(t.Source)
	for _, l := range j.Layouts {
		if d, err := time.Parse(l, whole); err == nil {
			return []facts.Day{{Year: d.Year() * min(1, strings.Count(l, "06")), Month: int(d.Month()), Day: d.Day(), End: len(t.Source)}}
		}
	}
	return t.Days(j.Order == "day-first")
}
