package cli

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
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

	pooling    bool          // --pool was given
	standard   drift.Options // the suite's own settings
	unrecorded bool          // the store could not keep the comparison
	promises   []promise.Account
	cause      *lineage.Explanation // of the comparison that was made last
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
	if base.ID == cand.ID {
		a.note("both names mean run %s of %s: a run beside itself shows nothing of another", base.ID, base.Name())
	}
	var err error
	if opt.Month, err = a.monthly(ctx, db, base); err != nil {
		return nil, err
	}
	last, err := db.LastFeedback(ctx)
	if err != nil {
		return nil, err
	}
	opt.Feedback = &last
	before, after, err := a.sides(ctx, db, base, cand, opt, f.pool)
	if err != nil {
		return nil, err
	}
	a.boundMemory(before, after)
	c, err := drift.Compare(ctx, before, after, opt, db.Result)
	if err != nil {
		return nil, err
	}
	f.cause = a.likelyCause(ctx, db, c)
	err = db.SaveComparison(ctx, savedComparison(c, a.now(), exitCode(c, f), f))
	if store.IsReadOnly(err) || store.IsFull(err) { // a verdict must not be lost over its record
		a.note("the comparison was not recorded: %v", err)
		f.unrecorded, err = true, nil
	}
	return c, err
}

// input is a stored run as one side of a comparison, with the feedback on it that
// the options take in.
func input(ctx context.Context, db *store.DB, run eval.Run, opt drift.Options) (drift.Input, error) {
	judged, rows, err := db.Judged(ctx, run, opt.Feedback)
	return drift.Input{Run: judged, Rows: rows, Words: readWords(db)}, err
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
	return a.writeTo(f.output, func(w io.Writer) error { return a.render(w, format, c, f, reportWidth, false) })
}

// writeTo writes to a file and says so, or to standard output.
func (a *app) writeTo(file string, write func(io.Writer) error) error {
	if file == "" || file == "-" {
		return write(a.out)
	}
	if err := writeFile(file, write); err != nil {
		return err
	}
	a.note("wrote %s", file)
	return nil
}

func (a *app) render(w io.Writer, format *reports.Format, c *drift.Comparison, f *compareFlags, width int, color bool) error {
	settings := f.settings(c.Options)
	return format.Write(w, c, reports.Options{Width: width, Color: color, Promises: f.promises, Explanation: f.cause,
		Reproduce: a.again("compare", c) + settings, Commands: a.nextCommands(c, f, settings)})
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
	return onTarget(path, renameio.WriteFile(path, b.Bytes(), 0o644))
}

// onTarget names the file that was asked for where an error names the temporary
// file that stands in for it.
func onTarget(path string, err error) error {
	var on *fs.PathError
	if errors.As(err, &on) {
		return &fs.PathError{Op: "write", Path: path, Err: on.Err}
	}
	var link *os.LinkError
	if errors.As(err, &link) {
		return &fs.PathError{Op: "write", Path: path, Err: link.Err}
	}
	return err
}
