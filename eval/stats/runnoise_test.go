package stats

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// TestPredictiveTTextbook is Devore, Probability and Statistics for Engineering and
// the Sciences, chapter 7, the fat content of ten hot dogs: mean 21.90, standard
// deviation 4.134, 95 % prediction interval for an eleventh 21.90 +- 2.262 x 4.134 x
// sqrt(1 + 1/10) = (12.09, 31.71).
func TestPredictiveTTextbook(t *testing.T) {
	fat := []float64{25.2, 21.3, 22.8, 17.0, 29.8, 21.0, 25.5, 16.0, 20.9, 19.5}
	for _, c := range []struct{ candidate, t float64 }{{12.09, -2.262}, {31.71, 2.262}} {
		r := PredictiveT(fat, c.candidate, 4)
		if r.Runs != 10 || math.Abs(r.SD-4.134) > .0005 {
			t.Errorf("%d runs, standard deviation %.4f, want 10 and 4.134", r.Runs, r.SD)
		}
		if math.Abs(r.T-c.t) > .002 || math.Abs(r.P-.05) > .0002 {
			t.Errorf("%v: t %.4f, P %.5f, want %v and .05", c.candidate, r.T, r.P, c.t)
		}
		if math.Abs(r.Overdispersion-r.SD*r.SD/4) > 1e-12 {
			t.Errorf("overdispersion %v", r.Overdispersion)
		}
	}
	gaps := PredictiveT(append([]float64{math.NaN(), math.Inf(1)}, fat...), 30, 4)
	if gaps != PredictiveT(fat, 30, 4) {
		t.Errorf("means that are not finite count: %+v", gaps)
	}
}

func TestPredictiveTEdges(t *testing.T) {
	for _, c := range []struct {
		runs                []float64
		candidate, expected float64
		want                RunNoise
	}{
		{nil, .5, 1, RunNoise{P: 1}},
		{[]float64{.9}, .1, 1, RunNoise{Runs: 1, P: 1}},
		{[]float64{.9, .9, .9}, .9, .1, RunNoise{Runs: 3, P: 1}},
		{[]float64{.9, .7}, math.NaN(), 0, RunNoise{Runs: 2, SD: math.Sqrt(.02), P: 1}},
		{[]float64{.9, .7}, .8, 0, RunNoise{Runs: 2, SD: math.Sqrt(.02), P: 1}},
	} {
		got := PredictiveT(c.runs, c.candidate, c.expected)
		if math.Abs(got.SD-c.want.SD) < 1e-12 {
			got.SD = c.want.SD
		}
		if math.Abs(got.T) < 1e-12 {
			got.T = 0
		}
		if got != c.want {
			t.Errorf("%+v: %+v", c, got)
		}
	}
	// Nine equal runs and another: one of ten is the odd one by chance in 1/10, and
	// t(.95; 8) is 1.8595 in every table.
	got := PredictiveT(slices.Repeat([]float64{.1 + .2}, 9), .25, 0)
	if got.P != .1 || math.Abs(got.T+1.8595) > 1e-4 {
		t.Errorf("no spread: %+v, want P .1 and T -1.8595", got)
	}
}

// TestPredictiveTMeasured repeats the columns "predictive t" of the specification's
// section 2.7, 10 baseline runs of 1 and 3 repeats, 200 cases of population BM (p
// .99, .9 and .5 for 70, 20 and 10 %), two-sided .05; 1000 comparisons a row, 1200
// there. The overdispersion is that of the shocks that were put in.
func TestPredictiveTMeasured(t *testing.T) {
	const runs, comparisons = 10, 1000
	for _, row := range []struct {
		repeats int
		shocks  float64 // standard deviation, points
		want    float64
	}{
		{1, 0, .05}, {1, .5, .04}, {1, 1, .04}, {1, 1.5, .05}, {1, 2.6, .05},
		{3, 0, .06}, {3, .5, .06}, {3, 1, .05}, {3, 1.5, .06}, {3, 2.6, .05},
	} {
		t.Run(fmt.Sprintf("%d repeats, shocks of %v points", row.repeats, row.shocks), func(t *testing.T) {
			t.Parallel()
			r := rand.New(rand.NewPCG(12, uint64(row.repeats)))
			cases := slices.Concat(slices.Repeat([]float64{.99}, 140), slices.Repeat([]float64{.9}, 40), slices.Repeat([]float64{.5}, 20))
			explained := 0.0
			for _, p := range cases {
				explained += p * (1 - p)
			}
			explained /= float64(len(cases) * len(cases) * row.repeats)
			rejected, spread := 0, 0.0
			for range comparisons {
				var means [runs + 1]float64
				for i := range means {
					shock := row.shocks / 100 * r.NormFloat64()
					for _, p := range cases {
						for range row.repeats {
							if r.Float64() < p {
								means[i]++
							}
						}
					}
					means[i] = means[i]/float64(len(cases)*row.repeats) + shock
				}
				x := PredictiveT(means[:runs], means[runs], explained)
				if x.P <= .05 {
					rejected++
				}
				spread += x.Overdispersion / comparisons
			}
			got := float64(rejected) / comparisons
			se := math.Sqrt(row.want * (1 - row.want) * (1./comparisons + 1./1200))
			wantSpread := 1 + row.shocks*row.shocks*1e-4/explained
			t.Logf("%.3f, specified %.2f; overdispersion %.2f, put in %.2f", got, row.want, spread, wantSpread)
			if math.Abs(got-row.want) > 3*se+.005 {
				t.Errorf("rejects %.3f, specified %.2f, se %.4f", got, row.want, se)
			}
			if se := wantSpread * math.Sqrt(2./(runs-1)/comparisons); math.Abs(spread-wantSpread) > 4*se {
				t.Errorf("overdispersion %.3f, put in %.3f, se %.3f", spread, wantSpread, se)
			}
		})
	}
}

func BenchmarkPredictiveT(b *testing.B) {
	x := nights(rand.New(rand.NewPCG(13, 13)), 365, 0)
	for b.Loop() {
		PredictiveT(x, 88, 1)
	}
}
