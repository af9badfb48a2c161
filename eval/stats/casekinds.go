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
	cases float64             // how many
	base  [gridPoints]float64 // likelihood of the baseline's count at each point
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
			kinds.all = append(kinds.all, newCaseKind(c))
		}
		kinds.all[k].cases++
		kinds.of[i] = k
	}
	return kinds
}

// single says that every case has one output on both sides.
func (k *caseKinds) single() bool {
	for _, c := range k.all {
		if c.Cand > 0 && (c.Cand != 1 || c.Base != 1) {
			return false
		}
	}
	return true
}

func newCaseKind(c CaseCounts) caseKind {
	k := caseKind{CaseCounts: c}
	for g, p := range passGrid() {
		k.base[g] = binomial(c.BasePass, c.Base, p)
	}
	return k
}

// The EM algorithm climbs for this many steps at most: the likelihood of a
// mixture is flat near its top, and no p moves by more than some thousandths
// afterwards.
const emSteps = 500

// prior fits weights over the grid to the baseline counts by EM, from even ones.
// One case more is counted, spread evenly over the grid: the tail of a predictive
// p lives on points that a hundred cases can miss altogether (with 3 outputs a
// side it takes a quarter of the wrong flags and no power).
func (k *caseKinds) prior() (w [gridPoints]float64) {
	total := 1.0
	for _, c := range k.all {
		if c.Base > 0 {
			total += c.cases
		}
	}
	for g := range w {
		w[g] = 1. / gridPoints
	}
	for range emSteps {
		var next [gridPoints]float64
		for g := range next {
			next[g] = 1. / gridPoints / total
		}
		for i := range k.all {
			if c := &k.all[i]; c.Base > 0 {
				for g, x := range c.posterior(&w) {
					next[g] += x * c.cases / total
				}
			}
		}
		moved := 0.0
		for g := range next {
			moved = max(moved, math.Abs(next[g]-w[g]))
		}
		if w = next; moved < 1e-7 {
			break
		}
	}
	return w
}

// posterior is the prior given the baseline's count, adding up to 1.
func (k *caseKind) posterior(prior *[gridPoints]float64) (w [gridPoints]float64) {
	sum := 0.0
	for g := range w {
		w[g] = prior[g] * k.base[g]
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

// predictive is the chance that the candidate's count is as low if nothing
// changed.
func (k *caseKind) predictive(prior *[gridPoints]float64) float64 {
	p, grid := 0.0, passGrid()
	for g, w := range k.posterior(prior) {
		for y := range k.CandPass + 1 {
			p += w * binomial(y, k.Cand, grid[g])
		}
	}
	return min(1, p)
}

// binomial is the probability of k successes in n trials, 0 < p < 1.
func binomial(k, n int, p float64) float64 {
	choose, _ := math.Lgamma(float64(n + 1))
	a, _ := math.Lgamma(float64(k + 1))
	b, _ := math.Lgamma(float64(n - k + 1))
	return math.Exp(choose - a - b + float64(k)*math.Log(p) + float64(n-k)*math.Log1p(-p))
}
