package stats

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/stat/distuv"
)

// evidence brings |z| of randomly signed magnitudes to the |z| of a standard
// normal variable with the same tail, so that columns of different shapes weigh
// alike in a maximum. One case that moved much more than all others squeezes z
// to about 1 whatever those say, and -z must not fall because a case got worse:
// the tail probability never does, since
//
//	P(sum of random signs <= observed sum) = P(sum of d over a random subset >= 0)
//
// and every subset's sum falls with each of its members.
//
// The map is rising and depends on the magnitudes alone, which flipping does not
// change, so that a test with it is exact however well it approximates the tail
// (Lugannani and Rice, as in saddle).
type evidence struct {
	z, score []float64           // points of the map, rising
	start    [evidenceBins]uint8 // per equal part of [0, last z]: a point at or below it
	perBin   float64
}

const (
	evidenceBins  = 128
	evidenceGroup = 1.1 // magnitudes up to this ratio apart are taken as one
	evidenceStep  = 1.3 // ratio of neighbouring saddlepoints
	evidenceLast  = 1e9 // largest saddlepoint; with the step, fewer than 256 points
)

// newEvidence makes the map of a column of non-zero differences; its |z| is
// taken of differences scaled to a sum of squares of 1.
func newEvidence(d []float64) evidence {
	size := norm(d)
	mag := make([]float64, len(d))
	for i, v := range d {
		mag[i] = math.Abs(v) / size
	}
	groups := nearlyEqual(mag)
	most := 0.0
	for _, m := range mag {
		most += m
	}
	e := evidence{z: []float64{0}, score: []float64{0}}
	add := func(z, score float64) {
		last := len(e.z) - 1
		if z > e.z[last]+1e-12 {
			e.z, e.score = append(e.z, z), append(e.score, max(score, e.score[last]))
		}
	}
	// The saddlepoint t of a sum is about the sum itself while that is normal;
	// near the largest sum it grows without bound.
	for t := 0.25; t < evidenceLast; t *= evidenceStep {
		x, p := tailAt(groups, t)
		if x > most*(1-1e-6) || p < 1e-300 {
			break
		}
		add(x, -distuv.UnitNormal.Quantile(min(p, .5)))
	}
	if n := len(mag); n < 900 { // one pattern in 2^n, counted half
		add(most, -distuv.UnitNormal.Quantile(math.Ldexp(1, -n-1)))
	}
	e.index()
	return e
}

func (e *evidence) index() {
	e.perBin = evidenceBins / e.z[len(e.z)-1]
	at := 0
	for b := range e.start {
		for at+1 < len(e.z) && e.z[at+1]*e.perBin <= float64(b) {
			at++
		}
		e.start[b] = uint8(at)
	}
}

// nearlyEqual groups sorted-by-size magnitudes that differ by a twentieth at
// most, at their mean.
func nearlyEqual(mag []float64) []group {
	sorted := slices.Sorted(slices.Values(mag))
	var groups []group
	first := 0.0
	for _, m := range sorted {
		if len(groups) == 0 || m > first*evidenceGroup {
			groups, first = append(groups, group{}), m
		}
		g := &groups[len(groups)-1]
		g.count++
		g.value += (m - g.value) / g.count
	}
	return groups
}

// tailAt is the sum x of which t is the saddlepoint and the probability of a
// larger one.
func tailAt(groups []group, t float64) (x, p float64) {
	var k, k2 float64
	for _, g := range groups {
		small := math.Exp(-2 * g.value * t)
		h := (1 - small) / (1 + small) // tanh
		x += g.count * g.value * h
		k2 += g.count * g.value * g.value * (1 - h*h)
		k += g.count * (g.value*t + math.Log1p(small) - math.Ln2) // log cosh
	}
	w, v := math.Sqrt(max(0, 2*(t*x-k))), t*math.Sqrt(k2)
	if w < 1e-2 || v == 0 {
		return x, normalUpper(x)
	}
	return x, clampP(normalUpper(w) + normalDensity(w)*(1/v-1/w))
}

// of is the score of a |z|, a straight line between the points of the map.
func (e *evidence) of(z float64) float64 {
	last := len(e.z) - 1
	if z >= e.z[last] {
		return e.score[last] + z - e.z[last]
	}
	k := int(e.start[min(int(z*e.perBin), evidenceBins-1)])
	for e.z[k+1] <= z {
		k++
	}
	share := (z - e.z[k]) / (e.z[k+1] - e.z[k])
	return e.score[k] + share*(e.score[k+1]-e.score[k])
}
