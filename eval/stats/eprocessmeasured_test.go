package stats

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// TestDownAlarmMeasured repeats the specification's section 6.1, Horizon 90, Level
// .05, 2000 histories a row. False alarms: at most as many as specified (10,000
// histories there). Delays: the median and the 90th percentile of the alarms after
// night 30 are the specified ones, within 3 standard errors of the simulation. The
// rows without adjustment undo that of the scores.
func TestDownAlarmMeasured(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: error rates and delays of the alarm are not measured")
	}
	const histories = 2000
	for _, row := range []struct {
		related, sd, slide, step float64
		adjust                   bool
		falseAlarms              float64
		median, late             int
	}{
		{0, 1, 0, 0, true, .013, 0, 0},
		{.15, 1, 0, 0, true, .025, 0, 0},
		{.3, 1, 0, 0, true, .037, 0, 0},
		{.5, 1, 0, 0, true, .057, 0, 0},
		{0, 1, 0, 0, false, .026, 0, 0},
		{0, 1, .3, 0, true, 0, 9, 0},
		{.15, 1, .3, 0, true, 0, 10, 0},
		{.3, 1, .3, 0, true, 0, 11, 0},
		{.5, 1, .3, 0, true, 0, 12, 0},
		{0, .5, .3, 0, false, 0, 5, 7},
		{0, 1, .3, 0, false, 0, 8, 10},
		{0, 1.6, .3, 0, false, 0, 11, 14},
		{0, 1, .1, 0, false, 0, 17, 21},
		{0, 1, 0, 2, false, 0, 5, 10},
	} {
		t.Run(fmt.Sprintf("%+v", row), func(t *testing.T) {
			t.Parallel()
			r := rand.New(rand.NewPCG(6, uint64(row.sd*10)))
			var delays []int
			alarms := 0
			for range histories {
				x := nights(r, 90, row.related)
				for i := range x {
					x[i] = 90 + row.sd*(x[i]-90)
					if i >= 30 && row.falseAlarms == 0 {
						x[i] -= row.slide*float64(i-29) + row.step
					}
				}
				at := DownAlarm(x, AlarmOptions{Horizon: 90}).At
				if !row.adjust {
					at = unadjustedAlarm(x, 90)
				}
				if at >= 0 {
					alarms++
				} else {
					at = 999
				}
				if at >= 30 {
					delays = append(delays, at-29)
				}
			}
			if row.falseAlarms > 0 {
				got := float64(alarms) / histories
				se := math.Sqrt(row.falseAlarms * (1 - row.falseAlarms) * (1./histories + 1./10000))
				t.Logf("false alarms %.3f, specified %.3f", got, row.falseAlarms)
				if got > row.falseAlarms+3*se || got == 0 {
					t.Errorf("false alarms %.3f, specified %.3f, se %.4f", got, row.falseAlarms, se)
				}
				return
			}
			slices.Sort(delays)
			checkQuantile(t, delays, .5, row.median)
			if row.late > 0 {
				checkQuantile(t, delays, .9, row.late)
			}
		})
	}
}

// TestDownAlarmEndless holds the rows "Horizon 0" of DownAlarm's comment: the level
// is kept over a year at an autocorrelation of .3, and a slide is found as soon after
// 200 quiet nights as after 30. The specification's weights 1/(k(k+1)) take 11 nights
// where these take 9.
func TestDownAlarmEndless(t *testing.T) {
	if testing.Short() {
		t.Skip("a simulation: left out by -short")
	}
	const histories = 1000
	r := rand.New(rand.NewPCG(19, 19))
	alarms := 0.
	for range histories {
		if DownAlarm(nights(r, 365, .3), AlarmOptions{}).At >= 0 {
			alarms++
		}
	}
	if rate := alarms / histories; rate > .034+3*math.Sqrt(.034*.966/histories) || rate == 0 {
		t.Errorf("false alarms in a year %.3f, documented .034", rate)
	}
	for _, start := range []int{30, 200} {
		var delays []int
		for range histories {
			x := nights(r, start+60, 0)
			for i := start; i < len(x); i++ {
				x[i] -= .3 * float64(i-start+1)
			}
			if at := DownAlarm(x, AlarmOptions{}).At; at >= start {
				delays = append(delays, at-start+1)
			}
		}
		slices.Sort(delays)
		checkQuantile(t, delays, .5, 9)
	}
	total := 0.
	for k := 1; k < 100_000; k++ {
		total += startWeight(k, 0)
	}
	if total > 1 || total < .999 {
		t.Errorf("the weights of all starts sum to %v", total)
	}
}

// unadjustedAlarm is the alarm that takes values for unrelated.
func unadjustedAlarm(x []float64, horizon int) int {
	var past pastValues
	bets := wagers{unspent: 1}
	for i, v := range x {
		if k := past.n + 2 - firstScored; k >= 1 {
			n := float64(past.n)
			mean := past.sum / n
			f := past.related(mean, past.squares-n*mean*mean)
			z := past.score(v, 0) * math.Sqrt((1+f)/(1-f))
			if bets.take(z, startWeight(k, horizon)) >= 20 {
				return i
			}
		}
		past.add(v)
	}
	return -1
}

// checkQuantile fails if want cannot be the q-quantile: too many are below it, or
// too few at most it.
func checkQuantile(t *testing.T, sorted []int, q float64, want int) {
	t.Helper()
	n := float64(len(sorted))
	slack := 3 * math.Sqrt(q*(1-q)*(1/n+1./2000))
	below, _ := slices.BinarySearch(sorted, want)
	upTo, _ := slices.BinarySearch(sorted, want+1)
	t.Logf("%v quantile %d, specified %d", q, sorted[int(q*n)], want)
	if float64(below)/n > q+slack || float64(upTo)/n < q-slack {
		t.Errorf("%v quantile %d, specified %d", q, sorted[int(q*n)], want)
	}
}

// TestDownAlarmBinary: metrics of passed and failed cases near 100 %, 400
// histories of 90 nights a rate. Level is kept with a floor of one case, at every
// rate of failures; without a floor it is not, which is why there is one.
func TestDownAlarmBinary(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 7))
	const histories = 400
	rates := func(cases int, failures, floor float64) float64 {
		alarms := 0
		for range histories {
			x := make([]float64, 90)
			for i := range x {
				x[i] = passed(r, cases, 1-failures/float64(cases))
			}
			if DownAlarm(x, AlarmOptions{Horizon: 90, Floor: floor / float64(cases)}).At >= 0 {
				alarms++
			}
		}
		return float64(alarms) / histories
	}
	for _, cases := range []int{20, 200} {
		for _, failures := range []float64{.05, .1, .3, 1, 2} {
			got := rates(cases, failures, 1)
			if got > .05+3*math.Sqrt(.05*.95/histories) {
				t.Errorf("%d cases, %v failures a night: false alarms %.3f", cases, failures, got)
			}
		}
	}
	if got := rates(200, .05, 0); got < .3 {
		t.Errorf("without a floor the false alarms are %.3f: is it needed?", got)
	}
}

// passed is the share of the cases that pass.
func passed(r *rand.Rand, cases int, p float64) float64 {
	n := 0
	for range cases {
		if r.Float64() < p {
			n++
		}
	}
	return float64(n) / float64(cases)
}
