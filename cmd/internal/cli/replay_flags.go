package cli

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"holdtrue/datasets"
	"holdtrue/eval"
	"holdtrue/eval/agent"
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
	stop        *stopping // what --stop-early compares with; nil asks every case
	goOn        string    // the command that goes on with what was interrupted
}

func (f *replayFlags) bind(c *cobra.Command) {
	fl := c.Flags()
	fl.IntVar(&f.repeat, "repeat", 0, "ask every case `N` times (default: once; a recording: as often as it holds)")
	fl.IntVar(&f.concurrency, "concurrency", 0, "calls at the same time, `N` (default: the number of processors)")
	fl.DurationVar(&f.timeout, "timeout", 0, "per call, for example 30s (default: the agent's own, or 1m0s)")
	fl.StringArrayVar(&f.only, "only", nil, "only cases with this tag, `TAG=VALUE`; repeat to widen (same tag) or narrow (other tag)")
	fl.IntVar(&f.limit, "limit", 0, "only the first `N` cases")
	fl.BoolVar(&f.resume, "resume", false, "go on with the interrupted run of the same agent; no answered case is asked again")
}

// maxRepeat is how often a case may be asked: far more than a test can use.
const maxRepeat = 10_000

// check refuses what cannot be meant. A number that was not given is 0.
func (f *replayFlags) check(c *cobra.Command) error {
	wrong := func(name string, n int) bool { return n < 0 || n == 0 && c.Flags().Changed(name) }
	switch {
	case wrong("repeat", f.repeat) || f.repeat > maxRepeat:
		return usage("", "--repeat is %d; it counts answers to each case, from 1 to %d", f.repeat, maxRepeat)
	case wrong("concurrency", f.concurrency):
		return usage("", "--concurrency is %d; it counts calls at the same time, from 1", f.concurrency)
	case wrong("limit", f.limit):
		return usage("", "--limit is %d; it counts cases, from 1", f.limit)
	case f.timeout < 0:
		return usage("", "--timeout is %s; it is a time such as 30s", f.timeout)
	}
	return nil
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
