package store

import (
	"fmt"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"holdtrue/eval"
)

// TestSpentAndFailures: what a run's answers cost and why calls failed is read
// of that run alone, and a free answer is not one without a price.
func TestSpentAndFailures(t *testing.T) {
	db, err := Open(t.Context(), filepath.Join(t.TempDir(), "runs.db"), Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var runs []eval.Run
	for range 2 {
		run := eval.Run{Suite: "s", Agent: "a", Kind: "command", Cases: 5, Repeats: 1, Started: time.Now()}
		if err := db.NewRun(t.Context(), &run); err != nil {
			t.Fatal(err)
		}
		runs = append(runs, run)
	}
	if err := db.Sync(); err != nil {
		t.Error(err)
	}
	prices := []*float64{new(.25), nil, new(0.), new(.5), nil}
	var entries []Entry
	for i, price := range prices {
		c := eval.Case{ID: fmt.Sprint("c", i), Prompt: "p"}
		o := eval.Output{CaseID: c.ID, Text: "x"}
		if price != nil {
			o.Usage = &eval.Usage{CostUSD: price}
		}
		if i == 1 || i > 3 {
			o.Err = fmt.Sprint("time-out: ", i)
		}
		entries = append(entries, Entry{Case: &c, CaseHash: c.Hash(), Result: eval.Result{Output: o}})
	}
	if _, err := db.Append(t.Context(), runs[0].ID, entries); err != nil {
		t.Fatal(err)
	}
	for i, want := range []struct {
		usd    float64
		priced int
		errs   []string
	}{{.75, 3, []string{"time-out: 1", "time-out: 4"}}, {0, 0, nil}} {
		usd, priced, err := db.Spent(t.Context(), runs[i].ID)
		if err != nil || usd != want.usd || priced != want.priced {
			t.Errorf("run %d cost %v of %d answers (%v), want %+v", i, usd, priced, err, want)
		}
		var errs []string
		for text, err := range db.Failures(t.Context(), runs[i].ID) {
			if err != nil {
				t.Fatal(err)
			}
			errs = append(errs, text)
		}
		if !slices.Equal(errs, want.errs) {
			t.Errorf("run %d failed with %q, want %q", i, errs, want.errs)
		}
	}
	if err := db.Sync(); err != nil {
		t.Error(err)
	}
}
