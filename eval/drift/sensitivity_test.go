package drift

import (
	"context"
	"math/rand/v2"
	"regexp"
	"testing"

	"github.com/google/go-cmp/cmp"

	"holdtrue/eval"
)

// noisyRows are two runs of one version: binary, p = .95, of the metric correct;
// topics a and b in turn.
func noisyRows(r *rand.Rand, n, repeats int) (before, after []eval.Row) {
	for i := range n {
		tags := map[string][]string{"topic": {string(rune('a' + i%2))}}
		for k := range repeats {
			b, a := row(caseID(i), k, pass(r, .95)), row(caseID(i), k, pass(r, .95))
			b.Tags, a.Tags = tags, tags
			before, after = append(before, b), append(after, a)
		}
	}
	return before, after
}

func TestDoubtSaysWhatCouldBeSeenAndWhatSettlesIt(t *testing.T) {
	for _, w := range []struct {
		reason     string
		n, repeats int
		want       string
	}{
		{"one repeat: nothing is known of repeats", 100, 1,
			`^correct is inconclusive: .*; it could see an even erosion of [0-9.]+ points, or losses adding up to [0-9.]+ points, 4 times in 5; to settle it within 5 points it needs about [0-9]+ cases$`},
		{"two repeats", 120, 2, `4 times in 5; to settle it within 5 points it needs about [0-9]+ cases or [0-9]+ repeats$`},
		{"too few cases for any number of repeats", 40, 2, `it needs about [0-9]+ cases$`},
	} {
		before, after := noisyRows(rand.New(rand.NewPCG(2, 3)), w.n, w.repeats)
		c := compare(t, newRun("a", correct), newRun("b", correct), before, after, Options{})
		if o := c.Metrics[0].Overall; o.Verdict != Inconclusive || !regexp.MustCompile(w.want).MatchString(c.Reasons[0]) {
			t.Errorf("%s: %s\n%+v", w.reason, c.Reasons[0], o)
		}
	}
}

// TestNeedIsEnough: with as many cases, or repeats, as an inconclusive comparison
// asks for, an unchanged version holds 4 times in 5, less two standard errors. 40 pairs of runs each, seeds 0 to
// 39.
func TestNeedIsEnough(t *testing.T) {
	if testing.Short() {
		t.Skip("a simulation: left out by -short")
	}
	before, after := noisyRows(rand.New(rand.NewPCG(2, 3)), 120, 2)
	need := compare(t, newRun("a", correct), newRun("b", correct), before, after, Options{Draws: 99}).Metrics[0].Overall
	if need.NeedCases <= 120 || need.NeedRepeats <= 2 {
		t.Fatalf("needs %d cases, %d repeats", need.NeedCases, need.NeedRepeats)
	}
	for _, w := range []struct{ n, repeats int }{{need.NeedCases, 2}, {120, need.NeedRepeats}} {
		held := 0
		for i := range 40 {
			before, after := noisyRows(rand.New(rand.NewPCG(uint64(i), 4)), w.n, w.repeats)
			if c := compare(t, newRun("a", correct), newRun("b", correct), before, after, Options{Draws: 99}); c.Verdict == Holds {
				held++
			}
		}
		t.Logf("%d cases x %d: %d of 40 hold", w.n, w.repeats, held)
		if held < 27 {
			t.Errorf("%d cases x %d: %d of 40 hold", w.n, w.repeats, held)
		}
	}
}

// TestSensitivityIsThatOfEitherOrder: what could be seen does not depend on which
// run is the baseline, nor on other metrics' order.
func TestSensitivityIsThatOfEitherOrder(t *testing.T) {
	before, after := noisyRows(rand.New(rand.NewPCG(5, 5)), 40, 3)
	opts := Options{Slices: []string{"topic"}, Draws: 499}
	there := compare(t, newRun("a", correct), newRun("b", correct), before, after, opts)
	back := compare(t, newRun("b", correct), newRun("a", correct), after, before, opts)
	for i, x := range there.Metrics[0].cells() {
		y := back.Metrics[0].cells()[i]
		if x.DetectableEven == nil || x.DetectableLosses == nil {
			t.Fatalf("%s: unknown", x.label())
		}
		if d := cmp.Diff([]any{x.DetectableEven, x.DetectableLosses, x.NeedCases, x.NeedRepeats}, []any{y.DetectableEven, y.DetectableLosses, y.NeedCases, y.NeedRepeats}); d != "" {
			t.Errorf("%s: %s", x.label(), d)
		}
	}
}

// TestNamedLossesRegressInAFamily: losses named by a comparison of two metrics
// with two slices are found by the whole verdict, correction included. 30 pairs of
// runs, one fresh candidate each, seeds 0 to 29; at 80 % fewer than 20 have
// probability .026.
func TestNamedLossesRegressInAFamily(t *testing.T) {
	if testing.Short() {
		t.Skip("a simulation: left out by -short")
	}
	const n, repeats, pairs = 40, 3, 30
	other := correct
	other.Name = "other"
	family := []eval.Metric{correct, other}
	draw := func(r *rand.Rand, lost float64) []eval.Row {
		var rows []eval.Row
		dropped := map[int]bool{}
		for _, i := range r.Perm(n)[:int(lost)] {
			dropped[i] = true
		}
		for i := range n {
			for k := range repeats {
				x := row(caseID(i), k, pass(r, .97), pass(r, .9))
				if dropped[i] {
					x.Scores[0].Value = 0
				}
				x.Tags = map[string][]string{"topic": {string(rune('a' + i%2))}}
				rows = append(rows, x)
			}
		}
		return rows
	}
	seen, named := 0, 0.0
	for i := range pairs {
		r := rand.New(rand.NewPCG(uint64(i), 6))
		opts := Options{Slices: []string{"topic"}, Draws: 999}
		c, err := Compare(context.Background(), Input{Run: newRun("a", family...), Rows: stream(draw(r, 0))}, Input{Run: newRun("b", family...), Rows: stream(draw(r, 0))}, opts, nil)
		if err != nil {
			t.Fatal(err)
		}
		o := c.Metrics[0].Overall
		if o.Verdict != Inconclusive || o.DetectableLosses == nil {
			continue
		}
		lost := *o.DetectableLosses / .97 * n
		named += *o.DetectableLosses / pairs
		if c := compare(t, newRun("a", family...), newRun("b", family...), draw(r, 0), draw(r, lost+.5), opts); c.Metrics[0].Overall.Verdict.down() {
			seen++
		}
	}
	t.Logf("losses of %.1f points: %d of %d", 100*named, seen, pairs)
	if seen < 20 {
		t.Errorf("losses of %.1f points: %d of %d", 100*named, seen, pairs)
	}
}

// BenchmarkSensitivity states what the sensitivity of a comparison costs: 8
// metrics, all inconclusive.
func BenchmarkSensitivity(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 1))
	var family []eval.Metric
	for m := range 8 {
		x := correct
		x.Name += string(rune('a' + m))
		family = append(family, x)
	}
	side := func() []eval.Row {
		var rows []eval.Row
		for i := range 500 {
			for k := range 3 {
				v := make([]float64, len(family))
				for m := range v {
					v[m] = pass(r, .7)
				}
				rows = append(rows, row(caseID(i), k, v...))
			}
		}
		return rows
	}
	before, after := side(), side()
	for b.Loop() {
		compare(b, newRun("a", family...), newRun("b", family...), before, after, Options{})
	}
}
