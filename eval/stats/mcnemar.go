package stats

import "math"

// McNemar tests b changes one way against c the other way: the exact two-sided
// p = 2 P(X <= min(b,c)) with X binomial(b+c, 1/2), at most 1, and the mid-p,
// which counts the observed table half (Fagerland, Lydersen, Laake 2013, BMC
// Med Res Methodol 13:91). Negative counts count as 0; no change at all gives 1.
func McNemar(b, c int) (exact, mid float64) {
	b, c = max(b, 0), max(c, 0)
	n, k := b+c, min(b, c)
	if n == 0 {
		return 1, 1
	}
	// term is C(n,j)/2^n, kept within range by carrying a power of two apart.
	term, below, power := 1.0, 0.0, 0
	for j := 1; j <= k; j++ {
		below += term
		term *= float64(n-j+1) / float64(j)
		if term > 0x1p512 {
			term, below, power = math.Ldexp(term, -512), math.Ldexp(below, -512), power+512
		}
	}
	at := math.Ldexp(term, power-n)
	if b == c {
		return 1, 1 - at/2
	}
	below = math.Ldexp(below, power-n)
	return min(1, 2*(below+at)), min(1, 2*below+at)
}
