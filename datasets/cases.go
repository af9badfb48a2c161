package datasets

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"iter"
	"path/filepath"
	"slices"
	"strings"

	"holdtrue/eval"
	"holdtrue/eval/wire"
)

// Format is a kind of file that holds cases.
type Format struct {
	Name string
	Exts []string
	Doc  string
	// Read yields the cases of a file. A fault of one case is yielded as an
	// error and reading goes on where the format allows it.
	Read func(r io.Reader, name string) iter.Seq2[eval.Case, error]
}

// Formats lists every format of case files. A new one is one file and one line.
var Formats = []*Format{jsonlFormat, jsonFormat, yamlFormat, csvFormat}

func extensions() []string {
	var exts []string
	for _, f := range Formats {
		exts = append(exts, f.Exts...)
	}
	return exts
}

// formatOf is the format by a file's ending, .gz left out; nil if there is none.
func formatOf(path string) *Format {
	ext := strings.ToLower(filepath.Ext(strings.TrimSuffix(strings.ToLower(path), ".gz")))
	for _, f := range Formats {
		if slices.Contains(f.Exts, ext) {
			return f
		}
	}
	return nil
}

// Cases streams the selected cases of a suite, file by file. Each case is
// checked by itself; what concerns several (repeated ids) is found by Scan.
func Cases(suite *eval.Suite, sel Selection) iter.Seq2[eval.Case, error] {
	return func(yield func(eval.Case, error) bool) {
		n := 0
		for _, path := range suite.Cases {
			for c, err := range readFile(path) {
				if err == nil && !sel.takes(&c) {
					continue
				}
				if err == nil && sel.Limit > 0 && n == sel.Limit {
					return
				}
				n++
				if !yield(c, err) {
					return
				}
			}
		}
	}
}

// ReadCases streams the cases of one file.
func ReadCases(path string) iter.Seq2[eval.Case, error] { return readFile(path) }

func readFile(path string) iter.Seq2[eval.Case, error] {
	return func(yield func(eval.Case, error) bool) {
		f, err := wire.Open(path)
		if err != nil {
			yield(eval.Case{}, err)
			return
		}
		defer f.Close()
		for c, err := range formatOf(path).Read(f, path) {
			if err == nil {
				err = check(&c)
			}
			if !yield(c, err) {
				return
			}
		}
	}
}

var roles = []string{"system", "user", "assistant", "tool"}

// check says what is wrong with one case, everything at once.
func check(c *eval.Case) error {
	var errs []error
	fault := func(format string, args ...any) {
		errs = append(errs, &eval.InputError{Pos: c.Pos, Msg: fmt.Sprintf(format, args...)})
	}
	name := fmt.Sprintf("case %q", c.ID)
	switch {
	case c.ID == "":
		name = "this case"
		fault(`a case needs an "id"`)
	case strings.TrimSpace(c.ID) != c.ID:
		fault("%s: the id begins or ends with a blank", name)
	case strings.ContainsFunc(c.ID, func(r rune) bool { return r < ' ' || r == 0x7f }):
		fault("%s: the id holds control characters", name)
	}
	blank := strings.TrimSpace(c.Prompt) == ""
	switch {
	case len(c.Messages) > 0 && c.Prompt != "":
		fault(`%s has both "prompt" and "messages"; expected one of them`, name)
	case len(c.Messages) == 0 && blank && c.Prompt == "":
		fault(`%s has neither "prompt" nor "messages"`, name)
	case len(c.Messages) == 0 && blank:
		fault("%s: the prompt is blank", name)
	}
	checkMessages(c, name, fault)
	for i, d := range c.Documents {
		if d.ID == "" {
			fault("%s: document %d has no id", name, i+1)
		}
	}
	for i, s := range c.Steps {
		if s.Tool == "" {
			fault("%s: step %d names no tool", name, i+1)
		}
	}
	return errors.Join(errs...)
}

func checkMessages(c *eval.Case, name string, fault func(string, ...any)) {
	for i, m := range c.Messages {
		if !slices.Contains(roles, m.Role) {
			fault("%s: message %d: unknown role %q%s", name, i+1, m.Role, wire.Suggest(m.Role, roles))
		}
		if strings.TrimSpace(m.Content) == "" {
			fault("%s: message %d is blank", name, i+1)
		}
	}
	if n := len(c.Messages); n > 0 && c.Messages[n-1].Role == "assistant" {
		fault("%s: the last message is the assistant's; the agent is asked to answer a user's", name)
	}
}

// Selection is a part of a suite.
type Selection struct {
	// Only holds TAG=VALUE or a plain tag. Values of one tag widen the
	// selection, further tags narrow it.
	Only  []string
	Limit int // at most so many cases; 0 is all
}

func (s Selection) takes(c *eval.Case) bool {
	wanted := map[string]bool{}
	for _, o := range s.Only {
		k, v := splitTag(o)
		wanted[k] = wanted[k] || slices.Contains(c.Tags[k], v)
	}
	for _, ok := range wanted {
		if !ok {
			return false
		}
	}
	return true
}

func splitTag(only string) (key, value string) {
	key, value, ok := strings.Cut(only, "=")
	if !ok {
		return wire.PlainTag, only
	}
	return key, value
}

// Summary is what one pass over a suite finds.
type Summary struct {
	Hash  string // identity of the selected cases, in any order
	Cases int
	// Slices counts cases by tag key and value.
	Slices map[string]map[string]int
}

// maxFaults is how many faults of a suite are listed.
const maxFaults = 100

// Scan reads every case once and checks all there is to check: each case, ids
// that stand twice, and whatever admit says of a case (its metrics, say). All
// faults are returned together. It holds 32 bytes or so a case.
func Scan(suite *eval.Suite, sel Selection, admit func(*eval.Case) error) (Summary, error) {
	sum := Summary{Slices: map[string]map[string]int{}}
	var hash eval.SuiteHash
	seen := map[[12]byte]place{}
	known := map[string]map[string]int{}
	var faults faultList
	for c, err := range Cases(suite, Selection{}) {
		if err != nil {
			faults.add(err)
			continue
		}
		faults.add(repeated(seen, suite, &c))
		countTags(known, &c)
		if !sel.takes(&c) || sel.Limit > 0 && hash.Cases() == sel.Limit {
			continue
		}
		if admit != nil {
			faults.add(admit(&c))
		}
		countTags(sum.Slices, &c)
		hash.Add(c.ID, c.Hash())
	}
	if err := faults.err(); err != nil {
		return sum, err
	}
	if err := sel.check(known); err != nil {
		return sum, err
	}
	sum.Hash, sum.Cases = hash.String(), hash.Cases()
	if sum.Cases == 0 {
		return sum, &eval.InputError{Pos: eval.Pos{File: suite.File}, Msg: "no case is left of the suite"}
	}
	return sum, nil
}

// place is where an id stood first, in few bytes.
type place struct{ file, line int32 }

// repeated notes the id of a case and says where it stood before.
func repeated(seen map[[12]byte]place, suite *eval.Suite, c *eval.Case) error {
	var k [12]byte
	sum := sha256.Sum256([]byte(c.ID))
	copy(k[:], sum[:])
	if first, twice := seen[k]; twice {
		return &eval.InputError{Pos: c.Pos, Msg: fmt.Sprintf("the id %q stands twice; first at %s", c.ID,
			eval.Pos{File: suite.Cases[first.file], Line: int(first.line)})}
	}
	seen[k] = place{int32(slices.Index(suite.Cases, c.Pos.File)), int32(c.Pos.Line)}
	return nil
}

func countTags(into map[string]map[string]int, c *eval.Case) {
	for k, values := range c.Tags {
		if into[k] == nil {
			into[k] = map[string]int{}
		}
		for _, v := range values {
			into[k][v]++
		}
	}
}

// check says which part of a selection no case can have.
func (s Selection) check(known map[string]map[string]int) error {
	for _, o := range s.Only {
		k, v := splitTag(o)
		values, ok := known[k]
		if !ok {
			return &eval.InputError{Msg: fmt.Sprintf("--only %s: no case has a tag %q%s", o, k, wire.Suggest(k, keysOf(known)))}
		}
		if values[v] == 0 {
			return &eval.InputError{Msg: fmt.Sprintf("--only %s: no case has %s=%s%s", o, k, v, wire.Suggest(v, keysOf(values)))}
		}
	}
	return nil
}

func keysOf[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// faultList collects faults up to a limit and counts the rest.
type faultList struct {
	errs []error
	more int
}

func (f *faultList) add(err error) {
	switch {
	case err == nil:
	case len(f.errs) < maxFaults:
		f.errs = append(f.errs, err)
	default:
		f.more++
	}
}

func (f *faultList) err() error {
	errs := f.errs
	if f.more > 0 {
		errs = append(slices.Clone(errs), fmt.Errorf("and %d more faults", f.more))
	}
	return errors.Join(errs...)
}
