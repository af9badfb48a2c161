package replay

import (
	"context"
	"fmt"
	"slices"

	"holdtrue/eval"
)

// work does jobs until there are no more. Every job gives one arrival.
func (r *runner) work(begin, calls, scoring context.Context, jobs <-chan job, arrivals chan<- arrival) {
	for j := range jobs {
		a := arrival{job: j, err: errStopped}
		switch {
		case begin.Err() != nil:
		case !r.gate.enter(j.number):
			a.err = errEnough
		default:
			a.result, a.err = r.answer(calls, scoring, j)
			r.check(calls, j, &a)
		}
		if a.err == nil {
			a.weight = weigh(&a.result)
			r.wait(&a)
		}
		arrivals <- a
	}
}

// wait waits for room in the queue and, with the answer of a live agent, until
// not too many are on their way into the store. The writer takes arrivals in
// until there are no more, so that there always comes room and a finished answer
// is never lost.
func (r *runner) wait(a *arrival) {
	if r.targets[a.target].live {
		_ = r.slots.Acquire(context.Background(), 1)
		a.slot = true
	}
	_ = r.room.Acquire(context.Background(), min(a.weight, queueBytes))
}

// check ends the replay if the agent cannot be used, or failed too many times in
// a row. It does so before anything else is asked.
func (r *runner) check(calls context.Context, j job, a *arrival) {
	t, o := r.targets[j.target], &a.result.Output
	switch {
	case a.err != nil:
		if calls.Err() == nil && a.err != errStopped {
			r.fail(a.err)
		}
	case !o.Failed():
		t.streak.Store(0)
	case t.holds():
		if n := t.streak.Add(1); n >= int64(t.most) {
			r.fail(fmt.Errorf("agent %s: %w: the last %d in a row failed; the last error: %s", t.Run.Agent, ErrFailing, n, Brief(o.Err)))
		}
	}
}

// answer asks and scores. The error is for what ends the run; a panic is an
// error of the case.
func (r *runner) answer(calls, scoring context.Context, j job) (eval.Result, error) {
	t := r.targets[j.target]
	o, err := r.spend(calls, t, j)
	if err != nil {
		return eval.Result{}, err
	}
	res := score(scoring, t.Panel, j, o)
	if scoring.Err() != nil && slices.ContainsFunc(res.Scores, func(s eval.Score) bool { return s.Status == eval.Failed }) {
		return eval.Result{}, errStopped // the scorer may have given up for it
	}
	return res, nil
}

// spend asks if the budget allows it.
func (r *runner) spend(calls context.Context, t *targetState, j job) (eval.Output, error) {
	if !t.live {
		return ask(calls, t, j)
	}
	if r.purse.begin() != nil {
		r.halt()
		return eval.Output{}, errStopped // the purse keeps the reason
	}
	o, err := ask(calls, t, j)
	if err != nil {
		r.purse.end(nil)
		return o, err
	}
	r.purse.end(&o)
	return o, nil
}

// ask puts the case to the target. Whatever an agent says of itself, the output
// is the one to this case and repeat.
func ask(ctx context.Context, t *targetState, j job) (o eval.Output, err error) {
	defer func() {
		if p := recover(); p != nil {
			o, err = eval.Output{Err: fmt.Sprintf("asking the agent panicked: %v", p)}, nil
		}
		o.CaseID, o.Repeat = j.c.ID, j.repeat
	}()
	return t.Agent.Ask(ctx, j.c, j.repeat)
}

func score(ctx context.Context, panel *eval.Panel, j job, o eval.Output) (res eval.Result) {
	defer func() {
		if p := recover(); p != nil {
			o.Err = fmt.Sprintf("scoring the answer panicked: %v", p)
			res = panel.Evaluate(ctx, j.c, &o, j.shared) // asks no scorer for a failed call
		}
	}()
	return panel.Evaluate(ctx, j.c, &o, j.shared)
}

// weigh is about how many bytes a result takes.
func weigh(r *eval.Result) int64 {
	o := &r.Output
	n := 1024 + len(o.Text) + len(o.Prompt) + len(o.Err) + len(o.Stderr)
	for _, s := range o.Steps {
		n += len(s.Args) + len(s.Result)
	}
	for _, d := range o.Documents {
		n += len(d.Text)
	}
	for _, s := range r.Scores {
		n += len(s.Reason)
	}
	return int64(n)
}
