package agent

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"sync"
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
	errLate    = errors.New("no answer in time")
	errTooLong = errors.New("the line is too long")
	errPartial = errors.New("the line does not end")
	errEnd     = errors.New("no answer came")
	errDeaf    = errors.New("it stopped reading its standard input")
)

// process is one running copy of a command agent. One goroutine at a time asks
// it; three of its own write its input, read its output and wait for its end.
type process struct {
	cmd       *exec.Cmd
	stdin     io.WriteCloser
	stdout    *os.File
	stderr    *tail // since the last question
	maxLine   int64
	questions chan []byte
	written   chan error // one for each question
	lines     chan reply
	quit      chan struct{} // closed by stop
	done      sync.WaitGroup
	exited    chan struct{} // closed when the process has ended and waitErr is set
	waitErr   error
	answered  bool // it has answered a question before
	killed    bool // by stop, while it was still running
}

// reply is a line of the process's standard output without its newline, or why
// there is none; with errPartial and errTooLong also what there is of it.
type reply struct {
	line []byte
	err  error
}

// start starts the command. What it writes to its standard error goes to all.
func start(line commandLine, all io.Writer, maxLine int64) (*process, error) {
	p := &process{
		cmd:    exec.Command(line.program),
		stderr: &tail{limit: caseStderr}, maxLine: maxLine,
		questions: make(chan []byte), written: make(chan error, 1), lines: make(chan reply, 1),
		quit: make(chan struct{}), exited: make(chan struct{}),
	}
	p.cmd.Args, p.cmd.Dir = line.args, line.dir
	p.cmd.Env = append(p.cmd.Environ(), line.env...) // Environ knows the folder's PWD
	p.cmd.Stderr = io.MultiWriter(p.stderr, all)
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
func (p *process) wait(readerDone <-chan struct{}) {
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
func (p *process) write() {
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
func (p *process) read() {
	b := bufio.NewReaderSize(p.stdout, 64<<10)
	for {
		r := readReply(b, p.maxLine)
		select {
		case p.lines <- r:
		case <-p.quit:
			return
		}
		if r.err != nil {
			return
		}
	}
}

// readReply reads one line of at most limit bytes.
func readReply(b *bufio.Reader, limit int64) reply {
	var line []byte
	for {
		part, err := b.ReadSlice('\n')
		if int64(len(line)+len(part)) > limit+1 {
			return reply{line, errTooLong}
		}
		line = append(line, part...)
		switch {
		case err == nil:
			return reply{trimNewline(line), nil}
		case errors.Is(err, bufio.ErrBufferFull):
		case len(line) > 0:
			return reply{line, errPartial}
		default:
			return reply{nil, errEnd}
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

// pending tells whether the process has said something, or ended, since its
// last answer; nobody asked for it.
func (p *process) pending() (reply, bool) {
	select {
	case r := <-p.lines:
		return r, true
	default:
		return reply{}, false
	}
}

// exchange asks one question and waits for the line that answers it. The error
// is the context's. After that, and after a reply with an error, the process is
// of no more use. A line counts once the question was taken in whole.
func (p *process) exchange(ctx context.Context, question []byte, timeout time.Duration) (reply, error) {
	p.stderr.reset()
	deadline := time.NewTimer(timeout)
	defer deadline.Stop()
	select {
	case p.questions <- question:
	case <-ctx.Done():
		return reply{}, ctx.Err()
	}
	var answer *reply
	written, lines := p.written, p.lines
	var deaf <-chan time.Time
	for {
		select {
		case r := <-lines:
			if r.err != nil || written == nil {
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
			return reply{err: errDeaf}, nil
		case <-deadline.C:
			return reply{err: errLate}, nil
		case <-ctx.Done():
			return reply{}, ctx.Err()
		}
	}
}

// awaitExit gives a process that says nothing more a moment to end by itself,
// so that its own exit status can be told.
func (p *process) awaitExit() {
	select {
	case <-p.exited:
	case <-time.After(pipeGrace):
	}
}

// stop kills the process and waits for all that belongs to it.
func (p *process) stop() {
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

// finish lets the process end by itself at the end of its input, and kills it
// if it does not.
func (p *process) finish() {
	_ = p.stdin.Close()
	select {
	case <-p.exited:
	case <-time.After(closeGrace):
	}
	p.stop()
}

// exit words how the process ended; only after stop.
func (p *process) exit() string {
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

// maxReply is the longest answer, in bytes.
const maxReply = wire.MaxLine
