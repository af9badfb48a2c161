package drift

import (
	"math"
	"math/rand/v2"
	"testing"

	"holdtrue/eval"
)

// direction is 1 for a metric of which more is better, else -1.
func direction(m eval.Metric) float64 {
	if m.Better == eval.Lower {
		return -1
	}
	return 1
}

// worsen gives a worse value than v, or v where there is none.
func worsen(d dice, m eval.Metric, v float64) float64 {
	switch {
	case m.Scale == eval.Measure:
		return v * math.Pow([]float64{1.01, 1.5, 20}[d(3)], -direction(m))
	case m.Better == eval.Lower:
		return 1
	case m.Scale == eval.Unit && d(2) == 0:
		return v / 2
	}
	return 0
}

// evidenceDown is the one-sided mid-p of "it got worse" of the sign flips.
func evidenceDown(m eval.Metric, c *Cell, p float64) float64 {
	moved := c.Diff
	if m.Scale == eval.Measure {
		moved = math.Log(*c.Ratio)
	}
	if moved*direction(m) < 0 {
		return p / 2
	}
	return 1 - p/2
}

// tierOne is the word of the sign flips alone: -1 regressed, 1 improved.
func tierOne(down, alpha float64) int {
	switch {
	case down <= alpha/2:
		return -1
	case down >= 1-alpha/2:
		return 1
	}
	return 0
}

// worseWorld makes one case worse in one metric: all its candidate outputs, or
// one of them.
func worseWorld(d dice, w world, metric int) world {
	victim, one := w.after[d(len(w.after))], d(2) == 0
	w.after = edited(w.after, func(x *eval.Row) {
		if x.CaseID != victim.CaseID || one && x.Repeat != victim.Repeat {
			return
		}
		if s := &x.Scores[metric]; s.Status == eval.Scored {
			s.Value = worsen(d, w.cand.Metrics[metric], s.Value)
		}
	})
	return w
}

// find gives the overall cell of a metric, nil if it was not measured.
func (c *Comparison) find(name string) *Cell {
	for _, m := range c.all() {
		if m.Metric.Name == name && m.Overall.Cases > 0 {
			return &m.Overall
		}
	}
	return nil
}

// TestWorseIsNeverBetter: one case made worse moves neither the evidence of the
// sign flips, nor their word, nor an end of the interval towards better. Alone
// in its family, a metric's sign flips are exact up to 16 cases.
func TestWorseIsNeverBetter(t *testing.T) {
	law := func(t fatal, d dice) (seen []Verdict) {
		m := worldMetrics[d(4)]
		w := shape{metrics: []eval.Metric{m}, cases: 16, repeats: 5, holes: true, push: 5}.draw(d)
		opts := loose()
		opts.Slices = nil
		better, worse := compareWorld(t, w, opts), compareWorld(t, worseWorld(d, w, 0), opts)
		x, y := better.find(m.Name), worse.find(m.Name)
		if x == nil {
			return nil
		}
		was, is := evidenceDown(m, x, x.PAdjusted), evidenceDown(m, y, y.PAdjusted)
		if x.PAdjusted != x.P || y.PAdjusted != y.P { // unequal repeats: the larger p is a drawn one
			withinDrawing(t, min(is, was), is, opts.Draws)
		} else if is > was*(1+1e-9) || tierOne(is, opts.Alpha) > tierOne(was, opts.Alpha) {
			t.Fatalf("a case got worse, and the p of a loss rose from %v to %v: %+v\nto %+v", was, is, x, y)
		}
		lowRose := direction(m)*(y.Low-x.Low) > 1e-8*(1+x.Baseline)
		highRose := direction(m)*(y.High-x.High) > 1e-8*(1+x.Baseline)
		if lowRose || highRose {
			t.Fatalf("a case got worse, and [%v, %v] became [%v, %v]", x.Low, x.High, y.Low, y.High)
		}
		return []Verdict{x.Verdict, y.Verdict}
	}
	lawful(t, law, Regressed, Improved, Inconclusive)
}

// TestWorseIsNeverBetterInAFamily: the same where the corrected p is drawn, with
// a seed that the change changes too: then within the error of drawing.
func TestWorseIsNeverBetterInAFamily(t *testing.T) {
	lost, tried := 0, 0
	for seed := range uint64(110) {
		d := seededDice(seed)
		k := 2 + d(3)
		w := shape{metrics: worldMetrics[:k], cases: 40, repeats: 3, holes: true, push: 3}.draw(d)
		opts := loose()
		opts.Draws, opts.Alpha = 499, .1
		metric := d(k)
		m := worldMetrics[metric]
		better, worse := compareWorld(t, w, opts), compareWorld(t, worseWorld(d, w, metric), opts)
		x, y := better.find(m.Name), worse.find(m.Name)
		if x == nil {
			continue
		}
		tried++
		was, is := evidenceDown(m, x, x.PAdjusted), evidenceDown(m, y, y.PAdjusted)
		// Beside the drawing, a corrected p takes in how much the others in the
		// family say, among them the slices of this metric, which moved too.
		allowed := 6*math.Sqrt(2*was*(1-was)/float64(opts.Draws)) + .15*was + 2/float64(opts.Draws)
		if is-was > allowed {
			t.Errorf("seed %d: a case got worse in %s, and the corrected p of a loss rose from %v to %v", seed, m.Name, was, is)
		}
		if tierOne(is, opts.Alpha/2) > tierOne(was, opts.Alpha/2) {
			lost++
		}
	}
	if lost > 0 || tried < 100 {
		t.Errorf("of %d worlds made worse, %d got a better word", tried, lost)
	}
}

// TestACollapseHidesNoErosion: cases that collapse beside an even loss of two
// points leave the metric regressed, in a family too.
func TestACollapseHidesNoErosion(t *testing.T) {
	for _, n := range []int{20, 40, 100} {
		r := rand.New(rand.NewPCG(1, uint64(n)))
		var before, after []eval.Row
		for i := range n {
			v := .8 + .1*r.Float64()
			before = append(before, row(caseID(i), 0, v, float64(r.IntN(2))))
			after = append(after, row(caseID(i), 0, v-.02+.03*r.NormFloat64(), float64(r.IntN(2))))
		}
		for collapsed := range 4 {
			c := compare(t, newRun("a", unit, correct), newRun("b", unit, correct), before, after, Options{})
			if o := c.Metrics[0].Overall; o.Verdict != Regressed {
				t.Errorf("%d cases, %d collapsed: %s, p %.2g, corrected %.3f", n, collapsed, o.Verdict, o.P, o.PAdjusted)
			}
			after[collapsed].Scores[0].Value = 0
		}
	}
}

// TestWorseIsNeverBetterInManyCases reaches the approximations: the lattice of
// fine steps and the saddlepoints, whose documented errors are allowed.
func TestWorseIsNeverBetterInManyCases(t *testing.T) {
	for seed := range uint64(40) {
		d := seededDice(seed)
		m := []eval.Metric{correct, unit}[d(2)]
		w := shape{metrics: []eval.Metric{m}, cases: 600, repeats: 2, push: 1}.draw(d)
		opts := Options{Draws: 99}
		x, y := compareWorld(t, w, opts).find(m.Name), compareWorld(t, worseWorld(d, w, 0), opts).find(m.Name)
		was, is := evidenceDown(m, x, x.P), evidenceDown(m, y, y.P)
		if is > was*1.02 {
			t.Errorf("seed %d: the p of a loss rose from %v to %v", seed, was, is)
		}
		if y.Low > x.Low+1e-8 || y.High > x.High+1e-8 {
			t.Errorf("seed %d: [%v, %v] became [%v, %v]", seed, x.Low, x.High, y.Low, y.High)
		}
	}
}

// TestOptionsAreMonotone: a larger margin turns holds into nothing else, a
// smaller alpha nothing into a loss.
func TestOptionsAreMonotone(t *testing.T) {
	law := func(t fatal, d dice) (seen []Verdict) {
		w := shape{metrics: worldMetrics[:1+d(4)], cases: 24, repeats: 3, holes: true, push: 5}.draw(d)
		at := func(margin, alpha float64) *Comparison {
			opts := loose()
			opts.Margin, opts.Alpha = &margin, alpha
			return compareWorld(t, w, opts)
		}
		small, large := float64(d(10))/10, 0.
		large = small + (1-small)*float64(d(5))/4
		narrow, wide := at(small, .3), at(large, .3)
		strict := at(small, .3/float64(1+d(20)))
		for k, m := range narrow.all() {
			n, s := wide.all()[k], strict.all()[k]
			seen = append(seen, m.Verdict)
			pairs := [][3]Verdict{{m.Verdict, n.Verdict, s.Verdict}}
			for i, c := range m.cells() {
				pairs = append(pairs, [3]Verdict{c.Verdict, n.cells()[i].Verdict, s.cells()[i].Verdict})
			}
			for _, v := range pairs {
				if v[0] == Holds && v[1] != Holds {
					t.Fatalf("%s holds within %v, within %v it is %s", m.Metric.Name, small, large, v[1])
				}
				if v[0] != Inconclusive && v[0] != v[1] {
					t.Fatalf("%s is %s with a margin of %v, %s with %v", m.Metric.Name, v[0], small, v[1], large)
				}
				if v[2].down() && !v[0].down() || v[2].up() && !v[0].up() || v[2] == Changed && v[0] != Changed {
					t.Fatalf("%s is %s, with a smaller alpha %s", m.Metric.Name, v[0], v[2])
				}
			}
		}
		if !narrow.Verdict.down() && strict.Verdict.down() {
			t.Fatalf("the report is %s, with a smaller alpha %s", narrow.Verdict, strict.Verdict)
		}
		return seen
	}
	lawful(t, law, Regressed, RegressedCases, Mixed, Improved, Holds, Inconclusive)
}
