package cli

import (
	"context"
	"os"
	"os/signal"
	"sync/atomic"
	"syscall"
	"time"
)

// termGrace is how long a replay waits for the calls under way after a SIGTERM:
// who sends it does not wait for long.
const termGrace = 5 * time.Second

// interrupts is how a user stops the program. The first signal ends the context:
// nothing more begins. A replay then ends the calls that are under way, unless a
// second signal says not to wait for them.
type interrupts struct {
	abandon   chan struct{} // closed by the second signal
	replaying atomic.Bool
}

// hold says that a replay is under way, which the second signal is to stop
// rather than the process. The channel is closed then.
func (i *interrupts) hold() <-chan struct{} {
	if i == nil {
		return nil
	}
	i.replaying.Store(true)
	return i.abandon
}

func (i *interrupts) release() {
	if i != nil {
		i.replaying.Store(false)
	}
}

// onSignals ends the context at the first interrupt. The second one stops a
// replay without waiting for calls, and any other command by ending the process,
// as the third does always.
func onSignals(parent context.Context) (context.Context, *interrupts, func()) {
	ctx, cancel := context.WithCancel(parent)
	i := &interrupts{abandon: make(chan struct{})}
	signals := make(chan os.Signal, 3)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	done := make(chan struct{})
	go i.heed(signals, done, cancel)
	return ctx, i, func() { signal.Stop(signals); close(done); cancel() }
}

func (i *interrupts) heed(signals <-chan os.Signal, done <-chan struct{}, cancel func()) {
	var hurry <-chan time.Time
	select {
	case s := <-signals:
		cancel()
		if s == syscall.SIGTERM {
			hurry = time.After(termGrace)
		}
	case <-done:
		return
	}
	select {
	case <-signals:
		if !i.replaying.Load() {
			os.Exit(exitCancelled)
		}
	case <-hurry:
	case <-done:
		return
	}
	close(i.abandon)
	select {
	case <-signals:
		os.Exit(exitCancelled)
	case <-done:
	}
}
