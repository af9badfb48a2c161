package stats

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/stat/distuv"
)

// losses simulates run r after the share of the cases dropped to 0.
func (s *seenBy) losses(share float64, r int, g *gathered) {
	dropped := int(math.Round(share * float64(s.n)))
	random := random32{source: stream(s.Seed, r)}
	for i := range s.n {
		c := random.below(uint32(len(s.cases)))
		w := random.below(uint32(len(s.cases[c])))
		if i < dropped {
			g.add(s.dropped[c][w])
		} else {
			g.add(s.intact[c][w])
		}
	}
}

// even simulates run r after every output lost the share of its score.
func (s *seenBy) even(share float64, r int, g *gathered) {
	if !s.yesNo && (s.eroded == nil || s.erodedBy != share) {
		s.erodedBy = share
		s.eroded = s.arrangeAll(func(w sides) sides {
			cand := make([]float64, len(w.cand))
			for i, v := range w.cand {
				cand[i] = v * (1 - share)
			}
			return sides{w.base, cand}
		})
	}
	random := random32{source: stream(s.Seed, r)}
	for range s.n {
		c := random.below(uint32(len(s.cases)))
		w := random.below(uint32(len(s.cases[c])))
		if !s.yesNo {
			g.add(s.eroded[c][w])
			continue
		}
		g.add(s.thinned(s.cases[c][w], share, &random))
	}
}

// thinned takes each pass of the candidate away with a probability.
func (s *seenBy) thinned(w sides, share float64, random *random32) *arranged {
	was := passes(w.cand)
	left := was
	for range was {
		if float64(random.below(1<<31)) < share*(1<<31) {
			left--
		}
	}
	key := [4]int{len(w.base), len(w.cand), passes(w.base), left}
	if x, ok := s.binary[key]; ok {
		return x
	}
	cand := make([]float64, len(w.cand))
	for i := range left {
		cand[i] = 1
	}
	return s.arrange(sides{w.base, cand})
}

// simulation adds up comparison r after the share was lost.
type simulation func(share float64, r int, g *gathered)

// power is the share of the simulated comparisons that see a loss.
func (s *seenBy) power(simulate simulation, share float64, averagesOnly bool) float64 {
	var g gathered
	seen := 0
	var open []float64 // within-case statistics where the sign flips see nothing
	for r := range s.runs {
		g.reset()
		simulate(share, r, &g)
		switch {
		case g.fell(s.Average, s.critical):
			seen++
		case s.Within > 0 && !averagesOnly:
			open = append(open, g.score())
		}
	}
	if len(open) == 0 || 10*seen > 9*s.runs {
		return float64(seen) / float64(s.runs)
	}
	if s.scoreOf == 0 || math.Abs(share-s.scoreAt) > 0.1*share {
		s.scoreAt, s.scoreOf = share, s.criticalScore(simulate, share)
	}
	for _, score := range open {
		if score > s.scoreOf+1e-9 {
			seen++
		}
	}
	return float64(seen) / float64(s.runs)
}

// criticalScore is what the within-case statistic exceeds with at most the
// one-sided level over permutations of comparisons like these.
func (s *seenBy) criticalScore(simulate simulation, share float64) float64 {
	const each = 50
	var g gathered
	scores := make([]float64, 0, s.draws)
	random := random32{source: stream(s.Seed, 1<<21)}
	for r := 0; len(scores) < s.draws; r++ {
		g.reset()
		simulate(share, r%s.runs, &g)
		for range each {
			scores = append(scores, g.reshuffledScore(&random))
		}
	}
	slices.Sort(scores)
	above := int(s.Within / 2 * float64(len(scores)+1)) // with the observed one
	return scores[len(scores)-max(above, 1)]
}

// search finds the least share whose loss is seen with the power that is asked
// for, to about 3 % of itself or a step.
func (s *seenBy) search(simulate simulation, step float64, averagesOnly bool) (float64, bool) {
	low, lowPower, high := 0.0, s.Average/2, s.guess
	highPower := s.power(simulate, high, averagesOnly)
	for highPower < s.Power {
		if high == 1 {
			return 0, false
		}
		low, lowPower = high, highPower
		high = min(1, max(high*1.5, high+step))
		highPower = s.power(simulate, high, averagesOnly)
	}
	for k := 0; high-low > max(step*1.001, 0.03*high); k++ {
		at := (low + high) / 2
		if k%3 != 2 { // where a straight line in normal quantiles meets the power
			a, b := normalScoreOf(lowPower), normalScoreOf(highPower)
			at = low + (high-low)*(normalScoreOf(s.Power)-a)/(b-a)
			at = min(max(at, low+(high-low)*0.1), high-(high-low)*0.1)
		}
		if step > 1e-3 || step == 1/float64(s.n) {
			at = min(max(math.Round(at/step)*step, low+step), high-step)
		}
		if p := s.power(simulate, at, averagesOnly); p >= s.Power {
			high, highPower = at, p
		} else {
			low, lowPower = at, p
		}
	}
	return high, true
}

func normalScoreOf(p float64) float64 { return distuv.UnitNormal.Quantile(min(max(p, 0.001), 0.999)) }
