package drift

import (
	"context"
	"fmt"
	"hash/fnv"
	"math"
	"sort"
	"sync"

	"holdtrue/eval/stats"
)

const (
	// simulatedCases is the number of cases up to which losses are simulated;
	// beyond it they shrink at least with the square root.
	simulatedCases = 400
	plannedRuns    = 100 // comparisons simulated; fewer than of a verdict
	plannedDraws   = 4000
	// largestPlan bounds the search for a size.
	largestPlan = 20_000
)

// sizes works out what runs of a plan's sizes show.
type sizes struct {
	p     *Plan
	share float64 // of the error rate that one test has
	mu    sync.Mutex
	known map[sizeKey]stats.Seen
}

type sizeKey struct{ metric, cases, repeats int }

// newSizes takes the correction from the runs, else as if all tests were
// independent, which is the worst case.
func newSizes(p *Plan, metrics int) *sizes {
	if len(p.Runs) > 0 {
		metrics = p.gating
	}
	share := p.share
	if share == 0 {
		share = 1 / float64(max(metrics, len(p.Metrics))*(1+len(p.Slices)))
	}
	return &sizes{p: p, share: share, known: map[sizeKey]stats.Seen{}}
}

// trial is the verdict of one metric over all cases.
func (s *sizes) trial(repeats int) stats.Trial {
	at := levelsFor(s.p.Options.Alpha, repeats > 1)
	// Note: noise learnt from some 60 cases is itself an estimate; at the power
	// itself 74 % are seen instead of 80.
	aim := s.p.Options.Power + (1-s.p.Options.Power)/4
	return stats.Trial{Average: at.average * s.share, Within: at.within * s.share, Power: aim, Runs: plannedRuns, Draws: plannedDraws}
}

// seen gives the smallest losses that a metric shows in two runs of a size, from
// its stored scores where noise is known, else by formula.
func (s *sizes) seen(metric, cases, repeats int) stats.Seen {
	key := sizeKey{metric, cases, repeats}
	s.mu.Lock()
	seen, ok := s.known[key]
	s.mu.Unlock()
	if ok {
		return seen
	}
	m := &s.p.Metrics[metric]
	cases = m.scored(cases)
	trial := s.trial(repeats)
	seen, ok = stats.Seen{}, false
	if m.samples != nil && m.Between <= 0.2*m.Within/float64(repeats) {
		n := min(cases, simulatedCases)
		trial.Seed = seedOf(m.Metric.Name, n, repeats)
		if seen, ok = stats.SmallestSeen(stats.DrawPools(m.samples, n, repeats, trial.Seed), trial); ok {
			shrink := math.Sqrt(float64(n) / float64(cases))
			seen.Even, seen.Losses = seen.Even*shrink, seen.Losses*shrink
		}
	}
	if !ok {
		seen, _ = stats.SeenAt(cases, m.variance(repeats), float64(repeats), m.yesNo, trial.Average, s.p.Options.Power)
	}
	s.mu.Lock()
	s.known[key] = seen
	s.mu.Unlock()
	return seen
}

func seedOf(name string, cases, repeats int) uint64 {
	h := fnv.New64a()
	fmt.Fprintf(h, "%s\x00%d\x00%d", name, cases, repeats)
	return h.Sum64()
}

// row works out one size, of every figure the metric that shows least.
func (s *sizes) row(cases, repeats int) PlanRow {
	r := PlanRow{Cases: cases, Repeats: repeats, Calls: cases * repeats, Meets: s.meets(cases, repeats)}
	all := make([]stats.Seen, len(s.p.Metrics))
	each(len(all), func(k int) { all[k] = s.seen(k, cases, repeats) })
	none := 1 + 1e-9 // what nothing shows
	even, losses, margin := 0.0, 0.0, 0.0
	worst := func(most *float64, name *string, v float64, metric string) {
		if v == 0 {
			v = none
		}
		if v > *most {
			*most, *name = v, metric
		}
	}
	for k := range all {
		m := &s.p.Metrics[k]
		worst(&even, &r.EvenMetric, all[k].Even, m.Metric.Name)
		worst(&losses, &r.LossesMetric, all[k].Losses, m.Metric.Name)
		worst(&margin, &r.MarginMetric, s.margin(m, cases, repeats), m.Metric.Name)
	}
	set := func(v float64) *float64 {
		if v >= 1 {
			return nil
		}
		return &v
	}
	r.Even, r.Losses, r.Margin = set(even), set(losses), set(margin)
	if c := s.p.Calls.CostUSD; c != nil {
		cost := *c * float64(r.Calls)
		r.CostUSD = &cost
	}
	if l := s.p.Calls.LatencyMS; l != nil {
		seconds := *l / 1000 * float64(r.Calls)
		r.Seconds = &seconds
	}
	return r
}

// margin is the one within which an unchanged version holds.
func (s *sizes) margin(m *PlanMetric, cases, repeats int) float64 {
	return stats.MarginToHold(m.scored(cases), m.variance(repeats), holdsAt, s.p.Options.Power)
}

// meets says whether runs of a size do all that is wanted; where nothing is, none
// does.
func (s *sizes) meets(cases, repeats int) bool {
	if s.p.idle() {
		return false
	}
	for k := range s.p.Metrics {
		if m := &s.p.Metrics[k]; s.p.holds(m) && s.margin(m, cases, repeats) > m.Margin {
			return false
		}
	}
	if s.p.Options.Detect == nil {
		return true
	}
	for k := range s.p.Metrics {
		seen := s.seen(k, cases, repeats)
		if most := max(seen.Even, seen.Losses); seen.Even == 0 || seen.Losses == 0 || most > *s.p.Options.Detect {
			return false
		}
	}
	return true
}

// fill works out the rows of the plan and its recommendations.
func (s *sizes) fill(ctx context.Context) error {
	p := s.p
	repeats := []int{1, 2, 3, 5, 10}
	shown := []int{1, 3, 5}
	if r := p.Options.Repeats; r > 0 {
		repeats, shown = []int{r}, []int{r}
	}
	cases := []int{p.Cases}
	if p.Options.Cases > 0 {
		cases = []int{p.Options.Cases}
	} else {
		for _, n := range []int{50, 100, 200, 500, 1000, 2000, 5000} {
			if n > p.Cases && len(cases) < 5 {
				cases = append(cases, n)
			}
		}
	}
	for _, n := range cases {
		for _, r := range shown {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			p.Rows = append(p.Rows, s.row(n, r))
		}
	}
	if p.idle() {
		return nil
	}
	if r, ok := s.fewestRepeats(cases[0], p.Options.Repeats); ok {
		row := s.row(cases[0], r)
		p.AtHand = &row
	}
	if p.Options.Cases > 0 {
		p.Cheapest = p.AtHand
		return ctx.Err()
	}
	best := 0
	for _, r := range repeats {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		n := s.fewestCases(r, best)
		if n > 0 && (best == 0 || n*r < best) {
			best = n * r
			row := s.row(n, r)
			p.Cheapest = &row
		}
	}
	if p.AtHand != nil && (p.Cheapest == nil || 9*p.AtHand.Calls <= 10*p.Cheapest.Calls) {
		p.Cheapest = p.AtHand
	}
	return ctx.Err()
}

// fewestRepeats is the least number of repeats that do with so many cases.
func (s *sizes) fewestRepeats(cases, fixed int) (int, bool) {
	all := []int{1, 2, 3, 4, 5, 7, 10, 15, mostRepeats}
	if fixed > 0 {
		all = []int{fixed}
	}
	for _, r := range all {
		if s.meets(cases, r) {
			return r, true
		}
	}
	return 0, false
}

// fewestCases is the least number of cases that do with so many repeats, to 6 %; 0
// if there is none under largestPlan, or only such as take best calls or more (best
// 0: any number).
func (s *sizes) fewestCases(repeats, best int) int {
	n := 2
	for k := range s.p.Metrics {
		if m := &s.p.Metrics[k]; s.p.holds(m) {
			scored := stats.CasesToHold(m.Margin, m.variance(repeats), holdsAt, s.p.Options.Power)
			n = max(n, int(math.Ceil(float64(scored)/m.share)))
		}
	}
	tooMany := func(n int) bool { return n > largestPlan || best > 0 && n*repeats >= best }
	if tooMany(n) {
		return 0
	}
	if s.meets(n, repeats) {
		return n
	}
	ladder := []int{n}
	for !tooMany(ladder[len(ladder)-1]) {
		ladder = append(ladder, max(ladder[len(ladder)-1]+1, ladder[len(ladder)-1]*106/100))
	}
	ladder = ladder[:len(ladder)-1]
	i := sort.Search(len(ladder), func(i int) bool { return s.meets(ladder[i], repeats) })
	if i == len(ladder) {
		return 0
	}
	return ladder[i]
}
