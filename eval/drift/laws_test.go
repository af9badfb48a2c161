package drift

import (
	"context"
	"math"
	"reflect"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"holdtrue/eval"
)

// unit is a score in [0,1].
var unit = eval.Metric{Name: "facts", Scorer: "facts", Version: "1", Scale: eval.Unit, Better: eval.Higher, Gate: true}

// drawRows makes rows of two metrics, with tags, for rapid.
func drawRows(t *rapid.T, repeats int) (before, after []eval.Row) {
	value := rapid.SampledFrom([]float64{0, .25, .5, .75, 1, 1, 1})
	for i := range rapid.IntRange(1, 30).Draw(t, "cases") {
		tags := map[string][]string{"topic": {rapid.SampledFrom([]string{"a", "b", "c"}).Draw(t, "topic")}}
		for side := range 2 {
			for r := range repeats {
				x := row(caseID(i), r, float64(rapid.IntRange(0, 1).Draw(t, "correct")), value.Draw(t, "facts"))
				x.Tags = tags
				if rapid.IntRange(0, 15).Draw(t, "missing") == 0 {
					x.Scores[1].Status = eval.Skipped
				}
				if side == 0 {
					before = append(before, x)
				} else {
					after = append(after, x)
				}
			}
		}
	}
	return before, after
}

var mirrored = map[Verdict]Verdict{Regressed: Improved, Improved: Regressed, RegressedCases: ImprovedCases, ImprovedCases: RegressedCases}

func mirror(v Verdict) Verdict {
	if m, ok := mirrored[v]; ok {
		return m
	}
	return v
}

func TestSwappingTheSidesSwapsTheWords(t *testing.T) {
	seen := map[Verdict]int{}
	rapid.Check(t, func(t *rapid.T) {
		before, after := drawRows(t, rapid.IntRange(1, 3).Draw(t, "repeats"))
		a, b := newRun("a", correct, unit), newRun("b", correct, unit)
		if rapid.Bool().Draw(t, "other order of metrics") {
			b.Metrics = []eval.Metric{unit, correct}
			for i := range after {
				for k := range after[i].Scores {
					after[i].Scores[k].Metric = 1 - after[i].Scores[k].Metric
				}
			}
		}
		opts := Options{Slices: []string{"topic"}, Draws: 199, Alpha: .4}
		there, err := Compare(context.Background(), Input{Run: a, Rows: stream(before)}, Input{Run: b, Rows: stream(after)}, opts, nil)
		if err != nil {
			t.Fatal(err)
		}
		back, err := Compare(context.Background(), Input{Run: b, Rows: stream(after)}, Input{Run: a, Rows: stream(before)}, opts, nil)
		if err != nil {
			t.Fatal(err)
		}
		if there.Seed != back.Seed || there.Draws != back.Draws {
			t.Fatalf("seed %d and %d, draws %d and %d", there.Seed, back.Seed, there.Draws, back.Draws)
		}
		for k := range there.Metrics {
			m := &there.Metrics[k]
			w := &back.Metrics[slices.IndexFunc(back.Metrics, func(w Metric) bool { return w.Metric.Name == m.Metric.Name })]
			seen[m.Verdict]++
			if w.Verdict != mirror(m.Verdict) {
				t.Fatalf("%s: %s, and %s with the sides swapped", m.Metric.Name, m.Verdict, w.Verdict)
			}
			for i, x := range m.cells() {
				y := w.cells()[i]
				if x.P != y.P || x.PAdjusted != y.PAdjusted || !reflect.DeepEqual(x.PWithin, y.PWithin) {
					t.Fatalf("%s: p %v %v %v, swapped %v %v %v", x.sentence(m), x.P, x.PAdjusted, x.PWithin, y.P, y.PAdjusted, y.PWithin)
				}
				if x.Verdict != mirror(y.Verdict) || x.Worse != y.Better || math.Abs(x.Diff+y.Diff) > 1e-12 || math.Abs(x.Low+y.High) > 1e-7 {
					t.Fatalf("%+v\n%+v", x, y)
				}
			}
		}
	})
	if seen[Regressed]+seen[Improved]+seen[Mixed] == 0 || seen[Inconclusive] == 0 {
		t.Errorf("the property was tried on too little: %v", seen)
	}
}

func TestOrderOfRowsIsIrrelevant(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		before, after := drawRows(t, 2)
		a, b := newRun("a", correct, unit), newRun("b", correct, unit)
		opts := Options{Slices: []string{"topic"}, Draws: 99}
		want, err := Compare(context.Background(), Input{Run: a, Rows: stream(before)}, Input{Run: b, Rows: stream(after)}, opts, nil)
		if err != nil {
			t.Fatal(err)
		}
		s := rapid.Uint64().Draw(t, "shuffle")
		got, err := Compare(context.Background(), Input{Run: a, Rows: stream(shuffled(before, s))}, Input{Run: b, Rows: stream(shuffled(after, s+1))}, opts, nil)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatal(diff)
		}
	})
}

func TestARunAgainstItself(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		before, _ := drawRows(t, rapid.IntRange(1, 5).Draw(t, "repeats"))
		a := newRun("a", correct, unit)
		c, err := Compare(context.Background(), Input{Run: a, Rows: stream(before)}, Input{Run: a, Rows: stream(before)}, Options{Slices: []string{"topic"}, Draws: 99, Alpha: .4}, nil)
		if err != nil {
			t.Fatal(err)
		}
		for i := range c.Metrics {
			for _, cell := range c.Metrics[i].cells() {
				if v := cell.Verdict; v != Holds && v != Inconclusive && v != NotMeasured {
					t.Fatalf("%s: %s", cell.sentence(&c.Metrics[i]), v)
				}
				if cell.P != 1 || cell.PAdjusted != 1 {
					t.Fatalf("p %v, adjusted %v", cell.P, cell.PAdjusted)
				}
			}
		}
		if c.WorseTotal+c.BetterTotal != 0 || c.Churn.Texts.Above || c.Churn.Scores.Above {
			t.Fatalf("%d worse, %d better, churn %v", c.WorseTotal, c.BetterTotal, c.Churn)
		}
	})
}
