package drift

import (
	"context"
	"math"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"

	"holdtrue/eval"
)

// dice gives a number in [0,n). Laws that hold exactly take it from rapid, which
// shrinks what fails; those that hold within a simulation's error from a seed.
type dice func(n int) int

func rapidDice(t *rapid.T) dice {
	return func(n int) int { return rapid.IntRange(0, n-1).Draw(t, "die") }
}

// lawful tries a law on random worlds, then on fixed ones, whose verdicts the
// law counts. A law that was never tried on some word has not been tried.
func lawful(t *testing.T, law func(t fatal, d dice) []Verdict, words ...Verdict) {
	t.Helper()
	rapid.Check(t, func(t *rapid.T) { law(t, rapidDice(t)) })
	seen := map[Verdict]int{}
	for seed := range uint64(150) {
		for _, v := range law(t, seededDice(seed)) {
			seen[v]++
		}
	}
	for _, v := range words {
		if seen[v] == 0 {
			t.Errorf("the law was never tried on %q: %v", v, seen)
		}
	}
}

func seededDice(seed uint64) dice { return rand.New(rand.NewPCG(seed, 0xd1ce)).IntN }

// world is a pair of runs to try a law on.
type world struct {
	base, cand    eval.Run
	before, after []eval.Row
}

// The metrics of a world: binary, unit and measures, of either direction.
var worldMetrics = []eval.Metric{
	correct,
	unit,
	{Name: "refuses", Scorer: "refuses", Version: "1", Scale: eval.Binary, Better: eval.Lower, Gate: true},
	{Name: "latency", Scorer: "latency", Version: "1", Scale: eval.Measure, Unit: "ms", Better: eval.Lower, Gate: true},
	{Name: "length", Scorer: "length", Version: "1", Scale: eval.Measure, Better: eval.Neither},
}

// shape bounds a world; the zero value of a field is its smallest.
type shape struct {
	metrics []eval.Metric
	cases   int // 1 to this many
	repeats int // 1 to this many a side, unequal within the cases
	holes   bool
	push    int // how far the candidate may be pushed either way, in tenths
}

// draw makes two runs over the same cases. Cases carry up to two topics, so that
// slices overlap, and a language.
func (s shape) draw(d dice) world {
	w := world{base: newRun("a", s.metrics...), cand: newRun("b", s.metrics...)}
	push := d(2*s.push+1) - s.push
	apart := d(4) == 0 // the languages are pushed apart
	unequal := d(2) == 0
	a, b := 1+d(s.repeats), 1+d(s.repeats)
	for i := range 1 + d(s.cases) {
		if unequal {
			a, b = 1+d(s.repeats), 1+d(s.repeats)
		}
		tags := map[string][]string{"language": {[]string{"en", "ja"}[d(2)]}}
		for range d(3) {
			tags["topic"] = append(tags["topic"], []string{"x", "y", "z"}[d(3)])
		}
		here := push
		if apart && tags["language"][0] == "ja" {
			here = -push
		}
		for side, n := range []int{a, b} {
			for r := range n {
				x := eval.Row{CaseID: caseID(i), CaseHash: "content of " + caseID(i), Repeat: r, Tags: tags}
				for k, m := range s.metrics {
					v := s.value(d, m, i, side*here)
					x.Scores = append(x.Scores, eval.RowScore{Metric: k, Status: eval.Scored, Value: v})
					x.Text = x.Text*31 + math.Float64bits(v)
				}
				if s.holes {
					s.punch(d, &x)
				}
				if side == 0 {
					w.before = append(w.before, x)
				} else {
					w.after = append(w.after, x)
				}
			}
		}
	}
	return w
}

// value is a score of case i, which is hard if i is odd. A push of 10 makes
// every output perfect, one of -10 worthless.
func (s shape) value(d dice, m eval.Metric, i, push int) float64 {
	good := 5 + 3*(1-i%2) + push // in tenths
	if m.Better == eval.Lower && m.Scale != eval.Measure {
		good = 10 - good
	}
	high := d(10) < good
	switch {
	case m.Scale == eval.Measure:
		ms := float64(100+20*d(20)) * float64(1+i%4)
		if high {
			ms /= 2
		}
		return ms
	case m.Scale == eval.Binary && high:
		return 1
	case m.Scale == eval.Binary:
		return 0
	case high:
		return []float64{1, 1, .75, .9}[d(4)]
	}
	return []float64{0, .1, .25, .5}[d(4)]
}

// punch takes away a score or an answer now and then.
func (s shape) punch(d dice, x *eval.Row) {
	if d(20) == 0 {
		tags := x.Tags
		*x = failedRow(x.CaseID, x.Repeat, len(x.Scores))
		x.Tags = tags
		return
	}
	if k := d(16 * len(x.Scores)); k < len(x.Scores) {
		x.Scores[k] = eval.RowScore{Metric: k, Status: []eval.Status{eval.Skipped, eval.Failed}[d(2)]}
	}
}

// swapped is the world seen from the other side.
func (w world) swapped() world {
	return world{base: w.cand, cand: w.base, before: w.after, after: w.before}
}

// metricsReversed lists the metrics of the candidate the other way round.
func (w world) metricsReversed() world {
	n := len(w.cand.Metrics)
	metrics := make([]eval.Metric, n)
	for k, m := range w.cand.Metrics {
		metrics[n-1-k] = m
	}
	w.cand.Metrics = metrics
	w.after = edited(w.after, func(x *eval.Row) {
		for k := range x.Scores {
			x.Scores[k].Metric = n - 1 - x.Scores[k].Metric
		}
	})
	return w
}

// edited copies rows, their scores too, and edits the copies.
func edited(rows []eval.Row, edit func(*eval.Row)) []eval.Row {
	out := make([]eval.Row, len(rows))
	for i, x := range rows {
		x.Scores = append([]eval.RowScore(nil), x.Scores...)
		edit(&x)
		out[i] = x
	}
	return out
}

// fatal is a test of either kind.
type fatal interface {
	Helper()
	Fatal(...any)
	Fatalf(string, ...any)
	Context() context.Context
}
