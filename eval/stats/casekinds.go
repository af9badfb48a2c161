package stats

import "math"

// gridPoints is the size of the grid of success probabilities.
const gridPoints = 16

// passGrid are the success probabilities that a case may have, evenly spaced in
// the arcsine scale, on which the noise of a share is the same everywhere:
// sin^2(pi/2 (g+1/2)/16), .0024 to .9976, ascending.
func passGrid() (grid [gridPoints]float64) {
	for g := range grid {
		s := math.Sin(math.Pi / 2 * (float64(g) + .5) / gridPoints)
		grid[g] = s * s
	}
	return grid
}

// caseKind are all cases with the same counts.
type caseKind struct {
	CaseCounts
	cases float64 // how many
	p     float64 // predictive
	// likelihoods of the candidate's count if the case is unchanged, worse,
	// better
	same, worse, better float64
}

type caseKinds struct {
	all []caseKind
	of  []int // per case, its place in all
}

func kindsOf(cases []CaseCounts) caseKinds {
	kinds := caseKinds{of: make([]int, len(cases))}
	place := map[CaseCounts]int{}
	for i, c := range cases {
		c.Base, c.Cand = max(c.Base, 0), max(c.Cand, 0)
		c.BasePass, c.CandPass = min(max(c.BasePass, 0), c.Base), min(max(c.CandPass, 0), c.Cand)
		k, ok := place[c]
		if !ok {
			k = len(kinds.all)
			place[c] = k
			kinds.all = append(kinds.all, caseKind{CaseCounts: c})
		}
		kinds.all[k].cases++
		kinds.of[i] = k
	}
	return kinds
}

// Both EM algorithms climb for this many steps at most: the likelihood of a
// mixture is flat near its top, and no p moves by more than some thousandths
// afterwards.
const emSteps = 500

// fitPrior fits the prior over the grid to the baseline counts.
func (k *caseKinds) fitPrior() (prior [gridPoints]float64) {
	grid := passGrid()
	likelihood := make([][gridPoints]float64, len(k.all))
	total := 0.0
	for i, c := range k.all {
		for g, p := range grid {
			likelihood[i][g] = binomial(c.BasePass, c.Base, p)
		}
		if c.Base > 0 {
			total += c.cases
		}
	}
	for g := range prior {
		prior[g] = 1. / gridPoints
	}
	if total == 0 {
		return prior
	}
	for range emSteps {
		var next [gridPoints]float64
		for i, c := range k.all {
			if c.Base == 0 {
				continue
			}
			for g, w := range posterior(&prior, &likelihood[i]) {
				next[g] += w * c.cases / total
			}
		}
		moved := 0.0
		for g := range next {
			moved = max(moved, math.Abs(next[g]-prior[g]))
		}
		if prior = next; moved < 1e-7 {
			break
		}
	}
	return prior
}

// posterior weighs the grid by prior and likelihood.
func posterior(prior, likelihood *[gridPoints]float64) (w [gridPoints]float64) {
	sum := 0.0
	for g := range w {
		w[g] = prior[g] * likelihood[g]
		sum += w[g]
	}
	if !(sum > 0) {
		return *prior
	}
	for g := range w {
		w[g] /= sum
	}
	return w
}

// shares of the cases that are unchanged, worse and better.
type shares struct{ same, worse, better float64 }

// predict fills in what each kind predicts of the candidate, and fits the shares
// to what came.
func (k *caseKinds) predict(prior [gridPoints]float64) shares {
	grid := passGrid()
	total := 0.0
	for i := range k.all {
		c := &k.all[i]
		var base, cand, tail [gridPoints]float64
		for g, p := range grid {
			base[g] = binomial(c.BasePass, c.Base, p)
			cand[g] = binomial(c.CandPass, c.Cand, p)
			for y := range c.CandPass + 1 {
				tail[g] += binomial(y, c.Cand, p)
			}
		}
		below, above := others(cand)
		c.p, c.same, c.worse, c.better = 0, 0, 0, 0
		for g, w := range posterior(&prior, &base) {
			c.p += w * tail[g]
			c.same += w * cand[g]
			c.worse += w * below[g]
			c.better += w * above[g]
		}
		if c.p = min(1, c.p); c.Cand > 0 {
			total += c.cases
		}
	}
	return k.fitShares(total)
}

// others are the means of the likelihoods below and above every point; the
// first and the last stand for themselves.
func others(cand [gridPoints]float64) (below, above [gridPoints]float64) {
	below[0], above[gridPoints-1] = cand[0], cand[gridPoints-1]
	down, up := 0.0, 0.0
	for g := 1; g < gridPoints; g++ {
		down += cand[g-1]
		below[g] = down / float64(g)
		up += cand[gridPoints-g]
		above[gridPoints-1-g] = up / float64(g)
	}
	return below, above
}

// fitShares starts from nine unchanged cases of ten.
func (k *caseKinds) fitShares(total float64) shares {
	s := shares{.9, .05, .05}
	for range emSteps {
		var next shares
		for i := range k.all {
			c := &k.all[i]
			if c.Cand == 0 {
				continue
			}
			if f := s.density(c); f > 0 {
				next.same += s.same * c.same / f * c.cases / total
				next.worse += s.worse * c.worse / f * c.cases / total
				next.better += s.better * c.better / f * c.cases / total
			}
		}
		sum := next.same + next.worse + next.better
		if !(sum > 0) {
			break
		}
		moved := math.Abs(next.same/sum - s.same)
		if s = (shares{next.same / sum, next.worse / sum, next.better / sum}); moved < 1e-7 {
			break
		}
	}
	return s
}

func (s shares) density(c *caseKind) float64 {
	return s.same*c.same + s.worse*c.worse + s.better*c.better
}

func (c *caseKind) flag(s shares) CaseFlag {
	flag := CaseFlag{P: 1, Q: 1, FDR: 1}
	if c.Cand == 0 {
		return flag
	}
	flag.P = c.p
	if f := s.density(c); f > 0 {
		flag.FDR = 1 - s.worse*c.worse/f
	}
	return flag
}

// binomial is the probability of k successes in n trials, 0 < p < 1.
func binomial(k, n int, p float64) float64 {
	choose, _ := math.Lgamma(float64(n + 1))
	a, _ := math.Lgamma(float64(k + 1))
	b, _ := math.Lgamma(float64(n - k + 1))
	return math.Exp(choose - a - b + float64(k)*math.Log(p) + float64(n-k)*math.Log1p(-p))
}
