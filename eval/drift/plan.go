package drift

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"holdtrue/eval"
	"holdtrue/eval/stats"
)

// PlanOptions are what is wanted of a run that is still to be made. The zero
// value of a field takes its default.
type PlanOptions struct {
	Alpha float64 `json:"alpha"` // two-sided, for the whole report; default 0.05
	Power float64 `json:"power"` // default 0.8
	// Margin is the loss in score points that is to be ruled out, of every metric;
	// nil takes each metric's own, or Standard, unless only Detect is asked for.
	Margin   *float64 `json:"margin,omitzero"`
	Standard *float64 `json:"standard_margin"` // default 0.05; 0 can never be held, and asks for nothing
	// Detect is the loss in score points that is to be seen, even or of single
	// cases; nil if none is asked for.
	Detect *float64 `json:"detect,omitzero"`
	// Cases and Repeats are fixed where they are not 0.
	Cases   int      `json:"cases,omitzero"`
	Repeats int      `json:"repeats,omitzero"`
	Metrics []string `json:"metrics"` // only these; all that gate where empty
	Slices  []string `json:"slices"`  // tag keys
}

// PlanInput is what is known before a run.
type PlanInput struct {
	Suite  string
	Cases  int            // of the suite; 0 takes those of the run
	Slices map[string]int // cases by slice, such as "topic=tax"; of the run where nil
	// Metrics of the suite, which are all corrected for where no run tells them.
	Metrics int
	// Runs are complete runs of one agent version over the suite, the one that was
	// asked for first: their noise is that of the plan.
	Runs  []Input
	Calls CallCost
}

// CallCost is what one stored call took on average; nil where no output says so.
type CallCost struct {
	Calls        int      `json:"calls"` // that were looked at
	LatencyMS    *float64 `json:"latency_ms,omitzero"`
	CostUSD      *float64 `json:"cost_usd,omitzero"`
	InputTokens  *float64 `json:"input_tokens,omitzero"`
	OutputTokens *float64 `json:"output_tokens,omitzero"`
}

// believed leaves out a mean that no call can have taken.
func (c CallCost) believed() CallCost {
	for _, mean := range []**float64{&c.LatencyMS, &c.CostUSD, &c.InputTokens, &c.OutputTokens} {
		if *mean != nil && !eval.Measure.Has(**mean) {
			*mean = nil
		}
	}
	return c
}

// Plan is the finished model of what runs of a suite could show.
type Plan struct {
	Suite   string      `json:"suite"`
	Options PlanOptions `json:"options"`
	Cases   int         `json:"cases"`          // at hand
	Runs    []string    `json:"runs"`           // that the noise is from
	Agent   string      `json:"agent,omitzero"` // of these runs
	Calls   CallCost    `json:"calls"`
	// Provable is the margin within which the cases at hand can hold if not one of
	// them changes.
	Provable float64      `json:"provable_margin"`
	Metrics  []PlanMetric `json:"metrics"`
	Rows     []PlanRow    `json:"rows"`
	// Cheapest needs the fewest calls of all sizes that do what is wanted (the cases
	// at hand, if that takes up to a ninth more), AtHand of those with the cases at
	// hand; nil if there is none.
	Cheapest *PlanRow    `json:"cheapest,omitzero"`
	AtHand   *PlanRow    `json:"at_hand,omitzero"`
	Slices   []PlanSlice `json:"slices"`
	// Says are the sentences of the plan, the recommendation first; Notes say what
	// is unknown or was left out.
	Says  []string `json:"says"`
	Notes []string `json:"notes"`

	gating int     // metrics of the runs that take part in a verdict
	share  float64 // of the error rate that one test has; 0 if not known
}

// PlanMetric is what is known of the noise of a metric.
type PlanMetric struct {
	Metric eval.Metric `json:"metric"`
	Margin float64     `json:"margin"` // that is to be held
	Cases  int         `json:"cases"`  // with a score
	Mean   float64     `json:"mean"`
	// Within is the variance of outputs about the mean of their case, Between that
	// of the difference of two runs of one version beyond it.
	Within  float64 `json:"within"`
	Between float64 `json:"between"`
	Noise   Noise   `json:"noise"` // where they are from

	samples [][]float64 // scores by case, higher is better; nil where noise is not known
	yesNo   bool
	share   float64 // of the cases that have a score
}

// Noise says how the noise of a metric is known.
type Noise string

const (
	FromRepeats Noise = "repeats"            // of stored runs
	FromRuns    Noise = "runs"               // of the same version, one repeat each
	NoiseBound  Noise = "unknown, the worst" // p(1-p) at the metric's mean, or at 1/2
)

// PlanRow is a size of run: what two such runs of an unchanged or worse version
// would show, of the metric that shows least.
type PlanRow struct {
	Cases   int `json:"cases"`
	Repeats int `json:"repeats"`
	Calls   int `json:"calls"` // of one version
	// Even and Losses are the smallest losses seen with the power that is asked for,
	// Margin the smallest within which an unchanged version holds with that power; 1
	// and more is left out.
	Even         *float64 `json:"even,omitzero"`
	Losses       *float64 `json:"losses,omitzero"`
	Margin       *float64 `json:"margin,omitzero"`
	EvenMetric   string   `json:"even_metric,omitzero"`
	LossesMetric string   `json:"losses_metric,omitzero"`
	MarginMetric string   `json:"margin_metric,omitzero"`
	CostUSD      *float64 `json:"cost_usd,omitzero"`
	Seconds      *float64 `json:"seconds,omitzero"` // one call after the other
	Meets        bool     `json:"meets"`            // all that is wanted
}

// PlanSlice is what a slice can hold.
type PlanSlice struct {
	Slice  string  `json:"slice"`
	Cases  int     `json:"cases"`
	Margin float64 `json:"provable_margin"` // if not one case changes
	Wanted float64 `json:"wanted_margin"`
	// Needs is how many unchanged cases the wanted margin takes, 0 where it is at
	// hand.
	Needs int `json:"needs,omitzero"`
}

// WithDefaults fills in the zero fields and refuses what cannot be meant.
func (o PlanOptions) WithDefaults() (PlanOptions, error) {
	for _, f := range []struct {
		v        *float64
		standard float64
	}{{&o.Alpha, defaultAlpha}, {&o.Power, power}} {
		if *f.v == 0 {
			*f.v = f.standard
		}
	}
	if o.Standard == nil {
		margin := defaultMargin
		o.Standard = &margin
	}
	wrong := func(name string, v any, expected string) (PlanOptions, error) {
		return o, &eval.InputError{Msg: fmt.Sprintf("%s is %v; expected %s", name, v, expected)}
	}
	switch {
	case !(o.Alpha > 0 && o.Alpha < 0.5):
		return wrong("alpha", o.Alpha, "a level between 0 and 0.5, such as 0.05")
	case !(o.Power >= 0.5 && o.Power < 1):
		return wrong("power", o.Power, "a chance from 0.5 to below 1, such as 0.8")
	case o.Margin != nil && !(*o.Margin > 0 && *o.Margin <= 1):
		return wrong("margin", *o.Margin, "a loss in score points above 0 and up to 1, such as 0.05: a margin of 0 can never be proven")
	case !(*o.Standard >= 0 && *o.Standard <= 1):
		return wrong("standard margin", *o.Standard, "a loss in score points between 0 and 1, such as 0.05")
	case o.Detect != nil && !(*o.Detect > 0 && *o.Detect <= 1):
		return wrong("detect", *o.Detect, "a loss in score points above 0 and up to 1, such as 0.02")
	case o.Cases < 0 || o.Cases > mostPlanned:
		return wrong("cases", o.Cases, fmt.Sprintf("a number of cases from 1 to %d", mostPlanned))
	case o.Repeats < 0 || o.Repeats > mostRepeats:
		return wrong("repeats", o.Repeats, fmt.Sprintf("a number of repeats from 1 to %d", mostRepeats))
	}
	return o, nil
}

// mostPlanned is the number of cases beyond which nothing is planned.
const mostPlanned = 1_000_000

// MakePlan says what runs of a suite could show, by number of cases and repeats,
// and which size is the cheapest for what is wanted. Errors are bad options, names
// of metrics that no run has, unreadable rows and the end of the context. A plan
// without rows has nothing to say but why.
func MakePlan(ctx context.Context, in PlanInput, opts PlanOptions) (*Plan, error) {
	opts, err := opts.WithDefaults()
	if err != nil {
		return nil, err
	}
	p := &Plan{Suite: in.Suite, Options: opts, Cases: in.Cases, Calls: in.Calls.believed()}
	tables := make([]*table, 0, len(in.Runs))
	for _, r := range in.Runs {
		t, err := read(ctx, r, opts.Slices, defaultMaxFailed)
		if err != nil {
			return nil, err
		}
		tables = append(tables, t)
		p.Runs, p.Agent = append(p.Runs, r.Run.ID), in.Runs[0].Run.Name()
	}
	if p.Cases == 0 && len(tables) > 0 {
		p.Cases = len(tables[0].cases)
	}
	if err := p.learn(tables); err != nil {
		return nil, err
	}
	switch {
	case p.Cases == 0:
		p.Says = append(p.Says, "nothing can be said: there is no case")
		return p, nil
	case len(p.Metrics) == 0:
		p.Says = append(p.Says, "nothing can be said: no gating metric has scores from 0 to 1")
		return p, nil
	}
	p.Provable = stats.ProvableMargin(p.Cases, holdsAt)
	p.addSlices(in.Slices, tables)
	s := newSizes(p, in.Metrics)
	if err := s.fill(ctx); err != nil {
		return nil, err
	}
	p.words()
	return p, nil
}

// wanted is the margin of all metrics together.
func (p *Plan) wanted() float64 {
	if p.Options.Margin != nil {
		return *p.Options.Margin
	}
	return *p.Options.Standard
}

// holds says whether a size has to bring an unchanged version within the metric's
// margin: not where only losses are asked for, nor for a margin of 0.
func (p *Plan) holds(m *PlanMetric) bool {
	return m.Margin > 0 && (p.Options.Margin != nil || p.Options.Detect == nil)
}

// idle says that nothing is wanted: no loss to see, and no margin that can be held.
func (p *Plan) idle() bool {
	return p.Options.Detect == nil && !slices.ContainsFunc(p.Metrics, func(m PlanMetric) bool { return p.holds(&m) })
}

// addSlices counts the cases of the slices and what they can hold, the smallest
// first.
func (p *Plan) addSlices(sizes map[string]int, tables []*table) {
	if sizes == nil && len(tables) > 0 {
		sizes = map[string]int{}
		for i := range tables[0].cases {
			for _, s := range tables[0].cases[i].slices {
				sizes[s]++
			}
		}
	}
	for name, n := range sizes {
		s := PlanSlice{Slice: name, Cases: n, Margin: stats.ProvableMargin(n, holdsAt), Wanted: p.wanted()}
		if s.Margin > s.Wanted {
			s.Needs = stats.CasesToHold(s.Wanted, 0, holdsAt, p.Options.Power)
		}
		p.Slices = append(p.Slices, s)
	}
	slices.SortFunc(p.Slices, func(a, b PlanSlice) int {
		return cmp.Or(cmp.Compare(a.Cases, b.Cases), strings.Compare(a.Slice, b.Slice))
	})
}
