package cli

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"holdtrue/eval"
	"holdtrue/eval/promise"
	"holdtrue/eval/store"
	"holdtrue/reports"
)

const defaultBaseline = "main"

// checkFlags are the flags of check.
type checkFlags struct {
	run             replayFlags
	compare         compareFlags
	promises        promiseFlags
	agent, baseline string
	pinFirst        bool
}

func (a *app) checkCommand() *cobra.Command {
	var f checkFlags
	c := &cobra.Command{
		Use:   "check",
		Short: "Run an agent, compare with the pinned baseline, report: the line for CI",
		Long: `Check runs an agent, compares the run with the pinned baseline, prints the
report, and writes it to -o as well where that is given (markdown for .md, JSON
for .json). The exit code is the verdict.

Without a baseline there is nothing to compare with: the run is stored, the
result is "not measured" (exit 3), and the command that pins a baseline is
printed. --pin-first pins this run then, on purpose, and ends with 0.` + stopEarlyDoc,
		Example: `  holdtrue check --agent candidate -o report.md
  holdtrue check --agent candidate --baseline release --inconclusive pass
  holdtrue check --agent candidate --stop-early
  holdtrue check --pin-first`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.check(cmd, &f) },
	}
	c.Flags().StringVar(&f.agent, "agent", "", "the agent's `NAME` in the suite (default: the only one)")
	c.Flags().StringVar(&f.baseline, "baseline", "", "the pinned `NAME` to compare with (default: the suite's, or main)")
	c.Flags().BoolVar(&f.pinFirst, "pin-first", false, "without a baseline, pin this run as the baseline")
	must(c.RegisterFlagCompletionFunc("agent", a.completeAgents))
	f.run.bind(c)
	f.run.bindStopEarly(c, "the baseline")
	f.compare.bind(c)
	f.promises.bind(c)
	return c
}

// check runs the agent and concludes against the pinned baseline.
func (a *app) check(cmd *cobra.Command, f *checkFlags) (err error) {
	ctx := cmd.Context()
	if err := f.run.check(cmd); err != nil {
		return err
	}
	f.run.goOn = a.sameCommand(cmd, nil, "resume") + " --resume"
	suite, err := a.suite()
	if err != nil {
		return err
	}
	opt, err := f.compare.options(cmd, suite)
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
	name := baselineName(suite, f.baseline)
	if err := store.CheckPinName(name); err != nil {
		return err
	}
	base, found, err := pinned(ctx, db, name)
	if err != nil {
		return err
	}
	if f.run.stopEarly && !found {
		a.note("no baseline is pinned as %q, so there is nothing to stop early for", name)
	} else if f.run.stopEarly {
		if err := f.run.stopAgainst(base, opt); err != nil {
			return err
		}
	}
	runs, err := a.replay(ctx, suite, db, spec, &f.run)
	if err != nil {
		return err
	}
	if f.compare.promises, err = a.accounts(ctx, db, suite, runs[0].Agent, &f.promises); err != nil {
		return err
	}
	if !found {
		return a.firstRun(ctx, db, runs[0], name, f.pinFirst, f.compare.promises)
	}
	comparison, err := a.comparison(ctx, db, base, runs[0], opt, &f.compare)
	if err != nil {
		return err
	}
	if f.compare.output != "" && f.compare.output != "-" {
		if err := a.writeReport(comparison, &f.compare); err != nil {
			return err
		}
		f.compare.output, f.compare.format = "", "text"
	}
	return a.conclude(comparison, &f.compare)
}

func baselineName(suite *eval.Suite, flag string) string {
	switch {
	case flag != "":
		return flag
	case suite != nil && suite.Compare.Baseline != "":
		return suite.Compare.Baseline
	}
	return defaultBaseline
}

// pinned finds the run behind a pinned name, before anything is asked, so that
// the new run can never be its own baseline.
func pinned(ctx context.Context, db *store.DB, name string) (eval.Run, bool, error) {
	pins, err := db.Pins(ctx)
	if err != nil {
		return eval.Run{}, false, err
	}
	for _, p := range pins {
		if p.Name == name {
			run, err := db.Run(ctx, p.RunID)
			return run, err == nil, err
		}
	}
	return eval.Run{}, false, nil
}

// firstRun ends a check that has no baseline.
func (a *app) firstRun(ctx context.Context, db *store.DB, run eval.Run, name string, pin bool, promises []promise.Account) error {
	broken := reports.Promises(a.out, promises, a.tableOptions(false))
	if pin {
		if err := db.Pin(ctx, name, run.ID); err != nil {
			return err
		}
		if err := a.noteWeak(ctx, db, &run); err != nil {
			return err
		}
		_, err := fmt.Fprintf(a.out, "PINNED: run %s of %s is the baseline %q now; the next check compares with it\n", run.ID, run.Name(), name)
		return errors.Join(broken, err, asVerdict(withPromises(exitOK, promises)))
	}
	_, err := fmt.Fprintf(a.out, "NOT MEASURED: no baseline is pinned as %q, so run %s of %s has nothing to be compared with\n", name, run.ID, run.Name())
	a.hint(fmt.Sprintf("%s baseline set%s %s --name %s", a.prog, a.where(), run.ID, shellWord(name)))
	return errors.Join(broken, err, verdict(withPromises(exitInconclusive, promises)))
}

// oneAgent is the named agent, or the only one of the suite.
func (a *app) oneAgent(suite *eval.Suite, name string) ([]eval.AgentSpec, error) {
	if name != "" {
		return namedAgents(suite, []string{name})
	}
	switch len(suite.Agents) {
	case 0:
		return nil, &eval.InputError{Pos: eval.Pos{File: suite.File}, Msg: "the suite names no agent",
			Hint: `add one: "agents: {mine: {command: [./agent]}}"`}
	case 1:
		return suite.Agents, nil
	}
	var names []string
	for _, spec := range suite.Agents {
		names = append(names, spec.Name)
	}
	return nil, usage(a.prog+" "+"run --agent "+names[0], "the suite names %d agents: say which with --agent%s", len(names), suggest("", names))
}
