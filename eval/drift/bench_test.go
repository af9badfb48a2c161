package drift

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"holdtrue/eval"
)

// BenchmarkCompare is two runs of 100,000 cases x 10 metrics (half yes/no) x 20
// slices, every correction included; a tenth of it shows how it scales.
func BenchmarkCompare(b *testing.B) {
	for _, n := range []int{10_000, 100_000} {
		for _, repeats := range []int{1, 3} {
			b.Run(fmt.Sprintf("cases=%d/repeats=%d", n, repeats), func(b *testing.B) { benchmarkCompare(b, n, repeats) })
		}
	}
}

func benchmarkCompare(b *testing.B, n, repeats int) {
	const metrics, slices = 10, 20
	var family []eval.Metric
	for m := range metrics {
		x := unit
		x.Name = fmt.Sprint("m", m)
		family = append(family, x)
	}
	var tags []map[string][]string
	for s := range slices {
		tags = append(tags, map[string][]string{"topic": {fmt.Sprint(s)}})
	}
	r := rand.New(rand.NewPCG(1, 1))
	side := func(shift float64) []eval.Row {
		rows := make([]eval.Row, n*repeats)
		for i := range rows {
			v := make([]float64, metrics)
			for m := range v {
				if v[m] = r.Float64(); m%2 == 0 {
					v[m] = math.Round(v[m] - shift)
				}
			}
			rows[i] = row(caseID(i/repeats), i%repeats, v...)
			rows[i].Tags = tags[i/repeats%slices]
		}
		return rows
	}
	before, after := side(0), side(.001)
	first, second := newRun("a", family...), newRun("b", family...)
	first.Cases, first.Repeats, second.Cases, second.Repeats = n, repeats, n, repeats
	b.ReportAllocs()
	for b.Loop() {
		compare(b, first, second, before, after, Options{Slices: []string{"topic"}})
	}
}
