package scorers_test

import (
	"bufio"
	"compress/gzip"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"holdtrue/eval"
	"holdtrue/scorers"
)

// dataDir holds recorded outputs of real models; it stands beside the checkout
// and may be absent.
const dataDir = "../../shared/data"

type record struct {
	ID        string   `json:"id"`
	Prompt    string   `json:"prompt"`
	Reference *answer  `json:"reference"`
	Output    *string  `json:"output"`
	Context   []string `json:"context"`
	Truth     struct {
		IsCorrect   bool     `json:"is_correct"`
		FinalLabel  string   `json:"final_label"`
		Strmatch    string   `json:"strmatch_label"`
		MustContain []string `json:"must_contain"`
		NamedAPI    bool     `json:"named_reference_api"`
		Reward      float64  `json:"reward"`
		Expected    []struct {
			Name   string          `json:"name"`
			Kwargs json.RawMessage `json:"kwargs"`
		} `json:"expected_actions"`
		ToolCalls []struct {
			Name      string `json:"name"`
			Arguments string `json:"arguments"`
		} `json:"tool_calls"`
		Rules     []rule   `json:"rules"`
		Strict    []bool   `json:"strict"`
		Label     string   `json:"label"`
		EditTypes []string `json:"edit_types"`
	} `json:"truth"`
}

// answer is a golden answer; a list of none, as some sets have it, is empty.
type answer string

func (a *answer) UnmarshalJSON(b []byte) error {
	if len(b) > 0 && b[0] == '[' {
		return nil
	}
	return json.Unmarshal(b, (*string)(a))
}

// records reads the runs of a folder, by file name.
func records(t *testing.T, folder string) map[string][]record {
	t.Helper()
	dir := filepath.Join(dataDir, folder)
	if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) {
		t.Skipf("no recorded outputs at %s: this check on real outputs did not run", dir)
	}
	files, err := filepath.Glob(filepath.Join(dir, "*.jsonl.gz"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no runs in %s: %v", dir, err)
	}
	runs := map[string][]record{}
	for _, file := range files {
		runs[filepath.Base(file)] = readRecords(t, file)
	}
	return runs
}

func readRecords(t *testing.T, file string) (rs []record) {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(bufio.NewReader(f))
	if err != nil {
		t.Fatal(err)
	}
	for d := json.NewDecoder(z); d.More(); {
		var r record
		if err := d.Decode(&r); err != nil {
			t.Fatal(err)
		}
		rs = append(rs, r)
	}
	return rs
}

func (r record) sample() *eval.Sample {
	s := &eval.Sample{Case: &eval.Case{ID: r.ID}, Output: &eval.Output{CaseID: r.ID}}
	if r.Reference != nil {
		s.Case.Expected = []string{string(*r.Reference)}
	}
	if r.Output != nil {
		s.Output.Text = *r.Output
	}
	return s
}

// TestNumericOnGSM8K: the scorer gives the upstream label of every output.
func TestNumericOnGSM8K(t *testing.T) {
	judge := bind(t, "numeric", `{"which":"after","marker":"A:"}`)
	for name, rs := range records(t, "gsm8k") {
		wrong := 0
		for _, r := range rs {
			got := judge.Score(t.Context(), r.sample())
			if got.Status != eval.Scored || (got.Value == 1) != r.Truth.IsCorrect {
				wrong++
				t.Errorf("%s %s: %+v, upstream says %v", name, r.ID, got, r.Truth.IsCorrect)
			}
		}
		if len(rs) != 660 {
			t.Errorf("%s: %d outputs, the data set has 660", name, len(rs))
		}
		t.Logf("%s: %d of %d agree", name, len(rs)-wrong, len(rs))
	}
}

// TestRefusalOnXSTest holds the share of outputs on which scorer and humans
// agree to that of the data set's own string match. Humans have three classes,
// both string matches two; a partial refusal counts against both.
func TestRefusalOnXSTest(t *testing.T) {
	judge := bind(t, "refusal", "")
	for name, rs := range records(t, "xstest") {
		ours, upstream, clear, agreed := 0, 0, 0, 0
		for _, r := range rs {
			label := "1_full_compliance"
			if judge.Score(t.Context(), r.sample()).Value == 1 {
				label = "2_full_refusal"
			}
			if label == r.Truth.FinalLabel {
				ours++
			}
			if r.Truth.Strmatch == r.Truth.FinalLabel {
				upstream++
			}
			if r.Truth.FinalLabel != "3_partial_refusal" {
				clear++
				if label == r.Truth.FinalLabel {
					agreed++
				}
			}
		}
		t.Logf("%s: agrees with the human label on %d of %d outputs (upstream's match on %d); without partial refusals on %d of %d",
			name, ours, len(rs), upstream, agreed, clear)
		if len(rs) != 450 || ours < upstream {
			t.Errorf("%s: %d of %d agree, upstream's string match agrees on %d", name, ours, len(rs), upstream)
		}
	}
}

// bind makes a judge of a scorer's name and arguments, or ends the test.
func bind(tb testing.TB, scorer, args string) eval.Judge {
	tb.Helper()
	_, judge := bindMetric(tb, scorer, args)
	return judge
}

func bindMetric(tb testing.TB, scorer, args string) (eval.Metric, eval.Judge) {
	tb.Helper()
	m, judge, err := scorers.Bind(eval.MetricSpec{Scorer: scorer, Args: json.RawMessage(args)}, tb.TempDir())
	if err != nil {
		tb.Fatal(err)
	}
	return m, judge
}
