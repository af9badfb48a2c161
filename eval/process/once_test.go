package process

import (
	"context"
	"errors"
	"io"
	"os/exec"
	"strings"
	"testing"
	"time"
)

func TestOnce(t *testing.T) {
	sh, err := exec.LookPath("sh")
	if err != nil {
		t.Skip("no sh: ", err)
	}
	ask := func(ctx context.Context, script string, timeout time.Duration) (string, string, error) {
		out, stderr, err := Once(ctx, CommandLine{Program: sh, Args: []string{"sh", "-c", script}, Dir: t.TempDir(), Env: []string{"NAME=value"}},
			[]byte("question\n"), timeout, io.Discard, 100)
		return string(out), stderr, err
	}
	long := time.Minute
	if out, _, err := ask(t.Context(), `read q; echo "$q $NAME"`, long); err != nil || out != "question value\n" {
		t.Errorf("%q %v", out, err)
	}
	if out, _, err := ask(t.Context(), "echo deaf", long); err != nil || out != "deaf\n" {
		t.Errorf("that it does not read the question is no fault: %q %v", out, err)
	}
	if _, stderr, err := ask(t.Context(), "echo why >&2; exit 4", long); err == nil || !strings.Contains(err.Error(), "exit status 4") || stderr != "why\n" {
		t.Errorf("%q %v", stderr, err)
	}
	if _, _, err := ask(t.Context(), "sleep 60 & sleep 60", 50*time.Millisecond); !errors.Is(err, ErrLate) {
		t.Errorf("%v", err)
	}
	if out, _, err := ask(t.Context(), "yes", long); !errors.Is(err, ErrTooLong) || len(out) > 100 {
		t.Errorf("%d bytes, %v", len(out), err)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, _, err := ask(ended, "echo x", long); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}
