package replay

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/semaphore"

	"holdtrue/eval"
	"holdtrue/eval/agent"
)

const (
	// scoreGrace is how long scorers may go on with answers that are there when
	// the calls under way are abandoned.
	scoreGrace = time.Second
	// progressEvery is the longest time between two words on how far the run is.
	progressEvery = 10 * time.Second
	// batchSize, batchBytes and batchDelay bound what is not yet committed: a
	// batch ends with the first that is reached. Answers of live agents are
	// committed as soon as the batch before is.
	batchSize  = 1000
	batchBytes = 16 << 20
	batchDelay = 200 * time.Millisecond
	// queueSize and queueBytes bound what waits between two stages: about one
	// batch, so that scoring goes on while a batch is committed.
	queueSize  = 512
	queueBytes = 16 << 20
)

// job is one call: a case, the target it is put to, and for the how many-th
// time.
type job struct {
	target, repeat int
	number         int // of the case, from 0
	c              *eval.Case
	hash           string
	shared         *eval.Shared // by the jobs of the case
}

// arrival is what became of a job: a result or, with an error, none.
type arrival struct {
	job
	result eval.Result
	weight int64
	slot   bool // it holds one of the runner's slots
	err    error
}

// errStopped says that a job was not done, or its result is not to be used,
// because the replay is ending for another reason.
var errStopped = errors.New("the replay was stopped")

// runner is one replay under way.
type runner struct {
	plan    Plan
	targets []*targetState
	planned int
	gate    gate
	purse   *purse
	// slots bounds the answers of live agents that are not committed.
	slots *semaphore.Weighted
	// room bounds the bytes of the arrivals that wait to be taken in.
	room *semaphore.Weighted
	// fail ends the replay: nothing is asked any more, and calls under way are
	// abandoned. The first reason counts.
	fail context.CancelCauseFunc
	// halt lets nothing more begin; calls under way go on.
	halt context.CancelFunc
	// interrupted, of the writer alone, says that some job was not done.
	interrupted bool
	// broken, of the writer alone, says that the store gave an error.
	broken bool
	// committing, of the writer alone, is the batch on its way into the store.
	committing *commit
}

// targetState is a target under way. All that changes is the writer's, but for
// the streak.
type targetState struct {
	Target
	answered func(caseID, caseHash string, repeat int) bool
	live     bool // it is really asked: a call may cost money
	// most is the number of failures in a row that stops the replay, 0 for
	// never; streak is how many there have been.
	most   int
	streak atomic.Int64
	counts Counts
	batch  []Entry
	bytes  int64
	slots  int64 // that the batch holds
	// held are the failed calls since the last good one. They are stored once
	// it is clear that the agent is not down.
	held    []Entry
	lineage lineage
}

// holds tells whether failed calls are held back.
func (t *targetState) holds() bool { return t.most > 0 }

func (r *runner) prepare(ctx context.Context) error {
	before := 0
	for _, t := range r.plan.Targets {
		answered, n, err := r.plan.Store.Answered(ctx, t.Run.ID)
		if err != nil {
			return fmt.Errorf("run %s: %w", t.Run.ID, err)
		}
		r.targets = append(r.targets, &targetState{Target: t, answered: answered, live: !t.Agent.Info().Recorded, most: r.plan.maxFailures(t.Agent),
			counts: Counts{Skipped: n, Errors: map[agent.Class]int{}, Examples: map[agent.Class]Example{}}, lineage: lineage{}})
		r.planned += t.Run.Planned()
		if r.targets[len(r.targets)-1].live {
			before += n
		}
	}
	r.purse = newPurse(r.plan.Budget, before)
	r.slots = semaphore.NewWeighted(int64(r.plan.concurrency()))
	r.room = semaphore.NewWeighted(queueBytes)
	r.gate.begun = r.plan.Begun
	return nil
}

// drive runs the three stages to their end.
func (r *runner) drive(ctx context.Context) error {
	// Three contexts: whether to begin a call, whether to go on with it, and
	// whether to go on scoring its answer. A cancellation ends the first at once,
	// the others later.
	begin, stopBeginning := context.WithCancel(ctx)
	calls, abandon := context.WithCancelCause(context.WithoutCancel(ctx))
	scoring, stopScoring := context.WithCancel(context.WithoutCancel(ctx))
	r.halt = stopBeginning
	r.fail = func(cause error) { abandon(cause); stopBeginning() }
	defer stopScoring()
	defer r.fail(errStopped)
	defer context.AfterFunc(begin, func() { r.purse.close(errStopped) })()
	defer context.AfterFunc(calls, func() { time.AfterFunc(scoreGrace, stopScoring) })()
	if grace := r.plan.grace(); grace > 0 {
		defer context.AfterFunc(ctx, func() { time.AfterFunc(grace, func() { abandon(errStopped) }) })()
	}
	if t := r.plan.Budget.Time; t > 0 {
		defer time.AfterFunc(t, func() {
			r.purse.close(fmt.Errorf("%w: it has run for %s", ErrBudget, t))
			r.halt()
		}).Stop()
	}
	go func() {
		select {
		case <-r.plan.Abandon:
			r.fail(errStopped)
		case <-calls.Done():
		}
	}()

	jobs, arrivals := make(chan job, queueSize), make(chan arrival, queueSize)
	var feedErr error
	var feeding, working sync.WaitGroup
	feeding.Go(func() {
		defer close(jobs)
		feedErr = r.feed(begin, jobs)
	})
	for range r.plan.concurrency() {
		working.Go(func() { r.work(begin, calls, scoring, jobs, arrivals) })
	}
	go func() { working.Wait(); close(arrivals) }()
	r.write(context.WithoutCancel(ctx), calls, arrivals)
	feeding.Wait()
	return r.end(ctx, calls, feedErr)
}

// end stores what is left and completes the runs if nothing is missing.
func (r *runner) end(ctx, calls context.Context, feedErr error) error {
	commit := context.WithoutCancel(ctx)
	whole := feedErr == nil && calls.Err() == nil && !r.interrupted
	if whole {
		r.releaseHeld()
	}
	r.flush(commit)
	r.progress()
	switch cause := context.Cause(calls); {
	case cause != nil && !errors.Is(cause, errStopped):
		return cause
	case feedErr != nil && !errors.Is(feedErr, errStopped):
		return feedErr
	case !whole:
		return r.reason(ctx)
	}
	finished := r.plan.now()
	for _, t := range r.targets {
		if err := r.plan.Store.Finish(commit, t.Run.ID, finished, t.lineage.of(t.Run)); err != nil {
			return fmt.Errorf("run %s: %w", t.Run.ID, err)
		}
	}
	return nil
}

// reason says what stopped a replay in which nothing went wrong.
func (r *runner) reason(ctx context.Context) error {
	if why := r.purse.why(); why != nil && why != errStopped {
		return why
	}
	if err := context.Cause(ctx); err != nil {
		return err
	}
	return context.Canceled // the calls were abandoned
}

// report sums up the targets.
func (r *runner) report() Report {
	all := Report{Counts: Counts{Errors: map[agent.Class]int{}, Examples: map[agent.Class]Example{}}}
	for _, t := range r.targets {
		c := t.counts
		c.Errors, c.Examples = maps.Clone(c.Errors), maps.Clone(c.Examples)
		all.Targets = append(all.Targets, c)
		all.Asked += c.Asked
		all.Failed += c.Failed
		all.Skipped += c.Skipped
		all.Stored += c.Stored
		all.Cost.USD += c.Cost.USD
		all.Cost.Priced += c.Cost.Priced
		for class, n := range c.Errors {
			all.Errors[class] += n
			if _, ok := all.Examples[class]; !ok {
				all.Examples[class] = c.Examples[class]
			}
		}
	}
	return all
}
