package stats

import (
	"math"
	"math/rand/v2"
	"testing"
)

// TestAlarmSees: the fall that is said to be seen 4 times in 5 is, in 1,000 other
// series (standard error .013; that of the fall itself adds about .03).
func TestAlarmSees(t *testing.T) {
	for _, c := range []struct {
		seen, next int
		level      float64
	}{{20, 14, .05}, {20, 14, .004}, {40, 14, .004}, {80, 7, .001}} {
		opt := AlarmOptions{Horizon: 90, Renew: true, Level: c.level}
		fall := AlarmSees(c.seen, c.next, opt)
		hits := 0
		for i := range 1000 {
			r := rand.New(rand.NewPCG(7, uint64(i)))
			x := make([]float64, c.seen+c.next)
			for k := range x {
				x[k] = r.NormFloat64()
				if k >= c.seen {
					x[k] -= fall
				}
			}
			if DownAlarm(x, opt).At >= c.seen {
				hits++
			}
		}
		if share := float64(hits) / 1000; math.Abs(share-.8) > .09 {
			t.Errorf("%+v: a fall of %.2f is seen in %.3f", c, fall, share)
		}
	}
	if fall := AlarmSees(6, 14, AlarmOptions{Horizon: 90, Level: .0004}); !math.IsInf(fall, 1) {
		t.Errorf("after six values a fall of %.2f is seen", fall)
	}
	last := 0
	for _, level := range []float64{.05, .004, .0004} {
		n := AlarmNeeds(14, AlarmOptions{Horizon: 90, Level: level})
		t.Log(level, n)
		if n < 6 || n <= last || n > 15 {
			t.Errorf("level %v needs %d values", level, n)
		}
		last = n
	}
}

// TestAlarmBeginsAnew: with Renew the evidence begins at 1 after every horizon
// and the alarm sees a change at any time; without it is blind to late ones.
func TestAlarmBeginsAnew(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 3))
	x := make([]float64, 200)
	for i := range x {
		x[i] = r.NormFloat64()
		if i >= 170 {
			x[i] -= 1.5
		}
	}
	once := DownAlarm(x, AlarmOptions{Horizon: 90})
	anew := DownAlarm(x, AlarmOptions{Horizon: 90, Renew: true})
	for i := range 90 {
		if once.E[i] != anew.E[i] {
			t.Fatalf("value %d: %v and %v", i, once.E[i], anew.E[i])
		}
	}
	if anew.At < 170 || anew.At > 185 {
		t.Errorf("the change at 170 is seen at %d", anew.At)
	}
	if once.At >= 0 && once.At <= anew.At {
		t.Errorf("without renewal it is seen at %d", once.At)
	}
}

// TestRenewedAlarmsKeepTheirRate: 1,000 histories of 270 quiet values, three
// horizons at 5 % each (standard error .0069 for each).
func TestRenewedAlarmsKeepTheirRate(t *testing.T) {
	const histories = 1000
	var raised [3]int
	for i := range histories {
		r := rand.New(rand.NewPCG(4, uint64(i)))
		x := make([]float64, 270)
		for k := range x {
			x[k] = r.NormFloat64()
		}
		a := DownAlarm(x, AlarmOptions{Horizon: 90, Renew: true})
		for h := range raised {
			for _, e := range a.E[90*h : 90*(h+1)] {
				if e >= a.Threshold {
					raised[h]++
					break
				}
			}
		}
	}
	for h, n := range raised {
		if share := float64(n) / histories; share > .05+2*.0069 {
			t.Errorf("horizon %d: %.4f", h+1, share)
		}
	}
}

func BenchmarkAlarmSees(b *testing.B) {
	for b.Loop() {
		AlarmSees(60, 14, AlarmOptions{Horizon: 90, Level: .002})
	}
}
