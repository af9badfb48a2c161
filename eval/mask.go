package eval

import (
	"encoding/json"
	"maps"
	"slices"
)

// Mask changes a text so that nothing secret is left in it, without changing its
// length, so that evidence stays in its place.
type Mask func(string) string

// result masks everything that a result says, without touching the output it was
// made of.
func (mask Mask) result(r *Result) {
	mask.Output(&r.Output)
	for i := range r.Scores {
		r.Scores[i].Reason = mask(r.Scores[i].Reason)
	}
}

// Output masks everything that an output says; what it shares with others is
// copied first.
func (mask Mask) Output(o *Output) {
	for _, s := range []*string{&o.Text, &o.Prompt, &o.Err, &o.Stderr} {
		*s = mask(*s)
	}
	o.Parameters = mask.json(o.Parameters)
	o.Messages = slices.Clone(o.Messages)
	for i := range o.Messages {
		o.Messages[i].Content = mask(o.Messages[i].Content)
	}
	o.Attempts = slices.Clone(o.Attempts)
	for i := range o.Attempts {
		o.Attempts[i].Err = mask(o.Attempts[i].Err)
	}
	o.Steps = slices.Clone(o.Steps)
	for i := range o.Steps {
		o.Steps[i].Args, o.Steps[i].Result = mask.json(o.Steps[i].Args), mask.json(o.Steps[i].Result)
	}
	o.Documents = slices.Clone(o.Documents)
	for i := range o.Documents {
		o.Documents[i].Text = mask(o.Documents[i].Text)
	}
	if o.Feedback != nil {
		f := *o.Feedback
		f.Comment = mask(f.Comment)
		o.Feedback = &f
	}
	if o.Lineage != nil {
		o.Lineage = maps.Clone(o.Lineage)
		for k, v := range o.Lineage {
			o.Lineage[k] = mask(v)
		}
	}
}

// json masks a JSON value. Where a number was masked it becomes a text.
func (mask Mask) json(raw json.RawMessage) json.RawMessage {
	if len(raw) == 0 {
		return raw
	}
	masked := mask(string(raw))
	if masked == string(raw) || json.Valid([]byte(masked)) {
		return json.RawMessage(masked)[:len(masked):len(masked)]
	}
	b, err := json.Marshal(masked)
	if err != nil {
		return nil // a string can always be written
	}
	return b
}
