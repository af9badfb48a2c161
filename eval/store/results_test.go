package store

import (
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"holdtrue/eval"
)

// TestResultsAreThoseReadOneByOne holds the stream to what Result gives.
func TestResultsAreThoseReadOneByOne(t *testing.T) {
	db := open(t, filepath.Join(t.TempDir(), "r.db"))
	run := newRun(t, db, "bot", "1", 3, 2)
	var entries []Entry
	for i := range 3 {
		for repeat := range 2 {
			e := entry(fmt.Sprintf("c%d", i), repeat, fmt.Sprintf("text %d %d", i, repeat))
			o := &e.Result.Output
			if i > 0 { // the first has no log at all
				o.Prompt, o.TraceID, o.Session, o.Started = "p", "0af7651916cd43dd8448eb211c80319c", "s", time.UnixMilli(7).UTC()
				o.LatencyMS, o.Usage, o.Err, o.Cached = new(1.5), &eval.Usage{CostUSD: new(0.5)}, "down", true
			}
			entries = append(entries, e)
		}
	}
	if _, err := db.Append(t.Context(), run.ID, entries); err != nil {
		t.Fatal(err)
	}
	n := 0
	for got, err := range db.Results(t.Context(), run) {
		if err != nil {
			t.Fatal(err)
		}
		_, want, err := db.Result(t.Context(), run.ID, got.Output.CaseID, got.Output.Repeat)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Error(d)
		}
		if got.Output.CaseID != entries[n].Case.ID || got.Output.Repeat != entries[n].Result.Output.Repeat {
			t.Errorf("result %d is %s, %d", n, got.Output.CaseID, got.Output.Repeat)
		}
		n++
	}
	if n != len(entries) {
		t.Errorf("%d results of %d", n, len(entries))
	}
}
