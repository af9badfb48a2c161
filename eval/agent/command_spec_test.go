package agent

import (
	"encoding/json"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"holdtrue/eval"
)

func TestReadCommand(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the program is a shell script")
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "bot"), []byte("#!/bin/sh\n"), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "text"), nil, 0o666); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		value  string
		args   []string
		err    string
		reason string
	}{
		{`["./bot","a b"]`, []string{"./bot", "a b"}, "", "a list is taken as it is"},
		{`"./bot  --stdio x"`, []string{"./bot", "--stdio", "x"}, "", "a string is split at white space"},
		{`{"command":["./bot"],"env":{"B":"2","A":"1"}}`, []string{"./bot"}, "", "an object"},
		{`{"command":"./bot -x"}`, []string{"./bot", "-x"}, "", "an object with a string"},
		{`"./bot | tee log"`, nil, `found '|' in a command that is one string`, "no shell sees it"},
		{`"./bot 'a b'"`, nil, "write a list", "quotes would be split wrongly"},
		{`[]`, nil, "expected a program", "an empty list"},
		{`""`, nil, "expected a program", "an empty string"},
		{`{"env":{}}`, nil, "expected a program", "no command"},
		{`7`, nil, "expected a list of strings, a string, or", "a number"},
		{`{"command":["./bot"],"envs":{}}`, nil, `unknown key "envs"; did you mean "env"?`, "a slip"},
		{`{"command":["./bot"],"env":{"A=B":"x"}}`, nil, `"A=B" cannot be the name`, "a name that would be another"},
		{`["./nobot"]`, nil, "./nobot cannot be started: ", "no such file"},
		{`["./text"]`, nil, "./text cannot be started: permission denied", "not executable"},
		{`["holdtrue-no-such-program"]`, nil, "executable file not found", "not on the PATH"},
	} {
		spec := eval.AgentSpec{Name: "bot", Kind: "command", Args: json.RawMessage(c.value), Pos: eval.Pos{File: "holdtrue.yaml", Line: 4}}
		line, _, err := readCommand(spec, Options{Dir: dir})
		if c.err != "" {
			if err == nil || !strings.HasPrefix(err.Error(), "holdtrue.yaml:4: agent bot: command: ") || !strings.Contains(err.Error(), c.err) {
				t.Errorf("%s: %v, want %q", c.reason, err, c.err)
			}
			continue
		}
		if err != nil || !slices.Equal(line.Args, c.args) || line.Program != filepath.Join(dir, "bot") || line.Dir != dir {
			t.Errorf("%s: %+v, %v", c.reason, line, err)
		}
		if strings.Contains(c.value, "env") && !slices.Equal(line.Env, []string{"A=1", "B=2"}) {
			t.Errorf("environment %q", line.Env)
		}
	}
}

func TestOpenUnknownKind(t *testing.T) {
	_, err := Open(t.Context(), eval.AgentSpec{Name: "a", Kind: "recordng", Pos: eval.Pos{File: "holdtrue.yaml", Line: 2}}, Options{})
	if err == nil || err.Error() != `holdtrue.yaml:2: agent a: no kind of agent is called "recordng"; did you mean "recording"?` {
		t.Errorf("%v", err)
	}
	if _, hints := eval.InputErrors(err); len(hints) != 1 || hints[0] != "kinds: command, openai, http, recording, run" {
		t.Errorf("hints %q", hints)
	}
}

// TestKindsListsEveryKind: a kind whose file is there and whose line is
// forgotten could not be used.
func TestKindsListsEveryKind(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil || len(files) == 0 {
		t.Fatalf("no source files seen (%v)", err)
	}
	declared := 0
	for _, f := range files {
		if strings.HasSuffix(f, "_test.go") {
			continue
		}
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		declared += strings.Count(string(b), "Kind = Kind{")
	}
	if declared == 0 || declared != len(Kinds) {
		t.Errorf("the package declares %d kinds, Kinds lists %d", declared, len(Kinds))
	}
	for _, k := range Kinds {
		if k.Name == "" || k.Doc == "" || k.Open == nil || !strings.Contains(k.Example, k.Name+": ") {
			t.Errorf("kind %q lacks a name, a sentence, a fitting example or a way to open it", k.Name)
		}
	}
}

func TestTimeoutPrecedence(t *testing.T) {
	for _, c := range []struct{ opt, spec, want time.Duration }{
		{0, 0, DefaultTimeout},
		{0, time.Second, time.Second},
		{time.Minute, time.Second, time.Minute},
	} {
		if got := (Options{Timeout: c.opt}).timeout(eval.AgentSpec{Timeout: c.spec}); got != c.want {
			t.Errorf("caller %s, suite %s: %s, want %s", c.opt, c.spec, got, c.want)
		}
	}
}

func TestClassify(t *testing.T) {
	for text, want := range map[string]Class{
		noAnswer: NoAnswer, "time-out: x": Timeout, "crash: x": Crash, "bad reply: x": BadReply,
		"crashed": Other, "": Other, "rate limited": Other,
	} {
		if got := Classify(text); got != want {
			t.Errorf("%q is %q, want %q", text, got, want)
		}
	}
}
