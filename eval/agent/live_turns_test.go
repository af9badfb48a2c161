package agent

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"holdtrue/eval"
	"holdtrue/eval/agent/agenttest"
)

func messages(lines ...string) (all []eval.Message) {
	for _, l := range lines {
		role, content, _ := strings.Cut(l, ": ")
		all = append(all, eval.Message{Role: role, Content: content})
	}
	return all
}

// script answers turns with "answer N", or with the calls that it holds for the
// N-th turn, and notes what it was sent.
type script struct {
	calls map[int][]toolCall
	sent  []string
}

func (s *script) ask(_ context.Context, t turn) (reply, []eval.Attempt, error) {
	var sent []string
	for _, m := range t.history {
		text := m.Role + ": " + m.Content
		for _, c := range m.calls {
			text += fmt.Sprintf("[%s=%s]", c.id, c.name)
		}
		if m.callID != "" {
			text += " (" + m.callID + ")"
		}
		sent = append(sent, text)
	}
	s.sent = append(s.sent, strings.Join(sent, "\n"))
	r := reply{text: fmt.Sprintf("answer %d", t.number), calls: slices.Clone(s.calls[t.number])}
	if len(r.calls) > 0 {
		r.text = ""
	}
	r.out.LatencyMS = new(10.0)
	r.out.Usage = &eval.Usage{InputTokens: new(int64(3)), OutputTokens: new(int64(2))}
	return r, nil, nil
}

func TestConversations(t *testing.T) {
	look := []toolCall{{name: "look", args: `{"id":1}`}}
	for _, test := range []struct {
		name  string
		turns []eval.Message
		calls map[int][]toolCall
		asked int
		last  string // what was sent last
		text  string
		steps int
	}{
		{"one turn", messages("user: a"), nil, 1, "system: S\nuser: a", "answer 0", 0},
		{"each user's turn in order", messages("user: a", "user: b", "user: c"), nil, 3,
			"system: S\nuser: a\nassistant: answer 0\nuser: b\nassistant: answer 1\nuser: c", "answer 2", 0},
		{"an assistant's turn is kept as given", messages("user: a", "assistant: A", "user: b"), nil, 1,
			"system: S\nuser: a\nassistant: A\nuser: b", "answer 0", 0},
		{"own system prompt joined", messages("system: T", "user: a"), nil, 1, "system: S\n\nT\nuser: a", "answer 0", 0},
		{"a result is supplied", messages("user: a", "tool: found"), map[int][]toolCall{0: look}, 2,
			"system: S\nuser: a\nassistant: [call-1-1=look]\ntool: found (call-1-1)", "answer 1", 1},
		{"one after the other", messages("user: a", "tool: x", "tool: y"), map[int][]toolCall{0: look, 1: look}, 3,
			"system: S\nuser: a\nassistant: [call-1-1=look]\ntool: x (call-1-1)\nassistant: [call-2-1=look]\ntool: y (call-2-1)", "answer 2", 2},
		{"two at once, one without a result", messages("user: a", "tool: x"), map[int][]toolCall{0: {{id: "p", name: "look"}, {id: "q", name: "find"}}}, 2,
			"system: S\nuser: a\nassistant: [p=look][q=find]\ntool: x (p)\ntool: no result (q)", "answer 1", 2},
		{"a result not called for is left out", messages("user: a", "tool: x", "user: b"), nil, 2,
			"system: S\nuser: a\nassistant: answer 0\nuser: b", "answer 1", 0},
		{"the last calls stay open", messages("user: a"), map[int][]toolCall{0: look}, 1, "system: S\nuser: a", "", 1},
		{"calls before another turn get no result", messages("user: a", "user: b"), map[int][]toolCall{0: look}, 2,
			"system: S\nuser: a\nassistant: [call-1-1=look]\ntool: no result (call-1-1)\nuser: b", "answer 1", 1},
		{"a given call and its result", messages("user: a", "assistant: I look", "tool: found"), nil, 1,
			"system: S\nuser: a\nassistant: I look[given-1=tool]\ntool: found (given-1)", "answer 0", 0},
		{"a given exchange whose call the case cannot say", messages("user: a", "tool: x", "tool: y", "assistant: A", "user: b"), nil, 1,
			"system: S\nuser: a\nassistant: [given-1=tool][given-2=tool]\ntool: x (given-1)\ntool: y (given-2)\nassistant: A\nuser: b", "answer 0", 0},
		{"no user's turn", messages("assistant: hello", "tool: x"), nil, 1,
			"system: S\nassistant: hello[given-1=tool]\ntool: x (given-1)", "answer 0", 0},
		{"nobody left to answer", messages("user: a", "assistant: A", "system: T"), nil, 1,
			"system: S\nuser: a\nassistant: A\nsystem: T", "answer 0", 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := &script{calls: test.calls}
			l := &live{name: "bot"}
			o, err := l.converse(t.Context(), &eval.Case{ID: "c", Messages: test.turns}, 1, "S", s.ask)
			if err != nil {
				t.Fatal(err)
			}
			if len(s.sent) != test.asked || s.sent[len(s.sent)-1] != test.last {
				t.Errorf("asked %d times, want %d; sent last\n%s\nwant\n%s", len(s.sent), test.asked, s.sent[len(s.sent)-1], test.last)
			}
			if o.Text != test.text || len(o.Steps) != test.steps || o.Repeat != 1 {
				t.Errorf("text %q, steps %v", o.Text, o.Steps)
			}
			if *o.LatencyMS != float64(10*test.asked) || *o.Usage.InputTokens != int64(3*test.asked) {
				t.Errorf("%d turns took %g ms and %d tokens", test.asked, *o.LatencyMS, *o.Usage.InputTokens)
			}
			if end := o.Messages[len(o.Messages)-1]; end.Role != "assistant" || test.text != "" && end.Content != test.text {
				t.Errorf("the conversation ends with %v", end)
			}
		})
	}
}

// What is sent of a conversation with calls is what the API wants: see
// platform.openai.com/docs/guides/function-calling.
func TestOpenAIToolCallsOverTheWire(t *testing.T) {
	for _, stream := range []string{"true", "false"} {
		var sent []agenttest.Request
		srv := &agenttest.Server{
			Seen: func(_ *http.Request, q agenttest.Request) { sent = append(sent, q) },
			Answer: func(q agenttest.Request) map[string]any {
				if len(q.Messages) > 1 {
					return map[string]any{"role": "assistant", "content": "<think>\nhm\n</think>\n\nIt is on its way."}
				}
				return map[string]any{"role": "assistant", "content": nil, "reasoning_content": "I must look", "tool_calls": []any{
					map[string]any{"id": "call_9", "type": "function", "function": map[string]any{"name": "track", "arguments": `{"order": "H-1"}`}},
					map[string]any{"id": "call_a", "type": "function", "function": map[string]any{"name": "odd", "arguments": `{"a`}}}}
			}}
		a := openLive(t, chatSpec(serve(t, srv), `"stream": `+stream))
		o := askOnce(t, a, &eval.Case{ID: "c", Messages: messages("user: where?", `tool: {"state": "shipped"}`)})
		if o.Err != "" || o.Text != "It is on its way." || o.Finish != "stop" {
			t.Fatalf("%+v", o)
		}
		steps, _ := json.Marshal(o.Steps)
		if want := `[{"tool":"track","args":{"order":"H-1"},"result":{"state":"shipped"}},{"tool":"odd","args":"{\"a"}]`; string(steps) != want {
			t.Errorf("steps %s", steps)
		}
		if len(sent) != 2 {
			t.Fatalf("%d calls", len(sent))
		}
		got, _ := json.Marshal(sent[1].Messages[1:])
		want := `[{"content":null,"role":"assistant","tool_calls":[` +
			`{"function":{"arguments":"{\"order\": \"H-1\"}","name":"track"},"id":"call_9","type":"function"},` +
			`{"function":{"arguments":"{\"a","name":"odd"},"id":"call_a","type":"function"}]},` +
			`{"content":"{\"state\": \"shipped\"}","role":"tool","tool_call_id":"call_9"},` +
			`{"content":"no result","role":"tool","tool_call_id":"call_a"}]`
		if string(got) != want {
			t.Errorf("sent\n%s\nwant\n%s", got, want)
		}
		var roles []string
		for _, m := range o.Messages {
			roles = append(roles, m.Role)
		}
		if got := strings.Join(roles, " "); got != "user reasoning assistant tool tool reasoning assistant" {
			t.Errorf("log: %s", got)
		}
		if o.Messages[1].Content != "I must look" || o.Messages[5].Content != "hm" || o.Messages[2].Content != "track {\"order\": \"H-1\"}\nodd {\"a" {
			t.Errorf("log: %v", o.Messages)
		}
	}
}

// A turn that fails ends the conversation: the output has no text, and the log
// holds what was said before.
func TestConversationThatFails(t *testing.T) {
	srv := &agenttest.Server{}
	a := openLive(t, chatSpec(serve(t, srv)))
	o := askOnce(t, a, &eval.Case{ID: "c", Messages: messages("user: fine", "user: refuse 1", "user: never asked")})
	if !strings.HasPrefix(o.Err, "refused: ") || o.Text != "" || len(o.Messages) != 3 || srv.Calls()["never asked"] != 0 {
		t.Errorf("%+v", o)
	}
}

func TestCommandAnswersTurnByTurn(t *testing.T) {
	a := openHelper(t, helperSpec(t, "on"), Options{})
	ask := func(turns ...string) eval.Output {
		t.Helper()
		return askOnce(t, a, &eval.Case{ID: "case-1", Messages: messages(turns...)})
	}
	o := ask("user: one", "user: line")
	want := `echo: {"id":"case-1","repeat":0,"messages":[{"role":"user","content":"one"},{"role":"assistant","content":"echo: one"},{"role":"user","content":"line"}]}`
	if o.Err != "" || "echo: "+strings.TrimSpace(o.Text) != want || len(o.Messages) != 4 || o.LatencyMS == nil {
		t.Errorf("%+v", o)
	}
	if o = ask("user: one", "assistant: 1", "user: two"); o.Text != "echo: two" || o.Messages != nil {
		t.Errorf("%+v", o)
	}
	if o = ask("user: one", "user: crash", "user: never"); !strings.HasPrefix(o.Err, "crash: ") || o.Text != "" || o.Stderr == "" || len(o.Messages) != 3 {
		t.Errorf("%+v", o)
	}
}

func TestSeveralTurns(t *testing.T) {
	for _, test := range []struct {
		turns string
		want  bool
	}{{"user", false}, {"system user", false}, {"user user", true}, {"user assistant user", false}, {"user user assistant assistant user", true},
		{"user tool user", true}, {"user assistant tool", false}, {"user assistant user user", true}, {"user user assistant tool", true},
		{"user assistant tool user", true}, {"user tool assistant user", false}} {
		s := &script{}
		c := &eval.Case{ID: "c", Messages: messages(strings.Fields(test.turns)...)}
		if _, err := converse(t.Context(), c, 0, "", s.ask); err != nil {
			t.Fatal(err)
		}
		if got := severalTurns(c); got != test.want || got != (len(s.sent) > 1) {
			t.Errorf("%s: %t, want %t; asked %d times", test.turns, got, test.want, len(s.sent))
		}
	}
}

// Whatever the turns of a case and the calls of a model, what is sent is what the
// API takes: every tool turn answers a call of the assistant's turn before it,
// and every call is answered before anything else follows.
func TestWhatIsSentIsAlwaysWellFormed(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		roles := rapid.SliceOfN(rapid.SampledFrom([]string{"system", "user", "assistant", "tool"}), 1, 9).Draw(t, "roles")
		calls := rapid.SliceOfN(rapid.IntRange(0, 3), 12, 12).Draw(t, "calls")
		s := &script{calls: map[int][]toolCall{}}
		for n, k := range calls {
			for range k {
				s.calls[n] = append(s.calls[n], toolCall{name: "f", args: "{}"})
			}
		}
		var last []message
		o, err := converse(t.Context(), &eval.Case{ID: "c", Messages: messages(roles...)}, 0, "", func(ctx context.Context, turn turn) (reply, []eval.Attempt, error) {
			last = slices.Clone(turn.history)
			if err := wellFormed(turn.history); err != nil {
				t.Fatalf("%v: %v", err, turn.history)
			}
			return s.ask(ctx, turn)
		})
		if err != nil || len(s.sent) == 0 || len(o.Messages) <= len(last) {
			t.Fatalf("asked %d times, error %v, log %v", len(s.sent), err, o.Messages)
		}
	})
}

func wellFormed(history []message) error {
	var open []string
	for i, m := range history {
		switch {
		case m.Role == "tool":
			at := slices.Index(open, m.callID)
			if at < 0 {
				return fmt.Errorf("turn %d answers no call", i)
			}
			open = slices.Delete(open, at, at+1)
		case len(open) > 0:
			return fmt.Errorf("before turn %d calls are open: %v", i, open)
		}
		for _, c := range m.calls {
			if m.Role != "assistant" || c.id == "" {
				return fmt.Errorf("turn %d makes the call %v", i, c)
			}
			open = append(open, c.id)
		}
	}
	if len(open) > 0 {
		return fmt.Errorf("calls are open at the end: %v", open)
	}
	return nil
}
