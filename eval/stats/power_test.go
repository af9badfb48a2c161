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
	if got := CasesToHold(0, 1, .95, .8); got != 0 {
		t.Errorf("nothing proves a margin of 0, got %d cases", got)
	}
	few, many := CasesToHold(.05, .01, .95, .8), CasesToHold(.05, .1, .95, .8)
	if few <= 59 || many <= few {
		t.Errorf("noise must cost cases: %d, %d", few, many)
	}
	if CasesToDetect(0, 1, 1, .05, .8) != 0 || CasesToDetect(1e-9, 1, 1, .05, .8) != 0 {
		t.Error("a loss that no number of cases shows must give 0")
	}
}

// TestRepeats holds the variance decomposition of Miller 2024 worked by hand. To
// hold: (1.645+1.282) sqrt(2*.05/N/120) + (1-.05^(1/120)) <= .05 gives N >= 11.1. To
// detect, at N = 3 against V0 = .09986: the example of TestDetectable, 6.0 points.
func TestRepeats(t *testing.T) {
	for _, c := range []struct {
		reason string
		got    int
		want   int
	}{
		{"to hold", RepeatsToHold(.05, 120, 0, .05, .95, .8, 20), 12},
		{"differences between the cases stay", RepeatsToHold(.05, 120, .1, .05, .95, .8, 20), 0},
		{"too few cases for any number", RepeatsToHold(.05, 58, 0, 0, .95, .8, 20), 0},
		{"enough cases, no noise", RepeatsToHold(.05, 59, 0, 0, .95, .8, 20), 1},
		{"noise unknown", RepeatsToHold(.05, 120, 0, math.NaN(), .95, .8, 20), 0},
		{"to detect", RepeatsToDetect(.0607, 120, 0, .04993, .05, .8, 20), 3},
		{"a little less", RepeatsToDetect(.0590, 120, 0, .04993, .05, .8, 20), 4},
	} {
		if c.got != c.want {
			t.Errorf("%s: %d, want %d", c.reason, c.got, c.want)
		}
	}
}
