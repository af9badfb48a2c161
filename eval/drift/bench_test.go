package drift

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"holdtrue/eval"
)

func BenchmarkCompare(b *testing.B) {
	const n, metrics = 100_000, 6
	var family []eval.Metric
	for m := range metrics {
		x := unit
		x.Name = fmt.Sprint("m", m)
		family = append(family, x)
	}
	r := rand.New(rand.NewPCG(1, 1))
	side := func(shift float64) []eval.Row {
		rows := make([]eval.Row, n)
		for i := range rows {
			v := make([]float64, metrics)
			for m := range v {
				if v[m] = r.Float64(); m%2 == 0 {
					v[m] = math.Round(v[m] - shift)
				}
			}
			rows[i] = row(caseID(i), 0, v...)
			rows[i].Tags = map[string][]string{"topic": {fmt.Sprint(i % 5)}}
		}
		return rows
	}
	before, after := side(0), side(.001)
	first, second := newRun("a", family...), newRun("b", family...)
	first.Cases, first.Repeats, second.Cases, second.Repeats = n, 1, n, 1
	b.ReportAllocs()
	for b.Loop() {
		compare(b, first, second, before, after, Options{Slices: []string{"topic"}})
	}
}
