package drift

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"holdtrue/eval"
	"holdtrue/eval/stats"
)

// Churn says how much changed at all between the sides, for better or worse or
// neither, beside how much the same version changes from answer to answer.
type Churn struct {
	Texts     ChurnShare `json:"texts"`
	Decisions ChurnShare `json:"decisions"` // of the yes/no gating metrics together
	Scores    ChurnShare `json:"scores"`    // of all gating metrics together, measures apart
	Reason    string     `json:"reason"`
}

// ChurnShare is one kind of change.
type ChurnShare struct {
	// Share is the chance that an answer of the candidate differs from one of
	// the baseline to the same case, averaged over the Cases with an answer on
	// both sides.
	Share float64 `json:"share"`
	Cases int     `json:"cases"`
	// Floor is the chance that two answers of the same version to the same case
	// differ, averaged over the FloorCases with two answers on a side; nil where
	// there are none: the noise is then unknown.
	Floor      *float64 `json:"floor,omitzero"`
	FloorCases int      `json:"floor_cases"`
	// P is the one-sided mid-p of the sign-flip test that Share is no more than
	// Floor over the FloorCases; nil without a floor. Above says that it is at
	// most half of the comparison's alpha.
	P     *float64 `json:"p,omitzero"`
	Above bool     `json:"above"`
}

// beyond says that something changed that the version's own noise does not
// explain, or may not: unknown noise is no excuse.
func (c *Churn) beyond() bool {
	for _, s := range c.kinds() {
		if s.Above || s.Floor == nil && s.Share > 0 {
			return true
		}
	}
	return false
}

func (c *Churn) kinds() []*ChurnShare { return []*ChurnShare{&c.Texts, &c.Decisions, &c.Scores} }

// signature stands for what an output is as far as one kind of change goes.
type signature func(t *table, row int32) uint64

// churn measures all kinds of change.
func (p *pairs) churn(gating []*measured, alpha float64) Churn {
	var decisions, scores []*measured
	for _, x := range gating {
		if x.metric.Scale == eval.Binary {
			decisions = append(decisions, x)
		}
		if x.metric.Scale != eval.Measure {
			scores = append(scores, x)
		}
	}
	c := Churn{
		Texts: p.churnOf(alpha, func(t *table, row int32) uint64 { return t.rows[row].text }),
	}
	if len(decisions) > 0 {
		c.Decisions = p.churnOf(alpha, p.scoreSignature(decisions))
	}
	if len(scores) > 0 {
		c.Scores = p.churnOf(alpha, p.scoreSignature(scores))
	}
	c.Reason = c.words()
	return c
}

// scoreSignature stands for the scores of an output: FNV-1a over their bits, to
// nine decimals. What has no score is the same whatever the NaN.
func (p *pairs) scoreSignature(metrics []*measured) signature {
	const offset, prime = 14695981039346656037, 1099511628211
	metrics = slices.Clone(metrics) // in an order that the runs do not decide
	slices.SortFunc(metrics, func(a, b *measured) int { return strings.Compare(a.metric.Name, b.metric.Name) })
	return func(t *table, row int32) uint64 {
		h := uint64(offset)
		for _, x := range metrics {
			metric := x.cand
			if t == p.base {
				metric = x.base
			}
			bits := uint64(math.MaxUint64)
			if v := t.value(row, metric); v == v {
				bits = math.Float64bits(math.Round(v*1e9) + 0) // not -0
			}
			for range 8 {
				h = (h ^ bits&0xff) * prime
				bits >>= 8
			}
		}
		return h
	}
}

// churnDraws are the deals behind the p of a churn with unequal numbers of
// answers.
const churnDraws = 999

// churnOf averages one kind of change over the cases. That the excess of a case
// over its own noise has mean zero if the versions are the same follows from the
// answers being exchangeable; its sign is flipped as in any test of a mean.
func (p *pairs) churnOf(alpha float64, of signature) ChurnShare {
	var s ChurnShare
	var a, b []uint64
	var excess []float64
	var dealt []stats.Kinds
	unequal := false
	total, floor := 0.0, 0.0
	for _, c := range p.cases {
		a, b = p.base.signatures(c[0], of, a[:0]), p.cand.signatures(c[1], of, b[:0])
		if len(a) == 0 || len(b) == 0 {
			continue
		}
		s.Cases++
		cross := 1 - matches(a, b)/float64(len(a)*len(b))
		total += cross
		own, sides := 0.0, 0.0
		for _, side := range [][]uint64{a, b} {
			if n := float64(len(side)); n >= 2 {
				own += 1 - (matches(side, side)-n)/(n*(n-1))
				sides++
			}
		}
		if sides > 0 {
			s.FloorCases++
			floor += own / sides
			d := cross - own/sides
			if math.Abs(d) < 1e-12 {
				d = 0
			}
			excess = append(excess, d)
			if unequal = unequal || len(a) != len(b); p.base.digest.compare(p.cand.digest) > 0 {
				a, b = b, a // so that swapping the sides changes nothing
			}
			dealt = append(dealt, stats.Kinds{Values: slices.Concat(a, b), A: len(a)})
		}
	}
	if s.Cases > 0 {
		s.Share = total / float64(s.Cases)
	}
	if s.FloorCases > 0 {
		floor /= float64(s.FloorCases)
		test := stats.SignFlip(excess)
		up := test.Mid / 2
		if test.Z < 0 {
			up = 1 - up
		}
		if unequal { // flipped signs of skewed differences do not keep their level
			if exact, ok := stats.Excess(dealt, churnDraws, seed(p.base.digest, p.cand.digest)); ok {
				up = exact
			}
		}
		s.Floor, s.P, s.Above = &floor, &up, test.Z > 0 && up <= alpha/2
	}
	return s
}

// signatures lists those of the answered outputs of a case, sorted.
func (t *table) signatures(c int32, of signature, dst []uint64) []uint64 {
	for _, r := range t.cases[c].rows {
		if !t.rows[r].failed {
			dst = append(dst, of(t, r))
		}
	}
	slices.Sort(dst)
	return dst
}

// matches counts the pairs of one of a and one of b that are equal, of sorted
// lists.
func matches(a, b []uint64) float64 {
	n := 0
	for len(a) > 0 && len(b) > 0 {
		switch {
		case a[0] < b[0]:
			a = a[1:]
		case a[0] > b[0]:
			b = b[1:]
		default:
			i, k := leading(a), leading(b)
			n += i * k
			a, b = a[i:], b[k:]
		}
	}
	return float64(n)
}

// words says how much changed, and of each kind whether that is more than noise.
func (c *Churn) words() string {
	if c.Texts.Cases == 0 {
		return ""
	}
	kinds := []struct {
		share *ChurnShare
		what  string
	}{{&c.Texts, "texts"}, {&c.Decisions, "yes/no decisions"}, {&c.Scores, "scores"}}
	var shares, floors, above []string
	for _, k := range kinds {
		if k.share.Cases == 0 {
			continue
		}
		shares = append(shares, percent(k.share.Share)+" of the "+k.what)
		if k.share.Floor != nil {
			floors = append(floors, percent(*k.share.Floor))
		}
		if k.share.Above {
			above = append(above, k.what)
		}
	}
	if c.Texts.Floor == nil {
		return strings.Join(shares, ", ") + " changed; how much the same version changes by itself is unknown: answer each case at least twice"
	}
	words := fmt.Sprintf("%s differ between an answer of one version and one of the other, %s between two of the same", strings.Join(shares, ", "), strings.Join(floors, ", "))
	if len(above) == 0 {
		return words + ": no more than noise"
	}
	return words + ": the " + strings.Join(above, " and the ") + " changed beyond noise"
}
