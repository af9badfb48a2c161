package agent

import (
	"errors"
	"fmt"
	"maps"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"holdtrue/eval"
	"holdtrue/eval/wire"
)

// commandLine is what to start: an absolute program, its arguments (the first
// as it was written), its folder, and what is added to the environment.
type commandLine struct {
	program string
	args    []string
	dir     string
	env     []string // NAME=VALUE, sorted
}

// readCommand reads the value under the key: a list of strings, a string that
// is split at white space, or {command: ..., env: {...}, dir: ...}.
func readCommand(spec eval.AgentSpec, opt Options) (commandLine, error) {
	var form struct {
		Command words             `json:"command"`
		Env     map[string]string `json:"env"`
		Dir     string            `json:"dir"`
	}
	into := any(&form.Command)
	if jsontext.Value(spec.Args).Kind() == '{' {
		into = &form
	}
	if err := wire.Decode(spec.Args, into, eval.Pos{}, false); err != nil {
		return commandLine{}, wrong(spec, "command: "+err.Error(), commandExample)
	}
	line := commandLine{args: form.Command, dir: form.Dir}
	if len(line.args) == 0 || line.args[0] == "" {
		return line, wrong(spec, "command: expected a program and its arguments", commandExample)
	}
	for _, name := range slices.Sorted(maps.Keys(form.Env)) {
		if name == "" || strings.ContainsAny(name, "=\x00") {
			return line, wrong(spec, fmt.Sprintf("command: %q cannot be the name of an environment variable", name), "")
		}
		line.env = append(line.env, name+"="+form.Env[name])
	}
	var err error
	if !filepath.IsAbs(line.dir) {
		line.dir = filepath.Join(opt.Dir, line.dir)
	}
	if line.dir, err = filepath.Abs(line.dir); err != nil {
		return line, wrong(spec, "command: "+err.Error(), "")
	}
	line.program, err = findProgram(line.args[0], line.dir)
	if err != nil {
		return line, wrong(spec, "command: "+err.Error(), "a program with a / in its name is looked up from "+line.dir+", any other on the PATH")
	}
	return line, nil
}

// findProgram looks a program up where it will be started, not where this
// program was.
func findProgram(name, dir string) (string, error) {
	path := name
	if filepath.Base(name) != name && !filepath.IsAbs(name) {
		path = filepath.Join(dir, name)
	}
	found, err := exec.LookPath(path)
	if err != nil {
		cause := err
		if e := (*exec.Error)(nil); errors.As(err, &e) {
			cause = e.Err
		}
		return "", fmt.Errorf("%s cannot be started: %w", name, cause)
	}
	return filepath.Abs(found)
}

// words is a list of strings, or one string split at white space. There is no
// shell: a string that seems to need one is refused rather than split wrongly.
type words []string

func (w *words) UnmarshalJSONFrom(d *jsontext.Decoder) error {
	switch d.PeekKind() {
	case '[':
		return json.UnmarshalDecode(d, (*[]string)(w))
	case '"':
		t, err := d.ReadToken()
		if err != nil {
			return err
		}
		if i := strings.IndexAny(t.String(), "\"'`\\|&;<>*?"); i >= 0 {
			return fmt.Errorf("found %q in a command that is one string; it is split at white space and no shell sees it: write a list, or [sh, -c, ...]", t.String()[i])
		}
		*w = strings.Fields(t.String())
		return nil
	}
	if err := d.SkipValue(); err != nil {
		return err
	}
	return errors.New("expected a list of strings, a string, or {command: [...], env: {...}, dir: ...}")
}
