package agent

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"holdtrue/eval"
)

// message is a turn as it is sent, with the calls that an assistant's holds, or
// the id of the call that a tool's answers.
type message struct {
	eval.Message
	calls  []toolCall
	callID string
}

// toolCall is a call that a model asks for.
type toolCall struct {
	id, name, args string
}

// jsonOrText is a text as a JSON value: itself if it is one, else a string.
func jsonOrText(text string) json.RawMessage {
	if v := jsontext.Value(text); v.IsValid() {
		return json.RawMessage(v.Clone())
	}
	b, _ := json.Marshal(strings.ToValidUTF8(text, "\uFFFD")) // a string can always be written
	return b
}

// reply is what an agent answered to a turn. Of out everything is taken over but
// the text; steps in it are those that the agent says it did.
type reply struct {
	text, reasoning string
	calls           []toolCall
	out             eval.Output
}

// turn is what is put to an agent: the conversation so far, which ends with what
// it has to answer. number counts the turns that were put to it, from 0.
type turn struct {
	c       *eval.Case
	repeat  int
	number  int
	history []message
}

// asker puts one turn to an agent. The error is a *fault, or what ends the run.
type asker func(context.Context, turn) (reply, []eval.Attempt, error)

// conversation is one case under way.
type conversation struct {
	ask  asker
	turn turn
	out  eval.Output
}

// converse has a conversation with an agent and keeps the agent's secrets out of
// its output.
func (l *live) converse(ctx context.Context, c *eval.Case, repeat int, system string, ask asker) (eval.Output, error) {
	o, err := converse(ctx, c, repeat, system, ask)
	l.secrets.cleanOutput(&o)
	return o, err
}

// converse puts a case to an agent, one user's turn after the other: each is
// answered, and the answer goes into the conversation before the next.
//
//   - A user's turn that an assistant's follows, before the next user's, is not
//     put to the agent: both are part of the conversation as the case gives it.
//   - Tool turns hold the results of the calls that the agent makes in its answer
//     to the turn before them, in order. Results that it does not call for are left
//     out. It is asked again with the results, until it calls nothing or the case
//     holds no further result; its last answer is the output.
//   - Behind an assistant's turn of the case, tool turns are given with it.
//
// system, if not empty, comes first, in one turn with the case's own.
func converse(ctx context.Context, c *eval.Case, repeat int, system string, ask asker) (eval.Output, error) {
	talk := &conversation{ask: ask, turn: turn{c: c, repeat: repeat}}
	err := talk.run(ctx, turns(c, system))
	o := talk.output(system != "")
	var f *fault
	switch {
	case errors.As(err, &f):
		o.Text, o.Err = "", f.Error()
	case err != nil:
		return eval.Output{CaseID: c.ID, Repeat: repeat}, err
	}
	return o, nil
}

// turns are the turns of a case, behind the system prompt.
func turns(c *eval.Case, system string) []eval.Message {
	messages := c.Messages
	if len(messages) == 0 {
		messages = []eval.Message{{Role: "user", Content: c.Prompt}}
	}
	switch {
	case system == "":
		return messages
	case messages[0].Role == "system":
		own := eval.Message{Role: "system", Content: system + "\n\n" + messages[0].Content}
		return append([]eval.Message{own}, messages[1:]...)
	}
	return append([]eval.Message{{Role: "system", Content: system}}, messages...)
}

// run goes through the turns, one stretch from a user's turn to the next at a
// time.
func (t *conversation) run(ctx context.Context, messages []eval.Message) error {
	for len(messages) > 0 {
		n := 1 + slices.IndexFunc(messages[1:], func(m eval.Message) bool { return m.Role == "user" })
		if n == 0 {
			n = len(messages)
		}
		stretch := messages[:n]
		messages = messages[n:]
		if stretch[0].Role != "user" && len(messages) > 0 { // before the first user's turn
			t.give(stretch)
			continue
		}
		if err := t.stretch(ctx, stretch, len(messages) == 0); err != nil {
			return err
		}
	}
	if t.turn.number == 0 {
		_, err := t.exchange(ctx)
		return err
	}
	return nil
}

// stretch goes through a user's turn and what follows it in the case.
func (t *conversation) stretch(ctx context.Context, turns []eval.Message, last bool) error {
	var results []eval.Message
	if slices.ContainsFunc(turns, func(m eval.Message) bool { return m.Role == "assistant" }) {
		t.give(turns)
		if turns[len(turns)-1].Role != "tool" {
			return nil
		}
	} else {
		for _, m := range turns {
			if m.Role == "tool" {
				results = append(results, m)
			} else {
				t.give([]eval.Message{m})
			}
		}
	}
	for {
		calls, err := t.exchange(ctx)
		if err != nil || len(calls) == 0 || last && len(results) == 0 {
			return err
		}
		over := len(results) == 0
		results = t.supply(calls, results)
		if over {
			return nil // the next user's turn follows
		}
	}
}

// give takes turns of the case into the conversation. A tool's turn needs a call
// that it answers, which a case cannot say: one is made up.
func (t *conversation) give(turns []eval.Message) {
	at := -1 // the assistant's turn that tool turns belong to
	for _, m := range turns {
		own := message{Message: m}
		switch m.Role {
		case "tool":
			if at < 0 {
				at = len(t.turn.history)
				t.turn.history = append(t.turn.history, message{Message: eval.Message{Role: "assistant"}})
			}
			before := &t.turn.history[at]
			own.callID = fmt.Sprintf("given-%d", 1+len(before.calls))
			before.calls = append(before.calls, toolCall{id: own.callID, name: "tool", args: "{}"})
		case "assistant":
			at = len(t.turn.history)
		default:
			at = -1
		}
		t.turn.history = append(t.turn.history, own)
	}
}

// noResult stands for the result of a call that the case holds none for, where
// the conversation goes on.
const noResult = "no result"

// supply answers calls with results, in order, and gives the results that are
// left.
func (t *conversation) supply(calls []toolCall, results []eval.Message) []eval.Message {
	steps := t.out.Steps[len(t.out.Steps)-len(calls):]
	for i, c := range calls {
		m := message{Message: eval.Message{Role: "tool", Content: noResult}, callID: c.id}
		if len(results) > 0 {
			m.Message, results = results[0], results[1:]
			steps[i].Result = jsonOrText(m.Content)
		}
		t.turn.history = append(t.turn.history, m)
	}
	return results
}

// exchange puts the conversation so far to the agent, takes its answer in and
// gives the calls that it makes.
func (t *conversation) exchange(ctx context.Context) ([]toolCall, error) {
	r, failed, err := t.ask(ctx, t.turn)
	t.turn.number++
	t.out.Attempts = append(t.out.Attempts, failed...)
	if err != nil {
		t.out.Requested, t.out.Parameters, t.out.Seed = r.out.Requested, r.out.Parameters, r.out.Seed
		t.out.Stderr = r.out.Stderr
		return nil, err
	}
	t.take(r.out)
	if r.reasoning != "" {
		t.turn.history = append(t.turn.history, message{Message: eval.Message{Role: roleReasoning, Content: r.reasoning}})
	}
	for i, c := range r.calls {
		if c.id == "" {
			r.calls[i].id = fmt.Sprintf("call-%d-%d", t.turn.number, i+1)
		}
		t.out.Steps = append(t.out.Steps, eval.Step{Tool: c.name, Args: jsonOrText(c.args)})
	}
	t.turn.history = append(t.turn.history, message{Message: eval.Message{Role: "assistant", Content: r.text}, calls: r.calls})
	t.out.Text = r.text
	return r.calls, nil
}

// roleReasoning is the role, in the log of a conversation, of what a model
// thought before it answered. It is not sent.
const roleReasoning = "reasoning"

// take takes over what a reply says of itself: times, tokens, steps and documents
// of all turns, and of the rest what the last turn says.
func (t *conversation) take(o eval.Output) {
	sum := t.out
	o.Attempts = sum.Attempts
	o.Steps = append(sum.Steps, o.Steps...)
	o.Documents = append(sum.Documents, o.Documents...)
	o.LatencyMS = add(sum.LatencyMS, o.LatencyMS, t.turn.number == 1)
	if sum.Usage != nil || t.turn.number > 1 && o.Usage != nil {
		o.Usage = addUsage(sum.Usage, o.Usage)
	}
	t.out = o
}

// add adds two numbers; what is not known makes the sum not known.
func add[N int64 | float64](a, b *N, only bool) *N {
	switch {
	case only:
		return b
	case a == nil || b == nil:
		return nil
	}
	return new(*a + *b)
}

func addUsage(a, b *eval.Usage) *eval.Usage {
	if a == nil || b == nil {
		return nil // the tokens of one turn say nothing of all
	}
	return &eval.Usage{InputTokens: add(a.InputTokens, b.InputTokens, false),
		OutputTokens: add(a.OutputTokens, b.OutputTokens, false), CostUSD: add(a.CostUSD, b.CostUSD, false)}
}

// output is the output of the conversation. The conversation itself is part of
// it where there was more than a prompt and an answer.
func (t *conversation) output(system bool) eval.Output {
	o := t.out
	o.CaseID, o.Repeat = t.turn.c.ID, t.turn.repeat
	whole := system || len(t.turn.c.Messages) > 0
	prompt := ""
	for _, m := range t.turn.history {
		if m.Role == "user" {
			prompt = m.Content
		}
		whole = whole || m.Role == roleReasoning
	}
	if o.Prompt == "" {
		o.Prompt = prompt
	}
	if !whole || len(o.Messages) > 0 { // a service may say itself what it sent
		return o
	}
	for _, m := range t.turn.history {
		if m.Content == "" {
			m.Content = callsText(m.calls)
		}
		o.Messages = append(o.Messages, m.Message)
	}
	return o
}

// callsText is how the calls of a turn without a text are written.
func callsText(calls []toolCall) string {
	var b strings.Builder
	for i, c := range calls {
		if i > 0 {
			b.WriteByte('\n')
		}
		b.WriteString(c.name + " " + c.args)
	}
	return strings.ToValidUTF8(b.String(), "\uFFFD")
}
