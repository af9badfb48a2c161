package drift

import (
	"cmp"
	"fmt"
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
	// probability that the case did not get worse, beside all cases and metrics
	// too: beside those of its own metric alone it would be the least of many.
	P   float64 `json:"p"`
	Q   float64 `json:"q"`
	FDR float64 `json:"fdr"`
}

// CaseFlags sums up what can be said of single cases.
type CaseFlags struct {
	// Flagged are the cases that got worse beyond their own noise: Q is at most
	// 0.10. Up to ExpectedWrong of them are to be expected there by chance: the
	// sum of their FDR or, where it is more, Benjamini and Hochberg's own bound.
	Flagged       int     `json:"flagged"`
	ExpectedWrong float64 `json:"expected_wrong"`
	// NoiseUnknown says that no case was answered twice by either side.
	NoiseUnknown bool   `json:"noise_unknown"`
	Reason       string `json:"reason"`
}

// flags are what was found for every paired case on every gating metric.
type flags struct {
	gating []*measured
	cases  int
	all    [][]stats.CaseFlag // by metric and case
	q, fdr []float64          // of all of them, the cases of a metric together
	best   []int32            // metric with the smallest P, -1 where none has P < 1
}

// flag looks for the cases that got worse beyond their own noise.
func (p *pairs) flag(gating []*measured) *flags {
	f := &flags{gating: gating, cases: len(p.cases), all: make([][]stats.CaseFlag, len(gating)), best: make([]int32, len(p.cases))}
	each(len(gating), func(k int) { f.all[k] = p.flagsOf(gating[k]) })
	ps := make([]float64, 0, len(gating)*len(p.cases))
	for _, flags := range f.all {
		for _, flag := range flags {
			ps = append(ps, flag.P)
		}
	}
	f.q, f.fdr = stats.BenjaminiHochberg(ps), stats.LocalFDR(ps)
	for i := range f.best {
		f.best[i] = -1
		for k := range gating {
			if f.all[k][i].P < 1 && (f.best[i] < 0 || f.better(i, k, int(f.best[i]))) {
				f.best[i] = int32(k)
			}
		}
	}
	return f
}

// better says whether metric k shows case i better than metric o. Equal ones are
// told apart by their names, since their order may differ between the runs.
func (f *flags) better(i, k, o int) bool {
	return cmp.Or(cmp.Compare(f.all[k][i].P, f.all[o][i].P), cmp.Compare(f.gating[k].metric.Name, f.gating[o].metric.Name)) < 0
}

// of is the evidence about case i, nil where there is none.
func (f *flags) of(i int) *CaseEvidence {
	k := int(f.best[i])
	if k < 0 {
		return nil
	}
	return &CaseEvidence{Metric: f.gating[k].metric.Name, P: f.all[k][i].P, Q: f.q[k*f.cases+i], FDR: f.fdr[k*f.cases+i]}
}

// flagged says that case i got worse beyond its own noise.
func (f *flags) flagged(i int) bool {
	k := int(f.best[i])
	return k >= 0 && f.q[k*f.cases+i] <= maxFalse
}

// flagsOf asks the statistics about one metric, higher is better.
func (p *pairs) flagsOf(x *measured) []stats.CaseFlag {
	base, cand := make([][]float64, len(p.cases)), make([][]float64, len(p.cases))
	all := make([]float64, 0, len(p.base.rows)+len(p.cand.rows)) // in one piece: the cases are many
	for i, c := range p.cases {
		if x.d[i] != x.d[i] {
			continue // not measured on both sides
		}
		from := len(all)
		all = p.base.scored(c[0], x.base, all)
		middle := len(all)
		all = p.cand.scored(c[1], x.cand, all)
		for k, v := range all[from:] {
			all[from+k] = x.goodness(v)
		}
		base[i], cand[i] = all[from:middle:middle], all[middle:len(all):len(all)]
	}
	if x.metric.Scale != eval.Binary {
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
	v = x.scaled(v)
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
func (p *pairs) summarize(c *Comparison, f *flags) CaseFlags {
	var s CaseFlags
	last := 0.0 // the largest Q that let a case in
	for i := range p.cases {
		if f.flagged(i) {
			e := f.of(i)
			s.Flagged++
			s.ExpectedWrong += e.FDR
			last = max(last, e.Q)
		}
	}
	// The sum runs low where the list ends by a rule on the same p values.
	s.ExpectedWrong = max(s.ExpectedWrong, last*float64(s.Flagged))
	s.NoiseUnknown = !slices.ContainsFunc(p.cases, func(c [2]int32) bool { return p.base.answered(c[0]) > 1 || p.cand.answered(c[1]) > 1 })
	switch {
	case c.WorseTotal == 0:
	case s.NoiseUnknown && s.Flagged == 0:
		noise := fmt.Sprintf("noise alone makes about as many worse as the %d that got better", c.BetterTotal)
		if c.BetterTotal == 0 {
			noise = "none got better, so that noise alone explains few"
		}
		which := fmt.Sprintf("which of the %d cases that got worse are noise", c.WorseTotal)
		if c.WorseTotal == 1 {
			which = "whether the case that got worse is noise"
		}
		s.Reason = fmt.Sprintf("%s is unknown, since each was answered once; %s", which, noise)
	case s.Flagged == 0:
		s.Reason = fmt.Sprintf("none of the %s that got worse can be told from its own noise by itself", count(c.WorseTotal, "case"))
		if slices.ContainsFunc(c.Metrics, func(m Metric) bool { return m.Verdict == RegressedCases || m.Verdict == Mixed }) {
			s.Reason += "; together they are beyond it"
		}
	case s.NoiseUnknown:
		s.Reason = fmt.Sprintf("%s fell by more than cases rose, which is what noise would do as well; %s of them to be expected wrongly",
			count(s.Flagged, "case"), about(s.ExpectedWrong))
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
