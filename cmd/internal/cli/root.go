package cli

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
)

const exitCodesHelp = `holdtrue ends with one of these codes. They are a contract.

  0    the candidate holds or improved; or the command did what it was asked
  1    regressed or mixed; of trend: an alarm stands, or a slow fall is significant
  2    never chosen: a crash of the program itself
  3    inconclusive, or not measured (no baseline, too many failed calls, too few runs, a
       budget that was spent before every case was asked)
  4    wrong usage or bad input: the message says where and what was expected
  5    the tool or the machine failed: disk full, store damaged, agent not startable,
       every call failed
  125  of bisect only: it cannot tell (git skips such a commit)
  130  cancelled; what was answered is kept, and --resume goes on from there

An inconclusive result ends with 3. A suite that says "inconclusive: pass", or
--inconclusive pass, makes that 0, with the word still on the first line.
Treat a code that is not in this list as a failure.`

const rootLong = `holdtrue replays a golden set of prompts against versions of an LLM agent, scores
the outputs, keeps every run in one SQLite file, and says of each metric and
slice whether the new version regressed, holds, improved, is mixed, or whether
the evidence is inconclusive. It works offline.

Begin with "holdtrue demo", then "holdtrue init" in an empty folder.`

// The groups of the help text, in its order.
const (
	groupCompare = "compare"
	groupLook    = "look"
	groupSuite   = "suite"
)

// rootCommand lists the commands. A new command is one file and one line here.
func (a *app) rootCommand() *cobra.Command {
	root := &cobra.Command{
		Use:     "holdtrue",
		Short:   "Tells whether a new version of an LLM agent still keeps its promises",
		Long:    rootLong,
		Version: versionLine(),
		Args: func(c *cobra.Command, args []string) error {
			if len(args) == 0 {
				return nil
			}
			var names []string
			for _, sub := range c.Commands() {
				names = append(names, sub.Name())
			}
			return fmt.Errorf("unknown command %q%s", args[0], suggest(args[0], names))
		},
		SilenceUsage:  true,
		SilenceErrors: true,
		RunE:          func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	root.SetVersionTemplate("{{.Version}}\n")
	root.PersistentFlags().StringVar(&a.configFlag, "config", "", "the suite's `file` (default: holdtrue.yaml here)")
	root.PersistentFlags().StringVar(&a.storeFlag, "store", "", "the run database, a `file` (default: $HOLDTRUE_STORE, or holdtrue.db beside the suite)")
	root.AddGroup(
		&cobra.Group{ID: groupCompare, Title: "Replay and compare:"},
		&cobra.Group{ID: groupLook, Title: "Look at what is stored:"},
		&cobra.Group{ID: groupSuite, Title: "Golden sets and scorers:"},
	)
	add := func(group string, commands ...*cobra.Command) {
		for _, c := range commands {
			c.GroupID = group
			root.AddCommand(c)
		}
	}
	add(groupCompare, a.swapCommand(), a.checkCommand(), a.runCommand(), a.compareCommand(), a.baselineCommand(), a.bisectCommand())
	add(groupLook, a.reportCommand(), a.explainCommand(), a.lineageCommand(), a.trendCommand(), a.runsCommand(), a.showCommand(), a.feedbackCommand(), a.storeCommand())
	add(groupSuite, a.initCommand(), a.casesCommand(), a.planCommand(), a.ingestCommand(), a.scorersCommand(), a.demoCommand())
	root.AddCommand(a.versionCommand(), exitCodesTopic())
	// What the library would add later on its own, so that markErrors sees it.
	root.InitDefaultCompletionCmd()
	root.InitDefaultHelpCmd()
	for _, c := range root.Commands() {
		if c.Name() == "help" {
			c.Args = knownTopic
		}
	}
	markErrors(root)
	return root
}

// knownTopic refuses to explain what is no command.
func knownTopic(c *cobra.Command, args []string) error {
	if topic, rest, err := c.Root().Find(args); topic == nil || err != nil || len(rest) > 0 {
		return fmt.Errorf("unknown help topic %q", strings.Join(args, " "))
	}
	return nil
}

// exitCodesTopic is a help topic: a command that only explains.
func exitCodesTopic() *cobra.Command {
	return &cobra.Command{Use: "exit-codes", Short: "The exit codes and what they mean", Long: exitCodesHelp}
}

// markErrors marks what a command returns as an error of the command, so that
// every other error is known to be wrong usage.
func markErrors(c *cobra.Command) {
	if f := c.RunE; f != nil {
		c.RunE = func(cmd *cobra.Command, args []string) error {
			if err := f(cmd, args); err != nil {
				return ran{err}
			}
			return nil
		}
	}
	if c.HasSubCommands() && c.RunE == nil {
		c.RunE = func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return fmt.Errorf("unknown command %q for %q", args[0], cmd.CommandPath())
			}
			return cmd.Help()
		}
	}
	for _, sub := range c.Commands() {
		markErrors(sub)
	}
}
