package stats

import (
	"math"

	"gonum.org/v1/gonum/stat/distuv"
)

// AlarmOptions are the settings of DownAlarm and UpAlarm; zero values take the defaults.
type AlarmOptions struct {
	// Horizon is how many values the alarm spends its attention on: it looks for
	// changes that begin among the first Horizon ones. 0 looks for ever, which
	// costs two nights of delay.
	Horizon int
	// Renew begins anew after every Horizon values: the evidence is 1 again, what
	// was learnt stays. Level then bounds the alarms within each Horizon.
	Renew bool
	// Level bounds the probability of any alarm ever, if nothing changes; default .05.
	Level float64
	// Floor is the smallest standard deviation that a value can have, such as one
	// case of a binary metric: 1/(cases x repeats). It is what lets a drop be found
	// after values that were all the same; 0 never finds one there.
	Floor float64
}

// Alarm is the evidence, value by value, that a series has left its level.
type Alarm struct {
	E         []float64 // after each value of the series; 1 is none
	At        int       // first index with E >= Threshold; -1 for none
	Threshold float64   // 1/Level
}

const (
	firstScored = 6     // the first value that is scored against those before it
	mostEvident = 1e300 // evidence saturates here, so that it stays finite
	farthest    = 37    // standard deviations; normal tails beyond are 0 in a float64
	mostRelated = .8    // largest autocorrelation that is allowed for
	priorValues = 10    // the autocorrelation is shrunk as if by so many unrelated values
)

// DownAlarm watches for a fall of the level, UpAlarm for a rise.
func DownAlarm(series []float64, opt AlarmOptions) Alarm {
	w := newWatch(opt)
	a := Alarm{E: make([]float64, len(series)), At: -1, Threshold: 1 / w.opt.Level}
	for i, v := range series {
		a.E[i] = w.next(v)
		if a.At < 0 && a.E[i] >= a.Threshold {
			a.At = i
		}
	}
	return a
}

// shifts are the falls, in standard deviations, that the evidence is mixed from.
func shifts() [3]float64 { return [...]float64{.5, 1, 2} }

// watch is the state of an alarm between two values.
type watch struct {
	opt      AlarmOptions
	seen     int // values, those that are not finite too
	past     history
	scored   int // since the evidence began
	starts   int // scored values at which a change may begin
	products [3]float64
	evidence float64
	unspent  float64
}

func newWatch(opt AlarmOptions) watch {
	if !(opt.Level > 0 && opt.Level < 1) {
		opt.Level = .05
	}
	return watch{opt: opt, evidence: 1, unspent: 1, starts: opt.Horizon + 1 - firstScored}
}

// next takes in a value and gives the evidence after it.
func (w *watch) next(v float64) float64 {
	if w.opt.Renew && w.opt.Horizon > 0 && w.seen > 0 && w.seen%w.opt.Horizon == 0 {
		w.products, w.evidence, w.unspent, w.scored, w.starts = [3]float64{}, 1, 1, 0, w.opt.Horizon
	}
	w.seen++
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return w.evidence
	}
	if w.past.n+1 >= firstScored {
		w.scored++
		w.weigh(w.past.score(v, w.opt.Floor), startWeight(w.scored, w.opt.Horizon, w.starts))
	}
	w.past.add(v)
	return w.evidence
}

// weigh multiplies the evidence for every shift by that of a normal score; weight
// is what is staked on a change that begins here.
func (w *watch) weigh(z, weight float64) {
	w.unspent = max(0, w.unspent-weight)
	w.evidence = w.unspent
	for k, shift := range shifts() {
		p := (w.products[k] + weight/float64(len(w.products))) * math.Exp(-shift*z-shift*shift/2)
		w.products[k] = min(p, mostEvident)
		w.evidence += w.products[k]
	}
}

// UpAlarm is DownAlarm of the negated series.
func UpAlarm(series []float64, opt AlarmOptions) Alarm {
	negated := make([]float64, len(series))
	for i, v := range series {
		negated[i] = -v
	}
	return DownAlarm(negated, opt)
}

// startWeight is the prior probability that a change begins at the k-th scored
// value, k from 1: the same for each of the first ones up to the horizon.
func startWeight(k, horizon, starts int) float64 {
	switch {
	case horizon <= 0:
		return 1 / (float64(k) * float64(k+1))
	case k <= starts:
		return 1 / float64(starts)
	}
	return 0
}

// history sums up the values seen so far, shifted by the first of them.
type history struct {
	n            int
	first, last  float64
	sum, squares float64
	products     float64 // of neighbours
}

func (h *history) add(v float64) {
	if h.n == 0 {
		h.first = v
	}
	v -= h.first
	if h.n > 0 {
		h.products += v * h.last
	}
	h.last = v
	h.sum += v
	h.squares += v * v
	h.n++
}

// score is the normal score of the next value among those seen.
func (h *history) score(v, floor float64) float64 {
	n := float64(h.n)
	mean := h.sum / n
	total := max(0, h.squares-n*mean*mean)
	sd := max(math.Sqrt(total/(n-1)), floor)
	if !(sd > 0) {
		return 0
	}
	t := (v - h.first - mean) / (sd * math.Sqrt(1+1/n))
	z := min(-distuv.UnitNormal.Quantile(tTail(math.Abs(t), n-1)), farthest)
	r := 0.0
	if total > 0 {
		neighbours := h.products - mean*(2*h.sum-h.last) + (n-1)*mean*mean
		r = (neighbours/total*n + 1) / n * n / (n + priorValues)
	}
	r = min(max(r, 0), mostRelated)
	return math.Copysign(z, t) / math.Sqrt((1+r)/(1-r))
}
