package main

import "slices"

// figure is what a measured power is about.
type figure string

const (
	average figure = "average" // the sign flips alone, two-sided .05, and fell
	within  figure = "cases"   // the within-case test alone, one-sided .025
	whole   figure = "verdict" // any word that exits 1
	holds3  figure = "holds 3" // holds with a margin of 3 points
	holds5  figure = "holds"   // holds with a margin of 5 points
)

func (f figure) of(t *tally) int {
	switch f {
	case average:
		return t.Tier1
	case within:
		return t.Tier2
	case holds3:
		return t.Holds3
	case holds5:
		return t.Holds
	}
	return t.exits1()
}

// measured is a power that the specification of the simulations gives.
type measured struct {
	section string
	figure  figure
	scenario
	power  float64 // two digits
	reps   int     // behind it
	oracle float64 // power of the likelihood-ratio test that knows the population; 0 where not given
}

// measuredPowers are the powers of sections 2.3, 2.4, 2.6, 3 and 10. The
// repetitions of 2.6 and of the slices of 3 are not given; 400 and 600 are
// those of their neighbours.
func measuredPowers() []measured {
	var all []measured
	row := func(section string, f figure, reps int, p population, c change, k repeats, slices int, cases []int, powers ...float64) {
		for i, n := range cases {
			s := scenario{pop: p, change: c, cases: n, before: k.before, after: k.after, history: k.history, slices: slices}
			all = append(all, measured{section, f, s, powers[i], reps, 0})
		}
	}
	collapses, two, one := change{collapse, .05}, change{latent, .02}, change{latent, .01}
	tenth := change{sliceShare, .2}
	same := change{nothing, 0}
	x1, x3, x5 := repeats{1, 1, false}, repeats{3, 3, false}, repeats{5, 5, false}
	few, many := []int{20, 50, 120, 200}, []int{50, 200, 1000}

	row("2.3", average, 2000, bm, collapses, x1, 0, many, .11, .39, .97)
	row("2.3", average, 2000, bm, collapses, x5, 0, many, .19, .77, 1)
	row("2.3", average, 2000, cm, collapses, x1, 0, many, .23, .93, 1)
	row("2.3", average, 2000, bm, two, x1, 0, many[1:], .12, .45)
	row("2.3", average, 2000, cm, two, x1, 0, many, .23, .56, 1)
	row("2.3", average, 2000, cm, two, x5, 0, many[:2], .58, 1)
	row("2.3", average, 2000, cm, tenth, x1, 0, many[:2], .31, .87)
	row("2.3", average, 2000, ch, two, x1, 0, many, .12, .13, .44)
	row("2.3", average, 2000, ch, tenth, x1, 0, many[1:], .25, .82)
	row("2.3", average, 2000, bm, one, x1, 0, many[2:], .14)
	row("2.3", average, 2000, cm, one, x1, 0, many[2:], .65)

	row("2.4", average, 600, bm, collapses, x3, 0, few, .04, .16, .48, .69)
	row("2.4", within, 600, bm, collapses, x3, 0, few, .30, .56, .89, .99)
	row("2.4", within, 600, bm, collapses, x5, 0, few, .50, .73, .96, 1)
	row("2.4", within, 600, bm, collapses, pooled, 0, few, .16, .34, .64, .83)
	row("2.4", within, 600, cm, collapses, x3, 0, few, .34, .73, .95, 1)
	row("2.4", within, 600, cm, collapses, x5, 0, few, .58, .81, .98, 1)
	row("2.4", within, 600, bm, two, x5, 0, few, .05, .15, .34, .54)
	row("2.4", within, 600, cm, two, x3, 0, few, .23, .53, .86, .97)
	row("2.4", within, 600, ch, two, x3, 0, few, .20, .43, .80, .96)
	row("2.4", within, 600, cm, tenth, x3, 0, few, .54, .96, 1, 1)
	row("2.4", within, 600, ch, tenth, x3, 0, few, .41, .83, 1, 1)
	row("2.4", within, 600, ch, two, x1, 0, few, .09, .18, .36, .54)

	row("2.6", whole, 400, bm, collapses, x3, 0, few[1:], .51, .78, .97)
	row("2.6", whole, 400, cm, collapses, x5, 0, few[:3], .50, .79, .98)
	row("2.6", whole, 400, cm, tenth, x3, 0, few[:3], .36, .89, 1)
	row("2.6", holds3, 2000, bm, same, x3, 0, few[3:], .15)
	row("2.6", holds5, 2000, bm, same, x3, 0, few[3:], .91)
	row("2.6", holds3, 2000, cm, same, x3, 0, few[2:], .75, .96)

	row("3", within, 600, bm, tenth, x3, 10, []int{120, 200, 500}, .33, .61, .98)
	row("3", within, 600, bm, tenth, x5, 10, []int{120, 200}, .63, .86)
	row("3", average, 600, bm, tenth, x1, 10, []int{200, 500}, .17, .59)

	row("10", within, 600, bm, two, x3, 0, few[2:], .20, .29)
	row("10", within, 600, bm, two, pooled, 0, few[2:], .19, .28)
	row("10", within, 600, bm, two, repeats{30, 1, true}, 0, many[2:], .96)
	row("10", within, 600, bm, two, repeats{30, 3, true}, 0, many[2:], 1)
	row("10", average, 600, bm, one, x1, 0, many[2:], .13)
	row("10", within, 600, bm, one, x5, 0, many[2:], .73)
	row("10", within, 600, bm, one, repeats{30, 1, true}, 0, many[2:], .55)
	row("10", within, 600, bm, one, repeats{30, 3, true}, 0, many[2:], .91)

	oracle := func(c change, k repeats, cases []int, powers ...float64) {
		for i := range all {
			m := &all[i]
			if n := slices.Index(cases, m.cases); n >= 0 && m.pop == bm && m.change == c && m.slices == 0 && m.before == k.before && m.after == k.after {
				m.oracle = powers[n]
			}
		}
	}
	oracle(collapses, x1, []int{50, 200}, .26, .69)
	oracle(collapses, x3, few, .49, .75, .96, 1)
	oracle(collapses, x5, few, .60, .87, .99, 1)
	oracle(collapses, pooled, few, .23, .41, .71, .89)
	oracle(two, x3, few[2:], .47, .67)
	oracle(two, x5, few[2:], .71, .90)
	oracle(two, pooled, few[2:], .25, .37)
	oracle(two, repeats{30, 1, true}, many[2:], .96)
	oracle(two, repeats{30, 3, true}, many[2:], 1)
	oracle(one, x5, many[2:], .97)
	oracle(one, repeats{30, 1, true}, many[2:], .58)
	oracle(one, repeats{30, 3, true}, many[2:], .94)
	return all
}
