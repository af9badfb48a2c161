package drift

import (
	"fmt"
	"math"

	"holdtrue/eval/stats"
)

// A case-level test takes the noise of cases for all there is. If whole runs
// differ, because a provider had a bad night, two runs cannot tell the version
// from the night: a shock of one point lifts the false alarms of every
// case-level test from 5 to 8-26 %. With eight runs of one version the spread of
// their means is known well enough to ask for more.

const (
	leastRuns       = 8   // of one version, from which the spread of runs is measured
	overdispersed   = 1.5 // spread of runs over what their cases explain, from which it counts
	leastRunsShared = 0.5 // share of a cell's cases that a run must hold to count
)

// RunNoise says what is known of how much whole runs of one version differ.
type RunNoise struct {
	// Runs of one version on the side that has more of them, and how many are
	// Needed before the noise counts as measured.
	Runs   int    `json:"runs"`
	Needed int    `json:"needed"`
	Reason string `json:"reason"`
}

// CellNoise judges a cell beside the spread of the runs of one version.
type CellNoise struct {
	Runs int `json:"runs"`
	// SD is the standard deviation of the runs' means; of a measure, of their
	// logarithms.
	SD float64 `json:"sd"`
	// Overdispersion is the variance of the runs' means over what the noise of
	// their cases explains: about 1 if nights do not differ.
	Overdispersion float64 `json:"overdispersion"`
	// P is the two-sided p of Student's t for one more run of the same version
	// being as far off, Level what it was held against.
	P     float64 `json:"p"`
	Level float64 `json:"level"`
	// Explains says that runs differ by more than their cases and that this
	// difference is not beyond that, so that no movement is claimed.
	Explains bool `json:"explains"`
}

// runs counts the runs of a side.
func (t *table) runs() int { return 1 + len(t.earlier) }

// manyRuns is the side with enough runs of one version, nil if none has them;
// other is the opposite one.
func (p *pairs) manyRuns() (many, other *table) {
	if p.base.runs() >= leastRuns && p.base.runs() >= p.cand.runs() {
		return p.base, p.cand
	}
	if p.cand.runs() >= leastRuns {
		return p.cand, p.base
	}
	return nil, nil
}

// runNoise says whether the noise of runs was measured.
func runNoise(base, cand *Side) RunNoise {
	n := RunNoise{Runs: 1 + max(len(base.Earlier), len(cand.Earlier)), Needed: leastRuns}
	if n.Runs < leastRuns {
		n.Reason = fmt.Sprintf("run-to-run noise is not measured (%s of one version; it takes %d%s)", count(n.Runs, "run"), leastRuns, replaysWords(base.Replays))
	} else {
		n.Reason = fmt.Sprintf("run-to-run noise is measured over %d runs of one version", n.Runs)
	}
	return n
}

// replaysWords says why runs that replayed a recording again do not count.
func replaysWords(n int) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprintf(", and the replays of one recording count once: %s passed over", count(n, "more run"))
}

// noise judges a cell beside the spread of runs, nil where that is not measured.
// level is two-sided, for this metric by itself.
func (p *pairs) noise(f *finding, level float64) *CellNoise {
	many, other := p.manyRuns()
	if many == nil {
		return nil
	}
	means, one, explained := p.runMeans(f, many, other)
	if len(means) < leastRuns {
		return nil
	}
	t := stats.PredictiveT(means, one, explained)
	return &CellNoise{Runs: t.Runs, SD: t.SD, Overdispersion: t.Overdispersion, P: t.P, Level: level,
		Explains: t.Overdispersion > overdispersed && t.P > level}
}

// runMeans are the means of the runs of the side that has many, those of the
// other side together, and the variance of a run's mean that the noise of cases
// explains. Everything is taken relative to each case's mean over the runs, so
// that a run that lacks some cases can still be compared.
func (p *pairs) runMeans(f *finding, many, other *table) (means []float64, one, explained float64) {
	own, others := f.m.base, f.m.cand
	if many == p.cand {
		own, others = others, own
	}
	runs := many.runs()
	sums, cases := make([]float64, runs), make([]int, runs)
	perRun, answers := make([]float64, runs), make([]int, runs)
	n := 0.0
	for _, i := range f.rows {
		mine, theirs := p.cases[i][0], p.cases[i][1]
		if many == p.cand {
			mine, theirs = theirs, mine
		}
		centre, squares, k := f.caseByRun(many, mine, own, perRun, answers)
		now := f.meanGoodness(other, theirs, others)
		if k == 0 || math.IsNaN(now) {
			continue
		}
		n++
		one += now - centre
		held := 0
		for r := range runs {
			if answers[r] > 0 {
				sums[r] += perRun[r] - centre
				cases[r]++
				held++
			}
		}
		if k > 1 {
			explained += squares / float64(k-1) * float64(held) / float64(k)
		}
	}
	for r := range runs {
		if cases[r] > 0 && float64(cases[r]) >= leastRunsShared*n {
			means = append(means, sums[r]/float64(cases[r]))
		}
	}
	if n == 0 {
		return nil, 0, 0
	}
	return means, one / n, explained / (n * n)
}

// caseByRun gives the mean of a case's values in each run, their number, and over
// all k of them the mean and the sum of squares about it.
func (f *finding) caseByRun(t *table, c int32, metric int, perRun []float64, answers []int) (centre, squares float64, k int) {
	clear(perRun)
	clear(answers)
	for _, r := range t.cases[c].rows {
		v := f.m.goodness(t.value(r, metric))
		if math.IsNaN(v) || math.IsInf(v, 0) {
			continue
		}
		run := t.rows[r].run
		perRun[run] += v
		answers[run]++
		k++
		d := v - centre
		centre += d / float64(k)
		squares += d * (v - centre)
	}
	for r := range perRun {
		if answers[r] > 0 {
			perRun[r] /= float64(answers[r])
		}
	}
	return centre, squares, k
}

// meanGoodness of a case, NaN without a value.
func (f *finding) meanGoodness(t *table, c int32, metric int) float64 {
	sum, n := 0.0, 0
	for _, r := range t.cases[c].rows {
		if v := f.m.goodness(t.value(r, metric)); !math.IsNaN(v) && !math.IsInf(v, 0) {
			sum, n = sum+v, n+1
		}
	}
	if n == 0 {
		return math.NaN()
	}
	return sum / float64(n)
}

// words is the sentence of a cell whose movement the spread of runs explains.
func (n *CellNoise) words() string {
	return fmt.Sprintf("; its cases moved beyond their noise, but whole runs of the same version differ by %s times what their cases explain, and this is not outside of %d such runs (p %s)",
		rounded(n.Overdispersion, 1), n.Runs, rounded(n.P, 2))
}
