package agent

import (
	stdjson "encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"holdtrue/eval"
	"holdtrue/eval/process"
)

// chatReply is an answer of the chat-completions API, or a piece of one: what a
// whole answer has under "message" a piece has under "delta".
type chatReply struct {
	ID          string         `json:"id"`
	Model       string         `json:"model"`
	Fingerprint string         `json:"system_fingerprint"`
	Choices     []chatChoice   `json:"choices"`
	Usage       jsontext.Value `json:"usage"`
	Error       jsontext.Value `json:"error"`
}

type chatChoice struct {
	Index   int         `json:"index"`
	Message chatMessage `json:"message"`
	Delta   chatMessage `json:"delta"`
	Finish  string      `json:"finish_reason"`
}

type chatMessage struct {
	Content chatText `json:"content"`
	Refusal string   `json:"refusal"`
	// Servers do not agree on the name of what a model thinks before it answers.
	ReasoningContent chatText   `json:"reasoning_content"`
	Reasoning        chatText   `json:"reasoning"`
	ToolCalls        []chatCall `json:"tool_calls"`
}

type chatCall struct {
	Index    *int   `json:"index"`
	ID       string `json:"id"`
	Function struct {
		Name      string         `json:"name"`
		Arguments jsontext.Value `json:"arguments"`
	} `json:"function"`
}

// chatText is a text, a list of parts of which those that are texts count, or
// null.
type chatText string

func (t *chatText) UnmarshalJSONFrom(d *jsontext.Decoder) error {
	if d.PeekKind() != '[' {
		return json.UnmarshalDecode(d, (*string)(t))
	}
	var parts []struct {
		Text string `json:"text"`
	}
	if err := json.UnmarshalDecode(d, &parts); err != nil {
		return err
	}
	for _, p := range parts {
		*t += chatText(p.Text)
	}
	return nil
}

// chatAnswer gathers an answer, whole or from its pieces.
type chatAnswer struct {
	text, refusal, reasoning strings.Builder
	calls                    []callPieces
	out                      eval.Output
	ended                    bool // the server said that it is whole
	began                    time.Time
}

type callPieces struct {
	index    int
	id, name string
	args     strings.Builder
}

// lenient accepts what hostile answers may hold.
var lenient = json.JoinOptions(jsontext.AllowInvalidUTF8(true), jsontext.AllowDuplicateNames(true))

// take takes in an answer or a piece of one. The error is a *fault.
func (a *chatAnswer) take(data []byte) error {
	var r chatReply
	if err := json.Unmarshal(data, &r, lenient); err != nil {
		return badReply("%s; it begins %s", notJSON(err), process.Quote(string(data[:min(len(data), process.ShownBytes+1)]), process.ShownBytes))
	}
	if k := r.Error.Kind(); k != 0 && k != 'n' && string(r.Error) != "{}" {
		return saidError(r.Error)
	}
	for p, v := range map[*string]string{&a.out.ResponseID: r.ID, &a.out.Model: r.Model, &a.out.Fingerprint: r.Fingerprint} {
		if v != "" {
			*p = v
		}
	}
	a.usage(r.Usage)
	for _, c := range r.Choices {
		if c.Index == 0 {
			a.message(&c.Message)
			a.message(&c.Delta)
			if c.Finish != "" {
				a.out.Finish, a.ended = c.Finish, true
			}
		}
	}
	return nil
}

func (a *chatAnswer) message(m *chatMessage) {
	thought := m.ReasoningContent
	if thought == "" {
		thought = m.Reasoning
	}
	if a.out.FirstTokenMS == nil && (m.Content != "" || m.Refusal != "" || thought != "" || len(m.ToolCalls) > 0) {
		a.out.FirstTokenMS = new(ms(time.Since(a.began)))
	}
	a.text.WriteString(string(m.Content))
	a.refusal.WriteString(m.Refusal)
	a.reasoning.WriteString(string(thought))
	for _, c := range m.ToolCalls {
		a.call(&c)
	}
}

// call takes in a tool call or a piece of one. Pieces of one call have its index;
// a call without an index is a new one.
func (a *chatAnswer) call(c *chatCall) {
	at := -1
	if c.Index != nil {
		at = slices.IndexFunc(a.calls, func(p callPieces) bool { return p.index == *c.Index })
	}
	if at < 0 {
		at = len(a.calls)
		index := -1 - at
		if c.Index != nil {
			index = *c.Index
		}
		a.calls = append(a.calls, callPieces{index: index})
	}
	p := &a.calls[at]
	if c.ID != "" {
		p.id = c.ID
	}
	p.name += c.Function.Name
	if args := c.Function.Arguments; args.Kind() == '"' {
		text, _ := jsontext.AppendUnquote(nil, args)
		p.args.Write(text)
	} else if args.Kind() != 'n' {
		p.args.Write(args)
	}
}

// usage takes in the tokens used, if they can be read. Some servers send them
// with every piece; the last ones count.
func (a *chatAnswer) usage(raw jsontext.Value) {
	var u struct {
		Input  *float64 `json:"prompt_tokens"`
		Output *float64 `json:"completion_tokens"`
		Cost   *float64 `json:"cost"` // some relays say it, in US dollars
	}
	if raw.Kind() != '{' || json.Unmarshal(raw, &u, lenient) != nil {
		return
	}
	a.out.Usage = &eval.Usage{InputTokens: count(u.Input), OutputTokens: count(u.Output), CostUSD: u.Cost}
}

// count is a number of things, if it can be one.
func count(v *float64) *int64 {
	if v == nil || *v < 0 || *v > 1<<53 {
		return nil
	}
	return new(int64(*v))
}

// reply is the whole answer.
func (a *chatAnswer) reply() reply {
	a.out.LatencyMS = new(ms(time.Since(a.began)))
	a.out.Started = a.began
	r := reply{text: a.text.String(), reasoning: a.reasoning.String(), out: a.out}
	if r.text == "" {
		r.text = a.refusal.String()
	}
	if thought, rest, ok := cutThought(r.text); ok && r.reasoning == "" {
		r.text, r.reasoning = rest, thought
	}
	for _, c := range a.calls {
		r.calls = append(r.calls, toolCall{id: c.id, name: strings.ToValidUTF8(c.name, "\uFFFD"), args: c.args.String()})
	}
	return r
}

// cutThought cuts what a model thought off the front of its answer, where the
// server leaves it there between <think> and </think>.
func cutThought(text string) (thought, rest string, ok bool) {
	thought, ok = strings.CutPrefix(strings.TrimLeft(text, " \r\n\t"), "<think>")
	if !ok {
		return "", text, false
	}
	if thought, rest, ok = strings.Cut(thought, "</think>"); !ok {
		return "", text, false
	}
	return strings.TrimSpace(thought), strings.TrimLeft(rest, " \r\n\t"), true
}

// saidError is the fault of an answer, begun with success, that says it failed.
func saidError(raw jsontext.Value) error {
	msg, code := errorForm(stdjson.RawMessage(raw), string(raw))
	status := 500
	if _, err := fmt.Sscan(code, &status); err != nil || status < 400 || status > 599 {
		status = 500
	}
	f := failure(status, code)
	f.msg = "the answer is an error: " + process.OneLine(msg, shownError)
	return f
}

// notJSON words why an answer cannot be read, without what it holds.
func notJSON(err error) string {
	if strings.Contains(err.Error(), "cannot unmarshal") {
		return "the answer does not have the form of a chat completion"
	}
	return "the answer is not JSON"
}
