package agent

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// ErrDown says that an agent that is asked over the network did not come back,
// or will not answer for a long time. The run can be resumed.
var ErrDown = errors.New("the agent is down")

// outcome is what a call said of the server.
type outcome struct {
	kind   int
	reason string // of a failure
	absent bool   // there is no server at all
}

const (
	callUnknown = iota // the call was given up by us
	callAnswered
	callAlive  // the server answered, if only to refuse
	callFailed // it did not answer, or cannot
)

var (
	unknown  = outcome{kind: callUnknown}
	answered = outcome{kind: callAnswered}
	alive    = outcome{kind: callAlive}
)

func unreachable(f *fault) outcome { return outcome{callFailed, f.Error(), f.absent} }

// breaker keeps calls from a server that is down. Closed, it lets all calls
// through; after so many failures in a row it opens, and calls wait. When the
// pause is over one call is let through: if it fails there is another pause,
// twice as long. Unlike the breakers of libraries it makes calls wait where those
// refuse them: a call that is refused would be a failed answer of the run.
type breaker struct {
	failures int           // in a row, that open it; 0 never opens
	pause    time.Duration // the first one
	longest  time.Duration // no pause is longer
	probes   int           // failed probes in a row after which the agent is down

	mu       sync.Mutex
	row      int  // failures in a row
	once     bool // some call was once answered
	open     bool
	failed   int // probes in a row
	until    time.Time
	probing  bool
	dead     error
	changed  chan struct{} // closed when any of this changes; nil if nobody waits
	lastWord string
}

// enter waits until a call may be made. leave has to be told what became of it.
// The error is ErrDown, or what ended the context.
func (b *breaker) enter(ctx context.Context) (leave func(outcome), err error) {
	for {
		b.mu.Lock()
		switch {
		case b.dead != nil:
			b.mu.Unlock()
			return nil, b.dead
		case !b.open:
			b.mu.Unlock()
			return func(o outcome) { b.leave(o, false) }, nil
		case !b.probing && !time.Now().Before(b.until):
			b.probing = true
			b.mu.Unlock()
			return func(o outcome) { b.leave(o, true) }, nil
		}
		if b.changed == nil {
			b.changed = make(chan struct{})
		}
		changed, wait := b.changed, time.Until(b.until)
		if b.probing {
			wait = time.Hour // what the probe finds comes first
		}
		b.mu.Unlock()
		t := time.NewTimer(wait)
		select {
		case <-changed:
		case <-t.C:
		case <-ctx.Done():
			t.Stop()
			return nil, context.Cause(ctx)
		}
		t.Stop()
	}
}

func (b *breaker) leave(o outcome, probe bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	defer b.tell()
	if probe {
		b.probing = false
	}
	switch {
	case o.kind == callUnknown:
	case o.kind != callFailed:
		b.once = b.once || o.kind == callAnswered
		b.row, b.failed, b.open = 0, 0, false
	case probe:
		b.lastWord = o.reason
		b.failed++
		if b.failed >= b.probes {
			b.die()
			return
		}
		b.until = time.Now().Add(min(b.longest, b.pause<<min(b.failed, 20)))
	case !b.open:
		b.lastWord = o.reason
		b.row++
		if b.failures == 0 || b.row < b.failures {
			return
		}
		if !b.once && o.absent {
			b.die() // there was nothing that could come back
			return
		}
		b.open, b.until = true, time.Now().Add(b.pause)
	}
}

func (b *breaker) die() {
	b.dead = fmt.Errorf("%w: %d calls in a row failed; the last one: %s", ErrDown, b.row+b.failed, b.lastWord)
}

// tell wakes whoever waits for a change.
func (b *breaker) tell() {
	if b.changed != nil {
		close(b.changed)
		b.changed = nil
	}
}
