package stats

import (
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"testing"

	"pgregory.net/rapid"
)

func all(n int) []int32 {
	rows := make([]int32, n)
	for i := range rows {
		rows[i] = int32(i)
	}
	return rows
}

// grid makes metrics x (overall + slices) columns over n rows; row i belongs to
// slice i mod slices.
func grid(n, metrics, slices int, d func(metric, row int) float64) []Column {
	var columns []Column
	for m := range metrics {
		whole := Column{Rows: all(n), D: make([]float64, n)}
		parts := make([]Column, slices)
		for i := range n {
			v := d(m, i)
			whole.D[i] = v
			p := &parts[i%slices]
			p.Rows, p.D = append(p.Rows, int32(i)), append(p.D, v)
		}
		columns = append(append(columns, whole), parts...)
	}
	return columns
}

// exactMaxT goes through all sign patterns of the rows.
func exactMaxT(columns []Column, rows int) []float64 {
	scales := make([]evidence, len(columns))
	for j, c := range columns {
		scales[j] = newEvidence(c.informative().D)
	}
	z := func(j, pattern int) float64 {
		c := columns[j]
		sum := 0.0
		for i, r := range c.Rows {
			if pattern>>r&1 == 1 {
				sum -= c.D[i]
			} else {
				sum += c.D[i]
			}
		}
		return scales[j].of(math.Abs(sum) / norm(c.D))
	}
	observed := make([]float64, len(columns))
	for j := range columns {
		observed[j] = z(j, 0)
	}
	s := newStepDown(observed)
	t := s.tally()
	draw := make([]float64, len(columns))
	for pattern := 1; pattern < 1<<rows; pattern++ {
		for j := range columns {
			draw[j] = z(j, pattern)
		}
		t.add(draw)
	}
	t.done()
	return s.p(1<<rows-1, true)
}

func TestMaxTAgainstAllPatterns(t *testing.T) {
	const rows, draws = 12, 40_000
	for seed := range uint64(4) {
		r := rand.New(rand.NewPCG(seed, 8))
		columns := grid(rows, 3, 2, func(m, i int) float64 {
			if m == 0 { // a binary metric, with ties
				return float64(r.IntN(3) - 1)
			}
			return r.NormFloat64() + float64(seed)/3
		})
		want := exactMaxT(columns, rows)
		got := MaxT(columns, draws, seed, .05)
		for j := range columns {
			se := math.Sqrt(want[j] * (1 - want[j]) / draws)
			if math.Abs(got.Adjusted[j]-max(want[j], got.Tests[j].Mid)) > 5*se+1e-4 {
				t.Errorf("seed %d, column %d: %.4f, all patterns %.4f", seed, j, got.Adjusted[j], want[j])
			}
		}
	}
}

func TestMaxTFamilyOfOne(t *testing.T) {
	d := []float64{-1, -1, -1, -1, -1, -1, 1, 0, 0, 0}
	one := Column{Rows: all(10), D: d}
	negated := Column{Rows: all(10), D: make([]float64, 10)}
	for i, v := range d {
		negated.D[i] = -v
	}
	part := Column{Rows: all(7), D: d[:7]}
	silent := Column{Rows: all(10), D: make([]float64, 10)}
	_, want := McNemar(6, 1)
	for reason, columns := range map[string][]Column{
		"one column":                            {one},
		"all-zero columns change nothing":       {silent, one, silent},
		"a column twice costs nothing":          {one, one, negated},
		"a slice that holds all that changed":   {one, part},
		"a column without rows changes nothing": {one, {}},
	} {
		got := MaxT(columns, 999, 1, .05)
		if got.Draws != 0 || got.Level != .05 {
			t.Errorf("%s: %d draws, level %v; want the exact answer", reason, got.Draws, got.Level)
		}
		for j, c := range columns {
			expected := want
			if len(c.informative().D) == 0 {
				expected = 1
			}
			if got.Adjusted[j] != expected {
				t.Errorf("%s: column %d has p %v, want %v", reason, j, got.Adjusted[j], expected)
			}
		}
	}
	if got := MaxT(nil, 999, 1, .05); len(got.Adjusted) != 0 {
		t.Error("no column, no p")
	}
}

func TestMaxTSilentColumnsCostNothing(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	columns := grid(40, 2, 3, func(int, int) float64 { return r.NormFloat64() + .3 })
	before := MaxT(columns, 999, 5, .05)
	after := MaxT(append(columns, columns[0], Column{Rows: all(40), D: make([]float64, 40)}), 999, 5, .05)
	for j := range columns {
		if before.Adjusted[j] != after.Adjusted[j] {
			t.Errorf("column %d: %v became %v", j, before.Adjusted[j], after.Adjusted[j])
		}
	}
	if before.Level != after.Level || before.Draws == 0 {
		t.Errorf("level %v became %v, %d draws", before.Level, after.Level, before.Draws)
	}
}

// TestMaxTErrorRate checks the family-wise error rate of the specification's
// section 3, .046 to .057 at nominal .05, on correlated columns.
func TestMaxTErrorRate(t *testing.T) {
	if testing.Short() {
		t.Skip("a simulation: left out by -short")
	}
	const reps = 800
	families, rejections := 0, 0
	for i := range reps {
		r := rand.New(rand.NewPCG(uint64(i), 3))
		columns := grid(60, 3, 4, func() func(int, int) float64 {
			shared := make([]float64, 60)
			for i := range shared {
				shared[i] = r.NormFloat64()
			}
			return func(m, i int) float64 {
				v := .8*shared[i] + .6*r.NormFloat64()
				if m == 0 {
					return math.Round(v / 2)
				}
				return v
			}
		}())
		f := MaxT(columns, 499, uint64(i), .05)
		families++
		for _, p := range f.Adjusted {
			if p <= .05 {
				rejections++
				break
			}
		}
	}
	rate := float64(rejections) / float64(families)
	if rate > .05+3*math.Sqrt(.05*.95/reps) || rate < .02 {
		t.Errorf("%.3f of %d families without a change were rejected", rate, families)
	}
}

func TestNormalLimitAgreesWithFlips(t *testing.T) {
	r := rand.New(rand.NewPCG(11, 12))
	const draws = 20_000
	columns := grid(3000, 4, 3, func(m, i int) float64 {
		if m == 0 {
			return float64(r.IntN(9)/8-r.IntN(9)/8) - float64(r.IntN(40)/39)
		}
		return r.NormFloat64() + .01*float64(m)
	})
	// A metric that nearly repeats another, and one of few rows.
	near := Column{Rows: columns[4].Rows, D: append([]float64{9}, columns[4].D[1:]...)}
	few := Column{Rows: all(30), D: columns[8].D[:30]}
	columns = append(columns, near, few)
	tests := make([]FlipTest, len(columns))
	for j, c := range columns {
		tests[j] = SignFlip(c.D)
	}
	flips, flipLevel := newRowMajor(columns).flips(tests, draws, 1, .05)
	limit, limitLevel := normalLimit(columns, tests, draws, 2, .05)
	for j := range columns {
		se := math.Sqrt(2 * flips[j] * (1 - flips[j]) / draws)
		if math.Abs(flips[j]-limit[j]) > 4*se+.01*flips[j]+.002 {
			t.Errorf("column %d: flips %.4f, limit %.4f", j, flips[j], limit[j])
		}
	}
	if math.Abs(flipLevel/limitLevel-1) > .15 {
		t.Errorf("level of one column: flips %.5f, limit %.5f", flipLevel, limitLevel)
	}
}

func TestFactorise(t *testing.T) {
	columns := grid(50, 2, 2, func(m, i int) float64 { return float64((i*7+m*3)%11 - 5) })
	columns = append(columns, columns[0]) // singular
	l, rank := factorise(correlation(columns))
	if rank == 0 || rank >= len(columns) {
		t.Errorf("rank %d of %d", rank, len(columns))
	}
	want := correlation(columns)
	for j := range columns {
		for k := range columns {
			got := 0.0
			for i := range l[j] {
				got += l[j][i] * l[k][i]
			}
			if math.Abs(got-want[j][k]) > 1e-9 {
				t.Fatalf("correlation of %d and %d: %v, want %v", j, k, got, want[j][k])
			}
		}
	}
}

func TestMaxTLaws(t *testing.T) {
	value := rapid.OneOf(rapid.Float64Range(-1, 1), rapid.SampledFrom([]float64{0, 0, 1, -1, .5, math.NaN(), 1e308, 5e-324}))
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 30).Draw(t, "n")
		var columns, negated []Column
		for range rapid.IntRange(1, 6).Draw(t, "columns") {
			d := rapid.SliceOfN(value, n, n).Draw(t, "d")
			minus := make([]float64, n)
			for i := range d {
				minus[i] = -d[i]
			}
			columns = append(columns, Column{all(n), d})
			negated = append(negated, Column{all(n), minus})
		}
		f, g := MaxT(columns, 199, 7, .05), MaxT(negated, 199, 7, .05)
		for j := range columns {
			p := f.Adjusted[j]
			if !(p >= f.Tests[j].Mid && p <= 1) {
				t.Fatalf("column %d: adjusted %v, own %v", j, p, f.Tests[j].Mid)
			}
			if p != g.Adjusted[j] {
				t.Fatalf("column %d: %v, negated %v", j, p, g.Adjusted[j])
			}
		}
		if !(f.Level > 0 && f.Level <= .05) {
			t.Fatalf("level %v", f.Level)
		}
	})
}

func TestMaxTDoesNotDependOnProcessors(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 4))
	columns := grid(100, 3, 4, func(int, int) float64 { return r.NormFloat64() })
	many := MaxT(columns, 5000, 3, .05)
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	one := MaxT(columns, 5000, 3, .05)
	if fmt.Sprint(many) != fmt.Sprint(one) {
		t.Error("one processor and several differ")
	}
}

func BenchmarkMaxT(b *testing.B) {
	for _, c := range []struct {
		n, metrics, slices int
		kind               string
	}{{120, 5, 8, "mixed"}, {1000, 6, 5, "mixed"}, {10_000, 6, 5, "mixed"}, {100_000, 6, 5, "mixed"}, {100_000, 6, 5, "continuous"}} {
		r := rand.New(rand.NewPCG(1, 1))
		columns := grid(c.n, c.metrics, c.slices, func(m, i int) float64 {
			if m%2 == 0 && c.kind == "mixed" {
				return float64(r.IntN(9)/8 - r.IntN(9)/8)
			}
			return r.NormFloat64()
		})
		b.Run(fmt.Sprintf("%s/n=%d/columns=%d", c.kind, c.n, len(columns)), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				MaxT(columns, 9999, 1, .05)
			}
		})
	}
}

// TestNormalLimitIsTheSameForNegatedColumns: where the flips are too many, too,
// swapping the sides changes no p in the last bit.
func TestNormalLimitIsTheSameForNegatedColumns(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 7))
	columns := grid(2000, 3, 3, func(m, i int) float64 { return r.NormFloat64() + .02*float64(m) })
	negated := make([]Column, len(columns))
	var tests, mirrored []FlipTest
	for j, c := range columns {
		negated[j] = Column{Rows: c.Rows, D: make([]float64, len(c.D))}
		for i, v := range c.D {
			negated[j].D[i] = -v
		}
		tests, mirrored = append(tests, SignFlip(c.D)), append(mirrored, SignFlip(negated[j].D))
	}
	p, level := normalLimit(columns, tests, 2000, 3, .05)
	q, other := normalLimit(negated, mirrored, 2000, 3, .05)
	if fmt.Sprint(p, level) != fmt.Sprint(q, other) {
		t.Errorf("%v at %v, negated %v at %v", p, level, q, other)
	}
}

// TestManySmallSlices: slices of the same few cases share their extreme values,
// and half of a tie between them would be given away. 1,000 unchanged families of
// ten slices of eight cases and all of them together, 999 draws, seed 12; with
// ties at half the row gave .089 of .05.
func TestManySmallSlices(t *testing.T) {
	if testing.Short() {
		t.Skip("a simulation: left out by -short")
	}
	const reps, slices, cases = 1000, 10, 8
	r := rand.New(rand.NewPCG(12, 12))
	rejected := 0
	for rep := range reps {
		all := Column{}
		columns := make([]Column, slices)
		for s := range slices {
			for range cases {
				row, d := int32(len(all.D)), r.NormFloat64()
				all.Rows, all.D = append(all.Rows, row), append(all.D, d)
				columns[s].Rows, columns[s].D = append(columns[s].Rows, row), append(columns[s].D, d)
			}
		}
		f := MaxT(append(columns, all), 999, uint64(rep), .05)
		for _, p := range f.Adjusted {
			if p <= .05 {
				rejected++
				break
			}
		}
	}
	if got, most := float64(rejected)/reps, .05+3*math.Sqrt(.05*.95/reps); got > most {
		t.Errorf("%.3f of the families rejected, at most %.3f", got, most)
	}
}
