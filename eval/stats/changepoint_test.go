package stats

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"testing"
)

// changePointData holds the series of Apache Otava's and MongoDB's tests with
// what these assert; it stands beside the checkout and may be absent.
const changePointData = "../../../shared/data/changepoint/series.jsonl"

type changeRecord struct {
	ID           string
	Series       []float64
	ChangePoints []int `json:"change_points"`
	Cases        []struct {
		Name         string
		Window       int     `json:"window_len"`
		P            float64 `json:"max_pvalue"`
		Magnitude    float64 `json:"min_magnitude"`
		ChangePoints []int   `json:"change_points"`
	}
	QHat         map[string]float64
	QHatValues   []float64  `json:"qhat_values"`
	QHatOriginal []float64  `json:"qhat_values_original_whitepaper"`
	PBetween     [2]float64 `json:"pvalue_between"`
	Split        int
	X, Y         struct{ Range [3]float64 }
	Expected     struct{ E, T, H float64 }
}

func changeRecords(t testing.TB) map[string]changeRecord {
	t.Helper()
	f, err := os.Open(changePointData)
	if errors.Is(err, fs.ErrNotExist) {
		t.Skipf("%s is not there", changePointData)
	}
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	records := map[string]changeRecord{}
	for lines := bufio.NewScanner(f); lines.Scan(); {
		var r changeRecord
		if err := json.Unmarshal(lines.Bytes(), &r); err != nil {
			t.Fatal(err)
		}
		records[r.ID] = r
	}
	return records
}

func indices(points []ChangePoint) []int {
	at := make([]int, len(points))
	for i, p := range points {
		at[i] = p.Index
	}
	return at
}

// TestOtava finds every change point that Apache Otava's tests assert for its own
// series.
func TestOtava(t *testing.T) {
	records := changeRecords(t)
	check := func(id string, opt ChangeOptions, want []int) {
		t.Helper()
		if len(records[id].Series) == 0 {
			t.Errorf("no series %s", id)
		}
		if got := indices(ChangePoints(records[id].Series, opt)); !slices.Equal(got, want) {
			t.Errorf("%s %+v:\n got %v\nwant %v", id, opt, got, want)
		}
	}
	for _, id := range []string{"otava/series1", "otava/series2"} {
		check(id, ChangeOptions{P: .001}, records[id].ChangePoints)
	}
	check("otava/series2", ChangeOptions{P: .001, Magnitude: .2}, nil)
	check("otava/single_series", ChangeOptions{Window: 10}, records["otava/single_series"].ChangePoints)
	tiger := records["otava/tigerbeetle"]
	if len(tiger.Cases) == 0 {
		t.Error("no cases of otava/tigerbeetle")
	}
	for _, c := range tiger.Cases {
		check(tiger.ID, ChangeOptions{Window: c.Window, P: c.P, Magnitude: c.Magnitude}, c.ChangePoints)
	}
	// What else tests/tigerbeetle_test.py of commit 1ceb153 asserts.
	for _, c := range []struct {
		p, magnitude float64
		want         []int
	}{
		{.05, .05, []int{15, 71}},
		{.2, .05, []int{10, 11, 15, 71}},
		{.1, .01, []int{10, 11, 15, 28, 29, 35, 37, 48, 49, 61, 71, 95, 117, 131, 142, 148, 165, 169, 192, 206, 212, 260, 265, 268, 278, 282, 363}},
		{.1, 0, []int{3, 6, 10, 11, 15, 16, 28, 29, 35, 37, 39, 41, 44, 48, 49, 61, 71, 95, 117, 131, 142, 148, 165, 169, 192, 206, 212, 260, 265, 268, 278, 282, 288, 305, 363}},
		{.001, 0, []int{15, 61, 71, 95, 117, 131, 142, 148, 192, 212, 260}},
		{.00001, 0, []int{71, 95, 131, 192, 212}},
	} {
		check(tiger.ID, ChangeOptions{Window: 30, P: c.p, Magnitude: c.magnitude}, c.want)
	}
}

// TestOtavaInline holds what Otava's tests assert of series written in them:
// change_point_divisive_test.py (no windows, no merging) and series_test.py.
func TestOtavaInline(t *testing.T) {
	cuts := splitWindow(otavaSequence(), .01)
	slices.Sort(cuts)
	if !slices.Equal(cuts, []int{5, 8}) {
		t.Errorf("change_point_divisive_test: %v, want [5 8]", cuts)
	}
	many := slices.Concat(slices.Repeat([]float64{1}, 5), slices.Repeat([]float64{5}, 8), slices.Repeat([]float64{9}, 8), slices.Repeat([]float64{3}, 9))
	if got := indices(ChangePoints(many, ChangeOptions{P: .05})); !slices.Equal(got, []int{5, 13, 21}) {
		t.Errorf("test_change_point_detection_many: %v", got)
	}
	zero := []float64{0, 0, 0, 1, 1.12, .9, .5, .51, .48, .48, .55}
	if got := indices(ChangePoints(zero, ChangeOptions{P: .001})); len(got) != 2 || got[0] != 3 {
		t.Errorf("test_div_by_zero: %v, want 2 from 3 on", got)
	}
}

func otavaSequence() []float64 {
	return []float64{.3, 2.4, 1.5, -.9, -.5, 99.7, 98.3, 99.1, 149, 149.7, 149.5, 149.1, 148.8, 150}
}

// TestChangeTest holds what Otava's analysis_test.py asserts of its t-test.
func TestChangeTest(t *testing.T) {
	r := changeRecords(t)["otava/ttest_no_change"]
	c := studentT(r.Series[:r.Split], r.Series[r.Split:])
	if !(c.P > r.PBetween[0] && c.P < r.PBetween[1]) {
		t.Errorf("no change: P %v, want within %v", c.P, r.PBetween)
	}
	fallen := []float64{.80, .82, .85, .79, .77}
	if c := studentT(r.Series[:5], fallen); !(c.P > 0 && c.P < .001) || c.Before != 1 {
		t.Errorf("a fall: %+v", c)
	}
}

// TestEachCut compares every sum and divergence with what double loops over the
// pairs give.
func TestEachCut(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	long := make([]float64, 40)
	for i := range long {
		long[i] = math.Round(r.NormFloat64() * 3)
	}
	for _, x := range [][]float64{otavaSequence(), long, {1, 2}} {
		visited := 0
		eachCut(x, func(tau, kappa int, across, left, right float64) {
			visited++
			want := 0.0
			for _, a := range x[:tau] {
				for _, b := range x[tau:kappa] {
					want += math.Abs(a - b)
				}
			}
			wantLeft, wantRight := pairDistances(x[:tau]), pairDistances(x[tau:kappa])
			for _, c := range [][2]float64{{across, want}, {left, wantLeft}, {right, wantRight}} {
				if math.Abs(c[0]-c[1]) > 1e-9 {
					t.Fatalf("x[:%d] against x[%d:%d]: %v, want %v", tau, tau, kappa, c[0], c[1])
				}
			}
			n, m := float64(tau), float64(kappa-tau)
			q := 2 / (n + m) * want
			if n > 1 {
				q -= 2 * m / ((n + m) * (n - 1)) * wantLeft
			}
			if m > 1 {
				q -= 2 * n / ((n + m) * (m - 1)) * wantRight
			}
			if got := divergence(tau, kappa-tau, across, left, right); math.Abs(got-q) > 1e-9 {
				t.Fatalf("Q(%d,%d) = %v, want %v", tau, kappa, got, q)
			}
		})
		if want := len(x) * (len(x) - 1) / 2; visited != want {
			t.Errorf("%d cuts, want %d", visited, want)
		}
	}
}

func pairDistances(x []float64) (sum float64) {
	for i, a := range x {
		for _, b := range x[i+1:] {
			sum += math.Abs(a - b)
		}
	}
	return sum
}

func TestChangePointsEdges(t *testing.T) {
	if got := ChangePoints(nil, ChangeOptions{}); len(got) != 0 {
		t.Errorf("nothing: %v", got)
	}
	for _, x := range [][]float64{{1}, {1, 2}, {math.NaN(), 1, math.Inf(1), 2}, slices.Repeat([]float64{.1}, 100)} {
		if got := ChangePoints(x, ChangeOptions{P: .5}); len(got) != 0 {
			t.Errorf("%v: %v", x, got)
		}
	}
	// Sums of the same tenths in another order differ in the last digit.
	rounded := slices.Concat(slices.Repeat([]float64{.1 + .2}, 20), slices.Repeat([]float64{.3}, 20))
	if got := ChangePoints(rounded, ChangeOptions{}); len(got) != 0 {
		t.Errorf("rounding: %v", got)
	}
	if got := ChangePoints([]float64{1, 1, 1, 1, 1, 0, 0, 0, 0, 0}, ChangeOptions{Window: 1}); len(got) > 1 {
		t.Errorf("a window of 1 is one of 2: %v", got)
	}
}

// TestChangePointsGaps: values that are not finite move indices and nothing else,
// and the level before, the level after and P are those of the stretches found.
func TestChangePointsGaps(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 2))
	var plain, gapped []float64
	var at []int
	for i := range 120 {
		v := .9 + .01*r.NormFloat64()
		if i >= 70 {
			v -= .1
		}
		for r.IntN(4) == 0 {
			gapped = append(gapped, math.NaN())
		}
		at = append(at, len(gapped))
		plain, gapped = append(plain, v), append(gapped, v)
	}
	want, got := ChangePoints(plain, ChangeOptions{}), ChangePoints(gapped, ChangeOptions{})
	if len(want) != 1 || want[0].Index != 70 || len(got) != 1 || got[0].Index != at[70] {
		t.Fatalf("%v, with gaps %v, want 70 and %d", want, got, at[70])
	}
	c := studentT(plain[:70], plain[70:])
	if want[0].Before != c.Before || want[0].After != c.After || want[0].P != c.P {
		t.Errorf("%+v, of the stretches %+v", want[0], c)
	}
}

func BenchmarkChangePoints(b *testing.B) {
	r := rand.New(rand.NewPCG(4, 4))
	series := make([][]float64, 20)
	for s := range series {
		series[s] = make([]float64, 365)
		for i := range series[s] {
			series[s][i] = .9 + .02*r.NormFloat64()
			if i > 100*(s%4) {
				series[s][i] -= .05
			}
		}
	}
	for _, window := range []int{50, 365} {
		b.Run(fmt.Sprintf("20x365/window=%d", window), func(b *testing.B) {
			for b.Loop() {
				for _, x := range series {
					ChangePoints(x, ChangeOptions{Window: window})
				}
			}
		})
	}
}
