package cli

import "github.com/spf13/cobra"

func (a *app) feedbackCommand() *cobra.Command { return &cobra.Command{Use: "feedback"} }
