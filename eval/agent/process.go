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

// errEnded says that a process ended instead of answering.
var errEnded = errors.New("the agent ended")

// errTimeout says that a process did not answer in time.
var errTimeout = errors.New("time-out")

// maxStderr is how much of the end of a process's standard error is kept.
const maxStderr = 8 << 10

// grace is how long a process may take to end by itself when its input closes.
const grace = 2 * time.Second

// process is one running agent. One call at a time uses it.
type process struct {
	cmd     *exec.Cmd
	in      io.WriteCloser
	out     io.Closer
	lines   chan answer
	stderr  *tail
	answers int
	waited  chan struct{} // closed when the process has ended and err is set
	err     error
}

type answer struct {
	line []byte
	err  error
}

func startProcess(argv []string, dir string, env []string) (*process, error) {
	cmd := exec.Command(argv[0], argv[1:]...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), env...)
	cmd.WaitDelay = grace // children may hold the pipes open
	ownGroup(cmd)
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, outWriter, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	cmd.Stdout = outWriter
	p := &process{cmd: cmd, in: in, out: out, lines: make(chan answer, 1), stderr: &tail{}, waited: make(chan struct{})}
	cmd.Stderr = p.stderr
	if err := cmd.Start(); err != nil {
		return nil, errors.Join(err, out.Close(), outWriter.Close())
	}
	outWriter.Close()
	go p.readLines(out)
	go func() {
		p.err = cmd.Wait()
		close(p.waited)
	}()
	return p, nil
}

// readLines hands over what the process prints, line by line, until it ends.
func (p *process) readLines(out io.ReadCloser) {
	defer out.Close()
	defer close(p.lines)
	b := bufio.NewReaderSize(out, 64<<10)
	for {
		line, err := readAnswer(b)
		if err == nil || len(line) > 0 {
			p.lines <- answer{line, nil}
		}
		if err != nil {
			if !errors.Is(err, io.EOF) {
				p.lines <- answer{nil, err}
			}
			return
		}
	}
}

// readAnswer reads one line, refusing one that is too long to be an answer.
func readAnswer(b *bufio.Reader) ([]byte, error) {
	var line []byte
	for {
		part, err := b.ReadSlice('\n')
		line = append(line, part...)
		if len(line) > wire.MaxLine {
			return nil, fmt.Errorf("the agent's line is over %d bytes", wire.MaxLine)
		}
		if errors.Is(err, bufio.ErrBufferFull) {
			continue
		}
		return line, err
	}
}

// ask sends a line and waits for the answer.
func (p *process) ask(ctx context.Context, line []byte, timeout time.Duration) ([]byte, error) {
	timer := time.NewTimer(timeout)
	defer timer.Stop()
	sent := make(chan error, 1)
	go func() {
		_, err := p.in.Write(line)
		sent <- err
	}()
	for {
		select {
		case a, ok := <-p.lines:
			switch {
			case !ok:
				return nil, p.ended()
			case a.err != nil:
				return nil, a.err
			}
			p.answers++
			return a.line, nil
		case err := <-sent:
			if err != nil {
				// The process is going; its last line may still be on its way.
				sent = nil
			}
		case <-timer.C:
			return nil, fmt.Errorf("%w: no answer within %s", errTimeout, timeout)
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// ended says how the process ended.
func (p *process) ended() error {
	select {
	case <-p.waited:
	case <-time.After(grace):
		return fmt.Errorf("%w: it closed its output without answering", errEnded)
	}
	if p.err != nil {
		return fmt.Errorf("%w without answering: %v", errEnded, p.err)
	}
	return fmt.Errorf("%w without answering: exit status 0", errEnded)
}

// kill ends the process and its children at once and gives its last words.
func (p *process) kill() string {
	killGroup(p.cmd)
	p.in.Close()
	go p.drain()
	<-p.waited
	p.out.Close() // a child that left the group may still hold the other end
	return p.stderr.String()
}

// stop closes the process's input and, if that does not end it, kills it.
func (p *process) stop() {
	p.in.Close()
	go p.drain()
	select {
	case <-p.waited:
	case <-time.After(grace):
		p.kill()
	}
	killGroup(p.cmd) // children that stayed
	p.out.Close()
}

func (p *process) drain() {
	for range p.lines {
	}
}

// tail keeps the end of what is written to it.
type tail struct {
	mu  sync.Mutex
	buf []byte
}

// Write never fails and never blocks.
func (t *tail) Write(b []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.buf = append(t.buf, b...)
	if len(t.buf) > 2*maxStderr {
		t.buf = append(t.buf[:0], t.buf[len(t.buf)-maxStderr:]...)
	}
	return len(b), nil
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(t.buf[max(0, len(t.buf)-maxStderr):])
}
