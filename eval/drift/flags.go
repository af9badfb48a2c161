package drift

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"holdtrue/eval"
	"holdtrue/eval/stats"
)

// maxFalse is the share of flagged cases that may be flagged wrongly.
const maxFalse = 0.10

// CaseEvidence says how unusual the candidate's answers to one case are beside
// the case's own noise, on the metric that shows it best.
type CaseEvidence struct {
	Metric string `json:"metric"`
	// P is the probability that an unchanged case does as badly, Q the same
	// adjusted for all cases and metrics (Benjamini and Hochberg), FDR the
	// probability that the case did not get worse.
	P   float64 `json:"p"`
	Q   float64 `json:"q"`
	FDR float64 `json:"fdr"`
}

// CaseFlags sums up what can be said of single cases.
type CaseFlags struct {
	// Flagged are the cases that got worse beyond their own noise: Q is at most
	// 0.10. ExpectedWrong of them are to be expected to be there by chance.
	Flagged       int     `json:"flagged"`
	ExpectedWrong float64 `json:"expected_wrong"`
	// NoiseUnknown says that no case was answered twice by either side.
	NoiseUnknown bool   `json:"noise_unknown"`
	Reason       string `json:"reason"`
}

// flag looks for the cases that got worse beyond their own noise, on every
// gating metric. The evidence comes by paired case, nil where there is none.
func (p *pairs) flag(gating []*measured) []*CaseEvidence {
	evidence := make([]*CaseEvidence, len(p.cases))
	perMetric := make([][]stats.CaseFlag, len(gating))
	each(len(gating), func(k int) { perMetric[k] = p.flagsOf(gating[k]) })
	var ps []float64
	for _, flags := range perMetric {
		for _, f := range flags {
			ps = append(ps, f.P)
		}
	}
	qs := stats.BenjaminiHochberg(ps)
	for k, flags := range perMetric {
		for i, f := range flags {
			e := &CaseEvidence{Metric: gating[k].metric.Name, P: f.P, Q: qs[k*len(p.cases)+i], FDR: f.FDR}
			if old := evidence[i]; f.P < 1 && (old == nil || cmp.Or(cmp.Compare(e.P, old.P), cmp.Compare(e.Metric, old.Metric)) < 0) {
				evidence[i] = e
			}
		}
	}
	return evidence
}

// flagsOf asks the statistics about one metric, higher is better.
func (p *pairs) flagsOf(x *measured) []stats.CaseFlag {
	base, cand := make([][]float64, len(p.cases)), make([][]float64, len(p.cases))
	binary := x.metric.Scale == eval.Binary
	for i, c := range p.cases {
		base[i], cand[i] = p.base.scored(c[0], x.base, nil), p.cand.scored(c[1], x.cand, nil)
		for _, side := range [][]float64{base[i], cand[i]} {
			for k, v := range side {
				side[k] = x.goodness(v)
			}
		}
		if len(base[i]) == 0 || x.d[i] != x.d[i] {
			base[i], cand[i] = nil, nil // not measured on both sides
		}
	}
	if !binary {
		return stats.CaseFlagsUnit(base, cand)
	}
	counts := make([]stats.CaseCounts, len(p.cases))
	for i := range counts {
		counts[i] = stats.CaseCounts{BasePass: passes(base[i]), Base: len(base[i]), CandPass: passes(cand[i]), Cand: len(cand[i])}
	}
	return stats.CaseFlags(counts)
}

// goodness turns a value so that higher is better: a measure is its logarithm, a
// yes/no value stays 0 or 1.
func (x *measured) goodness(v float64) float64 {
	if x.metric.Scale == eval.Measure {
		v = math.Log(v) // of zero: infinite, not measured
	}
	switch {
	case x.metric.Better != eval.Lower:
		return v
	case x.metric.Scale == eval.Binary:
		return 1 - v
	}
	return -v
}

func passes(values []float64) int {
	n := 0
	for _, v := range values {
		if v >= 0.5 {
			n++
		}
	}
	return n
}

// summarize says what the flags of the cases mean together.
func (p *pairs) summarize(c *Comparison, evidence []*CaseEvidence) CaseFlags {
	var s CaseFlags
	for _, e := range evidence {
		if e != nil && e.Q <= maxFalse {
			s.Flagged++
			s.ExpectedWrong += e.FDR
		}
	}
	s.NoiseUnknown = !slices.ContainsFunc(p.cases, func(c [2]int32) bool { return p.base.answered(c[0]) > 1 || p.cand.answered(c[1]) > 1 })
	switch {
	case c.WorseTotal == 0:
	case s.NoiseUnknown && s.Flagged == 0:
		s.Reason = fmt.Sprintf("which of the %s that got worse are noise is unknown, since each was answered once; as many as the %d that got better are to be expected from noise alone",
			count(c.WorseTotal, "case"), c.BetterTotal)
	case s.Flagged == 0:
		s.Reason = fmt.Sprintf("none of the %s that got worse can be told from its own noise by itself", count(c.WorseTotal, "case"))
	default:
		s.Reason = fmt.Sprintf("%s got worse beyond the noise of single cases; %s of them to be expected wrongly",
			count(s.Flagged, "case"), about(s.ExpectedWrong))
	}
	return s
}

// about is "about 1.2", or "less than 0.1".
func about(n float64) string {
	if n < 0.1 {
		return "less than 0.1"
	}
	return "about " + rounded(n, 1)
}

// kindOf tells a loss that every repeat shows from one that the repeats' own
// noise could explain.
func kindOf(x *measured, m CaseMetric) string {
	before, after := x.goodnesses(m.Baseline), x.goodnesses(m.Candidate)
	worst := slices.Min(before)
	if len(before) >= manyAnswers { // one slip in many is no flakiness
		slices.Sort(before)
		worst = before[1]
	}
	failed := 0
	for _, v := range after {
		if v < worst {
			failed++
		}
	}
	steady := x.metric.Scale == eval.Binary && worst == 1
	switch {
	case len(before) < 2:
		return kindUnknown
	case failed == len(after), failed > 0 && steady:
		return fmt.Sprintf("%s %d of %d", kindStable, failed, len(after))
	}
	return kindFlaky
}

// manyAnswers is the number of baseline answers from which one that is out of
// line does not make a case flaky.
const manyAnswers = 10

func (x *measured) goodnesses(values []float64) []float64 {
	good := make([]float64, len(values))
	for i, v := range values {
		good[i] = x.goodness(v)
	}
	return good
}
