package stats

import "math/bits"

// contribution of one way of dealing to the sums of a cell.
type contribution struct{ delta, down, up float64 }

func (m *unitMetric) contribution(delta float64) contribution {
	c := contribution{delta: delta}
	if x := delta * delta / m.variance; delta < 0 {
		c.down = x
	} else {
		c.up = x
	}
	return c
}

func (m *unitMetric) add(c contribution, cells []sums) {
	weighted := m.weight * c.delta
	for _, cell := range m.cells {
		s := &cells[cell]
		s.raw += c.delta
		s.weighted += weighted
		s.down += c.down
		s.up += c.up
	}
}

// addMoments adds the permutation moments of a unit to its cells. Without a
// table the tail takes the moments of a standard normal delta, which only shifts
// its share in the combination.
func (f *withinFamily) addMoments(u *unit, splits []uint32) {
	table := u.tabulate(splits, nil)
	for k := range u.metrics {
		m := &u.metrics[k]
		down, up := tailScale{mean: 0.5, variance: 1.25}, tailScale{mean: 0.5, variance: 1.25}
		if splits != nil {
			var d, dd, t, tt float64
			for s := range splits {
				c := table[s*len(u.metrics)+k]
				d, dd, t, tt = d+c.down, dd+c.down*c.down, t+c.up, tt+c.up*c.up
			}
			n := float64(len(splits))
			down = tailScale{mean: d / n, variance: dd/n - d/n*d/n}
			up = tailScale{mean: t / n, variance: tt/n - t/n*t/n}
		}
		for _, cell := range m.cells {
			s := &f.scales[cell]
			s.raw += m.variance
			s.weighted += m.weight * m.weight * m.variance
			s.down.mean += down.mean
			s.down.variance += down.variance
			s.up.mean += up.mean
			s.up.variance += up.variance
		}
	}
}

// tabulate lists the contributions of every split, the metrics of one together.
func (u *unit) tabulate(splits []uint32, table []contribution) []contribution {
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
	var table []contribution
	for i := range f.units {
		u := &f.units[i]
		splits := tables.of(u)
		if splits == nil {
			u.dealEach(&random, n, width, drawn)
			continue
		}
		table = u.tabulate(splits, table)
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
