package drift

import (
	"bytes"
	"encoding/json"
	"math"
	"math/rand/v2"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"holdtrue/eval"
)

// loose are options under which small worlds reach every word.
func loose() Options {
	return Options{Slices: []string{"topic", "language"}, Draws: 199, Alpha: .3, MaxFailed: 1}
}

// compareWorld compares the two runs of a world.
func compareWorld(t fatal, w world, opts Options) *Comparison {
	t.Helper()
	c, err := Compare(t.Context(), Input{Run: w.base, Rows: stream(w.before)}, Input{Run: w.cand, Rows: stream(w.after)}, opts, nil)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// all lists the metrics of a comparison that gate and those that do not, but
// not the errors, by name.
func (c *Comparison) all() []*Metric {
	var out []*Metric
	for _, list := range [][]Metric{c.Metrics, c.Others} {
		for i := range list {
			out = append(out, &list[i])
		}
	}
	slices.SortFunc(out, func(a, b *Metric) int { return strings.Compare(a.Metric.Name, b.Metric.Name) })
	return out
}

// TestSwapLaws: swapping the sides swaps the words of every cell, metric and
// report, negates the intervals and keeps every p to the last bit.
func TestSwapLaws(t *testing.T) {
	law := func(t fatal, d dice) (seen []Verdict) {
		w := shape{metrics: worldMetrics[:1+d(5)], cases: 24, repeats: 5, holes: true, push: 6}.draw(d)
		if d(2) == 0 {
			w = w.metricsReversed()
		}
		opts, margin := loose(), []float64{.05, .5}[d(2)]
		opts.Margin = &margin
		there, back := compareWorld(t, w, opts), compareWorld(t, w.swapped(), opts)
		if there.Seed != back.Seed || there.Draws != back.Draws || !reflect.DeepEqual(there.Churn, back.Churn) {
			t.Fatalf("seed %d and %d, draws %d and %d, churn %v and %v", there.Seed, back.Seed, there.Draws, back.Draws, there.Churn, back.Churn)
		}
		if len(there.Metrics) == 1 && there.WorseTotal != back.BetterTotal {
			t.Fatalf("%d cases worse, swapped %d better", there.WorseTotal, back.BetterTotal)
		}
		to, from := there.all(), back.all()
		if len(to) != len(from) {
			t.Fatalf("%d metrics, swapped %d", len(to), len(from))
		}
		for k, x := range to {
			seen = append(seen, x.Verdict)
			mirrors(t, x, from[k])
		}
		if there.Errors.Overall.P != back.Errors.Overall.P || there.Errors.Verdict != back.Errors.Verdict {
			t.Fatalf("failed calls: %+v, swapped %+v", there.Errors, back.Errors)
		}
		return seen
	}
	lawful(t, law, Regressed, RegressedCases, Mixed, Improved, ImprovedCases, Holds, Inconclusive, Changed, NoChangeSeen)
}

// mirrors checks that y is x seen from the other side. The margin of a measure
// is a share of the baseline's mean, so that whether one holds may differ.
func mirrors(t fatal, x, y *Metric) {
	t.Helper()
	same := func(a, b Verdict) bool {
		quiet := func(v Verdict) bool { return v == Holds || v == Inconclusive }
		return a == mirror(b) || x.Metric.Scale == eval.Measure && quiet(a) && quiet(b)
	}
	if !same(x.Verdict, y.Verdict) {
		t.Fatalf("%s: %s, swapped %s", x.Metric.Name, x.Verdict, y.Verdict)
	}
	for i, c := range x.cells() {
		o := y.cells()[i]
		if c.P != o.P || c.PAdjusted != o.PAdjusted || !reflect.DeepEqual(c.PWithin, o.PWithin) || !reflect.DeepEqual(c.McNemarExact, o.McNemarExact) {
			t.Fatalf("%s: p %v %v %v, swapped %v %v %v", c.sentence(x), c.P, c.PAdjusted, c.PWithin, o.P, o.PAdjusted, o.PWithin)
		}
		if !same(c.Verdict, o.Verdict) || c.Slice != o.Slice || c.Cases != o.Cases || c.Worse != o.Better || c.Better != o.Worse || c.Same != o.Same {
			t.Fatalf("%+v\n%+v", c, o)
		}
		if c.Diff != -o.Diff || c.Low != -o.High || c.High != -o.Low || c.Method != o.Method || !reflect.DeepEqual(c.HoldsAt, o.HoldsAt) {
			t.Fatalf("%v [%v, %v] holds at %v, swapped %v [%v, %v] at %v", c.Diff, c.Low, c.High, c.HoldsAt, o.Diff, o.Low, o.High, o.HoldsAt)
		}
		if c.Ratio != nil && math.Abs(math.Log(*c.Ratio)+math.Log(*o.Ratio)) > 1e-9 {
			t.Fatalf("ratio %v, swapped %v", *c.Ratio, *o.Ratio)
		}
	}
}

// TestIdenticalRunsAreSilent: whatever the options, two runs that hold the same
// outputs, in whatever order of the repeats, are never regressed, improved,
// mixed or changed.
func TestIdenticalRunsAreSilent(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := rapidDice(t)
		w := shape{metrics: worldMetrics[:1+d(5)], cases: 24, repeats: 5, holes: true}.draw(d)
		margin := float64(d(11)) / 10
		opts := Options{Slices: []string{"topic", "language"}[:d(3)], Draws: 99 + d(200), Alpha: .001 + .07*float64(d(8)),
			Margin: &margin, MaxFailed: 1, Confidence: .5 + .05*float64(d(10))}
		if d(2) == 0 {
			w.before = edited(w.before, func(x *eval.Row) { // other ways of writing the same thing
				x.Repeat += 7
			})
		}
		w.cand, w.after = w.base, permutedRepeats(d, w.before)
		c := compareWorld(t, w, opts)
		if !slices.Contains([]Verdict{Holds, Inconclusive, NotMeasured}, c.Verdict) || c.WorseTotal+c.BetterTotal != 0 || c.Churn.Texts.Above || c.Churn.Scores.Above {
			t.Fatalf("%s, %d worse, %d better, churn %v: %q", c.Verdict, c.WorseTotal, c.BetterTotal, c.Churn, c.Reasons)
		}
		for _, m := range append(c.all(), c.Errors) {
			for _, cell := range m.cells() {
				if v := cell.Verdict; v.down() || v.up() || v == Changed {
					t.Fatalf("%s: %s", m.Metric.Name, cell.sentence(m))
				}
				if cell.P != 1 || cell.PAdjusted != 1 || cell.PWithin != nil && *cell.PWithin < .5 || cell.Worse+cell.Better != 0 {
					t.Fatalf("%s: %+v", m.Metric.Name, cell)
				}
				if cell.Cases > 0 && !(cell.Low <= 0 && cell.High >= 0) {
					t.Fatalf("%s: interval %v to %v", m.Metric.Name, cell.Low, cell.High)
				}
			}
		}
	})
}

// permutedRepeats deals the outputs of every case to its repeats anew.
func permutedRepeats(d dice, rows []eval.Row) []eval.Row {
	numbers := map[string][]int{}
	for _, x := range rows {
		numbers[x.CaseID] = append(numbers[x.CaseID], x.Repeat)
	}
	return edited(rows, func(x *eval.Row) {
		left := numbers[x.CaseID]
		k := d(len(left))
		x.Repeat, left[k] = left[k], left[len(left)-1]
		numbers[x.CaseID] = left[:len(left)-1]
	})
}

// TestOrderAndNamesAreIrrelevant: the order of rows and metrics changes nothing
// at all but the order of the answer. Other names for cases, metrics and tags
// change the seed, so that what is drawn may move within its own error; all
// that is computed stays: to the last bit the p values of the sign flips, to a
// rounding error the means and to the accuracy of their root the intervals.
func TestOrderAndNamesAreIrrelevant(t *testing.T) {
	drawn, moved := 0, 0
	for seed := range uint64(40) {
		d := seededDice(seed)
		w := shape{metrics: worldMetrics[:1+d(5)], cases: 24, repeats: 3, holes: true, push: 4}.draw(d)
		opts := loose()
		opts.Draws = 999
		want := compareWorld(t, w, opts)

		order := w.metricsReversed()
		order.base.Metrics, order.before = order.cand.Metrics, order.swapped().metricsReversed().after
		order.before, order.after = shuffled(order.before, seed), shuffled(order.after, seed+1)
		got := compareWorld(t, order, opts)
		if got.Seed != want.Seed || got.Verdict != want.Verdict || !reflect.DeepEqual(got.all(), want.all()) {
			t.Fatalf("seed %d: the order of rows or metrics mattered", seed)
		}

		got = compareWorld(t, renamed(w), opts)
		for k, m := range renamedBack(got).all() {
			for i, x := range m.cells() {
				y := want.all()[k].cells()[i]
				if x.Slice != y.Slice || x.Cases != y.Cases || x.P != y.P || x.Worse != y.Worse || x.Better != y.Better {
					t.Fatalf("seed %d, %s %q: %+v\nwas %+v", seed, m.Metric.Name, x.Slice, x, y)
				}
				size := 1 + math.Abs(x.Baseline)
				if math.Abs(x.Diff-y.Diff) > 1e-12*size || math.Abs(x.Low-y.Low) > 1e-8*size || math.Abs(x.High-y.High) > 1e-8*size {
					t.Fatalf("seed %d, %s %q: %v [%v, %v], was %v [%v, %v]", seed, m.Metric.Name, x.Slice, x.Diff, x.Low, x.High, y.Diff, y.Low, y.High)
				}
				drawn++
				if x.PAdjusted != y.PAdjusted {
					moved++
				}
				withinDrawing(t, x.PAdjusted, y.PAdjusted, opts.Draws)
				if x.PWithin != nil {
					withinDrawing(t, *x.PWithin/2, *y.PWithin/2, opts.Draws) // twice the smaller side
				}
			}
		}
	}
	if drawn == 0 || moved == 0 {
		t.Errorf("%d cells, of which %d were drawn anew", drawn, moved)
	}
}

// withinDrawing allows two drawn p values 5 standard errors of their difference.
func withinDrawing(t fatal, a, b float64, draws int) {
	t.Helper()
	p := (a + b) / 2
	if math.Abs(a-b) > 5*math.Sqrt(2*p*(2-p)/float64(draws))+2/float64(draws) { // p may be twice a drawn one
		t.Fatalf("p %v and %v of %d draws each", a, b, draws)
	}
}

// renamed gives cases, metrics and tags other names, in another order.
func renamed(w world) world {
	reversed := func(s string) string {
		b := []byte(s)
		slices.Reverse(b)
		return "new " + string(b)
	}
	rows := func(in []eval.Row) []eval.Row {
		return edited(in, func(x *eval.Row) {
			x.CaseID, x.CaseHash = reversed(x.CaseID), reversed(x.CaseHash)
			tags := map[string][]string{}
			for k, values := range x.Tags {
				for _, v := range values {
					tags[k] = append(tags[k], string('z'-v[0]+'a')+v)
				}
			}
			x.Tags = tags
		})
	}
	out := world{base: w.base, cand: w.cand, before: rows(w.before), after: rows(w.after)}
	for _, r := range []*eval.Run{&out.base, &out.cand} {
		r.Metrics = slices.Clone(r.Metrics)
		for k := range r.Metrics {
			r.Metrics[k].Name = reversed(r.Metrics[k].Name)
		}
	}
	return out
}

// renamedBack brings a comparison of a renamed world to the old names.
func renamedBack(c *Comparison) *Comparison {
	for _, m := range c.all() {
		b := []byte(strings.TrimPrefix(m.Metric.Name, "new "))
		slices.Reverse(b)
		m.Metric.Name = string(b)
		for i := range m.Slices {
			key, value, _ := strings.Cut(m.Slices[i].Slice, "=")
			m.Slices[i].Slice = key + "=" + value[1:]
		}
		slices.SortFunc(m.Slices, func(a, b Cell) int { return strings.Compare(a.Slice, b.Slice) })
	}
	return c
}

// TestSameBytes: two comparisons of the same runs are the same bytes, on one
// processor as on two.
func TestSameBytes(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	for seed := range uint64(12) {
		d := seededDice(seed)
		w := shape{metrics: worldMetrics, cases: 40, repeats: 3, holes: true, push: 4}.draw(d)
		opts := loose()
		opts.Draws = 3001
		var first []byte
		for _, processors := range []int{2, 2, 1} {
			runtime.GOMAXPROCS(processors)
			w.before, w.after = shuffled(w.before, rand.Uint64()), shuffled(w.after, rand.Uint64())
			b, err := json.Marshal(compareWorld(t, w, opts))
			if err != nil {
				t.Fatal(err)
			}
			if first == nil {
				first = b
			}
			if !bytes.Equal(b, first) {
				t.Fatalf("seed %d on %d processors:\n%s\nthe first time\n%s", seed, processors, b, first)
			}
		}
	}
}
