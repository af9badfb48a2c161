package stats

import (
	"cmp"
	"math"
	"slices"
)

// CaseCounts are the passes among the outputs of one case on either side.
type CaseCounts struct {
	BasePass, Base int // passes, outputs of the baseline
	CandPass, Cand int // passes, outputs of the candidate
}

// CaseFlag says how unusual the candidate's outputs of one case are. All three
// are in [0,1]; a case without outputs of the candidate has 1, 1 and 1.
type CaseFlag struct {
	// P is the predictive probability that an unchanged case does as badly as
	// the candidate or worse.
	P float64
	// Q is P as adjusted by BenjaminiHochberg: of the cases with Q <= .1 at most
	// a tenth are expected to be unchanged.
	Q float64
	// FDR is the local false discovery rate: the posterior probability that the
	// case did not get worse.
	FDR float64
}

// CaseFlags looks for the cases that got worse, one by one.
//
// P is the empirical-Bayes predictive p = sum_g posterior(g) P(Bin(Cand,p_g) <=
// CandPass): the chance of passing has a prior on a grid of 16 points, fitted by
// EM to the baseline counts of all cases (Laird 1978, JASA 73:805: the
// nonparametric maximum likelihood estimate of a mixing distribution), and the
// posterior of the case is that prior given its own baseline counts. Three
// outputs a side can then be significant among a hundred cases, where Fisher's
// exact test cannot go below 1/20.
//
// FDR comes from a second mixture, of cases that are unchanged, worse and better
// (Efron 2008, Statist. Sci. 23:1): a worse case has a chance of passing that is
// uniform over the points of the grid below its own, a better one above it, and
// the three shares are fitted by EM to the candidate's counts of all cases.
//
// Counts outside 0..n are brought into that range. To list the cases that got
// better, count failures instead of passes.
func CaseFlags(cases []CaseCounts) []CaseFlag {
	kinds := kindsOf(cases)
	prior := kinds.fitPrior()
	shares := kinds.predict(prior)
	flags := make([]CaseFlag, len(cases))
	for i, k := range kinds.of {
		flags[i] = kinds.all[k].flag(shares)
	}
	adjust(flags, func(i int) bool { return kinds.all[kinds.of[i]].Cand > 0 })
	return flags
}

// adjust fills in Q over the cases that were measured.
func adjust(flags []CaseFlag, measured func(i int) bool) {
	p := make([]float64, len(flags))
	for i := range flags {
		if p[i] = flags[i].P; !measured(i) {
			p[i] = math.NaN()
		}
	}
	for i, q := range BenjaminiHochberg(p) {
		flags[i].Q = q
	}
}

// ExpectedWrong is how many of the listed cases (indices into the flags, others
// are passed over) did not get worse, in expectation: the sum of their FDR.
func ExpectedWrong(flags []CaseFlag, listed []int) float64 {
	sum := 0.0
	for _, i := range listed {
		if i >= 0 && i < len(flags) {
			sum += flags[i].FDR
		}
	}
	return sum
}

// BenjaminiHochberg adjusts p values for the false discovery rate: with p(1) <=
// ... <= p(m), q(i) = min over j >= i of p(j) m/j, at most 1 (Benjamini and
// Hochberg 1995, JRSS B 57:289; R's p.adjust with method "BH"). What is not
// finite was not tested: it does not count in m and gets 1.
func BenjaminiHochberg(p []float64) []float64 {
	q := make([]float64, len(p))
	var order []int
	for i, x := range p {
		if q[i] = 1; !math.IsNaN(x) && !math.IsInf(x, 0) {
			order = append(order, i)
		}
	}
	slices.SortStableFunc(order, func(a, b int) int {
		return cmp.Compare(p[a], p[b])
	})
	least := 1.0
	for rank := len(order); rank > 0; rank-- {
		i := order[rank-1]
		least = min(least, max(0, p[i])*float64(len(order))/float64(rank))
		q[i] = least
	}
	return q
}

// FlipRate is the unbiased estimate of the chance that two answers to the same
// case differ, 2k(n-k)/(n(n-1)), of k passes among n outputs. ok is false, and
// the rate 0, below two outputs.
func FlipRate(passes, n int) (rate float64, ok bool) {
	if n < 2 {
		return 0, false
	}
	k := float64(min(max(passes, 0), n))
	return 2 * k * (float64(n) - k) / (float64(n) * float64(n-1)), true
}

// Flaky reports whether both outcomes were seen at least twice among n outputs
// of one agent version. Of cases that pass with probability .99, .9 and .5 it
// finds 3.6, 81.6 and about 100 % with 30 outputs, .4, 26 and 98 % with ten.
func Flaky(passes, n int) bool { return passes >= 2 && n-passes >= 2 }
