package replay

import (
	"context"
	"fmt"
	"slices"

	"holdtrue/eval"
	"holdtrue/eval/process"
)

// work does jobs until there are no more. Every job gives one arrival.
func (r *runner) work(begin, calls context.Context, jobs <-chan job, arrivals chan<- arrival) {
	for j := range jobs {
		a := arrival{job: j, err: errStopped}
		switch {
		case begin.Err() != nil:
		case !r.gate.enter(j.number):
			a.err = errEnough
		default:
			a.result, a.err = r.answer(calls, j)
			r.check(calls, j, &a)
		}
		if a.err == nil {
			a.weight = weigh(&a.result)
			r.wait(a.weight)
		}
		arrivals <- a
	}
}

// wait waits for room in the queue. The writer takes arrivals in until there are
// no more, so that there always comes room and a finished answer is never lost.
func (r *runner) wait(weight int64) {
	_ = r.room.Acquire(context.Background(), min(weight, queueBytes))
}

// check ends the replay if the agent cannot be used, or failed too many times in
// a row. It does so before anything else is asked.
func (r *runner) check(calls context.Context, j job, a *arrival) {
	t, o := r.targets[j.target], &a.result.Output
	switch {
	case a.err != nil:
		if calls.Err() == nil {
			r.fail(a.err)
		}
	case !o.Failed():
		t.streak.Store(0)
	case t.holds():
		if n := t.streak.Add(1); n >= int64(t.most) {
			r.fail(fmt.Errorf("agent %s: %w: the last %d in a row failed; the last error: %s", t.Run.Agent, ErrFailing, n, process.OneLine(o.Err, 500)))
		}
	}
}

// answer asks and scores. The error is for what ends the run; a panic is an
// error of the case.
func (r *runner) answer(ctx context.Context, j job) (eval.Result, error) {
	t := r.targets[j.target]
	o, err := ask(ctx, t, j)
	if err != nil {
		return eval.Result{}, err
	}
	res := score(ctx, t.Panel, j, o)
	if ctx.Err() != nil && slices.ContainsFunc(res.Scores, func(s eval.Score) bool { return s.Status == eval.Failed }) {
		return eval.Result{}, errStopped // the scorer may have given up for it
	}
	return res, nil
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
