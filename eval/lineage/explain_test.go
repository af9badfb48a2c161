package lineage_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"holdtrue/eval"
	"holdtrue/eval/lineage"
)

// asked is one case of a hand-made pair of runs: its tags, and what is done to the
// output of either side.
type asked struct {
	tags      map[string][]string
	before    func(o *eval.Output)
	after     func(o *eval.Output)
	regressed bool
}

// pairOf makes two sides of cases c00, c01, ... and the symptom, in a random order.
func pairOf(cases []asked, order *rand.Rand) (base, cand *lineage.Side, symptoms []lineage.Symptom) {
	run := eval.Run{ID: "a", Agent: "bot", Version: "1"}
	base = lineage.NewSide(run)
	run.ID, run.Version = "b", "2"
	cand = lineage.NewSide(run)
	s := lineage.Symptom{Metric: "exact"}
	places := order.Perm(len(cases))
	for _, i := range places {
		c := eval.Case{ID: fmt.Sprintf("c%02d", i), Prompt: fmt.Sprint("question ", i), Tags: cases[i].tags}
		for side, change := range []func(o *eval.Output){cases[i].before, cases[i].after} {
			o := eval.Output{CaseID: c.ID, Model: "m"}
			if change != nil {
				change(&o)
			}
			if side == 0 {
				base.Add(&c, &o)
			} else {
				cand.Add(&c, &o)
			}
		}
		s.Measured = append(s.Measured, c.ID)
		if cases[i].regressed {
			s.Regressed = append(s.Regressed, c.ID)
		}
	}
	return base, cand, []lineage.Symptom{s}
}

func explain(cases []asked) *lineage.Explanation {
	return lineage.Explain(pairOf(cases, rand.New(rand.NewPCG(1, 1))))
}

// retrieved puts a document into an output.
func retrieved(id, version, source string) func(o *eval.Output) {
	return func(o *eval.Output) {
		o.Documents = append(o.Documents, eval.Document{ID: id, Version: version, Source: source, Text: id + " as of " + version})
	}
}

// both does two things to an output.
func both(a, b func(o *eval.Output)) func(o *eval.Output) {
	return func(o *eval.Output) { a(o); b(o) }
}

// refunds are 98 cases of which 14 retrieve an edited document and 12 regress, 11 of
// them with it, as in the specification's example.
func refunds() []asked {
	cases := make([]asked, 98)
	for i := range cases {
		cases[i].tags = map[string][]string{"topic": {fmt.Sprint("t", i%5)}}
		if i < 14 {
			cases[i].before, cases[i].after = retrieved("kb/refunds.md", "v7", "policy export 2026-11-20"), retrieved("kb/refunds.md", "v8", "policy export 2026-11-20")
		} else if i < 40 {
			cases[i].before, cases[i].after = retrieved("kb/other.md", "v1", ""), retrieved("kb/other.md", "v2", "")
		}
		cases[i].regressed = i < 11 || i == 70
	}
	return cases
}

func TestDocumentIsNamed(t *testing.T) {
	e := explain(refunds())
	want := "kb/refunds.md v7 -> v8 (source: policy export 2026-11-20): 11 of 12 cases that regressed on exact retrieved it, 3 of 86 others."
	if e.Line() != want {
		t.Errorf("%s\nwant %s", e.Line(), want)
	}
	c := e.Causes[0]
	if c.Sure != lineage.Associated || c.Adjusted > 0.04 || len(c.Cases) != 11 || !slices.Equal(e.Unexplained, []string{"c70"}) {
		t.Errorf("%+v; unexplained %v", c, e.Unexplained)
	}
	if len(e.Texts) == 0 || e.Texts[0].Before != "kb/refunds.md as of v7" || e.Texts[0].After != "kb/refunds.md as of v8" {
		t.Errorf("texts %+v", e.Texts)
	}
	if of := e.Of(nil, nil, "c99"); of != nil {
		t.Errorf("a case that was not asked: %+v", of)
	}
}

// TestOrderMakesNoDifference: the same outputs in any order give the same bytes.
func TestOrderMakesNoDifference(t *testing.T) {
	var first string
	for seed := range uint64(10) {
		b, err := json.Marshal(lineage.Explain(pairOf(refunds(), rand.New(rand.NewPCG(seed, 2)))))
		if err != nil {
			t.Fatal(err)
		}
		if first == "" {
			first = string(b)
		}
		if string(b) != first {
			t.Fatalf("order %d gives\n%s\nnot\n%s", seed, b, first)
		}
	}
}

// TestNothingIsNamed: where nothing regressed, and where nothing changed.
func TestNothingIsNamed(t *testing.T) {
	cases := refunds()
	for i := range cases {
		cases[i].regressed = false
	}
	if e := explain(cases); len(e.Causes) > 0 || !strings.Contains(e.Why, "nothing regressed") {
		t.Errorf("nothing regressed: %+v", e.Causes)
	}
	cases = refunds()
	for i := range cases {
		cases[i].after = cases[i].before
	}
	base, _, symptoms := pairOf(cases, rand.New(rand.NewPCG(1, 1)))
	if e := lineage.Explain(base, base, symptoms); len(e.Causes) > 0 || !strings.Contains(e.Why, "nothing that is recorded differs") {
		t.Errorf("nothing changed: %s, %+v", e.Why, e.Causes)
	}
}

// TestWholeRuns: what changed for every case is named by elimination: alone, or as
// inseparable from what else did.
func TestWholeRuns(t *testing.T) {
	cases := make([]asked, 60)
	template := func(text string) func(o *eval.Output) {
		return func(o *eval.Output) { o.Prompt = text + " " + strings.Replace(o.CaseID, "c", "question ", 1) }
	}
	for i := range cases {
		cases[i].regressed = i%3 == 0
		cases[i].after = func(o *eval.Output) { o.Model = "m2" }
	}
	e := explain(cases)
	if len(e.Causes) == 0 || e.Causes[0].Kind != lineage.Model || e.Sure != lineage.OnlyChange {
		t.Errorf("one change: %s (%s)", e.Line(), e.Sure)
	}
	for i := range cases {
		cases[i].before = template("Be kind.")
		cases[i].after = both(template("Be short."), func(o *eval.Output) { o.Model = "m2" })
	}
	e = explain(cases)
	if len(e.Causes) == 0 || e.Sure != lineage.Inseparable || len(e.Causes[0].Same) != 1 || len(e.Separate) != 2 {
		t.Errorf("two changes: %s (%s), to separate: %v", e.Line(), e.Sure, e.Separate)
	}
	for i := range cases {
		cases[i].before, cases[i].after = nil, nil
	}
	if e = explain(cases); len(e.Named()) > 0 || e.Line() != "" {
		t.Errorf("only the version's name: %s", e.Line())
	}
}

// TestInseparable: an argument and a document that changed in the same cases cannot
// be told apart, and runs are named that would.
func TestInseparable(t *testing.T) {
	call := func(tax string) func(o *eval.Output) {
		return func(o *eval.Output) {
			o.Steps = []eval.Step{{Tool: "quote", Args: json.RawMessage(`{"tax":"` + tax + `","n":"` + o.CaseID + `"}`)}}
		}
	}
	cases := make([]asked, 60)
	for i := range cases {
		tax := "gross"
		if i < 12 {
			cases[i].before, cases[i].regressed, tax = retrieved("d", "v1", "s"), true, "net"
		}
		cases[i].before = call("gross")
		cases[i].after = call(tax)
		if i < 12 {
			cases[i].before, cases[i].after = both(call("gross"), retrieved("d", "v1", "s")), both(call("net"), retrieved("d", "v2", "s"))
		}
	}
	e := explain(cases)
	want := "d v1 -> v2 (source: s); inseparable from argument tax of tool quote gross -> net: 12 of 12 cases that regressed on exact, 0 of 48 others."
	if e.Line() != want || e.Sure != lineage.Inseparable || len(e.Separate) != 2 {
		t.Errorf("%s\nwant %s\n%s, %v", e.Line(), want, e.Sure, e.Separate)
	}
}

// TestAttributes: a tag is named where no change goes with what regressed, and
// never before a change that goes with it as well.
func TestAttributes(t *testing.T) {
	cases := make([]asked, 80)
	for i := range cases {
		cases[i].tags = map[string][]string{"language": {"en"}}
		cases[i].after = func(o *eval.Output) { o.Model = "m2" }
		cases[i].before = func(o *eval.Output) { o.Lineage = map[string]string{"index": "1"} }
		cases[i].after = func(o *eval.Output) { o.Model = "m2"; o.Lineage = map[string]string{"index": "2"} }
		if i < 16 {
			cases[i].tags, cases[i].regressed = map[string][]string{"language": {"de"}}, i < 14
		}
	}
	e := explain(cases)
	if len(e.Causes) == 0 || e.Causes[0].Kind != lineage.Tag || e.Causes[0].String() != "language=de" || len(e.Causes[0].Everywhere) != 2 {
		t.Errorf("%s %+v", e.Line(), e.Causes)
	}
	for i := range 15 {
		cases[i].before, cases[i].after = both(cases[i].before, retrieved("d", "1", "")), both(cases[i].after, retrieved("d", "2", ""))
	}
	if e = explain(cases); len(e.Causes) == 0 || e.Causes[0].Kind != lineage.Document || len(e.Causes[0].Shares) != 1 {
		t.Errorf("%s %+v", e.Line(), e.Causes)
	}
}

// TestTemplate: what belongs to a case is no part of its prompt's template.
func TestTemplate(t *testing.T) {
	make1 := func(n, docs int) (eval.Case, eval.Output) {
		c := eval.Case{ID: "x", Prompt: fmt.Sprint("How do I do thing ", n, "?")}
		o := eval.Output{Prompt: "Answer from these.\n"}
		for k := range docs {
			d := eval.Document{ID: fmt.Sprint("kb/", n, k, ".md"), Text: fmt.Sprint("Text ", n, " of ", k)}
			o.Documents = append(o.Documents, d)
			o.Prompt += "[" + d.ID + "] " + d.Text + "\n"
		}
		o.Prompt += "Question: " + c.Prompt
		return c, o
	}
	c, o := make1(1, 2)
	want := lineage.TemplateOf(&c, &o)
	if !strings.Contains(want, "Answer from these.") || strings.Contains(want, "thing") {
		t.Errorf("template %q", want)
	}
	c, o = make1(7, 4)
	if got := lineage.TemplateOf(&c, &o); got != want {
		t.Errorf("another case, more documents: %q, want %q", got, want)
	}
	o.Prompt = "Please a" + o.Prompt[1:]
	if got := lineage.TemplateOf(&c, &o); got == want {
		t.Errorf("another template is taken for the same: %q", got)
	}
}

func TestSignatures(t *testing.T) {
	failures := []lineage.Failure{
		{"a", "facts", `missing "30 days"`}, {"b", "facts", `missing "30 days"`}, {"c", "facts", `missing "14 days"`},
		{"a", "f1", "3 of 9 words found"}, {"b", "f1", "4 of 12 words found"}, {"c", "f1", "5 of 7 words found"}, {"d", "f1", ""},
	}
	slices.Reverse(failures)
	got := lineage.Signatures(failures)
	want := []string{`f1: # of # words found (3)`, `facts: missing "30 days" (2)`, `facts: missing "14 days" (1)`}
	for i, s := range got {
		if text := fmt.Sprintf("%s: %s (%d)", s.Metric, s.Reason, s.Count); i >= len(want) || text != want[i] {
			t.Errorf("%d: %s", i, text)
		}
	}
	if len(got) != len(want) {
		t.Errorf("%d signatures", len(got))
	}
}

// TestCodeIsNoSingleChange: where the commit differs, nothing is called the only
// change.
func TestCodeIsNoSingleChange(t *testing.T) {
	sides := [2]*lineage.Side{}
	s := lineage.Symptom{Metric: "exact"}
	for side, commit := range []string{"aaa", "bbb"} {
		sides[side] = lineage.NewSide(eval.Run{Agent: "bot", Version: "1", Lineage: map[string]string{"git_commit": commit}})
		for i := range 40 {
			c := eval.Case{ID: fmt.Sprintf("c%02d", i), Prompt: "p"}
			sides[side].Add(&c, &eval.Output{CaseID: c.ID, Model: "m" + commit})
			if s.Measured = append(s.Measured, c.ID); i%4 == 0 {
				s.Regressed = append(s.Regressed, c.ID)
			}
		}
	}
	e := lineage.Explain(sides[0], sides[1], []lineage.Symptom{s})
	if e.Sure != lineage.Eliminated || !strings.Contains(e.Why, "git_commit: aaa -> bbb") || e.Causes[0].Kind != lineage.Model {
		t.Errorf("%s (%s): %s", e.Line(), e.Sure, e.Why)
	}
}
