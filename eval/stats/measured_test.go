package stats

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

// TestSignFlipMeasured repeats rows of the specification's tables of error rates
// (2.1, two-sided .05, no change) and power (2.3, rejects and points down, 5 %
// of the cases collapse).
func TestSignFlipMeasured(t *testing.T) {
	reps := 2000
	if testing.Short() {
		t.Skip("-short: the simulated error rates of the sign-flip test are not checked")
	}
	for _, row := range []struct {
		pop, n, repeats int
		collapse        float64
		want            float64
		specifiedReps   float64
	}{
		{0, 20, 1, 0, .002, 8000}, {0, 50, 1, 0, .026, 8000}, {0, 200, 1, 0, .048, 8000}, {0, 50, 5, 0, .044, 8000},
		{1, 10, 1, 0, .018, 8000}, {1, 20, 1, 0, .051, 8000}, {1, 50, 1, 0, .053, 8000}, {2, 50, 1, 0, .046, 8000},
		{0, 50, 1, .05, .11, 2000}, {0, 200, 1, .05, .39, 2000}, {0, 200, 5, .05, .77, 2000},
		{1, 50, 1, .05, .23, 2000}, {1, 200, 1, .05, .93, 2000},
	} {
		p := populations()[row.pop]
		t.Run(fmt.Sprintf("%s/n=%d/%d repeats/collapse %v", p.name, row.n, row.repeats, row.collapse), func(t *testing.T) {
			t.Parallel()
			rejected := 0
			for i := range reps {
				r := rand.New(rand.NewPCG(uint64(i), 99))
				x := SignFlip(differences(p.pools(r, row.n, row.repeats, row.repeats, row.collapse)))
				if x.Mid <= .05 && (row.collapse == 0 || x.Z < 0) {
					rejected++
				}
			}
			got := float64(rejected) / float64(reps)
			se := math.Sqrt(row.want * (1 - row.want) * (1/float64(reps) + 1/row.specifiedReps))
			t.Logf("%.3f, specified %.3f", got, row.want)
			if math.Abs(got-row.want) > 3*se+.0005 {
				t.Errorf("%.3f, specified %.3f, se %.4f", got, row.want, se)
			}
		})
	}
}
