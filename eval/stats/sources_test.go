package stats

import (
	"fmt"
	"math"
	"math/big"
	"math/bits"
	"math/rand/v2"
	"testing"
)

// TestMcNemarPublished holds the exact p to tables computed elsewhere.
func TestMcNemarPublished(t *testing.T) {
	// statsmodels, test_mcnemar_exact of its tests of runs: six tables with the
	// p of Vassar College's online computation, to six digits.
	for _, w := range []struct {
		b, c int
		p    float64
	}{{121, 59, .000004}, {70, 59, .378688}, {80, 59, .089452}, {30, 60, .00206}, {10, 30, .002221}, {10, 10, 1}} {
		if exact, _ := McNemar(w.b, w.c); math.Abs(exact-w.p) > 5e-7 {
			t.Errorf("%d against %d: %.7f, published %v", w.b, w.c, exact, w.p)
		}
	}
	// Agresti, Categorical Data Analysis (the example of R's mcnemar.test): 150
	// approved of the president first only, 86 second only; z = 4.17 gives about
	// .00003, from which exact and mid-p are not far.
	exact, mid := McNemar(150, 86)
	if z := (150. - 86) / math.Sqrt(150+86); math.Abs(z-4.17) > .005 || math.Abs(mid/(2*normalUpper(z))-1) > .1 || exact < mid {
		t.Errorf("approval of the president: exact %.3g, mid-p %.3g, z %.3f", exact, mid, z)
	}
}

// TestMcNemarWholeNumbers computes every table of up to 40 changes, and one of
// a thousand, in whole numbers.
func TestMcNemarWholeNumbers(t *testing.T) {
	check := func(b, c int) {
		n, k := int64(b+c), int64(min(b, c))
		twice, at := new(big.Int), new(big.Int)
		for j := range k + 1 {
			at.Binomial(n, j)
			twice.Add(twice, at)
		}
		twice.Lsh(twice, 1)
		all := new(big.Int).Lsh(big.NewInt(1), uint(n))
		if twice.Cmp(all) > 0 {
			twice.Set(all)
		}
		ratio := func(v *big.Int) float64 { f, _ := new(big.Rat).SetFrac(v, all).Float64(); return f }
		wantExact := ratio(twice)
		wantMid := ratio(new(big.Int).Sub(twice, at)) // less the observed table once of twice
		if b == c {
			wantMid = 1 - ratio(at)/2
		}
		exact, mid := McNemar(b, c)
		near(t, fmt.Sprintf("exact p of %d/%d", b, c), exact, wantExact, 1e-12)
		near(t, fmt.Sprintf("mid-p of %d/%d", b, c), mid, wantMid, 1e-12)
	}
	for b := range 21 {
		for c := 1; c < 21; c++ {
			check(b, c)
		}
	}
	check(480, 620)
}

// TestClopperPearsonPublished: Newcombe 1998, Statistics in Medicine 17:857-872,
// table I, the exact method (Clopper and Pearson 1934), to four digits.
func TestClopperPearsonPublished(t *testing.T) {
	for _, w := range []struct {
		k, n      int
		low, high float64
	}{{81, 263, .2527, .3676}, {15, 148, .0578, .1617}, {0, 20, 0, .1684}, {1, 29, .0009, .1776}} {
		low, high := Gaffke(zerosAndOnes(w.k, w.n), 0, 1, .95)
		// Above 150 values the bounds are by saddlepoint, to .0002.
		tolerance := 5.1e-5
		if w.n > exactGaffke {
			tolerance += 2e-4
		}
		if math.Abs(low-w.low) > tolerance || math.Abs(high-w.high) > tolerance {
			t.Errorf("%d of %d: [%.5f, %.5f], published [%v, %v]", w.k, w.n, low, high, w.low, w.high)
		}
	}
}

// TestWithinOnOneCase: in one case all three statistics rise with the difference
// of the means, so that the test is the two-sample permutation test.
func TestWithinOnOneCase(t *testing.T) {
	// Mandible lengths in mm of ten male and ten female golden jackals, Manly,
	// Randomization, Bootstrap and Monte Carlo Methods in Biology (2007); the data
	// set jackal of R's package permute, which gives the means 113.4 and 108.6.
	males := []float64{120, 107, 110, 116, 114, 111, 113, 117, 114, 112}
	females := []float64{110, 111, 107, 108, 110, 105, 107, 106, 111, 111}
	both := append(append([]float64(nil), females...), males...)
	observed, reached, ways := sumOf(males), 0, 0
	for set := uint(0); set < 1<<20; set++ {
		if bits.OnesCount(set) != 10 {
			continue
		}
		ways++
		sum := 0.0
		for s := set; s != 0; s &= s - 1 {
			sum += both[bits.TrailingZeros(s)]
		}
		if sum >= observed {
			reached++
		}
	}
	if observed != 1134 || sumOf(females) != 1086 || ways != 184_756 {
		t.Fatalf("sums %v and %v, %d ways", observed, sumOf(females), ways)
	}
	tests := []struct {
		reason string
		pool   Pool
		up     float64
	}{
		{"jackals", Pool{A: 10, B: 10, Values: both}, float64(reached) / float64(ways)},
		// The floors of the specification's section 7: a case that flips completely.
		{"5 against 5", Pool{A: 5, B: 5, Values: []float64{0, 0, 0, 0, 0, 1, 1, 1, 1, 1}}, 1. / 252},
		{"3 against 3", Pool{A: 3, B: 3, Values: []float64{0, 0, 0, 1, 1, 1}}, 1. / 20},
		{"10 against 1", Pool{A: 10, B: 1, Values: []float64{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}}, 1. / 11},
	}
	const draws = 100_000
	for _, w := range tests {
		got, _ := Within([]Pool{w.pool}, 1, overall, draws, 1)
		if se := math.Sqrt(w.up * (1 - w.up) / draws); math.Abs(got[0].Up-w.up) > 4*se+1./draws {
			t.Errorf("%s: %.5f, all ways of dealing %.5f", w.reason, got[0].Up, w.up)
		}
	}
}

// TestStepDownIsClosedTesting: the step-down procedure is the shortcut of the
// closed test of Marcus, Peritz and Gabriel (1976, Biometrika 63:655), which
// rejects a hypothesis if every set of hypotheses that holds it is rejected, a
// set by its largest statistic. All sets are gone through here.
func TestStepDownIsClosedTesting(t *testing.T) {
	const rows, columns = 9, 5
	for seed := range uint64(20) {
		r := rand.New(rand.NewPCG(seed, 13))
		draws := make([][]float64, 1<<rows) // of |z|; the first are the observed
		d := make([][rows]float64, columns)
		for j := range d {
			for i := range d[j] {
				if d[j][i] = r.NormFloat64() + float64(j)/2; j%2 == 0 { // with ties
					d[j][i] = math.Round(d[j][i])
				}
			}
		}
		for pattern := range draws {
			draws[pattern] = make([]float64, columns)
			for j := range d {
				sum, squares := 0.0, 1e-300
				for i, v := range d[j] {
					if pattern>>i&1 == 1 {
						v = -v
					}
					sum, squares = sum+v, squares+v*v
				}
				draws[pattern][j] = math.Abs(sum) / math.Sqrt(squares)
			}
		}
		s := newStepDown(draws[0])
		tally := s.tally()
		for _, draw := range draws[1:] {
			tally.add(draw)
		}
		tally.done()
		for _, mid := range []bool{false, true} {
			got := s.p(len(draws)-1, mid)
			for j := range columns {
				want := 0.0
				for set := 1; set < 1<<columns; set++ {
					if set>>j&1 == 1 {
						want = max(want, setP(draws, set, mid))
					}
				}
				// Mid p count ties by other columns fully, and are never smaller.
				if math.Abs(got[j]-want) > 1e-12 && !(mid && got[j] > want) {
					t.Errorf("seed %d, column %d, mid %v: %v, closed test %v", seed, j, mid, got[j], want)
				}
			}
		}
	}
}

// setP is the p of the largest statistic of a set of columns among all draws,
// the first of which is the observed one; with mid ties count half.
func setP(draws [][]float64, set int, mid bool) float64 {
	largest := func(draw []float64) float64 {
		top := math.Inf(-1)
		for j, v := range draw {
			if set>>j&1 == 1 {
				top = max(top, v)
			}
		}
		return top
	}
	observed, sum := largest(draws[0]), 0.0
	for _, draw := range draws {
		switch v := largest(draw); {
		case v > observed+1e-9:
			sum++
		case v >= observed-1e-9 && mid:
			sum += .5
		case v >= observed-1e-9:
			sum++
		}
	}
	return sum / float64(len(draws))
}

// TestClopperPearsonByBeta holds the formula to the same table.
func TestClopperPearsonByBeta(t *testing.T) {
	for _, w := range []struct {
		k, n      int
		low, high float64
	}{{81, 263, .2527, .3676}, {15, 148, .0578, .1617}, {0, 20, 0, .1684}, {1, 29, .0009, .1776}, {0, 0, 0, 1}, {20, 20, .8316, 1}} {
		low, high := ClopperPearson(w.k, w.n, .95)
		if math.Abs(low-w.low) > 5.1e-5 || math.Abs(high-w.high) > 5.1e-5 {
			t.Errorf("%d of %d: [%.5f, %.5f], published [%v, %v]", w.k, w.n, low, high, w.low, w.high)
		}
	}
}
