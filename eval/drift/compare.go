package drift

import (
	"context"
	"fmt"
	"math"

	"holdtrue/eval"
	"holdtrue/eval/stats"
)

// Defaults of Options.
const (
	DefaultAlpha      = 0.05
	DefaultMargin     = 0.05
	DefaultDraws      = 9999
	DefaultMaxCases   = 20
	DefaultMaxFailed  = 0.10
	DefaultConfidence = 0.95
)

func (o Options) withDefaults() Options {
	if o.Alpha == 0 {
		o.Alpha = DefaultAlpha
	}
	if o.Margin == nil {
		m := DefaultMargin
		o.Margin = &m
	}
	if o.Draws == 0 {
		o.Draws = DefaultDraws
	}
	if o.MaxCases == 0 {
		o.MaxCases = DefaultMaxCases
	}
	if o.MaxFailed == 0 {
		o.MaxFailed = DefaultMaxFailed
	}
	if o.Confidence == 0 {
		o.Confidence = DefaultConfidence
	}
	if o.Slices == nil {
		o.Slices = []string{}
	}
	return o
}

// Compare pairs two runs and finishes the comparison: per metric and slice the
// means, the difference with its interval, and the verdict; all metrics and
// slices corrected together. The order of rows makes no difference. Swapping the
// sides swaps the words and leaves every p value as it is.
func Compare(ctx context.Context, base, cand Input, opts Options, fetch Fetch) (*Comparison, error) {
	opts = opts.withDefaults()
	c := &Comparison{Options: opts, Baseline: Side{Run: base.Run}, Candidate: Side{Run: cand.Run}, Left: []Left{}, Worse: []CaseChange{}}
	if err := c.refuseIncomplete(); err != nil {
		return nil, err
	}
	metrics, keepBase, keepCand := c.sharedMetrics()
	b, err := load(base, keepBase, len(metrics))
	if err != nil {
		return nil, err
	}
	n, err := load(cand, keepCand, len(metrics))
	if err != nil {
		return nil, err
	}
	c.Baseline.Outputs, c.Baseline.Failed = b.outputs, b.failed
	c.Candidate.Outputs, c.Candidate.Failed = n.outputs, n.failed
	c.Seed = b.digest + n.digest // unordered
	pairs, pairing := pairUp(b, n)
	c.Pairing = pairing
	c.Churn = churn(pairs)
	f := &family{c: c, pairs: pairs, metrics: metrics, mirrored: b.digest > n.digest}
	f.findSlices()
	c.Metrics = f.judge(true)
	c.Others = f.judge(false)
	c.Errors = f.errors()
	c.decide()
	if err := f.worstCases(ctx, fetch); err != nil {
		return nil, err
	}
	c.advise()
	return c, nil
}

// refuseIncomplete stops a comparison with a run that is still missing outputs.
func (c *Comparison) refuseIncomplete() error {
	for _, r := range []eval.Run{c.Baseline.Run, c.Candidate.Run} {
		if r.Status == eval.Complete {
			continue
		}
		if !c.Options.Partial {
			return &eval.InputError{Msg: fmt.Sprintf("run %s of %s is not complete", r.ID, r.Name()),
				Hint: "holdtrue run --agent " + r.Agent + " --resume, or compare with --partial"}
		}
		c.Warnings = append(c.Warnings, fmt.Sprintf("run %s of %s is not complete: only the cases it has answered take part", r.ID, r.Name()))
	}
	return nil
}

// sharedMetrics finds the metrics that both runs measured in the same way, and
// for each run where they stand among its scores. The others are left out, with
// the reason.
func (c *Comparison) sharedMetrics() (metrics []eval.Metric, base, cand map[int]int) {
	base, cand = map[int]int{}, map[int]int{}
	seen := map[string]bool{}
	for i, m := range c.Candidate.Run.Metrics {
		seen[m.Name] = true
		old, j := find(c.Baseline.Run.Metrics, m.Name)
		if j < 0 {
			c.Left = append(c.Left, Left{m.Name, "the baseline was not measured by it"})
			continue
		}
		if same, difference := old.Same(m); !same {
			c.Left = append(c.Left, Left{m.Name, "it is configured differently: " + difference})
			continue
		}
		cand[i], base[j] = len(metrics), len(metrics)
		metrics = append(metrics, m)
	}
	for _, m := range c.Baseline.Run.Metrics {
		if !seen[m.Name] {
			c.Left = append(c.Left, Left{m.Name, "the candidate was not measured by it"})
		}
	}
	return metrics, base, cand
}

func find(metrics []eval.Metric, name string) (eval.Metric, int) {
	for i, m := range metrics {
		if m.Name == name {
			return m, i
		}
	}
	return eval.Metric{}, -1
}

// churn is the share of paired cases of which a text changed.
func churn(pairs []pair) float64 {
	if len(pairs) == 0 {
		return 0
	}
	changed := 0
	for _, p := range pairs {
		for i := range min(len(p.base.repeats), len(p.cand.repeats)) {
			if p.base.repeats[i].text != p.cand.repeats[i].text {
				changed++
				break
			}
		}
	}
	return float64(changed) / float64(len(pairs))
}

// bounds gives the interval of the differences of a metric: Gaffke's for scores
// in [0,1], Student's for quantities.
func bounds(scale eval.Scale, d []float64, confidence float64, seed uint64) stats.Bounds {
	if scale == eval.Measure {
		return stats.StudentT(d, confidence)
	}
	return stats.Gaffke(d, -1, 1, confidence, seed)
}

func mean(d []float64) float64 {
	if len(d) == 0 {
		return 0
	}
	sum := 0.0
	for _, v := range d {
		sum += v
	}
	return sum / float64(len(d))
}

func variance(d []float64) float64 {
	if len(d) == 0 {
		return 0
	}
	ss := 0.0
	for _, v := range d {
		ss += v * v
	}
	return ss / float64(len(d))
}

func finite(v float64) *float64 {
	if math.IsInf(v, 0) || v != v {
		return nil
	}
	return &v
}
