package reports

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"holdtrue/eval"
)

// loggedAnswers has something in every field of an output, and hostile text
// wherever text can be.
func loggedAnswers() (eval.Run, eval.Case, []Answer) {
	run := eval.Run{ID: "run0000001", Agent: "bot", Version: "1.4\x1b[2J", Repeats: 3, Metrics: []eval.Metric{
		{Name: "states-the-policy", Scale: eval.Binary}, {Name: "rouge-l", Scale: eval.Unit}, {Name: "length", Scale: eval.Measure, Standard: true}}}
	c := eval.Case{ID: "refund-01", Prompt: "How long?\nscores:\n  states-the-policy  1", Expected: []string{"30 days"}, Tags: map[string][]string{"topic": {"refunds"}}}
	started := time.Date(2026, 3, 1, 9, 30, 0, 123e6, time.UTC)
	full := eval.Output{CaseID: "refund-01", Text: hostileText + "\n", Prompt: "Be brief.\n" + hostileText,
		Messages: []eval.Message{{Role: "user", Content: "How long?"}, {Role: "assistant", Content: hostileText}},
		Steps:    []eval.Step{{Tool: "get_order\n", Args: []byte(`{"order":"A-7","note":"\u202e"}`), Result: []byte(`{"bought":"2026-02-20"}`), LatencyMS: f(100.25)}, {Tool: "done"}},
		Documents: []eval.Document{{ID: "policy-7", Version: "3", Source: "kb/policy.md", Hash: strings.Repeat("ab", 32), Text: "Returns within 30 days.\nAnd " + strings.Repeat("long ", 200)},
			{ID: hostileText}},
		Model: "gpt-4o-2024-11-20", Requested: "gpt-4o", Parameters: []byte(`{"temperature":0.2}`), Fingerprint: "fp_44", Finish: "stop", Seed: new(int64(7)), Started: started,
		Attempts:  []eval.Attempt{{Err: "rate limit\n", LatencyMS: 100, WaitMS: 12_000}, {Err: "time-out", LatencyMS: 30_000}},
		LatencyMS: f(2100), FirstTokenMS: f(1270.5), Usage: &eval.Usage{InputTokens: new(int64(300)), OutputTokens: new(int64(24)), CostUSD: f(0.00123)},
		Feedback: &eval.Feedback{Rating: f(4), Comment: hostileText, Labels: map[string]float64{"helpful": 0.75}},
		Lineage:  map[string]string{"index": "kb-2026-02", "service.version\x00": "1.4"}, ResponseID: "resp-2", TraceID: "0af7651916cd43dd8448eb211c80319c", SpanID: "00000000000000a1",
		Session: "conv-9", Cached: true, Stderr: "warning: " + hostileText}
	return run, c, []Answer{
		{Result: eval.Result{Output: full, Scores: []eval.Score{
			{Metric: "states-the-policy", Status: eval.Scored, Value: 0, Reason: "does not contain \"30 days\"\n" + hostileText},
			{Metric: "rouge-l", Status: eval.Failed, Reason: "no idea"}, {Metric: "length", Status: eval.Scored, Value: 23}}},
			Feedback: []eval.Said{{Value: f(0), As: "down", Comment: "wrong\x1b[0m", Author: "anna", At: started}, {Comment: "hm"}}},
		{Result: eval.Result{Output: eval.Output{CaseID: "refund-01", Repeat: 1, Err: "time-out after 30s\n\x1b[31m"}, Scores: []eval.Score{{Metric: "rouge-l", Status: eval.Missing, Reason: "the call failed"}}}},
		{Result: eval.Result{Output: eval.Output{CaseID: "refund-01", Repeat: 2}}},
	}
}

func TestDecisionLog(t *testing.T) {
	run, c, answers := loggedAnswers()
	var b bytes.Buffer
	if err := Case(&b, run, c, answers, Options{}); err != nil {
		t.Fatal(err)
	}
	golden(t, "answer.txt", b.Bytes())
	for _, line := range strings.Split(b.String(), "\n") {
		if plain(line) != line || !utf8.ValidString(line) {
			t.Errorf("a line that a terminal would obey: %q", line)
		}
	}
	// What a model wrote cannot pass for what this program says.
	for _, line := range strings.Split(b.String(), "\n") {
		if strings.Contains(line, "</details>") && !strings.Contains(line, "| ") {
			t.Errorf("text of a model without a bar: %q", line)
		}
	}
}

// TestDecisionLogAsJSONIsWhole reads back every field of the outputs.
func TestDecisionLogAsJSONIsWhole(t *testing.T) {
	run, c, answers := loggedAnswers()
	for i := range answers { // JSON has no invalid UTF-8
		o := &answers[i].Output
		o.Text, o.Prompt, o.Stderr = strings.ToValidUTF8(o.Text, ""), strings.ToValidUTF8(o.Prompt, ""), strings.ToValidUTF8(o.Stderr, "")
		for j := range o.Messages {
			o.Messages[j].Content = strings.ToValidUTF8(o.Messages[j].Content, "")
		}
		for j := range o.Documents {
			o.Documents[j].ID = strings.ToValidUTF8(o.Documents[j].ID, "")
		}
		if o.Feedback != nil {
			o.Feedback.Comment = strings.ToValidUTF8(o.Feedback.Comment, "")
		}
		for j := range answers[i].Scores {
			answers[i].Scores[j].Reason = strings.ToValidUTF8(answers[i].Scores[j].Reason, "")
		}
	}
	var b bytes.Buffer
	if err := Case(&b, run, c, answers, Options{JSON: true}); err != nil {
		t.Fatal(err)
	}
	var got struct {
		Schema  int
		Results []Answer
	}
	if err := json.Unmarshal(b.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	compact := cmp.Transformer("compact", func(raw json.RawMessage) string {
		var c bytes.Buffer
		if json.Compact(&c, raw) != nil {
			return string(raw)
		}
		return c.String()
	})
	if d := cmp.Diff(answers, got.Results, compact); d != "" || got.Schema != 1 {
		t.Errorf("schema %d, results (-want +got):\n%s", got.Schema, d)
	}
}
