package scorers

import (
	stdjson "encoding/json"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"holdtrue/eval"
	"holdtrue/eval/wire"
)

// The arguments of a scorer are a struct whose value holds the defaults. Tags
// say the rest: json the name, doc the explanation, oneof the allowed values of
// a string or of a list of strings, separated by blanks.

// Arg describes one argument of a scorer.
type Arg struct {
	Name    string `json:"name"`
	Type    string `json:"type"`    // "text", "number", "characters | words", ...
	Default string `json:"default"` // as JSON; "" where there is none
	Doc     string `json:"doc"`
}

// Info describes a scorer for a listing.
type Info struct {
	Name    string      `json:"name"`
	Doc     string      `json:"doc"`
	Version string      `json:"version"`
	Scale   eval.Scale  `json:"scale"`
	Unit    string      `json:"unit,omitzero"`
	Better  eval.Better `json:"better"`
	Needs   string      `json:"needs,omitzero"`
	Args    []Arg       `json:"args,omitempty"`
}

// Describe gives what there is to say of a scorer, its arguments read off the
// struct that holds their defaults.
func Describe(s *eval.Scorer) Info {
	info := Info{Name: s.Name, Doc: s.Doc, Version: s.Version, Scale: s.Scale, Unit: s.Unit, Better: s.Better, Needs: s.Needs}
	if s.Args != nil {
		info.Args = describeArgs(reflect.ValueOf(s.Args).Elem())
	}
	return info
}

// CommonArgs describes the arguments that every metric takes beside those of its
// scorer.
func CommonArgs() []Arg {
	return append([]Arg{
		{Name: "name", Type: "text", Doc: "the metric's name in reports; the scorer's where absent"},
		{Name: "margin", Type: "number", Doc: "the loss that is tolerated; the comparison's where absent"},
		{Name: "gate", Type: "true | false", Doc: "whether the metric can make a run regress"},
	}, describeArgs(reflect.ValueOf(shape{}))...)
}

// describeArgs reads the arguments off a struct of defaults.
func describeArgs(v reflect.Value) (args []Arg) {
	for _, f := range reflect.VisibleFields(v.Type()) {
		a := Arg{Name: argName(f), Type: argType(f), Doc: f.Tag.Get("doc")}
		if field := v.FieldByIndex(f.Index); !field.IsZero() || field.Kind() == reflect.Bool {
			if b, err := json.Marshal(field.Interface()); err == nil {
				a.Default = string(b)
			}
		}
		args = append(args, a)
	}
	return args
}

func argName(f reflect.StructField) string {
	name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
	return name
}

func argType(f reflect.StructField) string {
	if values := strings.Fields(f.Tag.Get("oneof")); len(values) > 0 {
		joined := strings.Join(values, " | ")
		if f.Type.Kind() == reflect.Slice {
			return "list of " + joined
		}
		return joined
	}
	t := f.Type
	if t == reflect.TypeFor[jsontext.Value]() {
		return "any JSON"
	}
	if t == reflect.TypeFor[pipeline]() {
		return "list of transforms"
	}
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch t.Kind() {
	case reflect.Bool:
		return "true | false"
	case reflect.Int:
		return "whole number"
	case reflect.Float64:
		return "number"
	case reflect.Slice:
		return "text or list of texts"
	}
	return "text"
}

// list is a list of texts that may be written as a single text.
type list []string

func (l *list) UnmarshalJSONFrom(d *jsontext.Decoder) error {
	if d.PeekKind() == '"' {
		t, err := d.ReadToken()
		*l = list{t.String()}
		return err
	}
	return json.UnmarshalDecode(d, (*[]string)(l))
}

// effective gives a pointer to a new struct of arguments: the defaults with
// what was written on top. nil for a scorer that takes none.
func effective(s *eval.Scorer, raw stdjson.RawMessage) (any, error) {
	if s.Args == nil {
		return nil, knownArgs(raw, nil)
	}
	// Through JSON, so that no slice of the defaults is ever shared.
	defaults, err := json.Marshal(s.Args)
	if err != nil {
		return nil, err
	}
	args := reflect.New(reflect.TypeOf(s.Args).Elem()).Interface()
	if err := json.Unmarshal(defaults, args); err != nil {
		return nil, err
	}
	if err := knownArgs(raw, wire.Keys(reflect.TypeOf(args))); err != nil {
		return nil, err
	}
	if len(raw) > 0 {
		if err := wire.Decode(raw, args, eval.Pos{}, false); err != nil {
			return nil, err
		}
	}
	return args, allowedValues(args)
}

// knownArgs refuses what is not an object, and names that do not exist.
func knownArgs(raw stdjson.RawMessage, known []string) error {
	if len(raw) == 0 {
		return nil
	}
	var given map[string]jsontext.Value
	if err := wire.Decode(raw, &given, eval.Pos{}, false); err != nil {
		return err
	}
	var errs []error
	for _, name := range slices.Sorted(maps.Keys(given)) {
		switch {
		case slices.Contains(known, name):
		case len(known) == 0:
			errs = append(errs, fmt.Errorf("no argument is called %q; this scorer takes none", name))
		default:
			errs = append(errs, fmt.Errorf("no argument is called %q%s", name, wire.Suggest(name, known)))
		}
	}
	return errors.Join(errs...)
}

// allowedValues holds the fields of a struct of arguments to their oneof tags.
func allowedValues(args any) error {
	v := reflect.ValueOf(args).Elem()
	for _, f := range reflect.VisibleFields(v.Type()) {
		allowed := strings.Fields(f.Tag.Get("oneof"))
		if len(allowed) == 0 {
			continue
		}
		field := v.FieldByIndex(f.Index)
		given := []string{field.String()}
		if field.Kind() == reflect.Slice {
			given = field.Convert(reflect.TypeFor[[]string]()).Interface().([]string)
		}
		for _, g := range given {
			if !slices.Contains(allowed, g) {
				return fmt.Errorf("%s: no such value %q%s", argName(f), g, wire.Suggest(g, allowed))
			}
		}
	}
	return nil
}

// withArgs makes the constructor of a scorer out of one that takes its
// arguments as a struct. The defaults are given again because a scorer's
// variable cannot be mentioned in its own value.
func withArgs[T any](defaults *T, build func(args T, dir string) (eval.Judge, error)) func(eval.Setup) (eval.Judge, error) {
	return func(setup eval.Setup) (eval.Judge, error) {
		args, err := effective(&eval.Scorer{Args: defaults}, setup.Args)
		if err != nil {
			return nil, err
		}
		return build(*args.(*T), setup.Dir)
	}
}

// inUnit holds a number to the range of 0 to 1.
func inUnit(name string, v float64) error {
	if !(v >= 0 && v <= 1) {
		return fmt.Errorf("%s: expected a number from 0 to 1", name)
	}
	return nil
}
