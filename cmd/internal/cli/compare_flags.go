package cli

import (
	"bytes"
	"context"
	"encoding/csv"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/google/renameio/v2"
	"github.com/spf13/cobra"

	"holdtrue/eval"
	"holdtrue/eval/drift"
	"holdtrue/eval/lineage"
	"holdtrue/eval/promise"
	"holdtrue/eval/store"
	"holdtrue/reports"
	"holdtrue/scorers/text"
)

// compareFlags are the flags of every command that ends in a comparison.
type compareFlags struct {
	margin       float64
	alpha        float64
	slices       []string
	draws        int
	pool         int
	force        bool
	inconclusive string
	format       string
	output       string

	pooling  bool          // --pool was given
	standard drift.Options // the suite's own settings
	promises []promise.Account
	cause    *lineage.Explanation // of the comparison that was made last
}

func (f *compareFlags) bind(c *cobra.Command) {
	fl := c.Flags()
	fl.Float64Var(&f.margin, "margin", 0, "the loss that is tolerated, in score points of 1 (default: the suite's, or 0.05)")
	fl.Float64Var(&f.alpha, "alpha", 0, "two-sided error rate of the whole report (default: the suite's, or 0.05)")
	fl.StringSliceVar(&f.slices, "slices", nil, "tag keys whose values become slices, `KEY,...` (default: the suite's)")
	fl.IntVar(&f.draws, "draws", 0, "random sign flips for the correction (default 9999)")
	fl.IntVar(&f.pool, "pool", defaultPool, "earlier runs of the baseline's version that are pooled with it, at most `N`; 0 for none")
	fl.BoolVar(&f.force, "force", false, "compare what would be refused (an incomplete run, lost cases, too many failed calls, ...), and say so in the report")
	fl.StringVar(&f.inconclusive, "inconclusive", "", "what an inconclusive result does: fail (exit 3), warn (exit 3) or pass (exit 0)")
	f.bindOutput(c)
}

func (f *compareFlags) bindOutput(c *cobra.Command) {
	c.Flags().StringVar(&f.format, "format", "", "one of "+strings.Join(reports.Names(), ", ")+" (default: by the ending of -o, or text)")
	c.Flags().StringVarP(&f.output, "output", "o", "", "write the report to a `FILE` instead of standard output")
	must(c.RegisterFlagCompletionFunc("format", cobra.FixedCompletions(reports.Names(), cobra.ShellCompDirectiveNoFileComp)))
	if c.Flags().Lookup("inconclusive") != nil {
		must(c.RegisterFlagCompletionFunc("inconclusive", cobra.FixedCompletions(inconclusiveValues, cobra.ShellCompDirectiveNoFileComp)))
	}
}

var inconclusiveValues = []string{"fail", "warn", "pass"}

// must stands where only a mistake in this package can fail.
func must(err error) {
	if err != nil {
		panic(err)
	}
}

// options merges flags over the suite's settings; what neither says keeps its
// zero value and takes the default of the comparison.
func (f *compareFlags) options(c *cobra.Command, suite *eval.Suite) (drift.Options, error) {
	f.standard = suiteOptions(suite)
	o := f.standard
	o.Draws, o.Force = f.draws, f.force
	if suite != nil && f.inconclusive == "" {
		f.inconclusive = suite.Compare.Inconclusive
	}
	set := c.Flags().Changed
	if suite != nil && suite.Compare.Pool != nil && !set("pool") {
		f.pool = *suite.Compare.Pool
	}
	f.pooling = set("pool")
	if set("margin") {
		o.Margin = &f.margin
	}
	if set("alpha") {
		o.Alpha = f.alpha
	}
	if set("slices") {
		o.Slices = f.slices
	}
	switch {
	case o.Margin != nil && !(*o.Margin >= 0 && *o.Margin <= 1):
		return o, usage("", "--margin is %v; it is a loss in score points, from 0 to 1 (0.05 is five points of 100)", *o.Margin)
	case set("alpha") && !(f.alpha > 0 && f.alpha < 0.5):
		return o, usage("", "--alpha is %v; it is an error rate between 0 and 0.5, such as 0.05", f.alpha)
	case f.pool < 0:
		return o, usage("", "--pool is %d; it counts earlier runs of the baseline's version, 0 or more", f.pool)
	case set("draws") && (f.draws < 99 || f.draws > 1_000_000):
		return o, usage("", "--draws is %d; 99 to 1000000 can be drawn", f.draws)
	}
	switch f.inconclusive {
	case "", "fail", "warn", "pass":
	default:
		return o, usage("", "--inconclusive is %q%s", f.inconclusive, suggest(f.inconclusive, inconclusiveValues))
	}
	_, err := f.chosenFormat()
	return o, err
}

// suiteOptions are the settings of a suite, if there is one.
func suiteOptions(suite *eval.Suite) drift.Options {
	if suite == nil {
		return drift.Options{}
	}
	return drift.Options{Margin: suite.Compare.Margin, Alpha: suite.Compare.Alpha, Slices: suite.Compare.Slices}
}

// settings are the flags that make compare use the options where the suite by
// itself would not.
func (f *compareFlags) settings(used drift.Options) string {
	standard, err := f.standard.WithDefaults()
	if err != nil {
		return ""
	}
	var b strings.Builder
	flag := func(differs bool, name string, value any) {
		if differs {
			fmt.Fprintf(&b, " --%s %s", name, shellWord(fmt.Sprint(value)))
		}
	}
	flag(*used.Margin != *standard.Margin, "margin", *used.Margin)
	flag(used.Alpha != standard.Alpha, "alpha", used.Alpha)
	flag(!slices.Equal(used.Slices, standard.Slices), "slices", listFlag(used.Slices))
	flag(used.Draws != standard.Draws, "draws", used.Draws)
	if f.pooling {
		fmt.Fprintf(&b, " --pool %d", f.pool)
	}
	if used.Force {
		b.WriteString(" --force")
	}
	return b.String()
}

// listFlag writes values as a flag that takes a list reads them: as CSV.
func listFlag(values []string) string {
	var b strings.Builder
	w := csv.NewWriter(&b)
	must(w.Write(values)) // to memory
	w.Flush()
	return strings.TrimSuffix(b.String(), "\n")
}

// chosenFormat is --format, or what the ending of -o says, or text.
func (f *compareFlags) chosenFormat() (*reports.Format, error) {
	name := f.format
	if name == "" {
		name = formatOf(f.output)
	}
	format, ok := reports.Find(name)
	if !ok {
		return nil, usage("", "no format is called %q%s", name, suggest(name, reports.Names()))
	}
	return format, nil
}

func formatOf(file string) string {
	switch strings.ToLower(filepath.Ext(file)) {
	case ".md", ".markdown":
		return "markdown"
	case ".json":
		return "json"
	}
	return "text"
}

// comparison compares two stored runs and records that it was done.
func (a *app) comparison(ctx context.Context, db *store.DB, base, cand eval.Run, opt drift.Options, f *compareFlags) (*drift.Comparison, error) {
	var err error
	if opt.Month, err = a.monthly(ctx, db, base); err != nil {
		return nil, err
	}
	before, after, err := a.sides(ctx, db, base, cand, opt, f.pool)
	if err != nil {
		return nil, err
	}
	c, err := drift.Compare(ctx, before, after, opt, db.Result)
	if err != nil {
		return nil, err
	}
	f.cause = a.likelyCause(ctx, db, c)
	err = db.SaveComparison(ctx, savedComparison(c, a.now(), exitCode(c, f)))
	if store.IsReadOnly(err) || store.IsFull(err) { // a verdict must not be lost over its record
		a.note("the comparison was not recorded: %v", err)
		err = nil
	}
	return c, err
}

// input is a stored run as one side of a comparison.
func input(ctx context.Context, db *store.DB, run eval.Run) drift.Input {
	return drift.Input{Run: run, Rows: db.Rows(ctx, run.ID), Words: readWords(db)}
}

// wordsRead is how many bytes of a text its words are read from.
const wordsRead = 64 << 10

// readWords cuts stored texts into words.
func readWords(db *store.DB) drift.ReadWords {
	return func(ctx context.Context, ids []uint64) iter.Seq2[drift.Words, error] {
		return func(yield func(drift.Words, error) bool) {
			for t, err := range db.Texts(ctx, ids) {
				words := text.Words(t.Text[:min(len(t.Text), wordsRead)])
				if !yield(drift.Words{Text: t.ID, Words: words}, err) || err != nil {
					return
				}
			}
		}
	}
}

// reportWidth is the width of a text report in a file.
const reportWidth = 100

// writeReport writes a comparison to -o, or to standard output.
func (a *app) writeReport(c *drift.Comparison, f *compareFlags) error {
	format, err := f.chosenFormat()
	if err != nil {
		return err
	}
	if f.output == "" || f.output == "-" {
		return a.render(a.out, format, c, f, a.width(), a.color())
	}
	if err := writeFile(f.output, func(w io.Writer) error { return a.render(w, format, c, f, reportWidth, false) }); err != nil {
		return err
	}
	a.note("wrote %s", f.output)
	return nil
}

func (a *app) render(w io.Writer, format *reports.Format, c *drift.Comparison, f *compareFlags, width int, color bool) error {
	settings := f.settings(c.Options)
	return format.Write(w, c, reports.Options{Width: width, Color: color, Promises: f.promises, Explanation: f.cause,
		Reproduce: a.again("compare", c) + settings, Commands: a.nextCommands(c, settings)})
}

// again is a command over the two runs of a comparison.
func (a *app) again(command string, c *drift.Comparison) string {
	return fmt.Sprintf("%s %s%s %s %s", a.prog, command, a.where(), c.Baseline.Run.ID, c.Candidate.Run.ID)
}

// where repeats the flags that say which suite and store are meant.
func (a *app) where() string {
	var b strings.Builder
	if a.configFlag != "" {
		fmt.Fprintf(&b, " --config %s", shellWord(a.configFlag))
	}
	if a.storeFlag != "" {
		fmt.Fprintf(&b, " --store %s", shellWord(a.storeFlag))
	}
	return b.String()
}

// shellWord quotes a word for a POSIX shell where it needs quotes.
func shellWord(s string) string {
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-_./=@%+:,", r)
	}
	if s != "" && strings.TrimFunc(s, plain) == "" {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

// nextCommands are commands worth trying after a report. Only compare takes
// settings that are not the suite's.
func (a *app) nextCommands(c *drift.Comparison, settings string) []string {
	var commands []string
	cand := c.Candidate.Run
	if len(c.Symptoms) > 0 {
		commands = append(commands, a.again("explain", c))
	}
	if len(c.Worse) > 0 {
		commands = append(commands, fmt.Sprintf("%s show%s %s %s", a.prog, a.where(), cand.ID, shellWord(c.Worse[0].CaseID)))
	}
	report := "report"
	if settings != "" {
		report = "compare"
	}
	commands = append(commands, a.again(report, c)+settings+" --format markdown -o report.md")
	if v := c.Verdict; (v == drift.Holds || v == drift.Improved) && !cand.Stopped() {
		commands = append(commands, fmt.Sprintf("%s baseline set%s %s", a.prog, a.where(), cand.ID))
	}
	return commands
}

// writeFile writes a file whole or not at all.
func writeFile(path string, write func(io.Writer) error) error {
	var b bytes.Buffer
	if err := write(&b); err != nil {
		return err
	}
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() {
		return os.WriteFile(path, b.Bytes(), 0o644) // a device or a pipe cannot be renamed over
	}
	return renameio.WriteFile(path, b.Bytes(), 0o644)
}
