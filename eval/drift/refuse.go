package drift

import (
	"fmt"
	"slices"

	"holdtrue/eval"
)

// A refusal says that a comparison would not mean what it says. Force turns it
// into a warning that stands in the report.

const (
	maxBlank     = 0.5 // share of empty answers from which a side is taken to be broken
	leastAnswers = 5   // answers under which a side is not judged to be blank
	leastTexts   = 10  // cases under which a side is not judged to be constant
	maxFaulty    = 0.2 // share of less than the best scores up to which one answer to all may be right
)

// refuse records why the comparison is not measured. Forced, it only says so.
func (c *Comparison) refuse(reason, next string) {
	if c.Options.Force {
		c.Forced = append(c.Forced, reason)
		return
	}
	c.Verdict = NotMeasured
	c.Reasons = append(c.Reasons, reason)
	if next != "" && !slices.Contains(c.Next, next) {
		c.Next = append(c.Next, next)
	}
}

// refused says whether the comparison must end here, without looking at scores.
func (c *Comparison) refused() bool { return c.Verdict == NotMeasured }

// sides are the two with their names.
func (c *Comparison) sides() []namedSide {
	return []namedSide{{&c.Baseline, "baseline"}, {&c.Candidate, "candidate"}}
}

type namedSide struct {
	*Side
	name string
}

// refuseIncomplete refuses a run that was interrupted.
func (c *Comparison) refuseIncomplete() {
	for _, s := range c.sides() {
		if s.Run.Status != eval.Complete {
			c.refuse(fmt.Sprintf("the %s run %s of %s is not complete", s.name, s.Run.ID, s.Run.Name()),
				fmt.Sprintf("resume the run of %s, then compare again", s.Run.Name()))
		}
	}
}

// refuseBroken refuses sides that did not answer as an agent does: too many
// calls failed, the answers are blank, or all the same.
func (c *Comparison) refuseBroken(p *pairs) {
	for _, s := range c.sides() {
		if share := s.failedShare(); share > c.Options.MaxFailed {
			c.refuse(fmt.Sprintf("%s of the %s's calls failed (%d of %d), more than the %s that are allowed; what is left may not stand for all cases",
				percent(share), s.name, s.Failed, s.Outputs, percent(c.Options.MaxFailed)),
				"look at the errors of the failed calls, then run that version again")
		}
	}
	before, after := p.base.tallyAnswers(p.base.rows, 0), p.cand.tallyAnswers(p.cand.rows, 0)
	for i, a := range []answers{before, after} {
		s := c.sides()[i]
		if a.isBlank() {
			c.refuse(fmt.Sprintf("%d of %s of the %s are empty", a.blank, count(a.given, "answer"), s.name),
				fmt.Sprintf("find out why %s answers nothing, then run it again", s.Run.Name()))
		}
		if a.constant() && !(before.constant() && after.constant() && before.text == after.text) {
			c.refuse(fmt.Sprintf("the %s gave the same answer to all %s", s.name, count(a.cases, "case")),
				fmt.Sprintf("find out why %s answers every case alike, then run it again", s.Run.Name()))
		}
	}
}

// refuseLost refuses a comparison of too few of the baseline's cases, where
// nobody chose to run a part of them.
func (c *Comparison) refuseLost(base, cand *table) {
	lost, all := c.Pairing.EditedTotal+c.Pairing.RemovedTotal, len(base.cases)
	if cand.run.Selection != "" || c.Pairing.Paired == 0 || ratio(lost, all) <= c.Options.MaxLost {
		return
	}
	c.refuse(fmt.Sprintf("%d of the baseline's %s are not compared (%d edited since, %d gone), more than the %s that are allowed",
		lost, count(all, "case"), c.Pairing.EditedTotal, c.Pairing.RemovedTotal, percent(c.Options.MaxLost)),
		"run the baseline version over the golden set as it is now, then compare again")
}

// answers counts what a side's own run answered.
type answers struct {
	given, blank int    // blank ones that are scored less than best: a call of a tool may need no words
	cases        int    // answered
	text         uint64 // of the first answer
	differ       bool   // from it
	faulty       int    // answers that are not scored as well as can be
}

// constant says that many cases have one and the same answer, and that it is the
// right one for too few of them to be what the cases ask for.
func (a *answers) constant() bool {
	return !a.differ && a.text != 0 && a.cases >= leastTexts && float64(a.faulty) > maxFaulty*float64(a.given)
}

// isBlank says that the answers are empty as often as not.
func (a *answers) isBlank() bool {
	return a.given >= leastAnswers && float64(a.blank) >= maxBlank*float64(a.given)
}

// tallyAnswers counts the answers among rows, the first of which is number from.
func (t *table) tallyAnswers(rows []tableRow, from int) (a answers) {
	answered := map[int32]struct{}{}
	for i := range rows {
		row := &rows[i]
		if row.failed || row.copied || row.run != rows[0].run {
			continue
		}
		if a.given == 0 {
			a.text = row.text
		}
		a.given++
		a.differ = a.differ || row.text != a.text
		if !a.differ {
			answered[row.owner] = struct{}{}
			if t.faulty(int32(from + i)) {
				a.faulty++
			}
		}
		if row.blank && t.faulty(int32(from+i)) {
			a.blank++
		}
	}
	a.cases = len(answered)
	return a
}

// faulty says that a gating metric of a score gives an output less than the best.
func (t *table) faulty(row int32) bool {
	for k, m := range t.run.Metrics {
		best := 1.0
		if m.Better == eval.Lower {
			best = 0
		}
		if gates(m) && m.Scale != eval.Measure && t.value(row, k) != best {
			return true
		}
	}
	return false
}
