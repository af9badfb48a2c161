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
	earlier := func(id string, v float64) Input {
		rows := rounds(21, 1, func(int, int) float64 { return v }) // c20 is not in the baseline
		rows[0].CaseHash = "edited since"
		for i := range rows {
			rows[i].Scores = append([]eval.RowScore{{Metric: 0, Status: eval.Scored, Value: 0}}, eval.RowScore{Metric: 1, Status: eval.Scored, Value: v})
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
	c := pooled(earlier("e1", 0), earlier("e2", 1))
	if got, want := c.Metrics[0].Overall.Baseline, (1+19*2./3)/20; got < want-1e-12 || got > want+1e-12 {
		t.Errorf("baseline mean %v, want %v: the edited case counts once, the others three times", got, want)
	}
	if got := c.Metrics[1].Overall.Baseline; got != 1 {
		t.Errorf("a metric of another version was pooled: mean %v", got)
	}
	if c.Baseline.Outputs != 20 || len(c.Baseline.Earlier) != 2 || c.Baseline.Earlier[0].Outputs != 19 {
		t.Errorf("%+v", c.Baseline)
	}
	back := pooled(earlier("e2", 1), earlier("e1", 0))
	back.Baseline.Earlier, back.Options = c.Baseline.Earlier, c.Options
	if asJSON(t, back) != asJSON(t, c) {
		t.Error("the order of the earlier runs matters")
	}
}
