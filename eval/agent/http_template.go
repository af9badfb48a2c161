package agent

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"text/template"

	"holdtrue/eval"
)

// templateData is what templates see of a turn: what an agent is shown of a case,
// and no more.
func templateData(t turn) map[string]any {
	data := map[string]any{"id": t.c.ID, "repeat": t.repeat, "turn": t.number, "prompt": ""}
	var turns []any
	for _, m := range sent(t.history) {
		turns = append(turns, map[string]any{"role": m.Role, "content": m.Content})
		if m.Role == "user" {
			data["prompt"] = m.Content
		}
	}
	data["messages"] = turns
	return data
}

// sampleData is the data of a turn that shows what is wrong with a template.
func sampleData() map[string]any {
	return templateData(turn{c: &eval.Case{ID: "id"}, history: []message{
		{Message: eval.Message{Role: "user", Content: "a"}}, {Message: eval.Message{Role: "assistant", Content: "b"}},
		{Message: eval.Message{Role: "user", Content: "c"}}}})
}

// escaped is the same data, with texts that can stand anywhere in an address.
func escaped(v map[string]any) map[string]any {
	e := make(map[string]any, len(v))
	for k, v := range v {
		e[k] = escapedValue(v)
	}
	return e
}

func escapedValue(v any) any {
	switch v := v.(type) {
	case string:
		return strings.ReplaceAll(url.QueryEscape(v), "+", "%20")
	case map[string]any:
		return escaped(v)
	case []any:
		list := make([]any, len(v))
		for i := range v {
			list[i] = escapedValue(v[i])
		}
		return list
	}
	return v
}

// textTemplate is a text/template over templateData.
type textTemplate struct{ t *template.Template }

var envCall = regexp.MustCompile(`\benv\s+"([^"]*)"`)

// newTemplate reads a template. In it {{json .x}} writes a value as JSON and
// {{env "NAME"}} an environment variable, whose value is a secret. With dollars,
// $NAME outside of actions is one too.
func newTemplate(env environment, source string, dollars bool) (*textTemplate, error) {
	values := map[string]string{}
	for _, m := range envCall.FindAllStringSubmatch(source, -1) {
		v, err := env.secret(m[1])
		if err != nil {
			return nil, err
		}
		values[m[1]] = v
	}
	if dollars {
		var err error
		if source, err = expandOutside(env, source); err != nil {
			return nil, err
		}
	}
	t, err := template.New("template").Option("missingkey=error").Funcs(template.FuncMap{
		"json": func(v any) (string, error) {
			var b bytes.Buffer
			e := json.NewEncoder(&b)
			e.SetEscapeHTML(false)
			err := e.Encode(v)
			return strings.TrimSuffix(b.String(), "\n"), err
		},
		"env": func(name string) (string, error) {
			if v, ok := values[name]; ok {
				return v, nil
			}
			return "", errors.New("env takes the name of a variable as it is written")
		},
	}).Parse(source)
	if err != nil {
		return nil, templateError(env, err)
	}
	w := &textTemplate{t}
	if _, err := w.text(sampleData()); err != nil && strings.Contains(err.Error(), "no entry for key") {
		return nil, fmt.Errorf("%w; there are id, repeat, prompt, messages (each with role and content) and turn", templateError(env, err))
	}
	return w, nil
}

// templateError leaves out of an error what only says that it is of a template,
// and secrets that were written into it.
func templateError(env environment, err error) error {
	return errors.New(strings.TrimPrefix(env.secrets.clean(err.Error()), "template: template:"))
}

// expandOutside replaces $NAME in what is not an action of a template.
func expandOutside(env environment, source string) (string, error) {
	var b strings.Builder
	for rest := source; ; {
		text, after, action := strings.Cut(rest, "{{")
		expanded, err := env.expand(text, true)
		if err != nil {
			return "", err
		}
		b.WriteString(strings.ReplaceAll(expanded, "{{", `{{"{{"}}`))
		if !action {
			return b.String(), nil
		}
		inside, after, _ := strings.Cut(after, "}}")
		b.WriteString("{{" + inside + "}}")
		rest = after
	}
}

func (t *textTemplate) text(data map[string]any) (string, error) {
	var b strings.Builder
	err := t.t.Execute(&b, data)
	return b.String(), err
}

// bodyTemplate is a body: a text, or a JSON value each text of which is a
// template of its own, so that nothing that a prompt holds can break out of it.
type bodyTemplate struct {
	text *textTemplate
	node func(map[string]any) (any, error)
}

func newBody(env environment, raw json.RawMessage) (*bodyTemplate, error) {
	var v any
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	if err := d.Decode(&v); err != nil {
		return nil, err
	}
	if source, ok := v.(string); ok {
		t, err := newTemplate(env, source, false)
		return &bodyTemplate{text: t}, err
	}
	node, err := newNode(env, v, "body")
	return &bodyTemplate{node: node}, err
}

// wholeJSON is a text that stands for a value: one action {{json ...}} alone.
var wholeJSON = regexp.MustCompile(`^\s*\{\{-?\s*json\s[^{}]*\}\}\s*$`)

// newNode makes a template of a JSON value.
func newNode(env environment, v any, path string) (func(map[string]any) (any, error), error) {
	switch v := v.(type) {
	case string:
		t, err := newTemplate(env, v, false)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		whole := wholeJSON.MatchString(v)
		return func(data map[string]any) (any, error) {
			text, err := t.text(data)
			if err != nil || !whole {
				return text, err
			}
			return json.RawMessage(text), nil
		}, nil
	case []any:
		nodes := make([]func(map[string]any) (any, error), len(v))
		for i := range v {
			var err error
			if nodes[i], err = newNode(env, v[i], fmt.Sprintf("%s/%d", path, i)); err != nil {
				return nil, err
			}
		}
		return func(data map[string]any) (any, error) {
			list := make([]any, len(nodes))
			for i, n := range nodes {
				var err error
				if list[i], err = n(data); err != nil {
					return nil, err
				}
			}
			return list, nil
		}, nil
	case map[string]any:
		nodes := make(map[string]func(map[string]any) (any, error), len(v))
		for k := range v {
			var err error
			if nodes[k], err = newNode(env, v[k], path+"/"+k); err != nil {
				return nil, err
			}
		}
		return func(data map[string]any) (any, error) {
			object := make(map[string]any, len(nodes))
			for k, n := range nodes {
				var err error
				if object[k], err = n(data); err != nil {
					return nil, err
				}
			}
			return object, nil
		}, nil
	}
	return func(map[string]any) (any, error) { return v, nil }, nil
}

// content gives the body and its type.
func (b *bodyTemplate) content(data map[string]any) ([]byte, string, error) {
	if b.text != nil {
		text, err := b.text.text(data)
		return []byte(text), "text/plain; charset=utf-8", err
	}
	v, err := b.node(data)
	if err != nil {
		return nil, "", err
	}
	body, err := json.Marshal(v)
	return body, "application/json", err
}

// oneLineHeader is a text that can stand in a header.
func oneLineHeader(text string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' && r != '\t' || r == 0x7f {
			return ' '
		}
		return r
	}, text)
}
