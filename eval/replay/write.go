package replay

import (
	"context"
	"fmt"
	"time"

	"holdtrue/eval"
	"holdtrue/eval/agent"
)

// write takes arrivals in until there are no more, and commits them in batches.
func (r *runner) write(commit, calls context.Context, arrivals <-chan arrival) {
	var due <-chan time.Time
	tick := time.NewTicker(progressEvery)
	defer tick.Stop()
	r.progress()
	for {
		select {
		case a, open := <-arrivals:
			if !open {
				return
			}
			r.take(commit, calls, a)
			if due == nil {
				due = time.After(batchDelay)
			}
		case <-r.committed():
			r.settle()
		case <-due:
			due = nil
			r.flush(commit)
			r.progress()
		case <-tick.C:
			r.progress()
		}
		if r.committing == nil && len(arrivals) == 0 {
			r.appendLive(commit)
		}
	}
}

// committed is closed once the batch under way is in the store.
func (r *runner) committed() <-chan struct{} {
	if r.committing == nil {
		return nil
	}
	return r.committing.done
}

// appendLive begins to commit what live agents have answered.
func (r *runner) appendLive(commit context.Context) {
	for _, t := range r.targets {
		if t.live {
			r.append(commit, t)
		}
	}
}

// take takes in one arrival.
func (r *runner) take(commit, calls context.Context, a arrival) {
	t := r.targets[a.target]
	if a.err != nil {
		r.interrupted = r.interrupted || a.err != errEnough
		return
	}
	if r.plan.Enough != nil && r.plan.Enough(&a.result) {
		r.gate.close()
	}
	r.room.Release(min(a.weight, queueBytes))
	t.count(&a.result.Output)
	e := Entry{Case: a.c, CaseHash: a.hash, Result: a.result}
	if a.result.Output.Failed() && t.holds() {
		t.held = append(t.held, e)
		r.free(a.slot)
		return
	}
	if calls.Err() == nil {
		t.release()
	}
	if r.broken {
		r.free(a.slot) // nothing is written any more
		return
	}
	if a.slot {
		t.slots++
	}
	t.put(e, a.weight)
	if len(t.batch) >= batchSize || t.bytes >= batchBytes {
		r.append(commit, t)
		r.progress()
	}
}

// count takes an output into the counts of its target.
func (t *targetState) count(o *eval.Output) {
	t.counts.Asked++
	t.lineage.add(o)
	if t.live {
		t.counts.Cost.add(o)
	}
	if o.Failed() {
		t.counts.Failed++
		class := agent.Classify(o.Err)
		if t.counts.Errors[class]++; t.counts.Errors[class] == 1 {
			t.counts.Examples[class] = Example{o.CaseID, Brief(o.Err)}
		}
	}
}

// free gives back the slot of an answer that will not be committed.
func (r *runner) free(slot bool) {
	if slot {
		r.slots.Release(1)
	}
}

// release puts the held failures into the batch: the agent is not down.
func (t *targetState) release() {
	for _, e := range t.held {
		t.put(e, weigh(&e.Result))
	}
	t.held = t.held[:0]
}

func (t *targetState) put(e Entry, weight int64) {
	t.batch = append(t.batch, e)
	t.bytes += weight
}

func (r *runner) releaseHeld() {
	for _, t := range r.targets {
		t.release()
	}
}

// flush commits every batch, and returns when that is done.
func (r *runner) flush(ctx context.Context) {
	for _, t := range r.targets {
		r.append(ctx, t)
	}
	r.settle()
}

// commit is a batch on its way into the store.
type commit struct {
	target *targetState
	slots  int64
	done   chan struct{}
	stored int
	err    error
}

// append stages the batch of a target, waits for the batch before, and begins to
// commit. After an error of the store nothing more is written: what it holds is
// then for a resumed run to find out.
func (r *runner) append(ctx context.Context, t *targetState) {
	if len(t.batch) == 0 {
		return
	}
	if r.broken {
		r.drop(t)
		return
	}
	store, err := r.plan.Store.Stage(ctx, t.Run.ID, t.batch)
	r.settle()
	if err != nil && !r.broken {
		r.breakOff(t, err)
	}
	if r.broken {
		r.drop(t)
		return
	}
	c := &commit{target: t, slots: t.slots, done: make(chan struct{})}
	t.batch, t.bytes, t.slots = nil, 0, 0 // the old one belongs to the commit
	if !t.live {
		t.batch = make([]Entry, 0, batchSize)
	}
	r.committing = c
	go func() {
		defer close(c.done)
		c.stored, c.err = store(ctx)
	}()
}

// drop empties the batch of a target without storing it.
func (r *runner) drop(t *targetState) {
	r.slots.Release(t.slots)
	t.batch, t.bytes, t.slots = nil, 0, 0
}

// settle waits for the batch that is being committed, if there is one.
func (r *runner) settle() {
	c := r.committing
	if c == nil {
		return
	}
	<-c.done
	r.committing = nil
	c.target.counts.Stored += c.stored
	if c.err != nil {
		r.breakOff(c.target, c.err) // before the slots let further calls begin
	}
	r.slots.Release(c.slots)
}

// breakOff ends the replay because the store cannot take what it is given.
func (r *runner) breakOff(t *targetState, err error) {
	r.broken = true
	r.fail(fmt.Errorf("run %s: %w", t.Run.ID, err))
}

func (r *runner) progress() {
	if r.plan.Progress == nil {
		return
	}
	p := Progress{Planned: r.planned, Cost: r.plan.Budget.Before}
	for _, t := range r.targets {
		p.Done += t.counts.Skipped + t.counts.Asked
		p.Failed += t.counts.Failed
		p.Cost.USD += t.counts.Cost.USD
		p.Cost.Priced += t.counts.Cost.Priced
	}
	r.plan.Progress(p)
}
