package drift

import (
	"fmt"
	"maps"
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
	p.share = p.correction(tables)
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
	bound := false
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
			bound = true
		}
		if x.Margin == 0 {
			note("%s has a margin of 0, which can never be proven, and counts for losses alone", m.Name)
		}
		p.Metrics = append(p.Metrics, x)
	}
	if bound && first.Kind == "recording" {
		note("a recording answers alike every time it is replayed: the noise takes a recording with several answers to each case, or runs of the agent itself")
	}
	return nil
}

// learnMetric takes the noise of a metric, the i-th of the first run, from all
// runs that have it alike.
func (p *Plan) learnMetric(tables []*table, i int) PlanMetric {
	m := tables[0].run.Metrics[i]
	x := PlanMetric{Metric: m, Margin: *p.Options.Standard, yesNo: true}
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

// lostForCorrection is how many cases fail in the comparison whose correction a
// plan takes: about as few as can be seen.
const lostForCorrection = 6

// correction is the share of the error rate at which one test by itself keeps that
// of the whole report, as in a comparison of the stored answers with each other in
// which a few cases failed by every metric, the least of three choices of these; 0
// where no case has two answers. (The correction of a report depends on which
// metrics and slices move at all: those that never do cost nothing.)
func (p *Plan) correction(tables []*table) float64 {
	const choices = 3
	least := 0.0
	for k := range choices {
		columns := p.nullColumns(tables, k*len(tables[0].cases)/(choices*lostForCorrection))
		if len(columns) == 0 {
			return 0
		}
		seed := seedOf(tables[0].run.Suite, len(columns), k)
		share := stats.MaxT(columns, 1999, seed, p.Options.Alpha).Level / p.Options.Alpha
		if least == 0 || share < least {
			least = share
		}
	}
	return least
}

// nullColumns are the differences of all gating metrics, over all cases and by
// slice, of two answers to each case; every so many cases from the first on one
// failed.
func (p *Plan) nullColumns(tables []*table, first int) []stats.Column {
	t := tables[0]
	lost := map[int]bool{}
	for k := range lostForCorrection {
		lost[first+k*len(t.cases)/lostForCorrection] = true
	}
	var columns []stats.Column
	for i, m := range t.run.Metrics {
		if !gates(m) || m.Scale == eval.Measure {
			continue
		}
		parts := map[string]*stats.Column{}
		add := func(name string, at int, d float64) {
			c := parts[name]
			if c == nil {
				c = &stats.Column{}
				parts[name] = c
			}
			c.Rows, c.D = append(c.Rows, int32(at)), append(c.D, d)
		}
		for at := range t.cases {
			d, ok := halves(tables, int32(at), i)
			if !ok {
				continue
			}
			if m.Better == eval.Lower {
				d = -d
			}
			if lost[at] {
				d--
			}
			add("", at, d)
			for _, name := range t.cases[at].slices {
				add(name, at, d)
			}
		}
		for _, name := range slices.Sorted(maps.Keys(parts)) {
			columns = append(columns, *parts[name])
		}
	}
	return columns
}

// halves is the difference of two answers to a case: of the second and the first
// half of its repeats, else of the first two runs that have one.
func halves(tables []*table, at int32, metric int) (float64, bool) {
	values := tables[0].scored(at, metric, nil)
	if n := len(values); n >= 2 {
		return mean(values[n-n/2:]) - mean(values[:n/2]), true
	}
	c := &tables[0].cases[at]
	for _, t := range tables[1:] {
		i, ok := t.byID[c.id]
		k := t.metric(tables[0].run.Metrics[metric].Name)
		if !ok || k < 0 || len(values) == 0 || t.cases[i].hash != c.hash {
			continue
		}
		if other := t.scored(i, k, nil); len(other) > 0 {
			return mean(other) - mean(values), true
		}
	}
	return 0, false
}
