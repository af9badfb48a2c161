package agent

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"holdtrue/eval"
	"holdtrue/eval/agent/agenttest"
)

const testKey = "sk-test/0123+456789=secret"

// fastLive are the settings of an agent whose server is a test's.
const fastLive = `"backoff": {"first": "1ms", "longest": "5ms"}, "idle_timeout": "300ms"`

// chatSpec is an openai agent that asks url; more are further keys.
func chatSpec(url string, more ...string) eval.AgentSpec {
	keys := append([]string{`"base_url": "` + url + `/v1"`, `"model": "m"`, fastLive}, more...)
	return eval.AgentSpec{Name: "bot", Kind: "openai", Timeout: 10 * time.Second, Args: json.RawMessage("{" + strings.Join(keys, ",") + "}")}
}

// serve runs a handler for the length of a test.
func serve(t testing.TB, h http.Handler) string {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s.URL
}

// openLive opens an agent whose environment holds a key.
func openLive(t testing.TB, spec eval.AgentSpec) Agent {
	t.Helper()
	a, err := Open(t.Context(), spec, Options{Concurrency: 4, Dir: t.TempDir(), Getenv: testEnv})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { a.Close() })
	return a
}

func testEnv(name string) (string, bool) {
	v, ok := map[string]string{"OPENAI_API_KEY": testKey, "BOT_TOKEN": testKey, "MODEL": "env-model", "SHORT": "none"}[name]
	return v, ok
}

func askOnce(t testing.TB, a Agent, c *eval.Case) eval.Output {
	t.Helper()
	o, err := a.Ask(t.Context(), c, 0)
	if err != nil {
		t.Fatal(err)
	}
	if o.CaseID != c.ID {
		t.Errorf("output is for case %q, asked was %q", o.CaseID, c.ID)
	}
	return o
}

func TestOpenAIKeepsTheWholeDecision(t *testing.T) {
	for _, stream := range []string{"true", "false"} {
		t.Run("stream "+stream, func(t *testing.T) {
			var sent agenttest.Request
			srv := &agenttest.Server{Key: testKey, Seen: func(r *http.Request, q agenttest.Request) { sent = q }}
			a := openLive(t, chatSpec(serve(t, srv), `"temperature": 0, "seed": 7, "parameters": {"odd": [1]}, "stream": `+stream,
				`"input_usd_per_million": 2, "output_usd_per_million": 10, "system": "Costs $5."`))
			o, err := a.Ask(t.Context(), &eval.Case{ID: "c", Prompt: "hello there"}, 2)
			if err != nil {
				t.Fatal(err)
			}
			if o.Err != "" || o.Text != "echo: hello there" || o.Repeat != 2 {
				t.Fatalf("%+v", o)
			}
			if o.Requested != "m" || o.Model != "m-0613" || o.Fingerprint != "fp_test" || o.Finish != "stop" || o.ResponseID != "hello there#1" {
				t.Errorf("%+v", o)
			}
			if o.Seed == nil || *o.Seed != 9 || string(o.Parameters) != `{"odd":[1],"temperature":0}` {
				t.Errorf("seed %v, parameters %s", o.Seed, o.Parameters)
			}
			var body map[string]any
			if err := json.Unmarshal(sent.Body, &body); err != nil {
				t.Fatal(err)
			}
			if body["temperature"] != 0.0 || body["seed"] != 9.0 || body["model"] != "m" || (body["stream"] != nil) != (stream == "true") {
				t.Errorf("sent %s", sent.Body)
			}
			if o.Usage == nil || *o.Usage.OutputTokens != 7 || *o.Usage.InputTokens != int64(len(sent.Body)/4) {
				t.Fatalf("usage %+v", o.Usage)
			}
			if want := (2*float64(*o.Usage.InputTokens) + 70) / 1e6; *o.Usage.CostUSD != want {
				t.Errorf("cost %g, want %g", *o.Usage.CostUSD, want)
			}
			if (o.FirstTokenMS != nil) != (stream == "true") || o.LatencyMS == nil || o.Started.IsZero() {
				t.Errorf("first token %v, latency %v, started %v", o.FirstTokenMS, o.LatencyMS, o.Started)
			}
			if want := []eval.Message{{Role: "system", Content: "Costs $5."}, {Role: "user", Content: "hello there"}, {Role: "assistant", Content: "echo: hello there"}}; !slices.Equal(o.Messages, want) {
				t.Errorf("messages %v", o.Messages)
			}
		})
	}
}

func TestOpenAIFaults(t *testing.T) {
	for _, test := range []struct {
		prompt   string
		attempts int
		err      string // "" for an answer
	}{
		{"throttle 2", 2, ""},
		{"broken 2", 2, ""},
		{"drop 1", 1, ""},
		{"stall 1", 1, ""},
		{"garbage 1", 1, ""},
		{"midway 1", 1, ""},
		{"throttle 9", 2, "rate limit: status 429 (Too Many Requests), rate_limit_exceeded: slow down"},
		{"broken 9", 2, "server error: status 500 (Internal Server Error): <html><h1>Internal Server Error</h1></html>"},
		{"stall 9", 2, "time-out: nothing came for 300ms after"},
		{"drop 9", 2, "connection: the connection ended too soon after"},
		{"garbage 9", 2, `bad reply: the answer is not JSON; it begins "{\"choices\": [{\"message\": \x1b[31m\xff oops"`},
		{"midway 9", 2, "server error: the answer is an error: the worker died"},
		{"huge 1", 0, "bad reply: an answer of more than 16777216 bytes"},
		{"refuse 1", 0, "refused: status 400 (Bad Request), invalid_request_error: cannot take"},
		{"missing 1", 0, "refused: status 404 (Not Found), model_not_found: model m not found, try pulling it first"},
	} {
		t.Run(test.prompt, func(t *testing.T) {
			t.Parallel()
			srv := &agenttest.Server{Key: testKey, RetryAfter: time.Millisecond}
			a := openLive(t, chatSpec(serve(t, srv), `"max_attempts": 3`))
			o := askOnce(t, a, &eval.Case{ID: "c", Prompt: test.prompt})
			if !strings.HasPrefix(o.Err, test.err) || o.Failed() != (test.err != "") {
				t.Errorf("error %q, want %q", o.Err, test.err)
			}
			if len(o.Attempts) != test.attempts || srv.Calls()[test.prompt] != test.attempts+1 {
				t.Errorf("%d calls, %d attempts %v, want %d", srv.Calls()[test.prompt], len(o.Attempts), o.Attempts, test.attempts)
			}
			for _, at := range o.Attempts {
				if at.Err == "" {
					t.Errorf("an attempt without an error: %+v", o.Attempts)
				}
			}
			if whole, _ := json.Marshal(o); strings.Contains(string(whole), "0123+456789") {
				t.Errorf("the key is in %s", whole)
			}
		})
	}
}

// A call that does not come back is ended by the time-out, and Ask by the run.
func TestOpenAITimeOutAndCancellation(t *testing.T) {
	srv := &agenttest.Server{}
	spec := chatSpec(serve(t, srv), `"max_attempts": 2`)
	spec.Timeout = 100 * time.Millisecond
	a := openLive(t, spec)
	o := askOnce(t, a, &eval.Case{ID: "c", Prompt: "late 9"})
	if o.Err != "time-out: no whole answer within 100ms" || len(o.Attempts) != 1 {
		t.Errorf("%+v", o)
	}
	spec.Timeout = time.Minute
	a = openLive(t, spec)
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(50*time.Millisecond, cancel)
	if _, err := a.Ask(ctx, &eval.Case{ID: "c", Prompt: "late 9"}, 0); !errors.Is(err, ctx.Err()) {
		t.Errorf("error %v", err)
	}
}

func TestOpenAIEndsTheRunWhereNoCallWillDoBetter(t *testing.T) {
	gone := httptest.NewServer(nil)
	gone.Close()
	for _, test := range []struct {
		name, url, prompt string
		key               string
		want              error
		says              string
	}{
		{"key", "", "hello", "sk-another-one", ErrBroken, "refused: status 401 (Unauthorized), invalid_api_key: incorrect key provided: Bearer [OPENAI_API_KEY]"},
		{"model", "", "missing 9", testKey, ErrBroken, "model m not found"},
		{"quota", "", "quota 9", testKey, ErrDown, "you exceeded your current quota"},
		{"nobody", gone.URL, "hello", testKey, ErrDown, "nothing listens at 127.0.0.1:"},
		{"outage", "", "broken 99", testKey, ErrDown, "10 calls in a row failed; the last one: server error"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if test.url == "" {
				test.url = serve(t, &agenttest.Server{Key: test.key})
			}
			a := openLive(t, chatSpec(test.url, `"max_attempts": 4, "breaker": {"failures": 8, "probes": 2, "pause": "5ms"}`))
			var err error
			for n := 0; err == nil && n < 20; n++ {
				_, err = a.Ask(t.Context(), &eval.Case{ID: "c", Prompt: test.prompt}, n)
			}
			if !errors.Is(err, test.want) || !strings.Contains(err.Error(), test.says) || !strings.HasPrefix(err.Error(), "agent bot: ") {
				t.Errorf("error %v", err)
			}
		})
	}
}

func TestOpenAISpec(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "system.txt"), []byte("be brief"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct{ args, want string }{
		{`{"model":"m"}`, ""},
		{`{"model":"$MODEL","base_url":"http://10.0.0.1/v1","system_file":"system.txt"}`, ""},
		{`{"base_url":"http://localhost:1/v1"}`, "model is missing"},
		{`{"model":"m","api_key":"sk-123"}`, "api_key: a key does not belong in the file"},
		{`{"model":"m","api_key_env":"sk-123"}`, "not the name of an environment variable"},
		{`{"model":"m","api_key_env":"NOBODY_SET_THIS"}`, "the environment variable NOBODY_SET_THIS is not set"},
		{`{"model":"m","headers":{"X-Api-Key":"abc"}}`, "headers: X-Api-Key: a secret does not belong in the file"},
		{`{"model":"m","headers":{"X-Api-Key":"$NOBODY_SET_THIS"}}`, "NOBODY_SET_THIS is not set"},
		{`{"model":"m","base_url":"http://u:p@host/v1"}`, "a user and password do not belong in the file"},
		{`{"model":"m","base_url":"host/v1"}`, "expected an address"},
		{`{"model":"m","tempreature":0}`, `unknown key "tempreature"; did you mean "temperature"?`},
		{`{"model":"m","temperature":0,"parameters":{"temperature":1}}`, "temperature stands twice"},
		{`{"model":"m","parameters":{"messages":[]}}`, "messages cannot be set there"},
		{`{"model":"m","parameters":{"n":3}}`, "n: one answer is asked for at a time"},
		{`{"model":"m","seed":"x"}`, "seed: expected a whole number"},
		{`{"model":"m","max_attempts":0}`, "max_attempts is 0"},
		{`{"model":"m","idle_timeout":30}`, "expected a time such as 30s"},
		{`{"model":"m","system":"a","system_file":"b"}`, "both system and system_file"},
		{`{"model":"m","system_file":"none.txt"}`, "system_file"},
	} {
		a, err := Open(t.Context(), eval.AgentSpec{Name: "bot", Kind: "openai", Args: json.RawMessage(test.args)}, Options{Dir: dir, Getenv: testEnv})
		switch {
		case test.want == "" && err != nil, test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)):
			t.Errorf("%s: error %v, want %q", test.args, err, test.want)
		case err == nil:
			a.Close()
		case strings.Contains(err.Error(), "sk-123"):
			t.Errorf("%s: the key is in %v", test.args, err)
		}
	}
}

// The usual key is not sent to another machine in the clear, nor where the suite
// has a header of its own for a key; a key that is named always is.
func TestOpenAISendsTheKeyWhereItBelongs(t *testing.T) {
	for args, want := range map[string]string{
		`{"model":"m"}`: "Bearer " + testKey,
		`{"model":"m","base_url":"https://relay.example/v1"}`:                                        "Bearer " + testKey,
		`{"model":"m","base_url":"http://127.0.0.1:8080/v1"}`:                                        "Bearer " + testKey,
		`{"model":"m","base_url":"http://relay.example/v1"}`:                                         "",
		`{"model":"m","base_url":"http://relay.example/v1","api_key_env":"BOT_TOKEN"}`:               "Bearer " + testKey,
		`{"model":"m","base_url":"https://x.example/openai","headers":{"api-key":"$BOT_TOKEN"}}`:     "",
		`{"model":"m","base_url":"https://x.example/v1","api_key_env":""}`:                           "",
		`{"model":"m","base_url":"https://x.example/v1?api-version=1","headers":{"X-Team":"evals"}}`: "Bearer " + testKey,
	} {
		a, err := Open(t.Context(), eval.AgentSpec{Name: "bot", Kind: "openai", Args: json.RawMessage(args)}, Options{Getenv: testEnv})
		if err != nil {
			t.Fatalf("%s: %v", args, err)
		}
		if got := a.(*openai).header.Get("Authorization"); got != want {
			t.Errorf("%s: sends %q, want %q", args, got, want)
		}
		for k, v := range a.Info().Lineage {
			if strings.Contains(v, "api-version") || strings.Contains(v, testKey) {
				t.Errorf("%s: lineage %s is %s", args, k, v)
			}
		}
	}
}

func TestOpenAIVersionFollowsWhatAnswersAreMadeOf(t *testing.T) {
	version := func(args string) string {
		a, err := Open(t.Context(), eval.AgentSpec{Name: "bot", Kind: "openai", Args: json.RawMessage(args)}, Options{Getenv: testEnv})
		if err != nil {
			t.Fatal(err)
		}
		return a.Info().Version
	}
	base := version(`{"model":"m","temperature":0,"top_p":1}`)
	if again := version(`{"top_p":1,"max_attempts":2,"model":"m","parameters":{"temperature":0}}`); again != base || !strings.HasPrefix(base, "m+") {
		t.Errorf("versions %s and %s of the same", base, again)
	}
	for _, other := range []string{`{"model":"n","temperature":0,"top_p":1}`, `{"model":"m","temperature":1,"top_p":1}`,
		`{"model":"m","temperature":0,"top_p":1,"system":"x"}`, `{"model":"m","temperature":0,"top_p":1,"seed":1}`} {
		if version(other) == base {
			t.Errorf("%s has the version of another", other)
		}
	}
}

// What a server asks for is waited, up to the cap.
func TestOpenAIRetryAfter(t *testing.T) {
	for _, test := range []struct {
		asks time.Duration
		most string
		want float64
	}{{30 * time.Millisecond, "1m", 30}, {time.Hour, "7ms", 7}} {
		srv := &agenttest.Server{RetryAfter: test.asks}
		a := openLive(t, chatSpec(serve(t, srv), `"max_retry_after": "`+test.most+`"`))
		o := askOnce(t, a, &eval.Case{ID: "c", Prompt: "throttle 1"})
		if o.Failed() || len(o.Attempts) != 1 || o.Attempts[0].WaitMS != test.want {
			t.Errorf("the server asks for %s: %+v", test.asks, o)
		}
	}
}
