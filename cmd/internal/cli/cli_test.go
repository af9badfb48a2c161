package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"holdtrue/eval"
)

// TestEveryCommandExplainsItself holds every command to a short text, an
// example that begins with the program's name, and a note on its arguments.
func TestEveryCommandExplainsItself(t *testing.T) {
	a := &app{prog: "holdtrue", getenv: func(string) (string, bool) { return "", false }}
	seen := 0
	var walk func(*cobra.Command)
	walk = func(c *cobra.Command) {
		if c.Name() == "help" || c.Name() == "exit-codes" || c.Name() == "completion" { // the library's, or no command
			return
		}
		for _, sub := range c.Commands() {
			walk(sub)
		}
		if c.Parent() == nil {
			return
		}
		seen++
		if c.Short == "" || strings.HasSuffix(c.Short, ".") {
			t.Errorf("%s: short text %q", c.CommandPath(), c.Short)
		}
		if !strings.Contains(c.Example, "holdtrue "+strings.TrimPrefix(c.CommandPath(), "holdtrue ")) {
			t.Errorf("%s: its example does not show it: %q", c.CommandPath(), c.Example)
		}
	}
	walk(a.rootCommand())
	if seen < 17 {
		t.Errorf("%d commands were seen", seen)
	}
}

func TestExitCodes(t *testing.T) {
	cancelled, cancel := context.WithCancel(context.Background())
	cancel()
	for _, c := range []struct {
		ctx    context.Context
		err    error
		want   int
		reason string
	}{
		{t.Context(), nil, 0, "nothing went wrong"},
		{t.Context(), ran{verdict(exitRegressed)}, 1, "a verdict"},
		{t.Context(), ran{errors.Join(nil, verdict(exitInconclusive))}, 3, "a verdict among errors"},
		{t.Context(), errors.New("unknown flag"), 4, "the flag library"},
		{t.Context(), ran{usage("", "no")}, 4, "wrong usage found by a command"},
		{t.Context(), ran{&eval.InputError{Msg: "bad"}}, 4, "bad input"},
		{t.Context(), ran{fmt.Errorf("x: %w", fs.ErrNotExist)}, 4, "a file that is not there"},
		{t.Context(), ran{errors.New("disk")}, 5, "the machine"},
		{cancelled, ran{context.Canceled}, 130, "the user"},
		{t.Context(), ran{context.Canceled}, 5, "cancelled, but not by the user"},
	} {
		var out bytes.Buffer
		a := &app{err: &out, prog: "holdtrue"}
		if got := a.exit(c.ctx, "holdtrue run", c.err); got != c.want {
			t.Errorf("%s: %d, want %d", c.reason, got, c.want)
		}
	}
}

func TestWorse(t *testing.T) {
	for _, c := range [][3]int{{0, 0, 0}, {0, 3, 3}, {3, 1, 1}, {1, 3, 1}, {1, 0, 1}} {
		if got := worse(c[0], c[1]); got != c[2] {
			t.Errorf("worse(%d, %d) = %d, want %d", c[0], c[1], got, c[2])
		}
	}
}

func TestShellWord(t *testing.T) {
	for in, want := range map[string]string{"a/b.c": "a/b.c", "": "''", "a b": "'a b'", "it's": `'it'\''s'`, "$x": "'$x'"} {
		if got := shellWord(in); got != want {
			t.Errorf("%q: %s, want %s", in, got, want)
		}
	}
}

// TestComplaintsAreHarmless: what a model wrote reaches the terminal only
// without its control characters.
func TestComplaintsAreHarmless(t *testing.T) {
	var out bytes.Buffer
	a := &app{err: &out, prog: "go run ./cmd/holdtrue"}
	a.complain(&eval.InputError{Pos: eval.Pos{File: "f", Line: 1}, Msg: "bad \x1b[31m\u009b1m", Hint: "holdtrue scorers"})
	if strings.ContainsAny(out.String(), "\x1b\u009b") || !strings.Contains(out.String(), "hint: go run ./cmd/holdtrue scorers") {
		t.Errorf("%q", out.String())
	}
}
