package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/google/renameio/v2"
	"github.com/spf13/cobra"

	"holdtrue/eval"
	"holdtrue/eval/store"
	"holdtrue/eval/wire"
	"holdtrue/reports"
)

func (a *app) showCommand() *cobra.Command {
	var asJSON, recording bool
	var otlp string
	c := &cobra.Command{
		Use:   "show RUN [CASE]",
		Short: "Show a stored run, or everything known of one case in it",
		Long: `Show prints the metrics of a stored run. With a case it prints the decision log
of every answer to it: the output, each score with its reason, feedback, how the
model was asked, failed calls before it, the prompt as sent, the conversation,
documents, steps, lineage and standard error; --json has all of it whole. With
--recording it prints every answer of the run as a recording, one JSON object a
line, which an agent {recording: FILE} or the scorer facts reads. With --otlp it
writes every score as an event gen_ai.evaluation.result, below the span that was
evaluated where the answer was read from a trace.`,
		Example: `  holdtrue show latest
  holdtrue show main refund-04
  holdtrue show latest refund-04 --json
  holdtrue show main --recording > recordings/main.jsonl
  holdtrue show latest --otlp scores.json`,
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
			case otlp != "" && len(args) == 2:
				return usage("leave the case out", "--otlp writes a whole run")
			case otlp != "":
				return a.showOTLP(ctx, db, run, otlp)
			}
			if len(args) == 2 {
				c, answers, err := caseAnswers(ctx, db, run, args[1])
				if err != nil {
					return err
				}
				return reports.Case(a.out, run, c, answers, a.tableOptions(asJSON))
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
	c.Flags().StringVar(&otlp, "otlp", "", "write the scores to this `FILE` as OpenTelemetry events (OTLP JSON)")
	c.MarkFlagsMutuallyExclusive("json", "recording", "otlp")
	return c
}

// showRecording writes the answers of a run in the form of a recording.
func (a *app) showRecording(ctx context.Context, db *store.DB, run eval.Run) error {
	out := bufio.NewWriter(a.out)
	var line []byte
	for result, err := range db.Results(ctx, run) {
		if err != nil {
			return err
		}
		if line, err = wire.AppendOutput(line[:0], &result.Output); err != nil {
			return fmt.Errorf("case %s: %w", result.Output.CaseID, err)
		}
		if _, err := out.Write(append(line, '\n')); err != nil {
			return err
		}
	}
	return out.Flush()
}

// caseAnswers reads every answer to one case, with what was said of it since.
func caseAnswers(ctx context.Context, db *store.DB, run eval.Run, caseID string) (c eval.Case, answers []reports.Answer, err error) {
	repeats, err := db.Repeats(ctx, run.ID, caseID)
	if err != nil {
		return c, nil, err
	}
	for _, r := range repeats {
		var answer reports.Answer
		if c, answer.Result, err = db.Result(ctx, run.ID, caseID, r); err != nil {
			return c, nil, err
		}
		if answer.Feedback, err = db.Feedback(ctx, run.ID, caseID, r); err != nil {
			return c, nil, err
		}
		answers = append(answers, answer)
	}
	return c, answers, nil
}

// showOTLP writes the scores of a run as OpenTelemetry events.
func (a *app) showOTLP(ctx context.Context, db *store.DB, run eval.Run, file string) error {
	write := func(w io.Writer) error { return reports.OTLP(w, run, db.Results(ctx, run), programVersion()) }
	if file == "-" {
		return write(a.out)
	}
	if err := streamFile(file, write); err != nil {
		return err
	}
	a.note("wrote %s", file)
	return nil
}

// streamFile writes a file whole or not at all, without holding it in memory.
func streamFile(path string, write func(io.Writer) error) (err error) {
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() {
		return writeFile(path, write) // a device or a pipe cannot be renamed over
	}
	f, err := renameio.NewPendingFile(path, renameio.WithPermissions(0o644))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Cleanup()) }()
	b := bufio.NewWriterSize(f, 256<<10)
	if err := errors.Join(write(b), b.Flush()); err != nil {
		return err
	}
	return f.CloseAtomicallyReplace()
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
