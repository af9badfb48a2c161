package wire

import (
	stdjson "encoding/json"
	"fmt"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"holdtrue/eval"
)

// PlainTag is the key under which a tag without a key is kept.
const PlainTag = "tag"

// caseForm is eval.Case with the short forms that people write.
type caseForm struct {
	ID        string          `json:"id"`
	Prompt    string          `json:"prompt,omitzero"`
	Messages  []eval.Message  `json:"messages,omitempty"`
	Expected  oneOrMany       `json:"expected,omitempty"`
	Steps     []eval.Step     `json:"steps,omitempty"`
	Documents []eval.Document `json:"documents,omitempty"`
	Tags      tagForm         `json:"tags,omitempty"`
	Metrics   []metricForm    `json:"metrics,omitempty"`
	Comment   string          `json:"comment,omitzero"`
}

// CaseKeys are the keys of a case.
func CaseKeys() []string { return Keys(typeOf[caseForm]()) }

// DecodeCase reads one case. Only the JSON is checked here; whether the case
// makes sense (an id, a prompt) is the reader's to say.
func DecodeCase(data []byte, pos eval.Pos) (eval.Case, error) {
	var f caseForm
	if err := Decode(data, &f, pos, false); err != nil {
		return eval.Case{}, err
	}
	c := eval.Case{ID: f.ID, Prompt: f.Prompt, Messages: f.Messages, Expected: f.Expected,
		Steps: f.Steps, Documents: f.Documents, Tags: f.Tags, Comment: f.Comment, Pos: pos}
	for i := range c.Documents {
		if d := &c.Documents[i]; d.Hash == "" && d.Text != "" {
			d.Hash = eval.ContentHash(d.Text)
		}
	}
	for _, m := range f.Metrics {
		spec := eval.MetricSpec(m)
		spec.Pos = pos
		c.Checks = append(c.Checks, spec)
	}
	return c, nil
}

// AppendCase writes a case as one line, without the newline, in the form that
// DecodeCase reads.
func AppendCase(dst []byte, c *eval.Case) ([]byte, error) {
	f := caseForm{ID: c.ID, Prompt: c.Prompt, Messages: c.Messages, Expected: c.Expected,
		Steps: c.Steps, Documents: c.Documents, Tags: c.Tags, Comment: c.Comment}
	for _, m := range c.Checks {
		f.Metrics = append(f.Metrics, metricForm(m))
	}
	b, err := json.Marshal(f, json.Deterministic(true))
	return append(dst, b...), err
}

// oneOrMany is a list of strings that may be written as a single string.
type oneOrMany []string

func (o *oneOrMany) UnmarshalJSONFrom(d *jsontext.Decoder) error {
	switch d.PeekKind() {
	case 'n':
		_, err := d.ReadToken()
		return err
	case '"':
		t, err := d.ReadToken()
		*o = oneOrMany{t.String()}
		return err
	case '[':
		return json.UnmarshalDecode(d, (*[]string)(o))
	}
	return wrongKind(d, "a string or a list of strings")
}

// tagForm is an object of tags, each one value or a list, or a list of plain
// tags.
type tagForm map[string][]string

func (t *tagForm) UnmarshalJSONFrom(d *jsontext.Decoder) error {
	switch d.PeekKind() {
	case 'n':
		_, err := d.ReadToken()
		return err
	case '[':
		var plain []string
		if err := json.UnmarshalDecode(d, &plain); err != nil {
			return err
		}
		if len(plain) > 0 {
			*t = tagForm{PlainTag: plain}
		}
		return nil
	case '{':
		m := map[string]oneOrMany{}
		if err := json.UnmarshalDecode(d, &m); err != nil {
			return err
		}
		*t = make(tagForm, len(m))
		for k, v := range m {
			(*t)[k] = v
		}
		return nil
	}
	return wrongKind(d, "an object of tags or a list of plain tags")
}

// metricForm is a metric as people write it: a scorer's name, or one entry
// {scorer: {arguments}} whose arguments name, margin and gate belong to the
// metric and whose others belong to the scorer.
type metricForm eval.MetricSpec

func (m *metricForm) UnmarshalJSONFrom(d *jsontext.Decoder) error {
	switch d.PeekKind() {
	case '"':
		t, err := d.ReadToken()
		m.Scorer = t.String()
		return err
	case '{':
		var entry map[string]map[string]jsontext.Value
		if err := json.UnmarshalDecode(d, &entry); err != nil {
			return err
		}
		if len(entry) != 1 {
			return fmt.Errorf("expected one entry {scorer: {arguments}}, found %d keys", len(entry))
		}
		for scorer, args := range entry {
			return m.fill(scorer, args)
		}
	}
	return wrongKind(d, "a scorer's name or one entry {scorer: {arguments}}")
}

func (m *metricForm) fill(scorer string, args map[string]jsontext.Value) error {
	m.Scorer = scorer
	for key, into := range map[string]any{"name": &m.Name, "margin": &m.Margin, "gate": &m.Gate} {
		if raw, ok := args[key]; ok {
			if err := json.Unmarshal(raw, into); err != nil {
				return fmt.Errorf("%s of %s: expected another kind of value, found %s", key, scorer, raw)
			}
			delete(args, key)
		}
	}
	if len(args) == 0 {
		return nil
	}
	b, err := json.Marshal(args, json.Deterministic(true))
	m.Args = stdjson.RawMessage(b)
	return err
}

func (m metricForm) MarshalJSONTo(e *jsontext.Encoder) error {
	args := map[string]any{}
	if len(m.Args) > 0 {
		if err := json.Unmarshal(m.Args, &args); err != nil {
			return err
		}
	}
	if m.Name != "" {
		args["name"] = m.Name
	}
	if m.Margin != nil {
		args["margin"] = *m.Margin
	}
	if m.Gate != nil {
		args["gate"] = *m.Gate
	}
	if len(args) == 0 {
		return e.WriteToken(jsontext.String(m.Scorer))
	}
	return json.MarshalEncode(e, map[string]any{m.Scorer: args}, json.Deterministic(true))
}

// DecodeMetric reads one metric in the form of a case or a suite.
func DecodeMetric(data []byte, pos eval.Pos) (eval.MetricSpec, error) {
	var m metricForm
	if err := Decode(data, &m, pos, false); err != nil {
		return eval.MetricSpec{}, err
	}
	m.Pos = pos
	return eval.MetricSpec(m), nil
}

func wrongKind(d *jsontext.Decoder, expected string) error {
	kind := d.PeekKind()
	if kind == 0 { // let the decoder say what is wrong with the syntax
		_, err := d.ReadValue()
		return err
	}
	return fmt.Errorf("expected %s, found %s", expected, kindName(kind))
}
