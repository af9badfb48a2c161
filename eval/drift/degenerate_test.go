package drift

import (
	"encoding/json"
	"fmt"
	"math"
	"testing"

	"holdtrue/eval"
)

// degenerate are values of two answers a side, by case, that leave next to
// nothing to compute with. Every model of them must be written as JSON, which
// knows neither NaN nor infinity.
var degenerate = map[string]func(i, repeat int, candidate bool) float64{
	"all equal": func(int, int, bool) float64 { return 1 },
	"all zero":  func(int, int, bool) float64 { return 0 },
	"all NaN":   func(int, int, bool) float64 { return math.NaN() },
	"infinite":  func(i, _ int, _ bool) float64 { return math.Inf(1 - 2*(i%2)) },
	"too large": func(int, int, bool) float64 { return math.MaxFloat64 },
	"largest":   func(int, int, bool) float64 { return eval.LargestMeasure },
	"smallest":  func(int, int, bool) float64 { return math.SmallestNonzeroFloat64 },
	"smallest, largest": func(_, _ int, candidate bool) float64 {
		return pick(candidate, eval.LargestMeasure, math.SmallestNonzeroFloat64)
	},
	"largest, smallest": func(_, _ int, candidate bool) float64 {
		return pick(candidate, math.SmallestNonzeroFloat64, eval.LargestMeasure)
	},
	"zero, one":         func(_, _ int, candidate bool) float64 { return pick(candidate, 1, 0) },
	"edge of the scale": func(i, _ int, _ bool) float64 { return eval.LargestMeasure * float64(i%2) },
	"repeats apart":     func(_, repeat int, _ bool) float64 { return float64(repeat) },
	"negative":          func(i, repeat int, _ bool) float64 { return -1e300 * float64(i+repeat) },
}

func pick(is bool, yes, no float64) float64 {
	if is {
		return yes
	}
	return no
}

func degenerateRows(cases, repeats int, candidate bool, value func(i, repeat int, candidate bool) float64) (rows []eval.Row) {
	for i := range cases {
		for k := range repeats {
			v := value(i, k, candidate)
			x := row(caseID(i), k, v, v, v)
			x.Tags = map[string][]string{"topic": {"a"}}
			rows = append(rows, x)
		}
	}
	return rows
}

// degenerateMetrics take a value as what it is declared to be, whether or not it
// can be that.
var degenerateMetrics = []eval.Metric{
	correct,
	{Name: "similar", Scorer: "rouge", Version: "1", Scale: eval.Unit, Better: eval.Lower, Gate: true},
	{Name: "tokens", Scorer: "tokens", Version: "1", Scale: eval.Measure, Better: eval.Lower, Gate: true},
}

// TestDegenerateModelsAreJSON: whatever the rows hold, a comparison, a trend and
// a plan of them can be written.
func TestDegenerateModelsAreJSON(t *testing.T) {
	tokens := degenerateMetrics[2]
	steps, length := tokens, tokens
	steps.Name, steps.Better = "steps", eval.Higher
	length.Name, length.Better, length.Gate = "length", eval.Neither, false
	families := map[string][]eval.Metric{"scores": degenerateMetrics, "measures": {tokens, steps, length}}
	for family, metrics := range families {
		for name, value := range degenerate {
			for _, size := range [][2]int{{1, 1}, {1, 2}, {2, 1}, {30, 2}, {70, 1}} {
				t.Run(fmt.Sprintf("%s %s of %d cases with %d repeats", name, family, size[0], size[1]), func(t *testing.T) {
					before := degenerateRows(size[0], size[1], false, value)
					after := degenerateRows(size[0], size[1], true, value)
					writeModels(t, metrics, before, after)
				})
			}
		}
		t.Run("no "+family+" of failed calls", func(t *testing.T) {
			var failed []eval.Row
			for i := range 30 {
				failed = append(failed, failedRow(caseID(i), 0, len(metrics)))
			}
			writeModels(t, metrics, failed, failed)
		})
	}
}

// writeModels makes everything of two sides that can be made of them, forced.
func writeModels(t *testing.T, metrics []eval.Metric, before, after []eval.Row) {
	t.Helper()
	base, cand := newRun("a", metrics...), newRun("b", metrics...)
	opts := Options{Slices: []string{"topic"}, Draws: 99, Force: true}
	written(t, compare(t, base, cand, before, after, opts))

	pooled := Input{Run: base, Rows: stream(before), Earlier: []Input{{Run: newRun("c", metrics...), Rows: stream(after)}}}
	c, err := Compare(t.Context(), pooled, Input{Run: cand, Rows: stream(after)}, opts, nil)
	if err != nil {
		t.Fatal(err)
	}
	written(t, c)

	summary, err := Summarize(base, stream(before))
	if err != nil {
		t.Fatal(err)
	}
	written(t, summary)

	written(t, plan(t, PlanInput{Suite: "s", Runs: []Input{{Run: base, Rows: stream(before)}}}, PlanOptions{Cases: 20, Repeats: 2}))

	var runs []PastRun
	for i := range 12 {
		rows := before
		if i > 8 {
			rows = after
		}
		runs = append(runs, pastRun(i, "1", rows, metrics...))
	}
	written(t, trend(t, runs, TrendOptions{Keys: []string{"topic"}}))
}

func written(t *testing.T, model any) {
	t.Helper()
	if _, err := json.Marshal(model); err != nil {
		t.Errorf("%T: %v", model, err)
	}
}

// TestMarginOfOneUnit: a margin of 1 covers all that a score can lose, and one
// token of a count.
func TestMarginOfOneUnit(t *testing.T) {
	one := 1.0
	tokens := degenerateMetrics[2]
	tokens.Margin = &one
	var before, after []eval.Row
	for i := range 200 {
		v := 100 + float64(i%7)
		before, after = append(before, row(caseID(i), 0, v)), append(after, row(caseID(i), 0, v+40*float64(i%2)-20))
	}
	c := compare(t, newRun("a", tokens), newRun("b", tokens), before, after, Options{})
	if m := c.Metrics[0]; m.Verdict == Holds || *m.Overall.HoldsAt < 1 {
		t.Errorf("%s within 1 token, bound %v: %s", m.Verdict, *m.Overall.HoldsAt, m.Reason)
	}
}

// TestWorstSliceOfAMeasure: the slice that lost most by its typical ratio is
// named, however large the measure's unit makes its mean.
func TestWorstSliceOfAMeasure(t *testing.T) {
	loss := func(ratio float64) Cell { return Cell{Verdict: Regressed, Baseline: 500, Ratio: &ratio} }
	rise, whole := 1.5, 1.1
	slow := Metric{Metric: degenerateMetrics[2], Overall: Cell{Baseline: 500, Ratio: &whole}, Slices: []Cell{loss(rise)}}
	slow.Slices[0].Slice = "topic=a"
	wrong := Metric{Metric: correct, Overall: Cell{Diff: -.01}, Slices: []Cell{{Slice: "topic=b", Verdict: Regressed, Diff: -.1}}}
	for _, metrics := range [][]Metric{{slow, wrong}, {wrong, slow}} {
		c := Comparison{Metrics: metrics}
		if got := c.worstSlice(); got != "topic=a" {
			t.Errorf("%q lost most; a rise by half is more than 10 points", got)
		}
	}
}
