package stats

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// TestChangePointsLaws: every change is described by the stretches up to its
// neighbours; upside down a series changes at the same places; with Retest every
// change keeps what the options promise, and without it some do not.
func TestChangePointsLaws(t *testing.T) {
	r := rand.New(rand.NewPCG(18, 18))
	var found, stale [2]int
	for range 100 {
		x, mirrored := steps(r, 30+r.IntN(200))
		for k, opt := range []ChangeOptions{{P: .01, Magnitude: .02}, {P: .01, Magnitude: .02, Retest: true}} {
			points := ChangePoints(x, opt)
			found[k] += len(points)
			for i, p := range points {
				lo, hi := 0, len(x)
				if i > 0 {
					lo = points[i-1].Index
				}
				if i+1 < len(points) {
					hi = points[i+1].Index
				}
				want := studentT(x[lo:p.Index], x[p.Index:hi])
				if want.Index = p.Index; p != want {
					t.Fatalf("%+v, its stretches give %+v", p, want)
				}
				if size := max(math.Abs(p.After/p.Before-1), math.Abs(p.Before/p.After-1)); p.P >= opt.P || size <= opt.Magnitude {
					stale[k]++
				}
			}
			if got := indices(ChangePoints(mirrored, opt)); !slices.Equal(got, indices(points)) {
				t.Fatalf("mirrored %v, want %v", got, indices(points))
			}
		}
	}
	t.Logf("changes %v, not as promised %v", found, stale)
	if found[1] < 100 || stale[1] > 0 || stale[0] == 0 {
		t.Errorf("of %v changes without and with Retest %v are not as promised", found, stale)
	}
}

// steps is noise about a level that moves now and then, and the same upside down.
func steps(r *rand.Rand, n int) (x, mirrored []float64) {
	level := 10.
	for range n {
		if r.IntN(20) == 0 {
			level += r.NormFloat64()
		}
		v := level + .5*r.NormFloat64()
		x, mirrored = append(x, v), append(mirrored, -v)
	}
	return x, mirrored
}

// TestChangePointsMeasured repeats two rows of the specification's section 6.1:
// Otava's default P .001 (Window 50), run every night over 90 quiet nights from
// the 20th on, reports a drop in .21 of the histories; here 300 histories, one
// night in three. P 1e-4 reports one in .036.
func TestChangePointsMeasured(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: the false alarms of change points are not measured")
	}
	const histories = 300
	for _, row := range []struct{ p, want float64 }{{.001, .21}, {1e-4, .036}} {
		r := rand.New(rand.NewPCG(3, 3))
		alarms := 0
		for range histories {
			x := make([]float64, 90)
			for i := range x {
				x[i] = r.NormFloat64()
			}
			for n := 21; n <= 90; n++ {
				if slices.ContainsFunc(ChangePoints(x[:n], ChangeOptions{P: row.p}), func(c ChangePoint) bool { return c.After < c.Before }) {
					alarms++
					break
				}
			}
		}
		got := float64(alarms) / histories
		se := math.Sqrt(row.want * (1 - row.want) / histories)
		t.Logf("P %v: a drop is reported in %.3f of the histories, specified %.3f", row.p, got, row.want)
		if math.Abs(got-row.want) > 3*se {
			t.Errorf("P %v: %.3f, specified %.3f, se %.3f", row.p, got, row.want, se)
		}
	}
}
