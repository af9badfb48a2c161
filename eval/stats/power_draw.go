package stats

import (
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/stat/distuv"
)

// DrawPools draws the outputs of two planned runs of an unchanged version: n cases
// with so many repeats a side, from cases of which several scores in [0,1] are
// known. A case is drawn with replacement; its outputs are
//
//   - scores of 0 and 1: with a probability from the distribution that remains of
//     p after the case's own scores (beta-binomial, fitted by the mean and the
//     variance within the cases, to which one coin is added);
//   - others: the case's own scores drawn with replacement, spread about their mean
//     by sqrt(m/(m-1)), which makes up for the mean of m scores being their own
//     (Note: kept in [0,1], scores near 1 would lose half of their noise).
//
// Cases with fewer than two scores are left out; without any other there are no
// pools.
func DrawPools(cases [][]float64, n, repeats int, seed uint64) []Pool {
	known := make([][]float64, 0, len(cases))
	yes := true
	for _, values := range cases {
		if v := finite(values); len(v) > 1 {
			known = append(known, v)
			yes = yes && yesNo([]Pool{{Values: v}})
		}
	}
	if len(known) == 0 || n < 1 || repeats < 1 {
		return nil
	}
	random := rand.New(stream(seed, 0))
	draw := spreadOut
	if yes {
		draw = betaBinomial(known)
	}
	pools := make([]Pool, n)
	for i := range pools {
		values := make([]float64, 2*repeats)
		draw(known[random.IntN(len(known))], random, values)
		pools[i] = Pool{A: repeats, B: repeats, Values: values}
	}
	return pools
}

func sumOf(values []float64) float64 {
	sum := 0.0
	for _, v := range values {
		sum += v
	}
	return sum
}

// spreadOut draws outputs of a case whose scores are not only 0 and 1.
func spreadOut(values []float64, random *rand.Rand, out []float64) {
	m := float64(len(values))
	mean := sumOf(values) / m
	wider := math.Sqrt(m / (m - 1))
	for i := range out {
		out[i] = mean + wider*(values[random.IntN(len(values))]-mean)
	}
}

// betaBinomial gives a function that draws outputs of a case with scores of 0 and
// 1. With E p(1-p) = mean (1-mean) s/(s+1), a = s mean and b = s (1-mean).
func betaBinomial(known [][]float64) func([]float64, *rand.Rand, []float64) {
	within, mean := 0.25, 0.0
	for _, values := range known {
		_, variance, _ := Moments(values)
		within += variance
		mean += sumOf(values) / float64(len(values))
	}
	n := float64(len(known))
	within, mean = within/(n+1), (mean+0.5)/(n+1)
	share := min(within/(mean*(1-mean)), 1-1e-6)
	s := share / (1 - share)
	return func(values []float64, random *rand.Rand, out []float64) {
		passed := float64(passes(values))
		p := distuv.Beta{Alpha: s*mean + passed, Beta: s*(1-mean) + float64(len(values)) - passed, Src: random}.Rand()
		for i := range out {
			if random.Float64() < p {
				out[i] = 1
			}
		}
	}
}
