package drift

import (
	"fmt"
	"math/bits"
	"testing"

	"holdtrue/eval"
)

// TestBisect looks for every possible first bad run in rows of every length up to
// 40, with every third run unclear in half of them.
func TestBisect(t *testing.T) {
	for n := 2; n <= 40; n++ {
		runs := make([]eval.Run, n)
		for i := range runs {
			runs[i] = eval.Run{ID: fmt.Sprint(i), Lineage: map[string]string{"commit": fmt.Sprint("c", i)}}
		}
		for bad := 1; bad < n; bad++ {
			for _, unclear := range []bool{false, true} {
				asked := 0
				b, err := Bisect(runs, func(r *eval.Run) (Sight, error) {
					asked++
					var i int
					fmt.Sscan(r.ID, &i)
					switch {
					case unclear && i%3 == 0:
						return CannotTell, nil
					case i < bad:
						return Good, nil
					}
					return Bad, nil
				})
				if err != nil {
					t.Fatal(err)
				}
				var good, first int
				fmt.Sscan(b.Good.ID, &good)
				fmt.Sscan(b.Bad.ID, &first)
				if good >= bad || first < bad || first-good-1 != len(b.Between) {
					t.Fatalf("%d runs, %d is the first bad one: %+v", n, bad, b)
				}
				switch {
				case !unclear && (first != bad || good != bad-1 || asked > bits.Len(uint(n))):
					t.Fatalf("%d runs, %d is the first bad one: found %d in %d steps", n, bad, first, asked)
				case unclear && len(b.Between) > 1:
					t.Fatalf("%d runs, %d is the first bad one: %d are left between", n, bad, len(b.Between))
				}
				if b.Bad.Commit != "c"+b.Bad.ID {
					t.Fatalf("commit %q", b.Bad.Commit)
				}
			}
		}
	}
}

func TestSight(t *testing.T) {
	m := func(name string, v Verdict, slices ...Cell) Metric {
		return Metric{Metric: eval.Metric{Name: name}, Verdict: v, Slices: slices}
	}
	c := &Comparison{Verdict: Regressed, Metrics: []Metric{
		m("a", Regressed, Cell{Slice: "t=1", Verdict: Regressed}, Cell{Slice: "t=2", Verdict: Holds}),
		m("b", Holds, Cell{Slice: "t=1", Verdict: Holds}, Cell{Slice: "t=2", Verdict: Improved}),
		m("c", Inconclusive, Cell{Slice: "t=1", Verdict: Holds}),
	}}
	for _, w := range []struct {
		metric, slice string
		want          Sight
	}{
		{"", "", Bad}, {"a", "", Bad}, {"b", "", Good}, {"c", "", CannotTell}, {"", "t=1", Bad}, {"", "t=2", Good}, {"a", "t=2", Good}, {"b", "t=3", CannotTell}, {"d", "", CannotTell},
	} {
		if got := c.Sight(w.metric, w.slice); got != w.want {
			t.Errorf("metric %q slice %q: %s, want %s", w.metric, w.slice, got, w.want)
		}
	}
}
