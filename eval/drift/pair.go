package drift

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"holdtrue/eval"
	"holdtrue/eval/stats"
)

const (
	maxListed = 1000 // ids in each list of Pairing
	maxSlices = 200  // slices that take part, the largest first
)

// pairs is the paired data of two runs. Everything in it is in the order of the
// case ids, whatever order the rows came in.
type pairs struct {
	base, cand *table
	cases      [][2]int32 // index of the case on either side
	slices     []slice
}

// slice is the paired cases that share a tag value.
type slice struct {
	name  string
	cases []int32 // indexes of pairs.cases, rising
}

// pair joins two runs by case id and content hash.
func pair(base, cand *table) (*pairs, Pairing) {
	p := &pairs{base: base, cand: cand}
	var out Pairing
	for i := range base.cases {
		c := &base.cases[i]
		switch k, ok := cand.byID[c.id]; {
		case !ok:
			out.Removed = append(out.Removed, c.id)
		case cand.cases[k].hash != c.hash:
			out.Edited = append(out.Edited, c.id)
		default:
			p.cases = append(p.cases, [2]int32{int32(i), k})
			if base.answered(int32(i)) == 0 || cand.answered(k) == 0 {
				out.Failed = append(out.Failed, c.id)
			}
		}
	}
	for i := range cand.cases {
		if _, ok := base.byID[cand.cases[i].id]; !ok {
			out.Added = append(out.Added, cand.cases[i].id)
		}
	}
	slices.SortFunc(p.cases, func(a, b [2]int32) int { return cmp.Compare(base.cases[a[0]].id, base.cases[b[0]].id) })
	out.Paired = len(p.cases)
	for _, l := range []struct {
		list  *[]string
		total *int
	}{{&out.Edited, &out.EditedTotal}, {&out.Added, &out.AddedTotal}, {&out.Removed, &out.RemovedTotal}, {&out.Failed, &out.FailedTotal}} {
		slices.Sort(*l.list)
		*l.total = len(*l.list)
		*l.list = slices.Clip((*l.list)[:min(len(*l.list), maxListed)])
	}
	return p, out
}

func (p *pairs) id(i int) string { return p.base.cases[p.cases[i][0]].id }

// findSlices groups the paired cases by the candidate's tags, in the order of
// the names, and says what it leaves out.
func (p *pairs) findSlices(keys []string) (warnings []string) {
	members := map[string][]int32{}
	for i, c := range p.cases {
		for _, s := range p.cand.cases[c[1]].slices {
			members[s] = append(members[s], int32(i))
		}
	}
	for _, k := range keys {
		if !slices.ContainsFunc(slices.Collect(maps.Keys(members)), func(name string) bool { return strings.HasPrefix(name, k+"=") }) {
			warnings = append(warnings, fmt.Sprintf("no paired case has the tag %q, so it makes no slices", k))
		}
	}
	var small []string
	for name, cases := range members {
		if len(cases) < 2 {
			small = append(small, name)
			continue
		}
		p.slices = append(p.slices, slice{name, cases})
	}
	if len(small) > 0 {
		slices.Sort(small)
		warnings = append(warnings, fmt.Sprintf("%s with a single paired case %s not compared: %s",
			count(len(small), "slice"), wasWere(len(small)), someOf(small)))
	}
	if len(p.slices) > maxSlices {
		slices.SortFunc(p.slices, func(a, b slice) int {
			return cmp.Or(-cmp.Compare(len(a.cases), len(b.cases)), strings.Compare(a.name, b.name))
		})
		warnings = append(warnings, fmt.Sprintf("%d slices found; only the %d with the most cases were compared", len(p.slices), maxSlices))
		p.slices = p.slices[:maxSlices]
	}
	slices.SortFunc(p.slices, func(a, b slice) int { return strings.Compare(a.name, b.name) })
	return warnings
}

// measured is one metric over the paired cases.
type measured struct {
	metric     eval.Metric
	base, cand int       // its index on either side
	before     []float64 // mean over the repeats of each paired case; NaN without a score
	after      []float64
	// d is what is tested: after-before, or for a measure the difference of the
	// means of the logarithms, positive is better (higher, where neither is); NaN
	// where there is none.
	d []float64
	// logs is d without the offset, of a measure in the cases whose every value is
	// above zero, NaN in others; higher is higher whatever is better.
	logs []float64
	// offset is added to a measure before its logarithm is taken: half of the
	// smallest value above zero on either side, where there is a zero, else 0.
	offset float64
	// own is the sign of the difference between the two runs themselves, nil where
	// nothing is pooled: a case that passed, like every time but one, did not get
	// better than its average.
	own []int8
	// unequal says that some case has more scored outputs on one side than on the
	// other, so that its difference is skewed even if nothing changed.
	unequal bool
	// single says that no case has more than one scored output on a side, yesNo
	// that every score is 0 or 1.
	single  bool
	yesNo   bool
	repeats float64 // harmonic mean of the scored outputs a case and side
}

// measure averages the repeats of one metric within the cases.
func (p *pairs) measure(metric eval.Metric, base, cand int) *measured {
	n := len(p.cases)
	m := &measured{metric: metric, base: base, cand: cand, single: true, yesNo: true,
		before: make([]float64, n), after: make([]float64, n), d: make([]float64, n)}
	m.offset = p.offset(m)
	if metric.Scale == eval.Measure {
		m.logs = make([]float64, n)
	}
	var values []float64
	inverse, sides := 0.0, 0
	for i, c := range p.cases {
		values = p.base.scored(c[0], base, values[:0])
		before, was := len(values), m.meanScaled(values)
		m.before[i] = mean(values)
		values = p.cand.scored(c[1], cand, values[:0])
		after, is := len(values), m.meanScaled(values)
		m.after[i] = mean(values)
		m.d[i] = tested(metric, was, is)
		if m.logs != nil {
			m.logs[i] = m.meanLog(p.cand.scored(c[1], cand, values[:0])) - m.meanLog(p.base.scored(c[0], base, values[:0]))
		}
		if before > 0 && after > 0 {
			m.unequal = m.unequal || before != after
			inverse += 1/float64(before) + 1/float64(after)
			sides += 2
			m.single = m.single && before == 1 && after == 1
			m.yesNo = m.yesNo && yesNo(m.before[i]) && yesNo(m.after[i])
		}
	}
	if sides > 0 {
		m.repeats = float64(sides) / inverse
	}
	if len(p.base.earlier)+len(p.cand.earlier) > 0 {
		m.own = make([]int8, n)
		for i, c := range p.cases {
			d := m.meanOf(p.cand, c[1], cand, 0) - m.meanOf(p.base, c[0], base, 0)
			if math.Abs(d) > 1e-12 {
				m.own[i] = int8(math.Copysign(1, d))
			}
		}
	}
	return m
}

// agrees says that the two runs themselves differ in the same direction as d,
// positive is better, wherever something is pooled with them.
func (m *measured) agrees(i int, d float64) bool {
	return m.own == nil || d > 0 && m.own[i] > 0 || d < 0 && m.own[i] < 0
}

func yesNo(v float64) bool { return v == 0 || v == 1 }

// offset is what the logarithms of a measure need so that a zero has one. It is
// the same whichever side is which.
func (p *pairs) offset(m *measured) float64 {
	if m.metric.Scale != eval.Measure {
		return 0
	}
	least, zero := math.Inf(1), false
	var values []float64
	for _, c := range p.cases {
		values = p.cand.scored(c[1], m.cand, p.base.scored(c[0], m.base, values[:0]))
		for _, v := range values {
			if zero = zero || v <= 0; v > 0 {
				least = min(least, v)
			}
		}
	}
	switch {
	case !zero:
		return 0
	case math.IsInf(least, 1):
		return 1
	}
	return least / 2
}

// scaled is a value as it is tested: of a measure its logarithm.
func (m *measured) scaled(v float64) float64 {
	if m.metric.Scale == eval.Measure {
		return math.Log(v + m.offset)
	}
	return v
}

// meanScaled averages scaled values; NaN for none.
func (m *measured) meanScaled(values []float64) float64 {
	if m.metric.Scale != eval.Measure {
		return mean(values)
	}
	sum := 0.0
	for _, v := range values {
		sum += m.scaled(v)
	}
	return sum / float64(len(values))
}

// meanLog averages plain logarithms; not finite where a value has none.
func (m *measured) meanLog(values []float64) float64 {
	sum := 0.0
	for _, v := range values {
		sum += math.Log(v)
	}
	return sum / float64(len(values))
}

// tested is the difference that the sign-flip test sees. Differences of less
// than a rounding error are none.
func tested(metric eval.Metric, before, after float64) float64 {
	d := after - before
	if math.Abs(d) <= 1e-12*max(1, math.Abs(before), math.Abs(after)) {
		d = 0
	}
	if metric.Better == eval.Lower {
		d = -d
	}
	return d
}

// mean is NaN for no value.
func mean(values []float64) float64 {
	if len(values) == 0 {
		return math.NaN()
	}
	sum := 0.0
	for _, v := range values {
		sum += v
	}
	return sum / float64(len(values))
}

// matchMetrics lists the metrics that both runs have alike, in the order of the
// candidate's, and those that are left out. lost names the gating ones of the
// baseline among the latter, but for those that apply to no case.
func matchMetrics(base, cand *table) (both []matched, left []Left, lost []string) {
	for c, m := range cand.run.Metrics {
		b := base.metric(m.Name)
		if b < 0 && m.Standard {
			continue
		}
		if b >= 0 && m.Standard && gates(base.run.Metrics[b]) {
			left, lost = append(left, Left{m.Name, "the candidate's suite does not name it"}), append(lost, m.Name)
			continue
		}
		if b < 0 {
			left = append(left, Left{m.Name, "only the candidate has it"})
			continue
		}
		if same, difference := base.run.Metrics[b].Same(m); !same {
			left = append(left, Left{m.Name, "configured differently: " + difference})
			if gates(base.run.Metrics[b]) {
				lost = append(lost, m.Name)
			}
			continue
		}
		if base.judged[b]+cand.judged[c] == 0 {
			if m.Standard && base.unjudge[b]+cand.unjudge[c] == 0 {
				continue
			}
			left = append(left, Left{m.Name, noScores})
			if gates(m) && base.unjudge[b]+cand.unjudge[c] > 0 {
				lost = append(lost, m.Name)
			}
			continue
		}
		both = append(both, matched{m, b, c})
	}
	for _, m := range base.run.Metrics {
		if cand.metric(m.Name) < 0 && !m.Standard {
			left = append(left, Left{m.Name, "only the baseline has it"})
			if gates(m) {
				lost = append(lost, m.Name)
			}
		}
	}
	return both, left, lost
}

// noScores is why a metric is left out that both runs have alike.
const noScores = "neither run has an output with a score of it"

// unscored says of which metrics the candidate lost more scores than chance
// explains, on cases that were answered on both sides: what is not judged may
// have fallen.
func (p *pairs) unscored(family []*measured, alpha float64) (words []string) {
	for _, x := range family {
		lost, gained := 0, 0
		for i, c := range p.cases {
			before, after := x.before[i] == x.before[i], x.after[i] == x.after[i]
			if before == after || p.base.answered(c[0]) == 0 || p.cand.answered(c[1]) == 0 {
				continue
			}
			if before {
				lost++
			} else {
				gained++
			}
		}
		if _, mid := stats.McNemar(lost, gained); lost > gained && mid <= alpha {
			words = append(words, fmt.Sprintf("%s lost its score on %s that had one, and an answer without a score may be worse", x.metric.Name, count(lost, "case")))
		}
	}
	return words
}

type matched struct {
	metric     eval.Metric
	base, cand int
}

func gates(m eval.Metric) bool { return m.Gate && m.Better != eval.Neither }
