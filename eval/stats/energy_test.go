package stats

import (
	"bufio"
	"encoding/json"
	"errors"
	"io/fs"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func arithmetic(from, to, step float64) (list []float64) {
	for v := from; v < to; v += step {
		list = append(list, v)
	}
	return list
}

// TestEnergyAgainstMongoDB: the values that tests/test_energy_statistics.py of
// MongoDB's signal-processing-algorithms asserts, to three decimals.
func TestEnergyAgainstMongoDB(t *testing.T) {
	for _, c := range []struct {
		x, y    []float64
		e, t, h float64
	}{
		{arithmetic(10, 70, 1), arithmetic(10, 70, 1), 0, 0, 0},
		{arithmetic(1, 100, 1), arithmetic(10000, 13000, 14), 21859.691, 1481794.709, .954},
	} {
		e, s, h := Energy(c.x, c.y)
		if math.Abs(e-c.e) > .0015 || math.Abs(s-c.t) > .0015 || math.Abs(h-c.h) > .0015 {
			t.Errorf("e %.4f, t %.4f, h %.4f, want %v, %v, %v", e, s, h, c.e, c.t, c.h)
		}
	}
}

// TestEnergyOnReferenceData holds the same to what the data set expects.
func TestEnergyOnReferenceData(t *testing.T) {
	path := filepath.Join("..", "..", "..", "shared", "data", "changepoint", "series.jsonl")
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		t.Skipf("the data set %s is not there", path)
	}
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	seen := 0
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		if !strings.Contains(lines.Text(), `"energy/`) {
			continue
		}
		var r struct {
			ID       string
			X, Y     struct{ Range [3]float64 }
			Expected struct{ E, T, H float64 }
		}
		if err := json.Unmarshal(lines.Bytes(), &r); err != nil {
			t.Fatal(err)
		}
		seen++
		e, s, h := Energy(arithmetic(r.X.Range[0], r.X.Range[1], r.X.Range[2]), arithmetic(r.Y.Range[0], r.Y.Range[1], r.Y.Range[2]))
		if math.Abs(e-r.Expected.E) > .0015 || math.Abs(s-r.Expected.T) > .0015 || math.Abs(h-r.Expected.H) > .0015 {
			t.Errorf("%s: e %.4f, t %.4f, h %.4f, want %+v", r.ID, e, s, h, r.Expected)
		}
	}
	if seen != 2 || lines.Err() != nil {
		t.Errorf("%d sets of values (%v)", seen, lines.Err())
	}
}

// TestEnergyByDefinition sums over all pairs.
func TestEnergyByDefinition(t *testing.T) {
	rng := rand.New(rand.NewPCG(4, 2))
	sample := func(n int) (list []float64) {
		for range n {
			list = append(list, float64(rng.IntN(12))-4) // with ties
		}
		return list
	}
	between := func(a, b []float64) (sum float64) {
		for _, x := range a {
			for _, y := range b {
				sum += math.Abs(x-y) / float64(len(a)*len(b))
			}
		}
		return sum
	}
	for range 50 {
		x, y := sample(1+rng.IntN(9)), sample(1+rng.IntN(9))
		want := 2*between(x, y) - between(x, x) - between(y, y)
		if e, _, h := Energy(x, y); math.Abs(e-want) > 1e-9 || want > 1e-9 && math.Abs(h-want/(2*between(x, y))) > 1e-9 {
			t.Errorf("%v and %v: %v, %v, want %v", x, y, e, h, want)
		}
	}
	if e, _, _ := Energy(nil, sample(3)); e != 0 {
		t.Errorf("an empty sample: %v", e)
	}
}

// TestSpreadOfOneCase goes through all deals of two against two: of the values
// 0, 1 and 10, 11 the third of the deals that part them is the observed one.
func TestSpreadOfOneCase(t *testing.T) {
	p := Spread([]Pool{{A: 2, B: 2, Values: []float64{0, 1, 10, 11}}}, 1, 50_000, 3)
	if math.Abs(p[0]-1./3) > .01 { // 4.7 standard errors
		t.Errorf("p %v, want 1/3", p[0])
	}
	none := Spread([]Pool{{A: 2, B: 2, Values: []float64{5, 5, 5, 5}}, {A: 1, B: 2, Values: []float64{0, 1, 2}}, {A: 2, B: 2, Values: []float64{0, 1, 2, math.Inf(-1)}}}, 1, 99, 3)
	if none[0] != 1 {
		t.Errorf("nothing that counts: %v", none)
	}
}

// TestSpreadLevelAndPower: 60 cases, three outputs a side, two metrics, with
// means that differ between the cases and a spread that differs too. Without a
// change a corrected p is at most .05 in 5 % of the repetitions; a spread twice
// as wide of one metric is seen, though its mean stays. 300 and 100 repetitions,
// seed 8, 199 deals. Of 20,000 repetitions (seed 9) .050 saw a change in nothing, of
// 1,000 .876 the wider spread.
func TestSpreadLevelAndPower(t *testing.T) {
	rng := rand.New(rand.NewPCG(8, 8))
	seen := func(reps int, wider float64) float64 {
		n := 0
		for rep := range reps {
			pools := make([]Pool, 60)
			for i := range pools {
				mean, spread := 3*rng.NormFloat64(), math.Exp(rng.NormFloat64()/2)
				pools[i] = Pool{A: 3, B: 3}
				for k := range 6 {
					w := 1.0
					if k >= 3 {
						w = wider
					}
					first := rng.NormFloat64()
					pools[i].Values = append(pools[i].Values, mean+w*spread*first, first+rng.NormFloat64())
				}
			}
			if slices.Min(Spread(pools, 2, 199, uint64(rep))) <= .05 {
				n++
			}
		}
		return float64(n) / float64(reps)
	}
	level, power := seen(300, 1), seen(100, 2)
	t.Logf("level %.3f, power %.3f", level, power)
	if level > .05+2*math.Sqrt(.05*.95/300) || power < .876-2*math.Sqrt(.876*.124/100) {
		t.Errorf("level %.3f, power %.3f", level, power)
	}
}
