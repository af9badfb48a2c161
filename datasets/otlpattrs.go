package datasets

import (
	"encoding/base64"
	"encoding/json"
	"math"
	"slices"
	"strconv"
	"strings"

	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
)

// attributes are those of a span, an event or a resource: texts, bool, int64,
// float64, lists ([]any) and objects (map[string]any).
type attributes map[string]any

func attributesOf(list []*commonpb.KeyValue) attributes {
	a := make(attributes, len(list))
	for _, kv := range list {
		a[kv.GetKey()] = plainValue(kv.GetValue())
	}
	return a
}

// plainValue is an OTLP value as JSON has it; bytes become base 64.
func plainValue(v *commonpb.AnyValue) any {
	switch v := v.GetValue().(type) {
	case *commonpb.AnyValue_StringValue:
		return v.StringValue
	case *commonpb.AnyValue_BoolValue:
		return v.BoolValue
	case *commonpb.AnyValue_IntValue:
		return v.IntValue
	case *commonpb.AnyValue_DoubleValue:
		return v.DoubleValue
	case *commonpb.AnyValue_BytesValue:
		return base64.StdEncoding.EncodeToString(v.BytesValue)
	case *commonpb.AnyValue_ArrayValue:
		list := make([]any, len(v.ArrayValue.GetValues()))
		for i, item := range v.ArrayValue.GetValues() {
			list[i] = plainValue(item)
		}
		return list
	case *commonpb.AnyValue_KvlistValue:
		return map[string]any(attributesOf(v.KvlistValue.GetValues()))
	}
	return nil
}

// first gives the value of the first name that is there.
func (a attributes) first(names ...string) any {
	for _, name := range names {
		if v, ok := a[name]; ok && v != nil {
			return v
		}
	}
	return nil
}

// text gives the first text under the names that is not empty; other values in
// their JSON form.
func (a attributes) text(names ...string) string {
	for _, name := range names {
		if t := textValue(a[name]); t != "" {
			return t
		}
	}
	return ""
}

// number gives the first finite number under the names, nil if there is none. A
// number in a text counts.
func (a attributes) number(names ...string) *float64 {
	for _, name := range names {
		var v float64
		switch x := a[name].(type) {
		case int64:
			v = float64(x)
		case float64:
			v = x
		case string:
			n, err := strconv.ParseFloat(x, 64)
			if err != nil {
				continue
			}
			v = n
		default:
			continue
		}
		if !math.IsNaN(v) && !math.IsInf(v, 0) {
			return &v
		}
	}
	return nil
}

// count gives the first whole number under the names that is not negative.
func (a attributes) count(names ...string) *int64 {
	v := a.number(names...)
	if v == nil || *v < 0 || *v >= 1<<53 {
		return nil
	}
	n := int64(*v)
	return &n
}

// textValue is a value as a text.
func textValue(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return v
	}
	return string(jsonOf(v))
}

// jsonOf is a value as JSON; a text that holds a JSON object or list stands for
// it.
func jsonOf(v any) json.RawMessage {
	if t, ok := v.(string); ok {
		if s := strings.TrimSpace(t); s != "" && (s[0] == '{' || s[0] == '[') && json.Valid([]byte(s)) {
			return json.RawMessage(s)
		}
	}
	b, err := marshalPlain(v)
	if err != nil {
		return json.RawMessage("null") // NaN, say
	}
	return b
}

// marshalPlain writes JSON without the escapes that are for HTML.
func marshalPlain(v any) ([]byte, error) {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(v)
	return []byte(strings.TrimSuffix(b.String(), "\n")), err
}

// structured is a value that may be written as JSON in a text.
func structured(v any) any {
	t, ok := v.(string)
	if !ok {
		return v
	}
	s := strings.TrimSpace(t)
	if s == "" || s[0] != '{' && s[0] != '[' {
		return v
	}
	var parsed any
	if json.Unmarshal([]byte(s), &parsed) != nil {
		return v
	}
	return parsed
}

// under gathers the attributes "prefix.rest" as a tree of objects, dotted names
// taken apart; nil if there are none. Numbers in the names are keys like any.
func (a attributes) under(prefix string) map[string]any {
	var tree map[string]any
	for name, v := range a {
		rest, ok := strings.CutPrefix(name, prefix+".")
		if !ok {
			continue
		}
		if tree == nil {
			tree = map[string]any{}
		}
		at := tree
		parts := strings.Split(rest, ".")
		for _, part := range parts[:len(parts)-1] {
			next, ok := at[part].(map[string]any)
			if !ok {
				next = map[string]any{}
				at[part] = next
			}
			at = next
		}
		last := parts[len(parts)-1]
		if _, taken := at[last].(map[string]any); !taken {
			at[last] = v
		}
	}
	return tree
}

// items lists the values of a list, or of an object that has numbers for keys, in
// their order; nil for anything else.
func items(v any) []any {
	switch v := v.(type) {
	case []any:
		return v
	case map[string]any:
		type numbered struct {
			n int
			v any
		}
		var list []numbered
		for k, item := range v {
			if n, err := strconv.Atoi(k); err == nil && n >= 0 {
				list = append(list, numbered{n, item})
			}
		}
		slices.SortFunc(list, func(a, b numbered) int { return a.n - b.n })
		var values []any
		for _, item := range list {
			values = append(values, item.v)
		}
		return values
	}
	return nil
}

// object is a value as an object, nil if it is none.
func object(v any) map[string]any {
	m, _ := v.(map[string]any)
	return m
}
