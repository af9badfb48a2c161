package cli

import (
	"context"
	"io"
	"slices"

	"github.com/spf13/cobra"

	"holdtrue/eval"
	"holdtrue/eval/drift"
	"holdtrue/eval/promise"
	"holdtrue/eval/store"
	"holdtrue/reports"
)

// promiseFlags are the flags of commands that keep account of promises.
type promiseFlags struct{ prometheus string }

func (f *promiseFlags) bind(c *cobra.Command) {
	c.Flags().StringVar(&f.prometheus, "prometheus", "", "write the accounts of the suite's promises to a `FILE` in the text format of Prometheus")
}

// accounts keeps the promises of a suite over the history of one of its agents,
// and writes them where --prometheus says.
func (a *app) accounts(ctx context.Context, db *store.DB, suite *eval.Suite, agent string, f *promiseFlags) ([]promise.Account, error) {
	if suite == nil || len(suite.Promises) == 0 {
		if f.prometheus != "" {
			a.note("the suite makes no promise, so %s was not written", f.prometheus)
		}
		return nil, nil
	}
	infos, err := db.Runs(ctx, store.Filter{Suite: suite.Name, Agent: agent, Status: eval.Complete})
	if err != nil {
		return nil, err
	}
	var history []promise.Run
	for _, info := range slices.Backward(infos) {
		history = append(history, promise.Run{Run: info.Run, Rows: db.Rows(ctx, info.Run.ID)})
	}
	accounts, err := promise.Assess(ctx, suite.Promises, history, a.now())
	if err != nil || f.prometheus == "" {
		return accounts, err
	}
	if err := writeFile(f.prometheus, func(w io.Writer) error { return reports.Prometheus(w, suite.Name, agent, accounts) }); err != nil {
		return nil, err
	}
	a.note("wrote %s", f.prometheus)
	return accounts, nil
}

// withPromises is the exit code of a verdict beside the promises: a broken one
// fails whatever the statistics say.
func withPromises(code int, accounts []promise.Account) int {
	if len(promise.BrokenOf(accounts)) > 0 {
		return exitRegressed
	}
	return code
}

// exitCode is that of a comparison and of the promises in its report.
func exitCode(c *drift.Comparison, f *compareFlags) int {
	return withPromises(drift.ExitCode(c, f.inconclusive == "pass"), f.promises)
}
