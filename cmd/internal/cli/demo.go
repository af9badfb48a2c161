package cli

import (
	"fmt"
	"path/filepath"

	"github.com/spf13/cobra"

	"holdtrue/datasets/demo"
)

func (a *app) demoCommand() *cobra.Command {
	var rf replayFlags
	var cf compareFlags
	var dir string
	c := &cobra.Command{
		Use:   "demo",
		Short: "See it work: a built-in agent, two versions, three planted faults",
		Long: `Demo writes a golden set of about 120 support-desk cases to a folder, asks two
versions of a small built-in retrieval agent each of them three times, through
the same protocol as any agent of yours, and compares the versions. The second
version carries three faults of the kind that is easy to miss. Nothing leaves
this machine. Demo ends with 0 although the verdict is a regression: finding it
is what it is for.`,
		Example: `  holdtrue demo
  holdtrue demo --dir /tmp/demo`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			ctx := cmd.Context()
			if err := demo.Write(dir); err != nil {
				return err
			}
			a.configFlag = filepath.Join(dir, "holdtrue.yaml")
			suite, err := a.suite()
			if err != nil {
				return err
			}
			opt, err := cf.options(cmd, suite)
			if err != nil {
				return err
			}
			specs, err := namedAgents(suite, []string{"v1", "v2"})
			if err != nil {
				return err
			}
			db, err := a.openStore(ctx, suite)
			if err != nil {
				return err
			}
			defer closing(&err, db)
			rf.goOn = fmt.Sprintf("%s swap%s v1 v2 --repeat %d --resume", a.prog, a.where(), rf.repeat)
			a.note("asking v1 and v2 of the built-in agent every case of %s three times", a.configFlag)
			runs, err := a.replay(ctx, suite, db, specs, &rf)
			if err != nil {
				return err
			}
			comparison, err := a.comparison(ctx, db, runs[0], runs[1], opt, &cf)
			if err != nil {
				return err
			}
			if err := a.writeReport(comparison, &cf); err != nil {
				return err
			}
			cf.output = filepath.Join(dir, "report.md")
			if err := a.writeReport(comparison, &cf); err != nil {
				return err
			}
			_, err = fmt.Fprintf(a.out, "\nThe same report as a pull request would show it: %s\n", cf.output)
			return err
		},
	}
	rf.repeat = 3
	c.Flags().StringVar(&dir, "dir", "holdtrue-demo", "the `folder` to write")
	c.AddCommand(a.demoAgentCommand())
	return c
}

// demoAgentCommand is the built-in agent as a process of its own, asked line by
// line as any command agent is.
func (a *app) demoAgentCommand() *cobra.Command {
	var version string
	c := &cobra.Command{
		Use:     "agent --version N",
		Short:   "The built-in agent: one case a line in, one answer a line out",
		Example: `  echo '{"id":"a","prompt":"How long do refunds take?"}' | holdtrue demo agent --version 1`,
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return demo.Serve(cmd.Context(), version, a.in, a.out)
		},
	}
	c.Flags().StringVar(&version, "version", "1", "which version answers, 1 or 2")
	return c
}
