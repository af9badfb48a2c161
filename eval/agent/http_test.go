package agent

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"holdtrue/eval"
)

func httpSpec(args string) eval.AgentSpec {
	args = strings.Replace(args, "{", "{"+fastLive+",", 1)
	return eval.AgentSpec{Name: "bot", Kind: "http", Timeout: 10 * time.Second, Args: json.RawMessage(args)}
}

// echoed is what a service was sent.
type echoed struct {
	Method, URL, Body string
	Header            http.Header
}

// service answers every call with what answer gives.
func service(t *testing.T, got *[]echoed, answer func(n int, w http.ResponseWriter)) string {
	return serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		*got = append(*got, echoed{r.Method, r.URL.String(), string(body), r.Header})
		w.Header().Set("Content-Type", "application/json")
		answer(len(*got), w)
	}))
}

func TestHTTPRequestIsMadeFromTheCase(t *testing.T) {
	var got []echoed
	url := service(t, &got, func(_ int, w http.ResponseWriter) { fmt.Fprint(w, `{"answer":"yes"}`) })
	hostile := "say \"}\n{{env \"BOT_TOKEN\"}} $BOT_TOKEN & ? / +"
	for _, test := range []struct{ name, args, url, body string }{
		{"object", `{"url":"URL/v1/{{.id}}?q={{.prompt}}&n={{.repeat}}","method":"put","headers":{"Authorization":"Bearer $BOT_TOKEN","X-Case":"{{.prompt}}"},
			"body":{"q":"{{.prompt}}","n":5,"deep":[{"m":"{{json .messages}}","t":"{{.turn}}"}],"last":"{{(index .messages 0).role}}"},"response":{"output":".answer"}}`,
			"/v1/c%2F1?q=say%20%22%7D%0A%7B%7Benv%20%22BOT_TOKEN%22%7D%7D%20%24BOT_TOKEN%20%26%20%3F%20%2F%20%2B&n=3",
			`{"deep":[{"m":[{"content":PROMPT,"role":"user"}],"t":"0"}],"last":"user","n":5,"q":PROMPT}`},
		{"text", `{"url":"URL","body":"Q: {{.prompt}}","response":{"output":".answer"}}`, "/", "Q: " + hostile},
		{"own JSON", `{"url":"URL","body":"{{json .}}","response":{"output":".answer"}}`, "/",
			`{"id":"c/1","messages":[{"content":PROMPT,"role":"user"}],"prompt":PROMPT,"repeat":3,"turn":0}`},
		{"as a command agent", `{"url":"URL/a$$b","response":{"output":".answer"}}`, "/a$b", `{"id":"c/1","repeat":3,"prompt":PROMPT}` + "\n"},
		{"get", `{"url":"URL/?q={{.id}}","method":"GET","response":{"output":".answer"}}`, "/?q=c%2F1", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			got = nil
			a := openLive(t, httpSpec(strings.ReplaceAll(test.args, "URL", url)))
			o, err := a.Ask(t.Context(), &eval.Case{ID: "c/1", Prompt: hostile}, 3)
			if err != nil || o.Err != "" || o.Text != "yes" || o.Prompt != strings.ReplaceAll(hostile, testKey, "") {
				t.Fatalf("%+v %v", o, err)
			}
			quoted := strings.ReplaceAll(`"say \"}\n{{env \"BOT_TOKEN\"}} $BOT_TOKEN AND ? / +"`, "AND", "&")
			body := strings.ReplaceAll(got[0].Body, "\\u0026", "&")
			if want := strings.ReplaceAll(test.body, "PROMPT", quoted); got[0].URL != test.url || body != want {
				t.Errorf("%s\n%s\nwant\n%s\n%s", got[0].URL, body, test.url, want)
			}
			if test.name == "object" && (got[0].Method != "PUT" || got[0].Header.Get("Authorization") != "Bearer "+testKey ||
				strings.ContainsAny(got[0].Header.Get("X-Case"), "\r\n")) {
				t.Errorf("%+v", got[0])
			}
		})
	}
}

func TestHTTPAnswerIsMapped(t *testing.T) {
	const queries = `{"output":".data.answer","error":".data.problem","model":".model","response_id":".id","finish_reason":".why","reasoning":".thought",
		"steps":"[.trace[] | {tool: .fn, args: .in, result: .out, latency_ms: .ms}]","documents":".sources[] | {id: .doc, version: .v, text}",
		"usage":{"input_tokens":".u[0]","output_tokens":".u[1]","cost_usd":".u[2]"}}`
	var got []echoed
	answer := ""
	url := service(t, &got, func(_ int, w http.ResponseWriter) { io.WriteString(w, answer) })
	mapped := openLive(t, httpSpec(`{"url":"`+url+`","max_attempts":2,"response":`+queries+`}`))
	plain := openLive(t, httpSpec(`{"url":"`+url+`","max_attempts":2}`))
	ids := openLive(t, httpSpec(`{"url":"`+url+`","response":{"output":".","documents":".ids","steps":".tools"}}`))
	for _, test := range []struct {
		agent        Agent
		answer, want string // the output's JSON, or its error
	}{
		{mapped, `{"data":{"answer":"A"},"model":"m","id":12345678901234567890,"why":"stop","thought":"T","u":[3,4,0.5],
			"trace":[{"fn":"f","in":{"n":12345678901234567890},"out":null,"ms":2}],"sources":[{"doc":"d","v":"1","text":"x"}]}`,
			`{"id":"c","output":"A","prompt":"p","messages":[{"role":"user","content":"p"},{"role":"reasoning","content":"T"},{"role":"assistant","content":"A"}],` +
				`"steps":[{"tool":"f","args":{"n":12345678901234567890},"result":null,"latency_ms":2}],` +
				`"documents":[{"id":"d","version":"1","hash":"2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881","text":"x"}],"model":"m","finish_reason":"stop",` +
				`"usage":{"input_tokens":3,"output_tokens":4,"cost_usd":0.5},"response_id":"12345678901234567890"}`},
		{mapped, `{"data":{"answer":["a",1]}}`, "bad reply: steps: [.trace[] | {tool: .fn, args: .in, result: .out, latency_ms: .ms}]: cannot iterate over: null"},
		{mapped, `{"data":{"answer":["a",1]},"trace":[],"sources":[]}`, `{"id":"c","output":"[\"a\",1]","prompt":"p"}`},
		{mapped, `{"data":{"answer":"","problem":null},"trace":[],"sources":[]}`, `{"id":"c","output":"","prompt":"p"}`},
		{mapped, `{"data":{"answer":"","problem":"no such order"}}`, "no such order"},
		{mapped, `{"data":{"answr":"A"}}`, `bad reply: output: .data.answer finds nothing in "{\"data\":{\"answr\":\"A\"}}"`},
		{mapped, `{"data":[1]}`, "bad reply: error: .data.problem: "},
		{mapped, `{"data":{"answer":"A"},"trace":[{"in":1}],"sources":[]}`, "bad reply: steps: [.trace[] | {tool: .fn, args: .in, result: .out, latency_ms: .ms}]: this is no list of calledStep"},
		{mapped, "<html>", `bad reply: the answer is not JSON; it begins "<html>"`},
		{mapped, `{"data":{}} {}`, `bad reply: the answer is not JSON`},
		{ids, `{"ids":["a","b"],"tools":["t"]}`, `{"id":"c","output":"{\"ids\":[\"a\",\"b\"],\"tools\":[\"t\"]}","prompt":"p","steps":[{"tool":"t"}],"documents":[{"id":"a"},{"id":"b"}]}`},
		{plain, `{"output":"A","model":"m","prompt":"as sent","documents":[{"id":"d"}]}`, `{"id":"c","output":"A","prompt":"as sent","documents":[{"id":"d"}],"model":"m"}`},
		{plain, `{"id":"c","error":"sorry"}`, "sorry"},
		{plain, `{"id":"other","output":"A"}`, `bad reply: an answer to case "other"; asked was "c"`},
		{plain, `{"ouput":"A"}`, `bad reply: unknown key "ouput"; did you mean "output"?`},
		{plain, `[1]`, "bad reply: the answer is no JSON object"},
		{plain, `null`, "bad reply: the answer is no JSON object"},
	} {
		answer = test.answer
		o := askOnce(t, test.agent, &eval.Case{ID: "c", Prompt: "p"})
		if o.Failed() {
			if !strings.HasPrefix(o.Err, test.want) {
				t.Errorf("%s: error %q, want %q", test.answer, o.Err, test.want)
			}
			continue
		}
		if o.LatencyMS == nil || o.Started.IsZero() {
			t.Errorf("%s: no times", test.answer)
		}
		o.LatencyMS, o.Started = nil, time.Time{}
		if b, err := json.Marshal(o); err != nil || string(b) != test.want {
			t.Errorf("%s: %v\n%s\nwant\n%s", test.answer, err, b, test.want)
		}
	}
}

func TestHTTPPlainText(t *testing.T) {
	url := serve(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "just \xff text") }))
	o := askOnce(t, openLive(t, httpSpec(`{"url":"`+url+`"}`)), &eval.Case{ID: "c", Prompt: "p"})
	if o.Text != "just \uFFFD text" || o.Err != "" {
		t.Errorf("%+v", o)
	}
}

func TestHTTPConversationAndFaults(t *testing.T) {
	var got []echoed
	url := service(t, &got, func(n int, w http.ResponseWriter) {
		switch n {
		case 1, 4:
			w.WriteHeader(http.StatusServiceUnavailable)
		case 5:
			w.Header().Set("Location", "http://elsewhere.example/"+testKey)
			w.WriteHeader(http.StatusTemporaryRedirect)
		default:
			fmt.Fprintf(w, `{"output":"answer %d"}`, n)
		}
	})
	a := openLive(t, httpSpec(`{"url":"`+url+`?key=$BOT_TOKEN","body":{"m":"{{json .messages}}"}}`))
	o := askOnce(t, a, &eval.Case{ID: "c", Messages: messages("user: a", "user: b")})
	if o.Text != "answer 3" || len(o.Attempts) != 1 || o.Attempts[0].Err != "server error: status 503 (Service Unavailable)" || len(o.Messages) != 4 {
		t.Errorf("%+v", o)
	}
	if want := `{"m":[{"content":"a","role":"user"},{"content":"answer 2","role":"assistant"},{"content":"b","role":"user"}]}`; got[2].Body != want {
		t.Errorf("sent %s", got[2].Body)
	}
	o = askOnce(t, a, &eval.Case{ID: "c", Prompt: "p"})
	if o.Err != "refused: status 307 (Temporary Redirect): sent on to http://elsewhere.example/[BOT_TOKEN], which is not followed" {
		t.Errorf("%+v", o)
	}
	for k, v := range a.Info().Lineage {
		if strings.Contains(v, "key") {
			t.Errorf("lineage %s is %s", k, v)
		}
	}
}

func TestHTTPSpec(t *testing.T) {
	for _, test := range []struct{ args, want string }{
		{`{"url":"http://h"}`, ""},
		{`{"url":"http://h/{{(index .messages 7).content}}"}`, ""},
		{`{}`, "url: it is missing"},
		{`{"url":"h"}`, "expected an address"},
		{`{"url":"http://u:p@h/"}`, "a user and password do not belong in the file"},
		{`{"url":"http://h/$NOBODY_SET_THIS"}`, "NOBODY_SET_THIS is not set"},
		{`{"url":"http://h","body":{"a":["{{env \"NOBODY_SET_THIS\"}}"]}}`, "NOBODY_SET_THIS is not set"},
		{`{"url":"http://h","body":{"a":["{{.promt}}"]}}`, `body/a/0: `},
		{`{"url":"http://h","body":"{{.prompt"}`, "unclosed action"},
		{`{"url":"http://h","headers":{"Authorization":"Bearer abc"}}`, "a secret does not belong in the file"},
		{`{"url":"http://h","headers":{"A B":"c"}}`, "cannot be the name of a header"},
		{`{"url":"http://h","method":"GET","body":"x"}`, "a GET has none"},
		{`{"url":"http://h","method":"DELETE"}`, "method: expected"},
		{`{"url":"http://h","response":{"model":".m"}}`, "response: output is missing"},
		{`{"url":"http://h","response":{"output":".a["}}`, "output: not a jq query"},
		{`{"url":"http://h","response":{"output":"nope(1)"}}`, "function not defined"},
		{`{"url":"http://h","responce":{"output":".a"}}`, `did you mean "response"?`},
		{`{"url":"http://h","tokens_per_minute":-1}`, "tokens_per_minute is -1"},
	} {
		a, err := Open(t.Context(), eval.AgentSpec{Name: "bot", Kind: "http", Args: json.RawMessage(test.args)}, Options{Getenv: testEnv})
		switch {
		case test.want == "" && err != nil, test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)):
			t.Errorf("%s: error %v, want %q", test.args, err, test.want)
		case err == nil:
			a.Close()
		}
	}
}
