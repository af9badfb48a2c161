package stats

import (
	"slices"

	"gonum.org/v1/gonum/stat/distuv"
)

// Trial says how a comparison is judged whose sensitivity is asked for.
type Trial struct {
	// Average is the two-sided level of the sign flips and Within that of the
	// within-case test, 0 if that does not run: those of one cell by itself.
	Average, Within float64
	Power           float64 // the chance with which a loss is to be seen
	Seed            uint64
	// Runs is the number of comparisons that are simulated, from 64 to 400; Draws
	// that of the permutations behind the within-case test, up to 4,000.
	Runs, Draws int
	// Work is about how many cases and outputs may be drawn: DefaultWork if 0.
	Work float64
}

// DefaultWork makes SmallestSeen last some 0.1 s.
const DefaultWork = 1.2e7

// Seen are losses of the mean score that are seen with the power of a Trial; 0
// where even the loss of everything would not be.
type Seen struct {
	// Even is the least even erosion. Of scores of 0 and 1: every passing output
	// fails with the same probability. Of others: every output keeps the same share
	// of its score, and the sign flips alone look for it (Note: the within-case test
	// sees the least shift of outputs that never vary, which is true, but says
	// nothing of a loss).
	Even float64
	// Losses is the least loss that comes from single cases: all candidate outputs
	// of some cases, taken at random, drop to 0.
	Losses float64
}

const (
	seenRuns  = 400 // simulated comparisons, at most
	leastRuns = 64
	seenDraws = 4000 // permutations behind a critical value, at most
	seenSteps = 14   // evaluations that the two searches take together, about
	mostCases = 4000
)

// SmallestSeen finds the smallest losses that two tests see, by simulation: it
// draws cases from the pools with replacement, lets the sides of each fall at
// random, takes a loss away from the candidate, and runs both tests, the
// within-case test with the permutations of comparisons of the same kind.
//
// Pools hold one metric, scores in [0,1], higher is better. They are taken to
// show no change. The n cases are drawn from those at hand and one unseen case:
// the noisiest at hand, or, of scores of 0 and 1, one that passes half the time.
// (Without it 20 cases look as if they had little noise, and losses are named that
// are seen 57 to 75 % of the time.) ok is false where there is nothing to
// lose, too little work allowed, or more than 4,000 cases: Detectable is then as
// good.
func SmallestSeen(pools []Pool, t Trial) (seen Seen, ok bool) {
	s, ok := newSeenBy(pools, t)
	if !ok {
		return Seen{}, false
	}
	if share, found := s.search(s.even, 1e-4, !s.yesNo); found {
		seen.Even = share * s.mean
	}
	s.scoreOf = 0
	if share, found := s.search(s.losses, 1/float64(s.n), false); found {
		seen.Losses = share * s.mean
	}
	return seen, true
}

// seenBy simulates comparisons.
type seenBy struct {
	Trial
	yesNo    bool // every score is 0 or 1
	n, runs  int
	draws    int // permutations behind a critical value
	mean     float64
	critical float64 // z of the sign flips at their level
	guess    float64 // share lost, by the closed form
	dealer   dealer
	cases    [][]sides // ways in which the outputs of a case fall
	intact   [][]*arranged
	dropped  [][]*arranged // the candidate's all 0
	eroded   [][]*arranged // at erodedBy
	erodedBy float64
	// scoreOf is the critical within-case statistic at the share scoreAt, or at
	// one that differs by a tenth at most; 0 if none was found yet.
	scoreAt, scoreOf float64
	binary           map[[4]int]*arranged // by outputs and passes of the two sides
}

// sides are the outputs of a case on both sides.
type sides struct{ base, cand []float64 }

func newSeenBy(pools []Pool, t Trial) (*seenBy, bool) {
	t.Power += (1 - t.Power) / 10 // Note: at the power itself 78 % are seen where noise is rare, since it is estimated
	s := &seenBy{Trial: t, critical: -distuv.UnitNormal.Quantile(t.Average / 2), binary: map[[4]int]*arranged{},
		dealer: dealer{tables: splitTables{}, some: map[[2]int][]uint32{}, random: random32{source: stream(t.Seed, 1<<20)}}}
	s.yesNo = yesNo(pools)
	outputs, noise, inverse := 0, 0.0, 0.0
	var noisiest []sides
	diff := make([]float64, 0, len(pools))
	for _, p := range pools {
		base, cand := finite(p.Values[:p.A]), finite(p.Values[p.A:])
		if len(base) == 0 || len(cand) == 0 {
			continue
		}
		ways := s.ways(base, cand)
		s.cases = append(s.cases, ways)
		x := s.arrange(ways[0])
		diff = append(diff, x.delta)
		outputs += len(base) + len(cand)
		inverse += 1/float64(len(base)) + 1/float64(len(cand))
		s.mean += x.mean + x.delta*float64(len(cand))/float64(len(base)+len(cand))
		if x.squares > noise {
			noise, noisiest = x.squares, ways
		}
	}
	s.n = len(s.cases)
	if s.n < 2 || s.n > mostCases || !(s.mean > 0) {
		return nil, false
	}
	s.mean /= float64(s.n)
	work := t.Work
	if work == 0 {
		work = DefaultWork
	}
	s.runs = min(seenRuns, max(leastRuns, t.Runs), int(work/seenSteps/float64(s.n+outputs)))
	s.draws = min(seenDraws, max(t.Draws, 1), int(work/seenSteps/float64(s.n)))
	if s.runs < leastRuns {
		return nil, false
	}
	s.cases = append(s.cases, s.unseen(noisiest))
	_, variance, _ := Moments(diff)
	loss, fine := Detectable(s.n, 2*float64(s.n)/inverse, variance, t.Average, t.Power)
	if s.guess = loss / s.mean; !fine || !(s.guess < 1) {
		s.guess = 1
	}
	s.intact = s.arrangeAll(func(w sides) sides { return w })
	s.dropped = s.arrangeAll(func(w sides) sides { return sides{w.base, make([]float64, len(w.cand))} })
	return s, true
}

// ways lists how the outputs of a case can fall: as they are and the other way
// round, or, of unequal numbers, some random ways.
func (s *seenBy) ways(base, cand []float64) []sides {
	if len(base) == len(cand) {
		return []sides{{base, cand}, {cand, base}}
	}
	const some = 6
	all := slices.Concat(base, cand)
	ways := make([]sides, some)
	for i := range ways {
		deal := slices.Clone(all)
		for k := range deal {
			j := k + int(s.dealer.random.below(uint32(len(deal)-k)))
			deal[k], deal[j] = deal[j], deal[k]
		}
		ways[i] = sides{deal[:len(base)], deal[len(base):]}
	}
	return ways
}

// unseen is a case as noisy as can be expected.
func (s *seenBy) unseen(noisiest []sides) []sides {
	if !s.yesNo && noisiest != nil {
		return noisiest
	}
	const some = 32
	like := s.cases[0][0]
	flip := func(n int) []float64 {
		values := make([]float64, n)
		for i := range values {
			values[i] = float64(s.dealer.random.below(2))
		}
		return values
	}
	ways := make([]sides, some)
	for i := range ways {
		ways[i] = sides{flip(len(like.base)), flip(len(like.cand))}
	}
	return ways
}

// arrange keeps what scores of 0 and 1 give, which is seldom new.
func (s *seenBy) arrange(w sides) *arranged {
	if !s.yesNo {
		x := s.dealer.arrange(w.base, w.cand)
		return &x
	}
	key := [4]int{len(w.base), len(w.cand), passes(w.base), passes(w.cand)}
	x, ok := s.binary[key]
	if !ok {
		fresh := s.dealer.arrange(w.base, w.cand)
		x = &fresh
		s.binary[key] = x
	}
	return x
}

func yesNo(pools []Pool) bool {
	for _, p := range pools {
		for _, v := range p.Values {
			if v != 0 && v != 1 && v == v {
				return false
			}
		}
	}
	return true
}

func passes(values []float64) int {
	n := 0
	for _, v := range values {
		if v > 0 {
			n++
		}
	}
	return n
}

func (s *seenBy) arrangeAll(change func(sides) sides) [][]*arranged {
	all := make([][]*arranged, len(s.cases))
	for i, ways := range s.cases {
		all[i] = make([]*arranged, len(ways))
		for k, w := range ways {
			all[i][k] = s.arrange(change(w))
		}
	}
	return all
}
