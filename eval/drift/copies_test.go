package drift

import (
	"fmt"
	"reflect"
	"testing"

	"pgregory.net/rapid"

	"holdtrue/eval"
)

// copied repeats answers of a side under further repeat numbers, marked as mark
// says, and counts them. Failed calls are not copied.
func copied(d dice, rows []eval.Row, all bool, mark func(x *eval.Row)) (out []eval.Row, copies int) {
	for _, x := range rows {
		out = append(out, x)
		if x.Failed || !all && d(3) > 0 {
			continue
		}
		for k := range 1 + d(3) {
			c := x
			c.Repeat += 100 * (k + 1)
			mark(&c)
			out = append(out, c)
			copies++
		}
	}
	return out, copies
}

// answered gives every answer a response id of its own.
func answered(side string, rows []eval.Row) []eval.Row {
	return edited(rows, func(x *eval.Row) {
		if !x.Failed {
			x.Response = fmt.Sprint(side, x.CaseID, x.Repeat)
		}
	})
}

// TestCopiesChangeNothing: answers that carry another's response id, or come
// from a cache beside an answer that does not, are dropped and counted; all else
// stays to the last bit, also where every answer is copied.
func TestCopiesChangeNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := rapidDice(t)
		w := shape{metrics: worldMetrics[:1+d(5)], cases: 20, repeats: 3, holes: true, push: 5}.draw(d)
		w.before, w.after = answered("a", w.before), answered("b", w.after)
		want := compareWorld(t, w, loose())
		mark := func(x *eval.Row) {}
		if d(2) == 0 {
			mark = func(x *eval.Row) { x.Response, x.Cached = "", true }
		}
		all := d(2) == 0
		var before, after int
		w.before, before = copied(d, w.before, all, mark)
		w.after, after = copied(d, w.after, all, mark)
		w.before, w.after = shuffled(w.before, uint64(d(99))), shuffled(w.after, uint64(d(99)))
		got := compareWorld(t, w, loose())
		if got.Baseline.Copies != before || got.Candidate.Copies != after {
			t.Fatalf("%d and %d copies counted, there are %d and %d", got.Baseline.Copies, got.Candidate.Copies, before, after)
		}
		if got.Seed != want.Seed || got.Verdict != want.Verdict || !reflect.DeepEqual(got.Churn, want.Churn) {
			t.Fatalf("%s with seed %d: %s; without copies %s with %d: %s", got.Verdict, got.Seed, got.Churn.Reason, want.Verdict, want.Seed, want.Churn.Reason)
		}
		for k, m := range got.all() {
			if x := want.all()[k]; !reflect.DeepEqual(m, x) {
				t.Fatalf("%s: %+v\nwithout copies %+v", m.Metric.Name, m, x)
			}
		}
		for what, pair := range map[string][2]any{"worse cases": {got.Worse, want.Worse}, "failed calls": {got.Errors, want.Errors},
			"flaky cases": {got.Flaky, want.Flaky}, "flags": {got.Cases, want.Cases}, "pairing": {got.Pairing, want.Pairing}} {
			if !reflect.DeepEqual(pair[0], pair[1]) {
				t.Fatalf("%s: %+v\nwithout copies %+v", what, pair[0], pair[1])
			}
		}
	})
}

// TestSeparateAnswersAreEvidence: what a copy may not do, an equal answer that
// was made anew must: three cases of forty that fell, once each, are noise, and
// five times each they are not.
func TestSeparateAnswersAreEvidence(t *testing.T) {
	before, after := twoByTwo(3, 0, 37, 0)
	once := func(mark func(x *eval.Row)) Verdict {
		again := func(rows []eval.Row, side string) (out []eval.Row) {
			for _, x := range rows {
				for r := range 5 {
					c := x
					c.Repeat = r
					if mark(&c); c.Response != "" {
						c.Response += side
					}
					out = append(out, c)
				}
			}
			return out
		}
		return compare(t, newRun("a", correct), newRun("b", correct), again(before, "a"), again(after, "b"), Options{Force: true}).Verdict
	}
	for reason, w := range map[string]struct {
		mark func(x *eval.Row)
		want Verdict
	}{
		"no mark":              {func(x *eval.Row) {}, RegressedCases},
		"ids of their own":     {func(x *eval.Row) { x.Response = fmt.Sprint(x.CaseID, x.Repeat) }, RegressedCases},
		"one id a case":        {func(x *eval.Row) { x.Response = "r" + x.CaseID }, Inconclusive},
		"all from a cache":     {func(x *eval.Row) { x.Cached = true }, Inconclusive},
		"all but one cached":   {func(x *eval.Row) { x.Cached = x.Repeat != 2 }, Inconclusive},
		"one answer is cached": {func(x *eval.Row) { x.Cached = x.Repeat == 2 }, RegressedCases},
	} {
		if got := once(w.mark); got != w.want {
			t.Errorf("%s: %s, want %s", reason, got, w.want)
		}
	}
}
