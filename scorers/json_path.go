package scorers

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/big"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/itchyny/gojq"

	"holdtrue/eval"
)

var allowDuplicates = jsontext.AllowDuplicateNames(true)

var jsonPathScorer = &eval.Scorer{
	Name: "json-path",
	Doc: `1 if what a jq query finds in the output's JSON is the expected value.

The query is one of jq, such as .items[0].price or [.items[].id] | sort. What it
finds must equal the argument equals, or, where that is absent, an expected answer,
read as JSON where it is JSON and as a text else. Numbers are equal by value, key
order does not matter. A query that finds nothing gives 0, as does an output that
is not JSON. To jq a key that is absent is null; has("a") tells them apart. A query
that runs longer than 100,000 steps fails, and one that asks for the time of day is
refused.`,
	Version: "1",
	Scale:   eval.Binary,
	Better:  eval.Higher,
	Args:    &jsonPathDefaults,
	New:     withArgs(&jsonPathDefaults, newJSONPath),
}

type jsonPathArgs struct {
	Query  string         `json:"query" doc:"the jq query"`
	Equals jsontext.Value `json:"equals,omitzero" doc:"the value that must be found"`
	Fenced string         `json:"fenced" oneof:"refuse allow" doc:"whether one code fence may surround the JSON"`
}

var jsonPathDefaults = jsonPathArgs{Fenced: "allow"}

func newJSONPath(args jsonPathArgs, _ string) (eval.Judge, error) {
	if args.Query == "" {
		return nil, &eval.InputError{Msg: "the argument query is needed", Hint: "write {json-path: {query: .answer}}"}
	}
	q, err := newQuery(args.Query)
	if err != nil {
		return nil, fmt.Errorf("query: %w", err)
	}
	var equals any
	if len(args.Equals) > 0 {
		if err := json.Unmarshal(args.Equals, &equals, allowDuplicates, exactIntegers()); err != nil {
			return nil, fmt.Errorf("equals: %w", err)
		}
	}
	return eval.JudgeFunc(func(ctx context.Context, s *eval.Sample) eval.Score {
		wanted := []any{equals}
		if len(args.Equals) == 0 {
			if len(s.Case.Expected) == 0 {
				return eval.Skip(noExpected)
			}
			wanted = expectedValues(s.Case.Expected)
		}
		if len(s.Output.Text) > schemaLimit {
			return eval.Fail(fmt.Sprintf("the output is %d bytes long; at most %d are queried", len(s.Output.Text), schemaLimit))
		}
		out := strings.TrimSpace(s.Output.Text)
		if args.Fenced == "allow" {
			out = unfence(out)
		}
		in, err := jsonValue(out)
		if err != nil {
			return eval.Value(0, "not JSON: "+clean(err.Error()))
		}
		got, found, err := q.first(ctx, in)
		switch {
		case ctx.Err() != nil:
			return stopped(ctx)
		case errors.Is(err, errTooLong):
			return eval.Fail(err.Error())
		case err != nil:
			return eval.Value(0, clean(err.Error()))
		case !found:
			return eval.Value(0, "the query finds nothing")
		}
		if slices.ContainsFunc(wanted, func(w any) bool { return sameJSON(w, got) }) {
			return eval.Value(1, "")
		}
		if got == nil {
			return eval.Value(0, "the query finds nothing, or null")
		}
		return eval.Value(0, clean("found "+showJSON(got)+", expected "+showJSON(wanted[0])))
	}), nil
}

// expectedValues reads answers as JSON where they are JSON.
func expectedValues(expected []string) (values []any) {
	for _, e := range expected {
		if v, err := jsonValue(e); err == nil {
			values = append(values, v)
		}
		values = append(values, any(e))
	}
	return values
}

func sameJSON(a, b any) bool { return gojq.Compare(a, b) == 0 }

func showJSON(v any) string {
	b, err := json.Marshal(v, json.Deterministic(true), jsontext.AllowInvalidUTF8(true))
	if err != nil {
		return fmt.Sprint(v)
	}
	return cut(string(b), quoteLimit)
}

func jsonValue(s string) (v any, err error) {
	if err := wellFormedJSON(context.Background(), s); err != nil {
		return nil, err
	}
	err = json.Unmarshal([]byte(s), &v, allowDuplicates, exactIntegers())
	return v, err
}

// exactIntegers reads whole numbers that a float64 would round as *big.Int, however
// they are written, which gojq compares exactly: account numbers differ in their last
// digit.
func exactIntegers() json.Options {
	return json.WithUnmarshalers(json.UnmarshalFromFunc(func(d *jsontext.Decoder, v *any) error {
		if d.PeekKind() != '0' {
			return errors.ErrUnsupported
		}
		raw, err := d.ReadValue()
		if err != nil {
			return err
		}
		digits := string(raw)
		f, err := strconv.ParseFloat(digits, 64)
		if err != nil {
			return err
		}
		*v = f
		if math.Abs(f) < 1<<53 || len(digits) > mostDigits {
			return nil
		}
		if n, ok := new(big.Rat).SetString(digits); ok && n.IsInt() {
			*v = n.Num()
		}
		return nil
	}))
}

// mostDigits are enough for every whole number that a float64 can hold.
const mostDigits = 400

// bigFloat gives a number without rounding it, and nil for anything else.
func bigFloat(v any) *big.Float {
	switch v := v.(type) {
	case float64:
		return big.NewFloat(v)
	case *big.Int:
		return new(big.Float).SetInt(v)
	}
	return nil
}

// query is a compiled jq query without access to files, environment or time.
type query struct{ code *gojq.Code }

func newQuery(source string) (query, error) {
	parsed, err := gojq.Parse(source)
	if err != nil {
		return query{}, err
	}
	if name := calls(reflect.ValueOf(parsed), clocks); name != "" {
		return query{}, &eval.InputError{Msg: name + " depends on the clock or the place of the machine", Hint: "the same output must always have the same score"}
	}
	code, err := gojq.Compile(parsed, gojq.WithEnvironLoader(func() []string { return nil }))
	return query{code}, err
}

// clocks are the functions of jq that give something else at another time or place.
var clocks = []string{"now", "localtime", "strflocaltime"}

// calls gives the first of the functions that a parsed query calls: gojq has no
// option to leave one out, nor a walk over its tree.
func calls(v reflect.Value, names []string) string {
	switch v.Kind() {
	case reflect.Pointer:
		if f, ok := v.Interface().(*gojq.Func); ok && f != nil && slices.Contains(names, f.Name) {
			return f.Name
		}
		if !v.IsNil() {
			return calls(v.Elem(), names)
		}
	case reflect.Slice:
		for i := range v.Len() {
			if name := calls(v.Index(i), names); name != "" {
				return name
			}
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if name := calls(v.Field(i), names); name != "" {
				return name
			}
		}
	}
	return ""
}

var errTooLong = errors.New("the query runs too long")

// first gives the first value of the query.
func (q query) first(ctx context.Context, in any) (v any, found bool, err error) {
	limited := &steps{Context: ctx, left: 100_000}
	v, ok := q.code.RunWithContext(limited, in).Next()
	if limited.left <= 0 {
		return nil, false, errTooLong
	}
	if !ok {
		return nil, false, nil
	}
	if err, failed := v.(error); failed {
		return nil, false, err
	}
	if f, ok := v.(float64); ok && (math.IsNaN(f) || math.IsInf(f, 0)) {
		return nil, false, errors.New("the query gives no number")
	}
	return v, true, nil
}

// steps is a context that ends after so many looks at it: gojq looks once a step,
// so that the same query on the same text always has the same end.
type steps struct {
	context.Context
	left int
}

// Done counts a step.
func (s *steps) Done() <-chan struct{} {
	if s.left--; s.left <= 0 {
		return ended
	}
	return s.Context.Done()
}

// Err says why the context ended.
func (s *steps) Err() error {
	if s.left <= 0 {
		return errTooLong
	}
	return s.Context.Err()
}

var ended = func() chan struct{} { c := make(chan struct{}); close(c); return c }()
