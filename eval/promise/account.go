package promise

import (
	"time"

	"holdtrue/eval"
)

// State is the word for how a promise stands.
type State string

const (
	Kept     State = "kept"     // within its budget, over enough runs
	Broken   State = "broken"   // the budget is overspent, or a critical promise was violated
	Unproven State = "unproven" // too few days of its window have a run
)

// Account is the finished account of one promise. Counts are of answers: every
// scored output of the promise's slice in a run of its window is one.
type Account struct {
	Promise eval.PromiseSpec `json:"promise"`
	State   State            `json:"state"`
	Reason  string           `json:"reason"`

	From time.Time `json:"from"` // first day of the window, UTC midnight
	To   time.Time `json:"to"`   // its last day
	// Runs in the window, the Days of it that have one, and how many days it
	// takes for a promise to be proven.
	Runs   int `json:"runs"`
	Days   int `json:"days"`
	Needed int `json:"days_needed"`

	Answers    int `json:"answers"`
	Violations int `json:"violations"`
	// Unscored are answers of the slice without a score: failed calls and what
	// the scorer could not judge. They spend nothing, and prove nothing.
	Unscored int `json:"unscored"`
	// Rate of answers that kept the promise; nil without answers.
	Rate *float64 `json:"rate,omitzero"`

	// Budget is what may be violated in a whole window: (1-objective) x answers a
	// day x days. Left is Budget less Violations, negative if overspent.
	Budget float64 `json:"budget"`
	Left   float64 `json:"left"`
	// Burns are the alerts on how fast the budget is spent.
	Burns []Burn `json:"burns"`
	// RunsOut is the day on which the budget ends if it is spent as over the last
	// seven days with a run; nil if it is not, or is gone.
	RunsOut *time.Time `json:"runs_out,omitzero"`

	// Spenders are the cases that spent the budget, most first, at most 20 of
	// SpendersTotal.
	Spenders      []Spender `json:"spenders,omitempty"`
	SpendersTotal int       `json:"spenders_total"`
	// Latest is the newest run of the window.
	Latest *Latest `json:"latest,omitzero"`
}

// Burn is one alert: over the days with a run, the newest last, the share of
// violations beside what the objective allows. 1 spends the budget in exactly
// one window.
type Burn struct {
	Severity  string  `json:"severity"` // "page" or "ticket"
	Long      int     `json:"long"`     // days
	Short     int     `json:"short"`
	Threshold float64 `json:"threshold"`
	LongBurn  float64 `json:"long_burn"`
	ShortBurn float64 `json:"short_burn"`
	Firing    bool    `json:"firing"`
}

// Spender is a case and how often it violated the promise in the window.
type Spender struct {
	CaseID     string `json:"case"`
	Violations int    `json:"violations"`
	Answers    int    `json:"answers"`
	LastRun    string `json:"last_run"` // that violated it
}

// Latest is what one run did to a promise.
type Latest struct {
	RunID      string   `json:"run"`
	Answers    int      `json:"answers"`
	Violations int      `json:"violations"`
	Cases      []string `json:"cases,omitempty"` // that violated it, at most 20
}
