package drift

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"holdtrue/eval"
)

// pairsOf reads pairs of an expected.json; path leads to the object that has
// them, and is, below each pair, the way to its transitions.
func pairsOf(t testing.TB, file string, path []string, below ...string) map[string]transitions {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	enter := func(at json.RawMessage, key string) json.RawMessage {
		next := map[string]json.RawMessage{}
		if err := json.Unmarshal(at, &next); err != nil || next[key] == nil {
			t.Fatalf("%s: no %q: %v", file, key, err)
		}
		return next[key]
	}
	at := json.RawMessage(data)
	for _, key := range append(path, "pairs") {
		at = enter(at, key)
	}
	pairs, out := map[string]json.RawMessage{}, map[string]transitions{}
	if err := json.Unmarshal(at, &pairs); err != nil {
		t.Fatal(err)
	}
	for name, raw := range pairs {
		for _, key := range below {
			raw = enter(raw, key)
		}
		var w transitions
		if err := json.Unmarshal(raw, &w); err != nil {
			t.Fatal(err)
		}
		out[name] = w
	}
	return out
}

// together adds the transitions of two parts.
func together(a, b transitions) *transitions {
	n := float64(a.N + b.N)
	w := transitions{N: a.N + b.N, PassToFail: a.PassToFail + b.PassToFail, FailToPass: a.FailToPass + b.FailToPass,
		Baseline:  (a.Baseline*float64(a.N) + b.Baseline*float64(b.N)) / n,
		Candidate: (a.Candidate*float64(a.N) + b.Candidate*float64(b.N)) / n}
	w.Delta = w.Candidate - w.Baseline
	p := exactMcNemar(w.PassToFail, w.FailToPass)
	w.Exact = &p
	return &w
}

// split parts "A -> B".
func split(t testing.TB, pair string) (from, to string) {
	t.Helper()
	from, to, ok := strings.Cut(pair, " -> ")
	if !ok {
		t.Fatalf("%q is no pair", pair)
	}
	return from, to
}

// pinned lists the words of the cells of one metric: all cases, then the slices
// by name.
func pinned(metric string, words ...Verdict) func(slices ...string) map[string]Verdict {
	return func(slices ...string) map[string]Verdict {
		out := map[string]Verdict{metric: words[0]}
		for i, s := range slices {
			out[metric+" "+s] = words[i+1]
		}
		return out
	}
}

// covers says aloud which pairs of a data set have no row in a table.
func covers[V any](t *testing.T, pairs map[string]transitions, table map[string]V) {
	t.Helper()
	for name := range pairs {
		if _, ok := table[name]; !ok {
			t.Errorf("%q has no pinned verdict", name)
		}
	}
	for name := range table {
		if _, ok := pairs[name]; !ok {
			t.Errorf("%q is not in the data", name)
		}
	}
}

// TestRealLLMDrift: families of one metric; on PRIME over all questions, the
// composite numbers and the primes.
func TestRealLLMDrift(t *testing.T) {
	root := dataFolder(t, "llmdrift")
	const march35, june35, march4, june4 = "gpt-3.5-turbo-0301", "gpt-3.5-turbo-0613", "gpt-4-0314", "gpt-4-0613"
	for _, task := range []struct {
		name, label string
		slices      []string
		table       map[string][]Verdict // overall, slices; the metric and report last where they differ from it
	}{
		{"prime", "correct", []string{"composite", "prime"}, map[string][]Verdict{
			march4 + " -> " + june4:   {Regressed, Improved, Regressed, Mixed},
			march35 + " -> " + june35: {Improved, Regressed, Improved, Mixed},
			june35 + " -> " + june4:   {Regressed, Improved, Regressed, Mixed},
			march35 + " -> " + march4: {Improved, Regressed, Improved, Mixed},
		}},
		{"opinionqa", "responded", nil, map[string][]Verdict{
			march4 + " -> " + june4:   {Regressed},
			march35 + " -> " + june35: {Improved},
			june35 + " -> " + june4:   {Regressed},
			march35 + " -> " + march4: {Improved},
		}},
		{"sensitiveq", "responded", nil, map[string][]Verdict{
			march4 + " -> " + june4:   {Regressed},
			march35 + " -> " + june35: {Improved}, // 0 lost, 6 gained: mid-p 1/64
			june35 + " -> " + june4:   {Inconclusive},
			march35 + " -> " + march4: {Improved},
		}},
	} {
		pairs := pairsOf(t, filepath.Join(root, "expected.json"), []string{task.name})
		covers(t, pairs, task.table)
		for pair, words := range task.table {
			t.Run(task.name+"/"+pair, func(t *testing.T) {
				w := pairs[pair]
				f := family{dirs: []string{task.name}, metrics: []realMetric{{task.label, eval.Higher, truthOf(task.label)}}, report: words[0],
					words: pinned(task.label, words...)(task.slices...)}
				f.from, f.to = split(t, pair)
				if task.slices != nil {
					f.slice = func(r *real) string { return r.Tags[0] }
					f.report = words[3]
					f.words["= "+task.label] = words[3]
				}
				f.expected = func(_, slice string) *transitions {
					return map[string]*transitions{"": &w, "prime": w.Prime, "composite": w.Composite}[slice]
				}
				f.check(t, root)
			})
		}
	}
}

// TestRealIDTrap: three ids of OPINIONQA stand for five questions each. Joined
// on the id alone they must be refused, not paired.
func TestRealIDTrap(t *testing.T) {
	root := dataFolder(t, "llmdrift")
	lines := readReal(t, filepath.Join(root, "opinionqa", "gpt-4-0314.jsonl.gz"))
	trapped := 0
	for i := range lines {
		if id, _, ok := strings.Cut(lines[i].ID, "#"); ok {
			lines[i].ID = id
			trapped++
		}
	}
	rows := rowsFor(lines, []realMetric{{"responded", eval.Higher, truthOf("responded")}}, nil)
	_, err := Compare(t.Context(), Input{Run: newRun("a", correct), Rows: stream(rows)}, Input{Run: newRun("b", correct), Rows: stream(rows)}, Options{}, nil)
	if trapped != 15 || err == nil || !strings.Contains(err.Error(), "two contents of case") {
		t.Errorf("%d outputs share an id: %v", trapped, err)
	}
}

// TestRealIFEval: the reference checker's strict verdict on all instructions of
// a prompt, a family by itself in either language; strict and loose verdicts as
// one family; and both languages in one run as slices.
func TestRealIFEval(t *testing.T) {
	root := dataFolder(t, "ifeval")
	strict := realMetric{"strict_all", eval.Higher, truthOf("strict_all")}
	loose := realMetric{"loose_all", eval.Higher, truthOf("loose_all")}
	file := filepath.Join(root, "expected.json")
	pairs := map[string]map[string]transitions{"strict_all": pairsOf(t, file, nil, "strict_all"), "loose_all": pairsOf(t, file, nil, "loose_all")}
	const (
		gpt   = "gpt-4o-2024-08-06 -> gpt-4o-mini-2024-07-18"
		haiku = "claude-3-haiku-20240307 -> claude-3-5-sonnet-20240620"
		qwen  = "Qwen2.5-14B-Instruct-GPTQ-Int4 -> Qwen2.5-7B-Instruct-GPTQ-Int4"
	)
	table := map[string]struct{ alone, strict, loose, report Verdict }{
		"en: " + gpt:   {Regressed, Regressed, Regressed, Regressed},
		"ja: " + gpt:   {Inconclusive, Inconclusive, Inconclusive, Inconclusive},
		"en: " + haiku: {Improved, Improved, Improved, Improved},
		"ja: " + haiku: {Improved, Improved, Improved, Improved},
		"en: " + qwen:  {Regressed, Regressed, Regressed, Regressed},
		"ja: " + qwen:  {Inconclusive, Inconclusive, Inconclusive, Inconclusive},
	}
	covers(t, pairs["strict_all"], table)
	for pair, w := range table {
		language, models, _ := strings.Cut(pair, ": ")
		f := family{dirs: []string{language}}
		f.from, f.to = split(t, models)
		f.expected = func(metric, _ string) *transitions { p := pairs[metric][pair]; return &p }
		t.Run("strict/"+pair, func(t *testing.T) {
			f := f
			f.metrics, f.words, f.report = []realMetric{strict}, pinned("strict_all", w.alone)(), w.alone
			f.check(t, root)
		})
		t.Run("strict and loose/"+pair, func(t *testing.T) {
			f := f
			f.metrics, f.words, f.report = []realMetric{strict, loose}, map[string]Verdict{"strict_all": w.strict, "loose_all": w.loose}, w.report
			f.check(t, root)
		})
	}
	for models, words := range map[string][]Verdict{ // all, English, Japanese
		gpt:   {Regressed, Regressed, Inconclusive},
		haiku: {Improved, Improved, Improved},
		qwen:  {Regressed, Regressed, Inconclusive},
	} {
		t.Run("languages as slices/"+models, func(t *testing.T) {
			en, ja := pairs["strict_all"]["en: "+models], pairs["strict_all"]["ja: "+models]
			f := family{dirs: []string{"en", "ja"}, metrics: []realMetric{strict}, report: words[0], words: pinned("strict_all", words...)("en", "ja")}
			f.from, f.to = split(t, models)
			f.slice = func(r *real) string { return r.ID[len("ifeval-"):][:2] }
			f.expected = func(_, slice string) *transitions {
				return map[string]*transitions{"": together(en, ja), "en": &en, "ja": &ja}[slice]
			}
			f.check(t, root)
		})
	}
}

// TestRealGSM8K: one metric, the upstream label.
func TestRealGSM8K(t *testing.T) {
	root := dataFolder(t, "gsm8k")
	pairs := pairsOf(t, filepath.Join(root, "expected.json"), nil)
	table := map[string]Verdict{
		"gpt3-6b@finetuning -> gpt3-6b@verification":     Improved,
		"gpt3-175b@finetuning -> gpt3-175b@verification": Improved,
		"gpt3-6b@verification -> gpt3-175b@finetuning":   Regressed,
		"gpt3-6b@verification -> gpt3-175b@verification": Improved,
	}
	covers(t, pairs, table)
	for pair, word := range table {
		t.Run(pair, func(t *testing.T) {
			f := family{dirs: []string{""}, metrics: []realMetric{{"is_correct", eval.Higher, truthOf("is_correct")}}, report: word, words: pinned("is_correct", word)()}
			f.from, f.to = split(t, pair)
			f.expected = func(string, string) *transitions { w := pairs[pair]; return &w }
			f.check(t, root)
		})
	}
}

// TestRealGorilla: whether the golden API was named, either hub by itself, then
// both as slices of one run.
func TestRealGorilla(t *testing.T) {
	root := dataFolder(t, "gorilla_apibench")
	pairs := pairsOf(t, filepath.Join(root, "expected.json"), nil)
	named := []realMetric{{"named_reference_api", eval.Higher, truthOf("named_reference_api")}}
	// The words of the two hubs by themselves; then of all, TensorFlow Hub and
	// Torch Hub in one family, and of the metric where it is not that of all.
	table := map[string][]Verdict{
		"gorilla-FT@0_shot -> gorilla-FT@bm25":      {Inconclusive, Regressed, Regressed, Regressed, Inconclusive},
		"gorilla-RT@oracle -> gorilla-RT@gpt_index": {Regressed, Regressed, Regressed, Regressed, Regressed},
		"gorilla-RT@oracle -> gorilla-RT@bm25":      {Regressed, Regressed, Regressed, Regressed, Regressed},
		"gorilla-FT@bm25 -> gorilla-RT@bm25":        {Holds, Holds, Holds, Holds, Holds},
		// 1 lost and 7 gained on TensorFlow Hub have mid-p 10/256; beside the other
		// cells, 2:8 and 1:1, that is 48/1024, near enough to .05 to be drawn again.
		"gorilla-FT@gpt_index -> gorilla-RT@gpt_index": {Holds, Improved, Holds, Improved, Holds, Improved},
		"gorilla-FT@0_shot -> gorilla-RT@0_shot":       {Regressed, Regressed, Regressed, Regressed, Regressed},
	}
	alone := map[string]Verdict{}
	for models, w := range table {
		alone["torchhub: "+models], alone["tensorflowhub: "+models] = w[0], w[1]
	}
	covers(t, pairs, alone)
	for models, w := range table {
		for k, hub := range []string{"torchhub", "tensorflowhub"} {
			t.Run(hub+"/"+models, func(t *testing.T) {
				f := family{dirs: []string{hub}, metrics: named, report: w[k], words: pinned("named_reference_api", w[k])()}
				f.from, f.to = split(t, models)
				f.expected = func(string, string) *transitions { p := pairs[hub+": "+models]; return &p }
				f.check(t, root)
			})
		}
		t.Run("hubs as slices/"+models, func(t *testing.T) {
			tensor, torch := pairs["tensorflowhub: "+models], pairs["torchhub: "+models]
			f := family{dirs: []string{"tensorflowhub", "torchhub"}, metrics: named, report: w[2], words: pinned("named_reference_api", w[2:]...)("tensorflowhub", "torchhub")}
			if len(w) > 5 {
				f.report = w[5]
				f.words["= named_reference_api"] = w[5]
			}
			f.from, f.to = split(t, models)
			f.slice = func(r *real) string { hub, _, _ := strings.Cut(r.ID, "/"); return hub }
			f.expected = func(_, slice string) *transitions {
				return map[string]*transitions{"": together(tensor, torch), "tensorflowhub": &tensor, "torchhub": &torch}[slice]
			}
			f.check(t, root)
		})
	}
}
