package drift

import (
	"compress/gzip"
	"encoding/json"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"holdtrue/eval"
)

var (
	length  = eval.Metric{Name: "length", Scorer: "length", Version: "2", Scale: eval.Measure, Unit: "characters", Better: eval.Neither, Standard: true}
	cost    = eval.Metric{Name: "cost", Scorer: "cost", Version: "1", Scale: eval.Measure, Unit: "USD", Better: eval.Neither, Standard: true}
	refusal = eval.Metric{Name: "refusal", Scorer: "refusal", Version: "2", Scale: eval.Binary, Better: eval.Neither, Standard: true}
)

// TestStandardMeasuresStayOutOfTheWay: nobody asked for them, so that one which a
// run does not have or cannot measure is neither left out nor warned of, and
// nothing they say moves the verdict.
func TestStandardMeasuresStayOutOfTheWay(t *testing.T) {
	before, after := twoByTwo(0, 0, 100, 0)
	old := compare(t, newRun("a", correct), newRun("b", correct), before, after, Options{})
	again := func(base, cand eval.Run, before, after []eval.Row) *Comparison {
		c := compare(t, base, cand, before, after, Options{})
		if len(c.Left) > 0 || len(c.Warnings) > 0 || c.Verdict != old.Verdict || c.Verdict != Holds || len(c.Next) != len(old.Next) {
			t.Errorf("%s: left %v, warnings %q, next %q", c.Verdict, c.Left, c.Warnings, c.Next)
		}
		if c.Seed != old.Seed || !reflect.DeepEqual(c.Metrics, old.Metrics) {
			t.Errorf("what gates is told otherwise: %+v, without measures %+v", c.Metrics, old.Metrics)
		}
		return c
	}
	with := func(rows []eval.Row, values ...float64) (out []eval.Row) {
		for _, r := range rows {
			for m, v := range values {
				if !math.IsNaN(v) {
					r.Scores = append(r.Scores[:len(r.Scores):len(r.Scores)], eval.RowScore{Metric: m + 1, Status: eval.Scored, Value: v})
				}
			}
			out = append(out, r)
		}
		return out
	}
	if c := again(newRun("a", correct), newRun("b", correct, length), before, with(after, 10)); len(c.Others) != 0 {
		t.Errorf("an older baseline: %+v", c.Others)
	}
	if c := again(newRun("a", correct, length), newRun("b", correct), with(before, 10), after); len(c.Others) != 0 {
		t.Errorf("an older candidate: %+v", c.Others)
	}
	three := []eval.Metric{correct, length, cost, refusal}
	c := again(newRun("a", three...), newRun("b", three...), with(before, 10, math.NaN(), 0), with(after, 12, math.NaN(), 0))
	if len(c.Others) != 2 || c.Others[0].Verdict != Changed || c.Others[1].Verdict != NoChangeSeen {
		t.Errorf("length changed, no refusal did, no cost was recorded: %+v", c.Others)
	}
	if c := again(newRun("a", three...), newRun("b", three...), with(before, 10, math.NaN(), 0), with(after, 10, .02, 0)); len(c.Others) != 2 {
		t.Errorf("a cost on one side is nothing to compare: %+v", c.Others)
	}
	// The language of one case can be told: no word of the other 99.
	if c := again(newRun("a", three...), newRun("b", three...), with(before, 10, math.NaN(), 0)[:100], append(with(after[:1], 10, 1, 0), with(after[1:], 10, math.NaN(), 0)...)); len(c.Others) != 2 {
		t.Errorf("%+v", c.Others)
	}
}

// TestUnmovedMeasuresHaveNoSlices: where no case differs, slices say nothing.
func TestUnmovedMeasuresHaveNoSlices(t *testing.T) {
	var before, after []eval.Row
	for i := range 20 {
		b, a := row(caseID(i), 0, 1, 10, 0), row(caseID(i), 0, 1, float64(10+i%3), 0)
		b.Tags = map[string][]string{"half": {string(rune('a' + i%2))}}
		a.Tags = b.Tags
		before, after = append(before, b), append(after, a)
	}
	c := compare(t, newRun("a", correct, length, refusal), newRun("b", correct, length, refusal), before, after, Options{Slices: []string{"half"}})
	if len(c.Metrics[0].Slices) != 2 || len(c.Others[0].Slices) != 2 || len(c.Others[1].Slices) != 0 || len(c.Warnings) != 0 {
		t.Errorf("slices %d, %d, %d; warnings %q", len(c.Metrics[0].Slices), len(c.Others[0].Slices), len(c.Others[1].Slices), c.Warnings)
	}
}

// TestGatingMetricMadeStandard: a metric that gated and is only measured now is
// missed, like any other that the candidate does not have.
func TestGatingMetricMadeStandard(t *testing.T) {
	gating := refusal
	gating.Better, gating.Gate, gating.Standard = eval.Lower, true, false
	var rows []eval.Row
	for i := range 100 {
		rows = append(rows, row(caseID(i), 0, 1, 0))
	}
	c := compare(t, newRun("a", correct, gating), newRun("b", correct, refusal), rows, rows, Options{})
	if len(c.Left) != 1 || c.Verdict != NotMeasured {
		t.Errorf("%s, left %v", c.Verdict, c.Left)
	}
}

// recorded reads a run of the data sets: the characters of the answers and one, as
// the specification counts them, and their texts.
func recorded(t *testing.T, path string, s *texts) (rows []eval.Row) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	for d := json.NewDecoder(z); d.More(); {
		var r record
		if err := d.Decode(&r); err != nil {
			t.Fatal(err)
		}
		if r.Output == nil {
			continue
		}
		x := row(r.ID, 0, 1+float64(utf8.RuneCountInString(*r.Output)))
		x.CaseHash = eval.ContentHash(r.Prompt)
		x.Text = s.add(strings.ToLower(*r.Output))
		rows = append(rows, x)
	}
	return rows
}

// TestLLMDriftBehaviour: between March and June 2023 GPT-4's answers became a
// hundredth as long on PRIME, an eighth on SENSITIVEQ, and more than twice as
// long on OPINIONQA (STATS.md, section 1), and use other words.
func TestLLMDriftBehaviour(t *testing.T) {
	dir := dataFolder(t, "llmdrift")
	for _, w := range []struct {
		task  string
		ratio float64
		last  float64 // half of the last digit that is given
		word  string
	}{{"prime", .010, .0005, "prime"}, {"sensitiveq", .134, .0005, "sorry,"}, {"opinionqa", 2.34, .005, "subjective"}} {
		var s texts
		before := recorded(t, filepath.Join(dir, w.task, "gpt-4-0314.jsonl.gz"), &s)
		after := recorded(t, filepath.Join(dir, w.task, "gpt-4-0613.jsonl.gz"), &s)
		c, err := Compare(t.Context(), Input{Run: newRun("a", length), Rows: stream(before), Words: s.words},
			Input{Run: newRun("b", length), Rows: stream(after), Words: s.words}, Options{}, nil)
		if err != nil {
			t.Fatal(err)
		}
		m := c.Others[0]
		if r := *m.Overall.Ratio; m.Verdict != Changed || math.Abs(r-w.ratio) > w.last {
			t.Errorf("%s: length %s, ratio %.4f, specified %.3f", w.task, m.Verdict, r, w.ratio)
		}
		if v := c.Vocabulary; v.Verdict != Changed || !slices.ContainsFunc(v.Words, func(s WordShift) bool { return s.Word == w.word }) {
			t.Errorf("%s: %s, want %q among the words", w.task, v.Reason, w.word)
		}
		t.Logf("%s: %s; %s", w.task, m.Reason, c.Vocabulary.Reason)
	}
}

// TestSpreadAlone: a measure of which every answer varies as much again about the
// same mean has changed, whichever side is which; with one answer a side nothing
// is said of the spread.
func TestSpreadAlone(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 7))
	var before, after []eval.Row
	for i := range 80 {
		level := math.Exp(4 + rng.NormFloat64())
		for repeat := range 3 {
			before = append(before, row(caseID(i), repeat, 1, level*math.Exp(.1*rng.NormFloat64())))
			after = append(after, row(caseID(i), repeat, 1, level*math.Exp(.3*rng.NormFloat64())))
		}
	}
	base, cand := newRun("a", correct, length), newRun("b", correct, length)
	c := compare(t, base, cand, before, after, Options{})
	m := c.Others[0]
	if m.Verdict != Changed || m.Overall.PSpread == nil || *m.Overall.PSpread > .001 || m.Overall.PAdjusted < .05 || !strings.Contains(m.Reason, "length is spread otherwise") {
		t.Errorf("%s (p %.4f, spread %v): %s", m.Verdict, m.Overall.PAdjusted, m.Overall.PSpread, m.Reason)
	}
	t.Log(m.Reason)
	back := compare(t, cand, base, shuffled(after, 1), shuffled(before, 2), Options{}).Others[0]
	if back.Verdict != Changed || *back.Overall.PSpread != *m.Overall.PSpread {
		t.Errorf("swapped: %s, spread %v", back.Verdict, *back.Overall.PSpread)
	}
	first := func(rows []eval.Row) (out []eval.Row) {
		for _, r := range rows {
			if r.Repeat == 0 {
				out = append(out, r)
			}
		}
		return out
	}
	if m := compare(t, base, cand, first(before), first(after), Options{}).Others[0]; m.Overall.PSpread != nil {
		t.Errorf("one answer a side: %v", *m.Overall.PSpread)
	}
	if m := compare(t, base, cand, before, first(after), Options{}).Others[0]; m.Overall.PSpread != nil {
		t.Errorf("one answer on the candidate's side: %v", *m.Overall.PSpread)
	}
}

// TestBehaviourKeepsItsLevel: with repeats and texts all three tests share .05.
// Two measures, two slices, 40 cases of two answers a side, nothing changed: 400
// repetitions, seed 3; at most .05 and two standard errors of them see a change.
func TestBehaviourKeepsItsLevel(t *testing.T) {
	const reps = 400
	rng := rand.New(rand.NewPCG(3, 3))
	seen := 0
	for range reps {
		var s texts
		var sides [2][]eval.Row
		for i := range 40 {
			level := rng.NormFloat64()
			for side := range sides {
				for repeat := range 2 {
					words := make([]string, 15)
					for k := range words {
						words[k] = string(rune('a' + rng.IntN(26)))
					}
					x := row(caseID(i), repeat, math.Exp(level+rng.NormFloat64()), float64(rng.IntN(2)))
					x.Text, x.Tags = s.add(strings.Join(words, " ")), map[string][]string{"half": {string(rune('a' + i%2))}}
					sides[side] = append(sides[side], x)
				}
			}
		}
		c, err := Compare(t.Context(), Input{Run: newRun("a", length, refusal), Rows: stream(sides[0]), Words: s.words},
			Input{Run: newRun("b", length, refusal), Rows: stream(sides[1]), Words: s.words}, Options{Slices: []string{"half"}, Draws: 299}, nil)
		if err != nil {
			t.Fatal(err)
		}
		changed := c.Vocabulary.Verdict == Changed
		for _, m := range c.Others {
			changed = changed || m.Verdict == Changed
		}
		if changed {
			seen++
		}
	}
	level := float64(seen) / reps
	t.Logf("level %.4f", level)
	if level > .05+2*math.Sqrt(.05*.95/reps) || seen == 0 {
		t.Errorf("level %.4f", level)
	}
}
