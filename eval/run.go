package eval

import "time"

// RunStatus says how far a run came.
type RunStatus string

const (
	Running  RunStatus = "running"  // started; interrupted if nobody works on it
	Complete RunStatus = "complete" // every planned output is there
)

// Run is one stored evaluation of one agent version over one suite.
type Run struct {
	ID        string `json:"id"`
	Suite     string `json:"suite"`
	SuiteHash string `json:"suite_hash"`
	Agent     string `json:"agent"`
	// Version of the agent; "" means the suite does not say.
	Version string `json:"version,omitzero"`
	// Kind of the agent: "recording", "command", "run".
	Kind     string    `json:"kind"`
	Started  time.Time `json:"started"`
	Finished time.Time `json:"finished,omitzero"`
	Status   RunStatus `json:"status"`
	// Cases and Repeats are what was planned: Cases*Repeats outputs.
	Cases   int `json:"cases"`
	Repeats int `json:"repeats"`
	// Seed of whatever the run draws at random.
	Seed uint64 `json:"seed"`
	// Selection is what --only and --limit left of the suite, "" for all of it.
	Selection string            `json:"selection,omitzero"`
	Metrics   []Metric          `json:"metrics"`
	Lineage   map[string]string `json:"lineage,omitempty"`
	// StopEarly, if set, says that the run may end before all cases are asked.
	StopEarly *StopEarly `json:"stop_early,omitzero"`
}

// Name is how people speak of the version that ran: agent@version, or agent.
func (r *Run) Name() string {
	if r.Version == "" {
		return r.Agent
	}
	return r.Agent + "@" + r.Version
}

// Answers identifies the answers of the run: those that it gave itself, or the
// recording or run that it replayed. Runs with the same hold copies, not
// evidence of their own.
func (r *Run) Answers() string {
	if digest := r.Lineage["recording"]; digest != "" {
		return digest
	}
	return "run:" + r.ID
}

// Planned is the number of outputs of a complete run.
func (r *Run) Planned() int { return r.Cases * r.Repeats }

// Metric finds a metric of the run by name.
func (r *Run) Metric(name string) (Metric, bool) {
	for _, m := range r.Metrics {
		if m.Name == name {
			return m, true
		}
	}
	return Metric{}, false
}

// Result is an output with its scores, in the order of the run's metrics;
// metrics that do not apply to the case are left out.
type Result struct {
	Output Output
	Scores []Score
}

// Row is what a comparison needs of a result: no text, only numbers and
// identities.
type Row struct {
	CaseID   string
	CaseHash string
	Tags     map[string][]string
	Repeat   int
	Failed   bool // the call failed
	Blank    bool // the answer's text is empty or blanks only
	// Text stands for the output's text: rows of one store that have the same
	// text have the same Text, and no others.
	Text uint64
	// Response and Cached tell copies of an answer from answers of their own:
	// see Output.
	Response string
	Cached   bool
	Scores   []RowScore
}

// RowScore is a score without its reason. Metric indexes Run.Metrics.
type RowScore struct {
	Metric int
	Status Status
	Value  float64
}
