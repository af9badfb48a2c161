package main

import (
	"math"
	"math/rand/v2"
	"testing"
)

// The samples and p values are those of the documentation of
// scipy.stats.mannwhitneyu (method="asymptotic") and, with ties, of R's
// wilcox.test: Ozone in May and August of the data set airquality, W = 127.5,
// p-value = 0.0001208.
func TestMannWhitney(t *testing.T) {
	for _, c := range []struct {
		x, y []float64
		u, p float64
		tol  float64
	}{
		{[]float64{19, 22, 16, 29, 24}, []float64{20, 11, 17, 12}, 3, 0.11134688653314041, 1e-12},
		{[]float64{41, 36, 12, 18, 28, 23, 19, 8, 7, 16, 11, 14, 18, 14, 34, 6, 30, 11, 1, 11, 4, 32, 23, 45, 115, 37},
			[]float64{39, 9, 16, 78, 35, 66, 122, 89, 110, 44, 28, 65, 22, 59, 23, 31, 44, 21, 9, 45, 168, 73, 76, 118, 84, 85},
			26*26 - 127.5, 0.0001208, 5e-8},
	} {
		if p, u := mannWhitney(c.x, c.y); u != c.u || math.Abs(p-c.p) > c.tol {
			t.Errorf("U %v, p %v, want %v, %v", u, p, c.u, c.p)
		}
	}
	if p, _ := mannWhitney([]float64{1, 1}, []float64{1, 1, 1}); p != 1 {
		t.Errorf("nothing but ties: p %v", p)
	}
}

// TestCohen: means 4 and 6, both variances 4.
func TestCohen(t *testing.T) {
	if d := cohen([]float64{2, 4, 6}, []float64{4, 6, 8}); math.Abs(d-1) > 1e-15 {
		t.Errorf("d %v, want 1", d)
	}
}

// TestBootstrapLimit draws what the expansion stands for, on skewed scores.
func TestBootstrapLimit(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	before, after := make([]float64, 150), make([]float64, 150)
	for i := range before {
		before[i], after[i] = math.Pow(r.Float64(), 6), math.Pow(r.Float64(), 4)
	}
	low, high := cornishFisher(before, after)
	const n = 20_000
	below, above := 0, 0
	for range n {
		d := resampledMean(r, after) - resampledMean(r, before)
		if d < low {
			below++
		}
		if d > high {
			above++
		}
	}
	for _, share := range []float64{float64(below) / n, float64(above) / n} {
		if math.Abs(share-.025) > 4*math.Sqrt(.025*.975/n) {
			t.Errorf("%.4f of the resamples are beyond an end, want .025", share)
		}
	}
}

func TestRules(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	many := func(n, ones int) []float64 {
		v := make([]float64, n)
		for i := range ones {
			v[i] = 1
		}
		return v
	}
	for _, c := range []struct {
		why                        string
		before, after              []float64
		ranks, bootstrap, passRate int
	}{
		{"nothing", many(100, 90), many(100, 90), 0, 0, 0},
		{"a collapse", many(100, 90), many(100, 50), -1, -1, -1},
		{"a rise", many(100, 50), many(100, 90), 1, 1, 0},
		{"just the threshold", many(100, 90), many(100, 85), 0, 0, 0},
		{"certain, but d below .2", many(2000, 1800), many(2000, 1720), 0, -1, 0},
	} {
		a, b, p := rankRule(c.before, c.after), bootstrapRule(r, c.before, c.after), passRateRule(c.before, c.after)
		if a != c.ranks || b != c.bootstrap || p != c.passRate {
			t.Errorf("%s: %d %d %d, want %d %d %d", c.why, a, b, p, c.ranks, c.bootstrap, c.passRate)
		}
	}
}
