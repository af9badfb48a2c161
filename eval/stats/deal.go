package stats

import (
	"math"
	"math/bits"
	"slices"
)

// contribution of a delta to the sums of a cell.
func (m *unitMetric) contribution(delta float64) sums {
	if m.common == 0 { // the means alone
		return sums{weighted: delta}
	}
	own := math.Exp(min(mostTilted, max(-mostTilted, m.own*delta)))
	common := math.Exp(m.common * delta)
	return sums{weighted: m.weight * delta, down: tails{1 / own, 1 / common}, up: tails{own, common}}
}

func (m *unitMetric) add(c sums, cells []sums) {
	for _, cell := range m.cells {
		s := &cells[cell]
		s.weighted += c.weighted
		s.down.own += c.down.own
		s.down.common += c.down.common
		s.up.own += c.up.own
		s.up.common += c.up.common
	}
}

// addMoments adds the permutation moments of a unit to its cells, from its table
// of all ways of dealing or, where it has none, from a sample of them.
func (f *withinFamily) addMoments(u *unit, table []sums) {
	if len(table) == 0 {
		table = u.sample()
	}
	for k := range u.metrics {
		m := &u.metrics[k]
		moments := func(value func(*sums) float64) tailScale {
			return momentsOf(len(table)/len(u.metrics), func(i int) float64 { return value(&table[i*len(u.metrics)+k]) })
		}
		downOwn := moments(func(c *sums) float64 { return c.down.own })
		downCommon := moments(func(c *sums) float64 { return c.down.common })
		upOwn := moments(func(c *sums) float64 { return c.up.own })
		upCommon := moments(func(c *sums) float64 { return c.up.common })
		for _, cell := range m.cells {
			s := &f.scales[cell]
			s.weighted += m.weight * m.weight * m.variance
			s.down.own.add(downOwn)
			s.down.common.add(downCommon)
			s.up.own.add(upOwn)
			s.up.common.add(upCommon)
		}
	}
}

// sampled ways of dealing stand for all where there are too many.
const sampled = 256

// sample lists the contributions of some ways of dealing. It starts from the
// sorted values, so that it is the same however they were dealt.
func (u *unit) sample() []sums {
	sorted := make([][]float64, len(u.metrics))
	for k := range sorted {
		sorted[k] = slices.Sorted(slices.Values(u.metrics[k].values))
	}
	table := make([]sums, 0, sampled*len(u.metrics))
	u.deal(&random32{source: stream(0, 0)}, sampled, func(places []int, sign float64) {
		for k := range u.metrics {
			sum := 0.0
			for _, i := range places {
				sum += sorted[k][i]
			}
			table = append(table, u.metrics[k].contribution(sign*sum*u.lever()))
		}
	})
	return table
}

// momentsOf n values that are equally likely.
func momentsOf(n int, value func(i int) float64) (t tailScale) {
	for i := range n {
		t.mean += value(i)
	}
	t.mean /= float64(n)
	for i := range n {
		d := value(i) - t.mean
		t.variance += d * d
		t.third += d * d * d
	}
	t.variance /= float64(n)
	t.third /= float64(n)
	return t
}

// tabulate lists the contributions of every split, the metrics of one together.
func (u *unit) tabulate(splits []uint32, table []sums) []sums {
	table = table[:0]
	for _, mask := range splits {
		for k := range u.metrics {
			m := &u.metrics[k]
			sum := 0.0
			for rest := mask; rest != 0; rest &= rest - 1 {
				sum += m.values[bits.TrailingZeros32(rest)]
			}
			table = append(table, m.contribution(sum*u.lever()))
		}
	}
	return table
}

// maxSplits is the number of ways to deal the outputs of a case to the sides up
// to which they are tabulated; above it every draw deals anew.
const maxSplits = 1024

// splitTables holds, for outputs a and b, the sets of positions that can fall to
// the candidate.
type splitTables map[[2]int][]uint32

func (t splitTables) of(u *unit) []uint32 {
	key := [2]int{u.a, u.b}
	splits, ok := t[key]
	if !ok {
		splits = allSplits(u.a, u.b)
		t[key] = splits
	}
	return splits
}

// allSplits lists the subsets of b of a+b positions as bit masks, nil if there
// are more than maxSplits or positions than bits.
func allSplits(a, b int) []uint32 {
	if a+b > 31 {
		return nil
	}
	n := 1.0
	for i := 1; i <= min(a, b); i++ {
		n = n * float64(a+b-i+1) / float64(i)
		if n > maxSplits {
			return nil
		}
	}
	splits := make([]uint32, 0, int(n))
	for mask, end := uint32(1)<<b-1, uint32(1)<<(a+b); mask < end; {
		splits = append(splits, mask)
		low := mask & -mask
		next := mask + low
		mask = next | (mask^next)/low>>2
	}
	return splits
}

// addObserved adds what the outputs as they were dealt contribute.
func (f *withinFamily) addObserved(cells []sums) {
	for i := range f.units {
		u := &f.units[i]
		for k := range u.metrics {
			m := &u.metrics[k]
			sum := 0.0
			for _, v := range m.values[u.a:] {
				sum += v
			}
			m.add(m.contribution(sum*u.lever()), cells)
		}
	}
}

// chunk draws n times a way of dealing for every unit and gives the sums of all
// cells, a draw after the other.
func (f *withinFamily) chunk(random random32, n int) []sums {
	width := len(f.scales)
	drawn := make([]sums, n*width)
	tables := splitTables{}
	var table []sums
	for i := range f.units {
		u := &f.units[i]
		splits := tables.of(u)
		if splits == nil {
			u.dealEach(&random, n, width, drawn)
			continue
		}
		if f.tables != nil {
			table = f.tables[i]
		} else {
			table = u.tabulate(splits, table[:0])
		}
		metrics := len(u.metrics)
		for b := range n {
			s := random.below(uint32(len(splits)))
			row := table[int(s)*metrics:][:metrics]
			for k := range row {
				u.metrics[k].add(row[k], drawn[b*width:(b+1)*width])
			}
		}
	}
	return drawn
}

// dealEach adds n ways of dealing, drawn anew.
func (u *unit) dealEach(random *random32, n, width int, drawn []sums) {
	b := 0
	u.deal(random, n, func(places []int, sign float64) {
		for k := range u.metrics {
			x := &u.metrics[k]
			sum := 0.0
			for _, i := range places {
				sum += x.values[i]
			}
			x.add(x.contribution(sign*sum*u.lever()), drawn[b*width:(b+1)*width])
		}
		b++
	})
}

// deal draws n times the outputs for the smaller side, one by one (Fisher and
// Yates). sign is that of their sum in delta.
func (u *unit) deal(random *random32, n int, dealt func(places []int, sign float64)) {
	m := u.a + u.b
	few := min(u.a, u.b)
	sign := 1.0
	if u.a < u.b { // what is drawn falls to the baseline
		sign = -1
	}
	place := make([]int, m)
	for i := range place {
		place[i] = i
	}
	for range n {
		for i := range few {
			j := i + int(random.below(uint32(m-i)))
			place[i], place[j] = place[j], place[i]
		}
		dealt(place[:few], sign)
	}
}
