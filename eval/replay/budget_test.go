package replay

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"holdtrue/eval"
)

// priced answers after a second, and every answer costs what price says of the
// number of the call.
func priced(price func(n int) *float64) *scripted {
	return &scripted{do: func(ctx context.Context, n int, c *eval.Case, repeat int) (eval.Output, error) {
		select {
		case <-time.After(time.Second):
		case <-ctx.Done():
			return eval.Output{}, ctx.Err()
		}
		return eval.Output{Text: "x", Usage: &eval.Usage{CostUSD: price(n)}}, nil
	}}
}

func always(usd float64) func(int) *float64 { return func(int) *float64 { return &usd } }

// TestBudgetStopsCleanly: calls begin as long as the budget lasts, those that
// began are stored, and the run is left to be resumed.
func TestBudgetStopsCleanly(t *testing.T) {
	for _, c := range []struct {
		budget      Budget
		concurrency int
		asked       int
		says        string
	}{
		{Budget{Calls: 10}, 4, 10, "10 of 10 calls were made"},
		{Budget{Calls: 7}, 1, 7, "7 of 7 calls were made"},
		{Budget{CostUSD: .5}, 1, 10, "the answers have cost 0.5000 of 0.5000 USD"},
		{Budget{CostUSD: .5}, 4, 10, "the answers have cost 0.5000 of 0.5000 USD"},
		{Budget{CostUSD: .52}, 4, 10, "the answers have cost 0.5000 of 0.5200 USD, and one more costs about 0.0500"},
		{Budget{CostUSD: .5, Before: Cost{USD: .3, Priced: 6}}, 4, 4, "cost 0.5000 of 0.5000"},
		{Budget{CostUSD: .5, Before: Cost{USD: .6, Priced: 12}}, 4, 0, "cost 0.6000 of 0.5000"},
		{Budget{CostUSD: .5, Calls: 3}, 1, 3, "3 of 3 calls were made"},
		{Budget{Time: 2500 * time.Millisecond}, 4, 12, "it has run for 2.5s"}, // the calls of the third second are ended
	} {
		synctest.Test(t, func(t *testing.T) {
			db := newMemory()
			plan := Plan{Cases: cases(100, nil), Store: db, Concurrency: c.concurrency, Budget: c.budget,
				Targets: []Target{target(t, priced(always(.05)), "one", 100, 1)}}
			report, err := Run(t.Context(), plan)
			if !errors.Is(err, ErrBudget) || !strings.Contains(err.Error(), c.says) {
				t.Errorf("%+v: %v, want %q", c.budget, err, c.says)
			}
			if report.Asked != c.asked || report.Stored != c.asked || len(db.runs["one"]) != c.asked || db.finished["one"] != nil {
				t.Errorf("%+v at %d: %+v, %d stored, want %d", c.budget, c.concurrency, report, len(db.runs["one"]), c.asked)
			}
			plan.Budget = Budget{}
			if report, err = Run(t.Context(), plan); err != nil || report.Asked != 100-c.asked || db.finished["one"] == nil {
				t.Errorf("%+v: resumed: %+v %v", c.budget, report, err)
			}
		})
	}
}

// TestBudgetCountsWhatWasBefore: the calls of a resumed run are counted with
// those before, and a budget that is not reached stops nothing.
func TestBudgetCountsWhatWasBefore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db := newMemory()
		plan := Plan{Cases: cases(20, nil), Store: db, Concurrency: 3, Targets: []Target{target(t, priced(always(.01)), "one", 20, 1)}}
		for i, want := range []int{8, 0, 4, 8} {
			plan.Budget = Budget{Calls: []int{8, 8, 12, 20}[i]}
			report, err := Run(t.Context(), plan)
			if report.Asked != want || (err == nil) != (i == 3) {
				t.Errorf("replay %d: %+v %v, want %d calls", i, report, err, want)
			}
		}
		if db.finished["one"] == nil || len(db.runs["one"]) != 20 {
			t.Error("a budget of as many calls as there are must not stop the run")
		}
	})
}

// TestBudgetWithPricesThatVary: whatever the prices, what was begun beyond the
// budget is bounded by the error of the mean: here no call costs more than 0.09,
// and at most three were under way.
func TestBudgetWithPricesThatVary(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db := newMemory()
		price := func(n int) *float64 { p := .01 + .08*float64(n*7%10)/9; return &p }
		report, err := Run(t.Context(), Plan{Cases: cases(500, nil), Store: db, Concurrency: 3, Budget: Budget{CostUSD: 5},
			Targets: []Target{target(t, priced(price), "one", 500, 1)}})
		if !errors.Is(err, ErrBudget) || report.Cost.USD > 5+.08*3 || report.Cost.USD < 5-.09*3 || report.Cost.Priced != report.Asked {
			t.Errorf("%+v %v", report, err)
		}
	})
}

// TestBudgetOfCostNeedsPrices: answers that do not say what they cost cannot be
// held to a budget of cost. Copies from a cache and failed calls need no price.
func TestBudgetOfCostNeedsPrices(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db := newMemory()
		ag := &scripted{do: func(_ context.Context, n int, _ *eval.Case, _ int) (eval.Output, error) {
			switch n {
			case 0:
				return eval.Output{Text: "x", Cached: true}, nil
			case 1:
				return eval.Output{Err: "time-out: none"}, nil
			}
			return eval.Output{Text: "x"}, nil
		}}
		report, err := Run(t.Context(), Plan{Cases: cases(50, nil), Store: db, Concurrency: 1, Budget: Budget{CostUSD: 1},
			Targets: []Target{target(t, ag, "one", 50, 1)}})
		if !errors.Is(err, ErrUnpriced) || report.Asked != 3 || report.Stored != 3 {
			t.Errorf("%+v %v", report, err)
		}
	})
}

// TestRecordingsAreFree: a budget of cost and calls is for agents that are
// really asked; the time is for all.
func TestRecordingsAreFree(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		recorded := priced(always(9))
		recorded.info.Recorded = true
		plan := Plan{Cases: cases(10, nil), Store: newMemory(), Concurrency: 1, Budget: Budget{CostUSD: 1, Calls: 3},
			Targets: []Target{target(t, recorded, "one", 10, 1)}}
		if report, err := Run(t.Context(), plan); err != nil || report.Stored != 10 || report.Cost != (Cost{}) {
			t.Errorf("%+v %v", report, err)
		}
		plan.Store, plan.Budget = newMemory(), Budget{Time: 3500 * time.Millisecond}
		if report, err := Run(t.Context(), plan); !errors.Is(err, ErrBudget) || report.Stored != 4 {
			t.Errorf("%+v %v", report, err)
		}
	})
}

// TestAbandon: a cancellation lets the calls under way end, however long they
// take; Abandon ends them at once. What had arrived is stored in either case.
func TestAbandon(t *testing.T) {
	for _, c := range []struct {
		abandon bool
		stored  int
		takes   time.Duration
	}{{false, 4, time.Hour}, {true, 2, 3 * time.Second}} {
		synctest.Test(t, func(t *testing.T) {
			db := newMemory()
			ag := &scripted{do: func(ctx context.Context, n int, _ *eval.Case, _ int) (eval.Output, error) {
				takes := time.Second
				if n > 1 {
					takes = time.Hour
				}
				select {
				case <-time.After(takes):
					return eval.Output{Text: "x"}, nil
				case <-ctx.Done():
					return eval.Output{}, ctx.Err()
				}
			}}
			ctx, cancel := context.WithCancel(t.Context())
			time.AfterFunc(2*time.Second, cancel)
			abandon := make(chan struct{})
			if c.abandon {
				time.AfterFunc(3*time.Second, func() { close(abandon) })
			}
			began := time.Now()
			report, err := Run(ctx, Plan{Cases: cases(100, nil), Store: db, Concurrency: 2, Grace: -1, Abandon: abandon,
				Targets: []Target{target(t, ag, "one", 100, 1)}})
			if took := time.Since(began); !errors.Is(err, context.Canceled) || report.Stored != c.stored || took < c.takes || took > c.takes+2*time.Second {
				t.Errorf("abandon %v: %d stored after %s, want %d: %v", c.abandon, report.Stored, took, c.stored, err)
			}
		})
	}
}

// TestAnAnswerIsScoredThoughTheRunWasAbandoned: an answer that is there is kept.
func TestAnAnswerIsScoredThoughTheRunWasAbandoned(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db := newMemory()
		bind := func(spec eval.MetricSpec, _ string) (eval.Metric, eval.Judge, error) {
			j := eval.JudgeFunc(func(ctx context.Context, _ *eval.Sample) eval.Score {
				select {
				case <-time.After(scoreGrace / 2):
					return eval.Pass(true, "")
				case <-ctx.Done():
					return eval.Score{Status: eval.Failed, Reason: ctx.Err().Error()}
				}
			})
			return eval.Metric{Name: spec.Label(), Scorer: spec.Scorer, Version: "1", Scale: eval.Binary, Better: eval.Higher}, j, nil
		}
		panel, err := eval.NewPanel([]eval.MetricSpec{{Scorer: "slow"}}, "", bind)
		if err != nil {
			t.Fatal(err)
		}
		tg := target(t, echoes(), "one", 100, 1)
		tg.Panel = panel
		abandon := make(chan struct{})
		time.AfterFunc(time.Millisecond, func() { close(abandon) })
		report, err := Run(t.Context(), Plan{Cases: cases(100, nil), Store: db, Concurrency: 2, Abandon: abandon, Targets: []Target{tg}})
		if !errors.Is(err, context.Canceled) || report.Stored != 2 {
			t.Errorf("%d stored, want the 2 that were being scored: %v", report.Stored, err)
		}
	})
}

// slowStore takes a while to commit, and knows how many answers were asked for
// and not committed.
type slowStore struct {
	*memory
	mu          sync.Mutex
	asked, most int
	takes       time.Duration
}

func (s *slowStore) asks() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked++
	s.most = max(s.most, s.asked)
}

func (s *slowStore) Stage(ctx context.Context, runID string, entries []Entry) (func(context.Context) (int, error), error) {
	return func(ctx context.Context) (int, error) {
		time.Sleep(s.takes)
		s.mu.Lock()
		s.asked -= len(entries)
		s.mu.Unlock()
		return s.append(ctx, runID, entries)
	}, nil
}

// TestFewAnswersAreOnTheirWay: whatever the store takes, no more answers are
// asked for and not stored than twice the concurrency, which is what a killed
// run would ask again.
func TestFewAnswersAreOnTheirWay(t *testing.T) {
	for _, takes := range []time.Duration{0, time.Millisecond, time.Second} {
		for _, concurrency := range []int{1, 5} {
			synctest.Test(t, func(t *testing.T) {
				db := &slowStore{memory: newMemory(), takes: takes}
				ag := echoes()
				answer := ag.do
				ag.do = func(ctx context.Context, n int, c *eval.Case, repeat int) (eval.Output, error) {
					db.asks()
					time.Sleep(time.Duration(n%3) * time.Millisecond)
					return answer(ctx, n, c, repeat)
				}
				report, err := Run(t.Context(), Plan{Cases: cases(200, nil), Store: db, Concurrency: concurrency, Targets: []Target{target(t, ag, "one", 200, 1)}})
				if err != nil || report.Stored != 200 || db.most > 2*concurrency {
					t.Errorf("at %d, a commit taking %s: %d were on their way, %+v %v", concurrency, takes, db.most, report, err)
				}
			})
		}
	}
}

// TestProgressIsToldDuringSilence: a call that takes long does not silence the
// progress, which has cost and failures in it.
func TestProgressIsToldDuringSilence(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ag := priced(always(.25))
		answer := ag.do
		ag.do = func(ctx context.Context, n int, c *eval.Case, repeat int) (eval.Output, error) {
			if n == 2 {
				time.Sleep(time.Minute)
				return eval.Output{Err: "time-out: none"}, nil
			}
			return answer(ctx, n, c, repeat)
		}
		told := 0
		var last Progress
		_, err := Run(t.Context(), Plan{Cases: cases(4, nil), Store: newMemory(), Concurrency: 1, Budget: Budget{Before: Cost{USD: 1, Priced: 2}},
			Targets: []Target{target(t, ag, "one", 4, 1)}, Progress: func(p Progress) { told++; last = p }})
		if want := (Progress{Planned: 4, Done: 4, Failed: 1, Cost: Cost{USD: 1.75, Priced: 5}}); err != nil || last != want || told < 6 {
			t.Errorf("told %d times, at last %+v, want %+v; %v", told, last, want, err)
		}
	})
}
