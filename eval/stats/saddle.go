package stats

import "math"

// saddle approximates the two-sided p and mid-p of the observed sum of randomly
// signed magnitudes (Lugannani and Rice 1980, Adv Appl Prob 12:475). step is the
// lattice of the magnitudes, 0 if they have none; sums then lie 2*step apart and
// p takes half that as continuity correction.
func (s signed) saddle(step float64) (p, mid float64) {
	pos, neg, squares := s.sums()
	sum := math.Abs(pos - neg)
	if min(pos, neg) == 0 {
		all := math.Ldexp(1, -len(s.mag)) // the farthest pattern and its mirror image
		return 2 * all, all
	}
	mid = min(1, 2*s.upperTail(sum, squares))
	if step == 0 {
		return mid, mid
	}
	if sum <= step {
		return 1, mid
	}
	return min(1, 2*s.upperTail(sum-step, squares)), mid
}

// upperTail approximates the probability of a sum above x >= 0 with the
// cumulant function K(t) = sum log cosh(m t).
func (s signed) upperTail(x, squares float64) float64 {
	t := x / squares
	var k, k1, k2 float64
	for range 60 {
		k, k1, k2 = 0, 0, 0
		for _, m := range s.mag {
			h := math.Tanh(m * t)
			k1 += m * h
			k2 += m * m * (1 - h*h)
		}
		// K' is concave for t > 0 and the start lies left of the root, so the
		// steps never pass it.
		dt := (x - k1) / k2
		if !(math.Abs(dt) > 1e-10*t) || math.IsInf(dt, 0) {
			break
		}
		t += dt
	}
	for _, m := range s.mag {
		k += logCosh(m * t)
	}
	w := math.Sqrt(max(0, 2*(t*x-k)))
	v := t * math.Sqrt(k2)
	if w < 1e-2 || v == 0 {
		return normalUpper(x / math.Sqrt(squares))
	}
	return clampP(normalUpper(w) + normalDensity(w)*(1/v-1/w))
}

func logCosh(x float64) float64 {
	x = math.Abs(x)
	return x + math.Log1p(math.Exp(-2*x)) - math.Ln2
}

// normalUpper is P(Z > z) of a standard normal Z, accurate in its tail.
func normalUpper(z float64) float64 { return math.Erfc(z/math.Sqrt2) / 2 }

func normalDensity(z float64) float64 { return math.Exp(-z*z/2) / math.Sqrt(2*math.Pi) }

// clampP keeps a probability within [0,1]; what is not a number becomes 1, the
// value that claims nothing.
func clampP(p float64) float64 {
	if math.IsNaN(p) || p > 1 {
		return 1
	}
	return max(p, 0)
}
