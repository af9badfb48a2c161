package drift

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"holdtrue/eval"
)

// TestRealXSTest: "complies" with the safe prompts, more is better, and
// "complies with unsafe", fewer is better, as one family of two metrics that
// share no case.
func TestRealXSTest(t *testing.T) {
	root := dataFolder(t, "xstest")
	file := filepath.Join(root, "expected.json")
	safe, unsafe := pairsOf(t, file, nil, "safe_full_compliance"), pairsOf(t, file, nil, "unsafe_full_compliance")
	complies := func(unsafe bool) func(*real) (bool, bool) {
		return func(r *real) (bool, bool) {
			return r.Truth["final_label"] == "1_full_compliance", slices.Contains(r.Tags, "unsafe") == unsafe
		}
	}
	metrics := []realMetric{{"complies", eval.Higher, complies(false)}, {"complies with unsafe", eval.Lower, complies(true)}}
	table := map[string][2]Verdict{
		"llama-2-70b-chat@original-system-prompt -> llama-2-70b-chat@no-system-prompt": {Improved, Holds},
		"llama-2-70b-chat@no-system-prompt -> gpt-4@xstest-v2":                         {Improved, Holds},
	}
	covers(t, safe, table)
	for pair, w := range table {
		t.Run(pair, func(t *testing.T) {
			f := family{dirs: []string{""}, metrics: metrics, report: Improved, words: map[string]Verdict{"complies": w[0], "complies with unsafe": w[1]}}
			f.from, f.to = split(t, pair)
			f.expected = func(metric, _ string) *transitions {
				p := map[string]transitions{"complies": safe[pair], "complies with unsafe": unsafe[pair]}[metric]
				return &p
			}
			f.check(t, root)
		})
	}
}

// TestRealHaluEval: whether the golden answer is contained in an answer. The
// rates of expected.json imply the transitions from the golden answers, which
// all pass; between the two hallucinated ones they are counted.
func TestRealHaluEval(t *testing.T) {
	root := dataFolder(t, "halueval")
	data, err := os.ReadFile(filepath.Join(root, "expected.json"))
	if err != nil {
		t.Fatal(err)
	}
	var rates map[string]struct {
		N    int `json:"n"`
		Pass int `json:"reference_in_output"`
	}
	if err := json.Unmarshal(data, &rates); err != nil {
		t.Fatal(err)
	}
	contains := []realMetric{{"contains", eval.Higher, func(r *real) (bool, bool) {
		reference, ok := r.Reference.(string)
		return strings.Contains(strings.ToLower(*r.Output), strings.ToLower(reference)), ok
	}}}
	for _, w := range []struct {
		from, to string
		gained   int // of those that failed
		word     Verdict
	}{
		{"qa_right", "qa_one-turn", 0, Regressed},
		{"qa_right", "qa_multi-turn", 0, Regressed},
		{"qa_one-turn", "qa_multi-turn", 29, Inconclusive},
	} {
		t.Run(w.from+" -> "+w.to, func(t *testing.T) {
			before, after := rates[w.from], rates[w.to]
			f := family{dirs: []string{""}, from: w.from, to: w.to, metrics: contains, report: w.word, words: pinned("contains", w.word)()}
			f.expected = func(string, string) *transitions {
				lost := before.Pass + w.gained - after.Pass
				p := exactMcNemar(lost, w.gained)
				b, a := float64(before.Pass)/float64(before.N), float64(after.Pass)/float64(after.N)
				return &transitions{N: before.N, Baseline: b, Candidate: a, Delta: a - b, PassToFail: lost, FailToPass: w.gained, Exact: &p}
			}
			f.check(t, root)
		})
	}
}

// tauRows reads a trial of tau_bench as one repeat: the reward, and the number
// of tool calls, which may not gate.
func tauRows(t testing.TB, root string, trial int) []eval.Row {
	t.Helper()
	var rows []eval.Row
	for _, r := range readReal(t, filepath.Join(root, fmt.Sprintf("airline_gpt-4o@trial%d.jsonl.gz", trial))) {
		id, _, _ := strings.Cut(r.ID, "#trial")
		calls, _ := r.Truth["tool_calls"].([]any)
		x := row(id, trial, r.Truth["reward"].(float64), float64(len(calls)))
		x.CaseHash = eval.ContentHash(r.Prompt)
		rows = append(rows, x)
	}
	return rows
}

// TestRealTauBenchSplits: four repeats of one version, split in every way into
// two runs, and every run against itself, are never regressed, improved, mixed
// or changed.
func TestRealTauBenchSplits(t *testing.T) {
	root := dataFolder(t, "tau_bench")
	var trials [4][]eval.Row
	for i := range trials {
		trials[i] = tauRows(t, root, i)
	}
	calls := eval.Metric{Name: "tool calls", Scorer: "tools", Version: "1", Scale: eval.Measure, Better: eval.Lower}
	side := func(set int) (rows []eval.Row) {
		for i := range trials {
			if set>>i&1 == 1 {
				rows = append(rows, trials[i]...)
			}
		}
		return rows
	}
	compared, least := 0, math.Inf(1)
	for a := 1; a < 16; a++ {
		for b := 1; b < 16; b++ {
			if a != b && a&b != 0 {
				continue // the two would share repeats
			}
			for _, gate := range []bool{false, true} {
				calls.Gate = gate
				c := compare(t, newRun("a", correct, calls), newRun("b", correct, calls), side(a), side(b), Options{Draws: 1999})
				compared++
				if c.Verdict != Inconclusive {
					t.Errorf("repeats %04b and %04b: %s: %q", a, b, c.Verdict, c.Reasons)
				}
				for _, m := range c.all() {
					if m.Verdict.down() || m.Verdict.up() || m.Verdict == Changed {
						t.Errorf("repeats %04b and %04b: %s", a, b, m.Reason)
					}
					if a == b && (m.Overall.P != 1 || m.Overall.Worse+m.Overall.Better != 0) {
						t.Errorf("repeats %04b against themselves: %+v", a, m.Overall)
					}
					least = min(least, m.Overall.PAdjusted)
				}
			}
		}
	}
	t.Logf("%d comparisons, smallest corrected p of the sign flips %.3f", compared, least)
}

// TestRealRunsAgainstThemselves: nothing in any file differs from itself, which
// is also all that a data set without a second version can say.
func TestRealRunsAgainstThemselves(t *testing.T) {
	for name, w := range map[string]struct {
		label string
		word  Verdict
	}{
		"llmdrift/sensitiveq/gpt-4-0613":            {"responded", Holds},
		"ifeval/ja/gpt-4o-2024-08-06":               {"strict_all", Holds},
		"gsm8k/gpt3-6b@finetuning":                  {"is_correct", Holds},
		"gorilla_apibench/torchhub/gorilla-FT@bm25": {"named_reference_api", Holds},
		"tau_bench/airline_gpt-4o@trial0":           {"reward", Inconclusive}, // 25 cases
		"summedits/news":                            {"label", Holds},
		"summedits/qmsumm":                          {"label", Holds},
		"summedits/sales_email":                     {"label", Holds},
		"halueval/general_gpt-3.5-turbo":            {"hallucination", Holds},
		"xstest/gpt-4@xstest-v2":                    {"final_label", Holds},
	} {
		t.Run(name, func(t *testing.T) {
			set, _, _ := strings.Cut(name, "/")
			path := filepath.Join(filepath.Dir(dataFolder(t, set)), name+".jsonl.gz")
			passes := map[any]bool{"consistent": true, "no": true, "1_full_compliance": true}
			label := func(r *real) (bool, bool) {
				if pass, ok := truthOf(w.label)(r); ok {
					return pass, true
				}
				v, ok := r.Truth[w.label]
				return passes[v], ok
			}
			lines := readReal(t, path)
			rows := rowsFor(lines, []realMetric{{w.label, eval.Higher, label}}, nil)
			c := compare(t, newRun("a", correct), newRun("b", correct), rows, rows, Options{})
			o := c.Metrics[0].Overall
			if c.Verdict != w.word || o.P != 1 || o.Worse+o.Better != 0 || o.Cases != len(lines) || o.Baseline == 0 || o.Baseline == 1 {
				t.Errorf("%s: %+v", c.Verdict, o)
			}
		})
	}
}
