package wire

import (
	"fmt"
	"reflect"

	"github.com/go-json-experiment/json"

	"holdtrue/eval"
)

// outputForm is eval.Output, whose text may be absent or null where the
// provider returned nothing.
type outputForm struct {
	eval.Output
	Text *string `json:"output"`
	// Label is the short form of feedback.labels with one label named "label".
	Label *float64 `json:"label,omitzero"`
}

// absent stands for an output that the line does not hold, as against null.
const absent = "\x00absent\x00"

// OutputKeys are the keys of an output.
func OutputKeys() []string { return Keys(typeOf[outputForm]()) }

// DecodeOutput reads one output: a line of a recording, or what a command agent
// answered. Hostile text (lone surrogates, invalid bytes) is taken in, as
// U+FFFD. It needs an id and either an output or an error; an output of null is
// an empty answer.
func DecodeOutput(data []byte, pos eval.Pos) (eval.Output, error) {
	text := absent
	f := outputForm{Text: &text}
	if err := Decode(data, &f, pos, true); err != nil {
		return eval.Output{}, err
	}
	o := f.Output
	unset := f.Text != nil && *f.Text == absent
	if f.Text != nil && !unset {
		o.Text = *f.Text
	}
	if f.Label != nil {
		if o.Feedback == nil {
			o.Feedback = &eval.Feedback{}
		}
		if o.Feedback.Labels == nil {
			o.Feedback.Labels = map[string]float64{}
		}
		o.Feedback.Labels["label"] = *f.Label
	}
	switch {
	case o.CaseID == "":
		return o, &eval.InputError{Pos: pos, Msg: `an output needs an "id", the id of the case it answers`}
	case unset && o.Err == "":
		return o, &eval.InputError{Pos: pos, Msg: fmt.Sprintf(`the output for %q has neither "output" nor "error"`, o.CaseID)}
	case o.Repeat < 0:
		return o, &eval.InputError{Pos: pos, Msg: fmt.Sprintf("repeat is %d; repeats count from 0", o.Repeat)}
	}
	for i := range o.Documents {
		if d := &o.Documents[i]; d.Hash == "" && d.Text != "" {
			d.Hash = eval.ContentHash(d.Text)
		}
	}
	return o, nil
}

// AppendOutput writes an output as one line, without the newline, in the form
// that DecodeOutput reads.
func AppendOutput(dst []byte, o *eval.Output) ([]byte, error) {
	b, err := json.Marshal(o, json.Deterministic(true))
	return append(dst, b...), err
}

func typeOf[T any]() reflect.Type { return reflect.TypeFor[T]() }
