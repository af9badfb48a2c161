package agent

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"math/big"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/itchyny/gojq"

	"github.com/go-json-experiment/json/jsontext"

	"holdtrue/eval"
	"holdtrue/eval/process"
	"holdtrue/eval/wire"
)

// responseForm says where things are in an answer: a jq query for each.
type responseForm struct {
	Output    string `json:"output"`
	Error     string `json:"error"`
	Steps     string `json:"steps"`
	Documents string `json:"documents"`
	Model     string `json:"model"`
	ID        string `json:"response_id"`
	Finish    string `json:"finish_reason"`
	Reasoning string `json:"reasoning"`
	Usage     struct {
		Input  string `json:"input_tokens"`
		Output string `json:"output_tokens"`
		Cost   string `json:"cost_usd"`
	} `json:"usage"`
}

// mapping is a responseForm whose queries are ready. A query that is not there
// is nil.
type mapping struct {
	output, failed, steps, documents *query
	model, id, finish, reasoning     *query
	input, tokens, cost              *query
}

// query is a jq query, without access to files and the environment.
type query struct {
	name string // "steps: .trace[]"
	code *gojq.Code
}

// queryTime is how long a query may take on one answer.
const queryTime = 5 * time.Second

func newMapping(f *responseForm) (*mapping, error) {
	m := &mapping{}
	for _, q := range []struct {
		into         **query
		name, source string
	}{
		{&m.output, "output", f.Output}, {&m.failed, "error", f.Error}, {&m.steps, "steps", f.Steps},
		{&m.documents, "documents", f.Documents}, {&m.model, "model", f.Model}, {&m.id, "response_id", f.ID},
		{&m.finish, "finish_reason", f.Finish}, {&m.reasoning, "reasoning", f.Reasoning}, {&m.input, "usage: input_tokens", f.Usage.Input},
		{&m.tokens, "usage: output_tokens", f.Usage.Output}, {&m.cost, "usage: cost_usd", f.Usage.Cost},
	} {
		if q.source == "" {
			continue
		}
		parsed, err := gojq.Parse(q.source)
		if err != nil {
			return nil, fmt.Errorf("response: %s: not a jq query: %w", q.name, err)
		}
		code, err := gojq.Compile(parsed, gojq.WithEnvironLoader(func() []string { return nil }))
		if err != nil {
			return nil, fmt.Errorf("response: %s: %w", q.name, err)
		}
		*q.into = &query{name: q.name + ": " + q.source, code: code}
	}
	return m, nil
}

// values are what a query gives; null is left out. A query that is not there
// gives nothing.
func (q *query) values(ctx context.Context, in any) (all []any, err error) {
	if q == nil {
		return nil, nil
	}
	ctx, cancel := context.WithTimeout(ctx, queryTime)
	defer cancel()
	for values := q.code.RunWithContext(ctx, in); ; {
		v, ok := values.Next()
		if !ok {
			return all, nil
		}
		if err, failed := v.(error); failed {
			return nil, fmt.Errorf("%s: %s", q.name, process.OneLine(errorWords(err), shownError))
		}
		if v != nil {
			all = append(all, v)
		}
	}
}

// errorWords are the words of an error of gojq, some of which cannot say them.
func errorWords(err error) (words string) {
	defer func() {
		if recover() != nil {
			words = "the query fails"
		}
	}()
	return err.Error()
}

// text is the first value of a query: a text, or any other value as JSON.
func (q *query) text(ctx context.Context, in any) (text string, found bool, err error) {
	all, err := q.values(ctx, in)
	if err != nil || len(all) == 0 {
		return "", false, err
	}
	if text, ok := all[0].(string); ok {
		return strings.ToValidUTF8(text, "\uFFFD"), true, nil
	}
	b, err := gojq.Marshal(all[0])
	return string(b), true, err
}

// number is the first value of a query, if it is a number; nil if not.
func (q *query) number(ctx context.Context, in any) *float64 {
	all, err := q.values(ctx, in)
	if err != nil || len(all) == 0 {
		return nil
	}
	var f float64
	switch v := all[0].(type) {
	case float64:
		f = v
	case int:
		f = float64(v)
	case *big.Int:
		f, _ = v.Float64()
	case json.Number:
		if f, err = strconv.ParseFloat(string(v), 64); err != nil {
			return nil
		}
	default:
		return nil
	}
	return &f
}

// list decodes what a query gives, several values or one list, into a slice.
func (q *query) list(ctx context.Context, in any, into any) error {
	all, err := q.values(ctx, in)
	if err != nil || len(all) == 0 {
		return err
	}
	if one, ok := all[0].([]any); ok && len(all) == 1 {
		all = one
	}
	b, err := gojq.Marshal(all)
	if err == nil {
		err = json.Unmarshal(b, into)
	}
	if err != nil {
		return fmt.Errorf("%s: this is no list of %s: %s", q.name, reflect.TypeOf(into).Elem().Elem().Name(), process.Quote(string(b), process.ShownBytes))
	}
	return nil
}

// read reads an answer. The error is a *fault.
func (m *mapping) read(ctx context.Context, body []byte) (r reply, err error) {
	in, err := jsonValue(body)
	if err != nil {
		return r, err
	}
	said, failed, err := m.failed.text(ctx, in)
	if err != nil {
		return r, mappingFault(err)
	}
	if failed && said != "" && said != "false" {
		return r, &fault{msg: process.OneLine(said, shownError)}
	}
	text, found, err := m.output.text(ctx, in)
	if err != nil {
		return r, mappingFault(err)
	}
	if !found {
		return r, mappingFault(fmt.Errorf("%s finds nothing in %s", m.output.name, shown(body)))
	}
	r.text = text
	if err := m.rest(ctx, in, &r); err != nil {
		return r, mappingFault(err)
	}
	return r, nil
}

// rest reads what an answer says besides its text.
func (m *mapping) rest(ctx context.Context, in any, r *reply) error {
	for into, q := range map[*string]*query{&r.out.Model: m.model, &r.out.ResponseID: m.id, &r.out.Finish: m.finish, &r.reasoning: m.reasoning} {
		text, _, err := q.text(ctx, in)
		if err != nil {
			return err
		}
		*into = text
	}
	var steps []calledStep
	if err := m.steps.list(ctx, in, &steps); err != nil {
		return err
	}
	for _, s := range steps {
		r.out.Steps = append(r.out.Steps, eval.Step(s))
	}
	var docs []foundDocument
	if err := m.documents.list(ctx, in, &docs); err != nil {
		return err
	}
	for _, d := range docs {
		if d.Hash == "" && d.Text != "" {
			d.Hash = eval.ContentHash(d.Text)
		}
		r.out.Documents = append(r.out.Documents, eval.Document(d))
	}
	u := eval.Usage{InputTokens: count(m.input.number(ctx, in)), OutputTokens: count(m.tokens.number(ctx, in)), CostUSD: m.cost.number(ctx, in)}
	if u != (eval.Usage{}) {
		r.out.Usage = &u
	}
	return nil
}

// calledStep is a step, or the name of a tool alone.
type calledStep eval.Step

func (s *calledStep) UnmarshalJSON(data []byte) error {
	if json.Unmarshal(data, &s.Tool) == nil {
		return nil
	}
	if err := json.Unmarshal(data, (*eval.Step)(s)); err != nil {
		return err
	}
	if s.Tool == "" {
		return fmt.Errorf("a step without a tool")
	}
	return nil
}

// foundDocument is a document, or the id of one alone.
type foundDocument eval.Document

func (d *foundDocument) UnmarshalJSON(data []byte) error {
	if json.Unmarshal(data, &d.ID) == nil {
		return nil
	}
	return json.Unmarshal(data, (*eval.Document)(d))
}

// mappingFault is the fault of an answer in which things are not where they
// should be. Another answer would hardly be better.
func mappingFault(err error) *fault { return &fault{class: BadReply, msg: err.Error()} }

func shown(body []byte) string {
	return process.Quote(string(body[:min(len(body), process.ShownBytes+1)]), process.ShownBytes)
}

// jsonValue reads an answer as JSON. The error is a *fault.
func jsonValue(body []byte) (v any, err error) {
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	if err = d.Decode(&v); err == nil && d.More() {
		err = fmt.Errorf("more follows")
	}
	if err != nil {
		return nil, badReply("the answer is not JSON; it begins %s", shown(body))
	}
	return v, nil
}

// ownForm reads an answer in the form of a recording's line, in which the id may
// be missing.
func ownForm(t turn, body []byte) (reply, error) {
	var line map[string]json.RawMessage
	if err := json.Unmarshal(body, &line); err != nil || line == nil {
		return reply{}, badReply("the answer is no JSON object; it begins %s", shown(body))
	}
	line = maps.Clone(line)
	if line["id"] == nil {
		line["id"], _ = json.Marshal(t.c.ID)
	}
	whole, err := json.Marshal(line)
	if err != nil {
		return reply{}, badReply("the answer is not JSON; it begins %s", shown(body))
	}
	o, err := wire.DecodeOutput(jsontext.Value(whole), eval.Pos{})
	switch {
	case err != nil:
		return reply{}, mappingFault(fmt.Errorf("%s; it begins %s; where the output is elsewhere, say so under response", process.OneLine(err.Error(), shownError), shown(body)))
	case o.CaseID != t.c.ID:
		return reply{}, mappingFault(fmt.Errorf("an answer to case %s; asked was %s", process.Quote(o.CaseID, process.ShownBytes), process.Quote(t.c.ID, process.ShownBytes)))
	case o.Err != "":
		return reply{}, &fault{msg: o.Err}
	}
	return reply{text: o.Text, out: o}, nil
}
