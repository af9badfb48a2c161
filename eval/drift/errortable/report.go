package main

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"strings"
	"time"
)

// markdown writes the table for people.
func (t *table) markdown(w io.Writer, now time.Time) {
	p := func(format string, args ...any) { fmt.Fprintf(w, format, args...) }
	p("# How often a comparison says which word\n\n")
	p("Made by `%s` on %s.\n\n", t.options.command(), now.Format(time.DateOnly))
	p("Every cell is %d comparisons of two simulated runs (half as many with 1,000 cases, twice as many in the power list), decided as for a user but with %d random draws instead of 9,999; level 5 %% two-sided, margin 5 points.\n", t.options.reps, draws)
	p("Populations of cases: BM binary, p = .99 (70 %% of the cases), .9 (20 %%), .5 (10 %%); BD binary, nearly deterministic, .998 (95 %%), .5 (5 %%); ")
	p("CM in [0,1], 60 %% of the cases 1 with probability .97 (else Beta(6,2)), 40 %% with a mean of Beta(12,3) and noise of sd .05; CH is CM with 2 %% zeros.\n")
	p("\"3 vs 3\" are the outputs a case has on either side; \"10 runs vs 1\" pools ten earlier runs of one output each as the baseline. The true loss is that of the population's mean, in points.\n\n")
	p("Columns: share of each word; *fails* is regressed, regressed (cases) or mixed, what ends with exit code 1, and ± its standard error; *false holds* is how often it would have said holds with a margin of just the true loss.\n")
	p("Three peers' rules, re-implemented from their documented logic, without pairing: *rank* is the Mann-Whitney test with p < .05 and |Cohen's d| >= .2 (agent-regress-cli), *bootstrap* the 95 %% percentile interval of the difference, *pass rate* a fixed threshold, more than 5 points below the baseline. Each as worse / fine; the rest is better.\n\n")
	t.requirements(p)
	t.powers(p)
	section := ""
	for _, j := range t.Grid {
		if s := sectionOf(j.scenario); s != section {
			section = s
			p("\n## %s\n\n", s)
			if j.family != nil {
				p("| change | outputs | cases | metrics | correlation | hit | regressed | regressed (cases) | mixed | improved | holds | inconclusive | fails | ± |\n%s\n", rule(14))
			} else {
				p("| cases of | outputs | cases | true loss | regressed | regressed (cases) | mixed | improved | holds | inconclusive | fails | ± | false holds | rank | bootstrap | pass rate |\n%s\n", rule(16))
			}
		}
		c := &j.tally
		words := strings.Join([]string{c.share(c.Regressed), c.share(c.RegressedCases), c.share(c.Mixed), c.share(c.Improved + c.ImprovedCases),
			c.share(c.Holds), c.share(c.Inconclusive), c.share(c.exits1()), c.error(c.exits1())}, " | ")
		if f := j.family; f != nil {
			p("| %s | %s | %d | %d | %g | %d | %s |\n", j.change, j.sides(), j.cases, f.metrics, f.rho, f.hit, words)
			continue
		}
		falsely := ""
		if j.loss > 0 {
			falsely = c.share(c.FalseHolds)
		}
		p("| %s | %s | %d | %.1f | %s | %s | %s | %s | %s |\n", j.pop, j.sides(), j.cases, 100*j.loss, words, falsely,
			c.peer(c.Ranks), c.peer(c.Bootstrap), c.peer(c.PassRate))
	}
}

func (o options) command() string {
	command := fmt.Sprintf("go run ./eval/drift/errortable -seed %d -reps %d", o.seed, o.reps)
	if o.small {
		command += " -small"
	}
	if o.powers {
		command += " -powers"
	}
	return command
}

func rule(columns int) string { return "|" + strings.Repeat("---|", columns) }

func sectionOf(s scenario) string {
	switch {
	case s.family != nil:
		return "Several metrics, 8 slices"
	case s.slices > 0:
		return fmt.Sprintf("%s; compared over all cases and %d slices", upper(s.change.String()), s.slices)
	}
	return upper(s.change.String())
}

func upper(s string) string { return strings.ToUpper(s[:1]) + s[1:] }

// share is ".02".
func (t *tally) share(n int) string { return decimal(float64(n) / float64(t.Reps)) }

func decimal(v float64) string {
	if s := fmt.Sprintf("%.3f", v); s != "1.000" {
		return s[1:]
	}
	return "1"
}

func (t *tally) error(n int) string {
	p := float64(n) / float64(t.Reps)
	return decimal(math.Sqrt(p * (1 - p) / float64(t.Reps)))
}

func (t *tally) peer(p peer) string { return t.share(p.Worse) + " / " + t.share(p.Fine) }

func (t *table) requirements(p func(string, ...any)) {
	p("## Requirements\n\n")
	alarms, churned, lost := 0, 0, 0
	highest := map[string]string{}
	worst := map[string]float64{}
	note := func(name string, j *job, n int) {
		if s := float64(n) / float64(j.tally.Reps); s >= worst[name] {
			worst[name], highest[name] = s, fmt.Sprintf("%s of %d (%s)", decimal(s), j.tally.Reps, j.scenario)
		}
	}
	for _, j := range t.Grid {
		switch {
		case j.change.kind == nothing:
			alarms++
			note("alarms", j, j.tally.exits1())
		case j.change.kind == churn:
			churned++
			note("churn", j, j.tally.AverageFell)
		case j.loss > 0 && j.family == nil:
			lost++
			note("holds", j, j.tally.FalseHolds)
		}
	}
	p("A cell of n comparisons may show up to the smallest k with P(Binomial(n, rate) > k) <= 1 - (1-%g)^(1/cells): the error of the simulation is tolerated simultaneously over the cells of a requirement.\n\n", tolerance)
	p("| requirement | rate | cells | highest |\n%s\n", rule(4))
	p("| words that exit 1, no change | %g | %d | %s |\n", falseAlarms, alarms, highest["alarms"])
	p("| said to have fallen on average, cases exchanged | %g | %d | %s |\n", falseAlarms, churned, highest["churn"])
	p("| holds with a margin of the true loss | %g | %d | %s |\n\n", falseHolds, lost, highest["holds"])
	if len(t.Violations) == 0 {
		p("All are kept, and so are the powers below.\n")
		return
	}
	p("Violated:\n\n")
	for _, v := range t.Violations {
		p("- %s\n", v)
	}
}

func (t *table) powers(p func(string, ...any)) {
	p("\n## Power against that which was measured when the procedure was chosen\n\n")
	p("*average* is the sign-flip test alone (two-sided .05, and fell), *cases* the within-case test alone (one-sided .025), *verdict* any word that exits 1, *holds 3* holds with a margin of 3 points. ")
	p("The limit is two standard errors of both simulations below the measured power, and half of its last digit; what comes out lower is simulated again 4 times as often, then 16 times. ")
	p("The oracle knows the population and tests this one change against none (Neyman and Pearson); its share is that of the test alone.\n\n")
	p("| section | figure | scenario | measured | limit | here | | oracle | share of it |\n%s\n", rule(9))
	for _, m := range t.Powers {
		low, oracle, share := "", "", ""
		if m.low() {
			low = "too low"
		}
		if m.oracle > 0 {
			oracle, share = decimal(m.oracle), fmt.Sprintf("%.0f %%", 100*m.Power/m.oracle)
		}
		p("| %s | %s | %s | %s | %s | %s | %s | %s | %s |\n", m.section, m.figure, m.scenario, decimal(m.power), decimal(max(0, m.Limit)), decimal(m.Power), low, oracle, share)
	}
}

// json writes the counts for programs.
func (t *table) json(w io.Writer) error {
	type cell struct {
		Cell  string  `json:"cell"`
		Loss  float64 `json:"true_loss"`
		Tally tally   `json:"counts"`
	}
	type power struct {
		Section  string  `json:"section"`
		Figure   figure  `json:"figure"`
		Cell     string  `json:"cell"`
		Measured float64 `json:"measured"`
		Power    float64 `json:"power"`
		Limit    float64 `json:"limit"`
		Oracle   float64 `json:"oracle,omitzero"`
	}
	out := struct {
		Schema     int         `json:"schema"`
		Command    string      `json:"command"`
		Draws      int         `json:"draws"`
		Cells      []cell      `json:"cells"`
		Powers     []power     `json:"powers"`
		Violations []violation `json:"violations"`
	}{Schema: 1, Command: t.options.command(), Draws: draws, Violations: t.Violations}
	for _, j := range t.Grid {
		out.Cells = append(out.Cells, cell{j.scenario.String(), j.loss, j.tally})
	}
	for _, m := range t.Powers {
		out.Powers = append(out.Powers, power{m.section, m.figure, m.scenario.String(), m.power, m.Power, m.Limit, m.oracle})
	}
	e := json.NewEncoder(w)
	e.SetIndent("", " ")
	return e.Encode(out)
}
