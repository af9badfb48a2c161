package scorertest

import (
	"math"
	"strings"
	"testing"

	"holdtrue/eval"
)

// TestFormFindsFaults: a law that nothing breaks proves nothing.
func TestFormFindsFaults(t *testing.T) {
	binary, unit := &eval.Scorer{Scale: eval.Binary}, &eval.Scorer{Scale: eval.Unit}
	c := Sample{Expected: []string{"abc"}, Output: "é!"}
	for _, good := range []eval.Score{eval.Value(1, ""), eval.Skip("why"), eval.Fail("why"),
		eval.Value(0, "why", eval.Span{Start: 0, End: 2}), eval.Value(0, "", eval.Span{In: "expected", Start: 1, End: 3})} {
		if err := form(binary, c, good); err != nil {
			t.Errorf("%+v: %v", good, err)
		}
	}
	for _, bad := range []struct {
		scorer *eval.Scorer
		score  eval.Score
		want   string
	}{
		{binary, eval.Value(0.5, ""), "outside a binary scale"},
		{unit, eval.Value(1.001, ""), "outside a unit scale"},
		{unit, eval.Value(math.NaN(), ""), "outside a unit scale"},
		{&eval.Scorer{Scale: eval.Measure}, eval.Value(math.Inf(1), ""), "outside a measure scale"},
		{unit, eval.Score{}, "cannot give the status"},
		{unit, eval.Score{Status: eval.Missing}, "cannot give the status"},
		{unit, eval.Skip(""), "has a reason"},
		{unit, eval.Score{Status: eval.Failed, Value: 1, Reason: "x"}, "no value"},
		{unit, eval.Value(0, strings.Repeat("x", 201)), "201 bytes"},
		{unit, eval.Value(0, "a\nb"), "printable"},
		{unit, eval.Value(0, "\u202e"), "printable"},
		{unit, eval.Value(0, "\xff"), "printable"},
		{unit, eval.Value(1, "", eval.Span{Start: 0, End: 4}), "does not lie in the text"},
		{unit, eval.Value(1, "", eval.Span{Start: 0, End: 1}), "cuts a character"},
		{unit, eval.Value(1, "", eval.Span{Start: 2, End: 1}), "does not lie in the text"},
		{unit, eval.Value(1, "", eval.Span{In: "prompt", End: 1}), "which is no text"},
	} {
		if err := form(bad.scorer, c, bad.score); err == nil || !strings.Contains(err.Error(), bad.want) {
			t.Errorf("%+v: got %v, want %q", bad.score, err, bad.want)
		}
	}
}
