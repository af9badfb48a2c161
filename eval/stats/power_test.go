package stats

import (
	"math"
	"testing"
)

// TestDetectable holds the examples of the specification's section 7 for the
// population BM, whose difference of two single outputs has variance
// 2 (.7*.99*.01 + .2*.9*.1 + .1*.5*.5) = .09986.
func TestDetectable(t *testing.T) {
	const v0 = .09986
	for _, c := range []struct {
		n       int
		repeats float64
		want    float64
	}{{120, 1, .121}, {120, 3, .060}, {120, 5, .044}, {1000, 1, .032}} {
		got, ok := Detectable(c.n, c.repeats, v0/c.repeats, .05, .8)
		if !ok || math.Abs(got-c.want) > .0011 {
			t.Errorf("%d x %v: %.4f, specified %.3f", c.n, c.repeats, got, c.want)
		}
		if n := CasesToDetect(got, c.repeats, v0/c.repeats, .05, .8); n != c.n {
			t.Errorf("to detect %.4f with %v repeats: %d cases, want %d back", got, c.repeats, n, c.n)
		}
	}
	for _, c := range []struct {
		n                 int
		repeats, variance float64
	}{{0, 1, 1}, {1, 1, 1}, {10, 0, 1}, {10, 1, math.NaN()}, {10, math.NaN(), 1}} {
		if got, ok := Detectable(c.n, c.repeats, c.variance, .05, .8); ok {
			t.Errorf("%+v: %v, want none", c, got)
		}
	}
}

func TestCasesToHold(t *testing.T) {
	if got := CasesToHold(0, 1, .95); got != 0 {
		t.Errorf("nothing proves a margin of 0, got %d cases", got)
	}
	few, many := CasesToHold(.05, .01, .95), CasesToHold(.05, .1, .95)
	if few <= 59 || many <= few {
		t.Errorf("noise must cost cases: %d, %d", few, many)
	}
	if CasesToDetect(0, 1, 1, .05, .8) != 0 || CasesToDetect(1e-9, 1, 1, .05, .8) != 0 {
		t.Error("a loss that no number of cases shows must give 0")
	}
}
