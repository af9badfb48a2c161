package drift

import (
	"time"

	"holdtrue/eval"
)

// Trend is the finished model of an agent's history: every number and word that
// a report shows. Renderers only lay it out.
//
// Means are in the metric's own scale (a unit score has points of 1; reports
// multiply by 100). A run counts as a night, whenever it was.
type Trend struct {
	Suite   string    `json:"suite"`
	Agent   string    `json:"agent"`
	Created time.Time `json:"created,omitzero"`

	// Verdict is Regressed where an alarm stands or a slow rot is significant,
	// NotMeasured where a gating metric cannot be watched, Changed where a level
	// changed lately without either, else NoChangeSeen, which claims nothing.
	Verdict Verdict  `json:"verdict"`
	Reasons []string `json:"reasons"`
	Next    []string `json:"next"`

	Options TrendOptions `json:"options"`
	Family  TrendFamily  `json:"family"`
	// Restart is the newest pinned run: what is watched begins after it. Nil
	// where no run is pinned.
	Restart *TrendRestart `json:"restart"`

	Runs     []TrendRun `json:"runs"`     // that take part, oldest first
	Left     []LeftRun  `json:"left_out"` // that do not, oldest first
	Series   []Series   `json:"series"`   // by metric in the order of the newest run, overall first
	Ended    []Left     `json:"ended"`    // metrics that the newest run no longer has
	Warnings []string   `json:"warnings"`
}

// TrendOptions are what was asked of a trend. The zero value of a field takes
// its default, and a finished Trend holds the values that were used.
type TrendOptions struct {
	// Level is the share of quiet histories that raise any alarm, or any word of
	// rot, in Horizon runs; default 0.05.
	Level   float64 `json:"level"`
	Horizon int     `json:"horizon"` // runs; default 90
	// Metrics and Slices are what to look at; all where empty. What is looked at
	// shares the level.
	Metrics []string `json:"metrics"`
	Slices  []string `json:"slices"` // "key=value"
	Keys    []string `json:"keys"`   // tag keys whose values become slices
	// Since leaves out what started earlier.
	Since time.Time `json:"since,omitzero"`
	// MaxFailed is the share of failed calls above which a run is left out;
	// default 0.10.
	MaxFailed float64 `json:"max_failed"`
	// Confidence of the interval of a slope; default 0.95.
	Confidence float64 `json:"confidence"`
}

// TrendFamily says how the series that gate share the level.
type TrendFamily struct {
	Overall int `json:"overall"` // gating series over all cases
	Slices  int `json:"slices"`  // gating series over a slice
	// AlarmLevel is the part of the level that the alarms have, RotLevel the
	// rest.
	AlarmLevel float64 `json:"alarm_level"`
	RotLevel   float64 `json:"rot_level"`
	// Needs is the number of runs from which on the alarm of a series over all
	// cases sees anything.
	Needs int `json:"needs"`
}

// TrendRun is a run of a history.
type TrendRun struct {
	ID      string         `json:"id"`
	Name    string         `json:"name"` // agent@version
	Version string         `json:"version"`
	Commit  string         `json:"commit,omitzero"` // as the lineage has it
	Started time.Time      `json:"started"`
	Status  eval.RunStatus `json:"status"`
	Pins    []string       `json:"pins"`
	Cases   int            `json:"cases"`
	Repeats int            `json:"repeats"`
	Outputs int            `json:"outputs"` // stored
	Failed  int            `json:"failed"`  // calls that failed
}

// LeftRun is a run that takes no part, and why.
type LeftRun struct {
	TrendRun
	Reason string `json:"reason"`
}

// TrendRestart is where the watch began anew.
type TrendRestart struct {
	RunID string   `json:"run"`
	Pins  []string `json:"pins"`
	// After is the number of runs that take part up to the pinned one.
	After int `json:"after"`
}

// Series is one metric over all cases, or over those of one slice, run by run.
type Series struct {
	Metric eval.Metric `json:"metric"` // as in the newest run
	Slice  string      `json:"slice"`  // "" is overall
	Gating bool        `json:"gating"` // else a change is told, and no alarm raised

	Verdict Verdict `json:"verdict"`
	Reason  string  `json:"reason"`

	Points []Point `json:"points"`
	// Segments divide Points where they cannot be compared; only the last one is
	// searched for changes.
	Segments []Segment `json:"segments"`
	// Watched is the index of the first point that is watched: of the last
	// segment, after the pinned run; len(Points) where there is none yet.
	Watched int `json:"watched_from"`

	Changes []Change    `json:"changes"`
	Alarm   *TrendAlarm `json:"alarm"` // of a gating series
	Rot     *Rot        `json:"rot"`   // likewise
}

// Point is the score of one run: the mean over its cases, repeats averaged
// within their case.
type Point struct {
	Run    int     `json:"run"` // index in Trend.Runs
	Mean   float64 `json:"mean"`
	Cases  int     `json:"cases"`  // with a score
	Failed float64 `json:"failed"` // share of failed calls
}

// Segment is the points From to To-1, which can be compared, and why it is not
// one with the segment before ("" for the first).
type Segment struct {
	From   int    `json:"from"`
	To     int    `json:"to"`
	Reason string `json:"reason"`
}

// Change is a step in the level of a series.
type Change struct {
	Point  int     `json:"point"` // index in Series.Points of the first after it
	Run    string  `json:"run"`   // id, version and commit of that run
	Name   string  `json:"name"`
	Commit string  `json:"commit,omitzero"`
	Before float64 `json:"before"` // means from the change before to this one, and on to the next
	After  float64 `json:"after"`
	P      float64 `json:"p"`
	// Worse says that it went against the metric's direction, Lately that it lies
	// among the last Horizon runs and after the pinned one.
	Worse  bool `json:"worse"`
	Lately bool `json:"lately"`
}

// TrendAlarm is the nightly alarm of a series over its watched points.
type TrendAlarm struct {
	Runs int `json:"runs"` // that are watched
	// E is the evidence after each of those runs: under no change it exceeds
	// Threshold with at most the series' share of the level in every Horizon
	// runs, where it begins anew at 1.
	E         []float64 `json:"e"`
	Most      float64   `json:"most"` // largest of E
	Threshold float64   `json:"threshold"`
	SD        float64   `json:"sd"`    // standard deviation between the runs
	Floor     float64   `json:"floor"` // the smallest one that is believed
	// Sees is the smallest lasting loss that, from now on, would raise this alarm
	// within SeesWithin runs 4 times in 5, in the metric's scale; nil where that
	// was not asked: of slices, and where something was found.
	Sees       *float64 `json:"sees"`
	SeesWithin int      `json:"sees_within"`
	Standing   bool     `json:"standing"`
	At         *int     `json:"at"` // index in Points of the run that raised it
	// Since is the most likely first run of the lower level; nil where nothing
	// tells it.
	Since *Change `json:"since"`
}

// Rot is the monotone trend of a series over its watched points.
type Rot struct {
	Tau float64 `json:"tau"` // Kendall's, below 0 where the series falls
	P   float64 `json:"p"`   // of one look at one series
	// PAdjusted is one-sided, for the worse, and corrected for the gating series
	// and for a look after each of Horizon runs.
	PAdjusted   float64 `json:"p_adjusted"`
	Slope       float64 `json:"slope"` // a run
	Low         float64 `json:"low"`
	High        float64 `json:"high"`
	Significant bool    `json:"significant"` // PAdjusted is within the level of rot
	// Stepwise says that the changes found explain the series better than a
	// straight line does: it fell at once rather than slowly.
	Stepwise bool `json:"stepwise"`
}
