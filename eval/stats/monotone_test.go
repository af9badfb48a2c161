package stats

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"gonum.org/v1/gonum/stat/distuv"
)

// rainfall is the monthly rainfall of Bogra, mm, 1981 to 2010, without the seven
// months that are missing: the series of pyMannKendall's tests.
func rainfall() []float64 {
	return []float64{
		32, 20, 25, 189, 240, 193, 379, 278, 301, 0, 0, 82,
		0, 4, 121, 234, 360, 262, 120, 30, 11, 1,
		7, 3, 31, 31, 355, 102, 248, 274, 308, 5, 26,
		11, 16, 6, 48, 388, 539, 431, 272, 404, 186, 0, 2,
		0, 4, 1, 54, 272, 459, 235, 164, 365, 135, 2,
		4, 0, 128, 210, 163, 446, 225, 462, 467, 19, 13,
		0, 3, 17, 132, 178, 338, 525, 623, 145, 31, 19, 3,
		0, 29, 25, 87, 259, 756, 486, 180, 292, 43, 92, 1,
		0, 16, 2, 0, 130, 253, 594, 111, 273, 30, 0, 4,
		0, 27, 24, 41, 292, 378, 499, 265, 320, 227, 4, 0,
		4, 14, 8, 48, 416, 240, 404, 207, 733, 105, 0, 112,
		0, 14, 0, 30, 140, 202, 289, 159, 424, 106, 3, 0,
		65, 3, 14, 58, 268, 466, 432, 266, 240, 95, 1, 0,
		10, 26, 4, 114, 94, 289, 173, 208, 263, 156, 5, 0,
		16, 16, 14, 0, 111, 475, 534, 432, 471, 117, 70, 1,
		3, 28, 7, 401, 184, 283, 338, 171, 335, 176, 0, 0,
		10, 11, 9, 140, 102, 208, 298, 245, 220, 29, 2, 27,
		10, 13, 26, 84, 143, 367, 749, 563, 283, 353, 10, 0,
		0, 0, 0, 9, 246, 265, 343, 429, 168, 133, 17, 0,
		18, 35, 76, 158, 272, 250, 190, 289, 466, 84, 0, 0,
		0, 0, 0, 22, 217, 299, 185, 115, 344, 203, 8,
		0, 5, 284, 123, 254, 476, 496, 326, 27, 20, 0,
		4, 53, 72, 113, 214, 364, 219, 220, 156, 264, 0, 13,
		0, 0, 45, 90, 137, 638, 529, 261, 206, 251, 0, 0,
		5, 9, 58, 72, 138, 130, 471, 328, 356, 523, 0, 1,
		0, 0, 12, 143, 193, 184, 192, 138, 174, 69, 1, 0,
		0, 18, 25, 28, 92, 732, 320, 256, 302, 131, 15, 0,
		27, 0, 22, 20, 213, 393, 474, 374, 109, 159, 0, 0,
		0, 3, 3, 49, 205, 128, 194, 570, 169, 89, 0, 0,
		0, 0, 0, 26, 185, 286, 92, 225, 244, 190, 3, 20,
	}
}

// TestPyMannKendall holds what pyMannKendall's tests assert of the rainfall, which
// has many ties and a season: original_test, hamed_rao_modification_test (all
// significant lags, and three), yue_wang_modification_test (one lag) and Sen's slope.
func TestPyMannKendall(t *testing.T) {
	x := rainfall()
	near := func(name string, got, want, tolerance float64) {
		t.Helper()
		if math.Abs(got-want) > tolerance*math.Abs(want) {
			t.Errorf("%s %v, want %v", name, got, want)
		}
	}
	k := mannKendall(x)
	near("S", k.s, -1959, 0)
	near("variance", k.variance, 4889800.333333333, 1e-12)
	near("z", k.z(), .8854562842589916, 1e-12)
	near("P", 2*distuv.UnitNormal.Survival(k.z()), .37591058740506833, 1e-9)
	near("S over all pairs", k.s/k.pairs(), -.03153167653875869, 1e-12)
	at := make([]int, len(x))
	rest := make([]float64, len(x))
	for i := range at {
		at[i] = i
	}
	slope := median(pairSlopes(x, at))
	near("slope", slope, -.0064516129032258064, 1e-12)
	for i, v := range x {
		rest[i] = v - slope*float64(i+1) // ties depend on the rounding, so from 1 as there
	}
	ranks := middleRanks(rest)
	limit := distuv.UnitNormal.Quantile(.975) / math.Sqrt(float64(len(x)))
	for lags, want := range map[int]float64{len(x): 257403.38678462413, 3: 14226812.425138814} {
		factor := varianceFactor(len(x), func(lag int) float64 {
			if r := autocorrelation(ranks, lag); lag <= lags && math.Abs(r) > limit {
				return r
			}
			return 0
		})
		near(fmt.Sprintf("variance of Hamed and Rao, %d lags", lags), k.variance*factor, want, 1e-9)
	}
	n := float64(len(x))
	near("variance of Yue and Wang", k.variance*(1+2*(1-1/n)*autocorrelation(rest, 1)), 10377301.691383107, 1e-9)
	r := MonotoneRot(x, .95)
	near("tau-b", r.Tau, -1959/math.Sqrt(k.untied*k.pairs()), 1e-12)
	near("slope", r.Slope, slope, 0)
	if !(r.P > .37591058740506833) {
		t.Errorf("P %v is not wider than that of unrelated values", r.P)
	}
}

// TestExactKendall holds table A18 of Gilbert (1987), from Kendall (1975): the
// probability of a score of S or more, printed to two digits or three places.
func TestExactKendall(t *testing.T) {
	for n, table := range map[int]map[float64]float64{
		4: {2: .375, 4: .167, 6: .042},
		5: {2: .408, 4: .242, 6: .117, 8: .042, 10: .0083},
		6: {1: .5, 3: .360, 5: .235, 7: .136, 9: .068, 11: .028, 13: .0083, 15: .0014},
		8: {2: .452, 4: .360, 8: .199, 12: .089, 16: .031, 20: .0071, 24: .00087, 28: .000025},
		9: {2: .460, 10: .179, 14: .090, 18: .038, 24: .0063, 30: .00043, 36: .0000028},
	} {
		for s, want := range table {
			got := exactKendall(n, s) / 2
			if math.Abs(got-want) > .02*want && math.Abs(got-want) > .00051 {
				t.Errorf("n = %d, S = %v: %.7f, want %v", n, s, got, want)
			}
			if other := exactKendall(n, -s) / 2; other != got {
				t.Errorf("n = %d: S = %v and %v differ: %v, %v", n, s, -s, got, other)
			}
		}
	}
	if p := exactKendall(7, 1); math.Abs(p-1) > 1e-12 {
		t.Errorf("the middle of seven: %v", p)
	}
}

// TestCloudSeeding is example 9.1 of Hollander, Wolfe and Chicken, Nonparametric
// Statistical Methods: C = -6, one-sided P .117, slope -.056.
func TestCloudSeeding(t *testing.T) {
	r := MonotoneRot([]float64{1.26, 1.27, 1.12, 1.16, 1.03}, .95)
	if math.Abs(r.Tau+.6) > 1e-12 || math.Abs(r.P-2*14./120) > 1e-9 || math.Abs(r.Slope+.05625) > 1e-12 {
		t.Errorf("%+v, want tau -.6, P 28/120, slope -.05625", r)
	}
	if !(r.Low < r.Slope && r.Slope < r.High) {
		t.Errorf("interval %v to %v", r.Low, r.High)
	}
}

// TestSenInterval is the example of Sen (1968), section 6, as SciPy tests its
// theilslopes with it: at 1 - .07 the slope 4 has the interval 3.71 to 4.38. The
// times 1, 2, 3, 4, 10, 12 and 18 make gaps in the series.
func TestSenInterval(t *testing.T) {
	series := slices.Repeat([]float64{math.NaN()}, 18)
	for i, at := range []int{1, 2, 3, 4, 10, 12, 18} {
		series[at-1] = []float64{9, 15, 19, 20, 45, 55, 78}[i]
	}
	x, at := finiteValues(series)
	low, high := slopeInterval(pairSlopes(x, at), mannKendall(x).variance, .93)
	if math.Abs(low-3.71) > .005 || math.Abs(high-4.38) > .0051 {
		t.Errorf("%.4f to %.4f, want 3.71 to 4.38", low, high)
	}
	r := MonotoneRot(series, .93)
	if r.Slope != 4 || r.Tau != 1 || r.Low > low || r.High < high {
		t.Errorf("%+v, want slope 4 and an interval about %v to %v", r, low, high)
	}
}

func TestMonotoneRotEdges(t *testing.T) {
	for _, x := range [][]float64{nil, {1}, {math.NaN(), 1}, slices.Repeat([]float64{.7}, 50)} {
		if got := MonotoneRot(x, .95); got != (Rot{P: 1}) {
			t.Errorf("%v: %+v", x, got)
		}
	}
	if got := MonotoneRot([]float64{1, 2}, .95); got.P != 1 || got.Slope != 1 {
		t.Errorf("two values: %+v", got)
	}
	x := nights(rand.New(rand.NewPCG(14, 14)), 30, .3)
	for i := range x {
		x[i] -= .1 * float64(i)
	}
	r := MonotoneRot(x, .95)
	if got := MonotoneRot(x, 0); got != r {
		t.Errorf("the default confidence: %+v, want %+v", got, r)
	}
	if wide := MonotoneRot(x, .999); !(wide.Low < r.Low && wide.High > r.High && wide.P == r.P) {
		t.Errorf("more confidence: %+v, less: %+v", wide, r)
	}
	mirrored := make([]float64, len(x))
	for i, v := range x {
		mirrored[i] = -v
	}
	m := MonotoneRot(mirrored, .95)
	if m.Tau != -r.Tau || m.P != r.P || m.Slope != -r.Slope || m.Low != -r.High || m.High != -r.Low {
		t.Errorf("mirrored %+v, want the mirror image of %+v", m, r)
	}
}

// TestMonotoneRotMeasured holds the table of MonotoneRot's comment: false trends at
// .05 and the coverage of the 95 % interval, 1000 series a row.
func TestMonotoneRotMeasured(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: error rates of slow trends are not measured")
	}
	const reps = 1000
	for _, row := range []struct {
		n             int
		related, want float64
		covered       float64
	}{
		{30, 0, .04, .95}, {30, .3, .06, .94}, {30, .5, .07, .93},
		{90, 0, .04, .95}, {90, .3, .06, .94}, {90, .5, .07, .93},
	} {
		t.Run(fmt.Sprintf("%d values, autocorrelation %v", row.n, row.related), func(t *testing.T) {
			t.Parallel()
			r := rand.New(rand.NewPCG(15, uint64(row.n)))
			found, covered := 0., 0.
			for range reps {
				x := nights(r, row.n, row.related)
				rot := MonotoneRot(x, .95)
				if rot.P <= .05 {
					found++
				}
				if rot.Low <= 0 && rot.High >= 0 {
					covered++
				}
			}
			t.Logf("false trends %.3f, covered %.3f", found/reps, covered/reps)
			if se := math.Sqrt(row.want * (1 - row.want) / reps); math.Abs(found/reps-row.want) > 3*se+.005 {
				t.Errorf("false trends %.3f, documented %.2f", found/reps, row.want)
			}
			if se := math.Sqrt(row.covered * (1 - row.covered) / reps); covered/reps < row.covered-3*se {
				t.Errorf("covered %.3f, want %.2f", covered/reps, row.covered)
			}
		})
	}
}

func TestPlaceRank(t *testing.T) {
	r := rand.New(rand.NewPCG(17, 17))
	for n := 1; n <= 60; n++ {
		x := make([]float64, n)
		for i := range x {
			x[i] = float64(r.IntN(1 + n/(1+n%3)))
		}
		sorted := slices.Sorted(slices.Values(x))
		for k := range x {
			placeRank(x, k)
			if x[k] != sorted[k] || slices.Max(x[:k+1]) > x[k] || slices.Min(x[k:]) < x[k] {
				t.Fatalf("rank %d of %v: %v", k, sorted, x)
			}
		}
		if got, want := median(x), (sorted[(n-1)/2]+sorted[n/2])/2; got != want {
			t.Fatalf("median of %v: %v", sorted, got)
		}
	}
}

func BenchmarkMonotoneRot(b *testing.B) {
	x := nights(rand.New(rand.NewPCG(16, 16)), 365, .2)
	b.Run("20x365", func(b *testing.B) {
		for b.Loop() {
			for range 20 {
				MonotoneRot(x, .95)
			}
		}
	})
}
