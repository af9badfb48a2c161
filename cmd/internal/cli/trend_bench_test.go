package cli

import (
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"testing"
	"time"

	"holdtrue/eval"
	"holdtrue/eval/replay"
	"holdtrue/eval/store"
)

// writeHistory stores runs of 120 cases with four metrics and a tag of four
// values: 20 series. From the given run on scores are five points lower.
func writeHistory(b *testing.B, path string, runs, worse int) {
	b.Helper()
	ctx := b.Context()
	db, err := store.Open(ctx, path, store.Options{})
	if err != nil {
		b.Fatal(err)
	}
	r := rand.New(rand.NewPCG(1, 365))
	var metrics []eval.Metric
	for m := range 4 {
		metrics = append(metrics, eval.Metric{Name: fmt.Sprint("m", m), Scorer: "x", Version: "1", Scale: eval.Unit, Better: eval.Higher, Gate: true})
	}
	for i := range runs {
		run := eval.Run{Suite: "s", SuiteHash: "h", Agent: "bot", Version: fmt.Sprint(i / 30), Kind: "command", Cases: 120, Repeats: 1, Metrics: metrics,
			Started: time.Date(2025, 1, 1, 3, 0, 0, 0, time.UTC).AddDate(0, 0, i)}
		if err := db.NewRun(ctx, &run); err != nil {
			b.Fatal(err)
		}
		entries := make([]replay.Entry, run.Cases)
		for k := range entries {
			c := &eval.Case{ID: fmt.Sprintf("case-%03d", k), Prompt: "p", Tags: map[string][]string{"topic": {fmt.Sprint(k % 4)}}}
			scores := make([]eval.Score, len(metrics))
			for m := range scores {
				v := 1 - .2*r.Float64()
				if i >= worse {
					v -= .05
				}
				scores[m] = eval.Score{Metric: metrics[m].Name, Status: eval.Scored, Value: v}
			}
			entries[k] = replay.Entry{Case: c, CaseHash: c.Hash(), Result: eval.Result{Output: eval.Output{CaseID: c.ID, Text: fmt.Sprint(i, k)}, Scores: scores}}
		}
		if _, err := db.Append(ctx, run.ID, entries); err != nil {
			b.Fatal(err)
		}
		if err := db.Finish(ctx, run.ID, run.Started.Add(time.Minute), nil); err != nil {
			b.Fatal(err)
		}
	}
	if err := db.Close(); err != nil {
		b.Fatal(err)
	}
}

// BenchmarkTrend is the whole command over a year of nights, 20 series: quiet,
// and with a fall after 300 of them.
func BenchmarkTrend(b *testing.B) {
	for name, worse := range map[string]int{"quiet": 365, "worse": 300} {
		b.Run(name, func(b *testing.B) {
			path := filepath.Join(b.TempDir(), "s.db")
			writeHistory(b, path, 365, worse)
			for b.Loop() {
				benchMain(b, "trend", "--store", path, "--slices", "topic")
			}
		})
	}
}
