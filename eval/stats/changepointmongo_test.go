package stats

import (
	"math"
	"slices"
	"strconv"
	"testing"
)

// TestMongo holds the values that MongoDB's signal-processing-algorithms asserts.
// Its variant searches tau alone, with everything after it (kappa at the end). Its
// "original whitepaper" values are those of an early program, in which the scale
// nm/(n+m) was an integer and the last two splits were left out. Its significance
// test permutes and cannot be compared number by number; at our default P the
// t-test finds the change points that it asserts. (At its P of .01 the t-test adds
// one at 50 in random_ish.)
func TestMongo(t *testing.T) {
	records := changeRecords(t)
	small := records["mongo/qhat_small"]
	got, early := mongoValues(small.Series)
	for tau := range small.Series {
		if math.Abs(got[tau]-small.QHatValues[tau]) > 1e-7 {
			t.Errorf("Q-hat(%d) = %v, want %v", tau, got[tau], small.QHatValues[tau])
		}
		if math.Abs(early[tau]-small.QHatOriginal[tau]) > 1e-7 {
			t.Errorf("early Q-hat(%d) = %v, want %v", tau, early[tau], small.QHatOriginal[tau])
		}
	}
	noisy := records["mongo/random_ish"]
	found := 0
	for _, end := range []int{len(noisy.Series), 40} { // the second split is that of the first 40
		values, _ := mongoValues(noisy.Series[:end])
		best := slices.Index(values, slices.Max(values))
		want, ok := noisy.QHat[strconv.Itoa(best)]
		if !ok || math.Abs(values[best]-want) > 1e-6 {
			t.Errorf("first %d: Q-hat(%d) = %v, want one of %v", end, best, values[best], noisy.QHat)
		}
		found++
	}
	if found != len(noisy.QHat) {
		t.Errorf("%d splits, want %d", found, len(noisy.QHat))
	}
	for _, id := range []string{"mongo/random_ish", "mongo/simple_regression", "mongo/no_regression"} {
		r := records[id]
		if got := indices(ChangePoints(r.Series, ChangeOptions{})); !slices.Equal(got, r.ChangePoints) || len(r.Series) == 0 {
			t.Errorf("%s: %v, want %v", id, got, r.ChangePoints)
		}
	}
	step := slices.Concat(make([]float64, 1000), slices.Repeat([]float64{1}, 1000))
	if got := indices(ChangePoints(step, ChangeOptions{})); !slices.Equal(got, []int{1000}) {
		t.Errorf("1000 zeros, 1000 ones (tests/test_e_divisive.py): %v", got)
	}
}

// mongoValues gives Q-hat of every tau, now and as in the early program.
func mongoValues(x []float64) (now, early []float64) {
	now, early = make([]float64, len(x)), make([]float64, len(x))
	eachCut(x, func(tau, kappa int, across, left, right float64) {
		if kappa < len(x) {
			return
		}
		n, m := tau, kappa-tau
		now[tau] = divergence(n, m, across, left, right)
		if m > 2 {
			early[tau] = now[tau] * float64(n*m/(n+m)) / (float64(n*m) / float64(n+m))
		}
	})
	return now, early
}

// TestEnergy holds MongoDB's test_energy_statistics.py: e = 2 E|X-Y| - E|X-X'| -
// E|Y-Y'|, t = nm/(n+m) e, h = e / 2 E|X-Y|, from our sums;
// means there divide by n*n.
func TestEnergy(t *testing.T) {
	records := changeRecords(t)
	for _, id := range []string{"energy/identical", "energy/different"} {
		r, ok := records[id]
		if !ok {
			t.Errorf("no record %s", id)
			continue
		}
		x := span(r.X.Range)
		tau := len(x)
		x = append(x, span(r.Y.Range)...)
		eachCut(x, func(at, kappa int, across, left, right float64) {
			if at != tau || kappa != len(x) {
				return
			}
			n, m := float64(tau), float64(kappa-tau)
			e := 2*across/(n*m) - 2*left/(n*n) - 2*right/(m*m)
			got := [3]float64{e, n * m / (n + m) * e, e / (2 * across / (n * m))}
			for i, want := range [3]float64{r.Expected.E, r.Expected.T, r.Expected.H} {
				if math.Abs(got[i]-want) > 1.5e-3 {
					t.Errorf("%s: %v, want %+v", id, got, r.Expected)
				}
			}
		})
	}
}

func span(r [3]float64) (x []float64) {
	for v := r[0]; v < r[1]; v += r[2] {
		x = append(x, v)
	}
	return x
}
