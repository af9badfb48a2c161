package stats

import (
	"bufio"
	"encoding/json"
	"errors"
	"io/fs"
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

func TestOtava(t *testing.T) {
	records := changeRecords(t)
	check := func(id, name string, opt ChangeOptions, want []int) {
		t.Helper()
		if len(records[id].Series) == 0 {
			t.Errorf("no series %s", id)
		}
		if got := indices(ChangePoints(records[id].Series, opt)); !slices.Equal(got, want) {
			t.Errorf("%s %s %+v:\n got %v\nwant %v", id, name, opt, got, want)
		}
	}
	for _, id := range []string{"otava/series1", "otava/series2"} {
		check(id, "", ChangeOptions{P: .001}, records[id].ChangePoints)
	}
	check("otava/series2", "magnitude", ChangeOptions{P: .001, Magnitude: .2}, nil)
	check("otava/single_series", "", ChangeOptions{Window: 10}, records["otava/single_series"].ChangePoints)
	for _, c := range records["otava/tigerbeetle"].Cases {
		check("otava/tigerbeetle", c.Name, ChangeOptions{c.Window, c.P, c.Magnitude}, c.ChangePoints)
	}
}
