package stats

import (
	"math"
	"math/rand/v2"
	"slices"
)

const (
	seesDraws   = 100
	seesLargest = 20.0 // standard deviations; what is larger is not searched
)

// AlarmSees is the smallest lasting fall, in standard deviations between the
// values, that raises a DownAlarm within the next values, 4 times in 5, after so
// many unchanged ones; +Inf where it is above 20.
//
// It is simulated: 100 normal series (seed 1), of each the smallest fall that is
// seen, and of those the 4 in 5 quantile, whose standard error is about 5 %.
func AlarmSees(seen, next int, opt AlarmOptions) float64 {
	smallest := make([]float64, seesDraws)
	for i := range smallest {
		w, after := alarmDraw(i, seen, next, opt)
		smallest[i] = smallestSeen(w, after)
	}
	slices.Sort(smallest)
	return smallest[seesDraws*4/5-1]
}

// AlarmNeeds is the number of unchanged values from which AlarmSees is finite:
// after fewer next to nothing can raise an alarm. It is at most 100.
func AlarmNeeds(next int, opt AlarmOptions) int {
	for n := firstScored; n < 100; n++ {
		seen := 0
		for i := range seesDraws {
			if w, after := alarmDraw(i, n, next, opt); w.raisedBy(seesLargest, after) {
				seen++
			}
		}
		if seen >= seesDraws*4/5 {
			return n
		}
	}
	return 100
}

// alarmDraw gives the state of an alarm after so many normal values, and values
// to come.
func alarmDraw(i, seen, next int, opt AlarmOptions) (watch, []float64) {
	r := rand.New(rand.NewPCG(1, uint64(i)))
	opt.Floor = 0
	w := newWatch(opt)
	for range seen {
		w.next(r.NormFloat64())
	}
	after := make([]float64, next)
	for k := range after {
		after[k] = r.NormFloat64()
	}
	return w, after
}

// raisedBy says whether values to come, lower by a fall, raise the alarm.
func (w watch) raisedBy(fall float64, after []float64) bool {
	return slices.ContainsFunc(after, func(v float64) bool { return w.next(v-fall) >= 1/w.opt.Level })
}

// smallestSeen is the smallest fall of the values to come that raises an alarm.
func smallestSeen(w watch, after []float64) float64 {
	if !w.raisedBy(seesLargest, after) {
		return math.Inf(1)
	}
	lo, hi := 0.0, seesLargest
	for range 9 {
		if d := (lo + hi) / 2; w.raisedBy(d, after) {
			hi = d
		} else {
			lo = d
		}
	}
	return hi
}
