package store

import (
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"holdtrue/eval"
)

// TestMade: how outputs were made comes back as Result gives it, for answers that
// share a log, have none, or failed.
func TestMade(t *testing.T) {
	db := open(t, filepath.Join(t.TempDir(), "m.db"))
	run := newRun(t, db, "bot", "1", 3, 2)
	var entries []Entry
	for i, id := range []string{"a", "b", "c"} {
		for repeat := range 2 {
			e := entry(id, repeat, "text")
			o := &e.Result.Output
			switch i {
			case 0:
				o.Prompt, o.Model, o.Lineage = "final", "m", map[string]string{"index": "9"}
				o.Documents = []eval.Document{{ID: "d", Version: "v7", Source: "s", Text: "long enough to be compressed, long enough to be compressed"}}
				o.Steps = []eval.Step{{Tool: "t", Args: []byte(`{"a":1}`)}}
			case 1:
				o.Err = "time-out"
			}
			entries = append(entries, e)
		}
	}
	if _, err := db.Append(t.Context(), run.ID, entries); err != nil {
		t.Fatal(err)
	}
	n := 0
	for m, err := range db.Made(t.Context(), run.ID) {
		if err != nil {
			t.Fatal(err)
		}
		c, want, err := db.Result(t.Context(), run.ID, m.Case.ID, m.Output.Repeat)
		if err != nil {
			t.Fatal(err)
		}
		want.Output.Text = ""
		if d := cmp.Diff(want.Output, m.Output); d != "" {
			t.Error(d)
		}
		if d := cmp.Diff(c, m.Case); d != "" {
			t.Error(d)
		}
		n++
	}
	if n != 6 {
		t.Errorf("%d outputs", n)
	}
	for _, err := range db.Made(t.Context(), "none") {
		t.Errorf("a run that is not stored: %v", err)
	}
}
