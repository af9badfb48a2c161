package drift

import (
	"context"
	"fmt"
	"math"
	"slices"

	"holdtrue/eval/stats"
)

// pool reads an earlier run and keeps its rows if it answered as an agent does.
// A night on which the calls failed, or everything was answered with nothing or
// with the same words, is no evidence of how the version varies.
func (t *table) pool(ctx context.Context, in Input, maxFailed float64) error {
	from, before := len(t.rows), t.digest
	judged := slices.Clone(t.judged)
	number := len(t.earlier) + 1
	if err := t.readRun(ctx, in, number, nil); err != nil {
		return err
	}
	run := PooledRun{ID: in.Run.ID, Name: in.Run.Name(), Started: in.Run.Started}
	if run.Left = t.unfit(t.rows[from:], from, maxFailed); run.Left != "" {
		for i := from; i < len(t.rows); i++ {
			delete(t.marks, int32(i))
		}
		t.rows, t.values = t.rows[:from], t.values[:from*len(t.run.Metrics)]
		t.digest, t.judged = before, judged
		t.side.LeftEarlier = append(t.side.LeftEarlier, run)
		return nil
	}
	own := t.digest
	own.remove(before)
	t.earlier, t.digests = append(t.earlier, in.Run), append(t.digests, own)
	t.side.Earlier = append(t.side.Earlier, run)
	return nil
}

// unfit says why the rows of a run must not be pooled, "" if they may.
func (t *table) unfit(rows []tableRow, from int, maxFailed float64) string {
	failed := 0
	for i := range rows {
		if rows[i].failed {
			failed++
		}
	}
	a := t.tallyAnswers(rows, from)
	switch {
	case len(rows) == 0:
		return "it holds none of the cases with the same content"
	case ratio(failed, len(rows)) > maxFailed:
		return fmt.Sprintf("%s of its calls failed", percent(ratio(failed, len(rows))))
	case a.isBlank():
		return fmt.Sprintf("%d of its %s are empty", a.blank, count(a.given, "answer"))
	case a.constant():
		return fmt.Sprintf("it gave the same answer to all %s", count(a.cases, "case"))
	}
	return ""
}

// sameLevel is the two-sided level, for all metrics and earlier runs together,
// at which an earlier run is held to be of another level than the side's own
// run. It is small, so that hardly any run is left out by chance: what is left
// out by looking at the scores would otherwise make false alarms of its own.
const sameLevel = 0.001

// leaveOutliers drops earlier runs that do not stand at the level of the side's
// own run, as long as there are too few runs to measure how much runs differ:
// what crept in between, under the same version, must not be averaged into the
// baseline. From leastRuns on the spread of runs is measured instead.
func (p *pairs) leaveOutliers(t *table, gating []*measured) (left bool) {
	if len(t.earlier) == 0 || t.runs() >= leastRuns {
		return false
	}
	level := sameLevel / float64(max(1, len(gating)*len(t.earlier)))
	out := map[uint16]bool{}
	for number := 1; number <= len(t.earlier); number++ {
		for _, x := range gating {
			if test := stats.SignFlip(p.betweenRuns(t, x, uint16(number))); test.Mid <= level {
				out[uint16(number)] = true
				left := t.side.Earlier[number-1]
				left.Left = fmt.Sprintf("its level of %s is not that of run %s (p %.1g)", x.metric.Name, t.run.ID, test.Mid)
				t.side.LeftEarlier = append(t.side.LeftEarlier, left)
				break
			}
		}
	}
	t.drop(out)
	return len(out) > 0
}

// betweenRuns lists by case how much better an earlier run scored than the side's
// own, NaN where either has no score.
func (p *pairs) betweenRuns(t *table, x *measured, number uint16) []float64 {
	metric := x.base
	if t == p.cand {
		metric = x.cand
	}
	d := make([]float64, len(t.cases))
	for i := range t.cases {
		d[i] = x.meanOf(t, int32(i), metric, number) - x.meanOf(t, int32(i), metric, 0)
		if math.Abs(d[i]) < 1e-12 {
			d[i] = 0
		}
	}
	return d
}

// meanOf a case's values in one run of a side, higher is better; NaN without any.
func (x *measured) meanOf(t *table, c int32, metric int, run uint16) float64 {
	sum, n := 0.0, 0
	for _, r := range t.cases[c].rows {
		if v := t.value(r, metric); t.rows[r].run == run && !math.IsNaN(v) {
			sum, n = sum+x.goodness(v), n+1
		}
	}
	if n == 0 {
		return math.NaN()
	}
	return sum / float64(n)
}

// drop takes the rows of earlier runs out of their cases.
func (t *table) drop(out map[uint16]bool) {
	for i := range t.cases {
		t.cases[i].rows = slices.DeleteFunc(t.cases[i].rows, func(r int32) bool { return out[t.rows[r].run] })
	}
	for number := len(t.earlier); number > 0; number-- {
		if !out[uint16(number)] {
			continue
		}
		t.digest.remove(t.digests[number-1])
		t.digests = slices.Delete(t.digests, number-1, number)
		t.earlier = slices.Delete(t.earlier, number-1, number)
		t.side.Earlier = slices.Delete(t.side.Earlier, number-1, number)
		for i := range t.rows {
			if t.rows[i].run > uint16(number) {
				t.rows[i].run--
			}
		}
	}
}
