package stats

import (
	"math"
	"math/rand/v2"
	"testing"
)

// TestFisherPublished holds the test to values in print. Fisher (1935) gives 1/70
// for the lady who names all eight cups and 17/70 for three of four; the page
// ?fisher.test of R prints 0.2429 for the latter and 4.652e-04 for the
// criminal twins of Fisher (1962), 10 of 13 against 2 of 17 convicted.
func TestFisherPublished(t *testing.T) {
	for _, c := range []struct {
		what                 string
		hit, size, marked, n int
		want, within         float64
	}{
		{"all cups", 4, 4, 4, 8, 1.0 / 70, 1e-12},
		{"three of four cups", 3, 4, 4, 8, 17.0 / 70, 1e-12},
		{"twins, R: 0.0004652", 10, 12, 13, 30, 0.0004652, 5e-8},
		{"nobody marked", 0, 4, 0, 8, 1, 0},
		{"more than can be", 5, 4, 6, 8, 0, 0},
		{"fewer cannot be", 2, 5, 5, 8, 1, 0},
	} {
		if got := Fisher(c.hit, c.size, c.marked, c.n); math.Abs(got-c.want) > c.within {
			t.Errorf("%s: %v, want %v", c.what, got, c.want)
		}
	}
}

// TestFisherSumsToOne: the tails of large tables, against counting tables one by
// one with exact ratios.
func TestFisherSumsToOne(t *testing.T) {
	size, marked, n := 700, 350, 5000
	sum, term := 0.0, 1.0 // P(X = h) up to a factor
	var terms []float64
	for h := 0; h <= marked; h++ {
		terms = append(terms, term)
		sum += term
		term *= float64(size-h) * float64(marked-h) / (float64(h+1) * float64(n-size-marked+h+1))
	}
	for _, hit := range []int{30, 49, 60, 90} {
		want := 0.0
		for _, v := range terms[hit:] {
			want += v / sum
		}
		if got := Fisher(hit, size, marked, n); math.Abs(got/want-1) > 1e-8 {
			t.Errorf("hit %d: %v, want %v", hit, got, want)
		}
	}
}

// TestAssociatedKeepsItsLevel: with marks that have nothing to do with 40
// properties, partly copies of each other, any corrected p is at most .05 in at
// most 5 % of 600 worlds (seed 1; 4 standard errors allowed).
func TestAssociatedKeepsItsLevel(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	const worlds, n = 600, 80
	false1, found := 0, 0
	for w := range worlds {
		var marked []int32
		for i := range n {
			if rng.IntN(8) == 0 {
				marked = append(marked, int32(i))
			}
		}
		properties := make([][]int32, 40)
		for k := range properties {
			for i := range n {
				if rng.IntN(2+k%7) == 0 {
					properties[k] = append(properties[k], int32(i))
				}
			}
		}
		copy(properties[30:], properties[:5])
		smallest := func() float64 {
			_, adjusted := Associated(n, marked, properties, 199, uint64(w))
			s := 1.0
			for _, a := range adjusted {
				s = min(s, a)
			}
			return s
		}
		if smallest() <= 0.05 {
			false1++
		}
		if properties[7] = marked; len(marked) > 4 && smallest() <= 0.05 {
			found++
		}
	}
	if limit := worlds*0.05 + 4*math.Sqrt(worlds*0.05*0.95); float64(false1) > limit {
		t.Errorf("%d of %d worlds have a false association, at most %.0f", false1, worlds, limit)
	}
	if found < worlds*9/10 {
		t.Errorf("a property of exactly the marked was found in %d of %d worlds", found, worlds)
	}
	t.Logf("false %d, found %d of %d", false1, found, worlds)
}

// TestAssociatedOne: corrected for itself alone, the p is the exact one within
// what 20,000 draws leave open.
func TestAssociatedOne(t *testing.T) {
	p, adjusted := Associated(8, []int32{0, 1, 2, 3}, [][]int32{{0, 1, 2, 7}}, 20000, 3)
	if math.Abs(p[0]-17.0/70) > 1e-12 || math.Abs(adjusted[0]-17.0/70) > 4*math.Sqrt(0.25*0.75/20000) {
		t.Errorf("p %v, corrected %v, want 17/70", p, adjusted)
	}
}
