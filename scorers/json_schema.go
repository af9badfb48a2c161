package scorers

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"net/url"
	"os"
	"path"
	"slices"
	"strings"
	"unicode"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"
	"golang.org/x/text/language"
	"golang.org/x/text/message"

	"holdtrue/eval"
)

// schemaBase is the address under which the suite's folder is known to the
// schema compiler, so that relative references lead into the folder and no path
// of the machine reaches a message.
const schemaBase = "suite:///"

// inPlace is the name that a schema written in the suite has there.
const inPlace = "(the schema in place)"

// fix reads the schema's files, so that the metric's identity holds what they
// say.
func (a *jsonArgs) fix(dir string) error {
	if len(a.Schema) == 0 {
		return nil
	}
	_, digest, err := compileSchema(a.Schema, a.Formats, dir)
	if err != nil {
		return err
	}
	if a.Digest != "" && a.Digest != digest {
		return fmt.Errorf("schema_digest: the schema files have %s, not %s; leave the argument out to take them as they are", orNothing(digest), a.Digest)
	}
	a.Digest = digest
	return nil
}

func orNothing(s string) string {
	if s == "" {
		return "no digest (no file is read)"
	}
	return s
}

// compileSchema compiles a schema that is written in place or in a file of dir,
// and gives a digest of the files that were read, "" if there were none.
func compileSchema(raw jsontext.Value, formats bool, dir string) (*jsonschema.Schema, string, error) {
	files := &schemaFiles{dir: dir, sums: map[string]string{}}
	c := jsonschema.NewCompiler()
	c.UseLoader(files)
	if formats {
		c.AssertFormat()
	}
	at := schemaBase + url.PathEscape(inPlace)
	switch raw.Kind() {
	case '"':
		var name string
		if err := json.Unmarshal(raw, &name); err != nil {
			return nil, "", fmt.Errorf("schema: %w", err)
		}
		if name == "" {
			return nil, "", errors.New("schema: expected a schema or the name of a file, found an empty text")
		}
		at = schemaBase + (&url.URL{Path: path.Clean(strings.ReplaceAll(name, `\`, "/"))}).EscapedPath()
		if _, err := files.Load(at); err != nil {
			return nil, "", fmt.Errorf("schema: %w", err)
		}
	case '{', 't', 'f':
		doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
		if err != nil {
			return nil, "", fmt.Errorf("schema: %w", err)
		}
		if err := c.AddResource(at, doc); err != nil {
			return nil, "", fmt.Errorf("schema: %w", err)
		}
	default:
		return nil, "", errors.New("schema: expected a JSON Schema (an object) or the name of a file")
	}
	schema, err := c.Compile(at)
	if err != nil {
		return nil, "", schemaFault(err)
	}
	return schema, files.digest(), nil
}

// schemaFault words what the compiler found, on one line.
func schemaFault(err error) error {
	var load *jsonschema.LoadURLError
	if errors.As(err, &load) {
		return fmt.Errorf("schema: %w", load.Err)
	}
	var meta *jsonschema.SchemaValidationError
	var invalid *jsonschema.ValidationError
	if errors.As(err, &meta) && errors.As(meta.Err, &invalid) {
		return fmt.Errorf("schema: not a valid JSON Schema: %s", violation(invalid))
	}
	msg := strings.Join(strings.Fields(strings.ReplaceAll(err.Error(), schemaBase, "")), " ")
	e := &eval.InputError{Msg: "schema: " + cut(msg, 2*reasonLimit)}
	var pattern *jsonschema.InvalidRegexError
	if errors.As(err, &pattern) {
		e.Hint = "patterns of a schema are RE2 too: no lookaround, no backreferences"
	}
	return e
}

// schemaFiles reads schemas from one folder. It refuses the network, and every
// file outside of the folder, also through a symbolic link.
type schemaFiles struct {
	dir  string
	sums map[string]string // hex SHA-256 by name
}

// schemaFileLimit is the size in bytes of the largest schema file.
const schemaFileLimit = 16 << 20

// Load reads one schema for the compiler.
func (f *schemaFiles) Load(address string) (any, error) {
	rest, ok := strings.CutPrefix(address, schemaBase)
	if !ok {
		return nil, fmt.Errorf("a schema may refer to files beside the suite only, not to %s", quote(address))
	}
	name, err := url.PathUnescape(rest)
	if err != nil {
		return nil, err
	}
	name = path.Clean(name)
	if f.dir == "" {
		return nil, fmt.Errorf("%s: there is no suite folder to read it from", name)
	}
	root, err := os.OpenRoot(f.dir)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	file, err := root.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s: no such file in the suite's folder", name)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w; a schema file must lie in the suite's folder", name, err)
	}
	defer file.Close()
	data, err := io.ReadAll(io.LimitReader(file, schemaFileLimit+1))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	if len(data) > schemaFileLimit {
		return nil, fmt.Errorf("%s: larger than %d bytes", name, schemaFileLimit)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
	if err != nil {
		return nil, fmt.Errorf("%s: not valid JSON: %w", name, err)
	}
	sum := sha256.Sum256(data)
	f.sums[name] = hex.EncodeToString(sum[:])
	return doc, nil
}

func (f *schemaFiles) digest() string {
	if len(f.sums) == 0 {
		return ""
	}
	h := sha256.New()
	for _, name := range slices.Sorted(maps.Keys(f.sums)) {
		fmt.Fprintf(h, "%q %s\n", name, f.sums[name])
	}
	return hex.EncodeToString(h.Sum(nil))
}

// violation words one leaf of a validation error: where, and what. Of several
// it takes the first in the order of places, because the validator walks
// objects in no order.
func violation(e *jsonschema.ValidationError) string {
	for len(e.Causes) > 0 {
		e = slices.MinFunc(e.Causes, func(a, b *jsonschema.ValidationError) int {
			if c := slices.Compare(a.InstanceLocation, b.InstanceLocation); c != 0 {
				return c
			}
			return slices.Compare(a.ErrorKind.KeywordPath(), b.ErrorKind.KeywordPath())
		})
	}
	if k, ok := e.ErrorKind.(*kind.AdditionalProperties); ok {
		slices.Sort(k.Properties)
	}
	where := "the value"
	if len(e.InstanceLocation) > 0 {
		where = quote("/" + strings.Join(e.InstanceLocation, "/"))
	}
	what := e.ErrorKind.LocalizedString(message.NewPrinter(language.English))
	what = strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, what)
	return cut(where+": "+what, reasonLimit)
}
