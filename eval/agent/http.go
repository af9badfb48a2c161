package agent

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"time"

	"holdtrue/eval"
)

const httpExample = `candidate: {http: {url: "https://bot.example/ask", headers: {Authorization: "Bearer $BOT_TOKEN"}, body: {question: "{{.prompt}}"}, response: {output: .answer}}}`

var httpKind = Kind{
	Name:    "http",
	Doc:     "Any service: a request made from a template for every case, and jq queries that find the output in the answer.",
	Example: httpExample,
	Open:    openHTTP,
}

// httpAgent asks a service whose requests and answers the suite describes.
type httpAgent struct {
	*live
	method  string
	url     *textTemplate
	headers map[string]*textTemplate
	body    *bodyTemplate // nil: the question as a command agent reads it
	mapping *mapping      // nil: an output as a command agent writes it, or plain text
	info    Info
}

func (a *httpAgent) Info() Info { return a.info }

// Ask answers a case turn by turn: see converse.
func (a *httpAgent) Ask(ctx context.Context, c *eval.Case, repeat int) (eval.Output, error) {
	return a.converse(ctx, c, repeat, "", a.askTurn)
}

func (a *httpAgent) askTurn(ctx context.Context, t turn) (r reply, failed []eval.Attempt, err error) {
	build, size, err := a.request(t)
	if err != nil {
		return r, nil, &fault{msg: "the request cannot be made: " + err.Error()}
	}
	failed, err = a.call(ctx, chance(a.name, t.c.ID, t.repeat, t.number), size/4, func(ctx context.Context) error {
		req, err := build(ctx)
		if err != nil {
			return &fault{msg: "the request cannot be made: " + err.Error()}
		}
		began := time.Now()
		resp, err := a.send(ctx, req)
		if err != nil {
			return err
		}
		defer resp.Close()
		whole, err := io.ReadAll(resp)
		if err != nil {
			return err
		}
		took := ms(time.Since(began))
		if r, err = a.read(ctx, t, resp.Get("Content-Type"), whole); err != nil {
			return err
		}
		r.out.Started, r.out.Cached = began, r.out.Cached || resp.cached()
		if r.out.LatencyMS == nil {
			r.out.LatencyMS = &took
		}
		return nil
	})
	if err != nil {
		return r, failed, err
	}
	a.prices.charge(r.out.Usage)
	if u := r.out.Usage; u != nil && u.InputTokens != nil && u.OutputTokens != nil {
		a.limits.spend(int(*u.InputTokens+*u.OutputTokens) - size/4)
	}
	return r, failed, nil
}

// request makes what is sent for a turn: a function, since every attempt needs a
// request of its own, and the size of the body.
func (a *httpAgent) request(t turn) (build func(context.Context) (*http.Request, error), size int, err error) {
	data := templateData(t)
	target, err := a.url.text(escaped(data))
	if err != nil {
		return nil, 0, err
	}
	where, err := url.Parse(target)
	if err != nil {
		return nil, 0, errors.New("url: this is no address: " + a.secrets.clean(target))
	}
	header := http.Header{"User-Agent": {"holdtrue"}}
	body, kind, err := a.content(t, data)
	if err != nil {
		return nil, 0, err
	}
	if kind != "" {
		header.Set("Content-Type", kind)
	}
	for name, value := range a.headers {
		text, err := value.text(data)
		if err != nil {
			return nil, 0, fmt.Errorf("headers: %s: %w", name, err)
		}
		header.Set(name, oneLineHeader(text))
	}
	return func(ctx context.Context) (*http.Request, error) {
		req, err := http.NewRequestWithContext(ctx, a.method, where.String(), bytes.NewReader(body))
		if err == nil {
			req.Header = header.Clone()
		}
		return req, err
	}, len(body), nil
}

// content is the body of a request and its type.
func (a *httpAgent) content(t turn, data map[string]any) (body []byte, kind string, err error) {
	switch {
	case a.method == http.MethodGet || a.method == http.MethodHead:
		return nil, "", nil
	case a.body == nil:
		asked := *t.c
		if len(asked.Messages) > 0 {
			asked.Messages = sent(t.history)
		}
		body, err = appendQuestion(nil, &asked, t.repeat)
		return body, "application/json", err
	}
	return a.body.content(data)
}

// sent are the turns of a history that an agent is sent.
func sent(history []message) (all []eval.Message) {
	for _, m := range history {
		if m.Role != roleReasoning {
			all = append(all, m.Message)
		}
	}
	return all
}

// read reads an answer. The error is a *fault.
func (a *httpAgent) read(ctx context.Context, t turn, contentType string, body []byte) (reply, error) {
	if a.mapping != nil {
		return a.mapping.read(ctx, body)
	}
	kind, _, _ := mime.ParseMediaType(contentType)
	if kind == "text/plain" {
		return reply{text: string(bytes.ToValidUTF8(body, []byte("\uFFFD")))}, nil
	}
	return ownForm(t, body)
}
