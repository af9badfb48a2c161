package stats

import (
	"math"
	"math/rand/v2"
	"testing"
)

// One case of two outputs against two, all ways of dealing by hand: of a,a | b,b
// and its mirror image the excess is 1, of the four mixed deals it is .5-1.
func TestExcessByHand(t *testing.T) {
	p, ok := Excess([]Kinds{{[]uint64{1, 1, 2, 2}, 2}}, 9999, 1)
	if want := 2. / 6; !ok || math.Abs(p-want) > 4*math.Sqrt(want*(1-want)/9999) {
		t.Errorf("%v, want %v", p, want)
	}
	if p, ok := Excess([]Kinds{{[]uint64{1, 2}, 1}}, 99, 1); ok || p != 1 {
		t.Errorf("one output a side: %v %v", p, ok)
	}
	if p, ok := Excess([]Kinds{{[]uint64{1, 1, 1}, 2}}, 99, 1); !ok || p != 1 {
		t.Errorf("all alike: %v %v", p, ok)
	}
}

// Ten outputs of many kinds against one, ten cases: sign flips take .147 of
// unchanged pairs for changed at .025. 600 pairs, 199 deals, seed 6.
func TestExcessKeepsItsLevel(t *testing.T) {
	const reps = 600
	r := rand.New(rand.NewPCG(6, 6))
	rejected := 0
	for rep := range reps {
		cases := make([]Kinds, 10)
		for i := range cases {
			v := make([]uint64, 11)
			for k := range v {
				v[k] = uint64(r.IntN(50))
			}
			cases[i] = Kinds{v, 10}
		}
		if p, _ := Excess(cases, 199, uint64(rep)); p <= .025 {
			rejected++
		}
	}
	if got, most := float64(rejected)/reps, .025+3*math.Sqrt(.025*.975/reps); got > most {
		t.Errorf("%.3f, at most %.3f", got, most)
	}
}
