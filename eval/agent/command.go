package agent

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"holdtrue/eval"
	"holdtrue/eval/process"
	"holdtrue/eval/wire"
)

const commandExample = `current: {command: [./bot, --stdio], version: $GIT_SHA}`

var commandKind = Kind{
	Name: "command",
	Doc: "A program that stays alive: one JSON case a line on its standard input, one JSON output a line on its standard output. " +
		"With per_case it is started for every case: the case on its standard input, the answer is all it writes.",
	Example: commandExample,
	Open:    openCommand,
}

const (
	// maxStartFailures is how many processes may end before any has answered
	// anything. After that the agent is taken to be broken, not the cases.
	maxStartFailures = 3
)

// ErrBroken says that a command agent never came to answer anything.
var ErrBroken = errors.New("the agent cannot be used")

// command asks processes, at most one for each call under way. They are started
// when needed and live until they fail or the agent is closed.
type command struct {
	name    string
	pool    *process.Pool
	line    process.CommandLine
	perCase bool // a process for every case
	timeout time.Duration
	stderr  *process.Tail // of all processes

	mu       sync.Mutex
	answered bool // some process once answered
	failures int  // processes that ended since, as long as there was none
}

func openCommand(_ context.Context, spec eval.AgentSpec, opt Options) (Agent, error) {
	line, perCase, err := readCommand(spec, opt)
	if err != nil {
		return nil, err
	}
	stderr := &process.Tail{Limit: process.RunStderr}
	return &command{name: spec.Name, line: line, perCase: perCase, pool: process.NewPool(line, max(1, opt.Concurrency), stderr),
		timeout: opt.timeout(spec), stderr: stderr}, nil
}

func (a *command) Info() Info { return Info{} }

// Stderr is the end of what the agent's processes wrote to their standard
// error, at most 64 KiB.
func (a *command) Stderr() string { return a.stderr.String() }

// Close ends the processes: each is given a moment to end by itself, then it is
// killed with all it started.
func (a *command) Close() error {
	a.pool.Close()
	return nil
}

// Ask puts the case to the agent, a conversation of several turns one turn after
// the other: see converse.
func (a *command) Ask(ctx context.Context, c *eval.Case, repeat int) (eval.Output, error) {
	if !severalTurns(c) {
		return a.askOnce(ctx, c, repeat)
	}
	return converse(ctx, c, repeat, "", func(ctx context.Context, t turn) (reply, []eval.Attempt, error) {
		asked := *t.c
		asked.Messages = sent(t.history)
		o, err := a.askOnce(ctx, &asked, t.repeat)
		if err == nil && o.Failed() {
			err = &fault{msg: o.Err}
		}
		return reply{text: o.Text, out: o}, nil, err
	})
}

// severalTurns tells whether a case has more than one turn to be answered: see
// converse.
func severalTurns(c *eval.Case) bool {
	n, open := 0, false
	for _, m := range c.Messages {
		switch m.Role {
		case "user":
			if open {
				n++
			}
			open = true
		case "tool":
			open = true
		case "assistant":
			open = false
		}
	}
	return n > 1 || n == 1 && open
}

// askOnce puts the case to a process that has nothing to do, or to a new one. The
// latency is what the agent says or, if it says nothing, the time from the
// question to the answer; for the first answer of a process this includes the
// time it needs to get ready.
func (a *command) askOnce(ctx context.Context, c *eval.Case, repeat int) (eval.Output, error) {
	failed := eval.Output{CaseID: c.ID, Repeat: repeat}
	question, err := appendQuestion(nil, c, repeat)
	if err != nil {
		failed.Err = fmt.Sprintf("the case cannot be written as JSON: %v", err)
		return failed, nil
	}
	leave, err := a.pool.Enter(ctx)
	if err != nil {
		return failed, err
	}
	defer leave()
	if a.perCase {
		return a.askAlone(ctx, failed, question)
	}
	p, err := a.pool.Take()
	if err != nil {
		return a.startFailed(failed, err.Error())
	}
	asked := time.Now()
	r, err := p.Exchange(ctx, question, a.timeout)
	latency := time.Since(asked)
	if err != nil {
		p.Stop()
		return failed, err
	}
	o, class, fault := a.judge(r, c.ID, repeat)
	if fault != "" {
		return a.fail(p, failed, class, fault)
	}
	a.release(p)
	if o.LatencyMS == nil {
		ms := float64(latency) / float64(time.Millisecond)
		o.LatencyMS = &ms
	}
	return o, nil
}

func (a *command) release(p *process.Process) {
	a.mu.Lock()
	a.answered, p.Answered = true, true
	a.mu.Unlock()
	a.pool.Keep(p)
}

// judge reads a reply. If it is not an answer to the question, it says why.
func (a *command) judge(r process.Reply, id string, repeat int) (o eval.Output, class Class, fault string) {
	line := process.Quote(string(r.Line[:min(len(r.Line), process.ShownBytes+1)]), process.ShownBytes)
	switch {
	case errors.Is(r.Err, process.ErrLate):
		return o, Timeout, fmt.Sprintf("no answer within %s; the agent was stopped", a.timeout)
	case errors.Is(r.Err, process.ErrTooLong):
		return o, BadReply, fmt.Sprintf("a line of more than %d bytes, which begins %s", process.MaxReply, line)
	case errors.Is(r.Err, process.ErrPartial):
		return o, Crash, fmt.Sprintf("the output ended without a newline after %s", line)
	case r.Err != nil:
		return o, Crash, r.Err.Error()
	}
	o, err := wire.DecodeOutput(r.Line, eval.Pos{})
	switch {
	case err != nil:
		return o, BadReply, fmt.Sprintf("%s; the line: %s", process.OneLine(err.Error(), 3*process.ShownBytes), line)
	case o.CaseID != id:
		return o, BadReply, fmt.Sprintf("an answer to case %s; asked was %s", process.Quote(o.CaseID, process.ShownBytes), process.Quote(id, process.ShownBytes))
	case o.Repeat != 0 && o.Repeat != repeat:
		return o, BadReply, fmt.Sprintf("an answer to repeat %d of case %s; asked was repeat %d", o.Repeat, process.Quote(id, process.ShownBytes), repeat)
	}
	o.Repeat = repeat
	return o, "", ""
}

// fail ends the process and makes the output of the call that failed.
func (a *command) fail(p *process.Process, o eval.Output, class Class, fault string) (eval.Output, error) {
	if class == Crash {
		p.AwaitExit()
	}
	p.Stop()
	o.Stderr = p.Stderr.String()
	o.Err = class.err(fault)
	if class != Crash {
		return o, nil
	}
	how := fault + ": " + p.Exit()
	if last := process.LastLines(o.Stderr, 3); last != "" {
		how += "; last on its standard error: " + last
	}
	if !p.Answered {
		return a.startFailed(o, how)
	}
	o.Err = class.err(how)
	return o, nil
}

// startFailed is the output of a call for which no process came to answer
// anything. If none ever did, and several have tried, it ends the run.
func (a *command) startFailed(o eval.Output, how string) (eval.Output, error) {
	o.Err = Crash.err(how)
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.answered {
		return o, nil
	}
	if a.failures++; a.failures < maxStartFailures {
		return o, nil
	}
	return o, fmt.Errorf("agent %s: %w: it was started %d times and answered nothing: %s", a.name, ErrBroken, a.failures, how)
}

// question is what an agent is shown of a case: nothing that is expected of the
// answer, and nothing that groups cases.
type question struct {
	ID       string         `json:"id"`
	Repeat   int            `json:"repeat"`
	Prompt   string         `json:"prompt,omitzero"`
	Messages []eval.Message `json:"messages,omitempty"`
}

// appendQuestion writes the line that a process reads, with its newline.
func appendQuestion(dst []byte, c *eval.Case, repeat int) ([]byte, error) {
	b, err := json.Marshal(question{ID: c.ID, Repeat: repeat, Prompt: c.Prompt, Messages: c.Messages},
		jsontext.AllowInvalidUTF8(true))
	return append(append(dst, b...), '\n'), err
}
