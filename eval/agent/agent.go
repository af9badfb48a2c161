// Package agent holds the ways to ask an agent version a case, one file each: a
// recording of answers, and a command that answers line by line.
//
// An agent sees what is asked and never what is expected. It knows no scorer
// and no store. A call that fails is an output with an error; only what must
// end the run is an error of Go's.
package agent

import (
	"context"
	"time"

	"holdtrue/eval"
	"holdtrue/eval/wire"
)

// Agent answers cases. It is safe for use by several goroutines.
type Agent interface {
	// Ask gives the answer to a case. A failed call is an output with Err set;
	// an error ends the run.
	Ask(ctx context.Context, c *eval.Case, repeat int) (eval.Output, error)
	Info() Info
	// Close ends processes and closes files.
	Close() error
}

// Info is what an agent says of itself before it is asked anything.
type Info struct {
	// Version is used where the suite does not name one.
	Version string
	// Repeats is how many answers to a case there are; 0 is as many as asked.
	Repeats int
	Lineage map[string]string
}

// Options of Open.
type Options struct {
	Dir         string        // against which relative paths are read
	Concurrency int           // calls at the same time, at least 1
	Timeout     time.Duration // a call; 0 takes the spec's, then DefaultTimeout
}

// DefaultTimeout of a call.
const DefaultTimeout = time.Minute

// Kind is a way to ask an agent.
type Kind struct {
	Name    string // the key in the suite's file
	Doc     string
	Example string
	Open    func(ctx context.Context, spec eval.AgentSpec, opt Options) (Agent, error)
}

// Kinds lists every kind of agent. A new one is one file and one line here.
var Kinds = []*Kind{recordingKind, commandKind}

// Names lists the names of the kinds.
func Names() []string {
	names := make([]string, len(Kinds))
	for i, k := range Kinds {
		names[i] = k.Name
	}
	return names
}

// Open makes ready the agent that a suite describes.
func Open(ctx context.Context, spec eval.AgentSpec, opt Options) (Agent, error) {
	opt.Concurrency = max(1, opt.Concurrency)
	if opt.Timeout == 0 {
		opt.Timeout = spec.Timeout
	}
	if opt.Timeout == 0 {
		opt.Timeout = DefaultTimeout
	}
	for _, k := range Kinds {
		if k.Name == spec.Kind {
			return k.Open(ctx, spec, opt)
		}
	}
	return nil, &eval.InputError{Pos: spec.Pos, Msg: "agent " + spec.Name + ": no kind of agent is called " + spec.Kind + wire.Suggest(spec.Kind, Names())}
}
