package drift

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"holdtrue/eval"
)

// The sentences of a trend.

// label names a run by its place in the history.
func (t *Trend) label(i int) string {
	r := &t.Runs[i]
	return runLabel(r.ID, r.Name, r.Commit)
}

func runLabel(id, name, commit string) string {
	words := "run " + id + " of " + name
	if commit != "" {
		words += ", commit " + shortCommit(commit)
	}
	return words
}

// shortCommit shortens a full hash as git does.
func shortCommit(s string) string {
	if len(s) == 40 && strings.Trim(s, "0123456789abcdef") == "" {
		return s[:12]
	}
	return s
}

// place is " on topic=refunds", or nothing for all cases.
func (s *Series) place() string {
	if s.Slice == "" {
		return ""
	}
	return " on " + s.Slice
}

func (s *Series) sentence() string { return s.Metric.Name + s.place() + " " + s.Reason }

// decide finds the word for a series.
func (s *Series) decide(t *Trend) {
	watched := len(s.Points) - s.Watched
	alarmed := s.Alarm != nil && s.Alarm.Standing
	rots := s.Rot != nil && s.Rot.Significant
	switch {
	case alarmed || rots:
		s.Verdict = Regressed
		s.Reason = s.fallWords(t, alarmed, rots)
	case watched < t.needs(s):
		s.Verdict = NotMeasured
		s.Reason = "is not measured: " + s.tooFew(t, watched)
	case len(s.lately()) > 0:
		s.Verdict = Changed
		s.Reason = s.changedWords(t)
	default:
		s.Verdict = NoChangeSeen
		s.Reason = s.quietWords()
	}
}

// needs is the number of runs from which a series is watched.
func (t *Trend) needs(s *Series) int {
	if !s.Gating {
		return minAlarmRuns
	}
	return t.Family.Needs
}

func (s *Series) tooFew(t *Trend, watched int) string {
	words := count(watched, "run")
	switch last := s.Segments[len(s.Segments)-1]; {
	case s.Watched > last.From:
		words += " since the pinned run " + t.Restart.RunID
	case last.Reason != "":
		words += " since " + last.Reason
	}
	if !s.Gating {
		return words + fmt.Sprintf(", %d are needed", t.needs(s))
	}
	return words + fmt.Sprintf(", the alarm needs %d", t.needs(s))
}

// fallWords says how a series got worse: slowly or at once, what raised the
// alarm, and what came after it.
func (s *Series) fallWords(t *Trend, alarmed, rots bool) string {
	words := "fell"
	if s.Metric.Better == eval.Lower {
		words = "rose"
	}
	switch {
	case rots && (!alarmed || !s.Rot.Stepwise):
		words = s.rotWords(t)
	case s.Alarm.Since != nil:
		c := s.Alarm.Since
		words += fmt.Sprintf(" from %s to %s with %s", numberOf(s.Metric, c.Before), amountOf(s.Metric, c.After), s.changeLabel(t, c))
	}
	if !alarmed {
		return words
	}
	a := s.Alarm
	words += fmt.Sprintf("; the alarm was raised by %s (evidence %s, alarm from %s)",
		t.position(s.Points[*a.At].Run), evidenceText(a.E[*a.At-s.Watched]), thresholdText(a.Threshold))
	for _, c := range s.Changes {
		if c.Point > *a.At && !c.Worse {
			words += fmt.Sprintf("; it changed again to %s with %s", amountOf(s.Metric, c.After), s.changeLabel(t, &c))
			break
		}
	}
	return words
}

// position is "run 41 of 60" and its id.
func (t *Trend) position(i int) string {
	return fmt.Sprintf("run %d of %d, %s", i+1, len(t.Runs), t.Runs[i].ID)
}

func (s *Series) changeLabel(t *Trend, c *Change) string {
	return fmt.Sprintf("%s, the %s of %d", runLabel(c.Run, c.Name, c.Commit), ordinal(s.Points[c.Point].Run+1), len(t.Runs))
}

func ordinal(n int) string {
	suffix := "th"
	if n/10%10 != 1 {
		switch n % 10 {
		case 1:
			suffix = "st"
		case 2:
			suffix = "nd"
		case 3:
			suffix = "rd"
		}
	}
	return strconv.Itoa(n) + suffix
}

func (s *Series) rotWords(t *Trend) string {
	r := s.Rot
	verb := "falls"
	if r.Slope > 0 {
		verb = "rises"
	}
	low, high := math.Abs(r.Low), math.Abs(r.High)
	if r.Low < 0 && r.High > 0 {
		low = 0
	}
	return fmt.Sprintf("%s slowly, by %s a run over %s (%s interval %s to %s, corrected p %s)", verb, fineAmount(s.Metric, math.Abs(r.Slope)),
		count(s.Alarm.Runs, "run"), percent(t.Options.Confidence), fineNumber(s.Metric, min(low, high)), fineNumber(s.Metric, max(low, high)), probability(r.PAdjusted))
}

// fineNumber is numberOf with a decimal more: a change a run is small.
func fineNumber(metric eval.Metric, v float64) string {
	if metric.Scale == eval.Measure {
		return numberOf(metric, v)
	}
	return rounded(100*v, 2)
}

func fineAmount(metric eval.Metric, v float64) string {
	if metric.Scale == eval.Measure {
		return amountOf(metric, v)
	}
	return rounded(100*v, 2) + " points"
}

func probability(p float64) string {
	if p < 0.0001 {
		return "below 0.0001"
	}
	return rounded(p, 4)
}

// evidenceText has two or three digits.
func evidenceText(e float64) string {
	switch {
	case e >= 1e6:
		return "over a million"
	case e >= 100:
		return rounded(e, 0)
	}
	if e >= 10 {
		return strconv.FormatFloat(e, 'f', 0, 64)
	}
	return strconv.FormatFloat(e, 'g', 2, 64)
}

// thresholdText is a threshold as a whole number, rounded up: evidence that is
// printed as reaching it has reached it.
func thresholdText(e float64) string { return strconv.FormatFloat(math.Ceil(e-1e-9), 'f', 0, 64) }

func (s *Series) changedWords(t *Trend) string {
	lately := s.lately()
	c := &lately[len(lately)-1]
	words := fmt.Sprintf("changed from %s to %s with %s", numberOf(s.Metric, c.Before), amountOf(s.Metric, c.After), s.changeLabel(t, c))
	if n := len(lately) - 1; n > 0 {
		words += fmt.Sprintf("; it had changed %s before", times(n))
	}
	switch {
	case s.Gating && c.Worse:
		words += "; the alarm does not confirm it"
	case s.Gating:
		words += "; that is for the better"
	}
	return words
}

func times(n int) string {
	if n == 1 {
		return "once"
	}
	return strconv.Itoa(n) + " times"
}

func (s *Series) quietWords() string {
	points := s.Points[s.Watched:]
	mean := 0.0
	for _, p := range points {
		mean += p.Mean / float64(len(points))
	}
	words := fmt.Sprintf("shows no change in %s: %s on average", count(len(points), "run"), amountOf(s.Metric, mean))
	if s.Alarm != nil {
		words += ", give or take " + numberOf(s.Metric, s.Alarm.SD)
	}
	return words
}
