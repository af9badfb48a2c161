package drift

import (
	"compress/gzip"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"testing"

	"holdtrue/eval"
)

// record is a line of the data sets.
type record struct {
	ID     string   `json:"id"`
	Tags   []string `json:"tags"`
	Prompt string   `json:"prompt"`
	Output *string  `json:"output"`
	Truth  struct {
		Correct   *float64 `json:"correct"`
		Responded *float64 `json:"responded"`
	} `json:"truth"`
}

// dataFolder is ../shared/data, seen from the module's root.
func dataFolder(t testing.TB, name string) string {
	t.Helper()
	dir := filepath.Join("..", "..", "..", "shared", "data", name)
	if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) {
		t.Skipf("the data set %s is not there", dir)
	}
	return dir
}

// rowsOf reads a run; its one metric is the label.
func rowsOf(t testing.TB, path string, repeat int) []eval.Row {
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
	var rows []eval.Row
	for d := json.NewDecoder(z); d.More(); {
		var r record
		if err := d.Decode(&r); err != nil {
			t.Fatal(err)
		}
		label := r.Truth.Correct
		if label == nil {
			label = r.Truth.Responded
		}
		if label == nil {
			t.Fatalf("%s: %s has no label", path, r.ID)
		}
		x := row(r.ID, repeat, *label)
		x.CaseHash = eval.ContentHash(r.Prompt)
		x.Tags = map[string][]string{"number": r.Tags}
		if r.Output != nil {
			sum := sha256.Sum256([]byte(*r.Output))
			x.Text = binary.LittleEndian.Uint64(sum[:])
		}
		rows = append(rows, x)
	}
	if len(rows) == 0 {
		t.Fatalf("%s holds nothing", path)
	}
	return rows
}

// transitions is a pair of expected.json.
type transitions struct {
	N          int          `json:"n"`
	Baseline   float64      `json:"baseline_rate"`
	Candidate  float64      `json:"candidate_rate"`
	Delta      float64      `json:"delta"`
	PassToFail int          `json:"pass_to_fail"`
	FailToPass int          `json:"fail_to_pass"`
	Exact      *float64     `json:"mcnemar_exact_p"`
	Identical  int          `json:"identical_outputs"`
	Prime      *transitions `json:"slice_prime"`
	Composite  *transitions `json:"slice_composite"`
}

func (w *transitions) check(t *testing.T, c *Cell) {
	t.Helper()
	if c.Cases != w.N || c.Worse != w.PassToFail || c.Better != w.FailToPass {
		t.Errorf("%q: %d cases, %d worse, %d better; expected %d, %d, %d", c.Slice, c.Cases, c.Worse, c.Better, w.N, w.PassToFail, w.FailToPass)
	}
	for _, v := range []struct {
		what      string
		got, want float64
	}{{"baseline", c.Baseline, w.Baseline}, {"candidate", c.Candidate, w.Candidate}, {"difference", c.Diff, w.Delta}} {
		if math.Abs(v.got-v.want) > 1e-6 {
			t.Errorf("%q: %s %v, expected %v", c.Slice, v.what, v.got, v.want)
		}
	}
	if c.McNemarExact == nil {
		t.Fatalf("%q: no McNemar p", c.Slice)
	}
	// The expected file has six digits, and 0 below the smallest float.
	if got, want := *c.McNemarExact, *w.Exact; math.Abs(got-want) > 1e-5*want+1e-300 {
		t.Errorf("%q: McNemar exact p %g, expected %g", c.Slice, got, want)
	}
}

// TestLLMDriftTransitions checks every pair of the data set's own figures.
func TestLLMDriftTransitions(t *testing.T) {
	dir := dataFolder(t, "llmdrift")
	raw, err := os.ReadFile(filepath.Join(dir, "expected.json"))
	if err != nil {
		t.Fatal(err)
	}
	var expected map[string]struct {
		Pairs map[string]transitions `json:"pairs"`
	}
	if err := json.Unmarshal(raw, &expected); err != nil {
		t.Fatal(err)
	}
	checked := 0
	for task, e := range expected {
		for pair, want := range e.Pairs {
			var from, to string
			if _, err := fmt.Sscanf(pair, "%s -> %s", &from, &to); err != nil {
				t.Fatal(err)
			}
			opts := Options{}
			if task == "prime" {
				opts.Slices = []string{"number"}
			}
			c := compareFiles(t, filepath.Join(dir, task), from, to, opts)
			t.Run(task+" "+pair, func(t *testing.T) {
				want.check(t, &c.Metrics[0].Overall)
				if identical := int(math.Round((1 - c.Churn.Texts.Share) * float64(want.N))); identical != want.Identical {
					t.Errorf("%d identical outputs, expected %d", identical, want.Identical)
				}
				for _, s := range c.Metrics[0].Slices {
					switch s.Slice {
					case "number=prime":
						want.Prime.check(t, &s)
					case "number=composite":
						want.Composite.check(t, &s)
					default:
						t.Errorf("unexpected slice %q", s.Slice)
					}
				}
			})
			checked++
		}
	}
	if checked < 9 {
		t.Errorf("only %d pairs checked", checked)
	}
}

func compareFiles(t testing.TB, dir, from, to string, opts Options) *Comparison {
	t.Helper()
	before := rowsOf(t, filepath.Join(dir, from+".jsonl.gz"), 0)
	after := rowsOf(t, filepath.Join(dir, to+".jsonl.gz"), 0)
	return compare(t, newRun(from, correct), newRun(to, correct), before, after, opts)
}

// TestLLMDriftVerdicts holds the table of the specification's section 1.
func TestLLMDriftVerdicts(t *testing.T) {
	dir := dataFolder(t, "llmdrift")
	for _, w := range []struct {
		task, from, to  string
		diff, low, high float64 // points
		mid             float64
		verdict         Verdict
	}{
		{"prime", "gpt-4-0314", "gpt-4-0613", -32.9, -37.6, -28.3, 1.4e-41, Mixed},
		{"prime", "gpt-3.5-turbo-0301", "gpt-3.5-turbo-0613", 26.6, 22.0, 31.0, 9.6e-30, Mixed},
		{"opinionqa", "gpt-4-0314", "gpt-4-0613", -74.2, -76.5, -71.9, 0, Regressed},
		{"opinionqa", "gpt-3.5-turbo-0301", "gpt-3.5-turbo-0613", 2.4, .9, 3.8, 6e-4, Improved},
		{"sensitiveq", "gpt-4-0314", "gpt-4-0613", -16, -24.7, -7.9, 1.5e-5, Regressed},
		{"sensitiveq", "gpt-3.5-turbo-0301", "gpt-3.5-turbo-0613", 6, .7, 12.6, .016, Improved},
	} {
		t.Run(w.task+" "+w.from, func(t *testing.T) {
			opts := Options{}
			if w.task == "prime" {
				opts.Slices = []string{"number"}
			}
			c := compareFiles(t, filepath.Join(dir, w.task), w.from, w.to, opts)
			o := c.Metrics[0].Overall
			for _, v := range []struct {
				what      string
				got, want float64
			}{{"difference", o.Diff, w.diff}, {"low end", o.Low, w.low}, {"high end", o.High, w.high}} {
				// The specified ends were drawn. 400,000 draws of the definition give
				// -37.34 and +0.47 for the two low ends that differ most here, by
				// .23: those of the exact bounds.
				if math.Abs(100*v.got-v.want) > .25 {
					t.Errorf("%s %.2f points, specified %.1f", v.what, 100*v.got, v.want)
				}
			}
			if math.Abs(o.P-w.mid) > .1*w.mid+1e-300 { // specified to one or two digits
				t.Errorf("mid-p %.3g, specified %.2g", o.P, w.mid)
			}
			if c.Verdict != w.verdict || c.Metrics[0].Verdict != w.verdict {
				t.Errorf("%s, expected %s", c.Verdict, w.verdict)
			}
			t.Logf("%s: %q", c.Verdict, c.Reasons)
			t.Logf("next: %q; warnings: %q", c.Next, c.Warnings)
		})
	}
}
