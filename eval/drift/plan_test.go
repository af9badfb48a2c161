package drift

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"holdtrue/eval"
	"holdtrue/eval/stats"
)

func plan(t testing.TB, in PlanInput, opts PlanOptions) *Plan {
	t.Helper()
	p, err := MakePlan(context.Background(), in, opts)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// storedRun is a run of n cases, binary, p = .99 for 70 % of the cases, .9 for 20
// %, .5 for 10 % (the population BM of the specification).
func storedRun(r *rand.Rand, n, repeats int) Input {
	var rows []eval.Row
	for i := range n {
		p := drawBM(r)
		for k := range repeats {
			x := row(caseID(i), k, pass(r, p))
			x.Tags = map[string][]string{"topic": {string(rune('a' + i%2))}}
			rows = append(rows, x)
		}
	}
	run := newRun("stored", correct)
	run.Cases, run.Repeats = n, repeats
	return Input{Run: run, Rows: stream(rows)}
}

func drawBM(r *rand.Rand) float64 {
	switch u := r.Float64(); {
	case u < .1:
		return .5
	case u < .3:
		return .9
	}
	return .99
}

// TestPlanWithoutRuns: with nothing stored the worst case is taken and said so. The
// figures are those of Miller 2024 for p(1-p) = 1/4, an error rate of 5 % and a
// power of 80 %: a difference of d needs n = (z+z)^2 2/4 / d^2 = 7.85/2/d^2 cases, so
// 1,000 cases show 6.27 points; with the variance d - d^2 that such a loss adds,
// d^2 (1+k) - k d - k/2 = 0 at k = .00785, it is 6.65. The provable margin is
// 1-.05^(1/n).
func TestPlanWithoutRuns(t *testing.T) {
	p := plan(t, PlanInput{Suite: "s", Cases: 1000, Metrics: 1}, PlanOptions{Cases: 1000, Repeats: 1})
	if len(p.Rows) != 1 || p.Rows[0].Even == nil || math.Abs(*p.Rows[0].Even-.0665) > .0002 {
		t.Errorf("%+v", p.Rows)
	}
	if p.Metrics[0].Noise != NoiseBound || len(p.Notes) == 0 || !strings.Contains(p.Notes[0], "unknown") {
		t.Errorf("an unknown noise must be said: %+v, %q", p.Metrics, p.Notes)
	}
	if want := 1 - math.Pow(.05, 1./1000); math.Abs(p.Provable-want) > 1e-12 {
		t.Errorf("provable %v, want %v", p.Provable, want)
	}
	// Equivalence, Schuirmann's size with z(.95)+z(.9) = 2.926: 2.926^2 /2 / d^2.
	if m := *p.Rows[0].Margin; math.Abs(m-(2.926*math.Sqrt(.5/1000)+p.Provable)) > .0002 {
		t.Errorf("margin %v", m)
	}
	few := plan(t, PlanInput{Suite: "s", Cases: 40, Metrics: 1}, PlanOptions{})
	if few.AtHand != nil || few.Cheapest == nil || !slices.ContainsFunc(few.Says, func(s string) bool {
		return strings.Contains(s, "with the 40 cases at hand no number of repeats does: 59 unchanged cases are the least for 5 points")
	}) {
		t.Errorf("%q", few.Says)
	}
	if none := plan(t, PlanInput{Suite: "s"}, PlanOptions{}); len(none.Rows) != 0 || len(none.Says) != 1 {
		t.Errorf("without cases: %+v", none)
	}
}

// TestPlanSlices: what a slice can hold, and which never can.
func TestPlanSlices(t *testing.T) {
	p := plan(t, PlanInput{Suite: "s", Cases: 120, Slices: map[string]int{"topic=tax": 4, "topic=refunds": 116}}, PlanOptions{})
	if len(p.Slices) != 2 || p.Slices[0].Needs != 59 || p.Slices[1].Needs != 0 || math.Abs(p.Slices[0].Margin-stats.ProvableMargin(4, .95)) > 1e-12 {
		t.Errorf("%+v", p.Slices)
	}
	if !slices.Contains(p.Says, "topic=tax has 4 cases: cannot hold within 5 points, needs 59") {
		t.Errorf("%q", p.Says)
	}
}

// TestPlanNoise: repeats, then runs of one version, then nothing tell the noise;
// the expected variance within the cases of BM is .04993.
func TestPlanNoise(t *testing.T) {
	const n = 1500
	version := func(seed uint64, repeats int) Input { return storedRun(rand.New(rand.NewPCG(7, seed)), n, repeats) }
	twice := func() []Input { // the same cases, other answers
		a, b := rand.New(rand.NewPCG(1, 1)), rand.New(rand.NewPCG(2, 2))
		var first, second []eval.Row
		for i := range n {
			p := drawBM(a)
			first, second = append(first, row(caseID(i), 0, pass(a, p))), append(second, row(caseID(i), 0, pass(b, p)))
		}
		return []Input{{Run: newRun("a", correct), Rows: stream(first)}, {Run: newRun("b", correct), Rows: stream(second)}}
	}
	for _, w := range []struct {
		reason string
		runs   []Input
		noise  Noise
		within float64
	}{
		{"three repeats", []Input{version(1, 3)}, FromRepeats, .04993},
		{"two runs", twice(), FromRuns, .04993},
		{"one run once", []Input{version(2, 1)}, NoiseBound, .923 * .077},
	} {
		p := plan(t, PlanInput{Suite: "s", Runs: w.runs, Slices: map[string]int{}}, PlanOptions{Repeats: 1, Cases: 100})
		m := p.Metrics[0]
		if m.Noise != w.noise || math.Abs(m.Within-w.within) > .007 || m.Cases != n || p.Cases != n {
			t.Errorf("%s: %s, %.4f of %d cases; want %s, %.4f", w.reason, m.Noise, m.Within, m.Cases, w.noise, w.within)
		}
		if m.Between > .006 {
			t.Errorf("%s: runs differ by %.4f beyond their noise", w.reason, m.Between)
		}
	}
}

// TestPlanRecommends: the cheapest size does what is wanted, one with fewer calls
// does not, and cost and time are those of the calls.
func TestPlanRecommends(t *testing.T) {
	ms, usd := 500.0, .002
	r := rand.New(rand.NewPCG(4, 4))
	detect := .08
	in := PlanInput{Suite: "s", Runs: []Input{storedRun(r, 80, 3)}, Calls: CallCost{Calls: 240, LatencyMS: &ms, CostUSD: &usd}}
	p := plan(t, in, PlanOptions{Detect: &detect, Slices: []string{"topic"}})
	best := p.Cheapest
	if best == nil || *best.Even > detect || *best.Losses > detect || !best.Meets {
		t.Fatalf("%+v", best)
	}
	if math.Abs(*best.CostUSD-.002*float64(best.Calls)) > 1e-9 || math.Abs(*best.Seconds-.5*float64(best.Calls)) > 1e-9 || best.Calls != best.Cases*best.Repeats {
		t.Errorf("%+v", best)
	}
	for _, row := range p.Rows {
		if row.Meets && row.Calls < best.Calls*9/10 {
			t.Errorf("%+v would have been cheaper than %+v", row, best)
		}
	}
	if len(p.Slices) != 2 || p.Slices[0].Cases != 40 {
		t.Errorf("%+v", p.Slices)
	}
	in.Runs = []Input{storedRun(rand.New(rand.NewPCG(4, 4)), 80, 3)}
	tiny := .001
	if p := plan(t, in, PlanOptions{Detect: &tiny, Cases: 30}); p.Cheapest != nil || !strings.HasPrefix(p.Says[0], "not as asked: 30 cases are too few") {
		t.Errorf("%+v, %q", p.Cheapest, p.Says)
	}
	in.Runs = []Input{storedRun(rand.New(rand.NewPCG(4, 4)), 80, 3)}
	large := .5
	if p := plan(t, in, PlanOptions{Detect: &large}); p.Cheapest == nil || p.Cheapest.Calls >= 80 || *p.Cheapest.Margin < .05 {
		t.Errorf("losses alone were asked for: %+v", p.Cheapest)
	}
}

// familyRun are rows of two metrics, each of the population BM, in four topics. Of
// the first metric every pass fails with probability thin, and so many cases fail
// altogether.
func familyRun(r *rand.Rand, n, repeats int, thin float64, drop int) []eval.Row {
	var rows []eval.Row
	dropped := r.Perm(n)[:drop]
	of := rand.New(rand.NewPCG(77, 77)) // the cases, the same in every run
	for i := range n {
		p, q := drawBM(of), drawBM(of)
		for k := range repeats {
			x := row(caseID(i), k, pass(r, p*(1-thin)), pass(r, q))
			if slices.Contains(dropped, i) {
				x.Scores[0].Value = 0
			}
			x.Tags = map[string][]string{"topic": {string(rune('a' + i%4))}}
			rows = append(rows, x)
		}
	}
	return rows
}

// TestPlanIsKept: runs of the sizes that plans from 80 cases x 3 recommend show, by
// the whole verdict on two metrics and four slices, the losses that were asked for
// 4 times in 5, less two standard errors, and an unchanged version holds as often.
// 6 stored runs with 6 fresh pairs each, seeds 0 to 5 and 0 to 35.
func TestPlanIsKept(t *testing.T) {
	if testing.Short() {
		t.Skip("a simulation: left out by -short")
	}
	const stored, fresh, mean = 6, 6, .923
	other := correct
	other.Name = "other"
	family := []eval.Metric{correct, other}
	for _, w := range []struct {
		reason  string
		detect  float64
		repeats int
	}{{"once", .12, 1}, {"three times", .06, 3}} {
		margin := .1
		opts := Options{Draws: 499, Margin: &margin, Slices: []string{"topic"}}
		even, losses, held := 0, 0, 0
		for s := range uint64(stored) {
			run := Input{Run: newRun("stored", family...), Rows: stream(familyRun(rand.New(rand.NewPCG(s, 4)), 80, 3, 0, 0))}
			p := plan(t, PlanInput{Suite: "s", Runs: []Input{run}}, PlanOptions{Detect: &w.detect, Margin: &margin, Repeats: w.repeats, Slices: []string{"topic"}})
			size := p.Cheapest
			if size == nil {
				t.Fatalf("%q", p.Says)
			}
			for i := range uint64(fresh) {
				r := rand.New(rand.NewPCG(s*fresh+i, 12))
				verdict := func(thin float64, drop int) Verdict {
					before, after := familyRun(r, size.Cases, size.Repeats, 0, 0), familyRun(r, size.Cases, size.Repeats, thin, drop)
					return compare(t, newRun("a", family...), newRun("b", family...), before, after, opts).Metrics[0].Overall.Verdict
				}
				if verdict(w.detect/mean, 0).down() {
					even++
				}
				if verdict(0, int(math.Ceil(w.detect/mean*float64(size.Cases)))).down() {
					losses++
				}
				if verdict(0, 0) == Holds {
					held++
				}
			}
		}
		const n = stored * fresh
		t.Logf("%s: even %d, losses %d, holds %d of %d", w.reason, even, losses, held, n)
		if least := .8*n - 2*math.Sqrt(.16*n); float64(even) < least || float64(losses) < least || float64(held) < least {
			t.Errorf("%s: even %d, losses %d, holds %d of %d; want %.1f", w.reason, even, losses, held, n, least)
		}
	}
}

func TestPlanRefusals(t *testing.T) {
	bad, tiny := 1.5, 0.0
	run := storedRun(rand.New(rand.NewPCG(1, 1)), 10, 1)
	for _, w := range []struct {
		reason string
		in     PlanInput
		opts   PlanOptions
	}{
		{"alpha", PlanInput{}, PlanOptions{Alpha: .7}},
		{"power", PlanInput{}, PlanOptions{Power: 1}},
		{"margin above 1", PlanInput{}, PlanOptions{Margin: &bad}},
		{"margin of 0", PlanInput{}, PlanOptions{Margin: &tiny}},
		{"detect of 0", PlanInput{}, PlanOptions{Detect: &tiny}},
		{"too many repeats", PlanInput{}, PlanOptions{Repeats: 1000}},
		{"no such metric", PlanInput{Runs: []Input{run}}, PlanOptions{Metrics: []string{"nosuch"}}},
		{"a metric, and no run", PlanInput{Cases: 10}, PlanOptions{Metrics: []string{"nosuch"}}},
	} {
		_, err := MakePlan(context.Background(), w.in, w.opts)
		var input *eval.InputError
		if !errors.As(err, &input) {
			t.Errorf("%s: %v", w.reason, err)
		}
	}
	measure := eval.Metric{Name: "latency", Scale: eval.Measure, Better: eval.Lower, Gate: true}
	p := plan(t, PlanInput{Runs: []Input{{Run: newRun("a", measure), Rows: stream([]eval.Row{row("a", 0, 1)})}}}, PlanOptions{})
	if len(p.Rows) != 0 || len(p.Says) != 1 || !strings.Contains(fmt.Sprint(p.Notes), "latency is a measure") {
		t.Errorf("%+v", p)
	}
}

// TestPlanBelievesCalls: what no call can have taken is unknown, and a time
// beyond any clock is still a time.
func TestPlanBelievesCalls(t *testing.T) {
	wild, nothing, fine := math.Inf(1), math.NaN(), 2000.
	in := PlanInput{Suite: "s", Cases: 100, Calls: CallCost{CostUSD: &wild, InputTokens: &nothing, LatencyMS: &fine}}
	p := plan(t, in, PlanOptions{Cases: 100, Repeats: 1})
	if r := p.Rows[0]; r.CostUSD != nil || *r.Seconds != 200 || p.Calls.InputTokens != nil {
		t.Errorf("%+v, %+v", r, p.Calls)
	}
	written(t, p)
	for seconds, want := range map[float64]string{40: "40 s", 420: "7 min", 9000: "2.5 h", 3.6e13: "10000000000.0 h"} {
		if got := Duration(seconds); got != want {
			t.Errorf("%v seconds: %q, expected %q", seconds, got, want)
		}
	}
}

// TestPlanWithoutAWish: a margin of 0 can never be held, so that alone it asks for
// nothing, and no size does that.
func TestPlanWithoutAWish(t *testing.T) {
	none, loss := 0., .1
	run := func(margin *float64) PlanInput {
		in := storedRun(rand.New(rand.NewPCG(1, 1)), 60, 2)
		in.Run.Metrics[0].Margin = margin
		return PlanInput{Suite: "s", Runs: []Input{in}}
	}
	for name, p := range map[string]*Plan{
		"its own":             plan(t, run(&none), PlanOptions{}),
		"the suite's":         plan(t, run(nil), PlanOptions{Standard: &none}),
		"without stored runs": plan(t, PlanInput{Suite: "s", Cases: 60}, PlanOptions{Standard: &none}),
	} {
		met := slices.ContainsFunc(p.Rows, func(r PlanRow) bool { return r.Meets })
		if p.Cheapest != nil || p.AtHand != nil || met || len(p.Rows) == 0 || !strings.HasPrefix(p.Says[0], "nothing is asked for") {
			t.Errorf("%s: %+v, %q", name, p.Cheapest, p.Says)
		}
	}
	if p := plan(t, run(&none), PlanOptions{Detect: &loss}); p.Cheapest == nil || p.Cheapest.Cases < 20 {
		t.Errorf("a loss to be seen: %+v, %q", p.Cheapest, p.Says)
	}
}
