package store

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"holdtrue/eval"
)

// night makes n outputs of about 1 KB of plain words; those of the same seed are
// the same.
func night(n int, seed uint64, changed float64) []Entry {
	words := make([]string, 4000)
	vocabulary := rand.New(rand.NewPCG(7, 7))
	for i := range words {
		b := make([]byte, 2+vocabulary.IntN(9))
		for j := range b {
			b[j] = byte('a' + vocabulary.IntN(26))
		}
		words[i] = string(b)
	}
	change := rand.New(rand.NewPCG(seed, 9))
	entries := make([]Entry, n)
	for i := range entries {
		textSeed := uint64(i)
		if change.Float64() < changed {
			textSeed += seed << 32
		}
		rng := rand.New(rand.NewPCG(textSeed, 3))
		var b strings.Builder
		for b.Len() < 1000 {
			b.WriteString(words[min(int(rng.ExpFloat64()*500), len(words)-1)])
			b.WriteByte(' ')
		}
		c := &eval.Case{ID: fmt.Sprintf("case-%06d", i), Prompt: "Question " + fmt.Sprint(i), Expected: []string{"x"}}
		latency := 100 + 50*rng.Float64()
		scores := make([]eval.Score, 6)
		for k := range scores {
			scores[k] = eval.Score{Metric: fmt.Sprintf("m%d", k), Status: eval.Scored, Value: float64(rng.IntN(1000)) / 1000}
		}
		entries[i] = Entry{Case: c, CaseHash: c.Hash(), Result: eval.Result{
			Output: eval.Output{CaseID: c.ID, Text: b.String(), LatencyMS: &latency}, Scores: scores}}
	}
	return entries
}

func storeNight(b *testing.B, path string, entries []Entry, scores bool) int64 {
	b.Helper()
	ctx := b.Context()
	db, err := Open(ctx, path, Options{})
	if err != nil {
		b.Fatal(err)
	}
	run := eval.Run{Suite: "s", Agent: "a", Started: time.Now(), Cases: len(entries), Repeats: 1}
	if scores {
		for k := range 6 {
			run.Metrics = append(run.Metrics, eval.Metric{Name: fmt.Sprintf("m%d", k), Scorer: "x", Version: "1", Scale: eval.Unit, Better: eval.Higher})
		}
	}
	if err := db.NewRun(ctx, &run); err != nil {
		b.Fatal(err)
	}
	for at := 0; at < len(entries); at += 400 {
		batch := entries[at:min(at+400, len(entries))]
		if !scores {
			batch = append([]Entry{}, batch...)
			for i := range batch {
				batch[i].Result.Scores = nil
			}
		}
		if _, err := db.Append(ctx, run.ID, batch); err != nil {
			b.Fatal(err)
		}
	}
	if err := db.Close(); err != nil {
		b.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil {
		b.Fatal(err)
	}
	return info.Size()
}

// BenchmarkNights stores a night of 100,000 outputs of 1 KB and a second one of
// which 90 % are unchanged, and reports by how much each makes the file grow.
func BenchmarkNights(b *testing.B) {
	for _, scores := range []bool{false, true} {
		b.Run(fmt.Sprintf("scores=%v", scores), func(b *testing.B) {
			const n = 100_000
			first, second := night(n, 1, 0), night(n, 2, 0.1)
			for i := 0; b.Loop(); i++ {
				path := filepath.Join(b.TempDir(), fmt.Sprintf("%d.db", i))
				one := storeNight(b, path, first, scores)
				two := storeNight(b, path, second, scores)
				b.ReportMetric(float64(one)/1e6, "MB-first")
				b.ReportMetric(float64(two-one)/1e6, "MB-second")
			}
		})
	}
}

// BenchmarkRows reads a run of 10,000 outputs with 10 metrics.
func BenchmarkRows(b *testing.B) {
	path := filepath.Join(b.TempDir(), "rows.db")
	db := open(b, path)
	run := eval.Run{Suite: "s", Agent: "a", Started: time.Now(), Cases: 10_000, Repeats: 1}
	for k := range 10 {
		run.Metrics = append(run.Metrics, eval.Metric{Name: fmt.Sprint("m", k), Scorer: "s", Version: "1", Scale: eval.Unit, Better: eval.Higher})
	}
	if err := db.NewRun(b.Context(), &run); err != nil {
		b.Fatal(err)
	}
	entries := make([]Entry, run.Cases)
	for i := range entries {
		c := &eval.Case{ID: fmt.Sprint("case ", i), Prompt: "ask"}
		entries[i] = Entry{Case: c, CaseHash: c.Hash(), Result: eval.Result{Output: eval.Output{CaseID: c.ID, Text: "answer"}}}
		for _, m := range run.Metrics {
			entries[i].Result.Scores = append(entries[i].Result.Scores, eval.Score{Metric: m.Name, Status: eval.Scored, Value: 0.5})
		}
	}
	if _, err := db.Append(b.Context(), run.ID, entries); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		n := 0
		for _, err := range db.Rows(b.Context(), run.ID) {
			if err != nil {
				b.Fatal(err)
			}
			n++
		}
		if n != run.Cases {
			b.Fatalf("%d rows", n)
		}
	}
}
