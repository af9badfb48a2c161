package process

import (
	"context"
	"io"
	"sync"
)

// Pool keeps the processes of one command, which are started when needed and live
// until they fail or the pool is closed. It is safe for use by several goroutines.
type Pool struct {
	line  CommandLine
	all   io.Writer
	slots chan struct{}

	mu   sync.Mutex
	idle []*Process
}

// NewPool makes a pool of at most so many processes at once. What they write to
// their standard error goes to all.
func NewPool(line CommandLine, most int, all io.Writer) *Pool {
	return &Pool{line: line, all: all, slots: make(chan struct{}, most)}
}

// Enter waits until there is room for one process more; leave gives the room back.
// The error is the context's.
func (l *Pool) Enter(ctx context.Context) (leave func(), err error) {
	select {
	case l.slots <- struct{}{}:
		return func() { <-l.slots }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// Take takes a process that has nothing to do, or starts one. One that has ended
// meanwhile, or has said something nobody asked for, is replaced: its next line
// could be taken for the answer to another question.
func (l *Pool) Take() (*Process, error) {
	for {
		l.mu.Lock()
		n := len(l.idle)
		if n == 0 {
			l.mu.Unlock()
			return Start(l.line, l.all, MaxReply)
		}
		p := l.idle[n-1]
		l.idle = l.idle[:n-1]
		l.mu.Unlock()
		if !p.Said() {
			return p, nil
		}
		p.Stop()
	}
}

// Keep takes in a process that has nothing to do any more.
func (l *Pool) Keep(p *Process) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.idle = append(l.idle, p)
}

// Idle lists the processes that have nothing to do.
func (l *Pool) Idle() []*Process {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append([]*Process(nil), l.idle...)
}

// Close ends the processes: each is given a moment to end by itself, then it is
// killed with all it started.
func (l *Pool) Close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	var all sync.WaitGroup
	for _, p := range l.idle {
		all.Go(p.Finish)
	}
	all.Wait()
	l.idle = nil
}
