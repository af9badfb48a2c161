package agent

import (
	"bytes"
	"context"
	stdjson "encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"holdtrue/eval"
)

const openaiExample = `candidate: {openai: {base_url: "http://127.0.0.1:11434/v1", model: "qwen3:8b", temperature: 0}}`

var openaiKind = Kind{
	Name:    "openai",
	Doc:     "A model behind any server that speaks OpenAI's chat completions: hosted, or llama.cpp, Ollama or vLLM on the same machine.",
	Example: openaiExample,
	Open:    openOpenAI,
}

// openai asks a chat-completions server. It is net/http and a reader of
// server-sent events, without a client library: the libraries leave out a
// temperature of 0, or lose the headers of errors, and none bounds what a server
// can make them read.
type openai struct {
	*live
	url     string
	header  http.Header
	model   string
	system  string
	params  map[string]jsontext.Value // but for the seed
	logged  stdjson.RawMessage        // params as one object
	seed    *int64
	streams bool
	info    Info
}

func (a *openai) Info() Info { return a.info }

// Ask answers a case turn by turn: see converse.
func (a *openai) Ask(ctx context.Context, c *eval.Case, repeat int) (eval.Output, error) {
	return a.converse(ctx, c, repeat, a.system, a.askTurn)
}

// askTurn asks for one completion.
func (a *openai) askTurn(ctx context.Context, t turn) (r reply, failed []eval.Attempt, err error) {
	seed := a.seed
	if seed != nil {
		seed = new(*seed + int64(t.repeat)) // the same seed again would be no answer of its own
	}
	request := eval.Output{Requested: a.model, Parameters: a.logged, Seed: seed}
	r.out = request
	body, err := a.body(t.history, seed)
	if err != nil {
		return r, nil, &fault{msg: "the case cannot be written as JSON: " + err.Error()}
	}
	estimate := len(body) / 4
	failed, err = a.call(ctx, chance(a.name, t.c.ID, t.repeat, t.number), estimate, func(ctx context.Context) error {
		got := &chatAnswer{began: time.Now(), out: request}
		if err := a.complete(ctx, body, got); err != nil {
			return err
		}
		r = got.reply()
		return nil
	})
	if err != nil {
		return r, failed, err
	}
	if !a.streams {
		r.out.FirstTokenMS = nil
	}
	a.prices.charge(r.out.Usage)
	if u := r.out.Usage; u != nil && u.InputTokens != nil && u.OutputTokens != nil {
		a.limits.spend(int(*u.InputTokens+*u.OutputTokens) - estimate)
	}
	return r, failed, nil
}

// chatTurn is a turn in the form of the API.
type chatTurn struct {
	Role      string     `json:"role"`
	Content   *string    `json:"content"`
	ToolCalls []sentCall `json:"tool_calls,omitempty"`
	CallID    string     `json:"tool_call_id,omitzero"`
}

type sentCall struct {
	ID       string `json:"id"`
	Type     string `json:"type"`
	Function struct {
		Name      string `json:"name"`
		Arguments string `json:"arguments"`
	} `json:"function"`
}

// body is the request's.
func (a *openai) body(history []message, seed *int64) ([]byte, error) {
	form := make(map[string]any, len(a.params)+5)
	for k, v := range a.params {
		form[k] = v
	}
	var turns []chatTurn
	for _, m := range history {
		if m.Role == roleReasoning {
			continue
		}
		t := chatTurn{Role: m.Role, Content: &m.Content, CallID: m.callID}
		for _, c := range m.calls {
			sent := sentCall{ID: c.id, Type: "function"}
			sent.Function.Name, sent.Function.Arguments = c.name, c.args
			t.ToolCalls = append(t.ToolCalls, sent)
		}
		if m.Content == "" && len(m.calls) > 0 {
			t.Content = nil
		}
		turns = append(turns, t)
	}
	form["model"], form["messages"] = a.model, turns
	if seed != nil {
		form["seed"] = *seed
	}
	if a.streams {
		form["stream"] = true
		if form["stream_options"] == nil {
			form["stream_options"] = map[string]bool{"include_usage": true}
		}
	}
	return json.Marshal(form, json.Deterministic(true), jsontext.AllowInvalidUTF8(true))
}

// complete makes one call and reads the whole answer.
func (a *openai) complete(ctx context.Context, body []byte, got *chatAnswer) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, a.url, bytes.NewReader(body))
	if err != nil {
		return &fault{class: Other, msg: err.Error()}
	}
	req.Header = a.header.Clone()
	resp, err := a.send(ctx, req)
	if err != nil {
		return err
	}
	defer resp.Close()
	got.out.Cached = resp.cached()
	if kind, _, _ := mime.ParseMediaType(resp.Get("Content-Type")); kind == "text/event-stream" {
		return readStream(resp, got)
	}
	whole, err := io.ReadAll(resp)
	if err != nil {
		return err
	}
	if err := got.take(whole); err != nil {
		return err
	}
	if !got.ended && got.empty() {
		return badReply("the answer holds no choice")
	}
	return nil
}

// readStream reads pieces until the server says that this was the last, or until
// the stream ends behind a reason to finish. A stream that ends without either
// was cut.
func readStream(resp *answer, got *chatAnswer) error {
	for data, err := range events(resp) {
		if err != nil {
			var f *fault
			if got.ended && errors.As(err, &f) {
				return nil // what is missing is not part of the answer
			}
			return err
		}
		if string(bytes.TrimSpace(data)) == "[DONE]" {
			resp.finish()
			if !got.ended && got.empty() {
				return badReply("the stream holds no answer")
			}
			return nil
		}
		if err := got.take(data); err != nil {
			return err
		}
	}
	if got.ended {
		return nil
	}
	return &fault{class: Connection, again: true, down: true, msg: "the stream ended before the answer was whole"}
}

// empty tells whether nothing was said and nothing called.
func (a *chatAnswer) empty() bool {
	return a.text.Len() == 0 && a.refusal.Len() == 0 && len(a.calls) == 0
}
