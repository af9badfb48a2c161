package agent

import (
	"context"
	"fmt"
	"strings"
	"time"

	"holdtrue/eval"
	"holdtrue/eval/wire"
)

// DefaultTimeout is how long a call may take where nobody says otherwise.
const DefaultTimeout = 60 * time.Second

// Agent is a version of something that answers cases. It is safe for use by
// several goroutines.
type Agent interface {
	// Ask puts a case to the agent, for the repeat-th time (from 0), and gives
	// its output. A call that failed is an output whose Err says why. The error
	// is for what has to end the run: the context is over, or the agent cannot
	// be used at all.
	Ask(ctx context.Context, c *eval.Case, repeat int) (eval.Output, error)
	Info() Info
	// Close ends whatever the agent started and waits for it. No Ask may be
	// under way or follow.
	Close() error
}

// Info is what an agent knows of itself before it is asked anything.
type Info struct {
	// Version is the version the agent gives itself, "" if it gives none.
	Version string
	// Repeats is the number of answers to a case that a recording holds, at the
	// most for any case; 0 means as many as are asked for.
	Repeats int
	// Recorded says that asking again gives the same: a failed call is part of
	// the recording, and no sign that the agent is down.
	Recorded bool
	// Lineage is the content identity of what the answers are made from.
	Lineage map[string]string
}

// Options are what the caller decides for every agent it opens. Zero fields
// take the defaults.
type Options struct {
	// Dir is the folder against which relative paths are read.
	Dir string
	// Concurrency is the number of calls that may be under way at the same
	// time; 0 means one.
	Concurrency int
	// Timeout is how long a call may take; 0 takes the agent's own time-out, or
	// DefaultTimeout.
	Timeout time.Duration
	// Getenv looks environment variables up; nil takes those of the process.
	Getenv func(string) (string, bool)
}

// timeout is what holds for an agent: the caller's word, the suite's, the
// default.
func (o Options) timeout(spec eval.AgentSpec) time.Duration {
	for _, t := range []time.Duration{o.Timeout, spec.Timeout} {
		if t > 0 {
			return t
		}
	}
	return DefaultTimeout
}

// Kind is a way to ask an agent.
type Kind struct {
	Name    string // the key in a suite
	Doc     string // one sentence
	Example string // a line of a suite
	Open    func(ctx context.Context, spec eval.AgentSpec, opt Options) (Agent, error)
}

// Kinds lists every kind of agent there is.
var Kinds = []Kind{commandKind, openaiKind, httpKind, recordingKind}

// Names lists the names of the kinds.
func Names() []string {
	names := make([]string, len(Kinds))
	for i, k := range Kinds {
		names[i] = k.Name
	}
	return names
}

// Open makes an agent of what a suite says of it. What is wrong with that is an
// *eval.InputError, or several joined.
func Open(ctx context.Context, spec eval.AgentSpec, opt Options) (Agent, error) {
	for _, k := range Kinds {
		if k.Name == spec.Kind {
			return k.Open(ctx, spec, opt)
		}
	}
	return nil, wrong(spec, fmt.Sprintf("no kind of agent is called %q%s", spec.Kind, wire.Suggest(spec.Kind, Names())),
		"kinds: "+strings.Join(Names(), ", "))
}

// wrong is an error in what the suite says of an agent.
func wrong(spec eval.AgentSpec, msg, hint string) error {
	return &eval.InputError{Pos: spec.Pos, Msg: "agent " + spec.Name + ": " + msg, Hint: hint}
}
