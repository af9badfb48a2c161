package stats

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"gonum.org/v1/gonum/stat/distuv"
	"pgregory.net/rapid"
)

func zerosAndOnes(k, n int) []float64 {
	v := make([]float64, n)
	for i := range k {
		v[i] = 1
	}
	return v
}

func TestGaffkeIsClopperPearsonOnBinaryData(t *testing.T) {
	for _, c := range []struct{ k, n int }{
		{0, 1}, {1, 1}, {0, 20}, {7, 20}, {20, 20}, {1, 59}, {75, 150}, {149, 150}, {3, 400}, {840, 1000}, {99_000, 100_000},
	} {
		low, high := Gaffke(zerosAndOnes(c.k, c.n), 0, 1, .95)
		wantLow, wantHigh := 0., 1.
		if c.k > 0 {
			wantLow = distuv.Beta{Alpha: float64(c.k), Beta: float64(c.n - c.k + 1)}.Quantile(.025)
		}
		if c.k < c.n {
			wantHigh = distuv.Beta{Alpha: float64(c.k + 1), Beta: float64(c.n - c.k)}.Quantile(.975)
		}
		tolerance := 1e-7
		if c.n > exactGaffke {
			tolerance = 1e-4
		}
		if math.Abs(low-wantLow) > tolerance || math.Abs(high-wantHigh) > tolerance {
			t.Errorf("%d of %d: [%.6f, %.6f], Clopper-Pearson [%.6f, %.6f]", c.k, c.n, low, high, wantLow, wantHigh)
		}
	}
	// R 4.x, binom.test(7, 20)$conf.int: 0.1539092 0.5921885
	low, high := Gaffke(zerosAndOnes(7, 20), 0, 1, .95)
	if math.Abs(low-.1539092) > 1e-6 || math.Abs(high-.5921885) > 1e-6 {
		t.Errorf("7 of 20: [%.7f, %.7f], R has [0.1539092, 0.5921885]", low, high)
	}
}

// drawn is the lower bound as its definition says: by drawing the weights.
func drawn(r *rand.Rand, values []float64, worst, alpha float64, draws int) float64 {
	means := make([]float64, draws)
	for i := range means {
		w := r.ExpFloat64()
		sum, weights := w*worst, w
		for _, v := range values {
			w := r.ExpFloat64()
			sum, weights = sum+w*v, weights+w
		}
		means[i] = sum / weights
	}
	slices.Sort(means)
	return means[int(alpha*float64(draws))]
}

func TestGaffkeIsTheQuantileOfRandomWeights(t *testing.T) {
	if testing.Short() {
		t.Skip("a simulation: left out by -short")
	}
	const draws = 40_000
	for name, values := range map[string]func(r *rand.Rand) float64{
		"differences of scores": func(r *rand.Rand) float64 { return r.Float64() - r.Float64() },
		"mostly unchanged":      func(r *rand.Rand) float64 { return max(0, r.Float64()-.9) * -10 },
		"ternary":               func(r *rand.Rand) float64 { return float64(r.IntN(3) - 1) },
	} {
		for _, n := range []int{1, 2, 5, 20, 120, 400} {
			r := rand.New(rand.NewPCG(uint64(n), 9))
			d := make([]float64, n)
			for i := range d {
				d[i] = values(r)
			}
			low, high := Gaffke(d, -1, 1, .9)
			wantLow := drawn(r, d, -1, .05, draws)
			negated := make([]float64, n)
			for i, v := range d {
				negated[i] = -v
			}
			wantHigh := -drawn(r, negated, -1, .05, draws)
			// 4 standard errors of a 5 % quantile, its density from the width.
			tolerance := 4 * math.Sqrt(.05*.95/draws) * (high - low) / .33
			if math.Abs(low-wantLow) > tolerance || math.Abs(high-wantHigh) > tolerance {
				t.Errorf("%s, n=%d: [%.4f, %.4f], drawn [%.4f, %.4f], tolerance %.4f", name, n, low, high, wantLow, wantHigh, tolerance)
			}
		}
	}
}

func TestGaffkeSaddleAgreesWithExact(t *testing.T) {
	worst := 0.0
	for seed := range uint64(30) {
		r := rand.New(rand.NewPCG(seed, 2))
		v := make([]float64, exactGaffke)
		for i := range v {
			switch seed % 3 {
			case 0:
				v[i] = r.Float64()
			case 1:
				v[i] = float64(r.IntN(2))
			default:
				if r.IntN(40) == 0 {
					v[i] = r.Float64()
				}
			}
		}
		slices.Sort(v)
		groups := grouped(v)
		for _, alpha := range []float64{.025, .05} {
			exact := root(func(x float64) float64 { return simplexAbove(v, x) - (1 - alpha) }, 0, v[len(v)-1])
			saddle := root(func(x float64) float64 { return saddleAbove(groups, x) - (1 - alpha) }, 0, v[len(v)-1])
			worst = max(worst, math.Abs(exact-saddle))
		}
	}
	if worst > 2e-4 || worst == 0 {
		t.Errorf("largest difference %.2g, documented 0.0002", worst)
	}
}

func TestGaffkeLaws(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		value := rapid.OneOf(rapid.Float64Range(-1, 1), rapid.SampledFrom([]float64{0, 1, -1, .5, math.NaN(), 7, math.Inf(-1)}))
		n := rapid.IntRange(0, 300).Draw(t, "n")
		d := rapid.SliceOfN(value, n, n).Draw(t, "d")
		low, high := Gaffke(d, -1, 1, .95)
		if !(low >= -1 && high <= 1 && low <= high) {
			t.Fatalf("[%v, %v]", low, high)
		}
		narrowLow, narrowHigh := Gaffke(d, -1, 1, .9)
		if narrowLow < low-1e-8 || narrowHigh > high+1e-8 {
			t.Fatalf("90 %% [%v, %v] outside 95 %% [%v, %v]", narrowLow, narrowHigh, low, high)
		}
		for i := range d {
			d[i] = -d[i]
		}
		if l, h := Gaffke(d, -1, 1, .95); l != -high || h != -low {
			t.Fatalf("negated: [%v, %v], was [%v, %v]", l, h, low, high)
		}
	})
}

// TestProvableMargin holds the price list of the specification's section 2.5.
func TestProvableMargin(t *testing.T) {
	for _, c := range []struct {
		margin float64
		cases  int
	}{{.05, 59}, {.03, 99}, {.02, 149}, {.01, 299}} {
		if got := CasesToHold(c.margin, 0, .95, .8); got != c.cases {
			t.Errorf("a margin of %v needs %d unchanged cases, got %d", c.margin, c.cases, got)
		}
		low, high := Gaffke(make([]float64, c.cases), -1, 1, .9)
		if low < -c.margin || high > c.margin || math.Abs(high-ProvableMargin(c.cases, .95)) > 1e-9 {
			t.Errorf("%d zeros: [%v, %v], margin %v", c.cases, low, high, c.margin)
		}
		if low, _ := Gaffke(make([]float64, c.cases-1), -1, 1, .9); low >= -c.margin {
			t.Errorf("%d zeros already prove %v", c.cases-1, c.margin)
		}
	}
	if ProvableMargin(0, .95) != 1 {
		t.Error("no case proves nothing")
	}
}

// TestGaffkeCoverage repeats a hard row of section 2.5: 5 % of the cases
// collapse, where t intervals cover 60 to 70 %.
func TestGaffkeCoverage(t *testing.T) {
	for _, n := range []int{10, 50} {
		const truth = -.05
		covered, wrong := 0, 0
		const reps = 600
		for i := range reps {
			r := rand.New(rand.NewPCG(uint64(i), uint64(n)))
			d := make([]float64, n)
			for j := range d {
				if r.Float64() < .05 {
					d[j] = -1
				}
			}
			if low, high := Gaffke(d, -1, 1, .95); low <= truth && truth <= high {
				covered++
			}
			if low, _ := Gaffke(d, -1, 1, .9); low > truth {
				wrong++
			}
		}
		if covered < reps*93/100 || wrong > reps*7/100 {
			t.Errorf("n=%d: covers %d of %d, %d false \"holds\"", n, covered, reps, wrong)
		}
	}
}

func BenchmarkGaffke(b *testing.B) {
	for _, n := range []int{20, 120, 150, 1000, 100_000} {
		r := rand.New(rand.NewPCG(1, 1))
		d := make([]float64, n)
		for i := range d {
			d[i] = r.Float64() - r.Float64()
		}
		b.Run(fmt.Sprintf("continuous/n=%d", n), func(b *testing.B) {
			for b.Loop() {
				Gaffke(d, -1, 1, .95)
			}
		})
	}
}
