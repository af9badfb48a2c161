package cli

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"holdtrue/eval"
	"holdtrue/eval/drift"
	"holdtrue/eval/store"
	"holdtrue/reports"
)

func (a *app) showCommand() *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:   "show RUN [CASE]",
		Short: "Show a stored run, or everything known of one case in it",
		Long: `Show prints the metrics of a stored run. With a case it prints the decision log
of every answer to it: the prompt, the output, steps, documents, model, latency,
cost, and each score with its reason.`,
		Example: `  holdtrue show latest
  holdtrue show main refund-04
  holdtrue show latest refund-04 --json`,
		Args:              cobra.RangeArgs(1, 2),
		ValidArgsFunction: a.completeRuns,
		RunE: func(cmd *cobra.Command, args []string) (err error) {
			ctx := cmd.Context()
			db, _, err := a.readStore(ctx)
			if err != nil {
				return err
			}
			defer closing(&err, db)
			run, err := db.Run(ctx, args[0])
			if err != nil {
				return err
			}
			if len(args) == 2 {
				c, results, err := caseResults(ctx, db, run, args[1])
				if err != nil {
					return err
				}
				return reports.Case(a.out, run, c, results, a.tableOptions(asJSON))
			}
			summary, err := drift.Summarize(run, db.Rows(ctx, run.ID))
			if err != nil {
				return err
			}
			if err := reports.Summary(a.out, summary, a.tableOptions(asJSON)); err != nil || asJSON {
				return err
			}
			return a.showStderr(ctx, db, run)
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON, whole")
	return c
}

// caseResults reads every answer to one case.
func caseResults(ctx context.Context, db *store.DB, run eval.Run, caseID string) (c eval.Case, results []eval.Result, err error) {
	repeats, err := db.Repeats(ctx, run.ID, caseID)
	if err != nil {
		return c, nil, err
	}
	for _, r := range repeats {
		var result eval.Result
		if c, result, err = db.Result(ctx, run.ID, caseID, r); err != nil {
			return c, nil, err
		}
		results = append(results, result)
	}
	return c, results, nil
}

// showStderr prints what the agent of a run wrote to its standard error.
func (a *app) showStderr(ctx context.Context, db *store.DB, run eval.Run) error {
	text, err := db.Note(ctx, run.ID, noteStderr)
	if err != nil || text == "" {
		return err
	}
	_, err = fmt.Fprintf(a.out, "\nthe end of what the agent wrote to its standard error:\n%s\n", printable(strings.TrimRight(text, "\n")))
	return err
}
