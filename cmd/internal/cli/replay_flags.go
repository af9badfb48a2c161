package cli

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"holdtrue/datasets"
	"holdtrue/eval"
	"holdtrue/eval/agent"
	"holdtrue/eval/replay"

	"github.com/spf13/pflag"
)

// replayFlags are the flags of every command that asks agents.
type replayFlags struct {
	repeat      int
	concurrency int
	timeout     time.Duration
	only        []string
	limit       int
	resume      bool
	stopEarly   bool
	maxCost     float64
	maxCalls    int
	runTimeout  time.Duration
	stop        *stopping // what --stop-early compares with; nil asks every case

	goOn string         // the command that goes on, where it is not the same with --resume
	cmd  *cobra.Command // as it was called, to say how to go on
	args []string
	// stopped says that the budget ended the run before every case was asked.
	stopped bool
}

func (f *replayFlags) bind(c *cobra.Command) {
	fl := c.Flags()
	fl.IntVar(&f.repeat, "repeat", 0, "ask every case `N` times (default: once; a recording: as often as it holds)")
	fl.IntVar(&f.concurrency, "concurrency", 0, "calls at the same time, `N` (default: the number of processors)")
	fl.DurationVar(&f.timeout, "timeout", 0, "per call, for example 30s (default: the agent's own, or 1m0s)")
	fl.StringArrayVar(&f.only, "only", nil, "only cases with this tag, `TAG=VALUE`; repeat to widen (same tag) or narrow (other tag)")
	fl.IntVar(&f.limit, "limit", 0, "only the first `N` cases")
	fl.BoolVar(&f.resume, "resume", false, "go on with the interrupted run of the same agent; no answered case is asked again")
	fl.Float64Var(&f.maxCost, "max-cost", 0, "begin no call that would bring the cost of the run's answers above `USD`")
	fl.IntVar(&f.maxCalls, "max-calls", 0, "ask for at most `N` answers in the whole run, those before a --resume included")
	fl.DurationVar(&f.runTimeout, "run-timeout", 0, "begin no call after this time, for example 2h")
}

// budgetDoc explains the budgets in the long help of a command.
const budgetDoc = `

A run that has used up --max-cost, --max-calls or --run-timeout ends the calls
that are under way, stores them and stops. It is incomplete, so nothing is
measured by it (exit 3), and --resume goes on. Cost and calls are counted over
the whole run (of a swap, over its runs together), those before a --resume
included; replaying a recording costs nothing. Ctrl-C stops a run in the same
way (exit 130); a second one does not wait for the calls under way.`

// maxRepeat is how often a case may be asked: far more than a test can use.
const maxRepeat = 10_000

// check refuses what cannot be meant. A number that was not given is 0.
func (f *replayFlags) check(c *cobra.Command, args []string) error {
	f.cmd, f.args = c, args
	set := c.Flags().Changed
	wrong := func(name string, n int) bool { return n < 0 || n == 0 && set(name) }
	switch {
	case wrong("repeat", f.repeat) || f.repeat > maxRepeat:
		return usage("", "--repeat is %d; it counts answers to each case, from 1 to %d", f.repeat, maxRepeat)
	case wrong("concurrency", f.concurrency):
		return usage("", "--concurrency is %d; it counts calls at the same time, from 1", f.concurrency)
	case wrong("limit", f.limit):
		return usage("", "--limit is %d; it counts cases, from 1", f.limit)
	case f.timeout < 0:
		return usage("", "--timeout is %s; it is a time such as 30s", f.timeout)
	case set("max-cost") && !(f.maxCost > 0 && !math.IsInf(f.maxCost, 0)):
		return usage("", "--max-cost is %v; it is a sum of US dollars above 0, such as 2.50", f.maxCost)
	case set("max-calls") && f.maxCalls < 1:
		return usage("", "--max-calls is %d; it counts answers asked for, from 1", f.maxCalls)
	case set("run-timeout") && f.runTimeout <= 0:
		return usage("", "--run-timeout is %s; it is a time such as 2h", f.runTimeout)
	}
	return nil
}

func (f *replayFlags) budget(before replay.Cost) replay.Budget {
	return replay.Budget{CostUSD: f.maxCost, Calls: f.maxCalls, Time: f.runTimeout, Before: before}
}

func (f *replayFlags) selection() datasets.Selection {
	return datasets.Selection{Only: f.only, Limit: f.limit}
}

// describe is the selection as a run stores it.
func (f *replayFlags) describe() string {
	parts := slices.Clone(f.only)
	if f.limit > 0 {
		parts = append(parts, fmt.Sprintf("first %d", f.limit))
	}
	return strings.Join(parts, ", ")
}

// checkRecordings refuses to ask a recording more often than it can answer.
func checkRecordings(specs []eval.AgentSpec, agents []agent.Agent, repeat int) error {
	for i, ag := range agents {
		info := ag.Info()
		if holds := max(1, info.Repeats); info.Recorded && repeat > holds {
			hint := "leave --repeat out: a recording is asked as often as it holds"
			if len(agents) > 1 {
				hint = "run the agents one by one, then compare the runs"
			}
			return &eval.InputError{Pos: specs[i].Pos, Hint: hint,
				Msg: fmt.Sprintf("--repeat is %d, and the recording of agent %s holds at most %s to a case", repeat, specs[i].Name, counted(holds, "answer"))}
		}
	}
	return nil
}

// counted is a number of things in words.
func counted(n int, noun string) string {
	if n != 1 {
		noun += "s"
	}
	return fmt.Sprintf("%d %s", n, noun)
}

// again is the command that goes on with what this one began: the same flags and
// --resume. more stands for what other flags are to be.
func (f *replayFlags) again(more map[string]string) string {
	if f.goOn != "" {
		return f.goOn
	}
	words := []string{f.cmd.Name()}
	for _, arg := range f.args {
		words = append(words, shellWord(arg))
	}
	f.cmd.Flags().Visit(func(fl *pflag.Flag) {
		values := []string{fl.Value.String()}
		if list, ok := fl.Value.(pflag.SliceValue); ok {
			values = list.GetSlice()
		}
		if v, ok := more[fl.Name]; ok {
			values = []string{v}
		}
		switch {
		case fl.Name == "resume":
		case fl.Value.Type() == "bool":
			words = append(words, "--"+fl.Name)
		default:
			for _, v := range values {
				words = append(words, "--"+fl.Name+" "+shellWord(v))
			}
		}
	})
	return strings.Join(append(words, "--resume"), " ")
}

// larger are the budgets that a run was given, twice as large.
func (f *replayFlags) larger() map[string]string {
	return map[string]string{"max-cost": fmt.Sprint(2 * f.maxCost), "max-calls": fmt.Sprint(2 * f.maxCalls)}
}
