package agent

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"holdtrue/eval"
)

// maxBody is the longest answer that is read from a server, in bytes.
const maxBody = 16 << 20

// maxErrorBody is how much is read of an answer that says what went wrong.
const maxErrorBody = 64 << 10

// live is what the agents that are asked over a network have in common.
type live struct {
	name    string // of the agent
	host    string // for messages
	client  *http.Client
	timeout time.Duration // of a call
	idle    time.Duration // in which something of an answer has to come
	retry   retries
	limits  *limits
	breaker *breaker
	secrets *secrets
	stop    context.CancelFunc
	// perCase says that the address depends on the case, so that one which is
	// not found, or forbidden, says nothing of the others.
	perCase bool
	prices  prices

	answered atomic.Bool  // some call once was
	refusals atomic.Int64 // useless calls as long as none was
}

// liveForm is what a suite may say of any agent behind a network.
type liveForm struct {
	RequestsPerMinute float64       `json:"requests_per_minute"`
	TokensPerMinute   float64       `json:"tokens_per_minute"`
	MaxAttempts       *int          `json:"max_attempts"`
	IdleTimeout       duration      `json:"idle_timeout"`
	MaxRetryAfter     *duration     `json:"max_retry_after"`
	Backoff           backoffForm   `json:"backoff"`
	Breaker           breakerForm   `json:"breaker"`
	InputPrice        *float64      `json:"input_usd_per_million"`
	OutputPrice       *float64      `json:"output_usd_per_million"`
	Headers           headersInFile `json:"headers"`
}

// headersInFile are headers as a suite writes them.
type headersInFile map[string]string

type backoffForm struct {
	First   duration `json:"first"`
	Longest duration `json:"longest"`
}

type breakerForm struct {
	Failures *int     `json:"failures"`
	Pause    duration `json:"pause"`
	Probes   *int     `json:"probes"`
}

// duration is a time as a suite writes it: "30s".
type duration time.Duration

func (d *duration) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	raw, err := dec.ReadValue()
	if err != nil {
		return err
	}
	parsed := time.Duration(-1)
	if raw.Kind() == '"' {
		text, _ := jsontext.AppendUnquote(nil, raw)
		if v, err := time.ParseDuration(string(text)); err == nil {
			parsed = v
		}
	}
	if parsed < 0 {
		return fmt.Errorf("expected a time such as 30s or 2m, found %s", raw)
	}
	*d = duration(parsed)
	return nil
}

func (d duration) or(otherwise time.Duration) time.Duration {
	if d > 0 {
		return time.Duration(d)
	}
	return otherwise
}

// check says what is wrong with numbers of the form.
func (f *liveForm) check() error {
	switch {
	case f.RequestsPerMinute < 0:
		return fmt.Errorf("requests_per_minute is %g; leave it out for no limit", f.RequestsPerMinute)
	case f.TokensPerMinute < 0:
		return fmt.Errorf("tokens_per_minute is %g; leave it out for no limit", f.TokensPerMinute)
	case f.MaxAttempts != nil && *f.MaxAttempts < 1:
		return fmt.Errorf("max_attempts is %d; it counts the calls for one answer, from 1", *f.MaxAttempts)
	case f.Breaker.Failures != nil && *f.Breaker.Failures < 0:
		return fmt.Errorf("breaker: failures is %d; 0 does without a breaker", *f.Breaker.Failures)
	case f.Breaker.Probes != nil && *f.Breaker.Probes < 1:
		return fmt.Errorf("breaker: probes is %d; it counts tries, from 1", *f.Breaker.Probes)
	case f.InputPrice != nil && *f.InputPrice < 0, f.OutputPrice != nil && *f.OutputPrice < 0:
		return errors.New("a price is below zero")
	}
	return nil
}

// Defaults of what a suite may say of an agent behind a network.
const (
	defaultAttempts   = 6
	defaultIdle       = 30 * time.Second
	defaultFirstWait  = 500 * time.Millisecond
	defaultLongest    = 30 * time.Second
	defaultMostAfter  = 2 * time.Minute
	defaultFailures   = 10
	defaultPause      = 15 * time.Second
	defaultLongPause  = 2 * time.Minute
	defaultProbes     = 5
	defaultConnecting = 30 * time.Second
)

// newLive makes the common part of an agent.
func newLive(spec eval.AgentSpec, opt Options, f *liveForm, secrets *secrets) *live {
	number := func(p *int, otherwise int) int {
		if p != nil {
			return *p
		}
		return otherwise
	}
	l := &live{name: spec.Name, timeout: opt.timeout(spec), idle: f.IdleTimeout.or(defaultIdle), secrets: secrets,
		limits: newLimits(f.RequestsPerMinute, f.TokensPerMinute), prices: prices{f.InputPrice, f.OutputPrice}}
	l.retry = retries{most: number(f.MaxAttempts, defaultAttempts), first: f.Backoff.First.or(defaultFirstWait),
		longest: f.Backoff.Longest.or(defaultLongest), mostAfter: defaultMostAfter}
	if f.MaxRetryAfter != nil {
		l.retry.mostAfter = time.Duration(*f.MaxRetryAfter)
	}
	pause := f.Breaker.Pause.or(defaultPause)
	l.breaker = &breaker{failures: number(f.Breaker.Failures, defaultFailures), pause: pause,
		longest: max(pause, defaultLongPause), probes: number(f.Breaker.Probes, defaultProbes)}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConns, transport.MaxIdleConnsPerHost = 0, max(1, opt.Concurrency)
	transport.MaxResponseHeaderBytes = 1 << 20
	l.client = &http.Client{Transport: transport,
		// A server that sends on would be sent the key.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	l.stop = transport.CloseIdleConnections
	return l
}

// Close ends the connections.
func (l *live) Close() error {
	l.stop()
	return nil
}

// answer is the body of a successful answer, which ends with a fault if it is
// too long, breaks or stands still. Whoever has it has to close it.
type answer struct {
	http.Header
	body  io.ReadCloser
	live  *live
	ctx   context.Context
	quiet *time.Timer // ends the call when it fires
	end   context.CancelCauseFunc
	got   int64
}

// send makes one request and gives the answer if its status is a success.
// Everything else is a *fault.
func (l *live) send(ctx context.Context, req *http.Request) (*answer, error) {
	ctx, end := context.WithCancelCause(ctx)
	resp, err := l.client.Do(req.WithContext(ctx))
	if err != nil {
		defer end(nil)
		return nil, l.netFault(ctx, err, 0)
	}
	a := &answer{Header: resp.Header, body: resp.Body, live: l, ctx: ctx, end: end}
	if resp.StatusCode/100 == 2 {
		return a, nil
	}
	defer a.Close()
	body, err := io.ReadAll(io.LimitReader(a, maxErrorBody+1))
	f := l.statusFault(resp, body[:min(len(body), maxErrorBody)], err != nil || len(body) > maxErrorBody)
	return nil, f
}

// Read reads on. The clock of the idle time begins with the first byte: until
// then a model may think as long as the call may take.
func (a *answer) Read(p []byte) (int, error) {
	n, err := a.body.Read(p)
	a.got += int64(n)
	switch {
	case a.got > maxBody:
		return n, &fault{class: BadReply, msg: fmt.Sprintf("an answer of more than %d bytes", maxBody)}
	case err != nil && err != io.EOF:
		return n, a.live.netFault(a.ctx, err, a.got)
	case n > 0 && a.quiet == nil:
		a.quiet = time.AfterFunc(a.live.idle, func() { a.end(errIdle) })
	case n > 0:
		a.quiet.Reset(a.live.idle)
	}
	return n, err
}

// cached tells whether a cache on the way gave the answer: by the Age of RFC 9111
// (5.1), or a header of its own such as "X-Cache: HIT" or "Helicone-Cache: HIT".
func (a *answer) cached() bool {
	if a.Get("Age") != "" {
		return true
	}
	for name, values := range a.Header {
		if strings.Contains(name, "Cache") && slices.ContainsFunc(values, func(v string) bool { return strings.HasPrefix(strings.ToLower(v), "hit") }) {
			return true
		}
	}
	return false
}

// finish reads what follows the end of a stream, so that the connection can be
// used again, but waits for it only a moment.
func (a *answer) finish() {
	moment := time.AfterFunc(100*time.Millisecond, func() { a.end(errIdle) })
	defer moment.Stop()
	_, _ = io.CopyN(io.Discard, a.body, 64<<10)
}

// Close ends the answer, read or not.
func (a *answer) Close() {
	if a.quiet != nil {
		a.quiet.Stop()
	}
	_ = a.body.Close() // nothing that is still needed can be lost
	a.end(nil)
}

// prices are in US dollars for a million tokens; nil is unknown.
type prices struct{ input, output *float64 }

// charge fills in what an answer cost, where prices and tokens are known and the
// server does not say itself.
func (p prices) charge(u *eval.Usage) {
	if u == nil || u.CostUSD != nil || p.input == nil && p.output == nil {
		return
	}
	cost, known := 0.0, true
	for _, part := range []struct {
		price  *float64
		tokens *int64
	}{{p.input, u.InputTokens}, {p.output, u.OutputTokens}} {
		switch {
		case part.price == nil || *part.price == 0:
		case part.tokens == nil:
			known = false
		default:
			cost += *part.price * float64(*part.tokens) / 1e6
		}
	}
	if known {
		u.CostUSD = &cost
	}
}

// shownURL is an address as it may be shown and stored: without user and query.
func shownURL(u *url.URL) string {
	shown := url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path}
	return shown.String()
}
