package drift

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"holdtrue/eval"
)

// rounds gives n repeats of cases c0, c1, ...; value says what each scored.
func rounds(cases, n int, value func(i, repeat int) float64) []eval.Row {
	var rows []eval.Row
	for i := range cases {
		for r := range n {
			rows = append(rows, row(fmt.Sprintf("c%02d", i), r, value(i, r)))
		}
	}
	return rows
}

// A repeat that carries another's response id, or comes from a cache, is not
// counted; one that merely says the same is.
func TestCopiesCountOnce(t *testing.T) {
	value := func(i, r int) float64 { return float64((i + r) % 3 / 2) }
	before, after := rounds(40, 2, value), rounds(40, 2, func(i, _ int) float64 { return float64(i % 2) })
	for i := range before {
		before[i].Response = fmt.Sprintf("resp-%d", i)
	}
	a, b := newRun("a", correct), newRun("b", correct)
	once := compare(t, a, b, before, after, Options{})
	for name, mark := range map[string]func(r *eval.Row){
		"the same response id": func(*eval.Row) {},
		"from a cache":         func(r *eval.Row) { r.Response, r.Cached = "", true },
	} {
		doubled := slices.Clone(before)
		for _, r := range before {
			r.Repeat += 2
			mark(&r)
			doubled = append(doubled, r)
		}
		twice := compare(t, a, b, doubled, after, Options{})
		if twice.Baseline.Copies != 80 || twice.Baseline.Outputs != 80 {
			t.Errorf("%s: %d copies, %d outputs; want 80 of each", name, twice.Baseline.Copies, twice.Baseline.Outputs)
		}
		if !slices.ContainsFunc(twice.Warnings, func(w string) bool { return strings.Contains(w, "80 outputs of the baseline are copies") }) {
			t.Errorf("%s: the report does not say so: %q", name, twice.Warnings)
		}
		twice.Baseline.Copies, twice.Warnings = 0, once.Warnings
		if got, want := asJSON(t, twice), asJSON(t, once); got != want {
			t.Errorf("%s: copies change the comparison:\n%s\n%s", name, got, want)
		}
	}
	separate := slices.Clone(before)
	for _, r := range before {
		r.Repeat += 2
		r.Response += "-again"
		separate = append(separate, r)
	}
	if c := compare(t, a, b, separate, after, Options{}); c.Baseline.Copies != 0 || c.Metrics[0].Overall.PWithin == nil ||
		*c.Metrics[0].Overall.PWithin == *once.Metrics[0].Overall.PWithin {
		t.Error("equal texts that were answered separately are no evidence")
	}
}

func asJSON(t *testing.T, c *Comparison) string {
	t.Helper()
	b, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// All answers of a case from a cache leave one.
func TestCachedAnswersLeaveOne(t *testing.T) {
	before, after := rounds(10, 3, func(int, int) float64 { return 1 }), rounds(10, 3, func(int, int) float64 { return 1 })
	for i := range after {
		after[i].Cached = true
	}
	c := compare(t, newRun("a", correct), newRun("b", correct), before, after, Options{})
	if c.Candidate.Outputs != 10 || c.Candidate.Copies != 20 || c.Candidate.Cached != 10 {
		t.Errorf("%+v", c.Candidate)
	}
}

// Earlier runs of the same version count with the baseline: their answers to the
// same content, on metrics that are configured alike.
func TestEarlierRunsArePooled(t *testing.T) {
	other := correct
	other.Name, other.Version = "other", "1"
	changed := other
	changed.Version = "2"
	base := rounds(20, 1, func(int, int) float64 { return 1 })
	for i := range base {
		base[i].Scores = append(base[i].Scores, eval.RowScore{Metric: 1, Status: eval.Scored, Value: 1})
	}
	earlier := func(id string, wrong int) Input { // the first so many cases are answered wrongly
		value := func(i, _ int) float64 { return float64(min(1, max(0, i-wrong+1))) }
		rows := rounds(21, 1, value) // c20 is not in the baseline
		rows[0].CaseHash = "edited since"
		for i := range rows {
			rows[i].Scores = append([]eval.RowScore{{Metric: 0, Status: eval.Scored, Value: 0}}, eval.RowScore{Metric: 1, Status: eval.Scored, Value: value(i, 0)})
		}
		return Input{Run: newRun(id, changed, correct), Rows: stream(rows)}
	}
	a, b := newRun("a", correct, other), newRun("b", correct, other)
	cand := Input{Run: b, Rows: stream(base)}
	pooled := func(earlier ...Input) *Comparison {
		c, err := Compare(t.Context(), Input{Run: a, Rows: stream(base), Earlier: earlier}, cand, Options{}, nil)
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	c := pooled(earlier("e1", 4), earlier("e2", 0))
	if got, want := c.Metrics[0].Overall.Baseline, (17+3*2./3)/20; got < want-1e-12 || got > want+1e-12 {
		t.Errorf("baseline mean %v, want %v: the edited case counts once, the others three times", got, want)
	}
	if got := c.Metrics[1].Overall.Baseline; got != 1 {
		t.Errorf("a metric of another version was pooled: mean %v", got)
	}
	if c.Baseline.Outputs != 20 || len(c.Baseline.Earlier) != 2 || c.Baseline.Earlier[0].Outputs != 19 {
		t.Errorf("%+v", c.Baseline)
	}
	back := pooled(earlier("e2", 0), earlier("e1", 4))
	back.Baseline.Earlier, back.Options = c.Baseline.Earlier, c.Options
	if asJSON(t, back) != asJSON(t, c) {
		t.Error("the order of the earlier runs matters")
	}
}

// A night on which nothing was answered, or which stands at another level under
// the same version, must not be averaged into the baseline.
func TestUnfitRunsAreNotPooled(t *testing.T) {
	good := func(i, _ int) float64 { return float64(min(1, i%20)) }    // 95 %
	poor := func(i, r int) float64 { return float64(min(1, (i+r)%3)) } // 67 %
	base := Input{Run: newRun("a", correct), Rows: stream(rounds(200, 1, good))}
	with := func(id string, change func(r *eval.Row)) Input {
		rows := rounds(200, 1, good)
		for i := range rows {
			change(&rows[i])
		}
		return Input{Run: newRun(id, correct), Rows: stream(rows)}
	}
	base.Earlier = []Input{
		with("healthy", func(*eval.Row) {}),
		with("blank", func(r *eval.Row) { r.Blank, r.Scores[0].Value = true, 0 }),
		with("outage", func(r *eval.Row) { r.Text, r.Scores[0].Value = 7, 0 }),
		with("failed", func(r *eval.Row) { r.Failed = r.CaseID < "c40" }),
		{Run: newRun("level", correct), Rows: stream(rounds(200, 1, poor))},
	}
	c, err := Compare(t.Context(), base, Input{Run: newRun("b", correct), Rows: stream(rounds(200, 1, poor))}, Options{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if c.Verdict != Regressed || len(c.Baseline.Earlier) != 1 || c.Baseline.Earlier[0].ID != "healthy" || !slices.Equal(c.Options.Earlier, []string{"healthy"}) {
		t.Errorf("%s, pooled %+v", c.Verdict, c.Baseline.Earlier)
	}
	warnings := strings.Join(c.Warnings, "\n")
	for _, words := range []string{"blank of bot@blank is not pooled with the baseline: 200 of its 200 answers are empty",
		"it gave the same answer to all 200 cases", "of its calls failed", "level of bot@level is not pooled with the baseline: its level of correct is not that of run a"} {
		if !strings.Contains(warnings, words) {
			t.Errorf("nothing says %q: %q", words, c.Warnings)
		}
	}
	again := base
	again.Earlier = base.Earlier[:1]
	d, err := Compare(t.Context(), again, Input{Run: newRun("b", correct), Rows: stream(rounds(200, 1, poor))}, Options{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	d.Warnings, d.Baseline.LeftEarlier = c.Warnings, c.Baseline.LeftEarlier
	if asJSON(t, c) != asJSON(t, d) {
		t.Error("the runs that were left out change the comparison")
	}
}

// An answer that carries the response id of the other side's is a copy.
func TestCopiesAcrossTheSides(t *testing.T) {
	rows := func(prefix string) []eval.Row {
		of := rounds(40, 1, func(i, _ int) float64 { return float64(i % 2) })
		for i := range of {
			of[i].Response = prefix + of[i].CaseID
		}
		return of
	}
	c := compare(t, newRun("a", correct), newRun("b", correct), rows("x"), rows("x"), Options{})
	if c.Verdict != NotMeasured || !strings.Contains(c.Reasons[0], "40 of 40 answers of the candidate carry the response id of an answer of the baseline") {
		t.Errorf("%s %q", c.Verdict, c.Reasons)
	}
	if c := compare(t, newRun("a", correct), newRun("b", correct), rows("x"), rows("y"), Options{}); c.Verdict == NotMeasured {
		t.Errorf("%q", c.Reasons)
	}
	cached := rows("y")
	for i := range cached {
		cached[i].Cached = true
	}
	if c := compare(t, newRun("a", correct), newRun("b", correct), rows("x"), cached, Options{}); c.Verdict != NotMeasured || !strings.Contains(c.Reasons[0], "40 of 40 answers of the candidate came from a cache") {
		t.Errorf("%s %q", c.Verdict, c.Reasons)
	}
}
