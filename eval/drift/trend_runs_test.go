package drift

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"holdtrue/eval"
)

// level gives nights that are all alike but for noise of a point.
func level(seed uint64, n int, at float64) []float64 {
	return nightly(seed, n, .01, func(int) float64 { return at })
}

// leftReasons lists why runs were left out, by their id.
func leftReasons(t *Trend) map[string]string {
	reasons := map[string]string{}
	for _, r := range t.Left {
		reasons[r.ID] = r.Reason
	}
	return reasons
}

// TestTrendLeavesOut: what cannot be compared is listed with its reason and not
// read.
func TestTrendLeavesOut(t *testing.T) {
	runs := history(level(1, 20, .9), always("1"))
	unread := func(i int) {
		runs[i].Rows = func(yield func(eval.Row, error) bool) {
			t.Errorf("run %d was read", i)
			yield(eval.Row{}, errBroken)
		}
	}
	runs[3].Run.Status = eval.Running
	runs[4].Run.Selection = "first 5"
	for _, i := range []int{5, 6, 7} {
		runs[i].Run.Kind = "recording"
		runs[i].Run.Lineage = map[string]string{"recording": "sha256:same"}
	}
	runs[7].Run.Metrics = []eval.Metric{unit}
	runs[7].Run.Metrics[0].Version = "2" // the same answers, judged anew
	for _, i := range []int{0, 3, 4, 6} {
		unread(i)
	}
	failing := make([]eval.Row, 100)
	for k := range failing {
		failing[k] = row(caseID(k), 0, .9)
		if k < 11 {
			failing[k] = failedRow(caseID(k), 0, 1)
		}
	}
	runs[8].Rows = stream(failing)
	runs[9].Rows = stream(failing[1:]) // 10 of 99 are too many, too
	runs[10].Rows = stream(nil)
	tr := trend(t, runs, TrendOptions{Since: runs[1].Run.Started})
	want := map[string]string{
		"run0000000": "started before 2026-01-02 03:00 UTC",
		"run0000003": "is not complete",
		"run0000004": "asked only part of the suite: first 5",
		"run0000006": "replays the same recording as run run0000005, which counts once",
		"run0000008": "11 % of its calls failed (11 of 100), more than the 10 % that are allowed",
		"run0000009": "10 % of its calls failed (10 of 99), more than the 10 % that are allowed",
		"run0000010": "holds no output",
	}
	got := leftReasons(tr)
	for id, reason := range want {
		if got[id] != reason {
			t.Errorf("%s: %q, want %q", id, got[id], reason)
		}
	}
	if len(got) != len(want) || len(tr.Runs) != 13 {
		t.Errorf("%d left out, %d take part", len(got), len(tr.Runs))
	}
	for i := 1; i < len(tr.Left); i++ {
		if tr.Left[i].Started.Before(tr.Left[i-1].Started) {
			t.Error("what was left out is not in order")
		}
	}
}

// TestTrendOfPartsOnly: where every run asks a part of the suite, the newest
// run's part is meant.
func TestTrendOfPartsOnly(t *testing.T) {
	runs := history(level(1, 12, .9), always("1"))
	for i := range runs {
		runs[i].Run.Selection = "topic=a"
	}
	runs[2].Run.Selection = "first 5"
	if tr := trend(t, runs, TrendOptions{}); len(tr.Runs) != 11 || leftReasons(tr)["run0000002"] == "" {
		t.Errorf("%d runs", len(tr.Runs))
	}
}

// TestTrendNewestRunFailed: when the newest run has to be left out, quiet nights
// before it are no answer.
func TestTrendNewestRunFailed(t *testing.T) {
	runs := history(level(1, 20, .9), always("1"))
	rows := []eval.Row{row("a", 0, 1), failedRow("b", 0, 1)}
	runs = append(runs, pastRun(20, "1", rows, unit))
	tr := trend(t, runs, TrendOptions{})
	if tr.Verdict != NotMeasured || TrendExitCode(tr) != 3 || !strings.Contains(strings.Join(tr.Reasons, "\n"),
		"the newest run, run0000020, is left out: 50 % of its calls failed") {
		t.Errorf("%s %q", tr.Verdict, tr.Reasons)
	}
	// One that goes on is no newer run.
	going := pastRun(21, "1", nil, unit)
	going.Run.Status = eval.Running
	if tr = trend(t, append(runs, going), TrendOptions{}); !strings.Contains(strings.Join(tr.Reasons, "\n"), "the newest run, run0000020, is left out") {
		t.Errorf("%q", tr.Reasons)
	}
	// A metric that lost all its scores is no answer either.
	unscored := row("a", 0, 1)
	unscored.Scores[0].Status = eval.Failed
	runs[20] = pastRun(20, "1", []eval.Row{unscored}, unit)
	tr = trend(t, runs, TrendOptions{})
	if tr.Verdict != NotMeasured || tr.Reasons[0] != "facts is not measured: the newest run has no score of it" {
		t.Errorf("%s %q", tr.Verdict, tr.Reasons)
	}
}

// TestTrendSegments: every change of what is asked or how it is judged begins a
// new segment, with the reason; the agent's version does not.
func TestTrendSegments(t *testing.T) {
	runs := history(level(1, 60, .9), func(i int) string { return fmt.Sprint(i / 7) })
	another := func(i int, rows []eval.Row) { runs[i].Rows = stream(rows) }
	for i := 10; i < 60; i++ {
		rows := make([]eval.Row, 104)
		for k := range rows {
			rows[k] = row(caseID(k), 0, .9)
			if i >= 20 && k == 0 {
				rows[k].CaseHash = "edited"
			}
		}
		another(i, rows)
	}
	for i := 30; i < 60; i++ {
		m := unit
		if m.Version = "2"; i >= 40 {
			m.Args = []byte(`{"answers":"x"}`)
		}
		runs[i].Run.Metrics = []eval.Metric{m}
		if i >= 50 {
			runs[i].Run.Repeats = 3
		}
	}
	s := trend(t, runs, TrendOptions{}).Series[0]
	want := []Segment{{0, 10, ""}, {10, 20, "golden set changed: 100 -> 104 cases"}, {20, 30, "golden set changed: 104 cases, not the same ones"},
		{30, 40, "facts: version 1 -> 2"}, {40, 50, `facts: arguments {} and {"answers":"x"}`}, {50, 60, "answers to a case: 1 -> 3"}}
	if len(s.Segments) != len(want) {
		t.Fatalf("%+v", s.Segments)
	}
	for i, w := range want {
		if s.Segments[i] != w {
			t.Errorf("%+v, want %+v", s.Segments[i], w)
		}
	}
	if len(s.Points) != 60 || s.Watched != 50 || s.Alarm.Runs != 10 {
		t.Errorf("%d points, watched from %d", len(s.Points), s.Watched)
	}
}

// TestTrendOfSliceGoesOn: a slice whose cases are the same is not cut where
// other cases of the golden set change.
func TestTrendOfSliceGoesOn(t *testing.T) {
	var runs []PastRun
	for i := range 20 {
		rows := make([]eval.Row, 30+i/10)
		for k := range rows {
			rows[k] = row(caseID(k), 0, .9)
			rows[k].Tags = map[string][]string{"topic": {string(rune('a' + min(k/10, 2)))}}
		}
		runs = append(runs, pastRun(i, "1", rows, unit))
	}
	tr := trend(t, runs, TrendOptions{Keys: []string{"topic"}})
	for _, s := range tr.Series {
		segments := 1
		if s.Slice == "" || s.Slice == "topic=c" {
			segments = 2
		}
		if len(s.Segments) != segments {
			t.Errorf("%q: %+v", s.Slice, s.Segments)
		}
	}
	if reason := tr.Series[3].Segments[1].Reason; tr.Series[3].Slice != "topic=c" || reason != "cases of the slice changed: 10 -> 11 cases" {
		t.Error(reason)
	}
}

// TestTrendBeginsAnewAfterAPin: an alarm stands until a run after it is pinned,
// even one that takes no part.
func TestTrendBeginsAnewAfterAPin(t *testing.T) {
	x := append(level(1, 30, .9), level(2, 30, .8)...)
	runs := history(x, always("1"))
	runs[0].Pins = []string{"main"}
	if tr := trend(t, runs, TrendOptions{}); tr.Verdict != Regressed || tr.Restart.After != 1 || tr.Series[0].Watched != 1 {
		t.Errorf("%s %+v", tr.Verdict, tr.Restart)
	}
	runs[35].Pins = []string{"accepted"}
	tr := trend(t, runs, TrendOptions{})
	s := tr.Series[0]
	if tr.Verdict != NoChangeSeen || TrendExitCode(tr) != 0 || s.Watched != 36 || s.Alarm.Runs != 24 || tr.Restart.RunID != "run0000035" {
		t.Errorf("%s %+v %+v", tr.Verdict, tr.Restart, s.Alarm)
	}
	if len(s.Changes) != 1 || s.Changes[0].Point != 30 || s.Changes[0].Lately {
		t.Errorf("%+v", s.Changes)
	}
	runs[35].Run.Selection = "first 5"
	if tr := trend(t, runs, TrendOptions{}); tr.Restart.After != 35 || tr.Series[0].Watched != 35 {
		t.Errorf("%+v, watched from %d", tr.Restart, tr.Series[0].Watched)
	}
	runs[59].Pins = []string{"accepted"}
	tr = trend(t, runs, TrendOptions{})
	if tr.Verdict != NotMeasured || tr.Reasons[0] != "facts is not measured: 0 runs since the pinned run run0000059, the alarm needs 7" ||
		tr.Next[0] != "run the agent 7 times more, then look again" {
		t.Errorf("%s %q %q", tr.Verdict, tr.Reasons, tr.Next)
	}
}

// TestTrendKnowsDirections: a rise of a score for which lower is better is a
// loss, that of another is not; what is neither is only told.
func TestTrendKnowsDirections(t *testing.T) {
	metrics := []eval.Metric{unit, unit, unit}
	metrics[0].Name, metrics[0].Better = "bad", eval.Lower
	metrics[1].Name = "good"
	metrics[2].Name, metrics[2].Better, metrics[2].Scale, metrics[2].Unit = "length", eval.Neither, eval.Measure, "words"
	var runs []PastRun
	for i, v := range append(level(1, 30, .1), level(2, 30, .2)...) {
		rows := make([]eval.Row, 50)
		for k := range rows {
			rows[k] = row(caseID(k), 0, v, v, 100*v)
		}
		runs = append(runs, pastRun(i, "1", rows, metrics...))
	}
	tr := trend(t, runs, TrendOptions{})
	bad, good, length := tr.Series[0], tr.Series[1], tr.Series[2]
	if bad.Verdict != Regressed || !bad.Changes[0].Worse || !strings.HasPrefix(bad.Reason, "rose from 9.7 to 20.1 points with run run0000030") {
		t.Errorf("%s %s", bad.Verdict, bad.Reason)
	}
	if good.Verdict != Changed || good.Changes[0].Worse || good.Alarm.Standing || !strings.HasSuffix(good.Reason, "that is for the better") {
		t.Errorf("%s %s", good.Verdict, good.Reason)
	}
	if length.Verdict != Changed || length.Gating || length.Alarm != nil || !strings.HasPrefix(length.Reason, "changed from 9.71 to 20.1 words") {
		t.Errorf("%s %s", length.Verdict, length.Reason)
	}
	if tr.Verdict != Regressed || tr.Family.Overall != 2 || bad.Alarm.Threshold != good.Alarm.Threshold || bad.Alarm.Threshold < 49.9 || bad.Alarm.Threshold > 50.1 {
		t.Errorf("%s %+v", tr.Verdict, tr.Family)
	}
	// Negating a score and its direction changes nothing but the signs.
	if r, g := bad.Rot, good.Rot; r.Slope != g.Slope || r.Low != g.Low || r.High != g.High || r.P != g.P || g.PAdjusted != 1 {
		t.Errorf("%+v and %+v", r, g)
	}
}

// TestTrendAlarmStandsAfterRecovery: what came back is told, and the alarm stands.
func TestTrendAlarmStandsAfterRecovery(t *testing.T) {
	x := append(append(level(1, 30, .9), level(2, 10, .8)...), level(3, 20, .9)...)
	tr := trend(t, history(x, always("1")), TrendOptions{})
	if tr.Verdict != Regressed || !strings.Contains(tr.Reasons[0], "; it changed again to 89.9 points") {
		t.Errorf("%s %q", tr.Verdict, tr.Reasons)
	}
}

// TestTrendFewRunsAreNeverQuiet: too few runs are not measured, whatever the
// level of the other metrics.
func TestTrendFewRunsAreNeverQuiet(t *testing.T) {
	for n := range 7 {
		tr := trend(t, history(level(1, n, .9), always("1")), TrendOptions{})
		words := strings.Join(tr.Reasons, "\n")
		if tr.Verdict != NotMeasured || TrendExitCode(tr) != 3 || strings.Contains(words, "no change") {
			t.Errorf("%d runs: %s %s", n, tr.Verdict, words)
		}
		if n > 0 && words != fmt.Sprintf("facts is not measured: %s, the alarm needs 7", count(n, "run")) {
			t.Error(words)
		}
	}
	if tr := trend(t, history(level(1, 7, .9), always("1")), TrendOptions{}); tr.Verdict != NoChangeSeen || tr.Series[0].Alarm.Sees == nil {
		t.Errorf("%s %q", tr.Verdict, tr.Reasons)
	}
}

// TestTrendAfterTheHorizon: the alarm is renewed, so that it sees what happens in
// the second year as well.
func TestTrendAfterTheHorizon(t *testing.T) {
	x := append(level(1, 400, .9), level(2, 20, .88)...)
	tr := trend(t, history(x, always("1")), TrendOptions{})
	if a := tr.Series[0].Alarm; !a.Standing || *a.At < 400 || *a.At > 415 {
		t.Errorf("%+v", a.At)
	}
}

// TestTrendOfConstantNights: nights that are all the same make one lost case no
// alarm and no change, several lost for good make both.
func TestTrendOfConstantNights(t *testing.T) {
	for _, c := range []struct {
		lost    int
		verdict Verdict
	}{{0, NoChangeSeen}, {1, NoChangeSeen}, {5, Regressed}} {
		var runs []PastRun
		for i := range 30 {
			rows := make([]eval.Row, 100)
			for k := range rows {
				v := 1.
				if i >= 26 && k < c.lost {
					v = 0
				}
				rows[k] = row(caseID(k), 0, v)
			}
			runs = append(runs, pastRun(i, "1", rows, correct))
		}
		if tr := trend(t, runs, TrendOptions{}); tr.Verdict != c.verdict {
			t.Errorf("%d cases lost: %s %q", c.lost, tr.Verdict, tr.Reasons)
		}
	}
}

// TestTrendMeansCountCases: repeats are averaged within their case, and a case
// without a score is not counted.
func TestTrendMeansCountCases(t *testing.T) {
	rows := []eval.Row{row("a", 0, 1), row("a", 1, 0), row("a", 2, 0), row("b", 0, 1), failedRow("c", 0, 1)}
	tr := trend(t, []PastRun{pastRun(0, "1", rows, correct)}, TrendOptions{MaxFailed: .5})
	if p := tr.Series[0].Points[0]; p.Mean < .6666 || p.Mean > .6667 || p.Cases != 2 || p.Failed != .2 {
		t.Errorf("%+v", p)
	}
}

func TestTrendSaysWhatIsWrong(t *testing.T) {
	runs := history(level(1, 3, .9), always("1"))
	for words, opts := range map[string]TrendOptions{
		"level is 0.5":         {Level: .5},
		"horizon is 11":        {Horizon: 11},
		`no metric "fatcs"`:    {Metrics: []string{"fatcs"}},
		`no slice "topic=x"`:   {Slices: []string{"topic=x"}},
		"name of a slice":      {Slices: []string{"topic"}},
		"max_failed is 2":      {MaxFailed: 2},
		"confidence is 0.4":    {Confidence: .4},
		"horizon is 100000000": {Horizon: 100_000_000},
	} {
		_, err := NewTrend(t.Context(), "s", "bot", runs, opts)
		var in *eval.InputError
		if !errors.As(err, &in) || !strings.Contains(err.Error(), words) {
			t.Errorf("%s: %v", words, err)
		}
	}
	runs[1].Rows = func(yield func(eval.Row, error) bool) { yield(eval.Row{}, errBroken) }
	if _, err := NewTrend(t.Context(), "s", "bot", runs, TrendOptions{}); !errors.Is(err, errBroken) {
		t.Errorf("%v", err)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := NewTrend(ended, "s", "bot", runs[:1], TrendOptions{}); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}

// TestTrendNarrows: what is looked at shares the level.
func TestTrendNarrows(t *testing.T) {
	runs := quiet(1, 20)
	all := trend(t, runs, TrendOptions{Keys: []string{"topic"}})
	one := trend(t, runs, TrendOptions{Metrics: []string{"m1"}, Slices: []string{"topic=b"}})
	if len(all.Series) != 16 || len(one.Series) != 2 || one.Series[1].Slice != "topic=b" || one.Family.Slices != 1 {
		t.Errorf("%d and %d series", len(all.Series), len(one.Series))
	}
	if a, o := all.Series[4].Alarm, one.Series[0].Alarm; !(o.Threshold < a.Threshold/3.9) || a.E[19] != o.E[19] {
		t.Errorf("%v and %v", a.Threshold, o.Threshold)
	}
	if tr := trend(t, runs, TrendOptions{Keys: []string{"topic", "language"}}); len(tr.Warnings) != 1 || tr.Warnings[0] != `no case of the newest run has the tag "language"` {
		t.Errorf("%q", tr.Warnings)
	}
	if !one.Options.Since.Equal(time.Time{}) || len(one.Options.Keys) != 1 {
		t.Errorf("%+v", one.Options)
	}
}

// Nights that were answered from a cache, or with an earlier night's answers, are
// no nights; a newest run that stopped early is not passed over in silence.
func TestTrendLeavesCopiesOut(t *testing.T) {
	make := func(day int, change func(r *eval.Row)) PastRun {
		var of []eval.Row
		for i := range 20 {
			r := row(caseID(i), 0, 1)
			change(&r)
			of = append(of, r)
		}
		return pastRun(day, "1", of, correct)
	}
	id := func(night string) func(r *eval.Row) { return func(r *eval.Row) { r.Response = night + r.CaseID } }
	tr := trend(t, []PastRun{make(0, id("a")), make(1, id("a")), make(2, func(r *eval.Row) { r.Cached = true }), make(3, id("b"))}, TrendOptions{})
	if len(tr.Runs) != 2 || len(tr.Left) != 2 || !strings.Contains(tr.Left[0].Reason, "20 of its 20 answers carry the response id of an earlier run's") ||
		!strings.Contains(tr.Left[1].Reason, "20 of its 20 answers came from a cache") {
		t.Errorf("%d runs, left %+v", len(tr.Runs), tr.Left)
	}
	stopped := make(4, id("c"))
	stopped.Run.StopEarly = &eval.StopEarly{Planned: 40, Decision: "regressed"}
	stopped.Run.Selection = "stopped early: 20 of 40 cases"
	tr = trend(t, []PastRun{make(0, id("a")), make(1, id("b")), stopped}, TrendOptions{})
	if tr.Verdict != NotMeasured || !strings.Contains(strings.Join(tr.Reasons, "\n"), "the newest run, "+stopped.Run.ID+", is left out") {
		t.Errorf("%s %q", tr.Verdict, tr.Reasons)
	}
}
