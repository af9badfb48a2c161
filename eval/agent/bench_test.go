package agent

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"holdtrue/eval"
	"holdtrue/eval/agent/agenttest"
)

// writeRecording writes n outputs of about size bytes a line.
func writeRecording(tb testing.TB, n, size int) string {
	tb.Helper()
	path := filepath.Join(tb.TempDir(), "recording.jsonl")
	f, err := os.Create(path)
	if err != nil {
		tb.Fatal(err)
	}
	w := bufio.NewWriter(f)
	words := strings.Fields("the refund window of a returned battery is thirty days from delivery and the parcel must be sent with its label to the depot")
	var text strings.Builder
	for i := 0; text.Len() < size-200; i++ {
		text.WriteString(words[i*7%len(words)] + " ")
	}
	for i := range n {
		fmt.Fprintf(w, `{"id":"case-%06d","output":"%d %s","steps":[{"tool":"order_status","args":{"order":%d},"result":"sent"}],"model":"m-1","latency_ms":12.5,"usage":{"input_tokens":210,"output_tokens":190}}`+"\n", i, i, text.String(), i)
	}
	if err := w.Flush(); err != nil {
		tb.Fatal(err)
	}
	if err := f.Close(); err != nil {
		tb.Fatal(err)
	}
	return path
}

func recordingSpec(path string) eval.AgentSpec {
	args, _ := json.Marshal(path)
	return eval.AgentSpec{Name: "march", Kind: "recording", Args: args}
}

// BenchmarkRecordingIndex opens 100,000 records of 1.6 KB.
func BenchmarkRecordingIndex(b *testing.B) {
	path := writeRecording(b, 100_000, 1600)
	info, err := os.Stat(path)
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(info.Size())
	for b.Loop() {
		ag, err := Open(b.Context(), recordingSpec(path), Options{})
		if err != nil {
			b.Fatal(err)
		}
		if err := ag.Close(); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkRecordingAsk reads one record of 1.6 KB by its place.
func BenchmarkRecordingAsk(b *testing.B) {
	ag, err := Open(b.Context(), recordingSpec(writeRecording(b, 10_000, 1600)), Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer ag.Close()
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		c := &eval.Case{ID: fmt.Sprintf("case-%06d", i%10_000)}
		if o, err := ag.Ask(b.Context(), c, 0); err != nil || o.Failed() {
			b.Fatal(o.Err, err)
		}
	}
}

// BenchmarkOpenAI asks a server in the same process, 8 calls at a time: what is
// measured is both sides of a call and a stream of nine events.
func BenchmarkOpenAI(b *testing.B) {
	srv := &agenttest.Server{}
	a := openLive(b, chatSpec(serve(b, srv)))
	b.SetParallelism(4)
	b.ReportAllocs()
	b.RunParallel(func(p *testing.PB) {
		for p.Next() {
			o, err := a.Ask(b.Context(), &eval.Case{ID: "c", Prompt: "one two three"}, 0)
			if err != nil || o.Failed() {
				b.Fatal(err, o.Err)
			}
		}
	})
}
