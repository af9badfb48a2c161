package datasets

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"holdtrue/eval"
)

func feedbackOf(t *testing.T, name, text string, opt FeedbackOptions) ([]FeedbackRecord, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return Feedback(path, opt)
}

func TestFeedbackReadsWhatUsersSay(t *testing.T) {
	half, third := 0.5, 0.25
	got, err := feedbackOf(t, "f.jsonl", `{"id":"a","thumb":"👍"}
{"case_id":"a","repeat":2,"label":"Partly ","comment":"so so"}
{"response":"r","stars":2}
{"trace_id":"0AF7","thumb":false,"user":7,"time":1772323200}
{"trace_id":"0af8","rating":null,"comment":"only words","created_at":"2026-03-01 09:30:00"}
{"id":"b","thumb":1,"label":"good","timestamp":1772323200123}
`, FeedbackOptions{Low: 1, High: 5, Labels: map[string]float64{"partly": 0.5}})
	if err != nil {
		t.Fatal(err)
	}
	one, zero, two := 1.0, 0.0, 2
	want := []FeedbackRecord{
		{CaseID: "a", Said: eval.Said{Value: &one, As: "👍"}},
		{CaseID: "a", Repeat: &two, Said: eval.Said{Value: &half, As: "Partly ", Comment: "so so"}},
		{Response: "r", Said: eval.Said{Value: &third, As: "2"}},
		{Trace: "0af7", Said: eval.Said{Value: &zero, As: "false", Author: "7", At: time.Unix(1772323200, 0).UTC()}},
		{Trace: "0af8", Said: eval.Said{Comment: "only words", At: time.Date(2026, 3, 1, 9, 30, 0, 0, time.UTC)}},
		{CaseID: "b", Said: eval.Said{Value: &one, As: "1", At: time.UnixMilli(1772323200123).UTC()}},
	}
	if d := cmp.Diff(want, got, cmpopts.IgnoreFields(FeedbackRecord{}, "Pos")); d != "" {
		t.Error(d)
	}
	if got[4].Pos.Line != 5 {
		t.Errorf("place %v", got[4].Pos)
	}
	csv, err := feedbackOf(t, "f.csv", "response_id,thumb,comment\nr1,up,\"two\nlines\"\nr2,-1,\n", FeedbackOptions{})
	if err != nil || len(csv) != 2 || csv[0].Said.Comment != "two\nlines" || *csv[1].Said.Value != 0 || csv[1].Pos.Line != 4 {
		t.Errorf("%+v %v", csv, err)
	}
}

// FuzzFeedback holds the reader to its word: a value is from 0 to 1, something is
// said of something, and an error has a place.
func FuzzFeedback(f *testing.F) {
	for _, seed := range []string{`{"id":"a","thumb":"up"}`, `{"response_id":"r","rating":1e308,"time":"2026-03-01T00:00:00Z"}`,
		`{"id":"a","rating":"NaN"}`, `{"trace_id":"t","comment":"x","repeat":-1}`, `{"id":["a"]}`, `[]`, "\xff", `{"id":"a","label":"good","thumb":0}`} {
		f.Add([]byte(seed))
	}
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, data []byte) {
		path := filepath.Join(dir, "f.jsonl")
		if err := os.WriteFile(path, data, 0o644); err != nil {
			t.Fatal(err)
		}
		list, err := Feedback(path, FeedbackOptions{Low: -1, High: 3})
		if err != nil {
			lines, _ := eval.InputErrors(err)
			for _, line := range lines {
				if !strings.Contains(line, path) && !strings.HasPrefix(line, "and ") {
					t.Errorf("an error without a place: %s", line)
				}
			}
			return
		}
		for _, r := range list {
			if v := r.Said.Value; v != nil && !(*v >= 0 && *v <= 1) || v == nil && r.Said.Comment == "" || r.CaseID+r.Response+r.Trace == "" {
				t.Errorf("%+v", r)
			}
		}
	})
}
