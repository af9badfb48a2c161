package stats

import (
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/stat/distuv"
)

// The populations of the specification's simulations.
//
//	BM  binary; p = .99 (70 % of the cases), .9 (20 %), .5 (10 %)
//	CM  continuous; 60 % of the cases 1 with probability .97, else Beta(6,2);
//	    40 % with a case mean ~ Beta(12,3) and noise of sd .05, clipped to [0,1]
//	CH  CM with 2 % random zeros
type population struct {
	name   string
	newOne func(r *rand.Rand) caseOf
}

// caseOf draws one output of a case.
type caseOf func() float64

func populations() []population {
	bm := func(r *rand.Rand) caseOf {
		p := .99
		switch u := r.Float64(); {
		case u < .1:
			p = .5
		case u < .3:
			p = .9
		}
		return func() float64 {
			if r.Float64() < p {
				return 1
			}
			return 0
		}
	}
	cm := func(r *rand.Rand) caseOf {
		if r.Float64() < .6 {
			beta := distuv.Beta{Alpha: 6, Beta: 2, Src: r}
			return func() float64 {
				if r.Float64() < .97 {
					return 1
				}
				return beta.Rand()
			}
		}
		mean := distuv.Beta{Alpha: 12, Beta: 3, Src: r}.Rand()
		return func() float64 { return min(1, max(0, mean+.05*r.NormFloat64())) }
	}
	ch := func(r *rand.Rand) caseOf {
		c := cm(r)
		return func() float64 {
			v := c()
			if r.Float64() < .02 {
				return 0
			}
			return v
		}
	}
	return []population{{"BM", bm}, {"CM", cm}, {"CH", ch}}
}

// pools draws n cases with a outputs before and b after; each case collapses to
// 0 after with the given probability.
func (p population) pools(r *rand.Rand, n, a, b int, collapse float64) []Pool {
	pools := make([]Pool, n)
	for i := range pools {
		draw := p.newOne(r)
		down := r.Float64() < collapse
		v := make([]float64, a+b)
		for j := range v {
			if v[j] = draw(); j >= a && down {
				v[j] = 0
			}
		}
		pools[i] = Pool{A: a, B: b, Values: v}
	}
	return pools
}

// differences are the case means after less those before.
func differences(pools []Pool) []float64 {
	d := make([]float64, len(pools))
	for i, p := range pools {
		before, after := 0.0, 0.0
		for j, v := range p.Values {
			if j < p.A {
				before += v / float64(p.A)
			} else {
				after += v / float64(p.B)
			}
		}
		d[i] = after - before
		if math.Abs(d[i]) < 1e-12 {
			d[i] = 0
		}
	}
	return d
}
