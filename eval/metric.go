package eval

import (
	"encoding/json"
	"fmt"
)

// Scale says what kind of number a score is.
type Scale string

const (
	Binary  Scale = "binary"  // 0 or 1
	Unit    Scale = "unit"    // in [0,1]
	Measure Scale = "measure" // a quantity with a unit, in [0,LargestMeasure]
)

// LargestMeasure is far beyond any quantity, and its square still finite.
const LargestMeasure = 1e100

// Has reports whether a value lies on the scale. NaN and the infinities lie on
// none.
func (s Scale) Has(v float64) bool {
	switch s {
	case Binary:
		return v == 0 || v == 1
	case Unit:
		return v >= 0 && v <= 1
	default:
		return v >= 0 && v <= LargestMeasure
	}
}

// Better says which way a score should go.
type Better string

const (
	Higher  Better = "higher"
	Lower   Better = "lower"
	Neither Better = "neither" // a change is worth telling, but is not better or worse
)

// MetricSpec is a metric as somebody wrote it, in a suite or in a case: a
// scorer with arguments, and how it takes part in the verdict.
type MetricSpec struct {
	Scorer string          `json:"scorer"`
	Name   string          `json:"name,omitzero"` // the scorer's name where empty
	Args   json.RawMessage `json:"args,omitzero"` // an object; the scorer's own arguments only
	// Margin is the loss, in points of the score's own scale, that the team
	// tolerates; nil takes the comparison's.
	Margin *float64 `json:"margin,omitzero"`
	// Gate says whether the metric can make a run regress; nil means yes for a
	// scored metric and no for one that is neither better nor worse.
	Gate *bool `json:"gate,omitzero"`
	Pos  Pos   `json:"-"`
}

// Label is the name of the metric in reports: Name, or the scorer's.
func (m MetricSpec) Label() string {
	if m.Name != "" {
		return m.Name
	}
	return m.Scorer
}

// Metric is a configured scorer as a run stores it. Two runs can be compared on
// a metric only if name, scorer, version and arguments agree.
type Metric struct {
	Name    string          `json:"name"`
	Scorer  string          `json:"scorer"`
	Version string          `json:"version"`
	Args    json.RawMessage `json:"args,omitzero"` // effective and canonical; empty where every case brings its own
	Scale   Scale           `json:"scale"`
	Unit    string          `json:"unit,omitzero"` // of a measure: "characters", "ms"
	Better  Better          `json:"better"`
	Gate    bool            `json:"gate"`
	Margin  *float64        `json:"margin,omitzero"`
	// Survey identifies what the scorer learnt from the whole suite; empty for
	// one that looks at single cases only.
	Survey string `json:"survey,omitzero"`
	// PerCase says that the metric was configured by cases and not by the suite.
	PerCase bool `json:"per_case,omitzero"`
	// Standard says that nobody configured the metric: every run has it, to
	// tell a change of behaviour that no expected answer shows.
	Standard bool `json:"standard,omitzero"`
}

// Same reports whether scores of the two metrics may be compared, and if not,
// what differs.
func (m Metric) Same(o Metric) (ok bool, difference string) {
	switch {
	case m.Name != o.Name:
		return false, fmt.Sprintf("name %s and %s", m.Name, o.Name)
	case m.Scorer != o.Scorer:
		return false, fmt.Sprintf("scorer %s and %s", m.Scorer, o.Scorer)
	case m.Version != o.Version:
		return false, fmt.Sprintf("version %s and %s", m.Version, o.Version)
	case string(m.Args) != string(o.Args):
		return false, fmt.Sprintf("arguments %s and %s", argText(m.Args), argText(o.Args))
	case m.Survey != o.Survey:
		return false, "what the scorer learnt from the whole suite, whose cases differ"
	}
	return true, ""
}

func argText(raw json.RawMessage) string {
	if len(raw) == 0 {
		return "{}"
	}
	return string(raw)
}

// Status says whether a score has a value, and if not, why.
type Status string

const (
	Scored  Status = "scored"  // there is a value
	Skipped Status = "skipped" // the metric does not apply to this case
	Missing Status = "missing" // there was no answer to judge
	Failed  Status = "failed"  // the scorer could not judge; Reason says why
)

// Span is a piece of evidence: a part of the output (or of an expected answer)
// and what it shows. Start and End are byte offsets into the text named by In.
type Span struct {
	In    string `json:"in,omitzero"` // "output" where empty; else "expected"
	Start int    `json:"start"`
	End   int    `json:"end"`
	Note  string `json:"note,omitzero"`
}

// Score is one value of a metric. Value means something only if Status is
// Scored; it is then finite and, for a binary or unit scale, in [0,1].
type Score struct {
	Metric   string  `json:"metric"`
	Status   Status  `json:"status"`
	Value    float64 `json:"value"`
	Reason   string  `json:"reason,omitzero"`
	Evidence []Span  `json:"evidence,omitempty"`
}

// Value gives a scored Score.
func Value(v float64, reason string, evidence ...Span) Score {
	return Score{Status: Scored, Value: v, Reason: reason, Evidence: evidence}
}

// Pass gives 1 for true and 0 for false.
func Pass(ok bool, reason string, evidence ...Span) Score {
	if ok {
		return Value(1, reason, evidence...)
	}
	return Value(0, reason, evidence...)
}

// Skip says that the metric does not apply to the case.
func Skip(reason string) Score { return Score{Status: Skipped, Reason: reason} }

// Fail says that the scorer could not judge the output.
func Fail(reason string) Score { return Score{Status: Failed, Reason: reason} }
