package eval

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestCaseHashTellsContentOnly(t *testing.T) {
	base := func() *Case {
		return &Case{ID: "a", Prompt: "p", Expected: []string{"x", "y"},
			Steps:     []Step{{Tool: "t", Args: json.RawMessage(`{"a":1,"b":2}`)}},
			Documents: []Document{{ID: "d", Version: "v1", Text: "text"}},
			Checks:    []MetricSpec{{Scorer: "contains", Args: json.RawMessage(`{"values":["x"]}`)}}}
	}
	want := base().Hash()
	for reason, change := range map[string]func(*Case){
		"the id is the other half of the key": func(c *Case) { c.ID = "b" },
		"tags only group":                     func(c *Case) { c.Tags = map[string][]string{"k": {"v"}} },
		"the place in a file says nothing":    func(c *Case) { c.Pos = Pos{"f", 3} },
		"white space and key order of JSON":   func(c *Case) { c.Steps[0].Args = json.RawMessage(`{ "b":2, "a":1 }`) },
	} {
		c := base()
		change(c)
		if got := c.Hash(); got != want {
			t.Errorf("%s: the hash changed", reason)
		}
	}
	for reason, change := range map[string]func(*Case){
		"prompt":                             func(c *Case) { c.Prompt = "q" },
		"a conversation":                     func(c *Case) { c.Messages = []Message{{"user", "p"}} },
		"expected":                           func(c *Case) { c.Expected = []string{"xy"} },
		"where one expected answer ends":     func(c *Case) { c.Expected = []string{"xy", ""} },
		"arguments of a step":                func(c *Case) { c.Steps[0].Args = json.RawMessage(`{"a":1,"b":3}`) },
		"a document's version":               func(c *Case) { c.Documents[0].Version = "v2" },
		"a document's text":                  func(c *Case) { c.Documents[0].Text = "other" },
		"a check's arguments":                func(c *Case) { c.Checks[0].Args = json.RawMessage(`{"values":["z"]}`) },
		"a check that is not there any more": func(c *Case) { c.Checks = nil },
	} {
		c := base()
		change(c)
		if got := c.Hash(); got == want {
			t.Errorf("%s changed and the hash did not", reason)
		}
	}
}

func TestSuiteHashForgetsOrderOnly(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		ids := rapid.SliceOfNDistinct(rapid.StringN(1, 5, 20), 2, 20, rapid.ID[string]).Draw(t, "ids")
		order := rapid.Permutation(ids).Draw(t, "order")
		var a, b, fewer SuiteHash
		for i := range ids {
			a.Add(ids[i], "h"+ids[i])
			b.Add(order[i], "h"+order[i])
			if i > 0 {
				fewer.Add(ids[i], "h"+ids[i])
			}
		}
		if a.String() != b.String() {
			t.Fatalf("order changed the identity: %s and %s", a.String(), b.String())
		}
		if a.String() == fewer.String() {
			t.Fatal("a case less and the same identity")
		}
	})
}

func TestCanonicalJSON(t *testing.T) {
	for _, c := range []struct{ in, want, reason string }{
		{"", "", "nothing stays nothing"},
		{` {"b" : 1.50, "a":[1, 2]} `, `{"a":[1,2],"b":1.50}`, "keys sorted, digits kept"},
		{`{"a":"<&>"}`, `{"a":"<&>"}`, "no HTML escapes"},
		{`not json`, `not json`, "what is not JSON comes back"},
	} {
		if got := string(CanonicalJSON(json.RawMessage(c.in))); got != c.want {
			t.Errorf("%s: %s, want %s", c.reason, got, c.want)
		}
	}
}

// fixed binds any spec to a judge that gives the value of its arguments; the
// scorer's name sets the scale.
func fixed(spec MetricSpec, _ string) (Metric, Judge, error) {
	if spec.Scorer == "bad" {
		return Metric{}, nil, &InputError{Pos: spec.Pos, Msg: "no such scorer", Hint: "look"}
	}
	var v float64
	if len(spec.Args) > 0 {
		if err := json.Unmarshal(spec.Args, &v); err != nil {
			return Metric{}, nil, err
		}
	}
	j := JudgeFunc(func(_ context.Context, s *Sample) Score {
		if s.Output.Text == "panic" {
			panic("boom")
		}
		if s.Output.Text == "nan" {
			return Value(math.NaN(), "")
		}
		return Value(v, "")
	})
	return Metric{Name: spec.Label(), Scorer: spec.Scorer, Version: "1", Args: spec.Args, Scale: Scale(spec.Scorer), Better: Higher,
		Gate: spec.Gate == nil || *spec.Gate, Margin: spec.Margin}, j, nil
}

func TestPanel(t *testing.T) {
	args := func(s string) json.RawMessage { return json.RawMessage(s) }
	p, err := NewPanel([]MetricSpec{{Scorer: "unit", Args: args("0.5")}, {Scorer: "binary", Name: "b", Args: args("2")}}, "", fixed)
	if err != nil {
		t.Fatal(err)
	}
	own := &Case{ID: "own", Checks: []MetricSpec{{Scorer: "unit", Args: args("0.25")}, {Scorer: "measure", Args: args("7")}}}
	plain := &Case{ID: "plain"}
	for _, c := range []*Case{own, plain} {
		if err := p.Admit(c); err != nil {
			t.Fatal(err)
		}
	}
	if m := p.Metrics(); len(m) != 3 || !m[2].PerCase || m[2].Args != nil {
		t.Fatalf("metrics %+v", m)
	}
	ctx := t.Context()

	r := p.Evaluate(ctx, own, &Output{Text: "x"}, nil)
	if len(r.Scores) != 3 || r.Scores[0].Value != 0.25 || r.Scores[2].Value != 7 {
		t.Errorf("a case's own metric must replace the suite's: %+v", r.Scores)
	}
	if s := r.Scores[1]; s.Status != Failed || !strings.Contains(s.Reason, "outside a binary scale") {
		t.Errorf("a value of 2 on a binary scale must fail: %+v", s)
	}
	r = p.Evaluate(ctx, plain, &Output{Text: "x"}, nil)
	if len(r.Scores) != 2 || r.Scores[0].Value != 0.5 {
		t.Errorf("a metric of another case must not apply: %+v", r.Scores)
	}
	if s := p.Evaluate(ctx, plain, &Output{Text: "panic"}, nil).Scores[0]; s.Status != Failed || !strings.Contains(s.Reason, "boom") {
		t.Errorf("a panic must become a failed score: %+v", s)
	}
	if s := p.Evaluate(ctx, plain, &Output{Text: "nan"}, nil).Scores[0]; s.Status != Failed {
		t.Errorf("NaN must become a failed score: %+v", s)
	}
	if s := p.Evaluate(ctx, plain, &Output{Err: "down"}, nil).Scores[0]; s.Status != Missing {
		t.Errorf("a failed call has no score: %+v", s)
	}
}

func TestPanelRefuses(t *testing.T) {
	_, err := NewPanel([]MetricSpec{{Scorer: "bad"}, {Scorer: "unit"}, {Scorer: "unit"}}, "", fixed)
	lines, hints := InputErrors(err)
	if len(lines) != 2 || len(hints) != 2 {
		t.Errorf("want both errors with their hints: %q %q", lines, hints)
	}
	p, err := NewPanel([]MetricSpec{{Scorer: "unit"}}, "", fixed)
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Admit(&Case{Checks: []MetricSpec{{Scorer: "binary", Name: "unit"}}}); err == nil {
		t.Error("one name for two scorers must be refused")
	}
	var in *InputError
	if err := p.Admit(&Case{Checks: []MetricSpec{{Scorer: "bad", Pos: Pos{"f.jsonl", 9}}}}); !errors.As(err, &in) || in.Error() != "f.jsonl:9: no such scorer" {
		t.Errorf("the place must be named: %v", err)
	}
}

// TestMarginAndGateBelongToTheMetric: they are checked, and cases that say them
// differently are refused in whatever order they come.
func TestMarginAndGateBelongToTheMetric(t *testing.T) {
	f := func(v float64) *float64 { return &v }
	yes, no := true, false
	for _, spec := range []MetricSpec{{Scorer: "unit", Margin: f(5)}, {Scorer: "unit", Margin: f(-0.1)}, {Scorer: "measure", Margin: f(-1)}, {Scorer: "unit", Margin: f(math.NaN())}} {
		if _, err := NewPanel([]MetricSpec{spec}, "", fixed); err == nil || !strings.Contains(err.Error(), "margin is") {
			t.Errorf("a margin of %v on %s: %v", *spec.Margin, spec.Scorer, err)
		}
	}
	for _, c := range []struct {
		suite []MetricSpec
		cases []MetricSpec
		part  string // "": agreed
		want  Metric
	}{
		{nil, []MetricSpec{{Scorer: "unit"}, {Scorer: "unit", Margin: f(.1), Gate: &no}, {Scorer: "unit", Margin: f(.1)}, {Scorer: "unit", Gate: &no}}, "", Metric{Margin: f(.1), Gate: false}},
		{nil, []MetricSpec{{Scorer: "unit", Margin: f(.1)}, {Scorer: "unit", Margin: f(.2)}}, "has margin 0.2 here and 0.1 elsewhere", Metric{}},
		{nil, []MetricSpec{{Scorer: "unit", Gate: &yes}, {Scorer: "unit", Gate: &no}}, "has gate: false here and true elsewhere", Metric{}},
		{nil, []MetricSpec{{Scorer: "unit"}, {Scorer: "unit", Margin: f(7)}}, "margin is 7", Metric{}},
		{[]MetricSpec{{Scorer: "unit"}}, []MetricSpec{{Scorer: "unit", Margin: f(.2)}}, "here and the comparison's elsewhere", Metric{}},
		{[]MetricSpec{{Scorer: "unit", Margin: f(.2)}}, []MetricSpec{{Scorer: "unit", Margin: f(.2)}}, "", Metric{Margin: f(.2), Gate: true}},
	} {
		p, err := NewPanel(c.suite, "", fixed)
		if err != nil {
			t.Fatal(err)
		}
		for _, spec := range c.cases {
			err = errors.Join(err, p.Admit(&Case{Checks: []MetricSpec{spec}}))
		}
		switch m := p.Metrics()[0]; {
		case c.part == "" && (err != nil || *m.Margin != *c.want.Margin || m.Gate != c.want.Gate):
			t.Errorf("%+v: %+v (%v)", c.cases, m, err)
		case c.part != "" && (err == nil || !strings.Contains(err.Error(), c.part)):
			t.Errorf("%+v: %v, want %q", c.cases, err, c.part)
		}
	}
}

// sentinel is an input error that can be told by a second error.
type sentinel struct{ *InputError }

var errSentinel = errors.New("a name for programs")

func (s sentinel) Unwrap() []error { return []error{s.InputError, errSentinel} }

// TestInputErrorsSplitsWhatWasJoined keeps apart errors that were joined, and
// together what is one message.
func TestInputErrorsSplitsWhatWasJoined(t *testing.T) {
	named := sentinel{&InputError{Pos: Pos{File: "f", Line: 2}, Msg: "bad", Hint: "do better"}}
	if !errors.Is(named, errSentinel) {
		t.Fatal("the sentinel is not found")
	}
	several := fmt.Errorf("%w, and %w", errors.New("one"), errors.New("two"))
	lines, hints := InputErrors(errors.Join(nil, named, errors.Join(errors.New("x"), several)))
	if want := []string{"f:2: bad", "x", "one, and two"}; !slices.Equal(lines, want) {
		t.Errorf("%q, want %q", lines, want)
	}
	if want := []string{"do better"}; !slices.Equal(hints, want) {
		t.Errorf("%q, want %q", hints, want)
	}
	if lines, _ := InputErrors(nil); lines != nil {
		t.Errorf("no error gave %q", lines)
	}
}

func TestMemoComputesOnce(t *testing.T) {
	type key struct{}
	s, n := &Sample{}, 0
	for range 3 {
		if got := Memo(s, key{}, func() int { n++; return 42 }); got != 42 {
			t.Fatal(got)
		}
	}
	if n != 1 {
		t.Errorf("computed %d times", n)
	}
}

func TestMaskLeavesTheOutputAlone(t *testing.T) {
	mask := Mask(func(s string) string { return strings.ReplaceAll(s, "411", "***") })
	panel, err := NewPanel([]MetricSpec{{Scorer: "x"}}, "", func(spec MetricSpec, _ string) (Metric, Judge, error) {
		return Metric{Name: "x", Scale: Binary}, JudgeFunc(func(_ context.Context, s *Sample) Score {
			return Pass(strings.Contains(s.Output.Text, "411"), "saw "+s.Output.Text)
		}), nil
	})
	if err != nil {
		t.Fatal(err)
	}
	panel.Mask = mask
	o := Output{CaseID: "1", Text: "card 411", Prompt: "411?", Stderr: "411", Lineage: map[string]string{"k": "411"},
		Steps:     []Step{{Tool: "pay", Args: json.RawMessage(`{"card":411}`), Result: json.RawMessage(`"411"`)}},
		Documents: []Document{{ID: "d", Text: "411"}}, Feedback: &Feedback{Comment: "411"}}
	before, err := json.Marshal(o)
	if err != nil {
		t.Fatal(err)
	}
	r := panel.Evaluate(t.Context(), &Case{ID: "1"}, &o, nil)
	if r.Scores[0].Value != 1 {
		t.Error("the scorer saw the masked text")
	}
	b, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(b), "411") || !json.Valid(r.Output.Steps[0].Args) {
		t.Errorf("not everything is masked: %s", b)
	}
	if after, err := json.Marshal(o); err != nil || string(after) != string(before) {
		t.Errorf("the output itself was changed: %s", after)
	}
}
