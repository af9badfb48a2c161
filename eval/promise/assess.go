package promise

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"math"
	"slices"
	"strings"
	"time"

	"holdtrue/eval"
)

// Run is one run of an agent's history and its rows.
type Run struct {
	Run  eval.Run
	Rows iter.Seq2[eval.Row, error]
}

const (
	maxSpenders = 20
	day         = 24 * time.Hour
	// provenShare of the days of a window need a run before the promise can be
	// called kept, one at least.
	provenShare = 0.25
)

// Assess keeps the accounts of the promises over a history, oldest first, as of
// a time. Runs that are not complete, that asked only a part of the suite, that
// start after the time or before every window, and those that replay a recording
// that was counted already take no part; rows are read once for all promises.
// Errors are unreadable rows and the end of the context.
func Assess(ctx context.Context, promises []eval.PromiseSpec, history []Run, now time.Time) ([]Account, error) {
	ledgers := make([]ledger, len(promises))
	longest := 0
	for i, p := range promises {
		ledgers[i] = newLedger(p, now)
		longest = max(longest, p.Days)
	}
	seen := map[string]bool{}
	for _, r := range history {
		started := midnight(r.Run.Started)
		if r.Run.Status != eval.Complete || r.Run.Selection != "" || r.Run.Started.After(now) || started.Before(firstDay(now, longest)) {
			continue
		}
		key := r.Run.Answers()
		if seen[key] {
			continue
		}
		seen[key] = true
		if err := take(ctx, ledgers, &r, started); err != nil {
			return nil, err
		}
	}
	accounts := make([]Account, len(ledgers))
	for i := range ledgers {
		accounts[i] = ledgers[i].finish()
	}
	return accounts, nil
}

// BrokenOf lists the accounts of broken promises.
func BrokenOf(accounts []Account) []Account {
	var broken []Account
	for _, a := range accounts {
		if a.State == Broken {
			broken = append(broken, a)
		}
	}
	return broken
}

func midnight(t time.Time) time.Time { return t.UTC().Truncate(day) }

// firstDay of a window of so many days that ends today.
func firstDay(now time.Time, days int) time.Time {
	return midnight(now).Add(-time.Duration(days-1) * day)
}

// take enters the rows of one run into every ledger whose window holds it.
func take(ctx context.Context, ledgers []ledger, r *Run, started time.Time) error {
	var open []*entry
	for i := range ledgers {
		if e := ledgers[i].open(&r.Run, started); e != nil {
			open = append(open, e)
		}
	}
	if len(open) == 0 {
		return nil
	}
	n := 0
	for row, err := range r.Rows {
		if err != nil {
			return fmt.Errorf("reading run %s: %w", r.Run.ID, err)
		}
		if n++; n%1024 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		for _, e := range open {
			e.add(&row)
		}
	}
	return ctx.Err()
}

// ledger is the account of one promise while runs are entered.
type ledger struct {
	account Account
	byDay   map[time.Time]*tally
	cases   map[string]*Spender
	noScore int // runs of the window without the metric
}

type tally struct{ answers, violations int }

func newLedger(p eval.PromiseSpec, now time.Time) ledger {
	return ledger{account: Account{Promise: p, From: firstDay(now, p.Days), To: midnight(now),
		Needed: max(1, int(math.Ceil(provenShare*float64(p.Days))))}, byDay: map[time.Time]*tally{}, cases: map[string]*Spender{}}
}

// entry enters the rows of one run.
type entry struct {
	l      *ledger
	run    string
	metric int
	good   func(float64) bool
	key    string // of the slice's tag
	value  string
	day    *tally
	latest Latest
}

// open begins to enter a run, nil if the run says nothing of the promise.
func (l *ledger) open(run *eval.Run, started time.Time) *entry {
	if started.Before(l.account.From) {
		return nil
	}
	p := &l.account.Promise
	k := slices.IndexFunc(run.Metrics, func(m eval.Metric) bool { return m.Name == p.Metric })
	if k < 0 {
		l.noScore++
		return nil
	}
	d := l.byDay[started]
	if d == nil {
		d = &tally{}
		l.byDay[started] = d
	}
	e := &entry{l: l, run: run.ID, metric: k, good: goodEnough(p, run.Metrics[k]), day: d}
	e.key, e.value, _ = strings.Cut(p.Slice, "=")
	l.account.Runs++
	l.account.Latest = &Latest{RunID: run.ID}
	return e
}

// goodEnough says which scores keep a promise.
func goodEnough(p *eval.PromiseSpec, m eval.Metric) func(float64) bool {
	const rounding = 1e-9
	lower := m.Better == eval.Lower
	limit := 1.0
	switch {
	case p.Limit != nil:
		limit = *p.Limit
	case lower:
		limit = 0
	}
	if lower {
		return func(v float64) bool { return v <= limit+rounding }
	}
	return func(v float64) bool { return v >= limit-rounding }
}

func (e *entry) add(row *eval.Row) {
	if e.key != "" && !slices.Contains(row.Tags[e.key], e.value) {
		return
	}
	a := &e.l.account
	i := slices.IndexFunc(row.Scores, func(s eval.RowScore) bool { return s.Metric == e.metric })
	switch {
	case row.Failed, i >= 0 && row.Scores[i].Status == eval.Failed:
		a.Unscored++
		return
	case i < 0 || row.Scores[i].Status != eval.Scored:
		return // the metric does not apply to the case
	}
	s := e.l.cases[row.CaseID]
	if s == nil {
		s = &Spender{CaseID: row.CaseID}
		e.l.cases[row.CaseID] = s
	}
	a.Answers++
	e.day.answers++
	s.Answers++
	a.Latest.Answers++
	if e.good(row.Scores[i].Value) {
		return
	}
	a.Violations++
	e.day.violations++
	s.Violations++
	s.LastRun = e.run
	a.Latest.Violations++
	if c := a.Latest.Cases; len(c) < maxSpenders && !slices.Contains(c, row.CaseID) {
		a.Latest.Cases = append(c, row.CaseID)
	}
}

// finish closes the account.
func (l *ledger) finish() Account {
	a := &l.account
	days := l.days()
	a.Days = len(days)
	if a.Answers > 0 {
		rate := 1 - float64(a.Violations)/float64(a.Answers)
		a.Rate = &rate
		a.Budget = (1 - a.Promise.Objective) * float64(a.Answers) / float64(a.Days) * float64(a.Promise.Days)
	}
	a.Left = a.Budget - float64(a.Violations)
	a.burn(days)
	a.project(days)
	for _, s := range l.cases {
		if s.Violations > 0 {
			a.Spenders = append(a.Spenders, *s)
		}
	}
	slices.SortFunc(a.Spenders, func(x, y Spender) int {
		return cmp.Or(cmp.Compare(y.Violations, x.Violations), strings.Compare(x.CaseID, y.CaseID))
	})
	a.SpendersTotal = len(a.Spenders)
	a.Spenders = a.Spenders[:min(maxSpenders, len(a.Spenders))]
	a.conclude(l.noScore)
	return *a
}

// days with an answer, oldest first.
func (l *ledger) days() []tally {
	var at []time.Time
	for d, t := range l.byDay {
		if t.answers > 0 {
			at = append(at, d)
		}
	}
	slices.SortFunc(at, time.Time.Compare)
	days := make([]tally, len(at))
	for i, d := range at {
		days[i] = *l.byDay[d]
	}
	return days
}
