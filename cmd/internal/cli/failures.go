package cli

import (
	"context"
	"fmt"
	"strings"

	"holdtrue/eval"
	"holdtrue/eval/agent"
	"holdtrue/eval/drift"
	"holdtrue/eval/replay"
	"holdtrue/eval/store"
)

// noteFailures says how many calls failed, and of what, with an example of each.
func (a *app) noteFailures(r replay.Report) {
	if r.Failed == 0 {
		return
	}
	var classes []string
	for _, class := range agent.Classes {
		if n := r.Errors[class]; n > 0 {
			classes = append(classes, fmt.Sprintf("%s: %d", class, n))
		}
	}
	a.note("%d of %d calls failed (%s)", r.Failed, r.Asked, strings.Join(classes, ", "))
	for _, class := range agent.Classes {
		if e, ok := r.Examples[class]; ok {
			a.note("such as case %s: %s", e.CaseID, e.Err)
		}
	}
}

// summarize reads what a run holds, with its failed calls by what went wrong.
func summarize(ctx context.Context, db *store.DB, run eval.Run) (drift.Summary, error) {
	judged, rows, err := db.Judged(ctx, run, nil)
	if err != nil {
		return drift.Summary{}, err
	}
	s, err := drift.Summarize(judged, rows)
	if err != nil || s.Failed == 0 {
		return s, err
	}
	counts, examples := map[agent.Class]int{}, map[agent.Class]string{}
	for text, err := range db.Failures(ctx, run.ID) {
		if err != nil {
			return s, err
		}
		class := agent.Classify(text)
		if counts[class]++; counts[class] == 1 {
			examples[class] = replay.Brief(text)
		}
	}
	for _, class := range agent.Classes {
		if counts[class] > 0 {
			s.Errors = append(s.Errors, drift.ErrorCount{Class: string(class), Count: counts[class], Example: examples[class]})
		}
	}
	return s, nil
}

// ended gives the exit code of a run by what it holds, and says what it is worth
// if many calls failed.
func (a *app) ended(s drift.Summary, f *replayFlags) error {
	limits, err := drift.Options{}.WithDefaults()
	if err != nil {
		return err
	}
	switch {
	case f.stopped:
		return verdict(exitInconclusive)
	case s.Outputs > 0 && s.Failed == s.Outputs:
		a.note("every call of run %s failed, so it holds no answer", s.Run.ID)
		a.hint(a.prog + " show" + a.where() + " " + s.Run.ID + " CASE shows what an agent wrote to its standard error")
		return verdict(exitFailed)
	case float64(s.Failed) > limits.MaxFailed*float64(s.Outputs):
		a.note("%d of %d calls failed, more than the %.0f%% with which a comparison measures anything", s.Failed, s.Outputs, 100*limits.MaxFailed)
	}
	return nil
}
