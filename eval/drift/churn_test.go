package drift

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"holdtrue/eval"
)

// said gives n repeats of cases; text says what each answered, every answer
// scores 1.
func said(cases, n int, text func(i, r int) uint64) []eval.Row {
	rows := rounds(cases, n, func(int, int) float64 { return 1 })
	for k := range rows {
		rows[k].Text = 1 + text(k/n, rows[k].Repeat)
	}
	return rows
}

// Two sides that differ in nothing but chance are above the noise floor in no
// more than half of alpha of the comparisons: 400 of 60 cases that answer with
// one of 1 to 6 texts, 3 repeats a side, seed 3, three standard errors.
func TestChurnKeepsItsLevel(t *testing.T) {
	if testing.Short() {
		t.Skip("a simulation: left out by -short")
	}
	const reps = 400
	r := rand.New(rand.NewPCG(3, 3))
	above := 0
	for range reps {
		variants := make([]int, 60)
		for i := range variants {
			variants[i] = 1 + r.IntN(6)
		}
		say := func(i, _ int) uint64 { return uint64(1000*i + r.IntN(variants[i])) }
		c := compare(t, newRun("a", correct), newRun("b", correct), said(60, 3, say), said(60, 3, say), Options{Draws: 99})
		if c.Churn.Texts.Above {
			above++
		}
		if f := c.Churn.Texts.Floor; f == nil || math.Abs(*f-c.Churn.Texts.Share) > .2 {
			t.Fatalf("%+v", c.Churn.Texts)
		}
	}
	if got, most := float64(above)/reps, .025+3*math.Sqrt(.025*.975/reps); got > most {
		t.Errorf("%.3f above the floor, at most %.3f", got, most)
	}
}

func TestChurn(t *testing.T) {
	steady := func(i, _ int) uint64 { return uint64(i) }
	some := func(i, _ int) uint64 { // a fifth of the cases say something else
		if i%5 == 0 {
			return uint64(1000 + i)
		}
		return uint64(i)
	}
	varies := func(i, r int) uint64 { return uint64(10*i + r) } // never the same twice
	for _, w := range []struct {
		repeats       int
		before, after func(i, r int) uint64
		share, floor  float64 // of the texts; floor < 0 unknown
		above, told   bool
		words         string
	}{
		{2, steady, some, .2, 0, true, true, "20 % of the texts, 0 % of the yes/no decisions, 0 % of the scores differ between an answer of one version and one of the other, 0 %, 0 %, 0 % between two of the same: the texts changed beyond noise"},
		{2, steady, steady, 0, 0, false, false, "0 %, 0 %, 0 % between two of the same: no more than noise"},
		{1, steady, some, .2, -1, false, true, "how much the same version changes by itself is unknown"},
		{1, steady, steady, 0, -1, false, false, "unknown"},
		{3, varies, varies, 2. / 3, 1, false, false, "67 % of the texts, 0 % of the yes/no decisions"},
	} {
		c := compare(t, newRun("a", correct), newRun("b", correct), said(100, w.repeats, w.before), said(100, w.repeats, w.after), Options{})
		got := c.Churn.Texts
		if math.Abs(got.Share-w.share) > 1e-9 || (got.Floor == nil) != (w.floor < 0) || got.Floor != nil && math.Abs(*got.Floor-w.floor) > 1e-9 || got.Above != w.above {
			t.Errorf("%+v, want %+v", got, w)
		}
		if !strings.Contains(c.Churn.Reason, w.words) {
			t.Errorf("%q, want %q", c.Churn.Reason, w.words)
		}
		if told := strings.Contains(fmt.Sprint(c.Reasons), "changed is not worse"); c.Verdict != Holds || told != w.told {
			t.Errorf("%s %q, want the churn told: %v", c.Verdict, c.Reasons, w.told)
		}
	}
}
