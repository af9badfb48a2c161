package scorers

import (
	"context"
	"errors"
	"math"
	"regexp"
	"strings"
	"sync"

	"holdtrue/eval"
	"holdtrue/scorers/text"
)

var numericScorer = &eval.Scorer{
	Name: "numeric",
	Doc: `1 if a number of the output equals the expected one, within a tolerance.

Which number is meant says the argument which: the last (the final number of a
worked solution), the first, any, the first one after the last place of the marker,
or what stands in the last \boxed{}: one number, a fraction, or a number with a unit;
where it is something else, such as a root, there is no number.
The expected answer is read the same way, so that it may be a worked solution
too; without the marker its last number counts. An output without such a number
gives 0; a case whose expected answers hold none is skipped. The numbers differ
by at most abs, or by at most rel times the expected one. Read are signs, groups
of three ("1,234.5", "1{,}234") or as in India ("1,00,000"), currency and percent signs, exponents ("1e-3", "2 × 10^5")
and the digits of every script; the decimal sign is the point, or with decimal:
comma the comma, and then points set off groups. With units: same, figures with a
unit count only, and are converted: "2 km" is "2000 m", "two weeks" 14 days. Infinite and
non-numeric values are not numbers.`,
	Version: "2",
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
		if !ok {
			n, ok = a.unmarked(e)
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

// unmarked takes the number of an expected answer without the marker or box.
func (a numericArgs) unmarked(e string) (n text.Number, ok bool) {
	e = a.pointed(e)
	switch a.Which {
	case "after":
		return text.Last(e)
	case "boxed":
		if n, ok := boxContent(e); ok || latexFormula().MatchString(e) {
			return n, ok
		}
		return text.Last(e)
	}
	return n, false
}

// blankGroups are groups set off by blanks, which the decimals or a currency behind
// them tell from several numbers.
var blankGroups = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?:^|[^0-9 ]|[^0-9] )[0-9]{1,3}(?: [0-9]{3})+(?:\.[0-9]| ?\p{Sc})`)
})

// pointed is a text whose decimal commas are points, and the other way round, as
// long as it was. Blanks between groups become apostrophes.
func (a numericArgs) pointed(s string) string {
	if a.Decimal != "comma" {
		return s
	}
	s = strings.Map(func(r rune) rune {
		switch r {
		case ',':
			return '.'
		case '.':
			return ','
		}
		return r
	}, s)
	return blankGroups().ReplaceAllStringFunc(s, func(m string) string {
		b := []byte(m)
		for i := 1; i+1 < len(b); i++ {
			if b[i] == ' ' && isDigit(b[i-1]) && isDigit(b[i+1]) {
				b[i] = '\''
			}
		}
		return string(b)
	})
}

func isDigit(b byte) bool { return b >= '0' && b <= '9' }

// pick takes the number that counts.
func (a numericArgs) pick(s string) (text.Number, bool) {
	s = a.pointed(s)
	switch a.Which {
	case "boxed":
		return boxed(s)
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

// boxed takes the number in the last box, whose braces are matched.
func boxed(s string) (text.Number, bool) {
	i := strings.LastIndex(s, `\boxed{`)
	if i < 0 {
		return text.Number{}, false
	}
	i += len(`\boxed{`)
	end, depth := i, 1
	for ; end < len(s); end++ {
		if s[end] == '{' {
			depth++
		} else if s[end] == '}' {
			if depth--; depth == 0 {
				break
			}
		}
	}
	n, ok := boxContent(s[i:end])
	n.Start, n.End = n.Start+i, n.End+i
	return n, ok
}

var (
	fractionForm = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^[\s$]*([-+−]?)\s*(?:\\[dt]?frac\s*(?:\{([^{}]*)\}\s*\{([^{}]*)\}|([0-9])([0-9]))|([0-9.,]+)\s*/\s*([0-9.,]+))[\s$]*$`)
	})
	// words are what may stand beside a number: a unit or spaces, no formula.
	boxWords = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`\\(?:text|mathrm|mbox)\s*\{[^{}0-9]*\}(?:\^\{?[0-9]\}?)?|\\(?:text|mathrm|mathbf|mbox)\b|\^\{?\\circ\}?|\\[,;:! %$]|\\degree| ?\b(?:[ckm]?m|ft|in)\^\{?[23]\}?`)
	})
	// formula is what makes one out of a number.
	formula = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`\\[A-Za-z]|[\^√π]|(?:^|[^A-Za-z])/|^[A-Za-z](?:[^A-Za-z]|$)`)
	})
	latexFormula = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`\\(?:sqrt|[dt]?frac|pi|boxed)\b`) })
)

// boxContent reads a text that is one number or fraction, behind "x =" or not.
func boxContent(s string) (n text.Number, ok bool) {
	from := strings.LastIndexByte(s, '=') + 1
	if m := fractionForm().FindStringSubmatch(s[from:]); m != nil {
		above, ok := soleNumber(m[2] + m[4] + m[6])
		below, known := soleNumber(m[3] + m[5] + m[7])
		if !ok || !known || below.Value == 0 {
			return n, false
		}
		n = text.Number{Value: above.Value / below.Value, Start: from, End: len(s)}
		if m[1] == "-" || m[1] == "−" {
			n.Value = -n.Value
		}
		return n, true
	}
	plain := strings.Repeat(" ", from) + s[from:]
	if n, ok = text.First(plain); !ok {
		return n, false
	}
	before, after := plain[from:n.Start], boxWords().ReplaceAllString(plain[n.End:], " ")
	before = boxWords().ReplaceAllString(before, " ")
	if formula().MatchString(before) || formula().MatchString(after) || strings.ContainsAny(after, "0123456789+*(") {
		return text.Number{}, false
	}
	return n, true
}

// soleNumber reads a text that is a number and nothing else.
func soleNumber(s string) (text.Number, bool) {
	s = strings.TrimSpace(s)
	n, ok := text.First(s)
	return n, ok && n.Start == 0 && n.End == len(s)
}
