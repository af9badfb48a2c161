package cli

import (
	"bufio"
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"holdtrue/eval"
	"holdtrue/eval/store"
	"holdtrue/eval/wire"
	"holdtrue/reports"
)

func (a *app) showCommand() *cobra.Command {
	var asJSON, recording bool
	c := &cobra.Command{
		Use:   "show RUN [CASE]",
		Short: "Show a stored run, or everything known of one case in it",
		Long: `Show prints the metrics of a stored run. With a case it prints the decision log
of every answer to it: the prompt, the output, steps, documents, model, latency,
cost, and each score with its reason. With --recording it prints every answer of the
run as a recording, one JSON object a line, which an agent {recording: FILE} or the
scorer facts reads.`,
		Example: `  holdtrue show latest
  holdtrue show main refund-04
  holdtrue show latest refund-04 --json
  holdtrue show main --recording > recordings/main.jsonl`,
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
			switch {
			case recording && len(args) == 2:
				return usage("leave the case out", "--recording writes a whole run")
			case recording:
				return a.showRecording(ctx, db, run)
			}
			if len(args) == 2 {
				c, results, err := caseResults(ctx, db, run, args[1])
				if err != nil {
					return err
				}
				return reports.Case(a.out, run, c, results, a.tableOptions(asJSON))
			}
			summary, err := summarize(ctx, db, run)
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
	c.Flags().BoolVar(&recording, "recording", false, "print every answer as a recording")
	c.MarkFlagsMutuallyExclusive("json", "recording")
	return c
}

// showRecording writes the answers of a run in the form of a recording.
func (a *app) showRecording(ctx context.Context, db *store.DB, run eval.Run) error {
	out := bufio.NewWriter(a.out)
	var line []byte
	for row, err := range db.Rows(ctx, run.ID) {
		if err != nil {
			return err
		}
		_, result, err := db.Result(ctx, run.ID, row.CaseID, row.Repeat)
		if err != nil {
			return err
		}
		if line, err = wire.AppendOutput(line[:0], &result.Output); err != nil {
			return fmt.Errorf("case %s: %w", row.CaseID, err)
		}
		if _, err := out.Write(append(line, '\n')); err != nil {
			return err
		}
	}
	return out.Flush()
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
