package agent

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"holdtrue/eval"
	"holdtrue/eval/wire"
)

var commandKind = &Kind{
	Name:    "command",
	Doc:     "a process that stays alive: one case a line on its standard input, one output a line on its standard output",
	Example: commandExample,
	Open:    openCommand,
}

const commandExample = `mine: {command: [./bot, --stdio], version: "1.4"}`

// maxStarts is how many times in a row a process may end without a single
// answer before the run is given up.
const maxStarts = 5

// command asks processes. Each serves one call at a time; there are at most as
// many as calls at the same time.
type command struct {
	spec    eval.AgentSpec
	argv    []string
	env     []string
	dir     string
	timeout time.Duration
	idle    chan *process // nil entries stand for processes not started yet

	mu     sync.Mutex
	barren int // starts in a row without an answer
}

// commandForm is the long way to write a command.
type commandForm struct {
	Argv []string          `json:"argv"`
	Env  map[string]string `json:"env"`
	Dir  string            `json:"dir"`
}

func openCommand(_ context.Context, spec eval.AgentSpec, opt Options) (Agent, error) {
	form, err := readCommand(spec)
	if err != nil {
		return nil, err
	}
	if len(form.Argv) == 0 || form.Argv[0] == "" {
		return nil, &eval.InputError{Pos: spec.Pos, Msg: "agent " + spec.Name + ": the command is empty", Hint: commandExample}
	}
	c := &command{spec: spec, argv: form.Argv, dir: opt.Dir, timeout: opt.Timeout, idle: make(chan *process, opt.Concurrency)}
	if form.Dir != "" {
		c.dir = form.Dir
		if !filepath.IsAbs(c.dir) {
			c.dir = filepath.Join(opt.Dir, c.dir)
		}
	}
	for k, v := range form.Env {
		c.env = append(c.env, k+"="+v)
	}
	for range opt.Concurrency {
		c.idle <- nil
	}
	return c, nil
}

// readCommand reads a string (split at blanks; there is no shell), a list of
// strings, or an object.
func readCommand(spec eval.AgentSpec) (form commandForm, err error) {
	switch kind := json.RawMessage(spec.Args); {
	case len(kind) > 0 && kind[0] == '"':
		var line string
		err = wire.Decode(kind, &line, spec.Pos, false)
		form.Argv = strings.Fields(line)
	case len(kind) > 0 && kind[0] == '[':
		err = wire.Decode(kind, &form.Argv, spec.Pos, false)
	default:
		err = wire.Decode(kind, &form, spec.Pos, false)
	}
	return form, err
}

// Info says nothing: the suite names the version of a command.
func (c *command) Info() Info { return Info{} }

// request is a case as an agent sees it: what is asked, never what is expected.
type request struct {
	ID        string          `json:"id"`
	Repeat    int             `json:"repeat"`
	Prompt    string          `json:"prompt,omitzero"`
	Messages  []eval.Message  `json:"messages,omitempty"`
	Documents []eval.Document `json:"documents,omitempty"`
}

// Ask sends the case to an idle process, starting one if need be.
func (c *command) Ask(ctx context.Context, cs *eval.Case, repeat int) (eval.Output, error) {
	line, err := json.Marshal(request{cs.ID, repeat, cs.Prompt, cs.Messages, cs.Documents})
	if err != nil {
		return eval.Output{}, err
	}
	var p *process
	select {
	case p = <-c.idle:
	case <-ctx.Done():
		return eval.Output{}, ctx.Err()
	}
	if p == nil {
		if p, err = startProcess(c.argv, c.dir, c.env); err != nil {
			c.idle <- nil
			return eval.Output{}, &eval.InputError{Pos: c.spec.Pos, Msg: fmt.Sprintf("agent %s cannot be started: %v", c.spec.Name, err)}
		}
	}
	began := time.Now()
	answer, fault := p.ask(ctx, append(line, '\n'), c.timeout)
	took := float64(time.Since(began).Microseconds()) / 1000
	o := eval.Output{CaseID: cs.ID, Repeat: repeat, LatencyMS: &took}
	if fault == nil {
		fault = c.read(answer, cs, repeat, &o, took)
	}
	if fault == nil {
		c.idle <- p
		c.fruitful(true)
		return o, nil
	}
	stderr := p.kill()
	c.idle <- nil
	if ctx.Err() != nil {
		return eval.Output{}, ctx.Err()
	}
	o.Err, o.Stderr = fault.Error(), stderr
	if errors.Is(fault, errEnded) && p.answers == 0 && !c.fruitful(false) {
		return eval.Output{}, fmt.Errorf("agent %s ended %d times in a row without an answer: %w; its last words: %s",
			c.spec.Name, maxStarts, fault, lastLine(stderr))
	}
	return o, nil
}

// fruitful counts starts without an answer and says whether to go on.
func (c *command) fruitful(yes bool) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if yes {
		c.barren = 0
		return true
	}
	c.barren++
	return c.barren < maxStarts
}

// read takes in an answer line.
func (c *command) read(line []byte, cs *eval.Case, repeat int, o *eval.Output, took float64) error {
	got, err := wire.DecodeOutput(line, eval.Pos{})
	if err != nil {
		return fmt.Errorf("the agent's answer is not an output (%v): %s", err, excerpt(line))
	}
	if got.CaseID != cs.ID {
		return fmt.Errorf("the agent answered case %q when %q was asked", got.CaseID, cs.ID)
	}
	got.Repeat = repeat
	if got.LatencyMS == nil {
		got.LatencyMS = &took
	}
	*o = got
	return nil
}

// excerpt shows a line of the agent's, escaped and cut.
func excerpt(line []byte) string {
	const most = 200
	if len(line) > most {
		return fmt.Sprintf("%q and %d more bytes", line[:most], len(line)-most)
	}
	return fmt.Sprintf("%q", line)
}

func lastLine(s string) string {
	s = strings.TrimSpace(s)
	if s == "" {
		return "(none)"
	}
	return s[strings.LastIndexByte(s, '\n')+1:]
}

// Close ends every process.
func (c *command) Close() error {
	for range cap(c.idle) {
		if p := <-c.idle; p != nil {
			p.stop()
		}
	}
	return nil
}
