package datasets

import (
	"encoding/json"
	"strings"

	"holdtrue/eval"
)

// chatMessage is one message of a model call, in whichever convention it stood.
type chatMessage struct {
	role    string
	text    string
	calls   []toolCall
	results []toolCall // id and result
	finish  string
}

// toolCall is a call of a tool that a message holds, or what came of one.
type toolCall struct {
	id, name     string
	args, result json.RawMessage
}

// readMessages reads a list of messages: of the GenAI conventions (role, parts),
// of OpenInference (message.role, message.content), of OpenAI (role, content,
// tool_calls), or a single one; a text stands for a message of the given role.
func readMessages(v any, role string) []chatMessage {
	v = structured(v)
	list := items(v)
	switch {
	case v == nil:
		return nil
	case list == nil:
		if m := object(v); m != nil && len(m) > 0 && m["messages"] != nil {
			return readMessages(m["messages"], role)
		}
		list = []any{v}
	}
	var messages []chatMessage
	for _, item := range list {
		if m, ok := readMessage(item, role); ok {
			messages = append(messages, m)
		}
	}
	return messages
}

func readMessage(v any, role string) (m chatMessage, ok bool) {
	v = structured(v)
	o := object(v)
	if o == nil {
		return chatMessage{role: role, text: textValue(v)}, v != nil
	}
	if inner := object(o["message"]); inner != nil {
		merged := map[string]any{}
		for _, from := range []map[string]any{o, inner} {
			for k, v := range from {
				merged[k] = v
			}
		}
		o = merged
	}
	m.role = roleOf(textValue(o["role"]), role)
	m.finish = textValue(o["finish_reason"])
	for _, key := range []string{"parts", "content", "contents"} {
		m.take(o[key])
	}
	for _, c := range items(structured(o["tool_calls"])) {
		m.calls = append(m.calls, readCall(c))
	}
	if id := textValue(o["tool_call_id"]); id != "" && m.role == "tool" {
		m.results = append(m.results, toolCall{id: id, result: jsonOf(m.text)})
	}
	if m.text == "" && m.calls == nil && m.results == nil && o["role"] == nil && o["finish_reason"] == nil {
		return m.otherwise(o), true
	}
	return m, true
}

// otherwise reads an object that is no message: what goes into a chain and comes
// out of it under one of the usual names, or the object as it is.
func (m chatMessage) otherwise(o map[string]any) chatMessage {
	for _, key := range []string{"input", "question", "query", "prompt", "output", "answer", "response", "result"} {
		if text, ok := o[key].(string); ok {
			m.text = text
			return m
		}
	}
	m.text = string(jsonOf(o))
	return m
}

// take takes in the content of a message: a text, or parts.
func (m *chatMessage) take(v any) {
	v = structured(v)
	parts := items(v)
	if parts == nil {
		if o := object(v); o != nil && (o["type"] != nil || o["content"] != nil || o["text"] != nil) {
			parts = []any{o}
		} else {
			m.say(textValue(v))
			return
		}
	}
	for _, p := range parts {
		p = structured(p)
		o := object(p)
		if inner := object(o["message_content"]); inner != nil {
			o = inner
		}
		if o == nil {
			m.say(textValue(p))
			continue
		}
		switch kind := textValue(o["type"]); kind {
		case "tool_call", "function_call", "tool_use":
			m.calls = append(m.calls, readCall(o))
		case "tool_call_response", "tool_result", "function_call_output":
			result := toolCall{id: firstText(o, "id", "call_id", "tool_use_id")}
			for _, key := range []string{"response", "result", "content", "output"} {
				if o[key] != nil {
					result.result = jsonOf(o[key])
					break
				}
			}
			m.results = append(m.results, result)
		case "reasoning", "thinking":
		case "", "text", "input_text", "output_text":
			m.say(firstText(o, "content", "text"))
		default:
			m.say("[" + kind + "]") // an image, say
		}
	}
}

func (m *chatMessage) say(text string) {
	if text == "" {
		return
	}
	if m.text != "" {
		m.text += "\n"
	}
	m.text += text
}

func firstText(o map[string]any, keys ...string) string {
	return attributes(o).text(keys...)
}

// readCall reads a call of a tool.
func readCall(v any) toolCall {
	o := object(structured(v))
	if inner := object(o["tool_call"]); inner != nil {
		o = inner
	}
	c := toolCall{id: firstText(o, "id", "call_id"), name: firstText(o, "name")}
	args := attributes(o).first("arguments", "args", "input")
	if f := object(o["function"]); f != nil {
		c.name = firstText(f, "name")
		args = attributes(f).first("arguments")
	}
	if args != nil {
		c.args = jsonOf(args)
	}
	return c
}

// roleOf names a role in our words.
func roleOf(role, otherwise string) string {
	switch strings.ToLower(role) {
	case "system", "developer":
		return "system"
	case "user", "human":
		return "user"
	case "assistant", "model", "ai":
		return "assistant"
	case "tool", "function":
		return "tool"
	}
	return otherwise
}

// conversation is messages as an output keeps them: what is said by whom. A call
// of a tool and what came of it are told in the words of the log, since steps
// hold them whole; messages without any words are left out.
func conversation(messages []chatMessage) []eval.Message {
	var list []eval.Message
	for _, m := range messages {
		text := m.text
		if text == "" && len(m.results) > 0 {
			var results []string
			for _, r := range m.results {
				results = append(results, plainText(r.result))
			}
			text = strings.Join(results, "\n")
		}
		if strings.TrimSpace(text) != "" {
			list = append(list, eval.Message{Role: m.role, Content: text})
		}
	}
	return list
}

// plainText is a JSON text as its words, any other value as it is.
func plainText(raw json.RawMessage) string {
	var text string
	if json.Unmarshal(raw, &text) == nil {
		return text
	}
	return string(raw)
}

// prompt is messages as one text: the only message, if it is the user's, or all
// of them behind their roles.
func prompt(messages []chatMessage) string {
	c := eval.Case{Messages: conversation(messages)}
	if len(c.Messages) == 1 && c.Messages[0].Role == "user" {
		return c.Messages[0].Content
	}
	return c.Text()
}

// lastText is the text of the last message that has one.
func lastText(messages []chatMessage) (text string, ok bool) {
	for i := len(messages) - 1; i >= 0; i-- {
		if messages[i].text != "" {
			return messages[i].text, true
		}
	}
	return "", len(messages) > 0
}
