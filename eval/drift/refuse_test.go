package drift

import (
	"context"
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"holdtrue/eval"
)

func TestFetchOnlyWhatIsShown(t *testing.T) {
	before, after := twoByTwo(9, 0, 50, 0)
	calls := 0
	fetch := func(_ context.Context, run, id string, repeat int) (eval.Case, eval.Result, error) {
		calls++
		return eval.Case{ID: id, Prompt: "p", Tags: map[string][]string{"k": {"v"}}},
			eval.Result{Output: eval.Output{CaseID: id, Repeat: repeat, Text: run}, Scores: []eval.Score{{Metric: "correct", Status: eval.Scored}}}, nil
	}
	c, err := Compare(t.Context(), Input{Run: newRun("a", correct), Rows: stream(before)}, Input{Run: newRun("b", correct), Rows: stream(after)}, Options{MaxCases: 3}, fetch)
	if err != nil {
		t.Fatal(err)
	}
	if calls != 6 || len(c.Worse) != 3 || c.WorseTotal != 9 {
		t.Errorf("%d calls for %d of %d cases", calls, len(c.Worse), c.WorseTotal)
	}
	w := c.Worse[0]
	if w.BaselineOutput.Text != "a" || w.CandidateOutput.Text != "b" || w.Case.Prompt != "p" || w.Tags["k"] == nil || len(w.CandidateScores) != 1 {
		t.Errorf("%+v", w)
	}
	broken := func(context.Context, string, string, int) (eval.Case, eval.Result, error) {
		return eval.Case{}, eval.Result{}, errBroken
	}
	if _, err := Compare(t.Context(), Input{Run: newRun("a", correct), Rows: stream(before)}, Input{Run: newRun("b", correct), Rows: stream(after)}, Options{}, broken); !errors.Is(err, errBroken) {
		t.Errorf("%v", err)
	}
}

func TestRefusals(t *testing.T) {
	before, after := twoByTwo(0, 0, 80, 0)
	half := newRun("a", correct)
	half.Status = eval.Running
	c := compare(t, half, newRun("b", correct), before, after, Options{})
	if c.Verdict != NotMeasured || ExitCode(c, true) != 3 || !strings.Contains(c.Reasons[0], "the baseline run a of bot@a is not complete") {
		t.Errorf("%s %q", c.Verdict, c.Reasons)
	}
	c = compare(t, half, newRun("b", correct), before, after, Options{Force: true})
	if c.Verdict != Holds || len(c.Forced) != 1 {
		t.Errorf("%s %q", c.Verdict, c.Forced)
	}
	for reason, rows := range map[string][]eval.Row{
		"holds two outputs for repeat 0":  append(before[:2:2], before[0]),
		"holds two contents of case":      append(before[:2:2], eval.Row{CaseID: before[0].CaseID, CaseHash: "x", Repeat: 1}),
		"a score of metric 7, expected 0": append(before[:2:2], eval.Row{CaseID: "z", Scores: []eval.RowScore{{Metric: 7}}}),
	} {
		_, err := Compare(t.Context(), Input{Run: newRun("a", correct), Rows: stream(rows)}, Input{Run: newRun("b", correct), Rows: stream(after)}, Options{}, nil)
		if err == nil || !strings.Contains(err.Error(), reason) {
			t.Errorf("want an error with %q, got %v", reason, err)
		}
	}
	torn := func(yield func(eval.Row, error) bool) { yield(eval.Row{}, errBroken) }
	if _, err := Compare(t.Context(), Input{Run: newRun("a", correct), Rows: torn}, Input{Run: newRun("b", correct), Rows: stream(after)}, Options{}, nil); !errors.Is(err, errBroken) {
		t.Errorf("%v", err)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Compare(ended, Input{Run: newRun("a", correct), Rows: stream(before)}, Input{Run: newRun("b", correct), Rows: stream(after)}, Options{}, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	two := 2.
	for _, o := range []Options{{Alpha: -1}, {Alpha: math.NaN()}, {Margin: &two}, {Draws: 5}, {MaxFailed: 2}, {Confidence: 1}, {MaxCases: -1}} {
		if _, err := Compare(t.Context(), Input{Run: newRun("a", correct), Rows: stream(before)}, Input{Run: newRun("b", correct), Rows: stream(after)}, o, nil); err == nil {
			t.Errorf("%+v was accepted", o)
		}
	}
}

// TestLostScoresAreDoubted takes the good word back where answers of the
// candidate could not be judged on cases whose baseline was, and only there.
func TestLostScoresAreDoubted(t *testing.T) {
	other := eval.Metric{Name: "other", Scorer: "label", Version: "1", Scale: eval.Binary, Better: eval.Higher, Gate: true}
	both := func(n, scored int, status eval.Status) (rows []eval.Row) {
		for i := range n {
			r := row(caseID(i), 0, 1, 1)
			if i >= scored {
				r.Scores[1] = eval.RowScore{Metric: 1, Status: status}
			}
			rows = append(rows, r)
		}
		return rows
	}
	for _, c := range []struct {
		before, after []eval.Row
		want          Verdict
		part          string
	}{
		{both(100, 100, eval.Failed), both(100, 70, eval.Failed), Inconclusive, "other lost its score on 30 cases that had one"},
		{both(100, 100, eval.Skipped), both(100, 95, eval.Skipped), Inconclusive, "other lost its score on 5 cases"},
		{both(100, 100, eval.Failed), both(100, 97, eval.Failed), Holds, "hold within"},
		{both(100, 70, eval.Failed), both(100, 100, eval.Failed), Holds, "hold within"},
		{both(100, 100, eval.Failed), both(100, 0, eval.Failed), NotMeasured, "other lost its score on 100 cases"},
		{both(100, 0, eval.Failed), both(100, 0, eval.Failed), NotMeasured, "1 metric could not be compared: other"},
		{both(100, 0, eval.Skipped), both(100, 0, eval.Skipped), Holds, "correct holds within"}, // applies to no case
	} {
		got := compare(t, newRun("a", correct, other), newRun("b", correct, other), c.before, c.after, Options{})
		if got.Verdict != c.want || !strings.Contains(strings.Join(got.Reasons, "\n"), c.part) {
			t.Errorf("%s %q, want %s with %q", got.Verdict, got.Reasons, c.want, c.part)
		}
		if strings.Contains(strings.Join(got.Next, "\n"), "same configuration") {
			t.Errorf("nothing is configured differently: %q", got.Next)
		}
	}
	failed := func(n int) (rows []eval.Row) {
		for i := range n {
			rows = append(rows, failedRow(caseID(i), 0, 1))
		}
		return rows
	}
	c := compare(t, newRun("a", correct), newRun("b", correct), failed(9), failed(9), Options{})
	if c.Verdict != NotMeasured || len(c.Next) != 1 || !strings.Contains(c.Next[0], "errors of the failed calls") {
		t.Errorf("%s %q", c.Verdict, c.Next)
	}
}

func TestExitCode(t *testing.T) {
	for v, want := range map[Verdict][2]int{
		Holds: {0, 0}, Improved: {0, 0}, ImprovedCases: {0, 0}, Regressed: {1, 1}, RegressedCases: {1, 1}, Mixed: {1, 1},
		Inconclusive: {3, 0}, NotMeasured: {3, 3}, "": {3, 3},
	} {
		c := &Comparison{Verdict: v}
		if got := [2]int{ExitCode(c, false), ExitCode(c, true)}; got != want {
			t.Errorf("%q: %v, want %v", v, got, want)
		}
	}
}

func TestSummarize(t *testing.T) {
	rows := []eval.Row{row("a", 0, 1), row("a", 1, .5), failedRow("b", 0, 1), {CaseID: "c", Scores: []eval.RowScore{{Status: eval.Skipped}}}, {CaseID: "d", Scores: []eval.RowScore{{Status: eval.Failed}}}}
	s, err := Summarize(newRun("a", unit, correct), stream(rows))
	if err != nil {
		t.Fatal(err)
	}
	mean := .75
	want := []MetricSummary{{Metric: unit, Scored: 2, Skipped: 1, Missing: 1, Failed: 1, Mean: &mean}, {Metric: correct}}
	if diff := cmp.Diff(want, s.Metrics); diff != "" || s.Cases != 4 || s.Outputs != 5 || s.Failed != 1 {
		t.Errorf("%+v\n%s", s, diff)
	}
	if _, err := Summarize(newRun("a"), stream(rows)); err == nil {
		t.Error("a score of an unknown metric must be an error")
	}
}

// Every refusal has its own message, ends in exit code 3 and can be overridden,
// which the report then says.
func TestRefusalsCanBeForced(t *testing.T) {
	good := rounds(40, 1, func(i, _ int) float64 { return float64(i%10) / 10 })
	with := func(change func(i int, r *eval.Row)) []eval.Row {
		rows := slices.Clone(good)
		for i := range rows {
			change(i, &rows[i])
		}
		return rows
	}
	for reason, after := range map[string][]eval.Row{
		"40 of 40 answers of the candidate are empty":        with(func(_ int, r *eval.Row) { r.Blank = true }),
		"20 of 40 answers of the candidate are empty":        with(func(i int, r *eval.Row) { r.Blank = i%2 == 0 }),
		"the candidate gave the same answer to all 40 cases": with(func(_ int, r *eval.Row) { r.Text = 7 }),
		"20 % of the candidate's calls failed (8 of 40)":     with(func(i int, r *eval.Row) { r.Failed = i%5 == 0 }),
		"10 of the baseline's 40 cases are not compared (6 edited since, 4 gone)": with(func(i int, r *eval.Row) {
			if i < 6 {
				r.CaseHash = "edited"
			}
		})[:36],
	} {
		c := compare(t, newRun("a", unit), newRun("b", unit), good, after, Options{})
		if c.Verdict != NotMeasured || ExitCode(c, true) != 3 || !strings.HasPrefix(c.Reasons[0], reason) || c.Metrics[0].Verdict != NotMeasured {
			t.Errorf("want %q, got %s %q", reason, c.Verdict, c.Reasons)
		}
		if !slices.ContainsFunc(c.Next, func(s string) bool { return strings.Contains(s, "--force") }) || len(c.Next) < 2 {
			t.Errorf("%s: nothing says what to do: %q", reason, c.Next)
		}
		c = compare(t, newRun("a", unit), newRun("b", unit), good, after, Options{Force: true})
		if c.Verdict == NotMeasured || len(c.Forced) != 1 || !strings.HasPrefix(c.Forced[0], reason) {
			t.Errorf("forced over %q: %s %q", reason, c.Verdict, c.Forced)
		}
	}
	// A part that was run on purpose is no loss, and neither are few edits.
	part := newRun("b", unit)
	part.Selection = "topic=refunds"
	if c := compare(t, newRun("a", unit), part, good, good[:10], Options{}); c.Verdict == NotMeasured {
		t.Errorf("%q", c.Reasons)
	}
	if c := compare(t, newRun("a", unit), newRun("b", unit), good, good[:32], Options{}); c.Verdict == NotMeasured {
		t.Errorf("%q", c.Reasons)
	}
	// Two constant sides that say the same are the same, however odd.
	same := with(func(_ int, r *eval.Row) { r.Text = 7 })
	if c := compare(t, newRun("a", unit), newRun("b", unit), same, same, Options{}); c.Verdict == NotMeasured {
		t.Errorf("%q", c.Reasons)
	}
}
