package store

import (
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"holdtrue/eval"
)

// TestCallMeans: a mean is over the outputs that hold a figure, and none where no
// output does.
func TestCallMeans(t *testing.T) {
	db := open(t, filepath.Join(t.TempDir(), "s.db"))
	run := newRun(t, db, "bot", "1", 3, 1)
	number := func(v float64) *float64 { return &v }
	tokens := int64(30)
	first, second, failed := entry("a", 0, "x"), entry("b", 0, "y"), entry("c", 0, "")
	first.Result.Output.LatencyMS, first.Result.Output.Usage = number(100), &eval.Usage{InputTokens: &tokens}
	second.Result.Output.LatencyMS, second.Result.Output.Usage = number(300), nil
	failed.Result.Output.LatencyMS, failed.Result.Output.Usage, failed.Result.Output.Err = nil, nil, "down"
	if _, err := db.Append(t.Context(), run.ID, []Entry{first, second, failed}); err != nil {
		t.Fatal(err)
	}
	got, err := db.CallMeans(t.Context(), run.ID)
	if err != nil {
		t.Fatal(err)
	}
	want := CallMeans{Calls: 3, LatencyMS: number(200), InputTokens: number(30)}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	if outputs, bad, err := db.Calls(t.Context(), run.ID); err != nil || outputs != 3 || bad != 1 {
		t.Errorf("%d outputs, %d failed, %v", outputs, bad, err)
	}
	if none, err := db.CallMeans(t.Context(), "nosuch"); err != nil || none != (CallMeans{}) {
		t.Errorf("%+v, %v", none, err)
	}
}
