package store

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"holdtrue/eval"
)

func TestFinishEarly(t *testing.T) {
	db := open(t, filepath.Join(t.TempDir(), "a.db"))
	run := eval.Run{Suite: "s", SuiteHash: "h", Agent: "bot", Kind: "command", Started: time.Now(), Cases: 5, Repeats: 2,
		Seed: 1 << 63, Selection: "topic=a", Metrics: testMetrics, StopEarly: &eval.StopEarly{Baseline: "b", Planned: 5}}
	if err := db.NewRun(t.Context(), &run); err != nil {
		t.Fatal(err)
	}
	if got, err := db.Run(t.Context(), run.ID); err != nil || cmp.Diff(run.StopEarly, got.StopEarly) != "" || got.Stopped() {
		t.Fatalf("came back as %+v (%v)", got.StopEarly, err)
	}
	finish := func() error {
		return db.FinishEarly(t.Context(), run.ID, time.Now(), map[string]string{"model": "m"}, "regressed")
	}
	if _, err := db.Append(t.Context(), run.ID, []Entry{entry("a", 0, "x"), entry("a", 1, "x"), entry("b", 0, "x")}); err != nil {
		t.Fatal(err)
	}
	if err := finish(); err == nil || !strings.Contains(err.Error(), "3 of 4 planned outputs") {
		t.Errorf("a case without its second answer: %v", err)
	}
	if got, err := db.Run(t.Context(), run.ID); err != nil || got.Cases != 5 || got.Status != eval.Running || got.Stopped() {
		t.Errorf("after a refusal: %+v (%v)", got, err)
	}
	if _, err := db.Append(t.Context(), run.ID, []Entry{entry("b", 1, "x")}); err != nil {
		t.Fatal(err)
	}
	if err := finish(); err != nil {
		t.Fatal(err)
	}
	got, err := db.Run(t.Context(), run.ID)
	if err != nil {
		t.Fatal(err)
	}
	if got.Cases != 2 || got.Status != eval.Complete || !got.Stopped() || got.Lineage["model"] != "m" ||
		got.Selection != "topic=a, stopped early: 2 of 5 cases in random order, seed 9223372036854775808" {
		t.Errorf("%+v", got)
	}
	if d := cmp.Diff(&eval.StopEarly{Baseline: "b", Planned: 5, Decision: "regressed"}, got.StopEarly); d != "" {
		t.Error(d)
	}
	plain := newRun(t, db, "bot", "1", 1, 1)
	if err := db.FinishEarly(t.Context(), plain.ID, time.Now(), nil, "holds"); err == nil {
		t.Error("a run that was not planned to stop early was finished early")
	}
}
