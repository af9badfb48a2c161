package reports

import (
	"bytes"
	"fmt"
	"iter"
	"regexp"
	"strings"
	"testing"
	"time"

	"holdtrue/eval"
	"holdtrue/eval/drift"
)

// degenerateSide is a run of three metrics, two repeats a case, all with the same
// values, and its rows.
func degenerateSide(id string, cases int, value float64) drift.Input {
	run := eval.Run{ID: id, Suite: "s", Agent: "bot", Version: id, Status: eval.Complete, Cases: cases, Repeats: 2, SuiteHash: "one",
		Metrics: []eval.Metric{
			{Name: "correct", Scorer: "label", Version: "1", Scale: eval.Binary, Better: eval.Higher, Gate: true},
			{Name: "tokens", Scorer: "tokens", Version: "1", Scale: eval.Measure, Better: eval.Lower, Gate: true, Unit: "tokens"},
			{Name: "length", Scorer: "length", Version: "1", Scale: eval.Measure, Better: eval.Neither, Standard: true},
		}}
	var rows iter.Seq2[eval.Row, error] = func(yield func(eval.Row, error) bool) {
		for i := range 2 * cases {
			r := eval.Row{CaseID: fmt.Sprint("case", i/2), CaseHash: "h", Repeat: i % 2, Text: uint64(i), Tags: map[string][]string{"topic": {"a"}}}
			for m := range run.Metrics {
				r.Scores = append(r.Scores, eval.RowScore{Metric: m, Status: eval.Scored, Value: value})
			}
			if !yield(r, nil) {
				return
			}
		}
	}
	return drift.Input{Run: run, Rows: rows}
}

// TestDegenerateReports: whatever the runs hold, every format of a comparison and
// of a trend is written, without a number that is none.
func TestDegenerateReports(t *testing.T) {
	none := regexp.MustCompile(`NaN|[+-]?Inf\b|-0\.0\b|%!`)
	for _, cases := range []int{0, 1, 2, 70} {
		for _, values := range [][2]float64{{0, 0}, {1, 1}, {0, 1}, {1, 0}, {1e100, 1e100}, {5e-324, 1e100}, {1e100, 5e-324}, {2e100, 2e100}} {
			var history []drift.PastRun
			for i := range 14 {
				in := degenerateSide(fmt.Sprint("run", i), cases, values[i/8])
				in.Run.Started = time.Date(2026, 1, 1+i, 0, 0, 0, 0, time.UTC)
				history = append(history, drift.PastRun{Input: in})
			}
			tr, err := drift.NewTrend(t.Context(), "s", "bot", history, drift.TrendOptions{Keys: []string{"topic"}})
			if err != nil {
				t.Fatal(err)
			}
			opts := drift.Options{Slices: []string{"topic"}, Draws: 99, Force: true}
			c, err := drift.Compare(t.Context(), degenerateSide("a", cases, values[0]), degenerateSide("b", cases, values[1]), opts, nil)
			if err != nil {
				t.Fatal(err)
			}
			for _, width := range []int{0, 100} {
				for i, f := range Formats {
					var b bytes.Buffer
					if err := f.Write(&b, c, Options{Width: width}); err != nil || none.Match(b.Bytes()) {
						t.Errorf("%s of %d cases, %v: %v\n%s", f.Name, cases, values, err, none.FindAll(b.Bytes(), 9))
					}
					b.Reset()
					if err := TrendFormats[i].Write(&b, tr, TrendOptions{Options: Options{Width: width}}); err != nil || none.Match(b.Bytes()) {
						t.Errorf("trend %s of %d cases, %v: %v\n%s", TrendFormats[i].Name, cases, values, err, none.FindAll(b.Bytes(), 9))
					}
				}
			}
		}
	}
}

// TestBoundsRoundUp: what is claimed to be shown is never more than was.
func TestBoundsRoundUp(t *testing.T) {
	bound := .0404
	c := &drift.Comparison{Metrics: []drift.Metric{{Verdict: drift.Holds, Metric: eval.Metric{Name: "facts", Scale: eval.Unit},
		Overall: drift.Cell{DetectableEven: &bound, HoldsAt: &bound}}}}
	want := "facts: an even erosion of less than 4.1 points would have gone unseen 1 time in 5 or more often; shown to hold within 4.1 points"
	if got := blind(c); len(got) != 1 || got[0] != want {
		t.Errorf("%q", got)
	}
	p := &drift.Plan{Rows: []drift.PlanRow{{Even: &bound, Losses: &bound, Margin: &bound}}}
	if row := planRows(p, plain).rows[0]; row[2] != "4.1" || row[3] != "4.1" || row[4] != "4.1" {
		t.Errorf("%q", row)
	}
}

// TestSmallRates: a rate that is kept is never written as none.
func TestSmallRates(t *testing.T) {
	c := &drift.Comparison{Options: drift.Options{Alpha: .0001, Confidence: .95}}
	if got := ground(c); !strings.HasPrefix(got, "At most 0.005 % of reports") || !strings.Contains(got, "intervals are two-sided 95 %, ") {
		t.Error(got)
	}
}
