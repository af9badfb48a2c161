package scorers_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"holdtrue/eval"
	"holdtrue/scorers"
)

// TestMain lets the test binary be the program of the scorer command.
func TestMain(m *testing.M) {
	if os.Getenv("HOLDTRUE_TEST_SCORER") != "" || len(os.Args) > 1 && os.Args[1] == "be-a-scorer" {
		beAScorer()
		return
	}
	os.Exit(m.Run())
}

// beAScorer answers as the output's text says.
func beAScorer() {
	in := bufio.NewReaderSize(os.Stdin, 1<<20)
	for {
		line, err := in.ReadBytes('\n')
		if err != nil {
			return
		}
		var q struct {
			ID     string
			Output struct {
				Output string
			}
		}
		if err := json.Unmarshal(line, &q); err != nil {
			fmt.Println(`{"error":"no JSON came"}`)
			continue
		}
		switch q.Output.Output {
		case "hang":
			time.Sleep(time.Hour)
		case "crash":
			fmt.Fprintln(os.Stderr, "boom")
			os.Exit(3)
		case "garbage":
			fmt.Println("hello")
		case "flood":
			_, _ = io.WriteString(os.Stdout, strings.Repeat("x", 1<<20)+"\n")
		case "other":
			fmt.Println(`{"id":"another","score":1}`)
		case "two":
			fmt.Printf("{\"score\":1}\n{\"score\":0}\n")
		default:
			fmt.Println(q.Output.Output)
		}
	}
}

func TestCommandScorer(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	args, err := json.Marshal(map[string]any{"run": []string{self, "be-a-scorer"}, "timeout": 2, "workers": 1})
	if err != nil {
		t.Fatal(err)
	}
	m, judge, err := scorers.Bind(eval.MetricSpec{Scorer: "command", Args: args}, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := judge.(io.Closer).Close(); err != nil {
			t.Error(err)
		}
	}()
	if !strings.Contains(string(m.Args), `"digest":"`) {
		t.Errorf("the program's digest is not in %s", m.Args)
	}
	for _, c := range []struct {
		answer string
		status eval.Status
		value  float64
		reason string
	}{
		{`{"score":0.25,"reason":"so so"}`, eval.Scored, 0.25, "so so"},
		{`{"pass":true}`, eval.Scored, 1, ""},
		{`{"skip":"not mine"}`, eval.Skipped, 0, "not mine"},
		{`{"error":"no idea"}`, eval.Failed, 0, "the program says: no idea"},
		{`{"score":7}`, eval.Failed, 0, "not from 0 to 1"},
		{`{}`, eval.Failed, 0, "expected"},
		{"crash", eval.Failed, 0, "boom"},
		{`{"score":1}`, eval.Scored, 1, ""}, // started again
		{"garbage", eval.Failed, 0, `"hello"`},
		{"flood", eval.Failed, 0, "expected"},
		{"other", eval.Failed, 0, `answered for "another"`},
		{"hang", eval.Failed, 0, "no answer in time"},
		{"two", eval.Scored, 1, ""},
		{`{"score":0.5}`, eval.Scored, 0.5, ""}, // and not the second answer to the question before
		{`{"pass":false,"reason":"\u001b[31m\u202e"}`, eval.Scored, 0, `\x1b`},
	} {
		got := judge.Score(t.Context(), sampleOf(c.answer))
		if got.Status != c.status || got.Value != c.value || !strings.Contains(got.Reason, c.reason) {
			t.Errorf("%s: %+v, want %s %v %q", c.answer, got, c.status, c.value, c.reason)
		}
	}
}

func TestCommandScorerIdentity(t *testing.T) {
	dir := t.TempDir()
	script := filepath.Join(dir, "score.sh")
	digest := func(content string) string {
		t.Helper()
		if err := os.WriteFile(script, []byte(content), 0o755); err != nil {
			t.Fatal(err)
		}
		m, _, err := scorers.Bind(eval.MetricSpec{Scorer: "command", Args: json.RawMessage(`{"run":["./score.sh"]}`)}, dir)
		if err != nil {
			t.Fatal(err)
		}
		return string(m.Args)
	}
	if digest("#!/bin/sh\n# one\n") == digest("#!/bin/sh\n# two\n") {
		t.Error("a changed program is the same metric")
	}
	for args, want := range map[string]string{`{}`: "run is missing", `{"run":["./nothing"]}`: "cannot be started", `{"run":["./score.sh"],"timeout":0}`: "timeout", `{"run":["./score.sh"],"workers":0}`: "workers"} {
		if _, _, err := scorers.Bind(eval.MetricSpec{Scorer: "command", Args: json.RawMessage(args)}, dir); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", args, err, want)
		}
	}
}

func TestExpression(t *testing.T) {
	sample := func() *eval.Sample {
		s := sampleOf("Refunds take 30 days.", "30 days")
		s.Case.Tags = map[string][]string{"topic": {"refunds"}}
		s.Output.Steps = []eval.Step{{Tool: "search", Args: json.RawMessage(`{"q":"refund","n":3}`)}}
		s.Output.LatencyMS = new(120.0)
		return s
	}
	for expr, want := range map[string]struct {
		status eval.Status
		value  float64
		reason string
	}{
		`output.text.contains(case.expected[0])`:                      {eval.Scored, 1, ""},
		`size(output.text) > 1000`:                                    {eval.Scored, 0, ""},
		`output.steps.exists(s, s.tool == "search" && s.args.n == 3)`: {eval.Scored, 1, ""},
		`output.latency_ms < 200.0 ? 1.0 : 0.5`:                       {eval.Scored, 1, ""},
		`output.first_token_ms == null`:                               {eval.Scored, 1, ""},
		`output.cost_usd == null`:                                     {eval.Scored, 1, ""},
		`"refunds" in case.tags["topic"]`:                             {eval.Scored, 1, ""},
		`output.text.matches("\\d+ days")`:                            {eval.Scored, 1, ""},
		`2`:                                                           {eval.Failed, 0, "not from 0 to 1"},
		`case.tags["nothing"][0] == "x"`:                              {eval.Failed, 0, "no such key"},
		`[1,2,3,4,5,6,7,8,9].all(a, [1,2,3,4,5,6,7,8,9].all(b, [1,2,3,4,5,6,7,8,9].all(c, a*b*c > 0)))`: {eval.Scored, 1, ""},
	} {
		args, err := json.Marshal(map[string]any{"expr": expr})
		if err != nil {
			t.Fatal(err)
		}
		got := bind(t, "expression", string(args)).Score(t.Context(), sample())
		if got.Status != want.status || got.Value != want.value || !strings.Contains(got.Reason, want.reason) {
			t.Errorf("%s: %+v, want %+v", expr, got, want)
		}
	}
	got := bind(t, "expression", `{"expr":"[1,2,3,4,5].all(a, [1,2,3,4,5].all(b, a*b > 0))","cost_limit":20}`).Score(t.Context(), sample())
	if got.Status != eval.Failed || !strings.Contains(got.Reason, "cost") {
		t.Errorf("over the cost limit: %+v", got)
	}
	for expr, want := range map[string]string{
		`output.txt == "a" || true`:  `no field "txt"; did you mean "text"?`,
		`outptu.text == "a"`:         `did you mean "output"?`,
		`output.text`:                "it gives a string",
		`output.text ==`:             "expr:",
		``:                           "expr is missing",
		`output.steps[0].tol == "a"`: `no field "tol"`,
	} {
		args, err := json.Marshal(map[string]any{"expr": expr})
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err := scorers.Bind(eval.MetricSpec{Scorer: "expression", Args: args}, ""); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", expr, err, want)
		}
	}
}
