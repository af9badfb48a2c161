package agent

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"time"

	"holdtrue/eval"
)

// retries says how often a call is repeated, and when. The waits are our own, not
// a library's, since those of libraries cannot be drawn from a seed.
type retries struct {
	most      int           // calls in all, at least 1
	first     time.Duration // the wait before the second call is up to this
	longest   time.Duration // no wait is longer, unless the server asks for it
	mostAfter time.Duration // nor longer than this if it does
}

// wait is how long to wait after the n-th failed call, from 1: a random time
// from 0 to first*2^(n-1), at most longest ("full jitter": M. Brooker,
// "Exponential Backoff and Jitter", AWS Architecture Blog, 2015), but not less
// than what the server asked for.
func (r retries) wait(rng *rand.Rand, n int, after time.Duration) time.Duration {
	top := r.longest
	if shift := n - 1; shift < 30 && r.first<<shift < top {
		top = r.first << shift
	}
	return max(after, time.Duration(rng.Float64()*float64(top)))
}

// chance is the source of the waits of one call: the same for the same question,
// so that a run can be repeated.
func chance(agent, caseID string, repeat, turn int) *rand.Rand {
	h := fnv.New64a()
	fmt.Fprintf(h, "%q %q %d %d", agent, caseID, repeat, turn)
	return rand.New(rand.NewPCG(h.Sum64(), 1))
}

// call makes a call until it succeeds, repeating it where that makes sense. It
// gives the calls that failed and were repeated. The error is a *fault if the
// call failed for good, and else what ends the run.
//
// tokens is about what the call will read, for the limit of tokens a minute.
func (l *live) call(ctx context.Context, rng *rand.Rand, tokens int, do func(context.Context) error) (failed []eval.Attempt, err error) {
	for n := 1; ; n++ {
		if err := l.limits.wait(ctx, rng, tokens); err != nil {
			return failed, err
		}
		leave, err := l.breaker.enter(ctx)
		if err != nil {
			return failed, l.down(err)
		}
		began := time.Now()
		f, err := l.attempt(ctx, do)
		leave(verdict(f, err))
		switch {
		case err != nil:
			return failed, err
		case f == nil:
			l.usable()
			return failed, nil
		case f.over:
			return failed, fmt.Errorf("agent %s: %w: %s", l.name, ErrDown, f)
		case f.useless && l.hopeless():
			return failed, fmt.Errorf("agent %s: %w: %s", l.name, ErrBroken, f)
		case !f.again || n >= l.retry.most:
			return failed, f
		}
		wait := l.retry.wait(rng, n, f.after)
		if f.class == RateLimit && f.after > 0 {
			l.limits.pause(f.after)
		}
		failed = append(failed, eval.Attempt{Err: l.secrets.clean(f.Error()), LatencyMS: ms(time.Since(began)), WaitMS: ms(wait)})
		if err := sleep(ctx, wait); err != nil {
			return failed, err
		}
	}
}

// attempt makes one call within the time-out. The error is the context's.
func (l *live) attempt(ctx context.Context, do func(context.Context) error) (*fault, error) {
	within, cancel := context.WithTimeoutCause(ctx, l.timeout, errLate)
	defer cancel()
	err := do(within)
	if ctx.Err() != nil && err != nil {
		return nil, context.Cause(ctx)
	}
	var f *fault
	switch {
	case err == nil:
		return nil, nil
	case errors.As(err, &f):
		f.msg = l.secrets.clean(f.msg)
		return f, nil
	}
	return &fault{class: Other, msg: l.secrets.clean(err.Error())}, nil
}

// verdict is what a call says of the server.
func verdict(f *fault, err error) outcome {
	switch {
	case err != nil:
		return unknown
	case f == nil:
		return answered
	case f.down:
		return unreachable(f)
	}
	return alive
}

// down words that the agent is down.
func (l *live) down(err error) error {
	if errors.Is(err, ErrDown) {
		return fmt.Errorf("agent %s: %w", l.name, err)
	}
	return err
}

// usable notes that the agent once answered.
func (l *live) usable() { l.answered.Store(true) }

// hopeless tells whether the agent has refused several calls and never answered.
func (l *live) hopeless() bool {
	return !l.answered.Load() && l.refusals.Add(1) >= maxStartFailures
}

// sleep waits, or gives what ended the context.
func sleep(ctx context.Context, d time.Duration) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if d <= 0 {
		return nil
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func ms(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
