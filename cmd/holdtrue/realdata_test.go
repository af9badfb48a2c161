package main

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// dataDir is where outputs of real model versions lie, with the numbers that an
// evaluator must reproduce. They are not part of the project.
func dataDir(t *testing.T) string {
	t.Helper()
	dir, err := filepath.Abs("../../../shared/data")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(dir, "README.md")); err != nil {
		t.Skipf("SKIPPED: no real outputs at %s: the real-data tests did not run", dir)
	}
	return dir
}

// transitions is the part of an expected.json that a comparison must reproduce.
type transitions struct {
	N             int          `json:"n"`
	BaselineRate  float64      `json:"baseline_rate"`
	CandidateRate float64      `json:"candidate_rate"`
	PassToFail    int          `json:"pass_to_fail"`
	FailToPass    int          `json:"fail_to_pass"`
	P             float64      `json:"mcnemar_exact_p"`
	Prime         *transitions `json:"slice_prime"`
	Composite     *transitions `json:"slice_composite"`
}

// report is what these tests read of a comparison in JSON.
type report struct {
	Verdict string
	Metrics []struct {
		Metric  struct{ Name string }
		Verdict string
		Overall cell
		Slices  []cell
	}
}

type cell struct {
	Slice    string
	Verdict  string
	Cases    int
	Baseline float64 `json:"baseline_mean"`
	Cand     float64 `json:"candidate_mean"`
	Low      float64
	High     float64
	Worse    int
	Better   int
	P        float64
	Adjusted float64  `json:"p_adjusted"`
	McNemar  *float64 `json:"mcnemar_exact"`
}

// suiteOf imports the runs of a source as recordings of one suite and moves
// there.
func suiteOf(t *testing.T, source, mapping, metrics, compare string, runs ...string) {
	t.Helper()
	dir := dataDir(t)
	t.Chdir(t.TempDir())
	agents := ""
	for i, name := range runs {
		args := []string{"cases", "import", filepath.Join(dir, source, name+".jsonl.gz"), "--map", mapping, "--recording", name + ".jsonl"}
		if i == 0 {
			args = append(args, "--cases", "cases.jsonl")
		}
		if code, _, errOut := run(args...); code != 0 {
			t.Fatalf("%s: exit %d: %s", strings.Join(args, " "), code, errOut)
		}
		agents += fmt.Sprintf("  %s: {recording: %q}\n", agentName(name), name+".jsonl")
	}
	suite := "suite: real\ncases: [cases.jsonl]\nagents:\n" + agents + "metrics: " + metrics + "\ncompare: " + compare + "\n"
	if err := os.WriteFile("holdtrue.yaml", []byte(suite), 0o644); err != nil {
		t.Fatal(err)
	}
}

func agentName(run string) string { return strings.NewReplacer("@", "-", "/", "-").Replace(run) }

// swap compares two runs and reads the report.
func swap(t *testing.T, base, cand string) (int, report) {
	t.Helper()
	code, out, errOut := run("swap", agentName(base), agentName(cand), "--format", "json")
	var r report
	if err := json.Unmarshal([]byte(out), &r); err != nil {
		t.Fatalf("%s to %s: exit %d: %v\n%s", base, cand, code, err, errOut)
	}
	return code, r
}

func expectedPairs(t *testing.T, file string, path ...string) map[string]transitions {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var raw map[string]json.RawMessage
	if err := json.Unmarshal(data, &raw); err != nil {
		t.Fatal(err)
	}
	for _, p := range path {
		next := map[string]json.RawMessage{}
		if err := json.Unmarshal(raw[p], &next); err != nil {
			t.Fatalf("%s: %v", p, err)
		}
		raw = next
	}
	pairs := map[string]transitions{}
	if err := json.Unmarshal(raw["pairs"], &pairs); err != nil {
		t.Fatal(err)
	}
	if len(pairs) == 0 {
		t.Fatalf("%s holds no pairs", file)
	}
	return pairs
}

// agree checks rates, transitions and McNemar's p.
func agree(t *testing.T, got cell, want transitions) {
	t.Helper()
	if got.Cases != want.N || got.Worse != want.PassToFail || got.Better != want.FailToPass {
		t.Errorf("%d cases, %d worse, %d better; want %d, %d, %d", got.Cases, got.Worse, got.Better, want.N, want.PassToFail, want.FailToPass)
	}
	if math.Abs(got.Baseline-want.BaselineRate) > 5e-7 || math.Abs(got.Cand-want.CandidateRate) > 5e-7 {
		t.Errorf("rates %v and %v; want %v and %v", got.Baseline, got.Cand, want.BaselineRate, want.CandidateRate)
	}
	if got.McNemar == nil || math.Abs(*got.McNemar-want.P) > 1e-5*want.P+1e-300 {
		t.Errorf("McNemar's p %v; want %v", got.McNemar, want.P)
	}
}

// TestLLMDrift replays GPT-3.5 and GPT-4 of March and June 2023 (Chen, Zaharia
// and Zou 2023) and expects the rates, transitions and p values of every pair,
// and the verdicts that they imply.
func TestLLMDrift(t *testing.T) {
	if testing.Short() {
		t.Skip("many runs of the whole program: left out by -short")
	}
	versions := []string{"gpt-3.5-turbo-0301", "gpt-3.5-turbo-0613", "gpt-4-0314", "gpt-4-0613"}
	for _, source := range []struct {
		name, label, compare string
		verdicts             map[string]string
	}{
		{"prime", "truth.correct", "{slices: [tag]}", map[string]string{
			"gpt-4-0314 -> gpt-4-0613": "mixed", "gpt-3.5-turbo-0301 -> gpt-3.5-turbo-0613": "mixed"}},
		{"opinionqa", "truth.responded", "{}", map[string]string{
			"gpt-4-0314 -> gpt-4-0613": "regressed", "gpt-3.5-turbo-0301 -> gpt-3.5-turbo-0613": "improved"}},
		{"sensitiveq", "truth.responded", "{}", map[string]string{
			"gpt-4-0314 -> gpt-4-0613": "regressed", "gpt-3.5-turbo-0301 -> gpt-3.5-turbo-0613": "improved"}},
	} {
		t.Run(source.name, func(t *testing.T) {
			pairs := expectedPairs(t, filepath.Join(dataDir(t), "llmdrift", "expected.json"), source.name)
			mapping := "id=id,prompt=prompt,expected=reference,tags=tags,output=output,latency_ms=latency_ms,model=model,label=" + source.label
			suiteOf(t, filepath.Join("llmdrift", source.name), mapping, "[label]", source.compare, versions...)
			judged := 0
			for name, want := range pairs {
				base, cand, ok := strings.Cut(name, " -> ")
				if !ok || want.N == 0 {
					continue
				}
				code, r := swap(t, base, cand)
				m := r.Metrics[0]
				t.Run(name, func(t *testing.T) {
					agree(t, m.Overall, want)
					for _, s := range m.Slices {
						switch s.Slice {
						case "tag=prime":
							agree(t, s, *want.Prime)
						case "tag=composite":
							agree(t, s, *want.Composite)
						default:
							t.Errorf("slice %s", s.Slice)
						}
					}
					if want.Prime != nil && len(m.Slices) != 2 {
						t.Errorf("%d slices, want 2", len(m.Slices))
					}
					verdict, pinned := source.verdicts[name]
					if !pinned {
						return
					}
					judged++
					if r.Verdict != verdict {
						t.Errorf("verdict %s, want %s", r.Verdict, verdict)
					}
					if want := map[string]int{"mixed": 1, "regressed": 1, "improved": 0}[verdict]; code != want {
						t.Errorf("exit %d, want %d", code, want)
					}
				})
			}
			if judged != len(source.verdicts) {
				t.Errorf("%d of %d verdicts were checked", judged, len(source.verdicts))
			}
		})
	}
}

// TestLLMDriftIntervals holds the intervals to the published ones of the same
// method, in points, to the tenth.
func TestLLMDriftIntervals(t *testing.T) {
	if testing.Short() {
		t.Skip("many runs of the whole program: left out by -short")
	}
	suiteOf(t, "llmdrift/prime", "id=id,prompt=prompt,output=output,label=truth.correct,tags=tags", "[label]", "{}", "gpt-4-0314", "gpt-4-0613")
	_, r := swap(t, "gpt-4-0314", "gpt-4-0613")
	o := r.Metrics[0].Overall
	if math.Abs(100*o.Low+37.6) > 0.3 || math.Abs(100*o.High+28.3) > 0.3 {
		t.Errorf("interval %.1f to %.1f, want -37.6 to -28.3", 100*o.Low, 100*o.High)
	}
}

// TestGSM8K expects the scorer numeric to agree with the upstream label on every
// output of every model.
func TestGSM8K(t *testing.T) {
	if testing.Short() {
		t.Skip("many runs of the whole program: left out by -short")
	}
	runs := []string{"gpt3-6b@finetuning", "gpt3-6b@verification", "gpt3-175b@finetuning", "gpt3-175b@verification"}
	suiteOf(t, "gsm8k", "id=id,prompt=prompt,expected=reference,output=output,label=truth.is_correct",
		`[{numeric: {which: after, marker: "A:"}}, label]`, "{}", runs...)
	pairs := expectedPairs(t, filepath.Join(dataDir(t), "gsm8k", "expected.json"))
	compared := 0
	for name, want := range pairs {
		base, cand, _ := strings.Cut(name, " -> ")
		code, r := swap(t, base, cand)
		for _, m := range r.Metrics {
			agree(t, m.Overall, want)
			compared++
		}
		if wantCode := map[bool]int{true: 1, false: 0}[want.PassToFail > want.FailToPass]; code != wantCode {
			t.Errorf("%s: exit %d, want %d", name, code, wantCode)
		}
	}
	if compared != 2*len(pairs) {
		t.Errorf("%d metrics compared, want %d", compared, 2*len(pairs))
	}
	// Output by output, not only in sum.
	for _, name := range runs {
		code, out, errOut := run("compare", agentName(name), agentName(name), "--format", "json")
		if code != 3 && code != 0 {
			t.Errorf("%s with itself: exit %d %s", name, code, errOut)
		}
		var r report
		if err := json.Unmarshal([]byte(out), &r); err != nil {
			t.Fatal(err)
		}
		for _, m := range r.Metrics {
			if m.Overall.Worse+m.Overall.Better != 0 {
				t.Errorf("%s differs from itself", name)
			}
		}
	}
}

// TestTauBench compares repeats of one version with each other: nothing may have
// regressed.
func TestTauBench(t *testing.T) {
	if testing.Short() {
		t.Skip("many runs of the whole program: left out by -short")
	}
	trials := []string{"airline_gpt-4o@trial0", "airline_gpt-4o@trial1", "airline_gpt-4o@trial2", "airline_gpt-4o@trial3"}
	suiteOf(t, "tau_bench", "id=id|cut:#,prompt=prompt,expected=reference,output=output,label=truth.reward,tags=tags", "[label]", "{}", trials...)
	pairs := expectedPairs(t, filepath.Join(dataDir(t), "tau_bench", "expected.json"))
	checked := 0
	for i, base := range trials {
		for _, cand := range trials[i+1:] {
			code, r := swap(t, base, cand)
			if code != 3 || r.Verdict != "inconclusive" {
				t.Errorf("%s to %s: %s, exit %d", base, cand, r.Verdict, code)
			}
			name := strings.TrimPrefix(base, "airline_gpt-4o@") + "->" + strings.TrimPrefix(cand, "airline_gpt-4o@")
			if want, ok := pairs[name]; ok {
				checked++
				got := r.Metrics[0].Overall
				if got.Worse != want.PassToFail || got.Better != want.FailToPass {
					t.Errorf("%s: %d worse, %d better; want %d and %d", name, got.Worse, got.Better, want.PassToFail, want.FailToPass)
				}
			}
		}
	}
	if checked != len(pairs) {
		t.Errorf("%d of %d pairs were checked", checked, len(pairs))
	}
}
