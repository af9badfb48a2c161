package stats

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

// TestWithinMeasured repeats rows of the specification's table of power (its
// section 2.4: one-sided .025, 600 data sets a row, 5 % of the cases collapse)
// and the error rate without a change.
func TestWithinMeasured(t *testing.T) {
	reps := 600
	if testing.Short() {
		t.Skip("-short: the simulated power of the within-case test is not checked")
	}
	rows := []struct {
		pop   int // BM, CM
		n, ab int
		power float64
	}{
		{0, 20, 3, .30}, {0, 50, 3, .56}, {0, 20, 5, .50}, {0, 50, 5, .73},
		{1, 20, 3, .34}, {1, 50, 3, .73}, {1, 20, 5, .58}, {1, 50, 5, .81},
	}
	pops := populations()
	for _, row := range rows {
		p := pops[row.pop]
		t.Run(fmt.Sprintf("%s/n=%d/%dvs%d", p.name, row.n, row.ab, row.ab), func(t *testing.T) {
			t.Parallel()
			seen, wrong := 0, 0
			for i := range reps {
				r := rand.New(rand.NewPCG(uint64(i), 77))
				if test := within(p.pools(r, row.n, row.ab, row.ab, .05), uint64(i)); test.Down <= .025 {
					seen++
				}
				if test := within(p.pools(r, row.n, row.ab, row.ab, 0), uint64(i)); test.Down <= .025 {
					wrong++
				}
			}
			power, level := float64(seen)/float64(reps), float64(wrong)/float64(reps)
			t.Logf("power %.3f (specified %.2f), false alarms %.3f", power, row.power, level)
			// Both figures come from 600 data sets. The specification has a sum of
			// squares where Within has exponential sums, so more power is expected.
			if se := math.Sqrt(2 * row.power * (1 - row.power) / float64(reps)); power < row.power-2*se {
				t.Errorf("power %.3f, specified %.2f, se %.3f", power, row.power, se)
			}
			if limit := .025 + 2.6*math.Sqrt(.025*.975/float64(reps)); level > limit {
				t.Errorf("false alarms %.3f, more than %.3f", level, limit)
			}
		})
	}
}

func within(pools []Pool, seed uint64) WithinTest {
	tests, _ := Within(pools, 1, []WithinCell{{0, -1}}, 1999, seed)
	return tests[0]
}

func BenchmarkWithin(b *testing.B) {
	for _, c := range []struct{ n, ab, metrics, slices int }{{200, 5, 1, 0}, {200, 5, 6, 5}, {1000, 3, 1, 0}, {1000, 3, 6, 5}} {
		r := rand.New(rand.NewPCG(1, 1))
		pools := make([]Pool, c.n)
		for i := range pools {
			v := make([]float64, 2*c.ab*c.metrics)
			for j := range v {
				v[j] = r.Float64()
			}
			pools[i] = Pool{A: c.ab, B: c.ab, Values: v}
			if c.slices > 0 {
				pools[i].Slices = []int32{int32(i % c.slices)}
			}
		}
		var cells []WithinCell
		for m := range c.metrics {
			for s := -1; s < c.slices; s++ {
				cells = append(cells, WithinCell{m, s})
			}
		}
		b.Run(fmt.Sprintf("n=%d/%dvs%d/cells=%d", c.n, c.ab, c.ab, len(cells)), func(b *testing.B) {
			for b.Loop() {
				Within(pools, c.metrics, cells, 9999, 1)
			}
		})
	}
}
