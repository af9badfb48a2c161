package agent

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"holdtrue/eval/process"
)

// fault is a call over the network that failed.
type fault struct {
	class Class
	msg   string
	again bool          // it makes sense to repeat the call
	after time.Duration // what the server asked to wait before that; 0 if nothing
	// down says that the server may not be there at all: it did not answer, or
	// only to say that it cannot.
	down bool
	// absent says that there is no server at all.
	absent bool
	// useless says that most likely no call will do better, such as one whose
	// key is refused.
	useless bool
	// over says that no call will do better for a long time: the credit is used up.
	over bool
}

// Error words the fault. One without a class is in the words of the agent.
func (f *fault) Error() string {
	if f.class == "" {
		return f.msg
	}
	return f.class.err(f.msg)
}

// badReply is a fault of a server that answered with something that is no
// answer. The next one may be.
func badReply(format string, args ...any) *fault {
	return &fault{class: BadReply, msg: fmt.Sprintf(format, args...), again: true}
}

// Causes of a call's end that are not the run's.
var (
	errLate = errors.New("no answer in time")
	errIdle = errors.New("the answer stood still")
)

// netFault explains an error of the connection, or of reading from it, after so
// many bytes of the answer.
func (l *live) netFault(ctx context.Context, err error, got int64) *fault {
	f := &fault{class: Connection, again: true, down: true}
	var of *url.Error
	if errors.As(err, &of) {
		err = of.Err // without the address, which may hold secrets
	}
	after := ""
	if got > 0 {
		after = fmt.Sprintf(" after %d bytes of the answer", got)
	}
	var dns *net.DNSError
	switch cause := context.Cause(ctx); {
	case errors.Is(cause, errLate):
		f.class, f.msg = Timeout, fmt.Sprintf("no whole answer within %s", l.timeout)
	case errors.Is(cause, errIdle):
		f.class, f.msg = Timeout, fmt.Sprintf("nothing came for %s%s", l.idle, after)
	case errors.Is(err, syscall.ECONNREFUSED):
		f.msg, f.absent = "nothing listens at "+l.host, true
	case errors.As(err, &dns):
		f.msg, f.absent = fmt.Sprintf("the name of %s cannot be looked up: %s", l.host, dns.Err), true
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		f.msg = "the connection was reset" + after
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		f.msg = "the connection ended too soon" + after
	default:
		f.msg = process.OneLine(l.secrets.clean(err.Error()), shownError) + after
	}
	return f
}

// shownError is how much is shown of what a server says of an error, in bytes.
const shownError = 500

// statusFault explains an answer whose status is no success.
func (l *live) statusFault(resp *http.Response, body []byte, cut bool) *fault {
	text := string(body)
	if cut {
		text = l.secrets.cleanCut(text)
	}
	msg, code := errorText(text)
	f := failure(resp.StatusCode, code)
	f.useless = f.useless && !(l.perCase && resp.StatusCode != http.StatusUnauthorized)
	f.msg = "status " + strconv.Itoa(resp.StatusCode)
	if name := http.StatusText(resp.StatusCode); name != "" {
		f.msg += " (" + name + ")"
	}
	if code != "" && !strings.Contains(msg, code) {
		f.msg += ", " + process.OneLine(l.secrets.clean(code), 100)
	}
	if to := resp.Header.Get("Location"); to != "" && resp.StatusCode/100 == 3 {
		msg = "sent on to " + to + ", which is not followed"
	}
	if msg = strings.TrimSpace(l.secrets.clean(msg)); msg != "" {
		f.msg += ": " + process.OneLine(msg, shownError)
	}
	if f.again {
		f.after = min(retryAfter(resp.Header, time.Now()), l.retry.mostAfter)
	}
	return f
}

// failure sorts a status, or the code that a server gives an error, into what it
// means for the call and the next ones.
func failure(status int, code string) *fault {
	f := &fault{class: Refused}
	switch {
	case code == "insufficient_quota" || status == http.StatusPaymentRequired:
		f.class, f.over = RateLimit, true
	case status == http.StatusTooManyRequests:
		f.class, f.again = RateLimit, true
	case status == http.StatusRequestTimeout, status == http.StatusConflict, status == http.StatusTooEarly:
		f.class, f.again = ServerError, true
	case status == http.StatusNotImplemented, status == http.StatusHTTPVersionNotSupported:
		f.class = ServerError
	case status >= 500:
		f.class, f.again, f.down = ServerError, true, true
	case slices.Contains([]int{http.StatusUnauthorized, http.StatusNotFound, http.StatusMethodNotAllowed}, status),
		status/100 == 3:
		f.useless = true
	}
	return f
}

// errorText finds what a server says of an error, and the code it gives it, in
// one of the usual forms; the whole body if it has another.
func errorText(body string) (msg, code string) {
	var form struct {
		Error   json.RawMessage `json:"error"`
		Message string          `json:"message"`
		Detail  json.RawMessage `json:"detail"`
	}
	if json.Unmarshal([]byte(body), &form) != nil {
		return body, ""
	}
	return errorForm(form.Error, first(form.Message, jsonText(form.Detail), body))
}

// errorForm reads the value under "error": a text, or an object with message and
// code.
func errorForm(raw json.RawMessage, otherwise string) (msg, code string) {
	var object struct {
		Message string `json:"message"`
		Code    any    `json:"code"`
		Type    string `json:"type"`
	}
	if text := jsonText(raw); len(raw) > 0 && json.Unmarshal(raw, &object) != nil && text != "null" {
		return first(text, otherwise), ""
	}
	switch c := object.Code.(type) {
	case string:
		code = c
	case float64:
		code = strconv.FormatFloat(c, 'f', -1, 64)
	}
	return first(object.Message, otherwise), first(code, object.Type)
}

// jsonText is a JSON string's text, or any other value as it is written.
func jsonText(raw json.RawMessage) string {
	var text string
	if json.Unmarshal(raw, &text) == nil {
		return text
	}
	return string(raw)
}

// first gives the first text that is not empty.
func first(texts ...string) string {
	for _, t := range texts {
		if t != "" {
			return t
		}
	}
	return ""
}

// retryAfter is how long a server asks to be left alone: in milliseconds where it
// says retry-after-ms, else Retry-After in seconds or as a date. 0 means that it
// does not say.
func retryAfter(h http.Header, now time.Time) time.Duration {
	if ms, err := strconv.ParseFloat(h.Get("Retry-After-Ms"), 64); err == nil && ms > 0 {
		return bounded(ms * float64(time.Millisecond))
	}
	text := strings.TrimSpace(h.Get("Retry-After"))
	if s, err := strconv.ParseFloat(text, 64); err == nil && s > 0 {
		return bounded(s * float64(time.Second))
	}
	if at, err := http.ParseTime(text); err == nil {
		return max(0, at.Sub(now))
	}
	return 0
}

// bounded is a number of nanoseconds as a duration of at most a day.
func bounded(ns float64) time.Duration { return time.Duration(min(ns, float64(24*time.Hour))) }
