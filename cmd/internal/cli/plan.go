package cli

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"slices"

	"github.com/spf13/cobra"

	"holdtrue/datasets"
	"holdtrue/eval"
	"holdtrue/eval/drift"
	"holdtrue/eval/store"
	"holdtrue/reports"
)

// planFlags are the flags of plan.
type planFlags struct {
	drift.PlanOptions
	margin, detect float64
	format, output string
}

func (a *app) planCommand() *cobra.Command {
	var f planFlags
	c := &cobra.Command{
		Use:   "plan [RUN]",
		Short: "Say how many cases and repeats a comparison needs, and what they cost",
		Long: `Plan says before a run what it could show: by the number of cases and repeats, the
smallest loss that is seen 4 times in 5, the margin within which an unchanged
version holds as often, the calls, their cost and their time; and the cheapest
size that does what is wanted.

The noise is that of a stored run: RUN, or the pinned baseline, or the latest
complete run of the suite. Repeats in it, or other runs of the same version, show
how much answers vary; where neither is there, and where nothing is stored at
all, the worst is taken and said so. Recordings answer alike every time, so only
their repeats count.

It ends with 0, or with 3 where nothing can be said.`,
		Example: `  holdtrue plan
  holdtrue plan --detect 0.02 --margin 0.03
  holdtrue plan main --repeats 3 --metric facts --format markdown -o plan.md`,
		Args:              cobra.MaximumNArgs(1),
		ValidArgsFunction: a.completeRuns,
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.plan(cmd, args, &f)
		},
	}
	fl := c.Flags()
	fl.Float64Var(&f.detect, "detect", 0, "the loss that is to be seen, in score points of 1")
	fl.Float64Var(&f.margin, "margin", 0, "the loss that is to be ruled out, in score points of 1 (default: the metrics' and the suite's, or 0.05; with --detect none)")
	fl.IntVar(&f.Cases, "cases", 0, "plan for `N` cases (default: those of the suite, and more)")
	fl.IntVar(&f.Repeats, "repeats", 0, "plan for `N` answers to each case (default: several)")
	fl.Float64Var(&f.Power, "power", 0, "the chance of seeing and of holding (default 0.8)")
	fl.Float64Var(&f.Alpha, "alpha", 0, "two-sided error rate of the whole report (default: the suite's, or 0.05)")
	fl.StringArrayVar(&f.Metrics, "metric", nil, "only the metric `NAME`; may be repeated (default: all that gate)")
	fl.StringVar(&f.format, "format", "", "text, markdown or json (default: by the ending of -o, or text)")
	fl.StringVarP(&f.output, "output", "o", "", "write the plan to a `FILE` instead of standard output")
	must(c.RegisterFlagCompletionFunc("format", cobra.FixedCompletions(reports.Names(), cobra.ShellCompDirectiveNoFileComp)))
	return c
}

func (a *app) plan(cmd *cobra.Command, args []string, f *planFlags) (err error) {
	ctx := cmd.Context()
	suite, err := a.suiteIfAny()
	if err != nil {
		return err
	}
	opts, err := f.options(cmd, suite)
	if err != nil {
		return err
	}
	in, err := a.planInput(suite)
	if err != nil {
		return err
	}
	db, err := a.planStore(ctx, suite, len(args) > 0)
	if err != nil {
		return err
	}
	if db != nil {
		defer closing(&err, db)
		if err := a.addRuns(ctx, db, suite, args, &in); err != nil {
			return err
		}
	}
	if suite == nil && len(in.Runs) == 0 {
		_, err := a.suiteToLook() // says that there is none
		return err
	}
	p, err := drift.MakePlan(ctx, in, opts)
	if err != nil {
		return err
	}
	if err := a.writePlan(p, f); err != nil {
		return err
	}
	if len(p.Rows) == 0 {
		return verdict(exitInconclusive)
	}
	return nil
}

// options merges the flags over the suite's settings.
func (f *planFlags) options(c *cobra.Command, suite *eval.Suite) (drift.PlanOptions, error) {
	o := f.PlanOptions
	set := c.Flags().Changed
	if suite != nil {
		o.Slices = suite.Compare.Slices
		o.Standard = suite.Compare.Margin
		if !set("alpha") {
			o.Alpha = suite.Compare.Alpha
		}
	}
	if set("margin") {
		o.Margin = &f.margin
	}
	if set("detect") {
		o.Detect = &f.detect
	}
	for _, count := range []struct {
		name  string
		value int
	}{{"cases", f.Cases}, {"repeats", f.Repeats}} {
		if set(count.name) && count.value < 1 {
			return o, usage("", "--%s is %d; it counts from 1", count.name, count.value)
		}
	}
	for _, share := range []struct {
		name  string
		value float64
	}{{"alpha", f.Alpha}, {"power", f.Power}} {
		if set(share.name) && share.value == 0 {
			return o, usage("", "--%s is 0; it is a share above 0", share.name)
		}
	}
	if f.format == "" {
		f.format = formatOf(f.output)
	}
	if _, ok := reports.Find(f.format); !ok {
		return o, usage("", "no format is called %q%s", f.format, suggest(f.format, reports.Names()))
	}
	return o, nil
}

// planInput counts the cases of the suite, and of its slices.
func (a *app) planInput(suite *eval.Suite) (drift.PlanInput, error) {
	if suite == nil {
		return drift.PlanInput{}, nil
	}
	scan, err := datasets.Scan(suite, datasets.Selection{}, func(*eval.Case) error { return nil })
	if err != nil {
		return drift.PlanInput{}, err
	}
	in := drift.PlanInput{Suite: suite.Name, Cases: scan.Cases, Metrics: len(suite.Metrics), Slices: map[string]int{}}
	for _, key := range suite.Compare.Slices {
		for value, n := range scan.Slices[key] {
			in.Slices[key+"="+value] = n
		}
	}
	return in, nil
}

// planStore opens the run database; one that does not exist is none, unless a run
// of it is asked for.
func (a *app) planStore(ctx context.Context, suite *eval.Suite, needed bool) (*store.DB, error) {
	path := a.storePath(suite)
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) && !needed && a.storeFlag == "" {
		return nil, nil
	}
	return store.Open(ctx, path, store.Options{MustExist: true, Now: a.now})
}

// mostPlanRuns is how many runs of a version the noise is learnt from.
const mostPlanRuns = 8

// addRuns finds the run that was asked for and others of its version, and what
// their calls took.
func (a *app) addRuns(ctx context.Context, db *store.DB, suite *eval.Suite, args []string, in *drift.PlanInput) error {
	run, found, err := a.planRun(ctx, db, suite, args)
	if err != nil || !found {
		return err
	}
	runs := []eval.Run{run}
	if run.Version != "" && run.Kind != "recording" {
		infos, err := db.Runs(ctx, store.Filter{Suite: run.Suite, Agent: run.Agent, Status: eval.Complete})
		if err != nil {
			return err
		}
		for _, info := range infos {
			if r := info.Run; r.ID != run.ID && r.Version == run.Version && len(runs) < mostPlanRuns {
				runs = append(runs, r)
			}
		}
	}
	for _, r := range runs {
		in.Runs = append(in.Runs, drift.Input{Run: r, Rows: db.Rows(ctx, r.ID)})
	}
	means, err := db.CallMeans(ctx, run.ID)
	in.Calls = drift.CallCost(means)
	if in.Suite == "" {
		in.Suite = run.Suite
	}
	return err
}

// planRun is the run named, or the pinned baseline, or the latest of the suite.
func (a *app) planRun(ctx context.Context, db *store.DB, suite *eval.Suite, args []string) (eval.Run, bool, error) {
	if len(args) > 0 {
		run, err := db.Run(ctx, args[0])
		return run, err == nil, err
	}
	run, found, err := pinned(ctx, db, baselineName(suite, ""))
	if err != nil || found && (suite == nil || run.Suite == suite.Name) {
		return run, found, err
	}
	filter := store.Filter{Status: eval.Complete}
	if suite != nil {
		filter.Suite = suite.Name
	}
	infos, err := db.Runs(ctx, filter)
	if err != nil {
		return eval.Run{}, false, err
	}
	i := slices.IndexFunc(infos, func(info store.RunInfo) bool {
		if suite == nil {
			return true
		}
		_, ok := suite.Agent(info.Run.Agent)
		return ok
	})
	if i < 0 {
		return eval.Run{}, false, nil
	}
	return infos[i].Run, true, nil
}

func (a *app) writePlan(p *drift.Plan, f *planFlags) error {
	if f.output == "" || f.output == "-" {
		return reports.Plan(a.out, p, f.format, reports.Options{Width: a.width(), Color: a.color()})
	}
	if err := writeFile(f.output, func(w io.Writer) error {
		return reports.Plan(w, p, f.format, reports.Options{Width: reportWidth})
	}); err != nil {
		return err
	}
	a.note("wrote %s", f.output)
	return nil
}
