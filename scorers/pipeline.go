package scorers

import (
	"context"
	"errors"
	"fmt"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"holdtrue/eval/wire"
)

// pipeline is a list of transforms as somebody wrote it: names, or single
// entries {name: argument}.
type pipeline []stage

type stage struct {
	name string
	arg  jsontext.Value
	run  step
}

func (p *pipeline) UnmarshalJSONFrom(d *jsontext.Decoder) error {
	raw, err := d.ReadValue()
	if err != nil {
		return err
	}
	entries := []jsontext.Value{raw.Clone()}
	if raw.Kind() == '[' {
		entries = nil
		if err := json.Unmarshal(raw, &entries); err != nil {
			return err
		}
	}
	for _, e := range entries {
		s, err := newStage(e)
		if err != nil {
			return err
		}
		*p = append(*p, s)
	}
	return nil
}

func newStage(raw jsontext.Value) (s stage, err error) {
	switch raw.Kind() {
	case '"':
		err = json.Unmarshal(raw, &s.name)
	case '{':
		var entry map[string]jsontext.Value
		err = json.Unmarshal(raw, &entry)
		if err == nil && len(entry) != 1 {
			return s, errors.New("transform: expected one entry {name: argument} a step")
		}
		for s.name, s.arg = range entry {
		}
	default:
		return s, fmt.Errorf("transform: expected a name or {name: argument}, found %s", cut(string(raw), 40))
	}
	if err != nil {
		return s, err
	}
	var names []string
	for _, t := range Transforms {
		names = append(names, t.Name)
		if t.Name == s.name {
			s.run, err = t.build(s.arg)
			if err != nil {
				err = fmt.Errorf("transform %s: %w", s.name, err)
			}
			return s, err
		}
	}
	return s, fmt.Errorf("no transform is called %q%s", s.name, wire.Suggest(s.name, names))
}

func (t Transform) build(raw jsontext.Value) (step, error) {
	var arg string
	var n int
	var err error
	switch {
	case t.Arg == "" && len(raw) > 0:
		return nil, errors.New("it takes no argument")
	case t.Arg == "text":
		err = json.Unmarshal(orNull(raw), &arg)
	case t.Arg == "number":
		err = json.Unmarshal(orNull(raw), &n)
		if err == nil && n == 0 {
			return nil, errors.New("expected a whole number other than 0")
		}
	}
	if err != nil {
		return nil, fmt.Errorf("expected a %s", t.Arg)
	}
	return t.make(arg, n)
}

func orNull(raw jsontext.Value) jsontext.Value {
	if len(raw) == 0 {
		return jsontext.Value("null")
	}
	return raw
}

func (s stage) MarshalJSONTo(e *jsontext.Encoder) error {
	if len(s.arg) == 0 {
		return e.WriteToken(jsontext.String(s.name))
	}
	return json.MarshalEncode(e, map[string]jsontext.Value{s.name: s.arg})
}

// run sends a text through the steps. lost says which step found nothing.
func (p pipeline) run(ctx context.Context, s string) (out, lost string, err error) {
	for _, st := range p {
		var ok bool
		s, ok, err = st.run(ctx, s)
		if err != nil {
			return "", "", err
		}
		if !ok {
			return "", "transform " + st.name + " " + string(st.arg) + " finds nothing", nil
		}
	}
	return s, "", nil
}
