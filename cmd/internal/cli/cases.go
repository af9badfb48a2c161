package cli

import (
	"fmt"

	"github.com/spf13/cobra"

	"holdtrue/datasets"
	"holdtrue/eval"
	"holdtrue/reports"
	"holdtrue/scorers"
)

func (a *app) casesCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "cases",
		Short: "Check a golden set, or make one of foreign files",
		Example: `  holdtrue cases lint
  holdtrue cases add --from recordings/production.jsonl --limit 50 -o golden/production.jsonl
  holdtrue cases import answers.jsonl --map id=id,prompt=question,expected=answer --cases golden/all.jsonl`,
	}
	c.AddCommand(a.lintCommand(), a.addCommand(), a.importCommand())
	return c
}

func (a *app) lintCommand() *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:   "lint",
		Short: "Check every case of the suite, and say what the set can show",
		Long: `Lint reads the suite and every case, names every fault at once with its place, and
then says what is probably not meant and which margins a set of this size can
prove. It ends with 4 if there is a fault, else with 0.`,
		Example: `  holdtrue cases lint
  holdtrue cases lint --config evals/holdtrue.yaml --json`,
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) (err error) {
			suite, err := a.suite()
			if err != nil {
				return err
			}
			panel, err := eval.NewPanel(suite.Metrics, suite.Dir, scorers.Bind)
			if err != nil {
				return err
			}
			defer closing(&err, panel)
			report, err := datasets.Lint(suite, datasets.Selection{}, panel.Admit)
			if err != nil {
				return err
			}
			return reports.Lint(a.out, lintModel(report), a.tableOptions(asJSON))
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return c
}

func lintModel(r datasets.Report) reports.LintReport {
	m := reports.LintReport{Cases: r.Summary.Cases, Hash: r.Summary.Hash, Slices: r.Summary.Slices, Provable: r.Provable}
	for _, w := range r.Warnings {
		m.Warnings = append(m.Warnings, reports.LintWarning{At: w.At, Message: w.Msg})
	}
	for _, n := range r.Needed {
		m.Needed = append(m.Needed, reports.LintMargin{Margin: n.Margin, Cases: n.Cases})
	}
	return m
}

func (a *app) importCommand() *cobra.Command {
	var mapping, cases, recording string
	var force bool
	c := &cobra.Command{
		Use:   "import FILE --map KEY=PATH,...",
		Short: "Convert foreign JSONL or CSV records into cases, a recording, or both",
		Long: `Import converts the records of a JSONL or CSV file (also gzip) by a mapping from
our keys to paths in a record:

  cases:      id, prompt, expected, tags, tags.KEY, documents
  recordings: id, output, repeat, label, labels.NAME, latency_ms, first_token_ms, model, error,
              input_tokens, output_tokens, cost_usd

A path is dotted ("truth.correct"; a number picks from a list); "=text" is a
fixed text; "|cut:X" keeps what stands before the first X, "|after:X" what stands
after it. A comma in a value is written twice.`,
		Example: `  holdtrue cases import gpt.jsonl.gz --map id=id,prompt=question,expected=answer,tags.topic=area,output=reply --cases golden/all.jsonl --recording recordings/gpt.jsonl
  holdtrue cases import trials.jsonl --map 'id=id|cut:#,repeat=trial,output=output,label=reward' --recording recordings/trials.jsonl`,
		Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			if mapping == "" {
				return usage("holdtrue cases import --help", "--map is missing: it says where a record keeps what a case or an output needs")
			}
			if cases == "" && recording == "" {
				return usage("holdtrue cases import --help", "nothing is to be written: give --cases, --recording or both")
			}
			m, err := datasets.ParseMap(mapping)
			if err != nil {
				return err
			}
			n, err := datasets.Import(args[0], m, cases, recording, force)
			if err != nil {
				return err
			}
			_, err = fmt.Fprintf(a.out, "%d records: %d cases, %d outputs\n", n.Records, n.Cases, n.Outputs)
			return err
		},
	}
	c.Flags().StringVar(&mapping, "map", "", "where a record keeps what is needed, `KEY=PATH,...`")
	c.Flags().StringVar(&cases, "cases", "", "write the cases to this `FILE` (JSONL)")
	c.Flags().StringVar(&recording, "recording", "", "write the outputs to this `FILE` (JSONL)")
	c.Flags().BoolVar(&force, "force", false, "overwrite files that exist")
	return c
}
