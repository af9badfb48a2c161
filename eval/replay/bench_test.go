package replay

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"holdtrue/eval"
	"holdtrue/eval/agent"
)

// nowhere is a store that keeps nothing, to measure the rest.
type nowhere struct{ n int }

func (s *nowhere) Answered(context.Context, string) (func(string, string, int) bool, int, error) {
	return func(string, string, int) bool { return false }, 0, nil
}

func (s *nowhere) Stage(_ context.Context, _ string, entries []Entry) (func(context.Context) (int, error), error) {
	s.n += len(entries)
	return func(context.Context) (int, error) { return len(entries), nil }, nil
}

func (s *nowhere) Finish(context.Context, string, time.Time, map[string]string) error { return nil }

// recordingOf opens a recording of n answers of about 800 characters.
func recordingOf(b *testing.B, n int) agent.Agent {
	b.Helper()
	path := filepath.Join(b.TempDir(), "recording.jsonl")
	f, err := os.Create(path)
	if err != nil {
		b.Fatal(err)
	}
	w := bufio.NewWriter(f)
	text := strings.Repeat("the parcel is sent back with its label ", 20)
	for i := range n {
		fmt.Fprintf(w, `{"id":"c%d","output":"%d %s","model":"m-1"}`+"\n", i, i, text)
	}
	if err := w.Flush(); err != nil {
		b.Fatal(err)
	}
	if err := f.Close(); err != nil {
		b.Fatal(err)
	}
	args, _ := json.Marshal(path)
	ag, err := agent.Open(b.Context(), eval.AgentSpec{Kind: "recording", Args: args}, agent.Options{})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { ag.Close() })
	return ag
}

// BenchmarkReplay replays 100,000 recorded cases with one cheap metric into a
// store that keeps nothing: what the pipeline itself costs.
func BenchmarkReplay(b *testing.B) {
	const n = 100_000
	ag := recordingOf(b, n)
	var peak uint64
	for b.Loop() {
		db := &nowhere{}
		plan := Plan{Cases: cases(n, nil), Store: db, Targets: []Target{target(b, ag, "one", n, 1)},
			Progress: func(Progress) {
				var m runtime.MemStats
				runtime.ReadMemStats(&m)
				peak = max(peak, m.HeapInuse)
			}}
		if _, err := Run(b.Context(), plan); err != nil || db.n != n {
			b.Fatal(db.n, err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/case")
	b.ReportMetric(float64(peak)/(1<<20), "peak-MiB")
}
