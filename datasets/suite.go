package datasets

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"

	"holdtrue/eval"
	"holdtrue/eval/wire"
)

// SuiteName is the file that describes a suite.
const SuiteName = "holdtrue.yaml"

// ErrNoSuite says that a folder holds no suite.
var ErrNoSuite = errors.New("no suite")

// noSuite is an ErrNoSuite with a hint.
type noSuite struct{ *eval.InputError }

func (n noSuite) Unwrap() []error { return []error{n.InputError, ErrNoSuite} }

// FindSuite gives the path of the suite in a folder.
func FindSuite(dir string) (string, error) {
	path := filepath.Join(dir, SuiteName)
	other := filepath.Join(dir, "holdtrue.yml")
	_, err := os.Stat(path)
	_, otherErr := os.Stat(other)
	switch {
	case err == nil && otherErr == nil:
		return "", &eval.InputError{Pos: eval.Pos{File: other}, Msg: "there is a " + SuiteName + " too; keep one of them"}
	case err == nil:
		return path, nil
	case otherErr == nil:
		return other, nil
	case !errors.Is(err, fs.ErrNotExist):
		return "", err
	}
	return "", noSuite{&eval.InputError{Msg: "there is no " + SuiteName + " in this folder", Hint: "holdtrue init"}}
}

// ReadSuite reads a suite's file. Environment variables in the agents' values
// ($NAME, ${NAME}; $$ is a dollar) are looked up with getenv; where getenv is nil
// they stay as they are written, and the agents can be looked at but not asked.
// All faults of the file are returned together, each an *eval.InputError.
func ReadSuite(path string, getenv func(string) (string, bool)) (*eval.Suite, error) {
	f, err := wire.Open(path)
	if err != nil {
		var in *eval.InputError
		if _, missing := os.Stat(path); errors.As(err, &in) && errors.Is(missing, fs.ErrNotExist) {
			in.Hint = "holdtrue init writes one"
		}
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(f)
	if err != nil {
		return nil, err
	}
	root, err := decodeYAML(data, path)
	if err != nil {
		return nil, err
	}
	r := &suiteReader{file: path, getenv: getenv, suite: &eval.Suite{File: path, Dir: filepath.Dir(path)}}
	r.read(root)
	if len(r.errs) > 0 {
		return nil, errors.Join(r.errs...)
	}
	return r.suite, nil
}

// decodeYAML is the one place that knows the YAML library.
func decodeYAML(data []byte, file string) (*yaml.Node, error) {
	if len(bytes.TrimSpace(data)) == 0 {
		return nil, &eval.InputError{Pos: eval.Pos{File: file}, Msg: "the file is empty"}
	}
	if !utf8.Valid(data) && utf16Fault(data, file) == nil { // YAML may be UTF-16
		line := 0
		for text := range bytes.Lines(data) {
			if line++; !utf8.Valid(text) {
				return nil, notUTF8(text, eval.Pos{File: file, Line: line})
			}
		}
	}
	var doc yaml.Node
	if err := yaml.Load(data, &doc); err != nil {
		return nil, yamlError(err, file)
	}
	if doc.Kind != yaml.DocumentNode || len(doc.Content) == 0 {
		return nil, &eval.InputError{Pos: eval.Pos{File: file}, Msg: "the file is empty"}
	}
	return doc.Content[0], nil
}

func yamlError(err error, file string) error {
	var one *yaml.LoadError
	if errors.As(err, &one) {
		pos := eval.Pos{File: file, Line: one.Mark.Line}
		msg := strings.TrimPrefix(one.Message, "yaml: ")
		if one.Mark.Column == 0 { // of the file as a whole
			return &eval.InputError{Pos: pos, Msg: "not valid YAML: " + msg}
		}
		return &eval.InputError{Pos: pos, Msg: fmt.Sprintf("not valid YAML, column %d: %s", one.Mark.Column, msg)}
	}
	return &eval.InputError{Pos: eval.Pos{File: file}, Msg: "not valid YAML: " + err.Error()}
}

// suiteReader collects what it reads and everything that is wrong with it.
type suiteReader struct {
	file   string
	getenv func(string) (string, bool)
	suite  *eval.Suite
	errs   []error
}

func (r *suiteReader) fault(n *yaml.Node, format string, args ...any) {
	r.errs = append(r.errs, &eval.InputError{Pos: r.pos(n), Msg: fmt.Sprintf(format, args...)})
}

func (r *suiteReader) pos(n *yaml.Node) eval.Pos { return eval.Pos{File: r.file, Line: n.Line} }

// entries gives the keys and values of a mapping, refusing unknown and repeated
// keys; no known keys means that any is welcome.
func (r *suiteReader) entries(n *yaml.Node, what string, known ...string) [][2]*yaml.Node {
	if n.Kind != yaml.MappingNode {
		r.fault(n, "%s: expected keys and values, found %s", what, nodeName(n))
		return nil
	}
	var list [][2]*yaml.Node
	seen := map[string]int{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		k, v := n.Content[i], n.Content[i+1]
		if first, twice := seen[k.Value]; twice {
			r.fault(k, "%s: the key %q stands twice; first on line %d", what, k.Value, first)
			continue
		}
		seen[k.Value] = k.Line
		if len(known) > 0 && !slices.Contains(known, k.Value) {
			r.fault(k, "%s: unknown key %q%s", what, k.Value, wire.Suggest(k.Value, known))
			continue
		}
		list = append(list, [2]*yaml.Node{k, v})
	}
	return list
}

func nodeName(n *yaml.Node) string {
	switch n.Kind {
	case yaml.MappingNode:
		return "keys and values"
	case yaml.SequenceNode:
		return "a list"
	case yaml.AliasNode:
		return "an alias"
	}
	if n.Tag == "!!null" {
		return "nothing"
	}
	return fmt.Sprintf("%q", n.Value)
}

func (r *suiteReader) read(root *yaml.Node) {
	for _, e := range r.entries(root, "the suite", "suite", "cases", "agents", "metrics", "measures", "compare", "redact", "promises") {
		key, value := e[0], e[1]
		switch key.Value {
		case "suite":
			r.suite.Name = r.text(value, "suite")
		case "cases":
			r.cases(value)
		case "agents":
			r.agents(value)
		case "metrics":
			r.metrics(value)
		case "measures":
			r.suite.WithoutMeasures = !r.yesNo(value, "measures")
		case "compare":
			r.compare(value)
		case "redact":
			r.redact(value)
		case "promises":
			r.promises(value)
		}
	}
	if r.suite.Name == "" && root.Kind == yaml.MappingNode {
		r.fault(root, "the suite has no name; expected \"suite: NAME\"")
	}
	if len(r.suite.Cases) == 0 && len(r.errs) == 0 {
		r.fault(root, "the suite names no cases; expected \"cases: [golden/*.jsonl]\"")
	}
}

// redact reads what must not be stored: true for everything that can be found,
// or the kinds.
func (r *suiteReader) redact(n *yaml.Node) {
	r.suite.RedactPos = r.pos(n)
	switch {
	case n.Kind == yaml.ScalarNode && n.Value == "true":
		r.suite.Redact = []string{"all"}
	case n.Kind == yaml.ScalarNode && n.Value == "false":
	default:
		r.suite.Redact = r.texts(n, "redact")
	}
}

// text reads a string; a number is taken as it is written.
func (r *suiteReader) text(n *yaml.Node, what string) string {
	if n.Kind != yaml.ScalarNode || n.Tag == "!!null" {
		r.fault(n, "%s: expected a text, found %s", what, nodeName(n))
		return ""
	}
	return n.Value
}

func (r *suiteReader) yesNo(n *yaml.Node, what string) bool {
	if n.Kind != yaml.ScalarNode || n.Value != "true" && n.Value != "false" {
		r.fault(n, "%s: expected true or false, found %s", what, nodeName(n))
	}
	return n.Value == "true"
}

func (r *suiteReader) number(n *yaml.Node, what string, low, high float64) float64 {
	var v float64
	if n.Kind != yaml.ScalarNode || n.Decode(&v) != nil || !(v >= low && v <= high) {
		r.fault(n, "%s: expected a number from %g to %g, found %s", what, low, high, nodeName(n))
	}
	return v
}

func (r *suiteReader) texts(n *yaml.Node, what string) []string {
	if n.Kind == yaml.ScalarNode {
		return []string{r.text(n, what)}
	}
	if n.Kind != yaml.SequenceNode {
		r.fault(n, "%s: expected a list of texts, found %s", what, nodeName(n))
		return nil
	}
	var list []string
	for _, item := range n.Content {
		list = append(list, r.text(item, what))
	}
	return list
}

// cases resolves the patterns; one that finds nothing is a fault.
func (r *suiteReader) cases(n *yaml.Node) {
	found := map[string]bool{}
	for _, pattern := range r.texts(n, "cases") {
		if pattern == "" {
			continue
		}
		files, err := matchFiles(r.suite.Dir, pattern)
		switch {
		case err != nil:
			r.fault(n, "cases: pattern %q: %v", pattern, err)
		case len(files) == 0:
			r.fault(n, "cases: no file matches %q", pattern)
		}
		for _, f := range files {
			if formatOf(f) == nil {
				r.fault(n, "cases: %s: cases are %s files, also with .gz", f, strings.Join(extensions(), ", "))
				continue
			}
			found[f] = true
		}
	}
	for f := range found {
		r.suite.Cases = append(r.suite.Cases, f)
	}
	slices.Sort(r.suite.Cases)
}

// matchFiles finds the files of a pattern; ** stands for any number of folders.
func matchFiles(dir, pattern string) ([]string, error) {
	if filepath.IsAbs(pattern) {
		dir = ""
	}
	before, after, deep := strings.Cut(filepath.Clean(pattern), "**"+string(filepath.Separator))
	if !deep {
		return filepath.Glob(filepath.Join(literal(dir), pattern))
	}
	before = filepath.Join(dir, before+".")
	if _, err := filepath.Match(after, ""); err != nil {
		return nil, err
	}
	var files []string
	err := filepath.WalkDir(before, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		parts := strings.Count(after, string(filepath.Separator)) + 1
		tail := strings.Split(path, string(filepath.Separator))
		if ok, _ := filepath.Match(after, filepath.Join(tail[max(0, len(tail)-parts):]...)); ok {
			files = append(files, path)
		}
		return nil
	})
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return files, err
}

// literal is a pattern that matches the path alone. Windows has no such for a
// folder with [ in its name.
func literal(path string) string {
	if filepath.Separator == '\\' {
		return path
	}
	return strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`).Replace(path)
}
