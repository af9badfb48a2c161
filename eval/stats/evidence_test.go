package stats

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"
)

// TestEvidenceIsTheNormalScoreOfTheTail holds the map against the exact mid-p of
// the sign flips.
func TestEvidenceIsTheNormalScoreOfTheTail(t *testing.T) {
	compared := 0
	for name, value := range map[string]func(r *rand.Rand) float64{
		"even":          func(r *rand.Rand) float64 { return r.NormFloat64() },
		"few changes":   func(r *rand.Rand) float64 { return float64(1 + r.IntN(2)) },
		"heavy tail":    func(r *rand.Rand) float64 { return math.Pow(r.NormFloat64(), 3) },
		"one time-out":  func(r *rand.Rand) float64 { return .02 * r.NormFloat64() },
		"mostly little": func(r *rand.Rand) float64 { return math.Exp(2 * r.NormFloat64()) },
	} {
		for _, n := range []int{12, 40, 150} {
			for shift := range 8 {
				r := rand.New(rand.NewPCG(uint64(n), uint64(shift)))
				d := make([]float64, n)
				for i := range d {
					d[i] = value(r) * math.Copysign(1, r.Float64()-.5+.06*float64(shift))
				}
				if name == "one time-out" {
					d[0] = -1
				}
				own := SignFlip(d)
				if own.Mid > .2 {
					continue
				}
				compared++
				e := newEvidence(d)
				got, want := e.of(math.Abs(own.Z)), normalScore(own)
				if math.Abs(got-want) > .1*want {
					t.Errorf("%s, n=%d, shift %d: score %.3f of z %.3f, exact %.3f", name, n, shift, got, own.Z, want)
				}
			}
		}
	}
	if compared < 40 {
		t.Errorf("only %d compared", compared)
	}
}

func TestEvidenceRises(t *testing.T) {
	value := rapid.OneOf(rapid.Float64Range(.01, 1), rapid.SampledFrom([]float64{1, .5, 1e-9, 1e6}))
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 60).Draw(t, "n")
		d := rapid.SliceOfN(value, n, n).Draw(t, "d")
		e := newEvidence(d)
		z := rapid.Float64Range(0, 12).Draw(t, "z")
		farther := z + rapid.Float64Range(0, 1).Draw(t, "more")
		if a, b := e.of(z), e.of(farther); !(a >= 0 && b >= a-1e-12) || math.IsInf(b, 0) {
			t.Fatalf("score %v of %v, %v of %v", a, z, b, farther)
		}
		if len(e.z) > 256 {
			t.Fatalf("%d points", len(e.z))
		}
	})
}

// TestMaxTOneCaseWorse: a loss on one more case must not take back a loss that
// was seen, however much larger it is.
func TestMaxTOneCaseWorse(t *testing.T) {
	for _, n := range []int{12, 20, 40, 100} {
		r := rand.New(rand.NewPCG(uint64(n), 1))
		d, other := make([]float64, n), make([]float64, n)
		for i := range d {
			d[i], other[i] = -.02+.01*r.NormFloat64(), float64(r.IntN(3)-1)
		}
		family := []Column{{all(n), d}, {all(n), other}, {all(n / 2), other[:n/2]}}
		for collapsed := range 4 {
			f := MaxT(family, 1999, 1, .05)
			if f.Adjusted[0] > .01 {
				t.Errorf("n=%d with %d cases collapsed: corrected p %.4f, own %.2g", n, collapsed, f.Adjusted[0], f.Tests[0].Mid)
			}
			d[collapsed] = -1
		}
	}
}

func BenchmarkEvidence(b *testing.B) {
	for _, n := range []int{120, 10_000} {
		r := rand.New(rand.NewPCG(1, 1))
		d := make([]float64, n)
		for i := range d {
			d[i] = r.NormFloat64()
		}
		b.Run(fmt.Sprintf("map/n=%d", n), func(b *testing.B) {
			for b.Loop() {
				newEvidence(d)
			}
		})
	}
	e := newEvidence([]float64{1, 2, 3, 4, 5, 6, 7, 8, 9})
	b.Run("score", func(b *testing.B) {
		z := 0.0
		for b.Loop() {
			z = math.Mod(z+.37, 3)
			e.of(z)
		}
	})
}

// TestMaxTSettles: two disjoint slices with 1 loss to 7 gains and 1 to 1, and
// both together, have a corrected p of 48/1024 for the first (half of the chance
// of a tie, and 24/1024 of something farther). The usual draws, with a standard
// error of .0021, would call it significant at .05 for most seeds only.
func TestMaxTSettles(t *testing.T) {
	d := []float64{-1, 1, 1, 1, 1, 1, 1, 1, -1, 1}
	family := []Column{{all(10), d}, {all(8), d[:8]}, {[]int32{8, 9}, d[8:]}}
	drawnAgain := 0
	for seed := range uint64(40) {
		f := MaxT(family, 9999, seed, .05)
		if f.Adjusted[1] > .05 || math.Abs(f.Adjusted[1]-48./1024) > .004 {
			t.Errorf("seed %d: %v after %d draws, exactly %v", seed, f.Adjusted[1], f.Draws, 48./1024)
		}
		if f.Draws > 9999 {
			drawnAgain++
		}
		far := MaxT(family, 9999, seed, .2)
		if far.Draws != 9999 {
			t.Errorf("seed %d: %d draws for a level far away", seed, far.Draws)
		}
	}
	if drawnAgain == 0 {
		t.Error("nothing was drawn again")
	}
}
