package cli

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"holdtrue/eval/drift"
)

func (a *app) swapCommand() *cobra.Command {
	var rf replayFlags
	var cf compareFlags
	c := &cobra.Command{
		Use:   "swap CURRENT CANDIDATE...",
		Short: "Ask two agents the same cases, interleaved, and compare them",
		Long: `Swap is the comparison before a model or prompt is swapped: it asks both agents
the same cases, turn by turn, so that a slow hour or a full disk hits both
alike, stores both runs and compares them. Further candidates are each compared
with the current agent; the exit code is that of the worst. As JSON several
comparisons are one object, {"schema": 1, "comparisons": [...]}, in the order of
the candidates.`,
		Example: `  holdtrue swap current candidate
  holdtrue swap current candidate --repeat 3
  holdtrue swap current candidate --format markdown -o report.md`,
		Args:              cobra.MinimumNArgs(2),
		ValidArgsFunction: a.completeAgents,
		RunE: func(cmd *cobra.Command, args []string) (err error) {
			ctx := cmd.Context()
			if err := rf.check(cmd); err != nil {
				return err
			}
			rf.goOn = a.sameCommand(cmd, args, "resume") + " --resume"
			suite, err := a.suite()
			if err != nil {
				return err
			}
			opt, err := cf.options(cmd, suite)
			if err != nil {
				return err
			}
			format, err := cf.chosenFormat()
			if err != nil {
				return err
			}
			together := len(args) > 2 && format.WriteAll != nil
			if len(args) > 2 && cf.output != "" && !together {
				return usage("", "-o takes one report, and %d candidates give %d; only json holds them all", len(args)-1, len(args)-1)
			}
			specs, err := namedAgents(suite, args)
			if err != nil {
				return err
			}
			db, err := a.openStore(ctx, suite)
			if err != nil {
				return err
			}
			defer closing(&err, db)
			runs, err := a.replay(ctx, suite, db, specs, &rf)
			if err != nil {
				return err
			}
			worst := exitOK
			var all []*drift.Comparison
			for i, cand := range runs[1:] {
				comparison, err := a.comparison(ctx, db, runs[0], cand, opt, &cf)
				if err != nil {
					return err
				}
				worst = worse(worst, exitCode(comparison, &cf))
				all = append(all, comparison)
				if together {
					continue
				}
				if i > 0 {
					fmt.Fprintln(a.out)
				}
				if err := a.writeReport(comparison, &cf); err != nil {
					return err
				}
			}
			if together {
				if err := a.writeTo(cf.output, func(w io.Writer) error { return format.WriteAll(w, all) }); err != nil {
					return err
				}
			}
			return asVerdict(worst)
		},
	}
	rf.bind(c)
	cf.bind(c)
	return c
}

// worse is the graver of two verdict codes: 1, then 3, then 0.
func worse(a, b int) int {
	if a == exitRegressed || b == exitRegressed {
		return exitRegressed
	}
	return max(a, b)
}
