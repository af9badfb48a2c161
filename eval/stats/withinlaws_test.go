package stats

import (
	"math"
	"math/rand/v2"
	"runtime"
	"testing"

	"pgregory.net/rapid"
)

var overall = []WithinCell{{Metric: 0, Slice: -1}}

// TestWithinAgainstAllDeals compares the drawn p with that over every way of
// dealing the outputs.
func TestWithinAgainstAllDeals(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	for range 5 {
		pools := make([]Pool, 4)
		for i := range pools {
			pools[i] = Pool{A: 2, B: 2, Values: []float64{r.Float64(), r.Float64(), r.Float64() - .3, r.Float64() - .3}}
		}
		f := newWithinFamily(pools, 1, overall, false)
		splits := allSplits(2, 2)
		statistic := func(deal []int) float64 {
			cells := make([]sums, 1)
			for i := range f.units {
				u := &f.units[i]
				table := u.tabulate(splits, nil)
				u.metrics[0].add(table[deal[i]], cells)
			}
			down, up := []float64{0}, []float64{0}
			f.combine(cells, down, up)
			return down[0]
		}
		observed := make([]sums, 1)
		f.addObserved(observed)
		down, up := []float64{0}, []float64{0}
		f.combine(observed, down, up)
		reached, all := 0, 0
		for code := range 6 * 6 * 6 * 6 {
			deal := []int{code % 6, code / 6 % 6, code / 36 % 6, code / 216}
			all++
			if statistic(deal) >= down[0]-1e-9 {
				reached++
			}
		}
		want := float64(reached) / float64(all)
		const draws = 20_000
		got, _ := Within(pools, 1, overall, draws, 5)
		if se := math.Sqrt(want * (1 - want) / draws); math.Abs(got[0].Down-want) > 5*se+1e-4 {
			t.Errorf("%.4f, over all deals %.4f", got[0].Down, want)
		}
	}
}

func TestAllSplits(t *testing.T) {
	for _, c := range []struct{ a, b, n int }{{1, 1, 2}, {3, 3, 20}, {5, 5, 252}, {10, 1, 11}, {1, 10, 11}, {6, 6, 924}, {7, 7, 0}, {31, 1, 0}} {
		splits := allSplits(c.a, c.b)
		if len(splits) != c.n {
			t.Errorf("%d and %d: %d splits, want %d", c.a, c.b, len(splits), c.n)
		}
		seen := map[uint32]bool{}
		for _, s := range splits {
			seen[s] = true
		}
		if len(seen) != c.n {
			t.Errorf("%d and %d: splits repeat", c.a, c.b)
		}
	}
}

// TestDealingEachTimeAgreesWithTables draws the same data both ways.
func TestDealingEachTimeAgreesWithTables(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 2))
	pools := make([]Pool, 12)
	for i := range pools {
		v := make([]float64, 8)
		for j := range v {
			if v[j] = r.NormFloat64(); j >= 5 {
				v[j] -= .6
			}
		}
		pools[i] = Pool{A: 5, B: 3, Values: v}
	}
	f := newWithinFamily(pools, 1, overall, false)
	const draws = 20_000
	reach := func(drawn []sums) float64 {
		observed := make([]sums, 1)
		f.addObserved(observed)
		n := 0
		for _, s := range drawn {
			if s.weighted <= observed[0].weighted {
				n++
			}
		}
		return float64(n) / float64(len(drawn))
	}
	tables := reach(f.chunk(random32{source: stream(1, 0)}, draws))
	random := random32{source: stream(2, 0)}
	drawn := make([]sums, draws)
	for i := range f.units {
		f.units[i].dealEach(&random, draws, 1, drawn)
	}
	each := reach(drawn)
	if math.Abs(tables-each) > 5*math.Sqrt(2*tables*(1-tables)/draws) || tables == 0 {
		t.Errorf("tables %.4f, dealt each time %.4f", tables, each)
	}
}

// TestTablesMadeOnceOrByChunk: keeping the tables of all cases changes nothing.
func TestTablesMadeOnceOrByChunk(t *testing.T) {
	pools := populations()[2].pools(rand.New(rand.NewPCG(6, 6)), 30, 3, 3, .1)
	f := newWithinFamily(pools, 1, overall, false)
	kept := f.chunk(random32{source: stream(1, 0)}, 200)
	if f.tables == nil {
		t.Fatal("no tables are kept")
	}
	f.tables = nil
	for i, s := range f.chunk(random32{source: stream(1, 0)}, 200) {
		if s != kept[i] {
			t.Fatalf("draw %d: %+v, with tables that are kept %+v", i, s, kept[i])
		}
	}
}

func TestWithinSeesOneSideOnly(t *testing.T) {
	fallen := func(a, b int) []Pool {
		pools := make([]Pool, 30)
		for i := range pools {
			v := make([]float64, a+b)
			for j := range v {
				if v[j] = 1; j >= a && i < 4 {
					v[j] = 0
				}
			}
			pools[i] = Pool{A: a, B: b, Values: v}
		}
		return pools
	}
	for _, sides := range [][2]int{{3, 3}, {5, 5}, {10, 1}, {1, 10}, {12, 12}, {40, 2}} {
		tests, draws := Within(fallen(sides[0], sides[1]), 1, overall, 1999, 1)
		if tests[0].Down > .01 || tests[0].Up < .5 || draws != 1999 {
			t.Errorf("%v: %+v, %d draws", sides, tests[0], draws)
		}
	}
	tests, draws := Within(nil, 1, overall, 1999, 1)
	if tests[0] != (WithinTest{1, 1}) || draws != 0 {
		t.Errorf("no data: %+v, %d draws", tests, draws)
	}
}

func TestWithinFamilyKeepsItsLevel(t *testing.T) {
	const reps = 300
	p := populations()
	cells := []WithinCell{{0, -1}, {0, 0}, {0, 1}, {1, -1}, {1, 0}, {1, 1}}
	families, wrong := 0, 0
	for i := range reps {
		r := rand.New(rand.NewPCG(uint64(i), 21))
		one, two := p[i%3].pools(r, 40, 3, 3, 0), p[(i+1)%3].pools(r, 40, 3, 3, 0)
		pools := make([]Pool, len(one))
		for k := range pools {
			pools[k] = Pool{A: 3, B: 3, Slices: []int32{int32(k % 2)}}
			for j := range 6 {
				pools[k].Values = append(pools[k].Values, one[k].Values[j], two[k].Values[j])
			}
		}
		tests, _ := Within(pools, 2, cells, 499, uint64(i))
		families++
		for _, x := range tests {
			if x.Down <= .025 {
				wrong++
				break
			}
		}
	}
	if rate := float64(wrong) / float64(families); rate > .025+3*math.Sqrt(.025*.975/reps) {
		t.Errorf("%.3f of %d families without a change were rejected", rate, families)
	}
}

func TestWithinLaws(t *testing.T) {
	value := rapid.OneOf(rapid.Float64Range(0, 1), rapid.SampledFrom([]float64{0, 1, 1, .5, math.NaN(), math.Inf(1)}))
	rapid.Check(t, func(t *rapid.T) {
		var pools []Pool
		for range rapid.IntRange(0, 12).Draw(t, "cases") {
			a, b := rapid.IntRange(0, 4).Draw(t, "a"), rapid.IntRange(0, 4).Draw(t, "b")
			p := Pool{A: a, B: b, Values: rapid.SliceOfN(value, 2*(a+b), 2*(a+b)).Draw(t, "values")}
			if rapid.Bool().Draw(t, "in slice") {
				p.Slices = []int32{0}
			}
			pools = append(pools, p)
		}
		cells := []WithinCell{{0, -1}, {0, 0}, {1, -1}}
		before := make([]Pool, len(pools))
		for i, p := range pools {
			before[i] = p
			before[i].Values = append([]float64(nil), p.Values...)
		}
		tests, _ := Within(pools, 2, cells, 99, 3)
		for _, x := range tests {
			if !(x.Down > 0 && x.Down <= 1 && x.Up > 0 && x.Up <= 1) {
				t.Fatalf("%+v", x)
			}
			if x.Down < .05 && x.Up < .05 && len(pools) < 2 {
				t.Fatalf("one case both ways: %+v", x)
			}
		}
		for i := range pools {
			for k, v := range pools[i].Values {
				if v != before[i].Values[k] && v == v {
					t.Fatal("the argument was changed")
				}
			}
		}
	})
}

func TestWithinDoesNotDependOnProcessors(t *testing.T) {
	pools := populations()[2].pools(rand.New(rand.NewPCG(4, 4)), 60, 3, 3, .1)
	many, _ := Within(pools, 1, overall, 5000, 3)
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	one, _ := Within(pools, 1, overall, 5000, 3)
	if many[0] != one[0] {
		t.Errorf("%+v with one processor, %+v with several", one[0], many[0])
	}
}
