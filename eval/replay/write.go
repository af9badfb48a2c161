package replay

import (
	"context"
	"fmt"
	"time"

	"holdtrue/eval/agent"
)

// write takes arrivals in until there are no more, and commits them in batches.
func (r *runner) write(commit, calls context.Context, arrivals <-chan arrival) {
	var due <-chan time.Time
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
		case <-due:
			due = nil
			r.flush(commit)
			r.progress()
		}
	}
}

// take takes in one arrival.
func (r *runner) take(commit, calls context.Context, a arrival) {
	t := r.targets[a.target]
	if a.err != nil {
		r.interrupted = true
		return
	}
	r.room.Release(min(a.weight, queueBytes))
	o := &a.result.Output
	t.counts.Asked++
	t.lineage.add(o)
	e := Entry{Seq: a.seq, Case: a.c, CaseHash: a.hash, Result: a.result}
	if o.Failed() {
		t.counts.Failed++
		t.counts.Errors[agent.Classify(o.Err)]++
		if t.holds() {
			t.held = append(t.held, e)
			return
		}
	}
	if calls.Err() == nil {
		t.release()
	}
	t.put(e, a.weight)
	if len(t.batch) >= batchSize || t.bytes >= batchBytes {
		r.append(commit, t)
		r.progress()
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

// flush commits every batch.
func (r *runner) flush(ctx context.Context) {
	for _, t := range r.targets {
		r.append(ctx, t)
	}
}

// append commits the batch of a target. After an error of the store nothing
// more is written: what it holds is then for a resumed run to find out.
func (r *runner) append(ctx context.Context, t *targetState) {
	if len(t.batch) == 0 || r.broken {
		return
	}
	stored, err := r.plan.Store.Append(ctx, t.Run.ID, t.batch)
	t.counts.Stored += stored
	if err != nil {
		r.broken = true
		r.fail(fmt.Errorf("run %s: %w", t.Run.ID, err))
	}
	clear(t.batch) // lets go of the texts
	t.batch, t.bytes = t.batch[:0], 0
}

func (r *runner) progress() {
	if r.plan.Progress == nil {
		return
	}
	p := Progress{Planned: r.planned}
	for _, t := range r.targets {
		p.Done += t.counts.Skipped + t.counts.Asked
		p.Failed += t.counts.Failed
	}
	r.plan.Progress(p)
}
