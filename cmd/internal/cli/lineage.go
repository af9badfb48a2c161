package cli

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"holdtrue/datasets"
	"holdtrue/eval"
	"holdtrue/eval/lineage"
	"holdtrue/eval/store"
	"holdtrue/reports"
)

func (a *app) lineageCommand() *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:   "lineage CASE|DOCUMENT|SOURCE|RUN:CASE",
		Short: "What made an output; what a document or a source reaches",
		Long: `Lineage goes both ways. Of a case it tells what made the answers to it, in the
newest complete run of every agent, or in the run that is named: model, prompt,
documents, tool calls, agent, lineage keys. Of a document, or of the source that
documents come from, it tells which answers were made of it, and which golden
cases and promises are at risk when it changes.`,
		Example: `  holdtrue lineage refund-04
  holdtrue lineage main:refund-04
  holdtrue lineage kb/refunds.md
  holdtrue lineage "policy export 2026-11-20" --json`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) (err error) {
			ctx := cmd.Context()
			db, suite, err := a.readStore(ctx)
			if err != nil {
				return err
			}
			defer closing(&err, db)
			runs, name, err := lineageRuns(ctx, db, args[0])
			if err != nil {
				return err
			}
			answers, err := origins(ctx, db, runs, name)
			if err != nil {
				return err
			}
			if len(answers) > 0 {
				return reports.Origins(a.out, answers, a.tableOptions(asJSON))
			}
			touched, err := reach(ctx, db, suite, runs, name)
			if err != nil {
				return err
			}
			return reports.Touched(a.out, touched, a.tableOptions(asJSON))
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON, whole")
	return c
}

// lineageRuns are the runs in which a name is looked for: the one before the colon,
// or the newest complete one of every agent.
func lineageRuns(ctx context.Context, db *store.DB, arg string) ([]eval.Run, string, error) {
	if ref, name, ok := strings.Cut(arg, ":"); ok && name != "" {
		run, err := db.Run(ctx, ref)
		if err == nil {
			return []eval.Run{run}, name, nil
		}
		if !errors.Is(err, store.ErrNotFound) {
			return nil, "", err
		}
	}
	infos, err := db.Runs(ctx, store.Filter{Status: eval.Complete})
	if err != nil {
		return nil, "", err
	}
	var runs []eval.Run
	seen := map[string]bool{}
	for _, info := range infos {
		if r := info.Run; !seen[r.Suite+"\x00"+r.Agent] {
			seen[r.Suite+"\x00"+r.Agent] = true
			runs = append(runs, r)
		}
	}
	if len(runs) == 0 {
		return nil, "", &eval.InputError{Msg: "no complete run is stored yet", Hint: "holdtrue run --agent NAME"}
	}
	return runs, arg, nil
}

// origins are how the answers to a case were made, none where no run has it.
func origins(ctx context.Context, db *store.DB, runs []eval.Run, caseID string) ([]lineage.Answer, error) {
	var answers []lineage.Answer
	for i := range runs {
		c, results, err := caseAnswers(ctx, db, runs[i], caseID)
		if errors.Is(err, store.ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		for k := range results {
			answers = append(answers, lineage.Origin(&runs[i], &c, &results[k].Output))
		}
	}
	return lineage.Merge(answers), nil
}

// reach is what a document or a source reaches in the runs and the golden set.
func reach(ctx context.Context, db *store.DB, suite *eval.Suite, runs []eval.Run, name string) (*lineage.Touched, error) {
	both := []*lineage.Touched{lineage.NewTouched(lineage.Document, name), lineage.NewTouched(lineage.Source, name)}
	known := map[string]bool{}
	for i := range runs {
		for m, err := range db.Made(ctx, runs[i].ID) {
			if err != nil {
				return nil, err
			}
			known[m.Case.ID] = true
			for _, d := range m.Output.Documents {
				known[d.ID], known[d.Source] = true, true
			}
			for _, t := range both {
				t.Add(&runs[i], &m.Case, &m.Output)
			}
		}
	}
	var promises []eval.PromiseSpec
	if suite != nil {
		promises = suite.Promises
		for c, err := range datasets.Cases(suite, datasets.Selection{}) {
			if err != nil {
				return nil, err
			}
			for _, t := range both {
				t.AddGolden(&c)
			}
		}
	}
	for _, t := range both {
		for _, r := range runs {
			t.Runs = append(t.Runs, r.ID+" "+r.Name())
		}
		if t.Finish(promises); len(t.Cases) > 0 {
			return t, nil
		}
	}
	return nil, &eval.InputError{Msg: fmt.Sprintf("no case, document or source is called %q%s", name, suggest(name, slices.Sorted(maps.Keys(known)))),
		Hint: "a name is looked for in the newest complete run of every agent; RUN:CASE looks in another"}
}
