package eval

import (
	"context"
	"encoding/json"
	"testing"
)

func TestAddStandard(t *testing.T) {
	args := func(s string) json.RawMessage { return json.RawMessage(s) }
	no := false
	p, err := NewPanel([]MetricSpec{{Scorer: "unit", Name: "own", Args: args("0.5")}, {Scorer: "not-plain"}}, "", standardFixed)
	if err != nil {
		t.Fatal(err)
	}
	c := &Case{ID: "c", Checks: []MetricSpec{{Scorer: "unit", Name: "taken", Args: args("1"), Gate: &no}, {Scorer: "odd", Name: "other"}}}
	if err := p.Admit(c); err != nil {
		t.Fatal(err)
	}
	if err := p.AddStandard([]MetricSpec{
		{Scorer: "binary", Name: "taken"}, // by a case
		{Scorer: "plain"},                 // the suite uses its opposite
		{Scorer: "odd"},                   // only some cases have the scorer
		{Scorer: "measure", Name: "new", Args: args("7")},
		{Scorer: "measure", Name: "skips"},
		{Scorer: "binary", Name: "fails", Args: args("2")},
	}); err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, m := range p.Metrics() {
		if m.Standard {
			names = append(names, m.Name)
			if m.Gate || m.Better != Neither {
				t.Errorf("%+v", m)
			}
		}
	}
	if got, want := len(p.Metrics()), 4+4; got != want || len(names) != 4 {
		t.Fatalf("%d metrics, standard ones %v", got, names)
	}
	r := p.Evaluate(t.Context(), c, &Output{Text: "x"}, nil)
	byName := map[string]Score{}
	for _, s := range r.Scores {
		byName[s.Metric] = s
	}
	if s := byName["new"]; s.Status != Scored || s.Value != 7 || s.Reason != "" {
		t.Errorf("the value alone is kept: %+v", s)
	}
	if _, ok := byName["skips"]; ok {
		t.Error("a standard measure that does not apply leaves no score")
	}
	if s := byName["fails"]; s.Status != Failed || s.Reason == "" {
		t.Errorf("a fault is kept: %+v", s)
	}
	for _, s := range p.Evaluate(t.Context(), &Case{ID: "d"}, &Output{Err: "down"}, nil).Scores {
		if s.Metric == "new" || s.Status != Missing {
			t.Errorf("of a failed call: %+v", s)
		}
	}
	if err := p.AddStandard([]MetricSpec{{Scorer: "bad"}}); err == nil {
		t.Error("a scorer that does not exist was added")
	}
}

// standardFixed is fixed, but for scorers of any scale, reasons, and "skips".
func standardFixed(spec MetricSpec, dir string) (Metric, Judge, error) {
	m, j, err := fixed(spec, dir)
	if err != nil {
		return m, j, err
	}
	if m.Scale != Unit && m.Scale != Binary {
		m.Scale = Measure
	}
	if spec.Name == "skips" {
		return m, JudgeFunc(func(context.Context, *Sample) Score { return Skip("nothing recorded") }), nil
	}
	return m, JudgeFunc(func(ctx context.Context, s *Sample) Score {
		score := j.Score(ctx, s)
		score.Reason, score.Evidence = "because", []Span{{}}
		return score
	}), nil
}
