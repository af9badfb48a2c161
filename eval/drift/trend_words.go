package drift

import (
	"fmt"
	"math"
	"slices"
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
		t.position(s.Points[*a.At].Run), evidenceText(a.E[*a.At-s.Watched]), evidenceText(a.Threshold))
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
	return strconv.FormatFloat(e, 'g', 2, 64)
}

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

// conclude finds the word for the whole history. dropped says that the newest
// run had to be left out.
func (t *Trend) conclude(dropped bool) {
	slices.SortStableFunc(t.Left, func(a, b LeftRun) int { return a.Started.Compare(b.Started) })
	if len(t.Runs) == 0 {
		t.Verdict = NotMeasured
		t.Reasons = []string{"no run of " + t.Agent + " can be used"}
		return
	}
	is := func(v Verdict, overall bool) bool {
		return slices.ContainsFunc(t.Series, func(s Series) bool {
			return s.Verdict == v && (v == Changed || s.Gating) && (!overall || s.Slice == "")
		})
	}
	switch {
	case is(Regressed, false):
		t.Verdict = Regressed
	case dropped || t.Family.Overall == 0 || is(NotMeasured, true):
		t.Verdict = NotMeasured
	case is(Changed, false):
		t.Verdict = Changed
	default:
		t.Verdict = NoChangeSeen
	}
	t.giveReasons()
	switch {
	case dropped:
		newest := &t.Left[len(t.Left)-1]
		t.Reasons = append(t.Reasons, fmt.Sprintf("the newest run, %s, is left out: %s", newest.ID, newest.Reason))
	case t.Family.Overall == 0:
		t.Reasons = append(t.Reasons, "no metric that is looked at gates, so nothing can raise an alarm")
	}
}

// giveReasons lists the sentences of the series, the most severe first: those of
// one metric in one sentence, and those who say the same in one.
func (t *Trend) giveReasons() {
	for _, v := range []Verdict{Regressed, NotMeasured, Changed, NoChangeSeen} {
		var order []string
		first, more := map[string]*Series{}, map[string][]string{}
		for i := range t.Series {
			s := &t.Series[i]
			if s.Verdict != v {
				continue
			}
			key, name := s.Metric.Name, s.label()
			if v == NotMeasured {
				key, name = s.Reason, s.Metric.Name+s.place()
			}
			if first[key] == nil {
				first[key] = s
				order = append(order, key)
			} else {
				more[key] = append(more[key], name)
			}
		}
		if v == NoChangeSeen {
			t.quietReason(len(order))
			continue
		}
		for _, key := range order {
			words := first[key].sentence()
			if names := more[key]; len(names) > 0 {
				words += "; so " + map[Verdict]string{Regressed: "did", Changed: "did", NotMeasured: "it is with"}[v] + " " + someOf(names)
			}
			t.Reasons = append(t.Reasons, words)
		}
	}
}

func (s *Series) label() string {
	if s.Slice == "" {
		return "all cases together"
	}
	return s.Slice
}

// quietReason says in one sentence which metrics show nothing.
func (t *Trend) quietReason(metrics int) {
	quiet, runs := 0, 0
	var alone *Series
	for i := range t.Series {
		if s := &t.Series[i]; s.Verdict == NoChangeSeen {
			quiet++
			runs = max(runs, len(s.Points)-s.Watched)
			if alone == nil || s.Slice == "" && alone.Slice != "" {
				alone = s
			}
		}
	}
	switch {
	case quiet == 0:
	case quiet == 1:
		t.Reasons = append(t.Reasons, alone.sentence())
	default:
		t.Reasons = append(t.Reasons, fmt.Sprintf("%d series of %s show no change in up to %s", quiet, count(metrics, "metric"), count(runs, "run")))
	}
}

// warn says aloud what was left out and may matter.
func (t *Trend) warn() {
	var few []string
	for i := range t.Series {
		if s := &t.Series[i]; s.Gating && s.Slice != "" && s.Verdict == NotMeasured {
			few = append(few, s.Metric.Name+s.place())
		}
	}
	if len(few) > 0 && len(few) < t.Family.Slices {
		t.Warnings = append(t.Warnings, fmt.Sprintf("%d series over slices%s not watched yet: %s", len(few), isAre(len(few)), someOf(few)))
	}
}

// advise says what to do first.
func (t *Trend) advise() {
	next := func(format string, args ...any) { t.Next = append(t.Next, fmt.Sprintf(format, args...)) }
	switch t.Verdict {
	case Regressed:
		if before, after, ok := t.Suspects(); ok {
			next("compare run %s with run %s, the first of the lower level", before, after)
		}
		next("if the new level is meant, pin a run of it: the alarm begins anew after a pinned run")
	case NotMeasured:
		if n := t.needed(); n > 0 {
			next("run the agent %s more, then look again", times(n))
		}
	}
}

// needed is the number of runs until every gating metric is watched.
func (t *Trend) needed() int {
	need := 0
	for i := range t.Series {
		s := &t.Series[i]
		if s.Verdict == NotMeasured && s.Alarm != nil && s.Slice == "" {
			need = max(need, t.Family.Needs-s.Alarm.Runs)
		}
	}
	if len(t.Runs) == 0 {
		need = minAlarmRuns
	}
	return need
}

// Suspects are the ids of the last run before the fall that is clearest to date,
// and of the first after it.
func (t *Trend) Suspects() (before, after string, ok bool) {
	for i := range t.Series {
		s := &t.Series[i]
		if s.Verdict == Regressed && s.Alarm.Since != nil && s.Alarm.Since.Point > 0 {
			at := s.Alarm.Since.Point
			return t.Runs[s.Points[at-1].Run].ID, t.Runs[s.Points[at].Run].ID, true
		}
	}
	return "", "", false
}

// TrendExitCode is the contract with a caller that reads one number: 1 for an
// alarm that stands or a slow rot, 3 for what cannot be watched, else 0.
func TrendExitCode(t *Trend) int {
	switch t.Verdict {
	case Regressed:
		return 1
	case NotMeasured:
		return 3
	}
	return 0
}
