package scorers

import (
	"context"
	"errors"
	"math"
	"strings"

	"holdtrue/eval"
	"holdtrue/scorers/text"
)

var numericScorer = &eval.Scorer{
	Name: "numeric",
	Doc: `1 if a number of the output equals the expected one, within a tolerance.

Which number is meant says the argument which: the last (the final number of a
worked solution), the first, any, the first one after the last place of the marker,
or the last one in \boxed{}.
The expected answer is read the same way, so that it may be a worked solution
too; without the marker its last number counts. An output without such a number
gives 0; a case whose expected answers hold none is skipped. The numbers differ
by at most abs, or by at most rel times the expected one. Read are signs, groups
of three ("1,234.5"), currency and percent signs, exponents ("1e-3", "2 × 10^5")
and the digits of every script; the decimal sign is the point, or with decimal:
comma the comma, and then points set off groups. With units: same, figures with a
unit count only, and are converted: "2 km" is "2000 m", "two weeks" 14 days. Infinite and
non-numeric values are not numbers.`,
	Version: "1",
	Scale:   eval.Binary,
	Better:  eval.Higher,
	Args:    &numericDefaults,
	Needs:   "expected",
	New:     withArgs(&numericDefaults, newNumeric),
}

type numericArgs struct {
	Which   string  `json:"which" oneof:"last first any after boxed" doc:"which number of a text counts"`
	Marker  string  `json:"marker" doc:"with which: after, the text before the number; upper and lower case differ"`
	Abs     float64 `json:"abs" doc:"how far the number may be off, in its own unit"`
	Rel     float64 `json:"rel" doc:"how far it may be off as a share of the expected number, in [0,1)"`
	Decimal string  `json:"decimal" oneof:"point comma" doc:"the decimal sign of output and expected answer"`
	Units   string  `json:"units" oneof:"ignore same" doc:"whether the units must agree"`
	Percent string  `json:"percent" oneof:"ignore hundredth" doc:"45% is 45 (ignore) or 0.45 (hundredth)"`
}

var numericDefaults = numericArgs{Which: "last", Marker: "A:", Abs: 1e-9, Percent: "ignore", Decimal: "point", Units: "ignore"}

func newNumeric(args numericArgs, _ string) (eval.Judge, error) {
	switch {
	case !(args.Abs >= 0) || math.IsInf(args.Abs, 0):
		return nil, errors.New("abs: expected a number of at least 0")
	case !(args.Rel >= 0 && args.Rel < 1):
		return nil, errors.New("rel: expected a number of at least 0 and below 1")
	case args.Which == "after" && args.Marker == "":
		return nil, errors.New("marker: which: after needs the text that stands before the number")
	}
	if args.Units == "same" {
		if args.Which == "after" || args.Which == "boxed" || args.Decimal == "comma" {
			return nil, errors.New("units: same goes with which: last, first or any, and decimal: point")
		}
		return newQuantity(args)
	}
	return eval.JudgeFunc(func(ctx context.Context, s *eval.Sample) eval.Score {
		if len(s.Case.Expected) == 0 {
			return eval.Skip(noExpected)
		}
		if ctx.Err() != nil {
			return stopped(ctx)
		}
		return args.score(s)
	}), nil
}

func (a numericArgs) score(s *eval.Sample) eval.Score {
	var wanted []float64
	for _, e := range s.Case.Expected {
		n, ok := a.pick(e)
		if !ok && (a.Which == "after" || a.Which == "boxed") {
			n, ok = text.Last(a.pointed(e))
		}
		if ok {
			wanted = append(wanted, a.value(n))
		}
	}
	if len(wanted) == 0 {
		return eval.Skip("no number is expected")
	}
	if a.Which == "any" {
		return a.any(s.Output.Text, wanted)
	}
	got, ok := a.pick(s.Output.Text)
	if !ok {
		if a.Which == "after" {
			return eval.Value(0, "no number after "+quote(a.Marker)+" in the output")
		}
		return eval.Value(0, "no number in the output")
	}
	v, span := a.value(got), eval.Span{Start: got.Start, End: got.End}
	if a.near(v, wanted) {
		return eval.Value(1, "", span)
	}
	return eval.Value(0, "found "+number(v)+", expected "+number(wanted[0]), span)
}

// near reports whether a number is one of those wanted.
func (a numericArgs) near(v float64, wanted []float64) bool {
	for _, w := range wanted {
		if d := math.Abs(v - w); d <= a.Abs || d <= a.Rel*math.Abs(w) {
			return true
		}
	}
	return false
}

// any looks for a number that will do.
func (a numericArgs) any(s string, wanted []float64) (score eval.Score) {
	score = eval.Value(0, "no number in the output")
	text.Numbers(a.pointed(s), func(n text.Number) bool {
		span := eval.Span{Start: n.Start, End: n.End}
		if a.near(a.value(n), wanted) {
			score = eval.Value(1, "", span)
			return false
		}
		score = eval.Value(0, "no number is "+number(wanted[0]))
		return true
	})
	return score
}

// pointed is a text whose decimal commas are points, and the other way round.
func (a numericArgs) pointed(s string) string {
	if a.Decimal != "comma" {
		return s
	}
	return strings.Map(func(r rune) rune {
		switch r {
		case ',':
			return '.'
		case '.':
			return ','
		}
		return r
	}, s)
}

// pick takes the number that counts.
func (a numericArgs) pick(s string) (text.Number, bool) {
	s = a.pointed(s)
	switch a.Which {
	case "boxed":
		i := strings.LastIndex(s, `\boxed{`)
		if i < 0 {
			return text.Number{}, false
		}
		i += len(`\boxed{`)
		end := strings.IndexByte(s[i:], '}')
		if end < 0 {
			end = len(s) - i
		}
		n, ok := text.First(s[i : i+end])
		n.Start, n.End = n.Start+i, n.End+i
		return n, ok
	case "first":
		return text.First(s)
	case "after":
		i := strings.LastIndex(s, a.Marker)
		if i < 0 {
			return text.Number{}, false
		}
		i += len(a.Marker)
		n, ok := text.First(s[i:])
		n.Start += i
		n.End += i
		return n, ok
	}
	return text.Last(s)
}

func (a numericArgs) value(n text.Number) float64 {
	if n.Percent && a.Percent == "hundredth" {
		return n.Value / 100
	}
	return n.Value
}
