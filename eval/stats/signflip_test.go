package stats

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"
)

func near(t *testing.T, what string, got, want, relative float64) {
	t.Helper()
	if math.IsNaN(got) || math.Abs(got-want) > relative*math.Abs(want)+1e-300 {
		t.Errorf("%s: %.17g, want %.17g", what, got, want)
	}
}

func TestMcNemar(t *testing.T) {
	for _, c := range []struct {
		b, c       int
		exact, mid float64
		source     string // or reason
	}{
		{1, 7, 18. / 256, 10. / 256, "Fagerland et al. 2013, airway data: exact .070, mid-p .039"},
		{5, 0, 2. / 32, 1. / 32, "five losses and no gain: the least that is significant by mid-p"},
		{6, 0, 2. / 64, 1. / 64, "six by the exact p"},
		{3, 3, 1, 1 - 20./64/2, "as far from the centre as can be is everything"},
		{0, 0, 1, 1, "no change says nothing"},
		{-4, 0, 1, 1, "a negative count is none"},
		{2000, 0, 0, 0, "under the smallest float"},
		{1000, 0, math.Ldexp(1, -999), math.Ldexp(1, -1000), "far below 1e-300 nothing is lost"},
	} {
		exact, mid := McNemar(c.b, c.c)
		near(t, fmt.Sprintf("exact p of %d/%d (%s)", c.b, c.c, c.source), exact, c.exact, 1e-13)
		near(t, fmt.Sprintf("mid-p of %d/%d (%s)", c.b, c.c, c.source), mid, c.mid, 1e-13)
		e2, m2 := McNemar(c.c, c.b)
		if e2 != exact || m2 != mid {
			t.Errorf("%d/%d: swapping the sides changed p", c.b, c.c)
		}
	}
}

// darwin holds the differences in height of Darwin's 15 pairs of maize plants,
// in eighths of an inch. R. A. Fisher, The Design of Experiments (1935), section
// 21: of the 32768 sign patterns 835 sum to more than the observed 314 and 28
// to as much.
var darwin = []float64{49, -67, 8, 16, 6, 23, 28, 41, 14, 29, 56, 24, 75, 60, -48}

func TestSignFlipFisher(t *testing.T) {
	for _, scale := range []float64{1, -1, 1. / 8, 1e-3, math.Pi} {
		d := make([]float64, len(darwin), len(darwin)+2)
		for i, v := range darwin {
			d[i] = v * scale
		}
		d = append(d, 0, math.NaN())
		got := SignFlip(d)
		near(t, fmt.Sprintf("p in units of %v", scale), got.P, 2*863./32768, 1e-12)
		near(t, fmt.Sprintf("mid-p in units of %v", scale), got.Mid, (2*835.+28)/32768, 1e-12)
		if got.Nonzero != 15 || !got.Exact {
			t.Errorf("%+v", got)
		}
	}
}

func TestSignFlipIsMcNemarOnBinaryData(t *testing.T) {
	for _, n := range [][2]int{{0, 1}, {1, 0}, {3, 4}, {40, 12}, {147, 476}, {50, 50}, {1118, 0}} {
		var d []float64
		for range n[0] {
			d = append(d, -1)
		}
		for range n[1] {
			d = append(d, 1)
		}
		d = append(d, make([]float64, 100)...)
		got := SignFlip(d)
		exact, mid := McNemar(n[0], n[1])
		if got.P != exact || got.Mid != mid {
			t.Errorf("%v: %v %v, McNemar %v %v", n, got.P, got.Mid, exact, mid)
		}
		units := make([]int, n[0]+n[1])
		for i := range units {
			units[i] = 1
		}
		p, m := subsetTails(units, min(n[0], n[1]))
		near(t, fmt.Sprintf("subset sum of %v", n), p, exact, 1e-12)
		near(t, fmt.Sprintf("subset sum of %v, mid", n), m, mid, 1e-12)
	}
}

// TestSignFlipFineLattice holds continuous differences against all 2^18 to 2^20
// sign patterns.
func TestSignFlipFineLattice(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for i := range 12 {
		n := 18 + i%3
		d := make([]float64, n)
		for j := range d {
			d[j] = r.NormFloat64() + float64(i)/8
			if i%2 == 1 { // heavy tail, as a time-out gives
				d[j] = d[j] * d[j] * d[j]
			}
		}
		s := newSigned(d)
		_, want := s.allPatterns()
		got := SignFlip(d)
		near(t, fmt.Sprintf("mid-p of data set %d, n=%d", i, n), got.Mid, want, .02)
	}
}

func TestSignFlipSaddleAgrees(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	compared := 0
	for _, n := range []int{300, 2000} {
		for _, shift := range []float64{0.005, .03, .1, .3, 1} {
			d := make([]float64, n)
			for i := range d {
				d[i] = float64(r.IntN(15)-7)/15 + shift*float64(r.IntN(3))/15*5
				d[i] = math.Round(d[i]*15) / 15
			}
			s := newSigned(d)
			units, step, ok := s.lattice()
			if !ok || units == nil {
				t.Fatal("fifteenths are a lattice")
			}
			p, mid := subsetTails(units, s.lighter(units))
			ap, amid := s.saddle(step)
			near(t, fmt.Sprintf("mid-p, n=%d, shift %v", n, shift), amid, mid, .01)
			near(t, fmt.Sprintf("p, n=%d, shift %v", n, shift), ap, p, .02)
			compared++
		}
	}
	if compared == 0 {
		t.Fatal("nothing compared")
	}
	d := make([]float64, 50_000)
	for i := range d {
		d[i] = r.NormFloat64()
	}
	if got := SignFlip(d); got.Exact || math.Abs(got.Mid-2*normalUpper(math.Abs(got.Z))) > 1e-3 {
		t.Errorf("50,000 values: %+v, normal %v", got, 2*normalUpper(math.Abs(got.Z)))
	}
}

func TestSignFlipLaws(t *testing.T) {
	plain := rapid.OneOf(rapid.Float64Range(-1, 1), rapid.SampledFrom([]float64{0, 0, 1, -1, .5, -.2, 1. / 3}))
	extreme := rapid.OneOf(plain, rapid.Float64(), rapid.Just(math.NaN()), rapid.Just(math.Inf(1)), rapid.Just(5e-324), rapid.Just(-1e308))
	rapid.Check(t, func(t *rapid.T) {
		value := rapid.SampledFrom([]*rapid.Generator[float64]{plain, plain, extreme}).Draw(t, "values")
		n := rapid.IntRange(0, 60).Draw(t, "n")
		d := rapid.SliceOfN(value, n, n).Draw(t, "d")
		got := SignFlip(d)
		if !(got.P > 0 && got.P <= 1 && got.Mid > 0 && got.Mid <= got.P) || math.IsNaN(got.Z) {
			t.Fatalf("%+v", got)
		}
		order := rapid.Permutation(d).Draw(t, "order")
		if other := SignFlip(order); other != got {
			t.Fatalf("the order mattered: %+v and %+v", got, other)
		}
		for i := range order {
			order[i] = -order[i]
		}
		if other := SignFlip(order); other.Mid != got.Mid || other.P != got.P || other.Z != -got.Z {
			t.Fatalf("the sign mattered: %+v and %+v", got, other)
		}
	})
}

func BenchmarkSignFlip(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 1))
	for name, draw := range map[string]func() float64{
		"binary":     func() float64 { return float64(r.IntN(3) - 1) },
		"repeats5":   func() float64 { return float64(r.IntN(11)-5) / 5 },
		"continuous": r.NormFloat64,
	} {
		for _, n := range []int{1000, 100_000} {
			d := make([]float64, n)
			for i := range d {
				d[i] = draw()
			}
			b.Run(fmt.Sprintf("%s/n=%d", name, n), func(b *testing.B) {
				for b.Loop() {
					SignFlip(d)
				}
			})
		}
	}
}
