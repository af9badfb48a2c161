package scorers_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"holdtrue/eval"
	"holdtrue/scorers"
	"holdtrue/scorers/text"
)

// parityPairs stands beside the checkout and may be absent; the benchmarks then
// use texts of the same size.
const parityPairs = "../../shared/parity/pairs.jsonl"

// benchSamples are pairs of about 800 bytes each, half of them not all ASCII;
// or only those that are.
func benchSamples(tb testing.TB, ascii bool) (cases []*eval.Case, outputs []*eval.Output) {
	tb.Helper()
	add := func(i int, hyp, ref string) {
		id := fmt.Sprint(i)
		cases = append(cases, &eval.Case{ID: id, Prompt: "p", Expected: []string{ref}})
		outputs = append(outputs, &eval.Output{CaseID: id, Text: hyp})
	}
	f, err := os.Open(filepath.FromSlash(parityPairs))
	if err != nil {
		tb.Log("synthetic texts: ", err)
		for i := range 64 {
			words := strings.Fields(strings.Repeat("the quick brown fox jumps over lazy dogs, again and again; ", 14))
			words[i*2%len(words)] = fmt.Sprint("word", i)
			add(i, strings.Join(words, " "), strings.Join(words[i%7:], " "))
		}
		return cases, outputs
	}
	defer f.Close()
	for d := json.NewDecoder(f); d.More(); {
		var p struct {
			Hyp string `json:"hyp"`
			Ref string `json:"ref"`
		}
		if err := d.Decode(&p); err != nil {
			tb.Fatal(err)
		}
		if n, m := len(p.Hyp), len(p.Ref); n >= 500 && n <= 1100 && m >= 500 && m <= 1100 && (!ascii || text.ASCII(p.Hyp+p.Ref)) {
			add(len(cases), p.Hyp, p.Ref)
		}
	}
	if len(cases) < 10 {
		tb.Fatalf("only %d pairs of the size", len(cases))
	}
	return cases, outputs
}

// benchmarkScorers scores one pair after another. With again, what depends on the
// case alone was made for an earlier answer, as with repeats or several agents.
func benchmarkScorers(b *testing.B, ascii, again bool, specs ...[2]string) {
	cases, outputs := benchSamples(b, ascii)
	var judges []eval.Judge
	for _, s := range specs {
		judges = append(judges, bind(b, s[0], s[1]))
	}
	chars := 0
	for _, o := range outputs {
		chars += len(o.Text)
	}
	b.ReportAllocs()
	shared := make([]eval.Shared, len(cases))
	n, ctx := 0, b.Context()
	for b.Loop() {
		s := &eval.Sample{Case: cases[n%len(cases)], Output: outputs[n%len(cases)]}
		if again {
			s.Shared = &shared[n%len(cases)]
		}
		for _, j := range judges {
			if score := j.Score(ctx, s); score.Status == eval.Failed {
				b.Fatal(score.Reason)
			}
		}
		n++
	}
	b.ReportMetric(float64(chars)/float64(len(outputs)), "bytes/output")
}

var fiveScorers = [][2]string{
	{"contains", `{"values":["thank you for your patience"]}`},
	{"regex", `{"pattern":"TCK-\\d+"}`},
	{"not-contains", `{"values":["As an AI language model"],"case_sensitive":false}`},
	{"rouge-l", ""},
	{"token-f1", ""},
}

// BenchmarkFive is what one case costs with five common scorers together.
func BenchmarkFive(b *testing.B) {
	b.Run("mixed", func(b *testing.B) { benchmarkScorers(b, false, false, fiveScorers...) })
	b.Run("ASCII", func(b *testing.B) { benchmarkScorers(b, true, false, fiveScorers...) })
}

// BenchmarkNGrams is what a pair costs with the n-gram metrics together.
func BenchmarkNGrams(b *testing.B) {
	specs := [][2]string{{"bleu", ""}, {"chrf", ""}, {"rouge-1", ""}, {"rouge-2", ""}, {"rouge-l", ""}}
	b.Run("first", func(b *testing.B) { benchmarkScorers(b, true, false, specs...) })
	b.Run("again", func(b *testing.B) { benchmarkScorers(b, true, true, specs...) })
}

// BenchmarkScorer is what a pair costs with each scorer alone, tokens included.
func BenchmarkScorer(b *testing.B) {
	for _, s := range scorers.All {
		if s.Name == "command" {
			continue // it measures another program
		}
		for _, args := range argsOf(s.Name) {
			b.Run(s.Name+args, func(b *testing.B) { benchmarkScorers(b, false, false, [2]string{s.Name, args}) })
		}
	}
}

// BenchmarkMeasures is what the standard measures add to one case, and each of
// them that reads the text.
func BenchmarkMeasures(b *testing.B) {
	specs := func(only string) (list [][2]string) {
		for _, m := range scorers.Measures() {
			if only == "" || m.Label() == only {
				list = append(list, [2]string{m.Scorer, string(m.Args)})
			}
		}
		return list
	}
	b.Run("all", func(b *testing.B) { benchmarkScorers(b, false, false, specs("")...) })
	for _, m := range scorers.Measures() {
		b.Run(m.Label(), func(b *testing.B) { benchmarkScorers(b, false, false, specs(m.Label())...) })
	}
}
