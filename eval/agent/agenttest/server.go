package agenttest

import (
	"bufio"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"io"
	"maps"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"time"
)

// Fault is something that a server does wrong.
type Fault string

// Faults of a server.
const (
	None     Fault = ""
	Throttle Fault = "throttle" // 429 with Retry-After
	Late     Fault = "late"     // no answer until the client gives up
	Stall    Fault = "stall"    // half an answer, then nothing
	Drop     Fault = "drop"     // half an answer, then the connection ends
	Garbage  Fault = "garbage"  // an answer that is not JSON
	Broken   Fault = "broken"   // status 500
	Huge     Fault = "huge"     // an answer of 17 MiB
	Refuse   Fault = "refuse"   // status 400, with the whole request in the error
	Midway   Fault = "midway"   // an error in the middle of a stream
	Quota    Fault = "quota"    // 429 that says the credit is used up
	Missing  Fault = "missing"  // 404: no such model
)

// Server is an http.Handler that answers chat completions at any path that ends
// with /chat/completions, and tells at /calls how often each prompt was asked.
// The answer to a prompt is "echo: " and the prompt; its id is the prompt, # and
// the number of the call with that prompt, from 1.
type Server struct {
	// Key, if set, has to come with every call; one with another is refused
	// with an error that holds what came.
	Key string
	// Fault says what goes wrong with the n-th call, from 1, for a prompt; nil
	// reads it from the prompt: "throttle 2: ..." goes wrong twice.
	Fault func(prompt string, n int) Fault
	// RetryAfter is what a throttled call is told to wait.
	RetryAfter time.Duration
	// Answer, if set, gives the message of an answer instead of the echo.
	Answer func(Request) map[string]any
	// Seen, if set, is told of every call.
	Seen func(*http.Request, Request)

	mu    sync.Mutex
	calls map[string]int
}

// Request is what is read of a call.
type Request struct {
	Model    string           `json:"model"`
	Messages []map[string]any `json:"messages"`
	Stream   bool             `json:"stream"`
	Body     []byte           `json:"-"`
}

// Prompt is the last turn of a user.
func (r *Request) Prompt() string {
	for i := len(r.Messages) - 1; i >= 0; i-- {
		if r.Messages[i]["role"] == "user" {
			text, _ := r.Messages[i]["content"].(string)
			return text
		}
	}
	return ""
}

// Calls gives how often each prompt was asked.
func (s *Server) Calls() map[string]int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return maps.Clone(s.calls)
}

func (s *Server) count(prompt string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.calls == nil {
		s.calls = map[string]int{}
	}
	s.calls[prompt]++
	return s.calls[prompt]
}

// ServeHTTP answers one call.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/calls" {
		_ = json.NewEncoder(w).Encode(s.Calls())
		return
	}
	var req Request
	var err error
	if req.Body, err = io.ReadAll(r.Body); err != nil {
		return
	}
	if err := json.Unmarshal(req.Body, &req); err != nil || !strings.HasSuffix(r.URL.Path, "/chat/completions") {
		problem(w, http.StatusNotFound, "not_found", "no such page: "+r.URL.Path)
		return
	}
	if s.Seen != nil {
		s.Seen(r, req)
	}
	if got := r.Header.Get("Authorization"); s.Key != "" && got != "Bearer "+s.Key {
		problem(w, http.StatusUnauthorized, "invalid_api_key", "incorrect key provided: "+got)
		return
	}
	prompt := req.Prompt()
	n := s.count(prompt)
	fault := s.Fault
	if fault == nil {
		fault = fromPrompt
	}
	s.serve(w, r, &req, fmt.Sprintf("%s#%d", prompt, n), fault(prompt, n))
}

// fromPrompt reads a fault and how often it happens from a prompt.
func fromPrompt(prompt string, n int) Fault {
	var f Fault
	var times int
	if _, err := fmt.Sscanf(prompt, "%s %d", &f, &times); err != nil || n > times {
		return None
	}
	return f
}

func (s *Server) serve(w http.ResponseWriter, r *http.Request, req *Request, id string, fault Fault) {
	switch fault {
	case Throttle:
		if s.RetryAfter > 0 {
			w.Header().Set("Retry-After-Ms", fmt.Sprint(s.RetryAfter.Milliseconds()))
		}
		problem(w, http.StatusTooManyRequests, "rate_limit_exceeded", "slow down")
	case Quota:
		problem(w, http.StatusTooManyRequests, "insufficient_quota", "you exceeded your current quota")
	case Missing:
		problem(w, http.StatusNotFound, "model_not_found", "model "+req.Model+" not found, try pulling it first")
	case Refuse:
		problem(w, http.StatusBadRequest, "invalid_request_error", fmt.Sprintf("cannot take %v with %s", r.Header, req.Body))
	case Broken:
		http.Error(w, "<html><h1>Internal Server Error</h1></html>", http.StatusInternalServerError)
	case Late:
		<-r.Context().Done()
	case Garbage:
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprint(w, "{\"choices\": [{\"message\": \x1b[31m\xff oops")
	case Huge:
		w.Header().Set("Content-Type", "application/json")
		chunk := strings.Repeat("x", 1<<20)
		fmt.Fprint(w, `{"choices":[{"message":{"content":"`)
		for range 17 {
			if _, err := io.WriteString(w, chunk); err != nil {
				return
			}
		}
		fmt.Fprint(w, `"}}]}`)
	default:
		s.answer(w, r, req, id, fault)
	}
}

func problem(w http.ResponseWriter, status int, code, msg string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]any{"error": map[string]any{"message": msg, "code": code}})
}

// answer writes an answer, or half of one.
func (s *Server) answer(w http.ResponseWriter, r *http.Request, req *Request, id string, fault Fault) {
	message := map[string]any{"role": "assistant", "content": "echo: " + req.Prompt()}
	if s.Answer != nil {
		message = s.Answer(*req)
	}
	finish := "stop"
	if message["tool_calls"] != nil {
		finish = "tool_calls"
	}
	base := func(choices ...any) map[string]any {
		return map[string]any{"id": id, "object": "chat.completion", "model": req.Model + "-0613", "system_fingerprint": "fp_test", "choices": choices}
	}
	usage := map[string]any{"prompt_tokens": len(req.Body) / 4, "completion_tokens": 7}
	if !req.Stream {
		whole := base(map[string]any{"index": 0, "message": message, "finish_reason": finish})
		whole["usage"] = usage
		b, _ := json.Marshal(whole)
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Content-Length", fmt.Sprint(len(b)))
		if !half(w, r, fault, b) {
			_, _ = w.Write(b)
		}
		return
	}
	w.Header().Set("Content-Type", "text/event-stream")
	send := func(v map[string]any) {
		b, _ := json.Marshal(v)
		fmt.Fprintf(w, "data: %s\n\n", b)
		w.(http.Flusher).Flush()
	}
	pieces := split(message)
	for i, p := range pieces {
		send(base(map[string]any{"index": 0, "delta": p, "finish_reason": nil}))
		if i == len(pieces)/2 {
			if fault == Midway {
				send(map[string]any{"error": map[string]any{"message": "the worker died", "code": 502}})
			}
			if fault != None && half(w, r, fault, nil) {
				return
			}
		}
	}
	send(base(map[string]any{"index": 0, "delta": map[string]any{}, "finish_reason": finish}))
	last := base()
	last["usage"] = usage
	send(last)
	fmt.Fprint(w, ": that was all\n\ndata: [DONE]\n\n")
}

// half ends an answer in the middle, if that is the fault.
func half(w http.ResponseWriter, r *http.Request, fault Fault, whole []byte) bool {
	switch fault {
	case Stall, Drop, Midway:
		_, _ = w.Write(whole[:len(whole)/2])
		w.(http.Flusher).Flush()
	}
	switch fault {
	case Stall:
		<-r.Context().Done()
	case Drop:
		panic(http.ErrAbortHandler)
	case Midway:
	default:
		return false
	}
	return true
}

// split makes pieces of a message, as a stream has them.
func split(message map[string]any) []map[string]any {
	pieces := []map[string]any{{"role": "assistant", "content": ""}}
	for _, key := range []string{"reasoning_content", "content", "refusal"} {
		text, _ := message[key].(string)
		for _, word := range strings.SplitAfter(text, " ") {
			if word != "" {
				pieces = append(pieces, map[string]any{key: word})
			}
		}
	}
	calls, _ := message["tool_calls"].([]any)
	for i, c := range calls {
		call := c.(map[string]any)
		f := call["function"].(map[string]any)
		args := f["arguments"].(string)
		piece := func(v map[string]any) {
			v["index"] = i
			pieces = append(pieces, map[string]any{"tool_calls": []any{v}})
		}
		piece(map[string]any{"id": call["id"], "type": "function", "function": map[string]any{"name": f["name"], "arguments": ""}})
		piece(map[string]any{"function": map[string]any{"arguments": args[:len(args)/2]}})
		piece(map[string]any{"function": map[string]any{"arguments": args[len(args)/2:]}})
	}
	return pieces
}

// Mix gives a fault to a share of calls, at random but always the same for the
// n-th call with a prompt.
func Mix(seed uint64, shares map[Fault]float64) func(prompt string, n int) Fault {
	order := []Fault{Throttle, Late, Stall, Drop, Garbage, Broken, Huge, Refuse, Midway}
	return func(prompt string, n int) Fault {
		h := fnv.New64a()
		fmt.Fprintf(h, "%q %d", prompt, n)
		at := rand.New(rand.NewPCG(seed, h.Sum64())).Float64()
		for _, f := range order {
			if at -= shares[f]; at < 0 {
				return f
			}
		}
		return None
	}
}

// Main serves on a port of its own, writes the address to out, and ends when in
// does. It is what a test that wants a server in a process of its own runs there.
func (s *Server) Main(in io.Reader, out io.Writer) error {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintf(out, "http://%s\n", ln.Addr()); err != nil {
		return err
	}
	go func() {
		_, _ = io.Copy(io.Discard, bufio.NewReader(in))
		os.Exit(0)
	}()
	return http.Serve(ln, s)
}
