package drift

import (
	"fmt"
	"math"
	"slices"

	"holdtrue/eval"
	"holdtrue/eval/stats"
)

// family is the metrics and slices that share one error rate.
type family struct {
	c       *Comparison
	pairs   []pair
	metrics []eval.Metric
	// mirrored says that the sides are put in the other order before anything
	// random is drawn, so that swapping them changes no p value.
	mirrored bool

	slices []string
	groups [][]int // pairs of each slice
}

// minSlice is the size below which a slice takes no part: one case shows
// nothing of a slice.
const minSlice = 2

// findSlices collects the slices, sorted by name, and warns of those left out.
func (f *family) findSlices() {
	index := map[string][]int{}
	for i, p := range f.pairs {
		for _, name := range eval.SliceNames(p.tags, f.c.Options.Slices) {
			index[name] = append(index[name], i)
		}
	}
	names := make([]string, 0, len(index))
	for name := range index {
		names = append(names, name)
	}
	slices.Sort(names)
	small := 0
	for _, name := range names {
		if len(index[name]) < minSlice {
			small++
			continue
		}
		f.slices = append(f.slices, name)
		f.groups = append(f.groups, index[name])
	}
	if small > 0 {
		f.c.Warnings = append(f.c.Warnings, fmt.Sprintf("%d slices have one case and are not judged by themselves", small))
	}
	for _, key := range f.c.Options.Slices {
		if !slices.ContainsFunc(names, func(n string) bool { return len(n) > len(key) && n[:len(key)+1] == key+"=" }) {
			f.c.Warnings = append(f.c.Warnings, fmt.Sprintf("no paired case has a tag %q, so it gives no slices", key))
		}
	}
}

// gates says whether a metric takes part in the verdict.
func gates(m eval.Metric) bool { return m.Gate && m.Better != eval.Neither }

// member is one metric of the family with its differences per pair.
type member struct {
	index int // among the shared metrics
	m     eval.Metric
	// better is +1 where more is better, else -1.
	better float64
	// raw is candidate minus baseline, oriented the same turned so that more is
	// better (for a measure the log ratio). has says which pairs have both.
	raw, oriented []float64
	base, cand    []float64
	has           []bool
}

func (f *family) member(i int, m eval.Metric) *member {
	n := len(f.pairs)
	mb := &member{index: i, m: m, better: 1, raw: make([]float64, n), oriented: make([]float64, n),
		base: make([]float64, n), cand: make([]float64, n), has: make([]bool, n)}
	if m.Better == eval.Lower {
		mb.better = -1
	}
	for k, p := range f.pairs {
		b, okB := p.base.mean(i)
		c, okC := p.cand.mean(i)
		if !okB || !okC {
			continue
		}
		mb.has[k], mb.base[k], mb.cand[k] = true, b, c
		d := c - b
		if math.Abs(d) < 1e-12 { // the same scores, averaged
			d = 0
		}
		mb.raw[k] = d
		mb.oriented[k] = mb.better * d
		if m.Scale == eval.Measure {
			mb.oriented[k] = 0
			if b > 0 && c > 0 && d != 0 {
				mb.oriented[k] = mb.better * math.Log(c/b)
			}
		}
	}
	return mb
}

// judge finishes the gating metrics, or the others.
func (f *family) judge(gating bool) []Metric {
	var members []*member
	for i, m := range f.metrics {
		if gates(m) == gating {
			members = append(members, f.member(i, m))
		}
	}
	found := []Metric{}
	if len(members) == 0 {
		return found
	}
	groups, names := f.groups, f.slices
	if !gating {
		groups, names = nil, nil // said of the whole only
	}
	table := stats.Table{Groups: groups}
	for j, mb := range members {
		table.Diffs = append(table.Diffs, mb.oriented)
		table.Cells = append(table.Cells, stats.Cell{Metric: j, Group: -1})
		for g := range groups {
			table.Cells = append(table.Cells, stats.Cell{Metric: j, Group: g})
		}
	}
	adjusted := stats.MaxT(table, f.c.Options.Draws, f.c.Seed)
	level := levels{tier1: f.c.Options.Alpha}
	var within *stats.WithinResult
	if gating {
		f.c.Draws = adjusted.Draws
		if within = f.within(members, groups, table.Cells); within != nil {
			level = levels{tier1: f.c.Options.Alpha / 2, tier2: f.c.Options.Alpha / 4}
			f.c.Draws = max(f.c.Draws, within.Draws)
		}
	}
	at := 0
	for _, mb := range members {
		m := Metric{Metric: mb.m, Margin: f.margin(mb.m)}
		for g := -1; g < len(groups); g++ {
			t := tests{adjusted: adjusted.P[at], z: adjusted.Z[at], level: level}
			if within != nil {
				t.down, t.up, t.within = within.Down[at], within.Up[at], true
			}
			name, cases := "", []int(nil)
			if g >= 0 {
				name, cases = names[g], groups[g]
			}
			cell := f.cell(mb, name, cases, t, m.Margin, gating)
			if g < 0 {
				m.Overall = cell
			} else {
				m.Slices = append(m.Slices, cell)
			}
			at++
		}
		m.Verdict, m.Reason = metricVerdict(&m, gating)
		found = append(found, m)
	}
	return found
}

// levels are the two-sided level of tier 1 and the one-sided one of tier 2; 0
// where tier 2 does not run.
type levels struct{ tier1, tier2 float64 }

// margin is the tolerated loss of a metric in its own scale. A measure without
// one of its own has none: a share of a second is no score point.
func (f *family) margin(m eval.Metric) float64 {
	switch {
	case m.Margin != nil:
		return *m.Margin
	case m.Scale == eval.Measure:
		return 0
	}
	return *f.c.Options.Margin
}

// within runs the within-case test where there are repeats: at least two of the
// candidate, or three of the baseline, for some case.
func (f *family) within(members []*member, groups [][]int, cells []stats.Cell) *stats.WithinResult {
	if !slices.ContainsFunc(f.pairs, func(p pair) bool { return len(p.cand.repeats) >= 2 || len(p.base.repeats) >= 3 }) {
		return nil
	}
	cases := make([]stats.Repeats, len(f.pairs))
	for i, p := range f.pairs {
		first, second := p.base, p.cand
		if f.mirrored {
			first, second = second, first
		}
		rows := make([][]float64, 0, len(first.repeats)+len(second.repeats))
		for _, s := range []*caseData{first, second} {
			for _, r := range s.repeats {
				row := make([]float64, len(members))
				for j, mb := range members {
					row[j] = mb.better * r.values[mb.index]
				}
				rows = append(rows, row)
			}
		}
		cases[i] = stats.Repeats{Values: rows, First: len(first.repeats)}
	}
	r := stats.Within(cases, len(members), groups, cells, f.c.Options.Draws, f.c.Seed)
	if f.mirrored {
		r.Down, r.Up = r.Up, r.Down
	}
	return &r
}

// tests is what the tests said of one cell.
type tests struct {
	adjusted, z float64
	down, up    float64
	within      bool
	level       levels
}

// cell finishes one metric over one slice (cases nil: all pairs).
func (f *family) cell(mb *member, slice string, cases []int, t tests, margin float64, gating bool) Cell {
	c := Cell{Slice: slice, PAdjusted: t.adjusted}
	if cases == nil {
		cases = make([]int, len(f.pairs))
		for i := range cases {
			cases[i] = i
		}
	}
	var raw, oriented, base, cand []float64
	single := mb.m.Scale != eval.Measure // one answer a side, and every score 0 or 1
	repeats := 0.0
	for _, i := range cases {
		if !mb.has[i] {
			continue
		}
		raw, oriented = append(raw, mb.raw[i]), append(oriented, mb.oriented[i])
		base, cand = append(base, mb.base[i]), append(cand, mb.cand[i])
		single = single && yesNo(mb.base[i]) && yesNo(mb.cand[i]) && len(f.pairs[i].base.repeats) == 1 && len(f.pairs[i].cand.repeats) == 1
		repeats += float64(min(len(f.pairs[i].base.repeats), len(f.pairs[i].cand.repeats)))
		switch d := mb.better * mb.raw[i]; {
		case d < 0:
			c.Worse++
		case d > 0:
			c.Better++
		default:
			c.Same++
		}
	}
	c.Cases = len(raw)
	c.Baseline, c.Candidate, c.Diff = mean(base), mean(cand), mean(raw)
	b := bounds(mb.m.Scale, raw, f.c.Options.Confidence, f.c.Seed)
	c.Low, c.High, c.Method = b.Low, b.High, b.Method
	c.P = stats.SignFlip(oriented).Mid
	if single && c.Cases > 0 {
		exact, _ := stats.McNemar(c.Worse, c.Better)
		c.McNemarExact = &exact
	}
	if t.within {
		p := min(1, 2*min(t.down, t.up))
		c.PWithin = &p
	}
	if gating {
		f.plan(&c, mb, b, raw, repeats, margin)
	}
	c.Verdict, c.Reason = cellVerdict(&c, mb, t, b, margin, gating)
	return c
}

func yesNo(v float64) bool { return v == 0 || v == 1 }

// plan says what the cell could have seen, and what it would take to settle it.
func (f *family) plan(c *Cell, mb *member, b stats.Bounds, raw []float64, repeats, margin float64) {
	if c.Cases == 0 {
		return
	}
	v := variance(raw)
	if mb.m.Scale != eval.Measure {
		c.Detectable = finite(stats.Detectable(c.Cases, repeats/float64(c.Cases), v, f.c.Options.Alpha))
		c.HoldsAt = finite(max(0, -b.OneLow, b.OneHigh))
		c.NeedCases = stats.CasesToHold(margin, v)
	}
}

// errors is the share of failed calls, as a metric of its own.
func (f *family) errors() *Metric {
	m := eval.Metric{Name: "errors", Scorer: "errors", Version: "1", Scale: eval.Unit, Better: eval.Lower}
	mb := &member{m: m, better: -1}
	for _, p := range f.pairs {
		b, c := failedShare(p.base), failedShare(p.cand)
		mb.has = append(mb.has, true)
		mb.base, mb.cand = append(mb.base, b), append(mb.cand, c)
		mb.raw, mb.oriented = append(mb.raw, c-b), append(mb.oriented, b-c)
	}
	p := stats.SignFlip(mb.oriented).Mid
	found := Metric{Metric: m, Overall: f.cell(mb, "", nil, tests{adjusted: p, level: levels{tier1: f.c.Options.Alpha}}, 0, false)}
	found.Verdict, found.Reason = metricVerdict(&found, false)
	return &found
}

func failedShare(c *caseData) float64 {
	n := 0
	for _, r := range c.repeats {
		if r.failed {
			n++
		}
	}
	return float64(n) / float64(len(c.repeats))
}
