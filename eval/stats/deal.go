package stats

import (
	"math"
	"math/bits"
)

// contribution of a delta to the sums of a cell.
func (m *unitMetric) contribution(delta float64) sums {
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

// addMoments adds the permutation moments of a unit to its cells. Without a
// table the exponential sums take the moments of a normal delta, which only
// shifts their share in the combination.
func (f *withinFamily) addMoments(u *unit, table []sums) {
	splits := len(table) / len(u.metrics)
	for k := range u.metrics {
		m := &u.metrics[k]
		own := lognormal(ownTilt)
		common := lognormal(m.common * math.Sqrt(m.variance))
		down, up := [2]tailScale{own, common}, [2]tailScale{own, common}
		if splits > 0 {
			each := func(value func(*sums) float64) tailScale {
				return momentsOf(splits, func(s int) float64 { return value(&table[s*len(u.metrics)+k]) })
			}
			down[0] = each(func(c *sums) float64 { return c.down.own })
			down[1] = each(func(c *sums) float64 { return c.down.common })
			up[0] = each(func(c *sums) float64 { return c.up.own })
			up[1] = each(func(c *sums) float64 { return c.up.common })
		}
		for _, cell := range m.cells {
			s := &f.scales[cell]
			s.weighted += m.weight * m.weight * m.variance
			s.down.own.add(down[0])
			s.down.common.add(down[1])
			s.up.own.add(up[0])
			s.up.common.add(up[1])
		}
	}
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

// lognormal has the moments of exp(sd Z), Z standard normal.
func lognormal(sd float64) tailScale {
	e := math.Exp(sd * sd)
	return tailScale{mean: math.Sqrt(e), variance: e * (e - 1), third: e * math.Sqrt(e) * (e - 1) * (e - 1) * (e + 2)}
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

// dealEach draws outputs for the smaller side one by one (Fisher and Yates).
func (u *unit) dealEach(random *random32, n, width int, drawn []sums) {
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
	for b := range n {
		for i := range few {
			j := i + int(random.below(uint32(m-i)))
			place[i], place[j] = place[j], place[i]
		}
		for k := range u.metrics {
			x := &u.metrics[k]
			sum := 0.0
			for _, i := range place[:few] {
				sum += x.values[i]
			}
			x.add(x.contribution(sign*sum*u.lever()), drawn[b*width:(b+1)*width])
		}
	}
}
