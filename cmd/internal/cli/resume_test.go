package cli

import (
	"encoding/json"
	"strings"
	"testing"

	"holdtrue/eval"
)

// TestSettingsOfAgents: what is asked counts, how fast it is asked does not, and
// no value is kept that may be secret.
func TestSettingsOfAgents(t *testing.T) {
	of := func(kind, args string) settings {
		return settings{Agent: agentSettings(eval.AgentSpec{Kind: kind, Args: json.RawMessage(args)})}
	}
	began := of("openai", `{"model":"m-1","temperature":0,"max_attempts":3,"headers":{"X-Key":"secret-7"}}`)
	for args, want := range map[string]string{
		`{"headers":{"X-Key":"secret-7"},"temperature":0,"model":"m-1"}`:                                   "",
		`{"model":"m-1","temperature":0,"max_attempts":9,"breaker":{},"headers":{"X-Key":"secret-7"}}`:     "",
		`{"model":"m-2","temperature":0,"headers":{"X-Key":"secret-7"}}`:                                   "model",
		`{"model":"m-1","temperature":1,"headers":{"X-Key":"secret-7"},"system":"be kind"}`:                "temperature, system",
		`{"model":"m-1","headers":{"X-Key":"secret-7"}}`:                                                   "temperature",
		`{"model":"m-1","temperature":0,"requests_per_minute":60,"headers":{"X-Key":"secret-7"},"seed":7}`: "seed",
	} {
		got := began.differ(of("openai", args))
		if want != "" {
			want = "the suite describes its agent otherwise than when it started: " + want
		}
		if got != want {
			t.Errorf("%s: %q, want %q", args, got, want)
		}
	}
	if text, err := json.Marshal(began); err != nil || strings.Contains(string(text), "secret") {
		t.Errorf("%s %v", text, err)
	}
	env := func(s string) settings { return of("command", `{"command":["a"],"env":`+s+`}`) }
	if got := env(`{"KEY":"1"}`).differ(env(`{"KEY":"2"}`)); got != "" {
		t.Errorf("a renewed key: %q", got)
	}
	if got := env(`{"KEY":"1"}`).differ(env(`{"OTHER":"1"}`)); got == "" {
		t.Error("another variable makes no difference")
	}
	if got := of("recording", `"a.jsonl"`).differ(of("recording", `"b.jsonl"`)); got == "" {
		t.Error("another file makes no difference")
	}
}

// TestSettingsThatDiffer: each difference is told, and no other.
func TestSettingsThatDiffer(t *testing.T) {
	began := eval.Run{Suite: "s", SuiteHash: "h", Agent: "a", Version: "1", Kind: "command", Cases: 5, Repeats: 2, Selection: "topic=x",
		Metrics: []eval.Metric{{Name: "exact", Scorer: "exact", Version: "1"}}, Lineage: map[string]string{programKey: "1", "prompt": "p1"}}
	for want, change := range map[string]func(*eval.Run){
		"": func(r *eval.Run) { r.Lineage = map[string]string{programKey: "2", "prompt": "p1"} },
		`it asks the cases topic=x, and now all cases were asked for`:       func(r *eval.Run) { r.Selection, r.SuiteHash = "", "other" },
		`the golden set has changed since it started (5 cases then, 6 now)`: func(r *eval.Run) { r.SuiteHash, r.Cases = "other", 6 },
		`it asked version "1", the suite now names "2"`:                     func(r *eval.Run) { r.Version = "2" },
		`it asks a command agent, the suite now names a http`:               func(r *eval.Run) { r.Kind = "http" },
		`it asks every case 2 times, now 3 were asked for`:                  func(r *eval.Run) { r.Repeats = 3 },
		`it has 1 metrics, the suite now has 0`:                             func(r *eval.Run) { r.Metrics = nil },
		`its metrics have changed: version 1 and 2`:                         func(r *eval.Run) { r.Metrics = []eval.Metric{{Name: "exact", Scorer: "exact", Version: "2"}} },
		`its agent's prompt was "p1", and now it is ""`:                     func(r *eval.Run) { r.Lineage = nil },
		`its agent's index was "", and now it is "7"`:                       func(r *eval.Run) { r.Lineage = map[string]string{"prompt": "p1", "index": "7"} },
		`it asks the cases in their order in the suite, and cannot stop early`: func(r *eval.Run) {
			r.StopEarly = &eval.StopEarly{Baseline: "b"}
		},
	} {
		now := began
		change(&now)
		if got := settingsDiffer(&began, &now); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
