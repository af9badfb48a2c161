package drift

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"holdtrue/eval"
)

func TestTwoByTwo(t *testing.T) {
	for _, w := range []struct {
		reason                           string
		lost, gained, bothPass, bothFail int
		verdict                          Verdict
		p                                float64 // mid-p by hand
		needs, holdsUnder                float64
		first                            string
	}{
		{"eight losses and no gain: 1/256", 8, 0, 50, 2, Regressed, 1. / 256, 0, 0, "correct fell by 13.3 points"},
		{"five losses are the least that shows: 1/32", 5, 0, 10, 0, Regressed, 1. / 32, 0, 0, "correct fell by 33.3 points"},
		{"four are not: 1/16", 4, 0, 10, 0, Inconclusive, 1. / 16, 0, 0, "correct is inconclusive: a difference of -28.6 points may be noise"},
		{"seven against one: (2*1+8)/256", 1, 7, 20, 0, Improved, 10. / 256, 0, 0, "correct rose by 21.4 points"},
		{"59 unchanged cases hold within 5 points", 0, 0, 40, 19, Holds, 1, 0, .05, "correct holds within 5 points"},
		{"58 do not", 0, 0, 58, 0, Inconclusive, 1, 59, 0, "correct is inconclusive: no case changed, but 58 cases are too few to prove it"},
		{"as many losses as gains say nothing", 3, 3, 20, 0, Inconclusive, 1 - 20./64/2, 0, 0, "correct is inconclusive"},
		{"one case", 1, 0, 0, 0, Inconclusive, .5, 0, 0, "correct is inconclusive"},
	} {
		before, after := twoByTwo(w.lost, w.gained, w.bothPass, w.bothFail)
		c := compare(t, newRun("a", correct), newRun("b", correct), before, after, Options{})
		o := c.Metrics[0].Overall
		if c.Verdict != w.verdict || c.Metrics[0].Verdict != w.verdict || o.Verdict != w.verdict {
			t.Errorf("%s: report %s, metric %s, cell %s; want %s", w.reason, c.Verdict, c.Metrics[0].Verdict, o.Verdict, w.verdict)
		}
		if math.Abs(o.P-w.p) > 1e-12 || o.PAdjusted != o.P || c.Draws != 0 {
			t.Errorf("%s: p %v, adjusted %v, %d draws; want the exact %v", w.reason, o.P, o.PAdjusted, c.Draws, w.p)
		}
		if o.Worse != w.lost || o.Better != w.gained || o.Same != w.bothPass+w.bothFail {
			t.Errorf("%s: %+v", w.reason, o)
		}
		if w.needs > 0 && float64(o.NeedCases) != w.needs {
			t.Errorf("%s: needs %d, want %v", w.reason, o.NeedCases, w.needs)
		}
		if w.holdsUnder > 0 && *o.HoldsAt >= w.holdsUnder {
			t.Errorf("%s: holds at %v", w.reason, *o.HoldsAt)
		}
		if len(c.Reasons) == 0 || !strings.HasPrefix(c.Reasons[0], w.first) {
			t.Errorf("%s: reasons %q, want the first to begin %q", w.reason, c.Reasons, w.first)
		}
	}
}

func TestWordsOfARegression(t *testing.T) {
	before, after := twoByTwo(14, 2, 100, 4)
	c := compare(t, newRun("a", correct), newRun("b", correct), before, after, Options{})
	want := "correct fell by 10 points (95 % interval -17.5 to -2.9; 14 of 120 cases got worse, 2 better)"
	if c.Reasons[0] != want {
		t.Errorf("%q\nwant\n%q", c.Reasons[0], want)
	}
	if len(c.Next) == 0 || c.Next[0] != "look first at case "+caseID(0)+", where correct lost most, then at the 13 after it" {
		t.Errorf("next %q", c.Next)
	}
	if c.WorseTotal != 14 || c.BetterTotal != 2 || len(c.Worse) != 14 || math.Abs(c.Churn.Texts.Share-16./120) > 1e-12 {
		t.Errorf("%d worse, %d better, %d listed, churn %v", c.WorseTotal, c.BetterTotal, len(c.Worse), c.Churn)
	}
}

func TestPairing(t *testing.T) {
	before := []eval.Row{row("same", 0, 1), row("edited", 0, 1), row("removed", 0, 1), failedRow("down", 0, 1)}
	after := []eval.Row{row("same", 0, 1), row("edited", 0, 0), row("added", 0, 0), row("down", 0, 0)}
	after[1].CaseHash = "other content"
	c := compare(t, newRun("a", correct), newRun("b", correct), before, after, Options{MaxFailed: .5})
	want := Pairing{Paired: 2, Edited: []string{"edited"}, Added: []string{"added"}, Removed: []string{"removed"}, Failed: []string{"down"},
		EditedTotal: 1, AddedTotal: 1, RemovedTotal: 1, FailedTotal: 1}
	if diff := cmp.Diff(want, c.Pairing); diff != "" {
		t.Error(diff)
	}
	if c.Metrics[0].Overall.Cases != 1 || c.WorseTotal != 0 {
		t.Errorf("only the unchanged case may count: %+v", c.Metrics[0].Overall)
	}
	if len(c.Warnings) < 4 {
		t.Errorf("each list must be said aloud: %q", c.Warnings)
	}
}

func TestLongListsAreCapped(t *testing.T) {
	var before, after []eval.Row
	for i := range 1500 {
		before, after = append(before, row(fmt.Sprint("b", i), 0, 1)), append(after, row(fmt.Sprint("a", i), 0, 1))
	}
	c := compare(t, newRun("a", correct), newRun("b", correct), before, after, Options{})
	if len(c.Pairing.Added) != 1000 || c.Pairing.AddedTotal != 1500 || c.Verdict != NotMeasured || ExitCode(c, true) != 3 {
		t.Errorf("%d of %d, %s", len(c.Pairing.Added), c.Pairing.AddedTotal, c.Verdict)
	}
}

func TestMetricsLeftOut(t *testing.T) {
	changed := correct
	changed.Name, changed.Version = "changed", "1"
	changedToo := changed
	changedToo.Version = "2"
	old, recent := correct, correct
	old.Name, recent.Name = "old", "recent"
	before, after := twoByTwo(0, 0, 80, 0)
	widen := func(rows []eval.Row) {
		for i := range rows {
			for m := 1; m < 3; m++ {
				rows[i].Scores = append(rows[i].Scores, eval.RowScore{Metric: m, Status: eval.Scored, Value: 0})
			}
		}
	}
	widen(before)
	widen(after)
	c := compare(t, newRun("a", correct, changed, old), newRun("b", correct, changedToo, recent), before, after, Options{})
	want := []Left{{"changed", "configured differently: version 1 and 2"}, {"recent", "only the candidate has it"}, {"old", "only the baseline has it"}}
	if diff := cmp.Diff(want, c.Left); diff != "" {
		t.Error(diff)
	}
	if len(c.Metrics) != 1 || c.Metrics[0].Verdict != Holds || c.Verdict != NotMeasured {
		t.Errorf("a gating metric that vanished must not pass for holding: %s %q", c.Verdict, c.Reasons)
	}
	c = compare(t, newRun("a", changed), newRun("b", changedToo), before[:0], after[:0], Options{})
	if c.Verdict != NotMeasured || len(c.Metrics) != 0 {
		t.Errorf("%s", c.Verdict)
	}
}

func TestFailedCalls(t *testing.T) {
	before, after := twoByTwo(0, 0, 100, 0)
	for i := range 12 {
		after[i] = failedRow(after[i].CaseID, 0, 1)
	}
	run := func(maxFailed float64) *Comparison {
		return compare(t, newRun("a", correct), newRun("b", correct), before, after, Options{MaxFailed: maxFailed})
	}
	c := run(0)
	if c.Verdict != NotMeasured || c.Metrics[0].Verdict != NotMeasured || !strings.Contains(c.Reasons[0], "12 % of the candidate's calls failed (12 of 100)") {
		t.Errorf("%s %q", c.Verdict, c.Reasons)
	}
	c = run(.2)
	if c.Metrics[0].Overall.Cases != 88 || c.Metrics[0].Overall.Worse != 0 {
		t.Errorf("a failed call is missing, not wrong: %+v", c.Metrics[0].Overall)
	}
	e := c.Errors
	if e.Overall.Worse != 12 || e.Overall.Candidate != .12 || e.Verdict != Changed || e.Overall.P != math.Ldexp(1, -12) {
		t.Errorf("%+v", e)
	}
	if c.Metrics[0].Verdict != Holds || c.Verdict != Inconclusive || !strings.HasPrefix(c.Reasons[0], "failed calls rose from 0 % to 12 %") {
		t.Errorf("%s %q", c.Verdict, c.Reasons)
	}
}

func TestMissingScoresLeaveTheCaseOut(t *testing.T) {
	before, after := twoByTwo(0, 0, 4, 0)
	before[0].Scores[0].Status = eval.Skipped
	after[1].Scores[0].Status = eval.Failed
	after[2].Scores[0].Value = math.NaN()
	c := compare(t, newRun("a", correct), newRun("b", correct), before, after, Options{})
	if got := c.Metrics[0].Overall.Cases; got != 1 {
		t.Errorf("%d cases, want the one that is scored on both sides", got)
	}
	if !strings.Contains(strings.Join(c.Warnings, "\n"), "could not judge 0 outputs of the baseline and 2 of the candidate") {
		t.Errorf("%q", c.Warnings)
	}
}

func TestDirections(t *testing.T) {
	lower, neither, quiet := correct, correct, correct
	lower.Name, lower.Better = "refuses", eval.Lower
	neither.Name, neither.Better = "mentions", eval.Neither
	quiet.Name, quiet.Gate = "quiet", false
	var before, after []eval.Row
	for i := range 40 {
		v := 0.
		if i < 10 {
			v = 1
		}
		before, after = append(before, row(caseID(i), 0, 0, 0, 0)), append(after, row(caseID(i), 0, v, v, v))
	}
	metrics := []eval.Metric{lower, neither, quiet}
	c := compare(t, newRun("a", metrics...), newRun("b", metrics...), before, after, Options{})
	m := c.Metrics[0]
	if m.Verdict != Regressed || m.Overall.Diff != .25 || m.Overall.Worse != 10 || !strings.HasPrefix(m.Reason, "refuses rose by 25 points") {
		t.Errorf("more refusals are worse: %+v", m)
	}
	if len(c.Metrics) != 1 || len(c.Others) != 2 || c.Others[0].Verdict != Changed || c.Others[1].Verdict != Changed {
		t.Errorf("%+v", c.Others)
	}
	if c.Worse[0].Harm != 1 || len(c.Worse[0].Losses) != 1 {
		t.Errorf("only the gating metric harms: %+v", c.Worse[0])
	}
}

func TestMeasures(t *testing.T) {
	latency := eval.Metric{Name: "latency", Scorer: "latency", Version: "1", Scale: eval.Measure, Unit: "ms", Better: eval.Lower}
	r := rand.New(rand.NewPCG(1, 1))
	var before, after []eval.Row
	for i := range 100 {
		v := math.Exp(5 + r.NormFloat64())
		before = append(before, row(caseID(i), 0, v))
		after = append(after, row(caseID(i), 0, v*math.Exp(.2+.1*r.NormFloat64())))
	}
	before = append(before, row("zero", 0, 0))
	after = append(after, row("zero", 0, 1))
	c := compare(t, newRun("a", latency), newRun("b", latency), before, after, Options{})
	o := c.Others[0].Overall
	if c.Others[0].Verdict != Changed || o.Ratio == nil || math.Abs(*o.Ratio-math.Exp(.2)) > .05 || o.Method != "subsample" || o.Cases != 101 {
		t.Errorf("%+v", o)
	}
	if !strings.HasPrefix(c.Others[0].Reason, "latency rose by 2") || !strings.Contains(c.Others[0].Reason, "% in the typical case") {
		t.Errorf("%q", c.Others[0].Reason)
	}
	if c.Verdict != NotMeasured {
		t.Errorf("without a gating metric nothing is measured: %s", c.Verdict)
	}
	latency.Gate = true
	c = compare(t, newRun("a", latency), newRun("b", latency), before, after, Options{})
	if c.Verdict != Regressed || c.Worse[0].Harm <= 0 {
		t.Errorf("%s %q", c.Verdict, c.Reasons)
	}
	same := compare(t, newRun("a", latency), newRun("a", latency), before, before, Options{})
	if same.Verdict != Holds || same.Metrics[0].Margin <= 0 {
		t.Errorf("%s %q", same.Verdict, same.Reasons)
	}
}

func TestSlicesHideNothing(t *testing.T) {
	var before, after []eval.Row
	add := func(topic string, n int, b, a float64) {
		for range n {
			id := caseID(len(before))
			x, y := row(id, 0, b), row(id, 0, a)
			y.Tags = map[string][]string{"topic": {topic}}
			before, after = append(before, x), append(after, y)
		}
	}
	add("refunds", 20, 1, 0)
	add("shipping", 20, 0, 1)
	add("other", 60, 1, 1)
	add("rare", 1, 1, 0)
	c := compare(t, newRun("a", correct), newRun("b", correct), before, after, Options{Slices: []string{"topic"}})
	m := c.Metrics[0]
	if c.Verdict != Mixed || m.Overall.Verdict != Inconclusive || len(m.Slices) != 3 {
		t.Errorf("%s, overall %s, %d slices", c.Verdict, m.Overall.Verdict, len(m.Slices))
	}
	// Twenty losses and one unseen case at +1: -1 + 2 (1 - .025^(1/20)) = -.663.
	want := "correct on topic=refunds fell by 100 points (95 % interval -100.0 to -66.3; 20 of 20 cases got worse, 0 better), " +
		"but rose by 100 points on topic=shipping; over all cases it fell by 1 point"
	if c.Reasons[0] != want {
		t.Errorf("%q\nwant\n%q", c.Reasons[0], want)
	}
	if !strings.Contains(strings.Join(c.Warnings, "\n"), "1 slice with a single paired case was not compared: topic=rare") {
		t.Errorf("%q", c.Warnings)
	}
}

func TestRepeatsShowWhatTheAverageHides(t *testing.T) {
	var before, after []eval.Row
	for i := range 40 {
		for r := range 5 {
			v := 1.
			if i < 3 {
				v = 0
			}
			before, after = append(before, row(caseID(i), r, 1)), append(after, row(caseID(i), r, v))
		}
	}
	c := compare(t, newRun("a", correct), newRun("b", correct), before, after, Options{})
	o := c.Metrics[0].Overall
	if c.Verdict != RegressedCases || o.PWithin == nil || *o.PWithin > .001 || o.P != .125 || o.McNemarExact != nil {
		t.Errorf("%s %+v", c.Verdict, o)
	}
	if !strings.HasPrefix(c.Worse[0].Kind, kindStable) || len(c.Worse[0].Losses[0].Baseline) != 5 || ExitCode(c, true) != 1 {
		t.Errorf("%+v", c.Worse[0])
	}
	if !strings.Contains(c.Reasons[0], "the average is not shown to have dropped") {
		t.Errorf("%q", c.Reasons)
	}
	single := compare(t, newRun("a", correct), newRun("b", correct), before[:195], after[:5], Options{})
	if single.Metrics[0].Overall.Cases != 1 {
		t.Errorf("%+v", single.Metrics[0].Overall)
	}
}

func TestKinds(t *testing.T) {
	lower := unit
	lower.Better = eval.Lower
	for _, w := range []struct {
		metric        eval.Metric
		before, after []float64
		kind          string
	}{
		{unit, []float64{1, 1}, []float64{0, .5}, "stable before, failed now 2 of 2"},
		{unit, []float64{1, .5}, []float64{0, .5}, "flaky before"},
		{unit, []float64{1}, []float64{0, 0}, "noise unknown (one repeat)"},
		{unit, []float64{1, 1}, []float64{0}, "stable before, failed now 1 of 1"},
		{correct, []float64{1, 1, 1}, []float64{0, 1, 0}, "stable before, failed now 2 of 3"},
		{correct, []float64{1, 0, 1}, []float64{0, 0, 0}, "flaky before"},
		{correct, []float64{1, 1, 1, 1, 1, 1, 1, 1, 0, 1}, []float64{0, 0}, "stable before, failed now 2 of 2"},
		{correct, []float64{1, 0, 1, 1, 1, 1, 1, 1, 0, 1}, []float64{0, 0}, "flaky before"},
		{lower, []float64{0, 0}, []float64{1, 1}, "stable before, failed now 2 of 2"},
	} {
		if got := kindOf(&measured{metric: w.metric}, CaseMetric{Baseline: w.before, Candidate: w.after}); got != w.kind {
			t.Errorf("%v to %v: %s, want %s", w.before, w.after, got, w.kind)
		}
	}
}

// Single cases: those that fell beyond their own noise are flagged and come
// first, the flaky ones are listed with their flip rates.
func TestSingleCases(t *testing.T) {
	flips := func(i, r int) float64 { // the first ten cases flip, the others pass
		if i < 10 {
			return float64((i + r) % 2)
		}
		return 1
	}
	before := rounds(100, 6, flips)
	after := rounds(100, 6, func(i, r int) float64 {
		if i >= 95 {
			return 0
		}
		return flips(i, r)
	})
	c := compare(t, newRun("a", correct), newRun("b", correct), before, after, Options{})
	if c.Cases.Flagged != 5 || c.Cases.ExpectedWrong > 1 || c.Cases.NoiseUnknown {
		t.Errorf("%+v", c.Cases)
	}
	for _, w := range c.Worse {
		if !w.Flagged || w.CaseID < "c95" || w.Kind != "stable before, failed now 6 of 6" || w.Evidence.Q > .1 {
			t.Errorf("%s %s %+v", w.CaseID, w.Kind, w.Evidence)
		}
	}
	if c.FlakyTotal != 10 || c.Flaky[0].Outputs != 6 || c.Flaky[0].Passed != 3 || math.Abs(c.Flaky[0].FlipRate-2*3*3/(6*5.)) > 1e-12 {
		t.Errorf("%d flaky: %+v", c.FlakyTotal, c.Flaky)
	}
	once := compare(t, newRun("a", correct), newRun("b", correct), rounds(100, 1, flips), rounds(100, 1, func(i, _ int) float64 { return flips(i, 1) }), Options{})
	if !once.Cases.NoiseUnknown || once.Cases.Flagged != 0 || !strings.Contains(once.Cases.Reason, "which of the 5 cases that got worse are noise is unknown") {
		t.Errorf("%+v", once.Cases)
	}
}
