package stats

import "math"

// subsetTails gives the two-sided p and mid-p for a lighter sum of u: the
// distribution of the sum of a random subset of units, up to u, and twice its
// lower tail. Additions of positive numbers only, so that p keeps its relative
// accuracy down to 1e-300.
func subsetTails(units []int, u int) (p, mid float64) {
	f := make([]float64, u+1)
	f[0] = 1
	reach, halved := 0, 0
	for i, v := range units {
		reach = min(reach+v, u)
		for j := reach; j >= v; j-- {
			f[j] += f[j-v]
		}
		if i%512 == 511 || i == len(units)-1 {
			scale := math.Ldexp(1, halved-i-1)
			for j := range f {
				f[j] *= scale
			}
			halved = i + 1
		}
	}
	total := 0
	for _, v := range units {
		total += v
	}
	return fold(f, 2*u == total)
}

// fold turns the lower tail of a symmetric distribution, its last element the
// probability of the observed value, into two-sided p and mid-p.
func fold(f []float64, atCentre bool) (p, mid float64) {
	at := f[len(f)-1]
	if atCentre {
		return 1, 1 - at/2
	}
	below := 0.0
	for _, v := range f[:len(f)-1] {
		below += v
	}
	return min(1, 2*(below+at)), min(1, 2*below+at)
}

// allPatterns goes through all sign patterns as sums of two halves. The largest
// magnitude keeps its sign: a pattern and its mirror image are as far from zero.
func (s signed) allPatterns() (p, mid float64) {
	pos, neg, _ := s.sums()
	target := math.Abs(pos - neg)
	tolerance := 1e-9 * (pos + neg)
	last := len(s.mag) - 1
	low, high := signedSums(0, s.mag[:last/2]), signedSums(s.mag[last], s.mag[last/2:last])
	farther, equal := 0, 0
	for _, a := range low {
		for _, b := range high {
			switch d := math.Abs(a+b) - target; {
			case d > tolerance:
				farther++
			case d >= -tolerance:
				equal++
			}
		}
	}
	all := float64(len(low) * len(high))
	return float64(farther+equal) / all, (float64(farther) + float64(equal)/2) / all
}

// signedSums lists start plus the sums of the values with every pattern of signs.
func signedSums(start float64, values []float64) []float64 {
	sums := append(make([]float64, 0, 1<<len(values)), start)
	for _, v := range values {
		for i, n := 0, len(sums); i < n; i++ {
			sums = append(sums, sums[i]-v)
			sums[i] += v
		}
	}
	return sums
}
