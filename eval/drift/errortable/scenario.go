package main

import "fmt"

// scenario is one cell of the table.
type scenario struct {
	pop    population
	change change
	cases  int
	// before and after are the outputs a case has on either side.
	before, after int
	// history says that the outputs before are as many earlier runs, one each.
	history bool
	// slices is the number of values of the tag that the comparison knows; the
	// first tenth of the cases has the first of ten.
	slices int
	family *family // several metrics; nil for one
}

// family is a report with several correlated metrics.
type family struct {
	metrics int     // the first two fifths binary, the others in [0,1]
	rho     float64 // correlation of the metrics' noise within an output
	hit     int     // metrics that the change hits
}

func (s scenario) String() string {
	words := fmt.Sprintf("%s, %s, %d cases, %s", s.pop, s.change, s.cases, s.sides())
	if s.family != nil {
		words += fmt.Sprintf(", %d metrics (correlation %g, %d hit)", s.family.metrics, s.family.rho, s.family.hit)
	}
	if s.slices > 0 {
		words += fmt.Sprintf(", %d slices", s.slices)
	}
	return words
}

// sides is "3 vs 3", "10 runs vs 1".
func (s scenario) sides() string {
	if s.history {
		return fmt.Sprintf("%d runs vs %d", s.before, s.after)
	}
	return fmt.Sprintf("%d vs %d", s.before, s.after)
}

type repeats struct {
	before, after int
	history       bool
}

// size is how much of the table is made.
type size struct {
	cases   []int
	losses  []float64 // points of 1
	repeats []repeats
	// largest measured scenario that is simulated, in outputs on both sides.
	largest int
}

var pooled = repeats{10, 1, true}

func sizeOf(small bool) size {
	if small {
		return size{cases: []int{20, 50, 200}, losses: []float64{.02, .05}, repeats: []repeats{{1, 1, false}, {3, 3, false}}, largest: 800}
	}
	return size{cases: []int{20, 50, 200, 1000}, losses: []float64{.01, .02, .03, .05, .10},
		repeats: []repeats{{1, 1, false}, {3, 3, false}, {5, 5, false}, pooled}, largest: 1 << 30}
}

// grid lists the cells truth x cases x repeats x population, then some reports
// of several metrics and slices.
func (z size) grid() []scenario {
	type truth struct {
		change
		slices int
	}
	truths := []truth{{change{nothing, 0}, 0}, {change{nothing, 0}, 10}}
	for _, d := range z.losses {
		truths = append(truths, truth{change{erosion, d}, 0})
	}
	for _, d := range z.losses {
		truths = append(truths, truth{change{slice, d}, 10}, truth{change{slice, d}, 0})
	}
	truths = append(truths, truth{change{collapse, .05}, 0}, truth{change{churn, .2}, 0})
	var cells []scenario
	for _, t := range truths {
		for _, p := range []population{bd, bm, cm, ch} {
			for _, k := range z.repeats {
				for _, n := range z.cases {
					cells = append(cells, scenario{pop: p, change: t.change, cases: n, before: k.before, after: k.after, history: k.history, slices: t.slices})
				}
			}
		}
	}
	return append(cells, z.families()...)
}

// families are reports of 3 to 5 correlated metrics and 8 slices each.
func (z size) families() []scenario {
	var cells []scenario
	for _, k := range z.repeats[:2] {
		for _, rho := range []float64{0, .7, .95} {
			cells = append(cells, scenario{pop: bm, cases: 120, before: k.before, after: k.after, slices: 8, change: change{nothing, 0}, family: &family{5, rho, 0}})
		}
		cells = append(cells,
			scenario{pop: bm, cases: 40, before: k.before, after: k.after, slices: 8, change: change{nothing, 0}, family: &family{5, .7, 0}},
			scenario{pop: bm, cases: 120, before: k.before, after: k.after, slices: 8, change: change{nothing, 0}, family: &family{3, .7, 0}},
			scenario{pop: bm, cases: 120, before: k.before, after: k.after, slices: 8, change: change{collapse, .05}, family: &family{5, .7, 5}},
			scenario{pop: bm, cases: 120, before: k.before, after: k.after, slices: 8, change: change{collapse, .05}, family: &family{5, .7, 1}})
	}
	return cells
}
