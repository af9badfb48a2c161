package agent

import (
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"holdtrue/eval"
)

func TestRetryAfter(t *testing.T) {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	for _, test := range []struct {
		key, value string
		want       time.Duration
	}{
		{"Retry-After", "7", 7 * time.Second},
		{"Retry-After", "0.5", 500 * time.Millisecond},
		{"Retry-After", "Sun, 01 Mar 2026 12:01:30 GMT", 90 * time.Second},
		{"Retry-After", "Sun, 01 Mar 2026 11:00:00 GMT", 0},
		{"Retry-After", "soon", 0},
		{"Retry-After", "-3", 0},
		{"Retry-After", "1e300", 24 * time.Hour},
		{"Retry-After", "NaN", 0},
		{"Retry-After-Ms", "250", 250 * time.Millisecond},
		{"", "", 0},
	} {
		h := http.Header{}
		h.Set(test.key, test.value)
		if got := retryAfter(h, now); got != test.want {
			t.Errorf("%s: %s gives %s, want %s", test.key, test.value, got, test.want)
		}
	}
}

func TestStatusesThatAreRepeated(t *testing.T) {
	for _, status := range []int{408, 409, 425, 429, 500, 502, 503, 504, 529} {
		if !failure(status, "").again {
			t.Errorf("%d is not repeated", status)
		}
	}
	for _, status := range []int{301, 307, 400, 401, 402, 403, 404, 405, 413, 422, 501} {
		if failure(status, "").again {
			t.Errorf("%d is repeated", status)
		}
	}
}

// Waits are drawn from [0, first*2^(n-1)], at most the longest, and are the same
// for the same question.
func TestWaitsAreFullJitterAndRepeatable(t *testing.T) {
	r := retries{first: time.Second, longest: 10 * time.Second}
	for n := 1; n < 40; n++ {
		top := min(10*time.Second, time.Second<<min(n-1, 20))
		var most time.Duration
		rng := rand.New(rand.NewPCG(1, uint64(n)))
		for range 400 {
			w := r.wait(rng, n, 0)
			if w < 0 || w > top {
				t.Fatalf("wait %d is %s, want at most %s", n, w, top)
			}
			most = max(most, w)
		}
		if most < top*9/10 { // 400 draws all miss a tenth with probability 1e-18
			t.Errorf("wait %d never exceeds %s of %s", n, most, top)
		}
	}
	if w := r.wait(rand.New(rand.NewPCG(1, 1)), 1, time.Minute); w != time.Minute {
		t.Errorf("the server asked for 1m, waited %s", w)
	}
	if a, b := r.wait(chance("bot", "c", 0, 0), 3, 0), r.wait(chance("bot", "c", 0, 0), 3, 0); a != b {
		t.Errorf("%s and then %s for the same call", a, b)
	}
	if a, b := r.wait(chance("bot", "c", 0, 0), 3, 0), r.wait(chance("bot", "d", 0, 0), 3, 0); a == b {
		t.Errorf("two cases wait the same %s", a)
	}
}

// virtual is a live agent in a bubble: nothing of it touches the network.
func virtual() *live {
	return &live{name: "bot", timeout: time.Minute, secrets: &secrets{}, limits: newLimits(0, 0),
		retry:   retries{most: 4, first: time.Second, longest: 8 * time.Second, mostAfter: time.Minute},
		breaker: &breaker{failures: 5, pause: 10 * time.Second, longest: time.Minute, probes: 3}}
}

func TestThrottlingHoldsEveryCallBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, began := virtual(), time.Now()
		calls := 0
		failed, err := l.call(t.Context(), chance("bot", "a", 0, 0), 0, func(context.Context) error {
			if calls++; calls == 1 {
				return &fault{class: RateLimit, msg: "slow down", again: true, after: 20 * time.Second}
			}
			return nil
		})
		if err != nil || len(failed) != 1 || failed[0].Err != "rate limit: slow down" || failed[0].WaitMS != 20_000 {
			t.Fatalf("%v %v", failed, err)
		}
		if d := time.Since(began); d != 20*time.Second {
			t.Errorf("took %s", d)
		}
		l.limits.pause(30 * time.Second)
		began = time.Now()
		if _, err := l.call(t.Context(), chance("bot", "b", 0, 0), 0, func(context.Context) error { return nil }); err != nil {
			t.Fatal(err)
		}
		if d := time.Since(began); d < 30*time.Second || d > 31*time.Second {
			t.Errorf("another call waited %s", d)
		}
	})
}

func TestLimitsPerMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rng := chance("bot", "a", 0, 0)
		l, began := newLimits(60, 0), time.Now()
		for range 31 {
			if err := l.wait(t.Context(), rng, 0); err != nil {
				t.Fatal(err)
			}
		}
		if d := time.Since(began).Round(time.Millisecond); d != 30*time.Second {
			t.Errorf("31 calls at 60 a minute took %s", d)
		}
		l, began = newLimits(0, 6000), time.Now() // 100 a second, 1000 at once
		for range 5 {
			if err := l.wait(t.Context(), rng, 400); err != nil {
				t.Fatal(err)
			}
			l.spend(1100)
		}
		// Before the fifth call 4*(400+1100)+400 tokens have to be there.
		if d := time.Since(began).Round(time.Millisecond); d != 54*time.Second {
			t.Errorf("6400 tokens at 6000 a minute took %s", d)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := l.wait(ctx, rng, 1e9); !errors.Is(err, context.Canceled) {
			t.Errorf("error %v", err)
		}
	})
}

// While the server is down calls wait instead of failing, one at a time asks
// whether it is back, and all go on when it is.
func TestBreakerWaitsForTheServer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := virtual()
		var mu sync.Mutex
		up, calls, within := true, 0, 0
		do := func(context.Context) error {
			mu.Lock()
			calls++
			within++
			down := !up
			mu.Unlock()
			time.Sleep(100 * time.Millisecond)
			mu.Lock()
			defer mu.Unlock()
			within--
			if down {
				return &fault{class: ServerError, msg: "status 503", again: true, down: true}
			}
			return nil
		}
		if _, err := l.call(t.Context(), chance("bot", "first", 0, 0), 0, do); err != nil {
			t.Fatal(err)
		}
		up, calls = false, 0
		var all sync.WaitGroup
		errs := make(chan error, 8)
		for n := range 8 {
			all.Go(func() {
				_, err := l.call(t.Context(), chance("bot", "c", n, 0), 0, do)
				errs <- err
			})
		}
		time.Sleep(20 * time.Second) // the first pause is over, its probe has failed
		mu.Lock()
		if calls > 8+1 || within > 1 {
			t.Errorf("%d calls while it was down", calls)
		}
		up = true
		mu.Unlock()
		all.Wait()
		close(errs)
		for err := range errs {
			if err != nil {
				t.Error(err)
			}
		}
	})
}

func TestBreakerGivesUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, began := virtual(), time.Now()
		down := func(context.Context) error {
			return &fault{class: ServerError, msg: "status 503", again: true, down: true}
		}
		var all sync.WaitGroup
		for n := range 6 {
			all.Go(func() {
				for {
					if _, err := l.call(t.Context(), chance("bot", "c", n, 0), 0, down); errors.Is(err, ErrDown) {
						if !strings.Contains(err.Error(), "status 503") {
							t.Errorf("error %v", err)
						}
						return
					}
				}
			})
		}
		all.Wait()
		// Pauses of 10, 20 and 40 seconds.
		if d := time.Since(began); d < 70*time.Second || d > 90*time.Second {
			t.Errorf("gave up after %s", d)
		}
	})
}

// A probe that is given up by the run does not keep the others waiting.
func TestBreakerProbeThatIsCancelled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := &breaker{failures: 1, pause: time.Second, longest: time.Second, probes: 9}
		leave, _ := b.enter(t.Context())
		leave(outcome{kind: callFailed})
		probe, err := b.enter(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := b.enter(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("a second probe: %v", err)
		}
		probe(unknown)
		if leave, err := b.enter(t.Context()); err != nil {
			t.Error(err)
		} else {
			leave(answered)
		}
	})
}

func TestAnswersFromACacheAreTold(t *testing.T) {
	for header, want := range map[string]bool{"X-Cache: HIT from edge": true, "cf-aig-cache-status: HIT": true, "Helicone-Cache: MISS": false,
		"Age: 12": true, "Cache-Control: no-store": false, "X-Other: hit": false} {
		name, value, _ := strings.Cut(header, ": ")
		url := serve(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set(name, value)
			w.Header().Set("Content-Type", "application/json")
			io.WriteString(w, `{"output":"x","choices":[{"message":{"content":"x"},"finish_reason":"stop"}]}`)
		}))
		plain := httpSpec(`{"url":"` + url + `","response":{"output":".output"}}`)
		for _, spec := range []eval.AgentSpec{chatSpec(url), plain} {
			if o := askOnce(t, openLive(t, spec), &eval.Case{ID: "c", Prompt: "p"}); o.Failed() || o.Cached != want {
				t.Errorf("%s, %s: cached %t %s", spec.Kind, header, o.Cached, o.Err)
			}
		}
	}
}
