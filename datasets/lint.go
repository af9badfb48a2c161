package datasets

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"holdtrue/eval"
	"holdtrue/eval/wire"
)

// Warning is something about a suite that is valid and yet probably not meant.
type Warning struct {
	Pos eval.Pos `json:"-"`
	At  string   `json:"at"`
	Msg string   `json:"message"`
}

// Report is what Lint finds in a suite without faults.
type Report struct {
	Summary  Summary   `json:"summary"`
	Warnings []Warning `json:"warnings"`
	// Provable is the smallest margin, in score points of 1, within which the
	// suite can show that a version holds if not a single case changes:
	// 1 - 0.05^(1/n), the exact one-sided 95 % bound for n unchanged cases.
	Provable float64 `json:"provable_margin"`
	// Needed is the number of unchanged cases for margins of 5, 3, 2 and 1
	// points.
	Needed []MarginCases `json:"needed"`
}

// MarginCases is how many unchanged cases a margin needs.
type MarginCases struct {
	Margin float64 `json:"margin"`
	Cases  int     `json:"cases"`
}

// smallSlice is the size under which a slice can hardly show anything.
const smallSlice = 10

// Lint checks a suite as Scan does and, where it is without faults, says what
// is probably not meant and what the suite can show.
func Lint(suite *eval.Suite, sel Selection, admit func(*eval.Case) error) (Report, error) {
	var r Report
	sum, err := Scan(suite, sel, admit)
	if err != nil {
		return r, err
	}
	r.Summary = sum
	r.Provable = 1 - math.Pow(0.05, 1/float64(sum.Cases))
	for _, m := range []float64{0.05, 0.03, 0.02, 0.01} {
		r.Needed = append(r.Needed, MarginCases{m, int(math.Ceil(math.Log(0.05) / math.Log(1-m)))})
	}
	warn := func(pos eval.Pos, format string, args ...any) {
		r.Warnings = append(r.Warnings, Warning{pos, pos.String(), fmt.Sprintf(format, args...)})
	}
	prompts := map[string]eval.Pos{}
	unchecked := 0
	for c, err := range Cases(suite, sel) {
		if err != nil {
			return r, err
		}
		key := eval.ContentHash(c.Text())
		if first, twice := prompts[key]; twice {
			warn(c.Pos, "case %q asks what the case at %s asks", c.ID, first)
		} else {
			prompts[key] = c.Pos
		}
		if slices.Contains(c.Tags[wire.PlainTag], Unchecked) {
			unchecked++
		}
		if len(c.Expected) == 0 && len(c.Checks) == 0 && len(c.Steps) == 0 {
			warn(c.Pos, "case %q says nothing of what is expected: only metrics that need nothing can judge it", c.ID)
		}
	}
	if unchecked > 0 {
		warn(eval.Pos{File: suite.File}, "%d cases expect what an agent once answered and nobody has checked (tag %q)", unchecked, Unchecked)
	}
	for _, key := range suite.Compare.Slices {
		values, ok := sum.Slices[key]
		if !ok {
			warn(eval.Pos{File: suite.File}, "compare: slices: no case has a tag %q", key)
		}
		for _, v := range keysOf(values) {
			if n := values[v]; n < smallSlice {
				warn(eval.Pos{File: suite.File}, "slice %s=%s has %d cases: too few to show anything but a collapse", key, v, n)
			}
		}
	}
	slices.SortStableFunc(r.Warnings, func(a, b Warning) int {
		if a.Pos.File != b.Pos.File {
			return strings.Compare(a.Pos.File, b.Pos.File)
		}
		return a.Pos.Line - b.Pos.Line
	})
	return r, nil
}
