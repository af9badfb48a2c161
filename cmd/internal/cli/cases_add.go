package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/spf13/cobra"

	"holdtrue/datasets"
	"holdtrue/eval"
)

func (a *app) addCommand() *cobra.Command {
	var from, out string
	var opt datasets.ProposeOptions
	c := &cobra.Command{
		Use:   "add --from RECORDING",
		Short: "Propose golden cases from a recording",
		Long: `Add makes cases of the answers in a recording: what was asked, and the answer as
what is expected. A person has to check each of them: they carry a comment that
says so and the tag unchecked, which cases lint counts until it is taken off.

A question that was asked several times becomes one case, with the answer that
users liked best, else the first. Questions and ids of the suite are left out, and
so are those of the file that is written. --limit draws a sample, the same one for
the same seed. With -o the cases are added to the end of a JSONL file, else they
are printed.`,
		Example: `  holdtrue cases add --from recordings/production.jsonl
  holdtrue cases add --from recordings/production.jsonl --limit 50 --seed 7 -o golden/production.jsonl`,
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			switch {
			case from == "":
				return usage("holdtrue cases add --from recordings/production.jsonl", "--from is missing: it names the recording")
			case opt.Limit < 0:
				return usage("", "--limit is %d; it counts cases, from 1", opt.Limit)
			}
			suite, err := a.suiteIfAny()
			if err != nil {
				return err
			}
			if opt.Mask, err = maskOf(suite); err != nil {
				return err
			}
			existing, err := existingCases(suite, out)
			if err != nil {
				return err
			}
			cases, n, err := datasets.Propose(from, existing, opt)
			if err != nil {
				return err
			}
			if out == "" || out == "-" {
				err = datasets.WriteCases(a.out, cases)
			} else if err = datasets.AppendCases(out, cases); err == nil {
				_, err = fmt.Fprintf(a.out, "%s added to %s\n", several(n.Cases, "case"), printable(out))
			}
			if err != nil {
				return err
			}
			a.note("%s: %s proposed; asked twice %d, in the golden set already %d, left out by --limit %d, without an answer %d, without a question %d",
				several(n.Outputs, "output"), several(n.Cases, "case"), n.Merged, n.Known, n.Left, n.Failed, n.Silent)
			if n.Cases > 0 {
				a.hint("check what is expected, then take the tag " + datasets.Unchecked + " off")
			}
			return nil
		},
	}
	c.Flags().StringVar(&from, "from", "", "the `RECORDING` (JSONL, also gzip)")
	c.Flags().StringVarP(&out, "output", "o", "", "add the cases to this `FILE` (JSONL)")
	c.Flags().IntVar(&opt.Limit, "limit", 0, "propose at most `N` cases, drawn at random by the seed")
	c.Flags().Uint64Var(&opt.Seed, "seed", 0, "of the sample that --limit draws, `N`")
	c.Flags().BoolVar(&opt.Steps, "steps", false, "expect the tool calls that were made, too")
	c.Flags().BoolVar(&opt.Documents, "documents", false, "expect the documents that were retrieved, too")
	return c
}

// existingCases are those of the suite, if there is one, and of a file that cases
// are added to. A suite whose files do not exist yet has none.
func existingCases(suite *eval.Suite, file string) (cases []eval.Case, err error) {
	if suite != nil {
		for c, err := range datasets.Cases(suite, datasets.Selection{}) {
			if err != nil {
				return nil, err
			}
			cases = append(cases, c)
		}
	}
	if file == "" || file == "-" {
		return cases, nil
	}
	if err := datasets.Appendable(file); err != nil {
		return nil, err
	}
	if _, err := os.Stat(file); errors.Is(err, fs.ErrNotExist) {
		return cases, nil
	}
	for c, err := range datasets.ReadCases(file) {
		if err != nil {
			return nil, err
		}
		cases = append(cases, c)
	}
	return cases, nil
}
