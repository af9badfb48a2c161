package scorers

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"holdtrue/eval"
)

var jsonScorer = &eval.Scorer{
	Name: "json",
	Doc: `1 if the whole output is well-formed JSON and, if a schema is given, keeps to it.

Well-formed is the grammar of RFC 8259, in UTF-8 and nested at most 10,000 deep;
a key may stand twice (the last one counts). The schema is a JSON Schema (drafts
4 to 2020-12), written in place or in a file beside the suite; it may refer to
other files there and to nothing else, never to the network. With a schema,
outputs over 4 MiB are not judged. With fenced: allow, one code fence around the
whole output is taken off first.`,
	Version: "1",
	Scale:   eval.Binary,
	Better:  eval.Higher,
	Args:    &jsonDefaults,
	New:     withArgs(&jsonDefaults, newJSON),
}

type jsonArgs struct {
	Schema jsontext.Value `json:"schema,omitzero" doc:"a JSON Schema, or the name of a file that holds one"`
	// Digest is filled in at binding; see fix.
	Digest  string `json:"schema_digest,omitzero" doc:"SHA-256 of the schema files read, filled in at binding, so that a changed schema is another metric; if written, it must agree"`
	Formats bool   `json:"formats" doc:"enforce the schema's format keywords (date, email, uri, ...)"`
	Fenced  string `json:"fenced" oneof:"refuse allow" doc:"whether one code fence may surround the JSON"`
}

var jsonDefaults = jsonArgs{Fenced: "refuse"}

// schemaLimit is the length in bytes of the longest output that is validated.
const schemaLimit = 4 << 20

func newJSON(args jsonArgs, dir string) (eval.Judge, error) {
	j := jsonJudge{fenced: args.Fenced == "allow"}
	if len(args.Schema) > 0 {
		schema, _, err := compileSchema(args.Schema, args.Formats, dir)
		if err != nil {
			return nil, err
		}
		j.schema = schema
	}
	return j, nil
}

type jsonJudge struct {
	schema *jsonschema.Schema
	fenced bool
}

func (j jsonJudge) Score(ctx context.Context, s *eval.Sample) eval.Score {
	if ctx.Err() != nil {
		return stopped(ctx)
	}
	out := strings.TrimSpace(s.Output.Text)
	if j.fenced {
		out = unfence(out)
	}
	if out == "" {
		return eval.Value(0, "the output is empty")
	}
	if !utf8.ValidString(out) {
		return eval.Value(0, "not valid UTF-8")
	}
	if err := wellFormedJSON(ctx, out); err != nil {
		if ctx.Err() != nil {
			return stopped(ctx)
		}
		return eval.Value(0, "not JSON: "+cut(err.Error(), reasonLimit-10))
	}
	if j.schema == nil {
		return eval.Value(1, "")
	}
	if len(out) > schemaLimit {
		return eval.Fail(fmt.Sprintf("the output is %d bytes long; at most %d are held against a schema", len(out), schemaLimit))
	}
	return j.validate(out)
}

// validate holds a well-formed text against the schema.
func (j jsonJudge) validate(out string) eval.Score {
	v, err := jsonschema.UnmarshalJSON(strings.NewReader(out))
	if err != nil {
		return eval.Value(0, "not JSON: "+cut(err.Error(), reasonLimit-10))
	}
	err = j.schema.Validate(v)
	if err == nil {
		return eval.Value(1, "")
	}
	var invalid *jsonschema.ValidationError
	if !errors.As(err, &invalid) {
		return eval.Fail(cut(err.Error(), reasonLimit))
	}
	return eval.Value(0, violation(invalid))
}

// wellFormedJSON reads the text token by token, which needs no memory for what
// it holds. Numbers whose exponent no float64 has are refused, because exact
// arithmetic on them, which a schema may ask for, would take all memory.
func wellFormedJSON(ctx context.Context, out string) error {
	d := jsontext.NewDecoder(strings.NewReader(out), jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
	for n := 1; ; n++ {
		if n%(1<<16) == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		t, err := d.ReadToken()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return plainSyntax(err)
		}
		if t.Kind() == '0' {
			if err := sizeOfNumber(t.String()); err != nil {
				return err
			}
		}
		if d.StackDepth() == 0 {
			if rest := strings.TrimSpace(out[d.InputOffset():]); rest != "" {
				return fmt.Errorf("text after the end of the value: %s", quote(rest))
			}
			return nil
		}
	}
}

func plainSyntax(err error) error {
	var syntax *jsontext.SyntacticError
	if errors.As(err, &syntax) && syntax.Err != nil {
		return fmt.Errorf("%s at byte %d", strings.TrimPrefix(syntax.Err.Error(), "jsontext: "), syntax.ByteOffset+1)
	}
	return errors.New(strings.TrimPrefix(err.Error(), "jsontext: "))
}

func sizeOfNumber(digits string) error {
	const longest = 1000
	if len(digits) > longest {
		return fmt.Errorf("a number of %d digits", len(digits))
	}
	if i := strings.IndexAny(digits, "eE"); i >= 0 {
		if exp, err := strconv.Atoi(digits[i+1:]); err != nil || exp > longest || exp < -longest {
			return fmt.Errorf("the number %s is out of range", quote(digits))
		}
	}
	return nil
}

// unfence takes one code fence off that surrounds the whole text: a first line
// of at least three backticks or tildes with a language or nothing behind, and
// a last line of at least as many.
func unfence(s string) string {
	if s == "" || s[0] != '`' && s[0] != '~' {
		return s
	}
	first, body, ok := strings.Cut(s, "\n")
	n := len(first) - len(strings.TrimLeft(first, s[:1]))
	if !ok || n < 3 || strings.ContainsRune(first[n:], rune(s[0])) {
		return s
	}
	body = strings.TrimRight(body, " \t\r\n")
	i := strings.LastIndexByte(body, '\n')
	last := strings.TrimSpace(body[i+1:])
	if len(last) < n || strings.Trim(last, s[:1]) != "" {
		return s
	}
	return strings.TrimSpace(body[:max(i, 0)])
}
