package stats

import (
	"cmp"
	"math"
	"slices"
)

// Energy compares two samples of numbers by the energy distance of Székely and
// Rizzo (2004, 2013), with the means taken over all pairs, a value and itself
// included:
//
//	e = 2 E|X-Y| - E|X-X'| - E|Y-Y'| = 2 ∫ (F-G)²
//	t = nm/(n+m) e
//	h = e / (2 E|X-Y|), in [0,1]
//
// All three are 0 if the samples are alike, or one is empty. They see any
// difference of the two distributions, not of their means alone.
func Energy(x, y []float64) (e, t, h float64) {
	if len(x) == 0 || len(y) == 0 {
		return 0, 0, 0
	}
	n, m := float64(len(x)), float64(len(y))
	points := make([]step, 0, len(x)+len(y))
	for _, v := range x {
		points = append(points, step{v, 1 / n, 0})
	}
	for _, v := range y {
		points = append(points, step{v, 0, 1 / m})
	}
	slices.SortFunc(points, func(a, b step) int { return cmp.Compare(a.at, b.at) })
	f, g, between := 0.0, 0.0, 0.0
	for i, p := range points[:len(points)-1] {
		f, g = f+p.x, g+p.y
		gap := points[i+1].at - p.at
		e += 2 * (f - g) * (f - g) * gap
		between += (f*(1-g) + g*(1-f)) * gap // E|X-Y| = ∫ F(1-G) + G(1-F)
	}
	if e <= 1e-12*between { // a rounding error
		return 0, 0, 0
	}
	return e, n * m / (n + m) * e, e / (2 * between)
}

// step is a value and how far it raises the two distribution functions.
type step struct{ at, x, y float64 }

// Spread tests, of every metric, the sharp null hypothesis that each case has
// the same distribution of outputs on both sides, as Within does, against any
// change of the distribution: a wider or narrower spread, a second mode. The
// statistic is the energy distance of the deviations from the case's own mean
// over both sides, every case with the same weight; the outputs are dealt anew
// to the two sides within each case. A case counts for a metric if it has two
// outputs or more on either side and all were measured.
//
// Each metric's statistic is divided by its mean over the deals, the observed
// one included, and compared with the largest over the metrics: p is one-sided
// by nature, corrected for all of them, and exact, as the mean is the same
// whichever deal was observed. A metric without any deviation gets 1.
func Spread(pools []Pool, metrics, draws int, seed uint64) []float64 {
	p := make([]float64, metrics)
	ladders := make([]ladder, metrics)
	for j := range ladders {
		ladders[j] = newLadder(pools, metrics, j)
		p[j] = 1
	}
	outputs := 0
	for i := range pools {
		outputs += pools[i].A + pools[i].B
	}
	draws = max(draws, 1)
	drawn := make([]float64, (draws+1)*metrics) // the last is the observed one
	measure := func(weights []float64, to []float64) {
		for j := range ladders {
			to[j] = ladders[j].distance(weights)
		}
	}
	measure(observedWeights(pools, outputs), drawn[draws*metrics:])
	eachChunk(draws, func(chunk, lo, hi int) {
		r := random32{source: stream(seed, chunk)}
		weights := make([]float64, outputs)
		for b := lo; b < hi; b++ {
			dealWeights(pools, &r, weights)
			measure(weights, drawn[b*metrics:(b+1)*metrics])
		}
	})
	largest := standardise(drawn, metrics)
	for j := range p {
		if ladders[j].empty() {
			continue
		}
		now, atLeast := drawn[draws*metrics+j], 0
		for _, v := range largest {
			if v >= now*(1-1e-12) {
				atLeast++
			}
		}
		p[j] = float64(atLeast) / float64(len(largest)) // the observed one among them
	}
	return p
}

// standardise divides every metric's statistics by their mean and gives the
// largest of each deal.
func standardise(drawn []float64, metrics int) []float64 {
	largest := make([]float64, len(drawn)/max(metrics, 1))
	for j := range metrics {
		sum := 0.0
		for i := j; i < len(drawn); i += metrics {
			sum += drawn[i]
		}
		if sum == 0 {
			continue
		}
		mean := sum / float64(len(largest))
		for i := j; i < len(drawn); i += metrics {
			drawn[i] /= mean
			largest[i/metrics] = max(largest[i/metrics], drawn[i])
		}
	}
	return largest
}

// observedWeights are those of the outputs as they were dealt: -1/A on the
// baseline's side, 1/B on the candidate's.
func observedWeights(pools []Pool, outputs int) []float64 {
	weights := make([]float64, 0, outputs)
	for i := range pools {
		for k := range pools[i].A + pools[i].B {
			if k < pools[i].A {
				weights = append(weights, -1/float64(pools[i].A))
			} else {
				weights = append(weights, 1/float64(pools[i].B))
			}
		}
	}
	return weights
}

// dealWeights deals the outputs of every case to its two sides at random.
func dealWeights(pools []Pool, r *random32, weights []float64) {
	at := 0
	for i := range pools {
		a, b := pools[i].A, pools[i].B
		w := weights[at : at+a+b]
		for k := range w {
			if w[k] = 1 / float64(b); k < a {
				w[k] = -1 / float64(a)
			}
		}
		for k := len(w) - 1; k > 0; k-- {
			o := r.below(uint32(k + 1))
			w[k], w[o] = w[o], w[k]
		}
		at += a + b
	}
}

// ladder holds the outputs that count for a metric by rising deviation, and the
// way from each to the next.
type ladder struct {
	outputs []int32
	gaps    []float64
}

func (l *ladder) empty() bool { return len(l.gaps) == 0 || slices.Max(l.gaps) == 0 }

func newLadder(pools []Pool, metrics, metric int) ladder {
	type rung struct {
		output    int32
		deviation float64
	}
	var rungs []rung
	first := 0
	for i := range pools {
		n := pools[i].A + pools[i].B
		mean, usable := 0.0, pools[i].A >= 2 && pools[i].B >= 2
		for k := range n {
			v := pools[i].Values[k*metrics+metric]
			usable = usable && isFinite(v)
			mean += v / float64(n)
		}
		if usable {
			for k := range n {
				d := pools[i].Values[k*metrics+metric] - mean
				if math.Abs(d) <= 1e-12*math.Abs(mean) {
					d = 0
				}
				rungs = append(rungs, rung{int32(first + k), d})
			}
		}
		first += n
	}
	slices.SortFunc(rungs, func(a, b rung) int {
		return cmp.Or(cmp.Compare(a.deviation, b.deviation), cmp.Compare(a.output, b.output))
	})
	l := ladder{outputs: make([]int32, len(rungs)), gaps: make([]float64, len(rungs))}
	for i, r := range rungs {
		l.outputs[i] = r.output
		if i+1 < len(rungs) {
			l.gaps[i] = rungs[i+1].deviation - r.deviation
		}
	}
	return l
}

// distance is ∫ (F-G)² of the deviations, but for a constant.
func (l *ladder) distance(weights []float64) float64 {
	f, e := 0.0, 0.0
	for i, o := range l.outputs {
		f += weights[o]
		e += f * f * l.gaps[i]
	}
	return e
}
