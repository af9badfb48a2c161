package agent

import (
	"context"
	"math/rand/v2"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// limits holds calls back: to so many requests and tokens a minute, and while
// the server has asked to be left alone.
type limits struct {
	requests, tokens *rate.Limiter // nil: no limit

	mu    sync.Mutex
	quiet time.Time // no call before
}

// newLimits makes limits per minute; 0 is none. Up to a second's worth of
// requests, and ten seconds' worth of tokens, may come at once.
func newLimits(requests, tokens float64) *limits {
	l := &limits{}
	if requests > 0 {
		l.requests = rate.NewLimiter(rate.Limit(requests/60), max(1, int(requests/60)))
	}
	if tokens > 0 {
		l.tokens = rate.NewLimiter(rate.Limit(tokens/60), max(1, int(tokens/6)))
	}
	return l
}

// wait waits for the turn of a call that will read about so many tokens.
func (l *limits) wait(ctx context.Context, rng *rand.Rand, tokens int) error {
	now := time.Now()
	var delay time.Duration
	if l.requests != nil {
		delay = l.requests.ReserveN(now, 1).DelayFrom(now)
	}
	delay = max(delay, l.take(now, max(1, tokens)))
	if err := sleep(ctx, delay); err != nil {
		return err
	}
	for { // whoever waits here may be told to wait longer
		l.mu.Lock()
		rest := time.Until(l.quiet)
		l.mu.Unlock()
		if rest <= 0 {
			return sleep(ctx, 0)
		}
		// Not all at once when it is over.
		spread := time.Duration(rng.Float64() * float64(min(rest, time.Second)))
		if err := sleep(ctx, rest+spread); err != nil {
			return err
		}
	}
}

// spend takes what a call used beyond what it was let through for. Calls that
// follow wait for it.
func (l *limits) spend(tokens int) { l.take(time.Now(), tokens) }

// take reserves tokens, in pieces that the bucket can hold, and gives the time
// until the last of them is there.
func (l *limits) take(now time.Time, tokens int) (delay time.Duration) {
	if l.tokens == nil {
		return 0
	}
	for tokens > 0 {
		n := min(tokens, l.tokens.Burst())
		delay = l.tokens.ReserveN(now, n).DelayFrom(now)
		tokens -= n
	}
	return delay
}

// pause keeps all calls back for a while.
func (l *limits) pause(d time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if until := time.Now().Add(d); until.After(l.quiet) {
		l.quiet = until
	}
}
