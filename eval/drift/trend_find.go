package drift

import (
	"math"
	"slices"

	"holdtrue/eval"
	"holdtrue/eval/stats"
)

const (
	minAlarmRuns = 6  // the first run that is judged by those before it
	seesWithin   = 14 // runs in which an alarm is to see a loss
	seesFrom     = 60 // runs; more make it see hardly more
	maxHorizon   = 10_000
	// dateLevel is the p of a change that only dates an alarm: that something
	// changed is known by then.
	dateLevel = 0.05
)

// search finds what there is to find in the last segment of a series.
func (t *Trend) search(s *Series) {
	if len(s.Points) == 0 || s.Points[len(s.Points)-1].Run != len(t.Runs)-1 {
		s.Verdict = NotMeasured
		s.Reason = "is not measured: the newest run has no score of it"
		return
	}
	last := s.Segments[len(s.Segments)-1]
	s.Watched = t.watchFrom(s)
	found := stats.ChangePoints(means(s.Points[last.From:]), stats.ChangeOptions{})
	for i, c := range found {
		lo, hi := 0, last.To-last.From
		if i > 0 {
			lo = found[i-1].Index
		}
		if i+1 < len(found) {
			hi = found[i+1].Index
		}
		if beyondFloor(c, c.Index-lo, hi-c.Index, t.floorOf(s, s.Points[last.From:])) {
			s.Changes = append(s.Changes, t.change(s, last.From, c))
		}
	}
	if s.Gating {
		t.watch(s)
	}
	s.decide(t)
}

// beyondFloor says whether a change between so many runs before and after would
// be one (p < 1e-4 two-sided) had the runs no less spread than is believed: of
// runs that are all the same, any difference looks certain.
func beyondFloor(c stats.ChangePoint, before, after int, floor float64) bool {
	const quantile = 3.89
	return math.Abs(c.After-c.Before) >= quantile*floor*math.Sqrt(1/float64(before)+1/float64(after))
}

func means(points []Point) []float64 {
	x := make([]float64, len(points))
	for i, p := range points {
		x[i] = p.Mean
	}
	return x
}

// watchFrom is the first point that is watched: of the last segment, after the
// pinned run.
func (t *Trend) watchFrom(s *Series) int {
	from := s.Segments[len(s.Segments)-1].From
	if t.Restart != nil {
		for from < len(s.Points) && s.Points[from].Run < t.Restart.After {
			from++
		}
	}
	return from
}

// change names the run at which a change point of the points from an offset on
// begins.
func (t *Trend) change(s *Series, offset int, c stats.ChangePoint) Change {
	at := offset + c.Index
	run := &t.Runs[s.Points[at].Run]
	return Change{Point: at, Run: run.ID, Name: run.Name, Commit: run.Commit, Before: c.Before, After: c.After, P: c.P,
		Worse:  s.isWorse(c.Before, c.After),
		Lately: at >= s.Watched && s.Points[at].Run >= len(t.Runs)-t.Options.Horizon}
}

func (s *Series) isWorse(before, after float64) bool {
	switch s.Metric.Better {
	case eval.Higher:
		return after < before
	case eval.Lower:
		return after > before
	}
	return false
}

// watch looks for an alarm and for rot in the watched points. Rot is looked at
// after every run, so its p is corrected for Horizon looks (Bonferroni): of 1,000
// quiet histories of 90 nights (seed 5), looked at every night, .1 % (binomial)
// and .2 % (normal) were said to rot at a level of 1 %, and 2.2 % with an
// autocorrelation of .3. Scores
// for which lower is better are negated, so that down is always worse.
func (t *Trend) watch(s *Series) {
	points := s.Points[s.Watched:]
	x := means(points)
	if s.Metric.Better == eval.Lower {
		for i := range x {
			x[i] = -x[i]
		}
	}
	opt := t.alarmOptions(s)
	opt.Floor = t.floorOf(s, points)
	found := stats.DownAlarm(x, opt)
	a := &TrendAlarm{Runs: len(points), E: found.E, Threshold: found.Threshold, Floor: opt.Floor, SeesWithin: seesWithin, Standing: found.At >= 0}
	for _, e := range a.E {
		a.Most = max(a.Most, e)
	}
	if _, variance, n := stats.Moments(x); n > 1 {
		a.SD = math.Sqrt(variance)
	}
	s.Alarm = a
	if a.Standing {
		at := s.Watched + found.At
		a.At = &at
		a.Since = t.dateAlarm(s, at)
	}
	if len(points) < minAlarmRuns {
		return
	}
	r := stats.MonotoneRot(x, t.Options.Confidence)
	looks := float64((t.Family.Overall + t.Family.Slices) * t.Options.Horizon)
	s.Rot = &Rot{Tau: r.Tau, P: r.P, PAdjusted: 1, Slope: r.Slope, Low: r.Low, High: r.High}
	if r.Tau < 0 {
		s.Rot.PAdjusted = min(1, r.P/2*looks)
	}
	s.Rot.Significant = s.Rot.PAdjusted <= t.Family.RotLevel
	s.Rot.Stepwise = s.stepwise(x)
	if s.Metric.Better == eval.Lower {
		s.Rot.Tau, s.Rot.Slope, s.Rot.Low, s.Rot.High = -r.Tau, -r.Slope, -r.High, -r.Low
	}
}

// see says what the alarms could have seen of the series over all cases in which
// nothing was found.
func (t *Trend) see() {
	known := map[int]float64{} // by the number of runs
	for i := range t.Series {
		s := &t.Series[i]
		if s.Alarm == nil || s.Slice != "" || s.Verdict == Regressed || s.Verdict == NotMeasured {
			continue
		}
		runs := min(s.Alarm.Runs, seesFrom)
		if _, ok := known[runs]; !ok {
			known[runs] = stats.AlarmSees(runs, seesWithin, t.alarmOptions(s))
		}
		if fall := known[runs] * max(s.Alarm.SD, s.Alarm.Floor); !math.IsInf(fall, 1) {
			s.Alarm.Sees = &fall
		}
	}
}

func (t *Trend) alarmOptions(s *Series) stats.AlarmOptions {
	return stats.AlarmOptions{Horizon: t.Options.Horizon, Renew: true, Level: t.alarmLevelOf(s.Slice)}
}

// stepwise compares the changes among the watched points with a line.
func (s *Series) stepwise(x []float64) bool {
	var cuts []int
	for _, c := range s.Changes {
		if c.Point > s.Watched {
			cuts = append(cuts, c.Point-s.Watched)
		}
	}
	return len(cuts) > 0 && stats.StepResidual(x, cuts) < stats.LineResidual(x)
}

// alarmLevelOf is the share of a series in the level of the alarms: half for the
// series over all cases and half for those of slices, so that many slices do not
// drown the whole; all for the former where no slice is watched. Alarms at
// E >= 1/share are all false in at most the level of the histories, however the
// series hang together (Markov's inequality for each, then the union).
func (t *Trend) alarmLevelOf(slice string) float64 {
	level := t.Family.AlarmLevel
	switch {
	case t.Family.Slices == 0:
		return level / float64(t.Family.Overall)
	case slice == "":
		return level / 2 / float64(t.Family.Overall)
	}
	return level / 2 / float64(t.Family.Slices)
}

// floorOf is the smallest standard deviation between runs that is believed: one
// answer, and at least half a case. Near the ceiling the number of failed answers
// is a skewed count with long gaps, and normal scores of it need that much: of
// 4,000 histories of 90 Poisson counts of mean .05 to 10 (seed 5) at most 3.4,
// 1.8, .4 and .2 % raised an alarm at a level of 4, 2, .5 and .17 %, but 8.6 % at
// 4 % with half an answer. After nights that were all the same one answer less is
// a fall of one standard deviation, which raises no alarm, and five less for some
// nights do. A measure counts an answer as its mean.
func (t *Trend) floorOf(s *Series, points []Point) float64 {
	cases, sum := 0, 0.0
	for _, p := range points {
		if cases == 0 || p.Cases < cases {
			cases = p.Cases
		}
		sum += p.Mean
	}
	if cases == 0 {
		return 0
	}
	repeats := float64(max(1, t.Runs[len(t.Runs)-1].Repeats)) // of the whole segment
	floor := max(1/repeats, 0.5) / float64(cases)
	if s.Metric.Scale == eval.Measure {
		floor *= sum / float64(len(points))
	}
	return floor
}

// dateAlarm finds when what raised an alarm began: the first change for the worse
// that was not made good before it.
func (t *Trend) dateAlarm(s *Series, at int) *Change {
	found := s.firstLoss(s.Changes, at)
	if found == nil {
		var weak []Change
		for _, c := range stats.ChangePoints(means(s.Points[s.Watched:]), stats.ChangeOptions{P: dateLevel}) {
			weak = append(weak, t.change(s, s.Watched, c))
		}
		found = s.firstLoss(weak, at)
	}
	return found
}

func (s *Series) firstLoss(changes []Change, at int) *Change {
	var first *Change
	for i := range changes {
		switch c := &changes[i]; {
		case c.Point < s.Watched || c.Point > at:
		case !c.Worse:
			first = nil
		case first == nil:
			found := *c
			first = &found
		}
	}
	return first
}

// lately lists the changes that are recent.
func (s *Series) lately() []Change {
	return slices.DeleteFunc(slices.Clone(s.Changes), func(c Change) bool { return !c.Lately })
}
