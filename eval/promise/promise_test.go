package promise

import (
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"holdtrue/eval"
)

var (
	facts = eval.Metric{Name: "facts", Scorer: "facts", Version: "1", Scale: eval.Unit, Better: eval.Higher, Gate: true}
	start = time.Date(2026, 3, 1, 2, 0, 0, 0, time.UTC)
)

func rows(of ...eval.Row) iter.Seq2[eval.Row, error] {
	return func(yield func(eval.Row, error) bool) {
		for _, r := range of {
			if !yield(r, nil) {
				return
			}
		}
	}
}

func answer(id string, value float64, topic string) eval.Row {
	return eval.Row{CaseID: id, Tags: map[string][]string{"topic": {topic}}, Scores: []eval.RowScore{{Status: eval.Scored, Value: value}}}
}

// night is a run of so many days after the start: n cases, of which the first
// bad ones violate a promise of 1.
func night(day, n, bad int) Run {
	var of []eval.Row
	for i := range n {
		v := 1.0
		if i < bad {
			v = 0.5
		}
		of = append(of, answer(fmt.Sprintf("c%03d", i), v, "refunds"))
	}
	return Run{Run: eval.Run{ID: fmt.Sprintf("night%02d", day), Status: eval.Complete, Started: start.AddDate(0, 0, day), Metrics: []eval.Metric{facts}}, Rows: rows(of...)}
}

func nights(n int, of func(day int) Run) []Run {
	var list []Run
	for d := range n {
		list = append(list, of(d))
	}
	return list
}

func assess(t testing.TB, p eval.PromiseSpec, history []Run, day int) Account {
	t.Helper()
	accounts, err := Assess(t.Context(), []eval.PromiseSpec{p}, history, start.AddDate(0, 0, day))
	if err != nil {
		t.Fatal(err)
	}
	return accounts[0]
}

func TestStates(t *testing.T) {
	half := 0.5
	month := eval.PromiseSpec{Name: "p", Metric: "facts", Objective: .99, Days: 30, Severity: eval.Standard}
	with := func(change func(*eval.PromiseSpec)) eval.PromiseSpec {
		p := month
		change(&p)
		return p
	}
	for _, w := range []struct {
		name    string
		promise eval.PromiseSpec
		history []Run
		state   State
		left    float64
		words   string
	}{
		{"quiet", month, nights(30, func(d int) Run { return night(d, 100, 0) }), Kept, 30, "100 % kept, at least 99 % promised; 30.0 of a budget of 30.0 left"},
		{"within the budget", month, nights(30, func(d int) Run { return night(d, 100, d%2) }), Kept, 15, "99.5 % kept"},
		{"overspent", month, nights(30, func(d int) Run { return night(d, 100, 2) }), Broken, -30, "60 of 3000 answers in 30 days violated it, more than the 30.0 that 99 % over 30 days allow"},
		{"few nights", month, nights(7, func(d int) Run { return night(d+23, 100, 0) }), Unproven, 30, "7 of the 8 days that it takes have a run"},
		{"few nights, and the budget of all gone", month, nights(2, func(d int) Run { return night(d+28, 100, 16) }), Broken, -2, "32 of 200 answers"},
		{"critical", with(func(p *eval.PromiseSpec) { p.Severity = eval.Critical }), nights(30, func(d int) Run { return night(d, 100, d/29) }), Broken, 29, "one violation breaks it"},
		{"good enough", with(func(p *eval.PromiseSpec) { p.Limit = &half }), nights(30, func(d int) Run { return night(d, 100, 50) }), Kept, 30, "100 % kept"},
		{"no such slice", with(func(p *eval.PromiseSpec) { p.Slice = "topic=prices" }), nights(30, func(d int) Run { return night(d, 100, 50) }), Unproven, 0, "0 of the 8 days"},
		{"no such metric", with(func(p *eval.PromiseSpec) { p.Metric = "fcts" }), nights(30, func(d int) Run { return night(d, 100, 0) }), Unproven, 0, "no run of the window has the metric fcts"},
		{"nothing", month, nil, Unproven, 0, "0 of the 8 days"},
	} {
		a := assess(t, w.promise, w.history, 29)
		if a.State != w.state || math.Abs(a.Left-w.left) > 1e-9 || !strings.Contains(a.Reason, w.words) {
			t.Errorf("%s: %s, %v left, %q; want %s, %v, %q", w.name, a.State, a.Left, a.Reason, w.state, w.left, w.words)
		}
		if _, err := json.Marshal(a); err != nil {
			t.Errorf("%s: %v", w.name, err)
		}
	}
}

// A window counts calendar days of the runs' starts, UTC, today included; runs of
// one day are one night; what takes no part is passed over.
func TestWindow(t *testing.T) {
	week := eval.PromiseSpec{Name: "p", Metric: "facts", Objective: .9, Days: 7, Severity: eval.Standard}
	history := nights(20, func(d int) Run { return night(d, 10, 1) })
	a := assess(t, week, history, 19)
	if a.Runs != 7 || a.Days != 7 || a.Answers != 70 || a.Violations != 7 || !a.From.Equal(time.Date(2026, 3, 14, 0, 0, 0, 0, time.UTC)) {
		t.Errorf("%+v", a)
	}
	again := night(19, 10, 1)
	again.Run.ID = "again"
	part, torn, copied, old := night(19, 10, 9), night(19, 10, 9), night(19, 10, 9), night(18, 10, 9)
	part.Run.Selection, torn.Run.Status = "topic=refunds", eval.Running
	copied.Run.Lineage = map[string]string{"recording": "x"}
	old.Run.Lineage = map[string]string{"recording": "x"}
	future := night(21, 10, 9)
	a = assess(t, week, append(slices.Clone(history), again, part, torn, old, copied, future), 19)
	if a.Runs != 9 || a.Days != 7 || a.Violations != 7+1+9 || a.Latest.RunID != "night18" {
		t.Errorf("%d runs on %d days, %d violations, latest %+v", a.Runs, a.Days, a.Violations, a.Latest)
	}
}

// Failed calls and what could not be judged spend nothing; cases to which the
// metric does not apply are not of the promise; a lower score may be the better.
func TestWhatCounts(t *testing.T) {
	refusal := eval.Metric{Name: "refusal", Scale: eval.Binary, Better: eval.Lower}
	p := eval.PromiseSpec{Name: "p", Metric: "refusal", Slice: "topic=a", Objective: .5, Days: 1, Severity: eval.Standard}
	failed := answer("f", 0, "a")
	failed.Failed = true
	unjudged, skipped := answer("u", 0, "a"), answer("s", 0, "a")
	unjudged.Scores[0].Status, skipped.Scores[0].Status = eval.Failed, eval.Skipped
	run := Run{Run: eval.Run{ID: "r", Status: eval.Complete, Started: start, Metrics: []eval.Metric{refusal}},
		Rows: rows(answer("x", 0, "a"), answer("y", 1, "a"), answer("y", 1, "a"), answer("z", 1, "b"), failed, unjudged, skipped)}
	a := assess(t, p, []Run{run}, 0)
	if a.Answers != 3 || a.Violations != 2 || a.Unscored != 2 || len(a.Spenders) != 1 || a.Spenders[0] != (Spender{"y", 2, 2, "r"}) || !slices.Equal(a.Latest.Cases, []string{"y"}) {
		t.Errorf("%+v", a)
	}
}

// The budget runs out where it would if it were spent as in the last week.
func TestRunsOut(t *testing.T) {
	p := eval.PromiseSpec{Name: "p", Metric: "facts", Objective: .99, Days: 30, Severity: eval.Standard}
	a := assess(t, p, nights(20, func(d int) Run { return night(d, 100, d/13) }), 19) // one a night for 7 nights
	if a.Violations != 7 || a.RunsOut == nil || !a.RunsOut.Equal(time.Date(2026, 4, 12, 0, 0, 0, 0, time.UTC)) {
		t.Errorf("%d violations, %v left, runs out %v", a.Violations, a.Left, a.RunsOut)
	}
	if a := assess(t, p, nights(20, func(d int) Run { return night(d, 100, 0) }), 19); a.RunsOut != nil {
		t.Errorf("nothing is spent, yet it runs out %v", a.RunsOut)
	}
}

// TestBurnMeasured holds the alerts to the specification's table of section 8:
// 100 cases a night, objective 95 %, violations drawn independently. 300 histories
// of 90 nights each, seed 8; the limits leave three standard errors.
func TestBurnMeasured(t *testing.T) {
	const reps = 300
	promise := eval.PromiseSpec{Name: "p", Metric: "facts", Objective: .95, Days: 30, Severity: eval.Standard}
	alarmed := func(r *rand.Rand, rate func(night int) float64, from, to int) []int { // first night with each rule firing, -1
		first := []int{-1, -1, -1, -1}
		var days []tally
		for n := range to {
			d := tally{answers: 100}
			for range 100 {
				if r.Float64() < rate(n) {
					d.violations++
				}
			}
			days = append(days, d)
			if n < from {
				continue
			}
			a := Account{Promise: promise}
			a.burn(days)
			for i, b := range a.Burns {
				if b.Firing && first[i] < 0 {
					first[i] = n
				}
			}
		}
		return first
	}
	r := rand.New(rand.NewPCG(8, 8))
	share := make([]float64, 4)
	for range reps {
		for i, n := range alarmed(r, func(int) float64 { return .7 * .05 }, 14, 104) {
			if n >= 0 {
				share[i] += 1. / reps
			}
		}
	}
	for i, s := range share {
		if s > .01 {
			t.Errorf("healthy at a burn of .7: rule %d alarms in %.3f of the histories, specified .00", i, s)
		}
	}
	for _, w := range []struct {
		burn   float64
		rule   int
		median int // nights until found, as specified
	}{{4, 1, 3}, {4, 2, 2}, {8, 0, 1}, {2, 2, 5}} {
		var delays []int
		for range reps {
			n := alarmed(r, func(night int) float64 {
				if night < 20 {
					return .7 * .05
				}
				return w.burn * .05
			}, 20, 60)[w.rule]
			if n < 0 {
				n = 1000
			}
			delays = append(delays, n-20+1)
		}
		slices.Sort(delays)
		if got := delays[reps/2]; got < w.median-1 || got > w.median+1 {
			t.Errorf("a step to %v times the budget: rule %d finds it in %d nights, specified %d", w.burn, w.rule, got, w.median)
		}
	}
}

var errBroken = errors.New("broken")

func TestUnreadableRows(t *testing.T) {
	torn := night(0, 1, 0)
	torn.Rows = func(yield func(eval.Row, error) bool) { yield(eval.Row{}, errBroken) }
	p := eval.PromiseSpec{Name: "p", Metric: "facts", Objective: .9, Days: 1}
	if _, err := Assess(t.Context(), []eval.PromiseSpec{p}, []Run{torn}, start); !errors.Is(err, errBroken) {
		t.Errorf("%v", err)
	}
}

func BenchmarkAssess(b *testing.B) { // a year of nights of 120 cases, ten promises
	history := nights(365, func(d int) Run { return night(d, 120, d%3) })
	var promises []eval.PromiseSpec
	for i := range 10 {
		promises = append(promises, eval.PromiseSpec{Name: fmt.Sprint(i), Metric: "facts", Slice: "topic=refunds", Objective: .99, Days: 365, Severity: eval.Standard})
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Assess(b.Context(), promises, history, start.AddDate(0, 0, 364)); err != nil {
			b.Fatal(err)
		}
	}
}
