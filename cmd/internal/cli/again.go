package cli

import (
	"encoding/csv"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"holdtrue/eval/drift"
)

// sameCommand is a command as it was called, with the flags that say which suite
// and store are meant, but for the flags that are left out.
func (a *app) sameCommand(cmd *cobra.Command, args []string, without ...string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s%s", a.prog, cmd.Name(), a.where())
	for _, arg := range args {
		b.WriteString(" " + shellWord(arg))
	}
	cmd.LocalNonPersistentFlags().VisitAll(func(flag *pflag.Flag) {
		if !flag.Changed || slices.Contains(without, flag.Name) {
			return
		}
		values := []string{flag.Value.String()}
		if many, ok := flag.Value.(pflag.SliceValue); ok {
			values = many.GetSlice()
		}
		for _, v := range values {
			switch {
			case flag.NoOptDefVal == v:
				fmt.Fprintf(&b, " --%s", flag.Name)
			case flag.NoOptDefVal != "": // a value of its own would be an argument
				fmt.Fprintf(&b, " --%s=%s", flag.Name, shellWord(v))
			default:
				fmt.Fprintf(&b, " --%s %s", flag.Name, shellWord(v))
			}
		}
	})
	return b.String()
}

// settings are the flags that make compare use the options where the suite by
// itself would not.
func (f *compareFlags) settings(used drift.Options) string {
	standard, err := f.standard.WithDefaults()
	if err != nil {
		return ""
	}
	var b strings.Builder
	flag := func(differs bool, name string, value any) {
		if differs {
			fmt.Fprintf(&b, " --%s %s", name, shellWord(fmt.Sprint(value)))
		}
	}
	flag(*used.Margin != *standard.Margin, "margin", *used.Margin)
	flag(used.Alpha != standard.Alpha, "alpha", used.Alpha)
	flag(!slices.Equal(used.Slices, standard.Slices), "slices", listFlag(used.Slices))
	flag(used.Draws != standard.Draws, "draws", used.Draws)
	if f.pooling {
		fmt.Fprintf(&b, " --pool %d", f.pool)
	}
	if used.Force {
		b.WriteString(" --force")
	}
	return b.String()
}

// listFlag writes values as a flag that takes a list reads them: as CSV.
func listFlag(values []string) string {
	var b strings.Builder
	w := csv.NewWriter(&b)
	must(w.Write(values)) // to memory
	w.Flush()
	return strings.TrimSuffix(b.String(), "\n")
}

// again is a command over the two runs of a comparison.
func (a *app) again(command string, c *drift.Comparison) string {
	return fmt.Sprintf("%s %s%s %s %s", a.prog, command, a.where(), c.Baseline.Run.ID, c.Candidate.Run.ID)
}

// where repeats the flags that say which suite and store are meant.
func (a *app) where() string {
	var b strings.Builder
	if a.configFlag != "" {
		fmt.Fprintf(&b, " --config %s", shellWord(a.configFlag))
	}
	if a.storeFlag != "" {
		fmt.Fprintf(&b, " --store %s", shellWord(a.storeFlag))
	}
	return b.String()
}

// shellWord quotes a word for a POSIX shell where it needs quotes.
func shellWord(s string) string {
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-_./=@%+:,", r)
	}
	if s != "" && strings.TrimFunc(s, plain) == "" {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

// nextCommands are commands worth trying after a report. Report knows the settings
// of a comparison that was recorded; else compare has to be told them.
func (a *app) nextCommands(c *drift.Comparison, f *compareFlags, settings string) []string {
	var commands []string
	cand := c.Candidate.Run
	if len(c.Symptoms) > 0 {
		commands = append(commands, a.again("explain", c))
	}
	if len(c.Worse) > 0 {
		commands = append(commands, fmt.Sprintf("%s show%s %s %s", a.prog, a.where(), cand.ID, shellWord(c.Worse[0].CaseID)))
	}
	report := a.again("report", c)
	if f.unrecorded {
		report = a.again("compare", c) + settings
	}
	commands = append(commands, report+" --format markdown -o report.md")
	if v := c.Verdict; (v == drift.Holds || v == drift.Improved) && !cand.Stopped() {
		commands = append(commands, fmt.Sprintf("%s baseline set%s %s", a.prog, a.where(), cand.ID))
	}
	return commands
}
