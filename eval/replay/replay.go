package replay

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"runtime"
	"time"

	"holdtrue/eval"
	"holdtrue/eval/agent"
	"holdtrue/eval/process"
)

// Sink is what a replay needs of the run database.
type Sink interface {
	// Answered tells which answers of a run are stored, and how many there are.
	Answered(ctx context.Context, runID string) (func(caseID, caseHash string, repeat int) bool, int, error)
	// Stage makes answers ready to be stored, which commit does in one
	// transaction, or stores none of them; an answer that is stored already is
	// passed over. The next batch may be staged before the last is committed.
	Stage(ctx context.Context, runID string, entries []Entry) (commit func(context.Context) (stored int, err error), err error)
	// Finish marks a run complete; an error if a planned answer is missing.
	Finish(ctx context.Context, runID string, finished time.Time, lineage map[string]string) error
}

// Target is an agent version that is asked, and the stored run that its answers
// go to. Several targets may share a panel.
type Target struct {
	Agent agent.Agent
	Run   *eval.Run // Repeats, at least 1, says how often every case is asked
	Panel *eval.Panel
}

// Plan is what to replay.
type Plan struct {
	// Cases are asked in this order; every target and repeat of a case before
	// the next case. The first error ends the run.
	Cases   iter.Seq2[eval.Case, error]
	Targets []Target
	// Concurrency is the number of calls that may be under way at the same
	// time, over all targets; 0 takes the number of processors.
	Concurrency int
	Store       Sink
	// Enough, if set, is told every result as it arrives, and says whether no
	// further case need be asked. Cases that have begun are asked in full, and
	// the run is finished: what it holds is all there will be, which is for the
	// store to say. It is called on the goroutine that called Run.
	Enough func(*eval.Result) bool
	// Begun is the number of cases, the first ones, that are asked in full
	// whatever Enough says: a run that is resumed holds answers to them.
	Begun int
	// Budget bounds what the calls may spend.
	Budget Budget
	// Grace is how long calls under way may take to end after a cancellation;
	// 0 takes DefaultGrace, below 0 as long as they need.
	Grace time.Duration
	// Abandon, if set and closed, says that calls under way are not to be waited
	// for any longer, and that no other is to begin.
	Abandon <-chan struct{}
	// Progress, if set, is told how far the run is, after every commit and at
	// least every progressEvery. It is called on the goroutine that called Run.
	Progress func(Progress)
	// Now is the clock of the stored times; nil takes time.Now.
	Now func() time.Time
	// MaxConsecutiveFailures is the number of calls of one target that fail in
	// a row after which the agent is taken to be down and the run is stopped;
	// 0 takes DefaultMaxFailures, below 0 never. A recording is never down.
	MaxConsecutiveFailures int
}

// DefaultMaxFailures is the number of failed calls in a row that stops a run
// where the plan does not say.
const DefaultMaxFailures = 20

// DefaultGrace is how long calls under way may take to end after a cancellation
// where the plan does not say.
const DefaultGrace = time.Second

// ErrFailing says that a run was stopped because its agent failed again and
// again. The run can be resumed.
var ErrFailing = errors.New("the agent fails every call")

// Progress says how far a run is, over all targets.
type Progress struct {
	Planned int // answers in all
	Done    int // answers there are, those from before the run was resumed included
	Failed  int // failed calls of this replay
	// Cost of the answers of agents that were really asked, those from before the
	// run was resumed included as far as Budget.Before tells.
	Cost Cost
}

// Counts says what became of the calls.
type Counts struct {
	// Asked is the number of calls that came to an end, with an answer or an
	// error; Failed is how many of them failed.
	Asked, Failed int
	// Skipped is the number of answers that were there before.
	Skipped int
	// Stored is the number of answers that were committed. It is less than
	// Asked where a run ended early: see Run.
	Stored int
	Errors map[agent.Class]int // the failed calls by what went wrong
	// Examples has one failed call of each class.
	Examples map[agent.Class]Example
	// Cost of the answers of this replay; a recording's are free.
	Cost Cost
}

// Example is a failed call.
type Example struct {
	CaseID string
	Err    string // brief
}

// Brief is an error as one line of a bounded length, without control characters.
func Brief(errText string) string { return process.OneLine(errText, 500) }

// Report is what a replay did: in all, and for each target in their order.
type Report struct {
	Counts
	Targets []Counts
}

// Run asks every target every case, scores the answers and stores them as they
// arrive. What is stored already is not asked again. With several targets the
// calls are interleaved, and which target comes first alternates, so that a
// machine that slows down does so for all.
//
// A run is marked complete only if every planned answer is stored. Otherwise
// Run gives an error, and the run can be resumed: the context's error after a
// cancellation (calls under way get Grace to end), ErrBudget or ErrUnpriced
// (calls under way are ended), ErrFailing, an error of the store, of the cases
// or of an agent that cannot be used. Whatever had arrived is stored, but for
// the failed calls since the last good one, which a resumed run asks again. The
// report holds in either case.
//
// An answer of an agent that is really asked is committed at once, and no more
// than Concurrency answers wait for that: if the process is killed, no more
// than twice as many calls are asked again.
func Run(ctx context.Context, plan Plan) (Report, error) {
	if err := plan.check(); err != nil {
		return Report{}, err
	}
	r := &runner{plan: plan}
	if err := r.prepare(ctx); err != nil {
		return r.report(), err
	}
	err := r.drive(ctx)
	return r.report(), err
}

func (p *Plan) check() error {
	if p.Cases == nil || p.Store == nil || len(p.Targets) == 0 {
		return errors.New("replay: a plan needs cases, a store and at least one target")
	}
	for _, t := range p.Targets {
		if t.Agent == nil || t.Run == nil || t.Panel == nil {
			return errors.New("replay: a target needs an agent, a run and a panel")
		}
		if t.Run.Repeats < 1 {
			return fmt.Errorf("replay: run %s plans %d answers to a case", t.Run.ID, t.Run.Repeats)
		}
	}
	return nil
}

func (p *Plan) concurrency() int {
	if p.Concurrency > 0 {
		return p.Concurrency
	}
	return runtime.GOMAXPROCS(0)
}

// maxFailures is the number of failures in a row that stops an agent's run; 0
// means never.
func (p *Plan) maxFailures(ag agent.Agent) int {
	switch {
	case p.MaxConsecutiveFailures < 0 || ag.Info().Recorded:
		return 0
	case p.MaxConsecutiveFailures == 0:
		return DefaultMaxFailures
	}
	return p.MaxConsecutiveFailures
}

func (p *Plan) grace() time.Duration {
	if p.Grace == 0 {
		return DefaultGrace
	}
	return p.Grace
}

func (p *Plan) now() time.Time {
	if p.Now != nil {
		return p.Now().UTC()
	}
	return time.Now().UTC()
}
