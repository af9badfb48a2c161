package eval

// Severity says what breaks a promise.
type Severity string

const (
	Standard Severity = "standard" // more answers than its budget allows
	Critical Severity = "critical" // a single answer
)

// PromiseSpec is a quality objective for a slice and a metric over a window of
// calendar days, as a suite names it. An answer keeps the promise if its score
// is good enough.
type PromiseSpec struct {
	Name   string `json:"name"`
	Metric string `json:"metric"`
	// Slice is "key=value", the cases with that tag; "" is all cases.
	Slice string `json:"slice,omitzero"`
	// Objective is the share of answers that keep it, in (0,1].
	Objective float64 `json:"objective"`
	// Days is the window, in calendar days of the runs' start times, UTC.
	Days     int      `json:"days"`
	Severity Severity `json:"severity"`
	// Limit is the score from which on an answer is good enough: at least it
	// where higher is better, at most it where lower is. Nil takes the best
	// score, 1 or 0, which a measure does not have.
	Limit *float64 `json:"limit,omitzero"`
	Pos   Pos      `json:"-"`
}
