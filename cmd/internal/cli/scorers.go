package cli

import (
	"strings"

	"github.com/spf13/cobra"

	"holdtrue/eval"
	"holdtrue/reports"
	"holdtrue/scorers"
)

func (a *app) scorersCommand() *cobra.Command {
	var asJSON, transforms bool
	c := &cobra.Command{
		Use:   "scorers [NAME]",
		Short: "List the built-in scorers, or explain one",
		Example: `  holdtrue scorers
  holdtrue scorers numeric
  holdtrue scorers --transforms`,
		Args:              cobra.MaximumNArgs(1),
		ValidArgsFunction: cobra.FixedCompletions(scorers.Names(), cobra.ShellCompDirectiveNoFileComp),
		RunE: func(_ *cobra.Command, args []string) error {
			if transforms {
				if len(args) > 0 {
					return usage("holdtrue scorers --transforms", "--transforms takes no name, found %q", args[0])
				}
				var lines []reports.TransformLine
				for _, t := range scorers.Transforms {
					lines = append(lines, reports.TransformLine{Name: t.Name, Arg: t.Arg, Doc: t.Doc})
				}
				return reports.Transforms(a.out, lines, a.tableOptions(asJSON))
			}
			if len(args) == 1 {
				s, ok := scorers.Find(args[0])
				if !ok {
					return usage("holdtrue scorers", "no scorer is called %q%s", args[0], suggest(args[0], scorers.Names()))
				}
				return reports.Scorer(a.out, scorerLine(s), a.tableOptions(asJSON))
			}
			var lines []reports.ScorerLine
			for _, s := range scorers.All {
				lines = append(lines, scorerLine(s))
			}
			return reports.Scorers(a.out, lines, a.tableOptions(asJSON))
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	c.Flags().BoolVar(&transforms, "transforms", false, "list the transforms that a metric may apply to the output first")
	return c
}

func scorerLine(s *eval.Scorer) reports.ScorerLine {
	info := scorers.Describe(s)
	summary, _, _ := strings.Cut(info.Doc, "\n")
	line := reports.ScorerLine{Name: info.Name, Summary: summary, Doc: info.Doc, Version: info.Version,
		Scale: string(info.Scale), Unit: info.Unit, Better: string(info.Better)}
	for _, arg := range info.Args {
		line.Args = append(line.Args, reports.ScorerArg(arg))
	}
	for _, arg := range scorers.CommonArgs() {
		line.Common = append(line.Common, reports.ScorerArg(arg))
	}
	return line
}
