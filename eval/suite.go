package eval

import (
	"encoding/json"
	"time"
)

// Suite is a named golden set with its metrics and agents, as its file
// (holdtrue.yaml) describes it. The cases themselves are streamed.
type Suite struct {
	Name string
	// File is the suite's file; Dir is its folder, against which every relative
	// path in it is read.
	File string
	Dir  string
	// Cases are the files with the cases, patterns resolved, sorted.
	Cases   []string
	Agents  []AgentSpec // in the order of the file
	Metrics []MetricSpec
	// WithoutMeasures says that runs have the metrics above and nothing else: no
	// standard measures, by which a change of behaviour is told.
	WithoutMeasures bool
	Compare         CompareSpec
	Promises        []PromiseSpec
	// Redact names the kinds of secrets and personal data that are not stored;
	// "all" stands for every kind.
	Redact    []string
	RedactPos Pos
	// StoreMax is how large the run database may become, in bytes, before runs
	// warn of it; 0 is no bound.
	StoreMax int64
}

// Agent finds an agent of the suite by name.
func (s *Suite) Agent(name string) (AgentSpec, bool) {
	for _, a := range s.Agents {
		if a.Name == name {
			return a, true
		}
	}
	return AgentSpec{}, false
}

// AgentSpec is an agent as a suite names it. Args is the value under the kind's
// key, as JSON: for a recording a string, for a command a list of strings or an
// object.
type AgentSpec struct {
	Name    string
	Kind    string
	Version string // environment variables replaced
	Args    json.RawMessage
	Timeout time.Duration // per case; 0 takes the default
	Lineage map[string]string
	Pos     Pos
}

// CompareSpec is how a suite wants its runs compared. Zero fields take the
// defaults.
type CompareSpec struct {
	Baseline string
	// Margin is the loss, in score points of [0,1], that the team tolerates.
	Margin *float64
	Alpha  float64
	// Slices are the tag keys whose values become slices.
	Slices []string
	// Pool is how many earlier runs of the baseline's version are pooled with it,
	// at most; nil takes the default.
	Pool *int
	// Inconclusive is "fail" (exit 3, the default), "warn" (same) or "pass".
	Inconclusive string
}
