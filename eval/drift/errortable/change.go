package main

import (
	"fmt"
	"math/rand/v2"
)

// change is what truly happened between the two runs.
type change struct {
	kind changeKind
	// size is the loss of the mean in points of 1 for erosion and slice, what
	// every case loses before its values are drawn for latent, the share of the
	// cases for collapse and churn, the share that the cases of the slice lose
	// for sliceShare.
	size float64
}

type changeKind string

const (
	nothing    changeKind = "no change"
	erosion    changeKind = "erosion"     // every case loses, so that the mean does
	latent     changeKind = "latent"      // every case loses of its probability of a right answer, or of its mean
	slice      changeKind = "slice"       // the first tenth of the cases loses all of it
	sliceShare changeKind = "slice share" // the first tenth of the cases loses a share of what it had
	collapse   changeKind = "collapse"    // each case falls to 0 with a probability
	churn      changeKind = "churn"       // each case is replaced by another of the population with a probability
)

func (c change) String() string {
	switch c.kind {
	case erosion:
		return fmt.Sprintf("-%g points, spread over all cases", 100*c.size)
	case latent:
		return fmt.Sprintf("every case -%g latent points", 100*c.size)
	case slice:
		return fmt.Sprintf("-%g points, all in a tenth of the cases", 100*c.size)
	case sliceShare:
		return fmt.Sprintf("a tenth of the cases loses %g %%", 100*c.size)
	case collapse:
		return fmt.Sprintf("%g %% of the cases collapse", 100*c.size)
	case churn:
		return fmt.Sprintf("%g %% of the cases exchanged", 100*c.size)
	}
	return string(c.kind)
}

// apply gives the case as it is after the change and what it lost. inSlice says
// whether it belongs to the slice that is hit, mean is that of the population.
func (c change) apply(r *rand.Rand, p population, before agentCase, inSlice bool, mean float64) (agentCase, effect) {
	switch c.kind {
	case erosion:
		return before, effect{loss: c.size / p.response()}
	case latent:
		return before, effect{loss: c.size}
	case slice:
		if inSlice {
			return before, effect{share: min(1, 10*c.size/mean)}
		}
	case sliceShare:
		if inSlice {
			return before, effect{share: c.size}
		}
	case collapse:
		if r.Float64() < c.size {
			return before, effect{share: 1}
		}
	case churn:
		if r.Float64() < c.size {
			return p.newCase(r), effect{}
		}
	}
	return before, effect{}
}

// moments are the mean of a population and what it truly loses by a change, in
// points of 1, from many cases that are drawn the same way before and after.
func (p population) moments(c change, mean float64) (level, loss float64) {
	const cases = 200_000
	r := rand.New(rand.NewPCG(1, 1))
	for i := range cases {
		x := p.newCase(r)
		y, e := c.apply(r, p, x, i%10 == 0, mean)
		if p.binary() {
			level += x.p
			loss += x.p - y.chance(e)*(1-e.share)
			continue
		}
		u := r.Float64()
		seed := r.Uint64()
		same := func() *rand.Rand { return rand.New(rand.NewPCG(seed, 0)) }
		v := x.output(same(), u, effect{})
		level += v
		loss += v - y.output(same(), u, e)
	}
	if c.kind == churn { // the other cases come from the same population
		loss = 0
	}
	return level / cases, loss / cases
}
