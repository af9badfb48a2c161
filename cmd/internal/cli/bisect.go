package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"holdtrue/eval"
	"holdtrue/eval/drift"
	"holdtrue/eval/store"
	"holdtrue/reports"
)

// exitCannotTell is git's: this commit cannot be tested.
const exitCannotTell = 125

// bisectFlags say what is looked for.
type bisectFlags struct {
	good, bad, agent, metric, slice string
	tries                           int
	asJSON                          bool
}

func (a *app) bisectCommand() *cobra.Command {
	var f bisectFlags
	var rf replayFlags
	var cf compareFlags
	c := &cobra.Command{
		Use:   "bisect --good A [--bad B]",
		Short: "Find the run, or with git the commit, from which on an agent is worse",
		Long: `Bisect with --good and --bad searches the stored runs between the two: each one
that it looks at is compared with the good one and, where that does not suffice,
with the bad one. It says which run is the first bad one, with its commit, and ends
with 0; with 125 if it cannot tell.

Without --bad it is a command for "git bisect run": it asks the agent now, compares
the run with the good one, and ends with 0 if it is good, 1 if it is bad, 125 if it
cannot tell or the agent cannot be asked. Where the evidence does not suffice it
asks again with twice the repeats, at most --tries times.`,
		Example: `  holdtrue bisect --good main --bad latest
  holdtrue bisect --good main --bad latest --metric facts --slice topic=refunds
  git bisect run holdtrue bisect --good main --agent candidate`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if f.good == "" {
				return usage(a.prog+" bisect --good main --bad latest", "bisect needs --good: a run that is known to be good")
			}
			if f.bad != "" {
				return a.bisectStored(cmd, &f, &cf)
			}
			err := a.bisectNow(cmd, &f, &rf, &cf)
			var ended verdict
			if err == nil || errors.As(err, &ended) || cmd.Context().Err() != nil {
				return err
			}
			a.complain(err) // any other code would make git take the commit for bad
			return verdict(exitCannotTell)
		},
	}
	fl := c.Flags()
	fl.StringVar(&f.good, "good", "", "a `RUN` that is known to be good")
	fl.StringVar(&f.bad, "bad", "", "a later `RUN` that is known to be bad; without it the agent is asked now")
	fl.StringVar(&f.agent, "agent", "", "the agent's `NAME`: whose runs are searched (default: that of the bad one), or who is asked")
	fl.StringVar(&f.metric, "metric", "", "look at one `METRIC` only")
	fl.StringVar(&f.slice, "slice", "", "look at one slice only, `KEY=VALUE`")
	fl.IntVar(&f.tries, "tries", 3, "how often the agent is asked until the evidence suffices, at most `N` times")
	fl.BoolVar(&f.asJSON, "json", false, "print JSON")
	must(c.RegisterFlagCompletionFunc("agent", a.completeAgents))
	must(c.RegisterFlagCompletionFunc("good", a.completeRuns))
	must(c.RegisterFlagCompletionFunc("bad", a.completeRuns))
	rf.bind(c)
	cf.bind(c)
	return c
}

// bisectStored searches stored runs.
func (a *app) bisectStored(cmd *cobra.Command, f *bisectFlags, cf *compareFlags) (err error) {
	ctx := cmd.Context()
	db, suite, err := a.readStore(ctx)
	if err != nil {
		return err
	}
	defer closing(&err, db)
	opt, err := cf.options(cmd, suite)
	if err != nil {
		return err
	}
	runs, err := between(ctx, db, f)
	if err != nil {
		return err
	}
	good, bad := runs[0], runs[len(runs)-1]
	sight := func(base, cand eval.Run) (drift.Sight, error) {
		before, after, err := a.sides(ctx, db, base, cand, opt, 0)
		if err != nil {
			return drift.CannotTell, err
		}
		c, err := drift.Compare(ctx, before, after, opt, nil)
		if err != nil {
			return drift.CannotTell, err
		}
		return c.Sight(f.metric, f.slice), nil
	}
	switch s, err := sight(good, bad); {
	case err != nil:
		return err
	case s != drift.Bad:
		a.note("run %s is not shown to be worse than %s, so there is nothing to search for", bad.ID, good.ID)
		a.hint(fmt.Sprintf("%s compare%s %s %s", a.prog, a.where(), good.ID, bad.ID))
		return verdict(exitCannotTell)
	}
	found, err := drift.Bisect(runs, func(run *eval.Run) (drift.Sight, error) {
		s, err := sight(good, *run)
		if err != nil || s != drift.CannotTell {
			return s, err
		}
		// One from which the bad one fell is good.
		if s, err = sight(*run, bad); err == nil && s == drift.Bad {
			return drift.Good, nil
		}
		return drift.CannotTell, err
	})
	if err != nil {
		return err
	}
	opts := a.tableOptions(f.asJSON)
	opts.Commands = []string{fmt.Sprintf("%s explain%s %s %s", a.prog, a.where(), found.Good.ID, found.Bad.ID)}
	if err := reports.Bisection(a.out, found, opts); err != nil {
		return err
	}
	if len(found.Between) > 0 {
		return verdict(exitCannotTell)
	}
	return nil
}

// between lists the complete runs of an agent from the good run to the bad one, by
// the time at which they started.
func between(ctx context.Context, db *store.DB, f *bisectFlags) ([]eval.Run, error) {
	good, err := db.Run(ctx, f.good)
	if err != nil {
		return nil, err
	}
	bad, err := db.Run(ctx, f.bad)
	if err != nil {
		return nil, err
	}
	if !good.Started.Before(bad.Started) {
		return nil, usage("", "the bad run %s started before the good one %s", bad.ID, good.ID)
	}
	agent := f.agent
	if agent == "" {
		agent = bad.Agent
	}
	infos, err := db.Runs(ctx, store.Filter{Suite: bad.Suite, Agent: agent, Status: eval.Complete})
	if err != nil {
		return nil, err
	}
	runs := []eval.Run{good}
	slices.Reverse(infos)
	for _, info := range infos {
		r := info.Run
		if r.ID != good.ID && r.ID != bad.ID && r.Started.After(good.Started) && r.Started.Before(bad.Started) && r.Selection == bad.Selection {
			runs = append(runs, r)
		}
	}
	slices.SortStableFunc(runs, func(x, y eval.Run) int { return x.Started.Compare(y.Started) })
	return append(runs, bad), nil
}

// bisectNow asks the agent and compares it with the good run.
func (a *app) bisectNow(cmd *cobra.Command, f *bisectFlags, rf *replayFlags, cf *compareFlags) (err error) {
	ctx := cmd.Context()
	if err := rf.check(cmd, nil); err != nil {
		return err
	}
	if f.tries < 1 {
		return usage("", "--tries is %d; it counts how often the agent is asked, from 1", f.tries)
	}
	suite, err := a.suite()
	if err != nil {
		return err
	}
	opt, err := cf.options(cmd, suite)
	if err != nil {
		return err
	}
	spec, err := a.oneAgent(suite, f.agent)
	if err != nil {
		return err
	}
	db, err := a.openStore(ctx, suite)
	if err != nil {
		return err
	}
	defer closing(&err, db)
	good, err := db.Run(ctx, f.good)
	if err != nil {
		return err
	}
	for try := 1; ; try++ {
		runs, err := a.replay(ctx, suite, db, spec, rf)
		if err != nil {
			return err
		}
		c, err := a.comparison(ctx, db, good, runs[0], opt, cf)
		if err != nil {
			return err
		}
		sight := c.Sight(f.metric, f.slice)
		if sight == drift.CannotTell && cf.inconclusive == "pass" && c.Verdict == drift.Inconclusive {
			sight = drift.Good
		}
		if sight == drift.CannotTell && try < f.tries && spec[0].Kind != "recording" && spec[0].Kind != "run" {
			rf.repeat = 2 * runs[0].Repeats
			a.note("cannot tell yet; asking again, every case %d times", rf.repeat)
			continue
		}
		if err := a.writeReport(c, cf); err != nil {
			return err
		}
		a.note("%s: run %s of %s", sight, runs[0].ID, runs[0].Name())
		switch sight {
		case drift.Good:
			return nil
		case drift.Bad:
			return verdict(exitRegressed)
		}
		return verdict(exitCannotTell)
	}
}
