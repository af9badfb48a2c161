package replay

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"holdtrue/eval"
	"holdtrue/eval/agent"
)

func TestRunStoresEveryAnswerOnce(t *testing.T) {
	db := newMemory()
	var last Progress
	report, err := Run(t.Context(), Plan{Cases: cases(1000, nil), Store: db, Concurrency: 4,
		Targets:  []Target{target(t, echoes(), "one", 1000, 3)},
		Progress: func(p Progress) { last = p }})
	if err != nil {
		t.Fatal(err)
	}
	if len(db.runs["one"]) != 3000 || report.Asked != 3000 || report.Stored != 3000 || report.Failed != 0 {
		t.Errorf("%d stored, report %+v", len(db.runs["one"]), report)
	}
	if want := (Progress{Planned: 3000, Done: 3000}); last != want {
		t.Errorf("last progress %+v, want %+v", last, want)
	}
	if db.finished["one"] == nil {
		t.Error("the run was not completed")
	}
	for k, e := range db.runs["one"] {
		if e.Result.Output.CaseID != k.id || len(e.Result.Scores) != 1 || e.CaseHash != e.Case.Hash() {
			t.Fatalf("entry of %+v: %+v", k, e)
		}
	}
	for _, n := range db.batches {
		if n > batchSize {
			t.Errorf("a batch of %d answers; at most %d are held back", n, batchSize)
		}
	}
}

// TestInterleaving: with one call at a time the order of the calls is the order
// of the plan.
func TestInterleaving(t *testing.T) {
	var order []string
	voice := func(name string) *scripted {
		s := echoes()
		answer := s.do
		s.do = func(ctx context.Context, n int, c *eval.Case, repeat int) (eval.Output, error) {
			order = append(order, fmt.Sprintf("%s:%s/%d", name, c.ID, repeat))
			return answer(ctx, n, c, repeat)
		}
		return s
	}
	db := newMemory()
	_, err := Run(t.Context(), Plan{Cases: cases(2, nil), Store: db, Concurrency: 1,
		Targets: []Target{target(t, voice("A"), "a", 2, 2), target(t, voice("B"), "b", 2, 3)}})
	if err != nil {
		t.Fatal(err)
	}
	want := "A:c0/0 B:c0/0 B:c0/1 A:c0/1 B:c0/2 B:c1/0 A:c1/0 A:c1/1 B:c1/1 B:c1/2"
	if got := strings.Join(order, " "); got != want {
		t.Errorf("order %s\nwant  %s", got, want)
	}
	if len(db.finished) != 2 {
		t.Errorf("%d runs completed, want 2", len(db.finished))
	}
}

func TestResumeAsksOnlyWhatIsMissing(t *testing.T) {
	db := newMemory()
	stopAt := 700
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	ag := echoes()
	answer := ag.do
	asked := map[string]int{}
	ag.do = func(ctx context.Context, n int, c *eval.Case, repeat int) (eval.Output, error) {
		asked[fmt.Sprint(c.ID, "/", repeat)]++
		if n == stopAt {
			cancel()
		}
		return answer(ctx, n, c, repeat)
	}
	plan := Plan{Cases: cases(1000, nil), Store: db, Concurrency: 1, Targets: []Target{target(t, ag, "one", 1000, 2)}}
	report, err := Run(ctx, plan)
	if !errors.Is(err, context.Canceled) {
		t.Fatalf("a cancelled run gave %v", err)
	}
	if db.finished["one"] != nil {
		t.Error("an interrupted run was marked complete")
	}
	if report.Stored != stopAt+1 || len(db.runs["one"]) != stopAt+1 {
		t.Errorf("%d answers had arrived, %d were stored, report %+v", stopAt+1, len(db.runs["one"]), report)
	}
	report, err = Run(t.Context(), plan)
	if err != nil {
		t.Fatal(err)
	}
	if report.Skipped != stopAt+1 || report.Asked != 2000-stopAt-1 || db.finished["one"] == nil {
		t.Errorf("after the resumption: %+v", report)
	}
	for k, n := range asked {
		if n != 1 {
			t.Errorf("%s was asked %d times", k, n)
		}
	}
	if len(asked) != 2000 {
		t.Errorf("%d answers asked for, want 2000", len(asked))
	}
}

// TestAnEditedCaseIsAskedAgain: what was answered is told by content, not by id
// alone.
func TestAnEditedCaseIsAskedAgain(t *testing.T) {
	db := newMemory()
	old := eval.Case{ID: "c1", Prompt: "the old prompt"}
	if _, err := db.append(t.Context(), "one", []Entry{{Case: &old, CaseHash: old.Hash(), Result: eval.Result{Output: eval.Output{CaseID: "c1"}}}}); err != nil {
		t.Fatal(err)
	}
	report, err := Run(t.Context(), Plan{Cases: cases(2, nil), Store: db, Targets: []Target{target(t, echoes(), "one", 2, 1)}})
	if err != nil || report.Asked != 2 {
		t.Errorf("%+v %v", report, err)
	}
}

func TestStoreErrorEndsTheRun(t *testing.T) {
	db := newMemory()
	db.fail = func(batch int) error {
		if batch == 2 {
			return errFull
		}
		return nil
	}
	ag := echoes()
	report, err := Run(t.Context(), Plan{Cases: cases(100_000, nil), Store: db, Concurrency: 2, Targets: []Target{target(t, ag, "one", 100_000, 1)}})
	if !errors.Is(err, errFull) || !strings.Contains(err.Error(), "run one: ") {
		t.Errorf("error %v", err)
	}
	if report.Stored != len(db.runs["one"]) || report.Stored == 0 || db.finished["one"] != nil {
		t.Errorf("%d stored, report %+v", len(db.runs["one"]), report)
	}
	if ag.n > 10_000 {
		t.Errorf("%d calls were made although the store was broken", ag.n)
	}
}

// TestStoreErrorOfTheLastBatch: the last commit is what makes a run complete.
func TestStoreErrorOfTheLastBatch(t *testing.T) {
	db := newMemory()
	db.fail = func(int) error { return errFull }
	_, err := Run(t.Context(), Plan{Cases: cases(3, nil), Store: db, Targets: []Target{target(t, echoes(), "one", 3, 1)}})
	if !errors.Is(err, errFull) || db.finished["one"] != nil {
		t.Errorf("error %v, completed %v", err, db.finished["one"] != nil)
	}
}

func TestErrorsThatEndTheRun(t *testing.T) {
	bad := &eval.InputError{Pos: eval.Pos{File: "golden.jsonl", Line: 7}, Msg: "not valid JSON"}
	broken := fmt.Errorf("%w: no such program", agent.ErrBroken)
	breaks := &scripted{do: func(_ context.Context, n int, c *eval.Case, repeat int) (eval.Output, error) {
		if n == 5 {
			return eval.Output{}, broken
		}
		return eval.Output{Text: "x"}, nil
	}}
	panics := func(yield func(eval.Case, error) bool) {
		yield(eval.Case{ID: "c0", Prompt: "p"}, nil)
		panic("reader")
	}
	for _, c := range []struct {
		plan   Plan
		want   string
		stored int
		reason string
	}{
		{Plan{Cases: cases(3, bad), Targets: []Target{target(t, echoes(), "one", 3, 1)}}, "golden.jsonl:7: not valid JSON", 3, "an error in the cases"},
		{Plan{Cases: cases(9, nil), Targets: []Target{target(t, breaks, "one", 9, 1)}}, "the agent cannot be used: no such program", 5, "an agent that cannot be used"},
		{Plan{Cases: panics, Targets: []Target{target(t, echoes(), "one", 3, 1)}}, "reading cases panicked: reader", 1, "a reader that panics"},
	} {
		db := newMemory()
		c.plan.Store, c.plan.Concurrency = db, 1
		report, err := Run(t.Context(), c.plan)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.reason, err, c.want)
		}
		if len(db.runs["one"]) != c.stored || report.Stored != c.stored || db.finished["one"] != nil {
			t.Errorf("%s: %d answers stored, want %d, report %+v", c.reason, len(db.runs["one"]), c.stored, report)
		}
	}
}

func TestPlanIsChecked(t *testing.T) {
	ok := target(t, echoes(), "one", 1, 1)
	for reason, plan := range map[string]Plan{
		"no cases":         {Store: newMemory(), Targets: []Target{ok}},
		"no store":         {Cases: cases(1, nil), Targets: []Target{ok}},
		"no target":        {Cases: cases(1, nil), Store: newMemory()},
		"half a target":    {Cases: cases(1, nil), Store: newMemory(), Targets: []Target{{Run: ok.Run}}},
		"nothing is asked": {Cases: cases(1, nil), Store: newMemory(), Targets: []Target{target(t, echoes(), "one", 1, 0)}},
	} {
		if _, err := Run(t.Context(), plan); err == nil {
			t.Errorf("%s: no error", reason)
		}
	}
}

// failing answers up to call number good and fails from then on.
func failing(good int) *scripted {
	return &scripted{do: func(_ context.Context, n int, _ *eval.Case, _ int) (eval.Output, error) {
		if n >= good {
			return eval.Output{Err: "time-out: no answer\x1b[2J"}, nil
		}
		return eval.Output{Text: "x"}, nil
	}}
}

func TestFailuresInARowStopTheRun(t *testing.T) {
	db := newMemory()
	ag := failing(50)
	plan := Plan{Cases: cases(500, nil), Store: db, Concurrency: 1, Targets: []Target{target(t, ag, "one", 500, 1)}}
	report, err := Run(t.Context(), plan)
	if !errors.Is(err, ErrFailing) || !strings.Contains(err.Error(), "the last 20 in a row failed; the last error: time-out: no answer\uFFFD[2J") {
		t.Errorf("error %q", err)
	}
	if report.Errors[agent.Timeout] != report.Failed || report.Failed < DefaultMaxFailures {
		t.Errorf("report %+v", report)
	}
	if len(db.runs["one"]) != 50 {
		t.Errorf("%d answers stored; the 50 good ones are to be, the failures in a row to be asked again", len(db.runs["one"]))
	}
	ag.do = echoes().do // it is up again
	if report, err = Run(t.Context(), plan); err != nil || report.Skipped != 50 || len(db.runs["one"]) != 500 || db.finished["one"] == nil {
		t.Errorf("resumed: %+v %v", report, err)
	}
}

func TestFailuresThatDoNotStopTheRun(t *testing.T) {
	everyOther := &scripted{do: func(_ context.Context, n int, _ *eval.Case, _ int) (eval.Output, error) {
		if n%20 != 0 {
			return eval.Output{Err: "crash: x"}, nil
		}
		return eval.Output{Text: "x"}, nil
	}}
	recorded := failing(0)
	recorded.info.Recorded = true
	for _, c := range []struct {
		ag     *scripted
		max    int
		n      int
		reason string
	}{
		{everyOther, 0, 200, "a good call in between"},
		{failing(0), -1, 200, "the plan says never"},
		{recorded, 0, 200, "a recording is never down"},
		{failing(181), 0, 200, "19 failures at the end"},
	} {
		db := newMemory()
		report, err := Run(t.Context(), Plan{Cases: cases(c.n, nil), Store: db, Concurrency: 1, MaxConsecutiveFailures: c.max,
			Targets: []Target{target(t, c.ag, "one", c.n, 1)}})
		if err != nil || len(db.runs["one"]) != c.n || report.Failed == 0 || db.finished["one"] == nil {
			t.Errorf("%s: %d stored, %+v, %v", c.reason, len(db.runs["one"]), report, err)
		}
	}
}

func TestPanicsAreErrorsOfTheCase(t *testing.T) {
	db := newMemory()
	ag := &scripted{do: func(_ context.Context, n int, c *eval.Case, _ int) (eval.Output, error) {
		if n == 1 {
			panic("boom")
		}
		return eval.Output{CaseID: "someone else", Repeat: 9, Text: "x"}, nil
	}}
	report, err := Run(t.Context(), Plan{Cases: cases(3, nil), Store: db, Concurrency: 1, Targets: []Target{target(t, ag, "one", 3, 1)}})
	if err != nil || report.Failed != 1 || report.Errors[agent.Other] != 1 {
		t.Fatalf("%+v %v", report, err)
	}
	for k, e := range db.runs["one"] {
		o := e.Result.Output
		if o.CaseID != k.id || o.Repeat != 0 {
			t.Errorf("the output must be the one to its case: %+v", o)
		}
		if want := k.id == "c1"; o.Failed() != want || want && (o.Err != "asking the agent panicked: boom" || e.Result.Scores[0].Status != eval.Missing) {
			t.Errorf("%s: %+v", k.id, e.Result)
		}
	}
}

// TestEveryCaseEndsWithOneOutput: whatever mixture of faults, repeats, targets
// and concurrency, each planned answer is stored exactly once.
func TestEveryCaseEndsWithOneOutput(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		n, concurrency := rapid.IntRange(1, 60).Draw(rt, "cases"), rapid.IntRange(1, 8).Draw(rt, "concurrency")
		seed := rapid.Uint64().Draw(rt, "seed")
		db := newMemory()
		var targets []Target
		for i, repeats := range rapid.SliceOfN(rapid.IntRange(1, 3), 1, 3).Draw(rt, "repeats") {
			ag := &scripted{do: func(_ context.Context, call int, _ *eval.Case, _ int) (eval.Output, error) {
				switch rand.New(rand.NewPCG(seed, uint64(call*10+i))).IntN(4) {
				case 0:
					return eval.Output{Err: "crash: x"}, nil
				case 1:
					panic("x")
				}
				return eval.Output{Text: "x"}, nil
			}}
			targets = append(targets, target(t, ag, fmt.Sprint("run", i), n, repeats))
		}
		report, err := Run(t.Context(), Plan{Cases: cases(n, nil), Store: db, Concurrency: concurrency, Targets: targets, MaxConsecutiveFailures: -1})
		if err != nil {
			rt.Fatal(err)
		}
		asked := 0
		for _, tg := range targets {
			asked += tg.Run.Planned()
			if got := len(db.runs[tg.Run.ID]); got != tg.Run.Planned() {
				rt.Fatalf("%s: %d answers, planned %d", tg.Run.ID, got, tg.Run.Planned())
			}
		}
		failed := 0
		for _, k := range report.Errors {
			failed += k
		}
		if report.Asked != asked || report.Stored != asked || failed != report.Failed || len(report.Targets) != len(targets) {
			rt.Fatalf("planned %d, report %+v", asked, report)
		}
	})
}

// TestSlowAnswersAreCommittedWhileOthersAreAwaited: an answer must not wait for
// a batch to fill.
func TestSlowAnswersAreCommittedWhileOthersAreAwaited(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db := newMemory()
		ag := &scripted{do: func(context.Context, int, *eval.Case, int) (eval.Output, error) {
			time.Sleep(3 * time.Second)
			return eval.Output{Text: "x"}, nil
		}}
		go func() {
			time.Sleep(10 * time.Second)
			db.mu.Lock()
			defer db.mu.Unlock()
			if got := len(db.runs["one"]); got != 3 {
				t.Errorf("%d of 3 answers are stored after 10 s", got)
			}
		}()
		if _, err := Run(t.Context(), Plan{Cases: cases(10, nil), Store: db, Concurrency: 1, Targets: []Target{target(t, ag, "one", 10, 1)}}); err != nil {
			t.Error(err)
		}
	})
}

// TestLargeAnswersAreNotPiledUp: what is not yet committed is bounded in bytes.
func TestLargeAnswersAreNotPiledUp(t *testing.T) {
	db := newMemory()
	text := strings.Repeat("x", 5<<20)
	ag := &scripted{do: func(context.Context, int, *eval.Case, int) (eval.Output, error) { return eval.Output{Text: text}, nil }}
	if _, err := Run(t.Context(), Plan{Cases: cases(40, nil), Store: db, Concurrency: 2, Targets: []Target{target(t, ag, "one", 40, 1)}}); err != nil {
		t.Fatal(err)
	}
	for _, n := range db.batches {
		if n*len(text) > batchBytes+len(text) {
			t.Errorf("a batch of %d answers of 5 MiB", n)
		}
	}
	if len(db.runs["one"]) != 40 {
		t.Errorf("%d of 40 answers", len(db.runs["one"]))
	}
}

// TestCancelGivesCallsAMoment: a call that ends within the grace is kept, one
// that does not is abandoned. The bubble fails if a goroutine is left.
func TestCancelGivesCallsAMoment(t *testing.T) {
	for _, c := range []struct {
		takes  time.Duration
		stored int
	}{{DefaultGrace / 2, 4}, {time.Hour, 0}} {
		synctest.Test(t, func(t *testing.T) {
			db := newMemory()
			ag := &scripted{do: func(ctx context.Context, _ int, _ *eval.Case, _ int) (eval.Output, error) {
				select {
				case <-time.After(c.takes):
					return eval.Output{Text: "x"}, nil
				case <-ctx.Done():
					return eval.Output{}, ctx.Err()
				}
			}}
			ctx, cancel := context.WithCancel(t.Context())
			time.AfterFunc(time.Millisecond, cancel)
			began := time.Now()
			report, err := Run(ctx, Plan{Cases: cases(100, nil), Store: db, Concurrency: 4, Targets: []Target{target(t, ag, "one", 100, 1)}})
			if !errors.Is(err, context.Canceled) || len(db.runs["one"]) != c.stored || report.Stored != c.stored {
				t.Errorf("calls of %s: %d stored, want %d; %+v %v", c.takes, len(db.runs["one"]), c.stored, report, err)
			}
			if took := time.Since(began); took > 2*DefaultGrace {
				t.Errorf("ending took %s", took)
			}
		})
	}
}

func TestDeadlineIsTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		ag := &scripted{do: func(context.Context, int, *eval.Case, int) (eval.Output, error) {
			time.Sleep(50 * time.Second)
			return eval.Output{Text: "x"}, nil
		}}
		_, err := Run(ctx, Plan{Cases: cases(9, nil), Store: newMemory(), Concurrency: 1, Targets: []Target{target(t, ag, "one", 9, 1)}})
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%v", err)
		}
	})
}

func TestLineageOfARun(t *testing.T) {
	db := newMemory()
	ag := &scripted{do: func(_ context.Context, n int, _ *eval.Case, _ int) (eval.Output, error) {
		return eval.Output{Text: "x", Model: []string{"m-1", "m-2"}[n%2], Lineage: map[string]string{
			"index": "v7", "own": "not this", "request": fmt.Sprint(n), "long": strings.Repeat("x", 300), strings.Repeat("k", 300): "x"}}, nil
	}}
	if _, err := Run(t.Context(), Plan{Cases: cases(20, nil), Store: db, Concurrency: 1, Targets: []Target{target(t, ag, "one", 20, 1)}}); err != nil {
		t.Fatal(err)
	}
	got := db.finished["one"]
	long := got["long"]
	delete(got, "long")
	var pairs []string
	for k, v := range got {
		pairs = append(pairs, k+"="+v)
	}
	slices.Sort(pairs)
	if want := "index=v7 model=m-1, m-2 own=kept request=more than 4 values"; strings.Join(pairs, " ") != want {
		t.Errorf("lineage %q, want %q", strings.Join(pairs, " "), want)
	}
	if !strings.HasPrefix(long, "sha256:") || len(long) != len("sha256:")+64 {
		t.Errorf("a long value must stand as its hash: %q", long)
	}
}
