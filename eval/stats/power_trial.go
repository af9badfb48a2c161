package stats

import "math"

// arranged is one way in which the outputs of a case can fall to the two sides,
// with what it contributes to both tests. The constants of its permutations come
// with it.
type arranged struct {
	delta     float64 // mean(candidate) - mean(baseline)
	mean      float64 // of the baseline
	squares   float64 // about the pooled mean
	variance  float64 // of delta over the permutations
	freedom   float64 // outputs less one
	tail      tailScale
	reshuffle []float64 // delta of equally likely permutations; nil without any difference
}

// arrange computes what outputs contribute: the baseline's first, then the
// candidate's.
func (d *dealer) arrange(base, cand []float64) arranged {
	a, b := float64(len(base)), float64(len(cand))
	values := append(append(d.buffer[:0], base...), cand...)
	d.buffer = values
	x := arranged{freedom: a + b - 1}
	for _, v := range base {
		x.mean += v / a
	}
	for _, v := range cand {
		x.delta += v / b
	}
	x.delta -= x.mean
	if math.Abs(x.delta) < 1e-12 {
		x.delta = 0
	}
	x.squares = centre(values)
	if x.squares == 0 {
		return x
	}
	lever := 1/a + 1/b
	x.variance = x.squares / (a + b - 1) * lever
	x.reshuffle = d.reshuffled(values, len(base), len(cand), lever)
	n := float64(len(x.reshuffle))
	for _, delta := range x.reshuffle {
		if delta < 0 {
			t := delta * delta / x.variance
			x.tail.mean += t / n
			x.tail.variance += t * t / n
		}
	}
	x.tail.variance -= x.tail.mean * x.tail.mean
	return x
}

// dealer lists permutations. It keeps what it needs again.
type dealer struct {
	tables splitTables
	some   map[[2]int][]uint32
	random random32
	buffer []float64
}

// sampledSplits is how many permutations stand for all where there are more
// than maxSplits.
const sampledSplits = 256

// splits lists the subsets of positions that can fall to the candidate; of very
// many a sample. Of more than 32 outputs the first 32 take part.
func (d *dealer) splits(a, b int) []uint32 {
	if all := d.tables.of(&unit{a: a, b: b}); all != nil {
		return all
	}
	key := [2]int{a, b}
	if s, ok := d.some[key]; ok {
		return s
	}
	m := min(a+b, 32)
	few := max(1, min(b, b*m/(a+b)))
	s := make([]uint32, sampledSplits)
	for i := range s {
		for k := 0; k < few; {
			if bit := uint32(1) << d.random.below(uint32(m)); s[i]&bit == 0 {
				s[i] |= bit
				k++
			}
		}
	}
	d.some[key] = s
	return s
}

func (d *dealer) reshuffled(centred []float64, a, b int, lever float64) []float64 {
	splits := d.splits(a, b)
	out := make([]float64, len(splits))
	for i, mask := range splits {
		sum := 0.0
		for k, v := range centred[:min(len(centred), 32)] {
			if mask&(1<<k) != 0 {
				sum += v
			}
		}
		out[i] = sum * lever
	}
	return out
}

// gathered sums a simulated comparison for both tests.
type gathered struct {
	d       []float64 // that are not zero
	sum     float64
	squares float64 // of d
	fourths float64

	units           []*arranged // with any difference
	within, freedom float64     // sums of squares and degrees of freedom of all
	variance        float64
	tail            tailScale
}

func (g *gathered) reset() {
	*g = gathered{d: g.d[:0], units: g.units[:0]}
}

func (g *gathered) add(x *arranged) {
	if x.delta != 0 {
		g.d = append(g.d, x.delta)
		g.sum += x.delta
		square := x.delta * x.delta
		g.squares += square
		g.fourths += square * square
	}
	g.freedom += x.freedom
	if x.squares > 0 {
		g.units = append(g.units, x)
		g.within += x.squares
		g.variance += x.variance
		g.tail.mean += x.tail.mean
		g.tail.variance += x.tail.variance
	}
}

// fell says whether the sign flips show a drop at the two-sided level, whose normal
// quantile is critical. The exact test is made only where z does not decide: its
// distribution has the excess kurtosis -2 q, q = sum(d^4)/sum(d^2)^2, so that by
// Cornish and Fisher's expansion its quantile is c - (c^3-3c) q/12, up to terms in
// q*q.
func (g *gathered) fell(level, critical float64) bool {
	if g.sum >= 0 {
		return false
	}
	z := -g.sum / math.Sqrt(g.squares)
	q := g.fourths / (g.squares * g.squares)
	quantile := critical - critical*(critical*critical-3)*q/12
	if unsure := 0.005 + 6*q*q; math.Abs(z-quantile) > unsure {
		return z > quantile
	}
	return SignFlip(g.d).Mid <= level
}

// score is the statistic of the within-case test for a drop, as withinFamily
// combines it.
func (g *gathered) score() float64 {
	return g.scoreOf(func(x *arranged) float64 { return x.delta })
}

// reshuffledScore is the same of one permutation.
func (g *gathered) reshuffledScore(random *random32) float64 {
	return g.scoreOf(func(x *arranged) float64 {
		return x.reshuffle[random.below(uint32(len(x.reshuffle)))]
	})
}

func (g *gathered) scoreOf(deltaOf func(*arranged) float64) float64 {
	if len(g.units) == 0 {
		return math.Inf(-1)
	}
	s0 := g.within / g.freedom
	raw, weighted, spread, down := 0.0, 0.0, 0.0, 0.0
	for _, x := range g.units {
		delta := deltaOf(x)
		w := (x.freedom + 1) / (x.squares + s0)
		raw += delta
		weighted += w * delta
		spread += w * w * x.variance
		if delta < 0 {
			down += delta * delta / x.variance
		}
	}
	tail := g.tail
	tail.finish()
	return max(-raw/math.Sqrt(g.variance), -weighted/math.Sqrt(spread), tail.score(down))
}
