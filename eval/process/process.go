package process

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"sync"
	"sync/atomic"
	"time"

	"holdtrue/eval/wire"
)

const (
	// pipeGrace is how long a process that has ended, or has stopped reading,
	// may leave its pipes open: something it started may hold them.
	pipeGrace = time.Second
	// closeGrace is how long a process has to end by itself once its standard
	// input is closed.
	closeGrace = 2 * time.Second
)

// Why there is no answer.
var (
	ErrLate    = errors.New("no answer in time")
	ErrTooLong = errors.New("the line is too long")
	ErrPartial = errors.New("the line does not end")
	ErrEnd     = errors.New("no answer came")
	ErrDeaf    = errors.New("it stopped reading its standard input")
)

// Process is one running copy of a command agent. One goroutine at a time asks
// it; three of its own write its input, read its output and wait for its end.
type Process struct {
	cmd       *exec.Cmd
	stdin     io.WriteCloser
	stdout    *os.File
	Stderr    *Tail // since the last question
	maxLine   int64
	questions chan []byte
	written   chan error // one for each question
	lines     chan Reply
	ahead     atomic.Bool   // more than the last line was read
	quit      chan struct{} // closed by stop
	done      sync.WaitGroup
	exited    chan struct{} // closed when the process has ended and waitErr is set
	waitErr   error
	Answered  bool // it has answered a question before
	killed    bool // by stop, while it was still running
}

// Reply is a line of the process's standard output without its newline, or why
// there is none; with ErrPartial and ErrTooLong also what there is of it.
type Reply struct {
	Line []byte
	Err  error
}

// Start starts the command. What it writes to its standard error goes to all.
func Start(line CommandLine, all io.Writer, maxLine int64) (*Process, error) {
	p := &Process{
		cmd:    exec.Command(line.Program),
		Stderr: &Tail{Limit: CaseStderr}, maxLine: maxLine,
		questions: make(chan []byte), written: make(chan error, 1), lines: make(chan Reply, 1),
		quit: make(chan struct{}), exited: make(chan struct{}),
	}
	p.cmd.Args, p.cmd.Dir = line.Args, line.Dir
	p.cmd.Env = append(p.cmd.Environ(), line.Env...) // Environ knows the folder's PWD
	p.cmd.Stderr = io.MultiWriter(p.Stderr, all)
	p.cmd.WaitDelay = pipeGrace
	ownGroup(p.cmd)
	var err error
	if p.stdin, err = p.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	// A pipe of our own: the one of StdoutPipe is closed as soon as the process
	// ends, with an answer perhaps still in it.
	out, in, err := os.Pipe()
	if err != nil {
		return nil, errors.Join(err, p.stdin.Close())
	}
	p.cmd.Stdout, p.stdout = in, out
	err = p.cmd.Start()
	if cerr := in.Close(); err != nil {
		return nil, errors.Join(err, cerr, out.Close())
	}
	readerDone := make(chan struct{})
	p.done.Go(func() { defer close(readerDone); p.read() })
	p.done.Go(p.write)
	p.done.Go(func() { p.wait(readerDone) })
	return p, nil
}

// wait sees the process to its end and takes the rest of its group with it.
func (p *Process) wait(readerDone <-chan struct{}) {
	p.waitErr = p.cmd.Wait()
	close(p.exited)
	killGroup(p.cmd)
	select {
	case <-readerDone:
	case <-p.quit:
	case <-time.After(pipeGrace):
	}
	_ = p.stdout.Close() // unblocks the reader if something outlived the process
}

// write puts the questions to the process, one at a time.
func (p *Process) write() {
	for {
		select {
		case q := <-p.questions:
			_, err := p.stdin.Write(q)
			p.written <- err // has room for the one question under way
		case <-p.quit:
			return
		}
	}
}

// read takes the lines of the process as they come, until one cannot be read.
func (p *Process) read() {
	b := bufio.NewReaderSize(p.stdout, 64<<10)
	for {
		r := readReply(b, p.maxLine)
		p.ahead.Store(b.Buffered() > 0) // before the line is seen, so that Said knows
		select {
		case p.lines <- r:
		case <-p.quit:
			return
		}
		if r.Err != nil {
			return
		}
	}
}

// readReply reads one line of at most limit bytes.
func readReply(b *bufio.Reader, limit int64) Reply {
	var line []byte
	for {
		part, err := b.ReadSlice('\n')
		if int64(len(line)+len(part)) > limit+1 {
			return Reply{line, ErrTooLong}
		}
		line = append(line, part...)
		switch {
		case err == nil:
			return Reply{trimNewline(line), nil}
		case errors.Is(err, bufio.ErrBufferFull):
		case len(line) > 0:
			return Reply{line, ErrPartial}
		default:
			return Reply{nil, ErrEnd}
		}
	}
}

func trimNewline(line []byte) []byte {
	line = line[:len(line)-1]
	if n := len(line); n > 0 && line[n-1] == '\r' {
		line = line[:n-1]
	}
	return line
}

// Exchange asks one question and waits for the line that answers it. The error
// is the context's. After that, and after a reply with an error, the process is
// of no more use. A line counts once the question was taken in whole.
func (p *Process) Exchange(ctx context.Context, question []byte, timeout time.Duration) (Reply, error) {
	p.Stderr.Reset()
	deadline := time.NewTimer(timeout)
	defer deadline.Stop()
	select {
	case p.questions <- question:
	case <-ctx.Done():
		return Reply{}, ctx.Err()
	}
	var answer *Reply
	written, lines := p.written, p.lines
	var deaf <-chan time.Time
	for {
		select {
		case r := <-lines:
			if r.Err != nil || written == nil {
				return r, nil
			}
			answer, lines = &r, nil
		case err := <-written:
			if answer != nil {
				return *answer, nil
			}
			if written = nil; err != nil { // it is ending: its last words may yet come
				deaf = time.After(pipeGrace)
			}
		case <-deaf:
			return Reply{Err: ErrDeaf}, nil
		case <-deadline.C:
			return Reply{Err: ErrLate}, nil
		case <-ctx.Done():
			return Reply{}, ctx.Err()
		}
	}
}

// AwaitExit gives a process that says nothing more a moment to end by itself,
// so that its own exit status can be told.
func (p *Process) AwaitExit() {
	select {
	case <-p.exited:
	case <-time.After(pipeGrace):
	}
}

// Stop kills the process and waits for all that belongs to it.
func (p *Process) Stop() {
	select {
	case <-p.exited: // its number may belong to another process by now
	default:
		p.killed = true
		killGroup(p.cmd)
	}
	close(p.quit)
	_ = p.stdin.Close()
	p.done.Wait()
}

// Finish lets the process end by itself at the end of its input, and kills it
// if it does not.
func (p *Process) Finish() {
	_ = p.stdin.Close()
	select {
	case <-p.exited:
	case <-time.After(closeGrace):
	}
	p.Stop()
}

// Exit words how the process ended; only after stop.
func (p *Process) Exit() string {
	switch state := p.cmd.ProcessState; {
	case state == nil:
		return fmt.Sprint(p.waitErr)
	case p.killed:
		return "it was still running and was stopped"
	case state.Success():
		return "it ended with exit status 0 (an agent stays alive between cases)"
	default:
		return "it ended with " + state.String()
	}
}

// MaxReply is the length in bytes of the longest line that is read.
const MaxReply = wire.MaxLine

// Said reports whether a line, a part of one, or the end has come since the last
// answer; no question asked for it.
func (p *Process) Said() bool { return p.ahead.Load() || len(p.lines) > 0 }
