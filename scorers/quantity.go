package scorers

import (
	"context"
	"math"

	"holdtrue/eval"
	"holdtrue/scorers/facts"
	"holdtrue/scorers/lexicon"
)

// newQuantity makes the judge of numeric with units: figures agree if their units
// measure the same thing and their values, in its base unit, are near.
func newQuantity(args numericArgs) (eval.Judge, error) {
	lex, err := lexicon.English()
	if err != nil {
		return nil, err
	}
	return eval.JudgeFunc(func(ctx context.Context, s *eval.Sample) eval.Score {
		if len(s.Case.Expected) == 0 {
			return eval.Skip(noExpected)
		}
		if ctx.Err() != nil {
			return stopped(ctx)
		}
		var wanted []facts.Figure
		for _, e := range expectedFacts(lex, s) {
			wanted = append(wanted, args.chosen(e.Figures())...)
		}
		if len(wanted) == 0 {
			return eval.Skip("no figure with a unit is expected")
		}
		output := outputFacts(lex, s)
		got := args.chosen(output.Figures())
		if len(got) == 0 {
			return eval.Value(0, "no figure with a unit in the output")
		}
		for _, g := range got {
			for _, w := range wanted {
				if d := math.Abs(g.Value - w.Value); g.Base == w.Base && (d <= args.Abs || d <= args.Rel*math.Abs(w.Value)) {
					return eval.Value(1, "", eval.Span{Start: g.Start, End: g.End})
				}
			}
		}
		g := got[len(got)-1]
		return eval.Value(0, "found "+quote(output.Source[g.Start:g.End])+", expected "+number(wanted[0].Value)+" "+wanted[0].Base,
			eval.Span{Start: g.Start, End: g.End})
	}), nil
}

// chosen are the figures that count.
func (a numericArgs) chosen(all []facts.Figure) []facts.Figure {
	switch {
	case len(all) == 0 || a.Which == "any":
		return all
	case a.Which == "first":
		return all[:1]
	}
	return all[len(all)-1:]
}
