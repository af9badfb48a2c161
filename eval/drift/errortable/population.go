package main

import (
	"math"
	"math/rand/v2"
)

// population is a distribution of cases, named as in the specification of the
// simulations:
//
//	BM  binary; passes with probability .99 (70 % of the cases), .9 (20 %), .5 (10 %)
//	BD  binary, nearly deterministic: .998 (95 %), .5 (5 %)
//	CM  in [0,1]; 60 % of the cases 1 with probability .97, else Beta(6,2);
//	    40 % with a case mean of Beta(12,3) and noise of sd .05, clipped
//	CH  CM with 2 % zeros, such as time-outs
type population string

const (
	bm population = "BM"
	bd population = "BD"
	cm population = "CM"
	ch population = "CH"
)

func (p population) binary() bool { return p == bm || p == bd }

// agentCase is how an agent answers one case.
type agentCase struct {
	kind   caseKind
	p      float64 // probability of a pass or of an exact answer; mean of a fuzzy one
	zeroes float64 // share of outputs that are zero whatever else
}

type caseKind int

const (
	passes caseKind = iota // 1 with probability p, else 0
	exact                  // 1 with probability p, else Beta(6,2)
	fuzzy                  // p and normal noise
)

const fuzziness = .05 // sd of the noise of a fuzzy case

func (p population) newCase(r *rand.Rand) agentCase {
	u := r.Float64()
	switch p {
	case bm:
		switch {
		case u < .1:
			return agentCase{p: .5}
		case u < .3:
			return agentCase{p: .9}
		}
		return agentCase{p: .99}
	case bd:
		if u < .05 {
			return agentCase{p: .5}
		}
		return agentCase{p: .998}
	}
	c := agentCase{kind: exact, p: .97}
	if u >= .6 {
		c = agentCase{kind: fuzzy, p: beta(r, 12, 3)}
	}
	if p == ch {
		c.zeroes = .02
	}
	return c
}

// beta draws from a Beta distribution with whole parameters, as the ratio of
// gamma variables that are sums of exponential ones.
func beta(r *rand.Rand, a, b int) float64 {
	x, y := gamma(r, a), gamma(r, b)
	return x / (x + y)
}

func gamma(r *rand.Rand, shape int) float64 {
	product := 1.0
	for range shape {
		product *= 1 - r.Float64()
	}
	return -math.Log(product)
}

// effect is what a change does to a case. The zero value does nothing.
type effect struct {
	loss  float64 // taken off the probability of a pass or an exact answer, or off the mean of a fuzzy one
	share float64 // of that which is left that is lost too; 1 is a collapse
}

// chance is the probability of a pass or an exact answer.
func (c agentCase) chance(e effect) float64 { return max(0, c.p-e.loss) }

// output draws one score. u, uniform on [0,1), is the main part of the chance:
// metrics whose u are correlated have correlated scores.
func (c agentCase) output(r *rand.Rand, u float64, e effect) float64 {
	v := 1.0
	switch {
	case c.kind == passes:
		if u >= c.chance(e)*(1-e.share) {
			return 0
		}
		return 1
	case c.kind == fuzzy:
		v = min(1, max(0, c.p-e.loss+fuzziness*normalQuantile(u)))
	case u >= c.chance(e):
		v = beta(r, 6, 2)
	}
	if c.zeroes > 0 && r.Float64() < c.zeroes {
		return 0
	}
	return v * (1 - e.share)
}

// response is what the mean of a population loses for every point that all its
// cases lose: an exact answer gives way to one of 6/8 in the mean.
func (p population) response() float64 {
	switch p {
	case cm:
		return .6*(1-6./8) + .4
	case ch:
		return .98 * cm.response()
	}
	return 1
}

// normalQuantile of u in [0,1), within ±8 so that it stays finite.
func normalQuantile(u float64) float64 {
	return min(8, max(-8, math.Sqrt2*math.Erfinv(2*u-1)))
}

func normalBelow(z float64) float64 { return math.Erfc(-z/math.Sqrt2) / 2 }
