package process

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"time"
)

// Once starts a process for one question, gives it that and the end of its
// standard input, waits for its end and returns all it wrote to its standard
// output, up to most bytes, and the end of its standard error. It is killed, with
// all it started, when the time is up, when it writes more, and when the context
// ends. The error is ErrLate, ErrTooLong, the context's, or says how it ended
// where that was not well.
func Once(ctx context.Context, line CommandLine, question []byte, timeout time.Duration, all io.Writer, most int64) (out []byte, stderr string, err error) {
	limited, cancel := context.WithTimeoutCause(ctx, timeout, ErrLate)
	defer cancel()
	cmd := exec.CommandContext(limited, line.Program)
	cmd.Args, cmd.Dir = line.Args, line.Dir
	cmd.Env = append(cmd.Environ(), line.Env...)
	cmd.Stdin = bytes.NewReader(question)
	said := &Tail{Limit: CaseStderr}
	cmd.Stderr = io.MultiWriter(said, all)
	stdout := &bounded{most: most, full: cancel}
	cmd.Stdout = stdout
	cmd.WaitDelay = pipeGrace
	ownGroup(cmd)
	cmd.Cancel = func() error { killGroup(cmd); return nil }
	err = cmd.Run()
	if cmd.Process != nil {
		killGroup(cmd) // whatever it left behind
	}
	switch {
	case ctx.Err() != nil:
		err = ctx.Err()
	case stdout.over:
		err = ErrTooLong
	case context.Cause(limited) == ErrLate:
		err = ErrLate
	case errors.Is(err, exec.ErrWaitDelay), isBrokenPipe(err): // it did not read to the end, or left a child
		err = nil
	case err != nil:
		err = fmt.Errorf("the agent ended: %w", err)
	}
	return stdout.kept.Bytes(), said.String(), err
}

// isBrokenPipe says that a process ended well without reading all its input.
func isBrokenPipe(err error) bool {
	var exit *exec.ExitError
	return err != nil && !errors.As(err, &exit) && strings.Contains(err.Error(), "broken pipe")
}

// bounded keeps what is written to it, up to a limit; above it, it says so once.
// The buffer is not embedded: its ReadFrom would pass the limit by.
type bounded struct {
	kept bytes.Buffer
	most int64
	over bool
	full func()
}

func (b *bounded) Write(p []byte) (int, error) {
	if int64(b.kept.Len()+len(p)) > b.most {
		b.over = true
		b.full()
		return 0, ErrTooLong
	}
	return b.kept.Write(p)
}
