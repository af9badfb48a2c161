package stats

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"gonum.org/v1/gonum/stat/distuv"
)

// evidenceByHand is the definition of specification 6.1, written out: P and E
// after every value, from the sixth value on.
func evidenceByHand(x []float64, horizon int, floor float64, adjust bool) []float64 {
	evidence := slices.Repeat([]float64{1}, len(x))
	var p [3]float64
	spent := 0.0
	for t := 6; t <= len(x); t++ {
		before, n := x[:t-1], float64(t-1)
		mean, variance := meanAndVariance(before)
		sd := max(math.Sqrt(variance*n/(n-1)), floor)
		score := distuv.StudentsT{Sigma: 1, Nu: n - 1}.CDF((x[t-1] - mean) / (sd * math.Sqrt(1+1/n)))
		z := distuv.UnitNormal.Quantile(score)
		if adjust {
			r := autocorrelation(before, 1) * variance * n / (sd * sd * (n - 1))
			f := (r*n + 1) / n * n / (n + 10)
			f = min(max(f, 0), .8)
			z /= math.Sqrt((1 + f) / (1 - f))
		}
		k := float64(t - 5)
		w := 1 / (k * (k + 1))
		if horizon > 0 {
			w = 1 / float64(horizon-5)
			if t > horizon {
				w = 0
			}
		}
		spent += w
		evidence[t-1] = 1 - spent
		for i, shift := range []float64{.5, 1, 2} {
			p[i] = (p[i] + w/3) * math.Exp(-shift*z-shift*shift/2)
			evidence[t-1] += p[i]
		}
	}
	return evidence
}

func firstAtLeast(evidence []float64, threshold float64) int {
	return slices.IndexFunc(evidence, func(e float64) bool { return e >= threshold })
}

func TestDownAlarmByHand(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 5))
	for _, horizon := range []int{0, 20, 90} {
		for _, floor := range []float64{0, 1.2} {
			x := nights(r, 60, .4)
			for i := 40; i < 60; i++ {
				x[i] -= 1.5
			}
			got := DownAlarm(x, AlarmOptions{Horizon: horizon, Floor: floor})
			want := evidenceByHand(x, horizon, floor, true)
			for i, e := range got.E {
				if math.Abs(e-want[i]) > 1e-6*want[i]+1e-9 {
					t.Errorf("horizon %d floor %v: E[%d] = %v, want %v", horizon, floor, i, e, want[i])
				}
			}
			if got.At != firstAtLeast(want, 20) || got.Threshold != 20 {
				t.Errorf("horizon %d: alarm at %d of %v, want %d of 20", horizon, got.At, got.Threshold, firstAtLeast(want, 20))
			}
		}
	}
}

// nights are normal with mean 90, standard deviation 1 and an autocorrelation.
func nights(r *rand.Rand, n int, related float64) []float64 {
	x := make([]float64, n)
	e := r.NormFloat64()
	for i := range x {
		x[i] = 90 + e
		e = related*e + math.Sqrt(1-related*related)*r.NormFloat64()
	}
	return x
}

// TestDownAlarmMeasured repeats the specification's section 6.1, Horizon 90, Level
// .05, 2000 histories a row. False alarms: at most as many as specified (10,000
// histories there). Delays: the median and the 90th percentile of the alarms after
// night 30 are the specified ones, within 3 standard errors of the simulation. The
// rows without adjustment, and only they, use evidenceByHand.
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
					at = firstAtLeast(evidenceByHand(x, 90, 0, false), 20)
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

// TestDownAlarmFromPerfect: 200 cases that all passed on 30 nights.
func TestDownAlarmFromPerfect(t *testing.T) {
	perfect := slices.Repeat([]float64{1}, 30)
	opt := AlarmOptions{Horizon: 90, Floor: 1. / 200}
	quiet := DownAlarm(perfect, opt)
	if quiet.At >= 0 || slices.Max(quiet.E) > 1 {
		t.Errorf("nothing happened: %+v", quiet)
	}
	for _, c := range []struct {
		nights []float64
		most   int // nights until the alarm
	}{
		{[]float64{.9}, 1},
		{[]float64{.97, .97}, 2},
		{slices.Repeat([]float64{.99}, 20), 12},
		{[]float64{1, .995, .995, .995, .99, .99, .99, .985, .985, .985}, 10},
	} {
		a := DownAlarm(append(slices.Clone(perfect), c.nights...), opt)
		if a.At < 30 || a.At >= 30+c.most {
			t.Errorf("after 30 perfect nights %v: alarm at %d, want within %d nights", c.nights, a.At-29, c.most)
		}
	}
	if a := DownAlarm(append(slices.Clone(perfect), .995), opt); a.At >= 0 {
		t.Errorf("one failed case is no alarm: %v", a.E[30])
	}
	noFloor := DownAlarm(append(slices.Clone(perfect), .9, .9, .9), AlarmOptions{Horizon: 90})
	if noFloor.E[30] > 1 || noFloor.At != 32 {
		t.Errorf("without a floor the first bad night is no evidence, the third is enough: %v, %d", noFloor.E[30], noFloor.At)
	}
}

func TestDownAlarmEdges(t *testing.T) {
	for _, x := range [][]float64{nil, {1}, {5, 4, 3, 2, 1}, slices.Repeat([]float64{math.NaN()}, 20), slices.Repeat([]float64{.3}, 400)} {
		for _, opt := range []AlarmOptions{{}, {Horizon: 90}, {Horizon: 3}, {Floor: .01}} {
			a := DownAlarm(x, opt)
			if a.At != -1 || len(a.E) != len(x) || (len(x) > 0 && slices.Max(a.E) > 1) {
				t.Errorf("%v %+v: %+v", x, opt, a)
			}
		}
	}
	if a := DownAlarm(nil, AlarmOptions{Level: .01}); math.Abs(a.Threshold-100) > 1e-9 {
		t.Errorf("threshold %v at level .01", a.Threshold)
	}
	if a := DownAlarm(nil, AlarmOptions{Level: 2}); a.Threshold != 20 {
		t.Errorf("threshold %v at a level that is none", a.Threshold)
	}
	// Sums of the same tenths in another order differ in the last digit.
	rounded := slices.Concat(slices.Repeat([]float64{.1 + .2}, 20), slices.Repeat([]float64{.3}, 20))
	if a := DownAlarm(rounded, AlarmOptions{Horizon: 90}); slices.Max(a.E) > 1.5 {
		t.Errorf("rounding is evidence: %v", slices.Max(a.E))
	}
	huge := slices.Concat(nights(rand.New(rand.NewPCG(8, 8)), 30, 0), slices.Repeat([]float64{-1e300}, 400))
	for _, a := range []Alarm{DownAlarm(huge, AlarmOptions{}), UpAlarm(huge, AlarmOptions{})} {
		for i, e := range a.E {
			if math.IsNaN(e) || math.IsInf(e, 0) || e < 0 {
				t.Fatalf("E[%d] = %v", i, e)
			}
		}
	}
}

// TestDownAlarmLaws: only the past counts, gaps count for nothing, unit and sign
// are the caller's.
func TestDownAlarmLaws(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 9))
	x := nights(r, 80, .2)
	for i := 50; i < 80; i++ {
		x[i] -= 1.5
	}
	opt := AlarmOptions{Horizon: 90}
	whole := DownAlarm(x, opt)
	if whole.At < 50 {
		t.Fatalf("alarm at %d", whole.At)
	}
	for n := range x {
		if part := DownAlarm(x[:n], opt); !slices.Equal(part.E, whole.E[:n]) {
			t.Fatalf("the first %d values see the future", n)
		}
	}
	gapped := slices.Insert(slices.Clone(x), 40, math.NaN(), math.Inf(-1))
	a := DownAlarm(gapped, opt)
	if a.At != whole.At+2 || a.E[41] != whole.E[39] || a.E[79] != whole.E[77] {
		t.Errorf("gaps count: alarm at %d, want %d", a.At, whole.At+2)
	}
	other, mirrored := make([]float64, len(x)), make([]float64, len(x))
	for i, v := range x {
		other[i], mirrored[i] = v/1000-7, -v
	}
	b, up := DownAlarm(other, opt), UpAlarm(mirrored, opt)
	if !slices.Equal(up.E, whole.E) || up.At != whole.At {
		t.Error("UpAlarm is not DownAlarm of the mirror image")
	}
	for i := range x {
		if math.Abs(b.E[i]-whole.E[i]) > 1e-6*(1+whole.E[i]) {
			t.Errorf("another unit: E[%d] = %v, was %v", i, b.E[i], whole.E[i])
			break
		}
	}
}

func BenchmarkDownAlarm(b *testing.B) {
	x := nights(rand.New(rand.NewPCG(10, 10)), 365, .2)
	b.Run("20x365", func(b *testing.B) {
		for b.Loop() {
			for range 20 {
				DownAlarm(x, AlarmOptions{Horizon: 90})
			}
		}
	})
}
