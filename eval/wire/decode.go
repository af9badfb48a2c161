package wire

import (
	"bytes"
	"errors"
	"fmt"
	"reflect"
	"sort"
	"strconv"
	"strings"

	"github.com/agnivade/levenshtein"
	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"holdtrue/eval"
)

// Decode reads one JSON value into v, which is a pointer. Unknown and duplicate
// keys, wrong types and trailing data are errors of type *eval.InputError, its
// line counted from pos by the newlines before the fault.
//
// lenient accepts what hostile model output may hold: a lone surrogate or an
// invalid byte becomes U+FFFD. Without it both are errors.
func Decode(data []byte, v any, pos eval.Pos, lenient bool) error {
	err := json.Unmarshal(data, v, json.RejectUnknownMembers(true),
		jsontext.AllowInvalidUTF8(lenient))
	if err == nil {
		return nil
	}
	return explain(err, data, reflect.TypeOf(v), pos)
}

// explain turns an error of the JSON package into one a person can act on.
func explain(err error, data []byte, t reflect.Type, pos eval.Pos) error {
	var in *eval.InputError
	if errors.As(err, &in) {
		return in
	}
	var semantic *json.SemanticError
	if errors.As(err, &semantic) {
		at := atOffset(pos, data, semantic.ByteOffset)
		path := string(semantic.JSONPointer)
		if errors.Is(err, json.ErrUnknownName) {
			return unknownKey(path, t, at)
		}
		msg := fmt.Sprintf("%s: expected %s", orTop(path), describe(semantic.GoType))
		if k := semantic.JSONKind; k != 0 {
			msg += ", found " + kindName(k)
		}
		switch {
		case errors.Is(semantic.Err, strconv.ErrSyntax):
			msg = fmt.Sprintf("%s: expected %s, written in digits alone", orTop(path), describe(semantic.GoType))
		case errors.Is(semantic.Err, strconv.ErrRange):
			msg = orTop(path) + ": the number is out of range"
		case semantic.Err != nil:
			msg = fmt.Sprintf("%s: %v", orTop(path), semantic.Err)
		}
		return &eval.InputError{Pos: at, Msg: msg}
	}
	var syntax *jsontext.SyntacticError
	if errors.As(err, &syntax) {
		at := atOffset(pos, data, syntax.ByteOffset)
		if errors.Is(err, jsontext.ErrDuplicateName) {
			return &eval.InputError{Pos: at, Msg: fmt.Sprintf("%s: the key stands twice", orTop(string(syntax.JSONPointer)))}
		}
		cause := syntax.Err
		if cause == nil {
			cause = err
		}
		return &eval.InputError{Pos: at, Msg: fmt.Sprintf("not valid JSON at byte %d: %s", syntax.ByteOffset+1, strings.TrimPrefix(cause.Error(), "jsontext: "))}
	}
	return &eval.InputError{Pos: pos, Msg: strings.TrimPrefix(err.Error(), "json: ")}
}

func atOffset(pos eval.Pos, data []byte, offset int64) eval.Pos {
	if pos.Line > 0 && offset > 0 && offset <= int64(len(data)) {
		pos.Line += bytes.Count(data[:offset], []byte{'\n'})
	}
	return pos
}

func orTop(path string) string {
	if path == "" {
		return "the value"
	}
	return strings.TrimPrefix(path, "/")
}

func kindName(k jsontext.Kind) string {
	switch k {
	case '{':
		return "an object"
	case '[':
		return "a list"
	case '"':
		return "a string"
	case '0':
		return "a number"
	case 't', 'f':
		return "true or false"
	case 'n':
		return "null"
	}
	return k.String()
}

func describe(t reflect.Type) string {
	if t == nil {
		return "another kind of value"
	}
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch t.Kind() {
	case reflect.String:
		return "a string"
	case reflect.Bool:
		return "true or false"
	case reflect.Int, reflect.Int64, reflect.Int32, reflect.Uint64:
		return "a whole number"
	case reflect.Float64:
		return "a number"
	case reflect.Slice:
		return "a list"
	case reflect.Map, reflect.Struct:
		return "an object"
	}
	return "another kind of value"
}

// unknownKey names the key and the nearest one that is known at that place.
func unknownKey(path string, t reflect.Type, pos eval.Pos) error {
	parent, key := "", path
	if i := strings.LastIndexByte(path, '/'); i >= 0 {
		parent, key = path[:i], path[i+1:]
	}
	known := Keys(typeAt(t, parent))
	e := &eval.InputError{Pos: pos, Msg: fmt.Sprintf("unknown key %q", key)}
	if parent != "" {
		e.Msg += " in " + strings.TrimPrefix(parent, "/")
	}
	e.Msg += Suggest(key, known)
	return e
}

// Suggest words what could have been meant: the nearest name, or the whole
// list; it begins with a separator.
func Suggest(name string, known []string) string {
	if near := Nearest(name, known); near != "" {
		return fmt.Sprintf("; did you mean %q?", near)
	}
	if len(known) == 0 {
		return ""
	}
	return "; known: " + strings.Join(known, ", ")
}

// Nearest gives the known name with the smallest edit distance from name, or ""
// if none is near enough to be a slip of the fingers.
func Nearest(name string, known []string) string {
	best, bestDistance := "", 1+max(1, (len(name)+2)/3) // two letters swapped are two edits
	for _, k := range known {
		if d := levenshtein.ComputeDistance(strings.ToLower(name), strings.ToLower(k)); d < bestDistance {
			best, bestDistance = k, d
		}
	}
	return best
}

// Keys lists the JSON names of the fields of a struct type, sorted.
func Keys(t reflect.Type) []string {
	for t != nil && (t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice) {
		t = t.Elem()
	}
	if t == nil || t.Kind() != reflect.Struct {
		return nil
	}
	var names []string
	for _, f := range reflect.VisibleFields(t) {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if name != "" && name != "-" {
			names = append(names, name)
		}
	}
	sort.Strings(names)
	return names
}

// typeAt follows a JSON pointer through a Go type; nil if it leads nowhere.
func typeAt(t reflect.Type, pointer string) reflect.Type {
	for _, part := range strings.Split(strings.TrimPrefix(pointer, "/"), "/") {
		for t != nil && t.Kind() == reflect.Pointer {
			t = t.Elem()
		}
		if part == "" || t == nil {
			continue
		}
		switch t.Kind() {
		case reflect.Slice, reflect.Map:
			t = t.Elem()
		case reflect.Struct:
			t = fieldType(t, part)
		default:
			return nil
		}
	}
	return t
}

func fieldType(t reflect.Type, name string) reflect.Type {
	for _, f := range reflect.VisibleFields(t) {
		if n, _, _ := strings.Cut(f.Tag.Get("json"), ","); n == name {
			return f.Type
		}
	}
	return nil
}
