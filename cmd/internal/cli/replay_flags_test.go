package cli

import (
	"testing"

	"github.com/spf13/cobra"
)

// TestAgain: the command that goes on is the one that was called, with every
// flag that it was given, and --resume once.
func TestAgain(t *testing.T) {
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"v 1", "v2", "--only", "a=b", "--only", "c=$d", "--limit=3"}, "swap 'v 1' v2 --limit 3 --only a=b --only 'c=$d' --resume"},
		{[]string{"x", "y", "--resume", "--max-cost", "1.25", "--max-calls", "7", "--run-timeout", "90m"}, "swap x y --max-calls 14 --max-cost 2.5 --run-timeout 1h30m0s --resume"},
		{[]string{"x", "y", "--slices", "topic,language", "--force"}, "swap x y --force --slices topic --slices language --resume"},
	} {
		var f replayFlags
		var cf compareFlags
		got := ""
		cmd := &cobra.Command{Use: "swap", RunE: func(cmd *cobra.Command, args []string) error {
			if err := f.check(cmd, args); err != nil {
				return err
			}
			got = f.again(f.larger())
			return nil
		}}
		f.bind(cmd)
		cf.bind(cmd)
		cmd.SetArgs(c.args)
		if err := cmd.Execute(); err != nil || got != c.want {
			t.Errorf("%q: %q (%v), want %q", c.args, got, err, c.want)
		}
	}
}
