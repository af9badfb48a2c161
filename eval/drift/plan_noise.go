package drift

import (
	"fmt"
	"math"
	"slices"

	"holdtrue/eval"
	"holdtrue/eval/stats"
)

// learn finds the metrics of the plan and their noise. Without runs there is one
// metric that stands for all.
func (p *Plan) learn(tables []*table) error {
	note := func(format string, args ...any) { p.Notes = append(p.Notes, fmt.Sprintf(format, args...)) }
	if len(tables) == 0 {
		if len(p.Options.Metrics) > 0 {
			return &eval.InputError{Msg: fmt.Sprintf("no stored run has the metric %q: nothing is known of it", p.Options.Metrics[0]), Hint: "holdtrue run --agent NAME"}
		}
		note("no run of the suite is stored: the noise of its metrics is unknown, and the worst is taken of scores from 0 to 1, p(1-p) = 1/4")
		p.Metrics = []PlanMetric{{Metric: eval.Metric{Name: "any metric", Scale: eval.Unit, Better: eval.Higher, Gate: true},
			Margin: p.wanted(), Cases: p.Cases, Mean: 0.5, Within: 0.25, Noise: NoiseBound, yesNo: true, share: 1}}
		return nil
	}
	first := tables[0].run
	for _, name := range p.Options.Metrics {
		if _, ok := first.Metric(name); !ok {
			var names []string
			for _, m := range first.Metrics {
				names = append(names, m.Name)
			}
			return &eval.InputError{Msg: fmt.Sprintf("run %s has no metric %q; it has %s", first.ID, name, someOf(names))}
		}
	}
	for i, m := range first.Metrics {
		asked := slices.Contains(p.Options.Metrics, m.Name)
		if gates(m) {
			p.gating++
		}
		switch {
		case len(p.Options.Metrics) > 0 && !asked:
			continue
		case m.Scale == eval.Measure && (asked || gates(m)):
			note("%s is a measure without bounds, and is not planned for", m.Name)
			continue
		case !asked && !gates(m):
			continue
		}
		x := p.learnMetric(tables, i)
		if x.Cases == 0 {
			note("run %s has no score of %s", first.ID, m.Name)
			continue
		}
		if x.Noise == NoiseBound {
			note("the noise of %s is unknown, with one answer to each case: the worst is taken for its mean of %s points", m.Name, numberOf(m, x.Mean))
		}
		if x.Margin == 0 {
			note("%s has a margin of 0, which can never be proven, and counts for losses alone", m.Name)
		}
		p.Metrics = append(p.Metrics, x)
	}
	return nil
}

// learnMetric takes the noise of a metric, the i-th of the first run, from all
// runs that have it alike.
func (p *Plan) learnMetric(tables []*table, i int) PlanMetric {
	m := tables[0].run.Metrics[i]
	x := PlanMetric{Metric: m, Margin: p.Options.Standard, yesNo: true}
	switch {
	case p.Options.Margin != nil:
		x.Margin = *p.Options.Margin
	case m.Margin != nil:
		x.Margin = *m.Margin
	}
	n := newNoise(m)
	for at := range tables[0].cases {
		n.add(tables, int32(at))
	}
	x.Cases, x.yesNo = n.cases, n.yesNo
	if n.cases == 0 {
		return x
	}
	x.Mean, x.share = n.mean/float64(n.cases), float64(n.cases)/float64(len(tables[0].cases))
	switch {
	case n.freedom > 0:
		x.Noise, x.Within, x.samples = FromRepeats, n.squares/float64(n.freedom), n.samples
		if n.pairs > 0 {
			x.Between = max(0, 2*n.between/float64(n.pairs)-2*x.Within*n.inverse/float64(n.pairs))
		}
	case n.pairs > 0:
		x.Noise, x.Within, x.samples = FromRuns, n.between/float64(n.pairs), n.samples
	default:
		pass := (n.mean + 1) / float64(n.cases+2) // a success and a failure more: never certain
		x.Noise, x.Within = NoiseBound, pass*(1-pass)
	}
	if x.Metric.Better == eval.Lower {
		x.Mean = 1 - x.Mean // as it was before its samples were turned round
	}
	return x
}

// noise sums what the runs show of one metric, case by case, higher is better.
type noise struct {
	metric  eval.Metric
	cases   int
	mean    float64 // sum of the case means
	squares float64 // about the mean of case and run
	freedom int
	pairs   int     // cases with scores in two runs or more
	between float64 // sum of the variance of their run means
	inverse float64 // sum of the mean of 1/repeats in them
	samples [][]float64
	yesNo   bool
}

func newNoise(m eval.Metric) *noise { return &noise{metric: m, yesNo: true} }

func (n *noise) add(tables []*table, at int32) {
	c := &tables[0].cases[at]
	var all, means []float64
	inverse := 0.0
	for k, t := range tables {
		i, ok := at, true
		if k > 0 {
			i, ok = t.byID[c.id]
		}
		metric := t.metric(n.metric.Name)
		if !ok || metric < 0 || t.cases[i].hash != c.hash {
			continue
		}
		if same, _ := t.run.Metrics[metric].Same(n.metric); !same {
			continue
		}
		values := t.scored(i, metric, nil)
		if len(values) == 0 {
			continue
		}
		for j, v := range values {
			if n.metric.Better == eval.Lower {
				values[j] = 1 - v
			}
			n.yesNo = n.yesNo && yesNo(v)
		}
		mean, variance, m := stats.Moments(values)
		n.squares += variance * float64(m-1)
		n.freedom += m - 1
		means, inverse = append(means, mean), inverse+1/float64(m)
		all = append(all, values...)
	}
	if len(all) == 0 {
		return
	}
	n.cases++
	mean, _, _ := stats.Moments(all)
	n.mean += mean
	if len(all) > 1 {
		n.samples = append(n.samples, all)
	}
	if _, variance, runs := stats.Moments(means); runs > 1 {
		n.pairs++
		n.between += variance
		n.inverse += inverse / float64(runs)
	}
}

// scored is how many of so many cases have a score of the metric.
func (m *PlanMetric) scored(cases int) int {
	return max(1, int(math.Round(m.share*float64(cases))))
}

// variance of the difference of two runs of an unchanged version with so many
// repeats a case.
func (m *PlanMetric) variance(repeats int) float64 {
	return m.Between + 2*m.Within/math.Max(1, float64(repeats))
}

// Noisy is the standard deviation of an answer about the mean of its case.
func (m *PlanMetric) Noisy() float64 { return math.Sqrt(m.Within) }
