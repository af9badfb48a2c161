package cli

import (
	"github.com/spf13/cobra"

	"holdtrue/eval/store"
)

// completeAgents offers the agents of the suite.
func (a *app) completeAgents(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	suite, err := a.suiteToLook()
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	var names []string
	for _, spec := range suite.Agents {
		names = append(names, spec.Name)
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}

// completeRuns offers pinned names and the newest runs.
func (a *app) completeRuns(cmd *cobra.Command, _ []string, _ string) ([]string, cobra.ShellCompDirective) {
	ctx := cmd.Context()
	db, _, err := a.readStore(ctx)
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	defer db.Close()
	names := []string{"latest"}
	infos, err := db.Runs(ctx, store.Filter{Limit: 20})
	if err != nil {
		return nil, cobra.ShellCompDirectiveError
	}
	for _, info := range infos {
		names = append(names, info.Run.ID+"\t"+info.Run.Name())
		names = append(names, info.Pins...)
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}
