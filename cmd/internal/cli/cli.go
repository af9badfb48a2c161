// Package cli is the command line of holdtrue: one file per command, each of
// them flags, streams, wiring and an exit code. What a command does is done by
// the packages below; here it is only connected.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/term"

	"holdtrue/eval"
)

// Exit codes are a contract: see exitCodesHelp. 2 is left to the Go runtime.
const (
	exitOK           = 0
	exitRegressed    = 1
	exitInconclusive = 3
	exitUsage        = 4
	exitFailed       = 5
	exitCancelled    = 130
)

// app is what a command may use of the world: three streams, a clock, the
// environment. Nothing else in the program is global.
type app struct {
	in       io.Reader
	out, err io.Writer
	now      func() time.Time
	getenv   func(string) (string, bool)
	// prog is how this program is called in hints.
	prog string
	// interrupts tells a replay when not to wait any longer.
	interrupts *interrupts
	// opened is the path of the run database, once one was opened.
	opened string

	configFlag, storeFlag string
}

// Main runs the command line and gives the exit code.
func Main(args []string, in io.Reader, out, errOut io.Writer) int {
	ctx, interrupts, stop := onSignals(context.Background())
	defer stop()
	a := &app{interrupts: interrupts, in: in, out: out, err: errOut, now: time.Now, getenv: os.LookupEnv, prog: programName()}
	root := a.rootCommand()
	root.SetArgs(args)
	root.SetIn(in)
	root.SetOut(out)
	root.SetErr(errOut)
	cmd, err := root.ExecuteContextC(ctx)
	return a.exit(ctx, cmd.CommandPath(), err)
}

// verdict is an error that only carries an exit code: the report has said
// everything already.
type verdict int

func (v verdict) Error() string { return fmt.Sprintf("exit %d", int(v)) }

// ran marks errors of a command that was understood, as against wrong usage,
// which the flag library reports without a type.
type ran struct{ error }

func (r ran) Unwrap() error { return r.error }

// usageError is wrong usage found by a command itself.
type usageError struct {
	msg  string
	hint string
}

func (u usageError) Error() string { return u.msg }

func usage(hint, format string, args ...any) error {
	return usageError{fmt.Sprintf(format, args...), hint}
}

// exit prints an error and translates it into an exit code.
func (a *app) exit(ctx context.Context, command string, err error) int {
	var v verdict
	var u usageError
	var r ran
	switch {
	case err == nil:
		return exitOK
	case errors.As(err, &v):
		return int(v)
	case errors.As(err, &u):
		a.complain(u)
		a.hint(u.hint)
		return exitUsage
	case !errors.As(err, &r):
		a.complain(err)
		a.hint(strings.Replace(command, "holdtrue", a.prog, 1) + " --help")
		return exitUsage
	case errors.Is(err, context.Canceled) && ctx.Err() != nil:
		a.complain(errors.New("cancelled"))
		return exitCancelled
	}
	a.complain(err)
	var in *eval.InputError
	if errors.As(err, &in) || errors.Is(err, fs.ErrNotExist) {
		return exitUsage
	}
	a.hint(a.fullHint(err))
	return exitFailed
}

// maxComplaints is how many errors are printed; the rest is counted.
const maxComplaints = 50

func (a *app) complain(err error) {
	var r ran
	if errors.As(err, &r) {
		err = r.error // several joined errors are told one a line
	}
	lines, hints := eval.InputErrors(err)
	for i, line := range lines {
		if i == maxComplaints {
			fmt.Fprintf(a.err, "holdtrue: and %d more errors\n", len(lines)-i)
			break
		}
		fmt.Fprintf(a.err, "holdtrue: %s\n", printable(line))
	}
	for _, h := range hints {
		a.hint(h)
	}
}

func (a *app) hint(text string) {
	if text == "" {
		return
	}
	if rest, ok := strings.CutPrefix(text, "holdtrue "); ok {
		text = a.prog + " " + rest
	}
	fmt.Fprintf(a.err, "hint: %s\n", printable(text))
}

func (a *app) note(format string, args ...any) {
	fmt.Fprintf(a.err, "holdtrue: %s\n", printable(fmt.Sprintf(format, args...)))
}

// printable keeps control characters of model output and file names off the
// terminal.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if (r < ' ' && r != '\n' && r != '\t') || r == 0x7f || (r >= 0x80 && r < 0xa0) {
			return '\uFFFD'
		}
		return r
	}, s)
}

// programName is what a reader can type to call this program again.
func programName() string {
	exe, err := os.Executable()
	if err == nil && strings.Contains(exe, string(filepath.Separator)+"go-build") {
		return "go run ./cmd/holdtrue"
	}
	return "holdtrue"
}

// width is the width of the terminal behind out, 0 if there is none.
func (a *app) width() int {
	f, ok := a.out.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return 0
	}
	w, _, err := term.GetSize(int(f.Fd()))
	if err != nil || w <= 0 {
		return 80
	}
	return w
}

// color says whether to colour what goes to out.
func (a *app) color() bool {
	if v, set := a.getenv("NO_COLOR"); set && v != "" {
		return false
	}
	if v, _ := a.getenv("TERM"); v == "dumb" {
		return false
	}
	return a.width() > 0
}

// interactive says whether progress may be drawn on err.
func (a *app) interactive() bool {
	f, ok := a.err.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}
