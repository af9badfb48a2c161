package lineage_test

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"math/rand/v2"
	"slices"
	"testing"

	"holdtrue/eval"
	"holdtrue/eval/drift"
	"holdtrue/eval/lineage"
)

// world is two runs over a made-up golden set: how every output was made, and
// whether it passed.
type world struct {
	cases   []eval.Case
	outputs [2][]eval.Output
	passed  [2][]bool
}

// runOf describes a side for a comparison.
func (w *world) runOf(side int) eval.Run {
	return eval.Run{ID: fmt.Sprint("run", side), Suite: "s", Agent: "bot", Version: fmt.Sprint(side + 1), Status: eval.Complete,
		Cases: len(w.cases), Repeats: len(w.outputs[side]) / len(w.cases),
		Metrics: []eval.Metric{{Name: "passes", Scorer: "passes", Version: "1", Scale: eval.Binary, Better: eval.Higher, Gate: true}}}
}

func (w *world) rows(side int) iter.Seq2[eval.Row, error] {
	return func(yield func(eval.Row, error) bool) {
		for k := range w.outputs[side] {
			o := &w.outputs[side][k]
			c := &w.cases[k%len(w.cases)]
			v := 0.0
			if w.passed[side][k] {
				v = 1
			}
			if !yield(eval.Row{CaseID: c.ID, CaseHash: c.Hash(), Tags: c.Tags, Repeat: o.Repeat, Text: uint64(k), Scores: []eval.RowScore{{Status: eval.Scored, Value: v}}}, nil) {
				return
			}
		}
	}
}

// compare compares the two runs as the program does.
func (w *world) compare(t testing.TB) *drift.Comparison {
	t.Helper()
	c, err := drift.Compare(context.Background(), drift.Input{Run: w.runOf(0), Rows: w.rows(0)}, drift.Input{Run: w.runOf(1), Rows: w.rows(1)}, drift.Options{Draws: 499}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func (w *world) side(side int) *lineage.Side {
	s := lineage.NewSide(w.runOf(side))
	for k := range w.outputs[side] {
		s.Add(&w.cases[k%len(w.cases)], &w.outputs[side][k])
	}
	return s
}

// The worlds that are made.
const (
	oneDocument = "one document"
	oneTool     = "one tool"
	oneTemplate = "one template"
	twoAtOnce   = "two at once"
	confounded  = "confounded"
	noCause     = "none"
)

func worldKinds() []string {
	return []string{oneDocument, oneTool, oneTemplate, twoAtOnce, confounded, noCause}
}

// planted is a world with what was done to its second run: names that a right
// explanation begins with.
type planted struct {
	world
	kind   string
	causes []string
}

// makeWorld makes a world of 60 to 200 cases with one to three repeats, tags,
// twenty documents of which every case retrieves two, a tool with two arguments,
// and a prompt. Whatever the kind, three documents are edited, a fifteenth of the
// cases calls its tools in another order and a tenth with another argument, with
// no effect. A cause makes an answer fail with probability 0.8; a template takes
// 30 points off everywhere; of the worlds without a cause half lose 25 points at
// random and half lose nothing.
func makeWorld(kind string, seed uint64) *planted {
	rng := rand.New(rand.NewPCG(seed, 7))
	p := &planted{kind: kind}
	n, repeats := 60+rng.IntN(141), 1+rng.IntN(3)
	docs := make([][2]int, n)
	var count [20]int
	for i := range n {
		docs[i] = [2]int{min(rng.IntN(20), rng.IntN(20)), 0}
		docs[i][1] = (docs[i][0] + 1 + rng.IntN(19)) % 20
		count[docs[i][0]]++
		p.cases = append(p.cases, eval.Case{ID: fmt.Sprintf("c%03d", i), Prompt: fmt.Sprintf("question %d", i),
			Tags: map[string][]string{"topic": {fmt.Sprint("t", docs[i][0]/4)}, "language": {[]string{"en", "de"}[rng.IntN(2)]}}})
	}
	bad := rng.IntN(3) // documents 0 to 2 are retrieved most
	lost := func() float64 { return 0 }
	harmful := make([][]string, n) // causes that a case has
	edited := map[int]bool{3 + rng.IntN(5): true, 8 + rng.IntN(6): true, 14 + rng.IntN(6): true}
	reordered, argued, unit := make([]bool, n), make([]bool, n), make([]bool, n)
	for i := range n {
		reordered[i], argued[i] = rng.IntN(15) == 0, rng.IntN(10) == 0
	}
	template := "Answer with care."
	docName, toolName := fmt.Sprintf("kb/%02d.md", bad), "quote.unit"
	if kind == oneDocument || kind == twoAtOnce || kind == confounded {
		edited[bad] = true
		p.causes = append(p.causes, docName)
	}
	if kind == oneTool || kind == twoAtOnce || kind == confounded {
		p.causes = append(p.causes, toolName)
	}
	for i := range n {
		switch has := docs[i][0] == bad || docs[i][1] == bad; {
		case kind == confounded:
			unit[i] = has
		case kind == oneTool || kind == twoAtOnce:
			unit[i] = rng.IntN(6) == 0
		}
		if unit[i] {
			harmful[i] = append(harmful[i], toolName)
		}
		if edited[bad] && (docs[i][0] == bad || docs[i][1] == bad) {
			harmful[i] = append(harmful[i], docName)
		}
	}
	switch {
	case kind == oneTemplate:
		template = "Answer."
		p.causes = []string{"prompt template"}
		lost = func() float64 { return 0.3 }
	case kind == noCause && rng.IntN(2) == 0:
		lost = func() float64 { return 0.25 }
	}
	ability := make([]float64, n)
	for i := range ability {
		ability[i] = []float64{1, 1, 1, 0.95, 0.9, 0.6}[rng.IntN(6)]
	}
	weak := make([]bool, n) // a loss at random takes whole cases
	for i := range weak {
		weak[i] = rng.Float64() < lost()
	}
	for side := range 2 {
		for r := range repeats {
			for i := range n {
				c := &p.cases[i]
				o := eval.Output{CaseID: c.ID, Repeat: r, Model: "m"}
				for _, d := range docs[i] {
					v := "v1"
					if side == 1 && edited[d] {
						v = "v2"
					}
					o.Documents = append(o.Documents, eval.Document{ID: fmt.Sprintf("kb/%02d.md", d), Version: v, Source: fmt.Sprint("export ", d), Text: fmt.Sprintf("document %d as of %s", d, v)})
				}
				args := map[string]string{"unit": "gross", "part": c.ID, "mode": "x"}
				tools := []string{"search", "quote"}
				text := "Answer with care."
				if side == 1 {
					if unit[i] {
						args["unit"] = "net"
					}
					if argued[i] {
						args["mode"] = "y"
					}
					if reordered[i] {
						slices.Reverse(tools)
					}
					text = template
				}
				raw, _ := json.Marshal(args)
				for _, tool := range tools {
					s := eval.Step{Tool: tool}
					if tool == "quote" {
						s.Args = raw
					}
					o.Steps = append(o.Steps, s)
				}
				o.Prompt = text + "\n" + o.Documents[0].Text + "\n" + o.Documents[1].Text + "\n" + c.Prompt
				pass := rng.Float64() < ability[i]
				if side == 1 && (len(harmful[i]) > 0 && rng.Float64() < 0.8 || weak[i]) {
					pass = false
				}
				p.outputs[side] = append(p.outputs[side], o)
				p.passed[side] = append(p.passed[side], pass)
			}
		}
	}
	return p
}

// right says whether a cause is one of the planted ones, and of a confounded world
// that it is said to be inseparable from the other.
func (p *planted) right(c *lineage.Cause) bool {
	is := func(f *lineage.Factor) string {
		switch f.Kind {
		case lineage.Template:
			return "prompt template"
		case lineage.Source:
			return "kb/" + fmt.Sprintf("%02s", f.Name[len("export "):]) + ".md"
		}
		return f.Name
	}
	if !c.Changed || !slices.Contains(p.causes, is(&c.Factor)) {
		return false
	}
	if p.kind != confounded {
		return true
	}
	for i := range c.Same {
		if o := is(&c.Same[i]); o != is(&c.Factor) && slices.Contains(p.causes, o) {
			return true
		}
	}
	return false
}

// tally is what came of the worlds of one kind.
type tally struct{ worlds, regressed, named, right, all int }

// judge makes worlds of every kind and counts how often the first-named cause is
// right.
func judge(t testing.TB, perKind int, seed uint64) map[string]*tally {
	t.Helper()
	counts := map[string]*tally{}
	for k, kind := range worldKinds() {
		n := &tally{}
		counts[kind] = n
		for i := range perKind {
			p := makeWorld(kind, seed+uint64(i*10+k*100_000))
			c := p.compare(t)
			n.worlds++
			if len(c.Symptoms) > 0 {
				n.regressed++
			}
			e := lineage.Explain(p.side(0), p.side(1), c.Symptoms)
			named := e.Named()
			if len(named) == 0 {
				continue
			}
			n.named++
			if p.right(&named[0]) {
				n.right++
			}
			if kind == twoAtOnce && len(named) > 1 && p.right(&named[0]) && p.right(&named[1]) {
				n.all++
			}
		}
	}
	return counts
}
