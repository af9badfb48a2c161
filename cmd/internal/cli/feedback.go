package cli

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"holdtrue/datasets"
	"holdtrue/eval"
	"holdtrue/eval/store"
	"holdtrue/scorers"
)

func (a *app) feedbackCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "feedback",
		Short: "Join what users say to the stored answers",
		Example: `  holdtrue feedback import thumbs.jsonl
  holdtrue feedback import ratings.csv --run latest --range 1:5`,
	}
	c.AddCommand(a.feedbackImportCommand())
	return c
}

// feedbackFlags are those of feedback import.
type feedbackFlags struct {
	run, scale string
	labels     []string
}

func (a *app) feedbackImportCommand() *cobra.Command {
	var f feedbackFlags
	c := &cobra.Command{
		Use:   "import FILE",
		Short: "Join thumbs, ratings and comments to stored outputs",
		Long: `Import joins feedback (JSONL or CSV, also gzip) to stored outputs. A record holds
what was said: "thumb" (up, down), "rating" (a number, see --range) or "label" (a
word), and "comment"; of what: "response_id" or "trace_id", by which every stored
copy of the answer is found, or "id", the case, with "repeat" and --run; and perhaps
"user" and "time". Of one user the last word on an answer counts.

Feedback is kept beside the scores, which stay as they are. Comparisons and trends
read it as the metric feedback, from 0 to 1: told when it changed, and without a
part in the verdict unless the suite names the metric feedback. What was imported
after a comparison does not change the report of it. What matches no output is
listed and counted; importing a file again adds nothing.`,
		Example: `  holdtrue feedback import thumbs.jsonl
  holdtrue feedback import ratings.csv --run latest --range 1:5
  holdtrue feedback import review.csv --run main --label partly=0.5`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) (err error) {
			ctx := cmd.Context()
			opt, err := f.options()
			if err != nil {
				return err
			}
			said, err := datasets.Feedback(args[0], opt)
			if err != nil {
				return err
			}
			db, suite, err := a.readStore(ctx)
			if err != nil {
				return err
			}
			defer closing(&err, db)
			mask, err := maskOf(suite)
			if err != nil {
				return err
			}
			if mask != nil {
				for i := range said {
					s := &said[i].Said
					s.Comment = mask(s.Comment)
					if mask(s.Author) != s.Author { // authors are still told apart
						s.Author = "sha256:" + eval.ContentHash(s.Author)[:16]
					}
				}
			}
			run := ""
			if f.run != "" {
				r, err := db.Run(ctx, f.run)
				if err != nil {
					return err
				}
				run = r.ID
			}
			found, err := joinFeedback(ctx, db, run, said)
			if err != nil {
				return err
			}
			return a.importFeedback(ctx, db, args[0], said, found)
		},
	}
	c.Flags().StringVar(&f.run, "run", "", "only outputs of the `RUN`; needed where records name cases alone")
	c.Flags().StringVar(&f.scale, "range", "", "the ends of the scale of ratings, `LOW:HIGH`, HIGH the best (default 0:1)")
	c.Flags().StringArrayVar(&f.labels, "label", nil, "what a word is worth from 0 to 1, `WORD=VALUE`; may be repeated")
	must(c.RegisterFlagCompletionFunc("run", a.completeRuns))
	return c
}

// maskOf is what the suite, if there is one, wants to be kept out of all that is
// stored; nil for nothing.
func maskOf(suite *eval.Suite) (eval.Mask, error) {
	if suite == nil || len(suite.Redact) == 0 {
		return nil, nil
	}
	mask, err := scorers.Redactor(suite.Redact)
	if err != nil {
		return nil, &eval.InputError{Pos: suite.RedactPos, Msg: err.Error(), Hint: "write redact: true, or a list of kinds"}
	}
	return mask, nil
}

func (f *feedbackFlags) options() (opt datasets.FeedbackOptions, err error) {
	if f.scale != "" {
		low, high, ok := strings.Cut(f.scale, ":")
		var errLow, errHigh error
		opt.Low, errLow = strconv.ParseFloat(low, 64)
		opt.High, errHigh = strconv.ParseFloat(high, 64)
		if !ok || errLow != nil || errHigh != nil || !(opt.Low < opt.High && opt.High-opt.Low < 1e9) {
			return opt, usage("--range 1:5", "--range is %q; expected LOW:HIGH, the best last", f.scale)
		}
	}
	opt.Labels = map[string]float64{}
	for _, l := range f.labels {
		word, text, ok := strings.Cut(l, "=")
		v, err := strconv.ParseFloat(text, 64)
		if !ok || word == "" || err != nil || !(v >= 0 && v <= 1) {
			return opt, usage("--label partly=0.5", "--label is %q; expected WORD=VALUE, from 0 to 1", l)
		}
		opt.Labels[word] = v
	}
	return opt, nil
}

// joined is what a record of feedback was found to be on.
type joined struct {
	outputs []store.OutputRef
	repeats int // of the case, where a record that names no repeat would fit several
}

// joinFeedback finds the outputs that records are on: by the id of the response,
// else by that of the trace, else by the case within the run.
func joinFeedback(ctx context.Context, db *store.DB, run string, said []datasets.FeedbackRecord) ([]joined, error) {
	responses, traces, cases := map[string][]int{}, map[string][]int{}, map[string][]int{}
	for i := range said {
		switch f := &said[i]; {
		case f.Response != "":
			responses[f.Response] = append(responses[f.Response], i)
		case f.Trace != "":
			traces[f.Trace] = append(traces[f.Trace], i)
		case run == "":
			return nil, &eval.InputError{Pos: f.Pos, Msg: fmt.Sprintf("%s is answered by many runs, and the record names no response", f.Of()),
				Hint: "--run says which run the feedback is on"}
		default:
			cases[f.CaseID] = append(cases[f.CaseID], i)
		}
	}
	found := make([]joined, len(said))
	for o, err := range db.Outputs(ctx, run) {
		if err != nil {
			return nil, err
		}
		for _, named := range [][]int{responses[o.Response], traces[o.Trace], cases[o.CaseID]} {
			for _, i := range named {
				if f := &said[i]; (f.CaseID == "" || f.CaseID == o.CaseID) && (f.Repeat == nil || *f.Repeat == o.Repeat) {
					found[i].outputs = append(found[i].outputs, o)
				}
			}
		}
	}
	for _, named := range cases {
		for _, i := range named {
			if n := len(found[i].outputs); n > 1 {
				found[i] = joined{repeats: n}
			}
		}
	}
	return found, nil
}

// importFeedback stores what was found and says what became of the rest.
func (a *app) importFeedback(ctx context.Context, db *store.DB, file string, said []datasets.FeedbackRecord, found []joined) error {
	var list []store.SaidOf
	runs := map[string]bool{}
	lost := 0
	for i, f := range found {
		for _, o := range f.outputs {
			list = append(list, store.SaidOf{Of: o, Said: said[i].Said})
			runs[o.Run] = true
		}
		if len(f.outputs) > 0 {
			continue
		}
		switch lost++; {
		case lost > maxComplaints:
		case f.repeats > 0:
			a.note("%s: %s has %d answers, and the record names no repeat", said[i].Pos, said[i].Of(), f.repeats)
		default:
			a.note("%s: no stored output answers to %s", said[i].Pos, said[i].Of())
		}
	}
	if lost > maxComplaints {
		a.note("and %d more that match nothing", lost-maxComplaints)
	}
	if len(list) == 0 {
		return &eval.InputError{Pos: eval.Pos{File: file}, Msg: fmt.Sprintf("none of %d records matches a stored output", len(said)),
			Hint: "holdtrue show RUN --recording shows the ids that outputs have"}
	}
	added, err := db.AddFeedback(ctx, list)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(a.out, "%s: feedback on %s of %s, %d of it new; %s without an output\n",
		several(len(said), "record"), several(len(list), "output"), several(len(runs), "run"), added, several(lost, "record"))
	return err
}
