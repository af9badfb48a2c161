package cli

import (
	"fmt"

	"github.com/spf13/cobra"

	"holdtrue/datasets"
)

func (a *app) initCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "init [DIR]",
		Short: "Write a commented suite with a small golden set and two recordings",
		Long: `Init writes a commented holdtrue.yaml, a small golden set and two recordings of
it, so that "holdtrue swap current candidate" works as it stands, and shows
where one's own agent goes. It overwrites nothing.`,
		Example: `  holdtrue init
  holdtrue init evals/support`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			dir := "."
			if len(args) == 1 {
				dir = args[0]
			}
			files, err := datasets.Init(dir)
			if err != nil {
				return err
			}
			for _, f := range files {
				if _, err := fmt.Fprintln(a.out, f); err != nil {
					return err
				}
			}
			in := ""
			if dir != "." {
				in = "cd " + shellWord(dir) + " && "
			}
			a.hint(in + a.prog + " swap current candidate")
			return nil
		},
	}
}
