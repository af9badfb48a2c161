package main

import (
	"context"
	"fmt"
	"math"
)

// The rates that the procedure states.
const (
	falseAlarms = .025 // one-sided, of a whole report
	falseHolds  = .05
	tolerance   = .05 // chance that a procedure with just these rates in every cell is called violating
)

// violation is a requirement that a cell does not keep.
type violation struct {
	Requirement, Cell string
	Share, Limit      float64
	Reps              int
}

func (v violation) String() string {
	return fmt.Sprintf("%s: %s: %.3f of %d, limit %.3f", v.Requirement, v.Cell, v.Share, v.Reps, v.Limit)
}

// checkRates holds the false alarms and the false "holds" of all cells to their
// rates. The simulation's error is tolerated simultaneously over the cells of a
// requirement: a cell with n repetitions may count up to the smallest k with
//
//	P(Binomial(n, rate) > k) <= 1 - (1-tolerance)^(1/cells)
//
// (Sidak 1967), so that a procedure that has exactly the rate in every cell is
// called violating with a probability of at most the tolerance.
func checkRates(jobs []*job) []violation {
	type count struct {
		*job
		n int
	}
	var alarms, averages, holds []count
	for _, j := range jobs {
		switch {
		case j.change.kind == nothing:
			alarms = append(alarms, count{j, j.tally.exits1()})
		case j.change.kind == churn: // the agent is another one, its average is not
			averages = append(averages, count{j, j.tally.AverageFell})
		case j.loss > 0 && j.family == nil:
			holds = append(holds, count{j, j.tally.FalseHolds})
		}
	}
	var found []violation
	for _, r := range []struct {
		requirement string
		rate        float64
		cells       []count
	}{
		{"false alarms without a change", falseAlarms, alarms},
		{"false alarms about the average under churn", falseAlarms, averages},
		{"false holds with a margin of the true loss", falseHolds, holds},
	} {
		for _, c := range r.cells {
			limit := most(c.tally.Reps, r.rate, len(r.cells))
			if c.n > limit {
				found = append(found, violation{r.requirement, c.scenario.String(),
					float64(c.n) / float64(c.tally.Reps), float64(limit) / float64(c.tally.Reps), c.tally.Reps})
			}
		}
	}
	return found
}

// most is the largest count that is tolerated in each of so many cells.
func most(n int, rate float64, cells int) int {
	least := -math.Expm1(math.Log1p(-tolerance) / float64(cells))
	above := 1.0
	for k := range n {
		if above -= binomial(n, k, rate); above <= least {
			return k
		}
	}
	return n
}

// binomial is the probability of k of n.
func binomial(n, k int, p float64) float64 {
	choose := func(x int) float64 { v, _ := math.Lgamma(float64(x + 1)); return v }
	return math.Exp(choose(n) - choose(k) - choose(n-k) + float64(k)*math.Log(p) + float64(n-k)*math.Log1p(-p))
}

// comparedPower is a measured power beside that of this program.
type comparedPower struct {
	measured
	Power, Limit float64
	Reps         int
}

func (p *comparedPower) low() bool { return p.Power < p.Limit }

// comparePowers sets the powers of this program against the measured ones. The
// limit is two standard errors of both simulations below the measured power,
// and half of its last digit.
func comparePowers(jobs map[string]*job, all []measured) []comparedPower {
	var out []comparedPower
	for _, m := range all {
		j, ok := jobs[m.scenario.String()]
		if !ok {
			continue
		}
		n := float64(j.tally.Reps)
		p := float64(m.figure.of(&j.tally)) / n
		se := math.Sqrt(m.power*(1-m.power)/float64(m.reps) + p*(1-p)/n)
		out = append(out, comparedPower{m, p, m.power - 2*se - .005, j.tally.Reps})
	}
	return out
}

// rounds are how many times the first repetitions are made again for what came
// out below its limit.
func rounds() []int { return []int{4, 16} }

// checkPowers simulates again, oftener and from other streams, what came out
// below its limit, and then holds the sum to it: with a hundred scenarios some
// fall below by chance.
func checkPowers(ctx context.Context, jobs map[string]*job, all []measured, seed uint64, progress func(done, all int)) ([]comparedPower, []violation, error) {
	first := map[*job]int{}
	for _, j := range jobs {
		first[j] = j.reps
	}
	for round, times := range rounds() {
		var again []*job
		for _, p := range comparePowers(jobs, all) {
			if j := jobs[p.scenario.String()]; p.low() && j.round == round {
				j.round, j.reps = round+1, times*first[j]
				again = append(again, j)
			}
		}
		if err := simulate(ctx, again, seed, progress); err != nil {
			return nil, nil, err
		}
	}
	powers := comparePowers(jobs, all)
	var found []violation
	for _, p := range powers {
		if p.low() {
			found = append(found, violation{fmt.Sprintf("power of section %s, %s, measured %.2f", p.section, p.figure, p.power),
				p.scenario.String(), p.Power, p.Limit, p.Reps})
		}
	}
	return powers, found, nil
}
