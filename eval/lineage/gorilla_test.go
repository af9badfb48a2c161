package lineage_test

import (
	"bufio"
	"compress/gzip"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"holdtrue/eval"
	"holdtrue/eval/lineage"
)

// gorilla reads a run of APIBench: what was asked, the documents that were given,
// and whether the API of the reference was named.
func gorilla(t *testing.T, hub, run string) (cases []eval.Case, outputs []eval.Output, passed []bool) {
	t.Helper()
	path := filepath.Join("..", "..", "..", "shared", "data", "gorilla_apibench", hub, run+".jsonl.gz")
	f, err := os.Open(path)
	if os.IsNotExist(err) {
		t.Skipf("%s is not there", path)
	}
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	for d := json.NewDecoder(bufio.NewReader(z)); d.More(); {
		var r struct {
			ID, Model, Prompt string
			Output            *string
			Context           []string
			Truth             map[string]any
		}
		if err := d.Decode(&r); err != nil {
			t.Fatal(err)
		}
		cases = append(cases, eval.Case{ID: r.ID, Prompt: r.Prompt})
		o := eval.Output{CaseID: r.ID, Model: r.Model}
		for _, text := range r.Context {
			hash := eval.ContentHash(text)
			o.Documents = append(o.Documents, eval.Document{ID: hash[:12], Hash: hash, Text: text})
		}
		outputs = append(outputs, o)
		pass, ok := r.Truth["named_reference_api"].(bool)
		if !ok {
			t.Fatalf("%s: case %s has no label", path, r.ID)
		}
		passed = append(passed, pass)
	}
	return cases, outputs, passed
}

// gorillaRun is one run as it was read.
type gorillaRun struct {
	cases   []eval.Case
	outputs []eval.Output
	passed  []bool
}

// gorillaPair puts two runs side by side; both are read once.
func gorillaPair(t *testing.T, known map[string]*gorillaRun, hub, from, to string) *world {
	t.Helper()
	w := &world{}
	for side, run := range []string{from, to} {
		r := known[hub+run]
		if r == nil {
			r = &gorillaRun{}
			r.cases, r.outputs, r.passed = gorilla(t, hub, run)
			known[hub+run] = r
		}
		if side == 0 {
			w.cases = r.cases
		}
		w.outputs[side], w.passed[side] = r.outputs, r.passed
		if len(r.cases) != len(w.cases) {
			t.Fatalf("%d and %d cases", len(w.cases), len(r.cases))
		}
		for i := range r.cases {
			if r.cases[i].ID != w.cases[i].ID {
				t.Fatalf("case %d is %s and %s", i, w.cases[i].ID, r.cases[i].ID)
			}
		}
	}
	return w
}

// TestGorillaRetrieval: where the same agent was given documents in another way
// and regressed, the first-named cause is the retrieval; where the agent changed
// and the documents did not, it is not.
func TestGorillaRetrieval(t *testing.T) {
	setups := []string{"0_shot", "bm25", "gpt_index", "oracle"}
	documents := func(k lineage.Kind) bool {
		return k == lineage.Document || k == lineage.Source || k == lineage.Retrieval
	}
	seen, known := map[bool]int{}, map[string]*gorillaRun{}
	for _, hub := range []string{"torchhub", "tensorflowhub"} {
		for _, from := range []string{"gorilla-FT", "gorilla-RT"} {
			for _, a := range setups {
				for _, to := range []string{"gorilla-FT", "gorilla-RT"} {
					for _, b := range setups {
						if from == to && a == b || from != to && a != b {
							continue
						}
						w := gorillaPair(t, known, hub, from+"@"+a, to+"@"+b)
						e := lineage.Explain(w.side(0), w.side(1), w.compare(t).Symptoms)
						name := hub + " " + from + "@" + a + " -> " + to + "@" + b
						if e.Regressed == 0 {
							if len(e.Causes) > 0 {
								t.Errorf("%s: nothing regressed and %s is named", name, e.Causes[0].Text())
							}
							continue
						}
						t.Logf("%s: %s [%s]", name, e.Line(), e.Sure)
						if len(e.Named()) == 0 || documents(e.Named()[0].Kind) != (from == to) {
							t.Errorf("%s: named first: %s (%s)", name, e.Line(), e.Why)
						}
						seen[from == to]++
					}
				}
			}
		}
	}
	if seen[true] < 6 || seen[false] < 1 {
		t.Errorf("%d pairs of one agent and %d of two regressed", seen[true], seen[false])
	}
}
