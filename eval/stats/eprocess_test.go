package stats

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"gonum.org/v1/gonum/stat/distuv"
)

// evidenceByHand is the definition of specification 6.1, written out: P and E
// after every value, from the sixth value on. (The floor and the
// weights without a horizon are ours.)
func evidenceByHand(x []float64, horizon int, floor float64) []float64 {
	evidence := slices.Repeat([]float64{1}, len(x))
	var p [3]float64
	spent := 0.0
	for t := 6; t <= len(x); t++ {
		before, n := x[:t-1], float64(t-1)
		mean, variance := meanAndVariance(before)
		sd := max(math.Sqrt(variance*n/(n-1)), floor)
		score := distuv.StudentsT{Sigma: 1, Nu: n - 1}.CDF((x[t-1] - mean) / (sd * math.Sqrt(1+1/n)))
		z := distuv.UnitNormal.Quantile(score)
		r := autocorrelation(before, 1) * variance * n / (sd * sd * (n - 1))
		f := (r*n + 1) / n * n / (n + 10)
		f = min(max(f, 0), .8)
		z /= math.Sqrt((1 + f) / (1 - f))
		k := float64(t - 5)
		w := 40/(k+39) - 40/(k+40)
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
			want := evidenceByHand(x, horizon, floor)
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
	rising := slices.Clone(huge)
	for i := range rising {
		rising[i] = -huge[i]
	}
	for _, a := range []Alarm{DownAlarm(huge, AlarmOptions{}), DownAlarm(rising, AlarmOptions{})} {
		for i, e := range a.E {
			if math.IsNaN(e) || math.IsInf(e, 0) || e < 0 {
				t.Fatalf("E[%d] = %v", i, e)
			}
		}
	}
}

// TestDownAlarmLaws: only the past counts, gaps count for nothing, the unit is the
// caller's.
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
	other := make([]float64, len(x))
	for i, v := range x {
		other[i] = v/1000 - 7
	}
	b := DownAlarm(other, opt)
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
