package cli

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"holdtrue/eval"
	"holdtrue/eval/drift"
	"holdtrue/eval/lineage"
	"holdtrue/eval/store"
	"holdtrue/reports"
)

// explainFlags choose what of a comparison is to be explained.
type explainFlags struct {
	compareFlags
	caseID, metric, slice string
}

func (a *app) explainCommand() *cobra.Command {
	var f explainFlags
	c := &cobra.Command{
		Use:   "explain [BASELINE CANDIDATE]",
		Short: "What changed between two runs, and which change goes with what regressed",
		Long: `Explain makes the last comparison again, or that of two named runs, and looks for
what the regressed cases have in common: what differs in how their outputs were
made (documents, tool calls, prompt template, model, parameters, lineage keys),
and their tags. Every factor is tested for association (Fisher's exact test,
corrected for all of them); what changes everywhere can only be named by
elimination. Association is no proof: explain says what each cause rests on, and
which runs would tell apart what cannot be told apart.

Explain ends with 0 whatever it finds.`,
		Example: `  holdtrue explain
  holdtrue explain main latest --metric facts
  holdtrue explain main latest --case refund-04
  holdtrue explain --slice topic=refunds --format markdown -o cause.md`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 0 && len(args) != 2 {
				return fmt.Errorf("explain takes two runs, or none for the last comparison; got %d", len(args))
			}
			return nil
		},
		ValidArgsFunction: a.completeRuns,
		RunE: func(cmd *cobra.Command, args []string) (err error) {
			ctx := cmd.Context()
			if _, err := f.chosenFormat(); err != nil {
				return err
			}
			db, suite, err := a.readStore(ctx)
			if err != nil {
				return err
			}
			defer closing(&err, db)
			w, err := a.wantedComparison(ctx, db, suite, &f.compareFlags, cmd, args)
			if err != nil {
				return err
			}
			before, after, err := a.sides(ctx, db, w.base, w.cand, w.options, f.pool)
			if err != nil {
				return err
			}
			c, err := drift.Compare(ctx, before, after, w.options, db.Result)
			if err != nil {
				return err
			}
			return a.writeExplanation(ctx, db, c, &f)
		},
	}
	c.Flags().StringVar(&f.caseID, "case", "", "what changed for one `CASE`, and which causes it has")
	c.Flags().StringVar(&f.metric, "metric", "", "explain what regressed on one `METRIC` only")
	c.Flags().StringVar(&f.slice, "slice", "", "explain what regressed among the cases of one slice only, `KEY=VALUE`")
	f.bindOutput(c)
	return c
}

// writeExplanation explains a comparison, or the part of it that the flags choose.
func (a *app) writeExplanation(ctx context.Context, db *store.DB, c *drift.Comparison, f *explainFlags) error {
	base, cand, err := lineageSides(ctx, db, &c.Baseline.Run, &c.Candidate.Run)
	if err != nil {
		return err
	}
	symptoms, err := f.choose(c, cand)
	if err != nil {
		return err
	}
	e := lineage.Explain(base, cand, symptoms)
	if e.Signatures, err = signatures(ctx, db, c, symptoms); err != nil {
		return err
	}
	opt := reports.Options{Width: a.width(), Color: a.color(), Explanation: e, Reproduce: a.again("explain", c) + f.again(), Commands: a.afterExplain(c, e)}
	if f.caseID != "" {
		if opt.Case = e.Of(base, cand, f.caseID); opt.Case == nil {
			return &eval.InputError{Msg: fmt.Sprintf("case %q was not asked alike in both runs", f.caseID), Hint: "holdtrue show " + c.Candidate.Run.ID}
		}
	}
	format, err := f.chosenFormat()
	if err != nil {
		return err
	}
	if f.output == "" || f.output == "-" {
		return reports.Explain(a.out, format.Name, c, opt)
	}
	opt.Width, opt.Color = reportWidth, false
	if err := writeFile(f.output, func(w io.Writer) error { return reports.Explain(w, format.Name, c, opt) }); err != nil {
		return err
	}
	a.note("wrote %s", f.output)
	return nil
}

// again repeats what was chosen.
func (f *explainFlags) again() string {
	var b strings.Builder
	for _, flag := range [][2]string{{"case", f.caseID}, {"metric", f.metric}, {"slice", f.slice}} {
		if flag[1] != "" {
			fmt.Fprintf(&b, " --%s %s", flag[0], shellWord(flag[1]))
		}
	}
	return b.String()
}

// choose restricts the symptoms of a comparison to a metric and a slice.
func (f *explainFlags) choose(c *drift.Comparison, cand *lineage.Side) ([]lineage.Symptom, error) {
	symptoms := slices.Clone(c.Symptoms)
	if f.metric != "" {
		var names []string
		for _, m := range c.Metrics {
			names = append(names, m.Metric.Name)
		}
		if !slices.Contains(names, f.metric) {
			return nil, usage("", "no compared metric is called %q%s", f.metric, suggest(f.metric, names))
		}
		symptoms = slices.DeleteFunc(symptoms, func(s lineage.Symptom) bool { return s.Metric != f.metric })
	}
	if f.slice == "" {
		return symptoms, nil
	}
	key, value, ok := strings.Cut(f.slice, "=")
	if !ok {
		return nil, usage("--slice topic=refunds", "--slice is %q; expected KEY=VALUE", f.slice)
	}
	outside := func(id string) bool { return !slices.Contains(cand.Tags(id)[key], value) }
	for i := range symptoms {
		s := &symptoms[i]
		s.Measured = slices.DeleteFunc(slices.Clone(s.Measured), outside)
		s.Regressed = slices.DeleteFunc(slices.Clone(s.Regressed), outside)
	}
	return symptoms, nil
}

// lineageSides reads how the outputs of two runs were made.
func lineageSides(ctx context.Context, db *store.DB, base, cand *eval.Run) (before, after *lineage.Side, err error) {
	sides := [2]*lineage.Side{lineage.NewSide(*base), lineage.NewSide(*cand)}
	for i, run := range []*eval.Run{base, cand} {
		for m, err := range db.Made(ctx, run.ID) {
			if err != nil {
				return nil, nil, err
			}
			sides[i].Add(&m.Case, &m.Output)
		}
	}
	return sides[0], sides[1], nil
}

// maxRead bounds the regressed cases whose reasons are read.
const maxRead = 500

// signatures groups what the scorers said of the regressed cases.
func signatures(ctx context.Context, db *store.DB, c *drift.Comparison, symptoms []lineage.Symptom) ([]lineage.Signature, error) {
	metrics := map[string]map[string]bool{} // by case
	var order []string
	for _, s := range symptoms {
		for _, id := range s.Regressed {
			if metrics[id] == nil {
				metrics[id] = map[string]bool{}
				order = append(order, id)
			}
			metrics[id][s.Metric] = true
		}
	}
	slices.Sort(order)
	var failures []lineage.Failure
	for _, id := range order[:min(len(order), maxRead)] {
		repeats, err := db.Repeats(ctx, c.Candidate.Run.ID, id)
		if err != nil {
			return nil, err
		}
		worst := map[string]eval.Score{}
		for _, r := range repeats {
			_, result, err := db.Result(ctx, c.Candidate.Run.ID, id, r)
			if err != nil {
				return nil, err
			}
			for _, s := range result.Scores {
				m, _ := c.Candidate.Run.Metric(s.Metric)
				if old, ok := worst[s.Metric]; metrics[id][s.Metric] && s.Status == eval.Scored && (!ok || worseScore(m, s.Value, old.Value)) {
					worst[s.Metric] = s
				}
			}
		}
		for metric, s := range worst {
			failures = append(failures, lineage.Failure{CaseID: id, Metric: metric, Reason: s.Reason})
		}
	}
	return lineage.Signatures(failures), nil
}

func worseScore(m eval.Metric, a, b float64) bool {
	if m.Better == eval.Lower {
		return cmp.Compare(a, b) > 0
	}
	return cmp.Compare(a, b) < 0
}

// afterExplain are commands worth trying next.
func (a *app) afterExplain(c *drift.Comparison, e *lineage.Explanation) []string {
	var commands []string
	if len(e.Causes) > 0 && len(e.Causes[0].Cases) > 0 {
		first := &e.Causes[0]
		id := shellWord(first.Cases[0])
		commands = append(commands, fmt.Sprintf("%s explain%s %s %s --case %s", a.prog, a.where(), c.Baseline.Run.ID, c.Candidate.Run.ID, id))
		switch first.Kind {
		case lineage.Document, lineage.Source:
			commands = append(commands, fmt.Sprintf("%s lineage%s %s", a.prog, a.where(), shellWord(first.Name)))
		default:
			commands = append(commands, fmt.Sprintf("%s show%s %s %s", a.prog, a.where(), c.Candidate.Run.ID, id))
		}
	}
	return append(commands, a.again("report", c))
}

// maxExplained is the number of outputs, of both runs together, above which only
// explain itself looks for a cause.
const maxExplained = 200_000

// likelyCause explains a comparison in which something regressed; nil if nothing
// did, or if how its outputs were made cannot be read.
func (a *app) likelyCause(ctx context.Context, db *store.DB, c *drift.Comparison) *lineage.Explanation {
	if len(c.Symptoms) == 0 || c.Baseline.Outputs+c.Candidate.Outputs > maxExplained {
		return nil
	}
	base, cand, err := lineageSides(ctx, db, &c.Baseline.Run, &c.Candidate.Run)
	if err != nil { // a verdict must not be lost over its explanation
		if ctx.Err() == nil {
			a.note("the regression was not explained: %v", err)
		}
		return nil
	}
	return lineage.Explain(base, cand, c.Symptoms)
}
