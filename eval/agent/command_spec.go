package agent

import (
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"holdtrue/eval"
	"holdtrue/eval/process"
	"holdtrue/eval/wire"
)

// readCommand reads the value under the key: a list of strings, a string that
// is split at white space, or {command: ..., env: {...}, dir: ..., per_case: ...}.
// perCase says that every case gets a process of its own.
func readCommand(spec eval.AgentSpec, opt Options) (line process.CommandLine, perCase bool, err error) {
	var form struct {
		Command words             `json:"command"`
		Env     map[string]string `json:"env"`
		Dir     string            `json:"dir"`
		PerCase bool              `json:"per_case"`
	}
	into := any(&form.Command)
	if jsontext.Value(spec.Args).Kind() == '{' {
		into = &form
	}
	if err := wire.Decode(spec.Args, into, eval.Pos{}, false); err != nil {
		return line, false, wrong(spec, "command: "+err.Error(), commandExample)
	}
	line = process.CommandLine{Args: form.Command, Dir: form.Dir}
	if len(line.Args) == 0 || line.Args[0] == "" {
		return line, false, wrong(spec, "command: expected a program and its arguments", commandExample)
	}
	for _, name := range slices.Sorted(maps.Keys(form.Env)) {
		if name == "" || strings.ContainsAny(name, "=\x00") {
			return line, false, wrong(spec, fmt.Sprintf("command: %q cannot be the name of an environment variable", name), "")
		}
		line.Env = append(line.Env, name+"="+form.Env[name])
	}
	if !filepath.IsAbs(line.Dir) {
		line.Dir = filepath.Join(opt.Dir, line.Dir)
	}
	if line.Dir, err = filepath.Abs(line.Dir); err != nil {
		return line, false, wrong(spec, "command: "+err.Error(), "")
	}
	line.Program, err = process.FindProgram(line.Args[0], line.Dir)
	if err != nil {
		return line, false, wrong(spec, "command: "+err.Error(), "a program with a / in its name is looked up from "+line.Dir+", any other on the PATH")
	}
	return line, form.PerCase, nil
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
