package cli

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"holdtrue/eval"
	"holdtrue/eval/drift"
	"holdtrue/eval/promise"
	"holdtrue/eval/store"
	"holdtrue/reports"
)

// trendFlags are the flags of trend.
type trendFlags struct {
	promises promiseFlags
	accounts []promise.Account
	options  drift.TrendOptions
	since    string
	last     int
	format   string
	output   string
}

func (a *app) trendCommand() *cobra.Command {
	var f trendFlags
	c := &cobra.Command{
		Use:   "trend [AGENT]",
		Short: "Watch the history of an agent for steps and slow rot",
		Long: `Trend reads every comparable run of an agent, a night each, and says of every
metric and slice whether it got worse over time: a nightly alarm whose rate of
false alarms over --horizon runs is kept for the whole report, slow rot, and the
changes of level with the run, version and commit where they begin.

Runs of another golden set, another version of a metric or another number of
repeats begin a new segment of a series, and say so. Incomplete runs, runs over a
part of the suite, and recordings that were replayed before are left out, and
listed.

An alarm stands until a run after it is pinned ("holdtrue baseline set RUN"): what
is watched begins after the newest pinned run. --metric, --slice and --slices say
what shares the rate of false alarms; --since moves the beginning; --last only
shortens what is shown.

It ends with 1 if an alarm stands, a slow fall is significant or a promise of the
suite is broken, with 3 if there are too few runs to tell, else with 0.`,
		Example: `  holdtrue trend
  holdtrue trend candidate --slices topic --last 30
  holdtrue trend candidate --metric facts --since 2026-03-01
  holdtrue trend candidate --format markdown -o trend.md`,
		Args:              cobra.MaximumNArgs(1),
		ValidArgsFunction: a.completeAgents,
		RunE: func(cmd *cobra.Command, args []string) (err error) {
			ctx := cmd.Context()
			db, suite, err := a.readStore(ctx)
			if err != nil {
				return err
			}
			defer closing(&err, db)
			if err := f.check(cmd, suite); err != nil {
				return err
			}
			name, infos, err := a.trendRuns(ctx, db, suite, args)
			if err != nil {
				return err
			}
			t, err := trendOf(ctx, db, name, infos, f.options)
			if err != nil {
				return err
			}
			if f.accounts, err = a.accounts(ctx, db, suite, name.agent, &f.promises); err != nil {
				return err
			}
			if err := a.writeTrend(t, &f, cmd); err != nil {
				return err
			}
			return asVerdict(withPromises(drift.TrendExitCode(t), f.accounts))
		},
	}
	f.bind(c)
	return c
}

func (f *trendFlags) bind(c *cobra.Command) {
	f.promises.bind(c)
	fl := c.Flags()
	fl.StringArrayVar(&f.options.Metrics, "metric", nil, "only the metric `NAME`; repeat for several")
	fl.StringArrayVar(&f.options.Slices, "slice", nil, "of the slices only `KEY=VALUE`; repeat for several")
	fl.StringSliceVar(&f.options.Keys, "slices", nil, "tag keys whose values become slices, `KEY,...` (default: the suite's)")
	fl.IntVar(&f.last, "last", 0, "show the last `N` runs only; what is said rests on all")
	fl.StringVar(&f.since, "since", "", "leave out what started before the `DATE`, such as 2026-03-01 (UTC)")
	fl.Float64Var(&f.options.Level, "alpha", 0, "share of quiet histories that raise an alarm within the horizon (default 0.05)")
	fl.IntVar(&f.options.Horizon, "horizon", 0, "runs for which that share holds, `N` (default 90)")
	fl.StringVar(&f.format, "format", "", "one of "+strings.Join(reports.Names(), ", ")+" (default: by the ending of -o, or text)")
	fl.StringVarP(&f.output, "output", "o", "", "write the report to a `FILE` instead of standard output")
	must(c.RegisterFlagCompletionFunc("format", cobra.FixedCompletions(reports.Names(), cobra.ShellCompDirectiveNoFileComp)))
}

// check refuses what cannot be meant, and takes the suite's slices where none
// are named.
func (f *trendFlags) check(c *cobra.Command, suite *eval.Suite) error {
	set := c.Flags().Changed
	switch {
	case set("last") && f.last < 1:
		return usage("", "--last is %d; it counts runs, from 1", f.last)
	case set("alpha") && !(f.options.Level > 0 && f.options.Level < 0.5):
		return usage("", "--alpha is %v; it is a rate between 0 and 0.5, such as 0.05", f.options.Level)
	case set("horizon") && (f.options.Horizon < 12 || f.options.Horizon > 10_000):
		return usage("", "--horizon is %d; 12 to 10000 runs can be watched at a time", f.options.Horizon)
	}
	if f.since != "" {
		since, err := parseDate(f.since)
		if err != nil {
			return err
		}
		f.options.Since = since
	}
	if !set("slices") && suite != nil {
		f.options.Keys = suite.Compare.Slices
	}
	_, err := f.chosenFormat()
	return err
}

func parseDate(text string) (time.Time, error) {
	for _, layout := range []string{time.DateOnly, time.RFC3339} {
		if t, err := time.Parse(layout, text); err == nil {
			return t.UTC(), nil
		}
	}
	return time.Time{}, usage("", "--since is %q; a date is written 2026-03-01 or 2026-03-01T12:00:00Z", text)
}

func (f *trendFlags) chosenFormat() (*reports.TrendFormat, error) {
	name := f.format
	if name == "" {
		name = formatOf(f.output)
	}
	format, ok := reports.FindTrend(name)
	if !ok {
		return nil, usage("", "no format is called %q%s", name, suggest(name, reports.Names()))
	}
	return format, nil
}

// historyOf names the history that is meant.
type historyOf struct{ suite, agent string }

// trendRuns finds the runs of the agent that is named, or of the only one: in
// the suite at hand, or else in that of the newest run.
func (a *app) trendRuns(ctx context.Context, db *store.DB, suite *eval.Suite, args []string) (h historyOf, infos []store.RunInfo, err error) {
	all, err := db.Runs(ctx, store.Filter{})
	if err != nil {
		return h, nil, err
	}
	switch {
	case suite != nil:
		h.suite = suite.Name
	case len(all) > 0:
		h.suite = all[0].Run.Suite
	}
	for _, info := range all {
		if info.Run.Suite == h.suite {
			infos = append(infos, info)
		}
	}
	if h.agent, err = a.trendAgent(suite, infos, args); err != nil {
		return h, nil, err
	}
	return h, slices.DeleteFunc(infos, func(i store.RunInfo) bool { return i.Run.Agent != h.agent }), nil
}

func (a *app) trendAgent(suite *eval.Suite, infos []store.RunInfo, args []string) (string, error) {
	var stored, known []string
	for _, info := range infos {
		stored = append(stored, info.Run.Agent)
	}
	slices.Sort(stored)
	stored = slices.Compact(stored)
	known = slices.Clone(stored)
	if suite != nil {
		for _, spec := range suite.Agents {
			known = append(known, spec.Name)
		}
	}
	switch {
	case len(args) == 1 && slices.Contains(known, args[0]):
		return args[0], nil
	case len(args) == 1:
		slices.Sort(known)
		known = slices.Compact(known)
		return "", &eval.InputError{Msg: fmt.Sprintf("no run of an agent %q is stored%s", args[0], suggest(args[0], known)), Hint: "holdtrue runs"}
	case len(stored) == 1:
		return stored[0], nil
	case len(stored) == 0:
		return "", &eval.InputError{Msg: "no run is stored", Hint: "holdtrue run --agent NAME"}
	}
	return "", usage(a.prog+" trend"+a.where()+" "+shellWord(stored[0]), "the store holds runs of %d agents; say which: %s", len(stored), strings.Join(stored, ", "))
}

// trendOf finishes the trend of runs, the newest of which comes first.
func trendOf(ctx context.Context, db *store.DB, h historyOf, infos []store.RunInfo, opt drift.TrendOptions) (*drift.Trend, error) {
	history := make([]drift.PastRun, 0, len(infos))
	for _, info := range slices.Backward(infos) {
		history = append(history, drift.PastRun{Input: drift.Input{Run: info.Run, Rows: db.Rows(ctx, info.Run.ID)}, Pins: info.Pins})
	}
	return drift.NewTrend(ctx, h.suite, h.agent, history, opt)
}

// writeTrend writes a trend to -o, or to standard output.
func (a *app) writeTrend(t *drift.Trend, f *trendFlags, cmd *cobra.Command) error {
	format, err := f.chosenFormat()
	if err != nil {
		return err
	}
	write := func(w io.Writer, width int, color bool) error {
		return format.Write(w, t, reports.TrendOptions{Last: f.last,
			Options: reports.Options{Width: width, Color: color, Promises: f.accounts, Reproduce: a.sameCommand(cmd, []string{t.Agent}, "format", "output"), Commands: a.trendCommands(t)}})
	}
	if f.output == "" || f.output == "-" {
		return write(a.out, a.width(), a.color())
	}
	if err := writeFile(f.output, func(w io.Writer) error { return write(w, reportWidth, false) }); err != nil {
		return err
	}
	a.note("wrote %s", f.output)
	return nil
}

// trendCommands are commands worth trying after a trend.
func (a *app) trendCommands(t *drift.Trend) []string {
	if t.Verdict != drift.Regressed {
		return nil
	}
	var commands []string
	if before, after, ok := t.Suspects(); ok {
		commands = append(commands, fmt.Sprintf("%s compare%s %s %s", a.prog, a.where(), before, after))
	}
	return append(commands, fmt.Sprintf("%s baseline set%s --name %s %s", a.prog, a.where(), acceptedName(t.Agent), t.Runs[len(t.Runs)-1].ID))
}

// acceptedName is the name under which the new level of an agent may be pinned:
// one for each, so that the alarm of another stays as it is.
func acceptedName(agent string) string {
	name := "accepted/" + strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("._-", r) {
			return r
		}
		return '-'
	}, agent)
	return name[:min(len(name), 64)]
}
