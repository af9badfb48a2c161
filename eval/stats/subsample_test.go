package stats

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// TestSubsamplesByHand: the 63 means of the subsets of six values part the line
// into 64 gaps, each as likely to hold the centre (Hartigan 1969, theorem 1). At
// 95 % one gap may be left out at either end, at 90 % three.
func TestSubsamplesByHand(t *testing.T) {
	s := NewSubsamples([]float64{32, 1, 4, 2, math.NaN(), 16, 8})
	// The least means are 1, 3/2, 2; the largest 32, 24, 20.
	for _, w := range []struct{ conf, low, high float64 }{{.95, 1, 32}, {.9, 2, 20}} {
		low, high, ok := s.Interval(w.conf)
		if !ok || low != w.low || high != w.high {
			t.Errorf("%v: [%v, %v], want [%v, %v]", w.conf, low, high, w.low, w.high)
		}
	}
	if low, high, ok := s.Interval(.99); ok || low != 10.5 || high != 10.5 {
		t.Errorf("six values have no 99 %% interval: [%v, %v]", low, high)
	}
	if _, _, ok := NewSubsamples(nil).Interval(.5); ok {
		t.Error("no value, no interval")
	}
	if low, high, ok := NewSubsamples(make([]float64, 40)).Interval(.95); !ok || low != 0 || high != 0 {
		t.Errorf("forty zeros: [%v, %v]", low, high)
	}
}

// TestSubsamplesInvertSignFlips: the ends are where the sign flips begin to
// reject, on Student's sleep data (1908) and others.
func TestSubsamplesInvertSignFlips(t *testing.T) {
	data := map[string][]float64{"sleep": {1.2, 2.4, 1.3, 1.3, 0, 1, 1.8, .8, 4.6, 1.4}}
	r := rand.New(rand.NewPCG(1, 1))
	for _, n := range []int{12, 13, 14, 20, 60, 400, 3000, 20_000} {
		even, heavy := make([]float64, n), make([]float64, n)
		for i := range n {
			even[i], heavy[i] = r.NormFloat64()+.2, math.Pow(r.NormFloat64(), 3)+.2
		}
		data[fmt.Sprint("normal ", n)], data[fmt.Sprint("heavy ", n)] = even, heavy
	}
	for name, d := range data {
		for _, conf := range []float64{.8, .9, .95, .99} {
			low, high, ok := NewSubsamples(d).Interval(conf)
			if !ok {
				t.Errorf("%s: no %v interval", name, conf)
			}
			for _, end := range []float64{low, high} {
				shifted := make([]float64, len(d))
				for i, v := range d {
					shifted[i] = v - end
				}
				// Up to 12 values p goes in steps; above, the ends are drawn, and the variance of
				// many values put together is within 3 %.
				share := (1 - conf) / 2
				p := SignFlip(shifted).Mid / 2
				if math.Abs(p-share) > 4*math.Sqrt(share*(1-share)/drawnSubsets)+.06*share+math.Ldexp(1, -len(d)) {
					t.Errorf("%s, %v: p at the end %v of [%v, %v] is %v", name, conf, end, low, high, 2*p)
				}
			}
		}
	}
}

func TestSubsamplesLaws(t *testing.T) {
	value := rapid.OneOf(rapid.Float64Range(-10, 10), rapid.SampledFrom([]float64{0, 0, 1, -1, 1000, -1e6}))
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(6, 40).Draw(t, "n")
		if rapid.IntRange(0, 9).Draw(t, "many") == 0 {
			n = 600
		}
		d := rapid.SliceOfN(value, n, n).Draw(t, "d")
		low, high, ok := NewSubsamples(d).Interval(.95)
		size := slices.Max(d) - slices.Min(d)
		if rounding := 1e-12 * (size + math.Abs(slices.Max(d))); !ok || !(low >= slices.Min(d)-rounding && high <= slices.Max(d)+rounding && low <= high+rounding) {
			t.Fatalf("[%v, %v]", low, high)
		}
		if l, h, _ := NewSubsamples(d).Interval(.9); l < low || h > high {
			t.Fatalf("90 %% [%v, %v] outside 95 %% [%v, %v]", l, h, low, high)
		}
		negated := make([]float64, n)
		for i, v := range d {
			negated[i] = -v
		}
		if l, h, _ := NewSubsamples(negated).Interval(.95); l != -high || h != -low {
			t.Fatalf("negated [%v, %v], was [%v, %v]", l, h, low, high)
		}
		d[rapid.IntRange(0, n-1).Draw(t, "which")] -= rapid.SampledFrom([]float64{.1, 5, 1e4}).Draw(t, "less")
		l, h, _ := NewSubsamples(d).Interval(.95)
		if rounding := 1e-12 * (size + 1e6); l > low+rounding || h > high+rounding {
			t.Fatalf("a value fell and [%v, %v] became [%v, %v]", low, high, l, h)
		}
	})
}

// TestSubsamplesCover: 95 % of the intervals of symmetric values, however heavy
// their tails, hold the centre; 700 intervals a row.
func TestSubsamplesCover(t *testing.T) {
	if testing.Short() {
		t.Skip("a simulation: left out by -short")
	}
	const reps = 700
	for name, value := range map[string]func(r *rand.Rand) float64{
		"normal":     func(r *rand.Rand) float64 { return r.NormFloat64() },
		"heavy":      func(r *rand.Rand) float64 { return math.Pow(r.NormFloat64(), 3) },
		"lognormals": func(r *rand.Rand) float64 { return math.Exp(r.NormFloat64()) - math.Exp(r.NormFloat64()) },
	} {
		for _, n := range []int{8, 14} {
			covered := 0
			for i := range reps {
				r := rand.New(rand.NewPCG(uint64(i), uint64(n)))
				d := make([]float64, n)
				for k := range d {
					d[k] = value(r)
				}
				if low, high, _ := NewSubsamples(d).Interval(.95); low <= 0 && 0 <= high {
					covered++
				}
			}
			if se := math.Sqrt(.95 * .05 / reps); math.Abs(float64(covered)/reps-.95) > 3*se+.01 {
				t.Errorf("%s, n=%d: %d of %d", name, n, covered, reps)
			}
		}
	}
}

func BenchmarkSubsamples(b *testing.B) {
	for _, n := range []int{12, 250, 100_000} {
		r := rand.New(rand.NewPCG(1, 1))
		d := make([]float64, n)
		for i := range d {
			d[i] = math.Pow(r.NormFloat64(), 3)
		}
		b.Run(fmt.Sprintf("n=%d", n), func(b *testing.B) {
			for b.Loop() {
				s := NewSubsamples(d)
				s.Interval(.95)
				s.Interval(.9)
			}
		})
	}
}
