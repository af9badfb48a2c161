package drift

import (
	"context"
	"fmt"

	"holdtrue/eval"
)

// Fetch reads one stored case and result, for the few cases a report shows.
type Fetch func(ctx context.Context, runID, caseID string, repeat int) (eval.Case, eval.Result, error)

const (
	defaultAlpha      = 0.05
	defaultMargin     = 0.05
	defaultDraws      = 9999
	defaultMaxCases   = 20
	defaultMaxFailed  = 0.10
	defaultMaxLost    = 0.20
	defaultConfidence = 0.95
)

// WithDefaults fills in the zero fields and refuses what cannot be meant.
func (o Options) WithDefaults() (Options, error) {
	set := func(v *float64, standard float64) {
		if *v == 0 {
			*v = standard
		}
	}
	set(&o.Alpha, defaultAlpha)
	set(&o.MaxFailed, defaultMaxFailed)
	set(&o.MaxLost, defaultMaxLost)
	set(&o.Confidence, defaultConfidence)
	if o.Margin == nil {
		margin := defaultMargin
		o.Margin = &margin
	}
	if o.Draws == 0 {
		o.Draws = defaultDraws
	}
	if o.MaxCases == 0 {
		o.MaxCases = defaultMaxCases
	}
	wrong := func(name string, v float64, expected string) (Options, error) {
		return o, &eval.InputError{Msg: fmt.Sprintf("%s is %v; expected %s", name, v, expected)}
	}
	switch {
	case !(o.Alpha > 0 && o.Alpha < 0.5):
		return wrong("alpha", o.Alpha, "a level between 0 and 0.5, such as 0.05")
	case !(*o.Margin >= 0 && *o.Margin <= 1):
		return wrong("margin", *o.Margin, "a loss in score points between 0 and 1, such as 0.05")
	case !(o.MaxFailed > 0 && o.MaxFailed <= 1):
		return wrong("max_failed", o.MaxFailed, "a share above 0 and up to 1, such as 0.1")
	case !(o.MaxLost > 0 && o.MaxLost <= 1):
		return wrong("max_lost", o.MaxLost, "a share above 0 and up to 1, such as 0.2")
	case !(o.Confidence >= 0.5 && o.Confidence < 1):
		return wrong("confidence", o.Confidence, "a share from 0.5 to below 1, such as 0.95")
	case o.Draws < 99 || o.Draws > 1_000_000:
		return wrong("draws", float64(o.Draws), "99 to 1000000")
	case o.Month < 0:
		return wrong("month", float64(o.Month), "a number of comparisons, 0 or more")
	case o.MaxCases < 0:
		return wrong("max_cases", float64(o.MaxCases), "0 or more")
	}
	return o, nil
}

// Compare pairs two runs and finishes their Comparison.
//
// Rows are read once, first the baseline's. What cannot be measured (an
// incomplete run, no paired case, no metric in common, too many failed calls)
// is a verdict, not an error; errors are bad options, unreadable or
// contradictory rows, a failing fetch and the end of the context. fetch is
// called for at most opts.MaxCases cases, twice each; with nil their texts stay
// empty. Created is left to the caller: the result depends on the two runs and
// the options alone.
func Compare(ctx context.Context, base, cand Input, opts Options, fetch Fetch) (*Comparison, error) {
	opts, err := opts.WithDefaults()
	if err != nil {
		return nil, err
	}
	c := &Comparison{Baseline: Side{Run: base.Run}, Candidate: Side{Run: cand.Run}, Options: opts}
	if c.refuseIncomplete(); c.refused() {
		return c, nil
	}
	opts = opts.forFixedSample(&base.Run, &cand.Run)
	before, err := read(ctx, base, opts.Slices, opts.MaxFailed)
	if err != nil {
		return nil, err
	}
	after, err := read(ctx, cand, opts.Slices, opts.MaxFailed)
	if err != nil {
		return nil, err
	}
	c.Baseline, c.Candidate = before.side, after.side
	p, pairing := pair(before, after)
	c.Pairing = pairing
	c.setAsideUnasked(before, after)
	c.refuseBroken(p)
	c.refuseLost(before, after)
	c.refuseCopies(p)
	c.Warnings = append(c.Warnings, p.findSlices(opts.Slices)...)
	both, left, lost := matchMetrics(before, after)
	c.Left = left
	gating, others := p.measureAll(both)
	if a, b := p.leaveOutliers(before, gating), p.leaveOutliers(after, gating); a || b {
		gating, others = p.measureAll(both)
	}
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	c.Baseline, c.Candidate = before.side, after.side
	c.Seed = seed(before.digest, after.digest)
	c.tellHistory()
	c.Churn = p.churn(gating, c.Options.Alpha)
	levels := levelsFor(opts.Alpha, p.repeated() && len(gating) > 0)
	levels.holds = holdsConfidence(&base.Run, &cand.Run)
	c.Metrics, c.Draws = p.testFamily(gating, opts, levels, c.Seed)
	draws, err := c.compareBehaviour(ctx, p, others, base, cand, opts)
	if err != nil {
		return nil, err
	}
	c.Draws = max(c.Draws, draws)
	c.Errors = p.testErrors(opts)
	c.addWarnings(p, both)
	p.stopVerdicts(c, gating)
	c.conclude(lost, p.unscored(gating, opts.Alpha))
	p.rankCases(c, gating)
	c.Symptoms = p.symptoms(c, gating)
	c.advise()
	return c, c.fetchTexts(ctx, fetch)
}

// measureAll averages every metric within the cases: those that gate, and the
// others.
func (p *pairs) measureAll(both []matched) (gating, others []*measured) {
	for _, m := range both {
		x := p.measure(m.metric, m.base, m.cand)
		if gates(m.metric) {
			gating = append(gating, x)
		} else {
			others = append(others, x)
		}
	}
	return gating, others
}

// tellHistory says what stands behind the baseline, and how often its alarms are
// false.
func (c *Comparison) tellHistory() {
	c.Runs, c.Alarms = runNoise(&c.Baseline, &c.Candidate), alarmBudget(c.Options)
	c.Options.Earlier = nil
	for _, e := range c.Baseline.Earlier {
		c.Options.Earlier = append(c.Options.Earlier, e.ID)
	}
}

// levels are the two-sided levels of a family: of the sign flips, and of the
// within-case test, 0 where that does not run. A one-sided error takes half.
// holds is the one-sided confidence of "holds".
type levels struct{ average, within, holds float64 }

func levelsFor(alpha float64, within bool) levels {
	if within {
		return levels{alpha / 2, alpha / 2, holdsAt}
	}
	return levels{average: alpha, holds: holdsAt}
}

// repeated says whether the within-case test can see more than the sign flips:
// at least half of the paired cases have three outputs or more on the two sides
// together (Note: two against one suffices whichever side has the two, so that
// swapping the sides changes nothing; a single repeated case must not cost all
// metrics half of their level).
func (p *pairs) repeated() bool {
	n := 0
	for _, c := range p.cases {
		a, b := p.base.answered(c[0]), p.cand.answered(c[1])
		if a > 0 && b > 0 && a+b >= 3 {
			n++
		}
	}
	return n > 0 && 2*n >= len(p.cases)
}

func ratio(part, whole int) float64 {
	if whole == 0 {
		return 0
	}
	return float64(part) / float64(whole)
}
