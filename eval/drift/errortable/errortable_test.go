package main

import (
	"bytes"
	"context"
	"math"
	"runtime"
	"strings"
	"testing"
	"time"

	"gonum.org/v1/gonum/stat/distuv"
)

// TestRequirements makes a table still smaller than that of -small and holds the
// procedure to it.
func TestRequirements(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: the table of errors is not made")
	}
	tiny := size{cases: []int{20, 50}, losses: []float64{.05}, repeats: []repeats{{1, 1, false}, {3, 3, false}}, largest: 300}
	table, err := makeTable(context.Background(), tiny, options{seed: 1, reps: 40}, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range table.Violations {
		t.Error(v)
	}
	if len(table.Grid) < 60 || len(table.Powers) < 15 {
		t.Errorf("%d cells, %d scenarios of the power list", len(table.Grid), len(table.Powers))
	}
	for _, j := range table.Grid {
		c := &j.tally
		if words := c.exits1() + c.Improved + c.ImprovedCases + c.Holds + c.Inconclusive + c.NotMeasured; words != c.Reps || c.Reps < 40 || c.NotMeasured > 0 {
			t.Errorf("%s: %d words of %d comparisons, %d not measured", j.scenario, words, c.Reps, c.NotMeasured)
		}
	}
	var b bytes.Buffer
	table.markdown(&b, time.Unix(0, 0))
	if rows := strings.Count(b.String(), "\n| B") + strings.Count(b.String(), "\n| C"); rows < len(table.Grid)-14 {
		t.Errorf("%d rows for %d cells", rows, len(table.Grid))
	}
}

func TestViolationsAreFound(t *testing.T) {
	cell := func(c change, loss float64, counts tally) *job {
		counts.Reps = 400
		return &job{scenario: scenario{pop: bm, change: c, cases: 50, before: 3, after: 3}, loss: loss, tally: counts}
	}
	same, moved, lost := change{nothing, 0}, change{churn, .2}, change{collapse, .05}
	good := []*job{cell(same, 0, tally{Regressed: 8, Mixed: 2}), cell(moved, 0, tally{AverageFell: 10}), cell(lost, .046, tally{FalseHolds: 20, Regressed: 300})}
	if found := checkRates(good); len(found) != 0 {
		t.Errorf("rates that are kept: %v", found)
	}
	for i, bad := range []*job{
		cell(same, 0, tally{Regressed: 10, RegressedCases: 6, Mixed: 6}),
		cell(moved, 0, tally{AverageFell: 22}),
		cell(lost, .046, tally{FalseHolds: 40}),
	} {
		if found := checkRates(append(good, bad)); len(found) != 1 {
			t.Errorf("violation %d: %v", i, found)
		}
	}
	weak := cell(lost, .046, tally{Tier2: 180})
	powers := comparePowers(map[string]*job{weak.scenario.String(): weak}, measuredPowers())
	low := 0
	for _, p := range powers {
		if p.low() {
			low++
		}
	}
	if low == 0 {
		t.Errorf("a power of .45 instead of .56 is not found: %+v", powers)
	}
}

// TestMost compares the tolerated counts with gonum's binomial distribution.
func TestMost(t *testing.T) {
	for _, c := range []struct {
		n     int
		rate  float64
		cells int
	}{{400, .025, 1}, {400, .025, 76}, {200, .05, 500}, {40, .025, 30}} {
		b := distuv.Binomial{N: float64(c.n), P: c.rate}
		least := 1 - math.Pow(.95, 1/float64(c.cells))
		k := most(c.n, c.rate, c.cells)
		if above, sooner := 1-b.CDF(float64(k)), 1-b.CDF(float64(k-1)); above > least || sooner <= least {
			t.Errorf("%+v: %d, beyond it %.2e, beyond one less %.2e, want %.2e between them", c, k, above, sooner, least)
		}
	}
}

func TestCountsDoNotDependOnProcessors(t *testing.T) {
	if testing.Short() {
		t.Skip("a simulation: left out by -short")
	}
	count := func() []tally {
		jobs := []*job{
			{scenario: scenario{pop: bm, change: change{collapse, .05}, cases: 20, before: 3, after: 3}, reps: 120, peers: true},
			{scenario: scenario{pop: cm, change: change{nothing, 0}, cases: 40, before: 1, after: 1, slices: 8, family: &family{3, .7, 0}}, reps: 20},
		}
		if err := simulate(context.Background(), jobs, 5, nil); err != nil {
			t.Fatal(err)
		}
		return []tally{jobs[0].tally, jobs[1].tally}
	}
	many := count()
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	for i, one := range count() {
		if one != many[i] {
			t.Errorf("%+v with one processor, %+v with several", one, many[i])
		}
	}
}

// TestPopulations compares means and losses with what the definitions give.
func TestPopulations(t *testing.T) {
	continuous := .6*(.97+.03*.75) + .4*.8
	for p, want := range map[population]float64{bm: .7*.99 + .2*.9 + .1*.5, bd: .95*.998 + .05*.5, cm: continuous, ch: .98 * continuous} {
		level, _ := p.moments(change{kind: nothing}, 0)
		if math.Abs(level-want) > .0025 { // clipping a fuzzy case takes some
			t.Errorf("%s: mean %.4f, want %.4f", p, level, want)
		}
		for _, c := range []struct {
			change
			want float64
		}{{change{nothing, 0}, 0}, {change{churn, .2}, 0}, {change{erosion, .05}, .05}, {change{slice, .05}, .05}, {change{sliceShare, .2}, .02 * level}, {change{collapse, .05}, .05 * level}} {
			if _, loss := p.moments(c.change, level); math.Abs(loss-c.want) > .03*c.want {
				t.Errorf("%s, %s: lost %.4f, want %.4f", p, c.change, loss, c.want)
			}
		}
	}
}

// TestRun checks the command: the same seed gives the same bytes, and wrong
// arguments are refused.
func TestRun(t *testing.T) {
	if testing.Short() {
		t.Skip("-short")
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	var out, errs bytes.Buffer
	if err := run(ctx, &out, &errs, []string{"-small", "-reps", "1"}); err == nil || out.Len() > 0 {
		t.Errorf("cancelled: %v, %d bytes", err, out.Len())
	}
	for _, args := range [][]string{{"x"}, {"-reps", "-1"}, {"-nothing"}} {
		if err := run(context.Background(), &out, &errs, args); err == nil {
			t.Errorf("%q was taken", args)
		}
	}
}
