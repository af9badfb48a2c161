// Package replay is the pipeline of a run: it asks agents every case, has the
// answers scored, and commits the results as they arrive.
//
// It looks at nothing that is expected of an answer; it hands case and output to
// the panel and the result to the store. Cases are streamed, so that a run of a
// million cases needs no more memory than one of a thousand.
package replay

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"holdtrue/eval"
	"holdtrue/eval/agent"
	"holdtrue/eval/store"
)

// Target is one agent with the stored run that its answers belong to.
type Target struct {
	Agent agent.Agent
	Run   *eval.Run
	Panel *eval.Panel
}

// Plan says what to replay.
type Plan struct {
	// Cases are asked in their order of every target before the next; which
	// target goes first alternates, so that a slow hour hits all alike.
	Cases       iter.Seq2[eval.Case, error]
	Targets     []Target
	Concurrency int // calls at the same time, at least 1
	Store       *store.DB
	// Progress is called by one goroutine after every commit; may be nil.
	Progress func(Progress)
	Now      func() time.Time
	// MaxFailures is how many calls may fail in a row before the run stops; 0
	// takes DefaultMaxFailures, a negative number means no limit. Recordings do
	// not count.
	MaxFailures int
}

// DefaultMaxFailures in a row stop a run: the agent is down, and every further
// call would be lost.
const DefaultMaxFailures = 20

// Progress is how far a replay is, over all targets.
type Progress struct {
	Done   int // outputs stored, those of an earlier start included
	Failed int // calls that failed since this start
}

// Report is what happened.
type Report struct {
	Asked  int            // calls made
	Failed int            // of them failed
	Kept   int            // answers that were there from an earlier start
	Errors map[string]int // failed calls by class
}

// ErrDown says that a run stopped because calls failed one after the other.
var ErrDown = errors.New("the agent fails every call")

// call is one thing to ask.
type call struct {
	target int
	c      *eval.Case
	hash   string
	repeat int
}

// done is a call with its result.
type done struct {
	call
	result eval.Result
}

// Batches are committed when this many results wait, or this long after the
// first of them.
const (
	batchSize = 400
	batchTime = 200 * time.Millisecond
)

// Run replays the plan. When ctx ends or something breaks, what was answered is
// committed and the error is returned; every run can then go on where it
// stopped. Runs are finished only if all planned outputs are stored.
func Run(ctx context.Context, p Plan) (Report, error) {
	r := &runner{plan: p, report: Report{Errors: map[string]int{}}, streak: make([]int, len(p.Targets))}
	if r.plan.MaxFailures == 0 {
		r.plan.MaxFailures = DefaultMaxFailures
	}
	for _, t := range p.Targets {
		has, n, err := p.Store.Answered(ctx, t.Run.ID)
		if err != nil {
			return r.report, err
		}
		r.answered = append(r.answered, has)
		r.report.Kept += n
	}
	if err := r.pump(ctx); err != nil {
		return r.report, err
	}
	for _, t := range p.Targets {
		if err := p.Store.Finish(ctx, t.Run.ID, p.Now(), nil); err != nil {
			return r.report, err
		}
	}
	return r.report, nil
}

type runner struct {
	plan     Plan
	answered []func(caseID, caseHash string, repeat int) bool

	mu     sync.Mutex
	report Report
	streak []int // failed calls in a row, by target
}

// pump connects reading, asking and writing. Readers and workers stop with ctx;
// the writer ends only when there is nothing more to write.
func (r *runner) pump(ctx context.Context) error {
	calls := make(chan call, 2*r.plan.Concurrency)
	results := make(chan done, 2*batchSize)
	// The writer's context outlives ctx: what was answered is kept.
	writing, stopWriting := context.WithCancel(context.WithoutCancel(ctx))
	defer stopWriting()
	ctx, stopAsking := context.WithCancel(ctx)
	defer stopAsking()
	askers, askCtx := errgroup.WithContext(ctx)
	written := make(chan error, 1)
	go func() {
		err := r.write(writing, results)
		written <- err
	}()
	failed := make(chan struct{})
	askers.Go(func() error {
		defer close(calls)
		return r.read(askCtx, calls)
	})
	for range r.plan.Concurrency {
		askers.Go(func() error {
			for c := range calls {
				d, err := r.ask(askCtx, c)
				if err != nil {
					return err
				}
				select {
				case results <- d:
				case <-failed:
					return errWriter
				}
				if err := r.count(d); err != nil {
					return err
				}
			}
			return nil
		})
	}
	asked := make(chan error, 1)
	go func() {
		asked <- askers.Wait()
		close(results)
	}()
	err := <-written
	if err != nil {
		stopAsking()
	}
	close(failed)
	if askErr := <-asked; err == nil {
		return askErr
	}
	return err
}

// errWriter tells workers that nobody takes their results any more.
var errWriter = errors.New("results are not taken any more")

// read streams the calls to be made, leaving out what is answered.
func (r *runner) read(ctx context.Context, calls chan<- call) error {
	n := 0
	for c, err := range r.plan.Cases {
		if err != nil {
			return err
		}
		hash := c.Hash()
		shared := &c
		for repeat := range r.most() {
			for i := range r.plan.Targets {
				t := (i + n) % len(r.plan.Targets)
				if repeat >= r.plan.Targets[t].Run.Repeats || r.answered[t](c.ID, hash, repeat) {
					continue
				}
				select {
				case calls <- call{t, shared, hash, repeat}:
				case <-ctx.Done():
					return ctx.Err()
				}
			}
			n++
		}
	}
	return nil
}

// most is the largest number of repeats of any target.
func (r *runner) most() int {
	n := 0
	for _, t := range r.plan.Targets {
		n = max(n, t.Run.Repeats)
	}
	return n
}

// ask makes one call and scores the answer.
func (r *runner) ask(ctx context.Context, c call) (d done, err error) {
	t := r.plan.Targets[c.target]
	defer func() {
		if p := recover(); p != nil {
			o := eval.Output{CaseID: c.c.ID, Repeat: c.repeat, Err: fmt.Sprintf("panic: %v", p)}
			d, err = done{c, t.Panel.Evaluate(ctx, c.c, &o)}, nil
		}
	}()
	o, err := t.Agent.Ask(ctx, c.c, c.repeat)
	if err != nil {
		return done{}, err
	}
	// An answer that came is kept, and scored whole, even if the run is being
	// cancelled.
	return done{c, t.Panel.Evaluate(context.WithoutCancel(ctx), c.c, &o)}, nil
}

// count keeps the books and stops the run when an agent is down.
func (r *runner) count(d done) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.report.Asked++
	if !d.result.Output.Failed() {
		r.streak[d.target] = 0
		return nil
	}
	r.report.Failed++
	r.report.Errors[class(d.result.Output.Err)]++
	r.streak[d.target]++
	run := r.plan.Targets[d.target].Run
	if run.Kind != "recording" && r.plan.MaxFailures > 0 && r.streak[d.target] >= r.plan.MaxFailures {
		return fmt.Errorf("%w: %d calls of %s in a row; the last: %s", ErrDown, r.streak[d.target], run.Name(), d.result.Output.Err)
	}
	return nil
}

// class is what a failed call is counted as.
func class(err string) string {
	for _, c := range []struct{ part, class string }{
		{"time-out", "time-out"},
		{"ended", "agent ended"},
		{"is not an output", "bad answer"},
		{"answered case", "bad answer"},
		{agent.NoAnswer, "no answer recorded"},
	} {
		if strings.Contains(err, c.part) {
			return c.class
		}
	}
	return "agent's own error"
}

// write commits results in batches until there are no more.
func (r *runner) write(ctx context.Context, results <-chan done) error {
	batches := make([][]store.Entry, len(r.plan.Targets))
	waiting, stored := 0, r.report.Kept
	var timer <-chan time.Time
	commit := func() error {
		for t, batch := range batches {
			n, err := r.plan.Store.Append(ctx, r.plan.Targets[t].Run.ID, batch)
			if err != nil {
				return err
			}
			stored += n
			batches[t] = batch[:0]
		}
		waiting, timer = 0, nil
		if r.plan.Progress != nil {
			r.mu.Lock()
			failed := r.report.Failed
			r.mu.Unlock()
			r.plan.Progress(Progress{Done: stored, Failed: failed})
		}
		return nil
	}
	for {
		select {
		case d, ok := <-results:
			if !ok {
				return commit()
			}
			batches[d.target] = append(batches[d.target], store.Entry{Case: d.c, CaseHash: d.hash, Result: d.result})
			if waiting++; waiting == 1 {
				timer = time.After(batchTime)
			}
			if waiting < batchSize {
				continue
			}
		case <-timer:
		}
		if err := commit(); err != nil {
			return err
		}
	}
}
