package eval

import (
	"encoding/json"
	"time"
)

// Usage is what an answer cost. A nil field was not reported, which is not the
// same as zero.
type Usage struct {
	InputTokens  *int64   `json:"input_tokens,omitzero"`
	OutputTokens *int64   `json:"output_tokens,omitzero"`
	CostUSD      *float64 `json:"cost_usd,omitzero"`
}

// Feedback is what a user said of an answer. Rating has the range the user's
// own system gives it; Labels are named judgements, such as a human verdict, in
// [0,1].
type Feedback struct {
	Rating  *float64           `json:"rating,omitzero"`
	Comment string             `json:"comment,omitzero"`
	Labels  map[string]float64 `json:"labels,omitempty"`
}

// Output is one answer with its decision log: what was sent, what was done,
// what it was given and what it cost. An output with a non-empty Err is a
// failed call; it is kept like any other and counts as missing for quality.
type Output struct {
	CaseID string `json:"id"`
	// Repeat counts the answers to one case by one version, from 0.
	Repeat int    `json:"repeat,omitzero"`
	Text   string `json:"output"`
	Prompt string `json:"prompt,omitzero"` // final, as sent
	// Messages is the conversation as it took place, where there was one: what
	// was sent and answered turn by turn, up to and with the answer itself.
	Messages  []Message  `json:"messages,omitempty"`
	Steps     []Step     `json:"steps,omitempty"`
	Documents []Document `json:"documents,omitempty"`
	Model     string     `json:"model,omitzero"` // that answered
	// Requested is the model that was asked for.
	Requested string `json:"requested_model,omitzero"`
	// Parameters are those of the call as sent, such as the temperature: an object.
	Parameters json.RawMessage `json:"parameters,omitzero"`
	// Fingerprint is what the provider calls the set-up that answered.
	Fingerprint string `json:"system_fingerprint,omitzero"`
	// Finish is why the model stopped, in the provider's words: "stop", "length".
	Finish string `json:"finish_reason,omitzero"`
	// Seed that was sent with the call.
	Seed *int64 `json:"seed,omitzero"`
	// Started is when the call that gave the answer was begun.
	Started time.Time `json:"started,omitzero"`
	// Attempts are the calls before it that failed and were repeated.
	Attempts  []Attempt `json:"attempts,omitempty"`
	LatencyMS *float64  `json:"latency_ms,omitzero"`
	// FirstTokenMS is the time to the first token, of an agent that streams.
	FirstTokenMS *float64  `json:"first_token_ms,omitzero"`
	Usage        *Usage    `json:"usage,omitzero"`
	Feedback     *Feedback `json:"feedback,omitzero"`
	// Lineage holds free keys that identify what made the answer.
	Lineage map[string]string `json:"lineage,omitempty"`
	Err     string            `json:"error,omitzero"`
	// ResponseID is the id that the provider gave the answer. Two outputs of a
	// case with the same one are one answer that was kept twice.
	ResponseID string `json:"response_id,omitzero"`
	// TraceID and SpanID, in hexadecimal digits, name the trace and the span that
	// the answer was read from.
	TraceID string `json:"trace_id,omitzero"`
	SpanID  string `json:"span_id,omitzero"`
	// Session is the id of the user's conversation that the answer is a part of.
	Session string `json:"session_id,omitzero"`
	// Cached says that the answer came from a cache and was not made anew, so
	// that it is no evidence of its own.
	Cached bool `json:"cached,omitzero"`
	// Stderr is what a command agent wrote to its standard error while it
	// answered, at most the last few kilobytes.
	Stderr string `json:"stderr,omitzero"`
}

// Attempt is a call that failed and was repeated.
type Attempt struct {
	Err       string  `json:"error"`
	LatencyMS float64 `json:"latency_ms,omitzero"`
	WaitMS    float64 `json:"wait_ms,omitzero"` // before the next one
}

// Failed reports whether the call failed, so that there is no answer to judge.
func (o *Output) Failed() bool { return o.Err != "" }

// TextHash is the content identity of the answer's text.
func (o *Output) TextHash() string { return ContentHash(o.Text) }
