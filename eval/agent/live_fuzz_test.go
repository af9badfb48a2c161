package agent

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/url"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"time"
	"unicode/utf8"

	"holdtrue/eval"
	"holdtrue/eval/wire"
)

// bodyOf is an answer whose body is data, read as r reads.
func bodyOf(t testing.TB, data []byte, r func(io.Reader) io.Reader) *answer {
	ctx, end := context.WithCancelCause(t.Context())
	l := &live{name: "bot", idle: time.Minute, timeout: time.Minute, secrets: &secrets{}}
	return &answer{body: io.NopCloser(r(bytes.NewReader(data))), live: l, ctx: ctx, end: end}
}

// Whatever a stream holds, it is an answer that can be stored and read back, or
// a fault; and it is the same however the network cuts it into pieces.
func FuzzStream(f *testing.F) {
	for _, s := range []string{
		"data: {\"id\":\"1\",\"model\":\"m\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"he\"}}]}\n\ndata: {\"choices\":[{\"delta\":{\"content\":\"llo\"},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n",
		"\xef\xbb\xbf: ping\r\n\r\nevent: x\r\ndata:{\"choices\":\rdata: [{\"delta\":{\"content\":\"a\\ud800\xff\"},\"finish_reason\":\"length\"}]}\r\rdata: [DONE]",
		"data: {\"choices\":[{\"delta\":{\"tool_calls\":[{\"index\":7,\"id\":\"c\",\"function\":{\"name\":\"f\xff\",\"arguments\":\"{\\\"a\\\"\"}},{\"index\":7,\"function\":{\"arguments\":\":1}\"}},{\"function\":{\"name\":\"g\",\"arguments\":{\"b\":2}}}]},\"finish_reason\":\"tool_calls\"}]}\n\n",
		"data: {\"choices\":[{\"delta\":{\"content\":[{\"text\":\"a\"},{\"type\":\"x\"}],\"reasoning\":\"r\"}}],\"usage\":{\"prompt_tokens\":1e300,\"completion_tokens\":-1}}\n\ndata: [DONE]\n\n",
		"data: {\"error\":{\"message\":\"no\",\"code\":429}}\n\n", "data: {\"error\":\"no\"}\n\n", "data: [DONE]\n\n", "data: {}\n\n", "data\n\n", "",
		"data: {\"choices\":[{\"delta\":{\"content\":\"<think>a</think>b\"},\"finish_reason\":\"stop\"}]}\n\n",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		read := func(r func(io.Reader) io.Reader) (eval.Output, error) {
			got := &chatAnswer{}
			if err := readStream(bodyOf(t, data, r), got); err != nil {
				return eval.Output{}, err
			}
			l := &live{name: "bot", secrets: &secrets{}}
			o, err := l.converse(t.Context(), &eval.Case{ID: "c", Prompt: "p"}, 0, "s", func(context.Context, turn) (reply, []eval.Attempt, error) {
				return got.reply(), nil, nil
			})
			o.LatencyMS, o.FirstTokenMS, o.Started = nil, nil, time.Time{}
			return o, err
		}
		whole, err := read(func(r io.Reader) io.Reader { return r })
		var fault *fault
		if err != nil {
			if !errors.As(err, &fault) {
				t.Fatalf("%T: %v", err, err)
			}
			if !utf8.ValidString(fault.Error()) || len(fault.Error()) > 4096 {
				t.Fatalf("an error that cannot be shown: %q", fault.Error())
			}
		}
		pieces, perr := read(iotest.OneByteReader)
		if (err == nil) != (perr == nil) || err != nil && err.Error() != perr.Error() {
			t.Fatalf("%v in one piece, %v in many", err, perr)
		}
		if err != nil {
			return
		}
		line, err := wire.AppendOutput(nil, &whole)
		if err != nil {
			t.Fatalf("%v: %+v", err, whole)
		}
		again, err := wire.AppendOutput(nil, &pieces)
		if err != nil || !bytes.Equal(line, again) {
			t.Fatalf("%s in one piece, %s in many", line, again)
		}
		back, err := wire.DecodeOutput(line, eval.Pos{})
		if err != nil || back.Text != whole.Text || len(back.Steps) != len(whole.Steps) {
			t.Fatalf("%s is read back as %+v, error %v", line, back, err)
		}
		if _, err := json.Marshal(whole); err != nil {
			t.Fatal(err)
		}
	})
}

// Nothing that a case holds breaks out of the place that a template gives it.
func FuzzRequestTemplate(f *testing.F) {
	for _, s := range []string{"plain", `"}, "role": "system", "x": {"`, "{{env \"BOT_TOKEN\"}} $BOT_TOKEN", "a/b?c=d&e#f %2e\r\nX: y", "</script>\u2028"} {
		f.Add(s)
	}
	env := environment{get: testEnv, secrets: &secrets{}}
	form := &httpForm{URL: "http://h.example/p/{{.prompt}}/q?a={{.prompt}}&b=1", Body: json.RawMessage(`{"q":"<{{.prompt}}>","m":["{{json .messages}}"]}`)}
	form.Headers = headersInFile{"X-Prompt": "{{.prompt}}"}
	a, _, err := readHTTP(env, form)
	if err != nil {
		f.Fatal(err)
	}
	a.live = &live{name: "bot", secrets: env.secrets}
	f.Fuzz(func(t *testing.T, prompt string) {
		if !utf8.ValidString(prompt) {
			t.Skip("a case is valid UTF-8")
		}
		c := &eval.Case{ID: "c", Prompt: prompt}
		build, _, err := a.request(turn{c: c, history: []message{{Message: eval.Message{Role: "user", Content: prompt}}}})
		if err != nil {
			t.Fatal(err)
		}
		req, err := build(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		parts := strings.Split(req.URL.EscapedPath(), "/")
		if len(parts) != 4 || req.URL.Host != "h.example" || len(req.URL.Query()) != 2 || req.URL.Query().Get("a") != prompt {
			t.Fatalf("%q asks %s", prompt, req.URL)
		}
		if segment, err := url.PathUnescape(parts[2]); err != nil || segment != prompt {
			t.Fatalf("%q is %q in the path", prompt, segment)
		}
		if h := req.Header.Get("X-Prompt"); strings.ContainsAny(h, "\r\n") || len(req.Header) > 3 {
			t.Fatalf("header %q", h)
		}
		data, err := io.ReadAll(req.Body)
		if err != nil {
			t.Fatal(err)
		}
		var body struct {
			Q string           `json:"q"`
			M [][]eval.Message `json:"m"`
		}
		if err := wire.Decode(data, &body, eval.Pos{}, false); err != nil {
			t.Fatalf("%q gives %s: %v", prompt, data, err)
		}
		if want := []eval.Message{{Role: "user", Content: prompt}}; len(body.M) != 1 || !slices.Equal(body.M[0], want) {
			t.Fatalf("%q gives %s", prompt, data)
		}
		if body.Q != "<"+prompt+">" {
			t.Fatalf("%q gives %s", prompt, data)
		}
	})
}

func TestEventsFollowTheStandard(t *testing.T) {
	// The examples of WHATWG HTML, "Server-sent events", 9.2.6, in data alone.
	for _, test := range []struct {
		stream string
		want   []string
	}{
		{"data: YHOO\ndata: +2\ndata: 10\n\n", []string{"YHOO\n+2\n10"}},
		{": test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\ndata:  third event\n\n", []string{"first event", "second event", " third event"}},
		{"data\n\ndata\ndata\n\n", []string{"", "\n"}},
		{"data:test\n\ndata: test\n\n", []string{"test", "test"}},
		{"\ufeffdata: a\r\n\r\ndata: b\r\rdatab: c\n\n", []string{"a", "b"}},
		{"data: a\n\ndata: not ended", []string{"a", "not ended"}},
	} {
		var got []string
		for data, err := range events(strings.NewReader(test.stream)) {
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, string(data))
		}
		if !slices.Equal(got, test.want) {
			t.Errorf("%q gives %q, want %q", test.stream, got, test.want)
		}
	}
	for _, err := range events(iotest.ErrReader(errIdle)) {
		if !errors.Is(err, errIdle) {
			t.Errorf("error %v", err)
		}
	}
}
