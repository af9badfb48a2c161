package cli

import (
	"bufio"
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// writeBenchSuite writes n cases of about 800 characters and two recordings of
// them, the second with one answer in ten changed. The text is drawn from a
// small vocabulary with a fixed seed.
func writeBenchSuite(tb testing.TB, dir string, n int, metrics string) {
	tb.Helper()
	rng := rand.New(rand.NewPCG(1, 2))
	vocabulary := make([]string, 2000)
	for i := range vocabulary {
		letters := make([]byte, 2+rng.IntN(9))
		for j := range letters {
			letters[j] = byte('a' + rng.IntN(26))
		}
		vocabulary[i] = string(letters)
	}
	text := func() string {
		var b strings.Builder
		for b.Len() < 790 {
			b.WriteString(vocabulary[min(int(rng.ExpFloat64()*200), len(vocabulary)-1)])
			b.WriteByte(' ')
		}
		return strings.TrimSpace(b.String())
	}
	files := map[string]*bufio.Writer{}
	for _, name := range []string{"cases.jsonl", "one.jsonl", "two.jsonl"} {
		f, err := os.Create(filepath.Join(dir, name))
		if err != nil {
			tb.Fatal(err)
		}
		defer f.Close()
		files[name] = bufio.NewWriter(f)
		defer files[name].Flush()
	}
	for i := range n {
		expected, output := text(), text()
		words := strings.Fields(expected)
		for range len(words) / 5 {
			words[rng.IntN(len(words))] = vocabulary[rng.IntN(len(vocabulary))]
		}
		output = strings.Join(words, " ")
		fmt.Fprintf(files["cases.jsonl"], `{"id":"case-%06d","prompt":"Question %d: %s","expected":%q,"tags":{"topic":"t%d"}}`+"\n", i, i, words[0], expected, i%5)
		fmt.Fprintf(files["one.jsonl"], `{"id":"case-%06d","output":%q}`+"\n", i, output)
		if i%10 == 0 {
			output = strings.Join(words[:len(words)-3], " ")
		}
		fmt.Fprintf(files["two.jsonl"], `{"id":"case-%06d","output":%q}`+"\n", i, output)
	}
	suite := "suite: bench\ncases: [cases.jsonl]\nagents:\n  one: {recording: one.jsonl}\n  two: {recording: two.jsonl}\nmetrics:\n" + metrics + "compare: {slices: [topic]}\n"
	if err := os.WriteFile(filepath.Join(dir, "holdtrue.yaml"), []byte(suite), 0o644); err != nil {
		tb.Fatal(err)
	}
}

// Five scorers, and six with the edit distance and BLEU.
const (
	rules       = "  - contains: {values: [aa, bb]}\n  - regex: {pattern: 'TCK-\\d+'}\n  - not-contains: {values: [forbidden]}\n"
	fiveMetrics = rules + "  - rouge-l\n  - token-f1\n"
	sixMetrics  = rules + "  - levenshtein\n  - rouge-1\n  - bleu\n"
)

func benchMain(b *testing.B, args ...string) int {
	b.Helper()
	var out, errOut bytes.Buffer
	code := Main(args, strings.NewReader(""), &out, &errOut)
	if code == exitUsage || code == exitFailed {
		b.Fatalf("%v: exit %d: %s", args, code, errOut.String())
	}
	return code
}

// BenchmarkRun is run and store of recorded cases: read, score, write.
func BenchmarkRun(b *testing.B) {
	for _, bench := range []struct {
		name    string
		n       int
		metrics string
	}{
		{"10k/5", 10_000, fiveMetrics}, {"10k/6", 10_000, sixMetrics}, {"100k/5", 100_000, fiveMetrics},
	} {
		b.Run(bench.name, func(b *testing.B) {
			dir := b.TempDir()
			writeBenchSuite(b, dir, bench.n, bench.metrics)
			config := filepath.Join(dir, "holdtrue.yaml")
			for i := 0; b.Loop(); i++ {
				benchMain(b, "run", "--config", config, "--store", filepath.Join(dir, fmt.Sprintf("%d.db", i)), "--agent", "one")
			}
		})
	}
}

// BenchmarkCompare is compare of two stored runs, five metrics by six cells.
func BenchmarkCompare(b *testing.B) {
	for _, n := range []int{10_000, 100_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			dir := b.TempDir()
			writeBenchSuite(b, dir, n, fiveMetrics)
			config := filepath.Join(dir, "holdtrue.yaml")
			benchMain(b, "run", "--config", config, "--agent", "one")
			benchMain(b, "run", "--config", config, "--agent", "two")
			for b.Loop() {
				benchMain(b, "compare", "--config", config, "one", "two")
			}
		})
	}
}

// TestWriteBenchSuite writes the suite of the benchmarks to a folder, so that
// whole processes can be timed on it:
//
//	BENCH_DIR=/tmp/bench BENCH_CASES=100000 go test -run TestWriteBenchSuite ./cmd/internal/cli
func TestWriteBenchSuite(t *testing.T) {
	dir, n := os.Getenv("BENCH_DIR"), 200
	if dir == "" {
		dir = t.TempDir()
	} else if _, err := fmt.Sscan(os.Getenv("BENCH_CASES"), &n); err != nil {
		t.Fatalf("BENCH_CASES: %v", err)
	}
	writeBenchSuite(t, dir, n, sixMetrics)
	var out, errOut bytes.Buffer
	config := filepath.Join(dir, "holdtrue.yaml")
	if os.Getenv("BENCH_DIR") == "" {
		if code := Main([]string{"swap", "--config", config, "one", "two"}, strings.NewReader(""), &out, &errOut); code != exitRegressed {
			t.Fatalf("exit %d: %s%s", code, out.String(), errOut.String())
		}
	}
}
