package drift

import (
	"fmt"
	"slices"
)

// conclude finds the word for the whole history. dropped is the newest run, if it
// had to be left out.
func (t *Trend) conclude(dropped string) {
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
	case dropped != "" || t.Family.Overall == 0 || is(NotMeasured, true):
		t.Verdict = NotMeasured
	case is(Changed, false):
		t.Verdict = Changed
	default:
		t.Verdict = NoChangeSeen
	}
	t.giveReasons()
	switch {
	case dropped != "":
		i := slices.IndexFunc(t.Left, func(r LeftRun) bool { return r.ID == dropped })
		t.Reasons = append(t.Reasons, fmt.Sprintf("the newest run, %s, is left out: %s", dropped, t.Left[i].Reason))
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

// advise says what to do first; recorded says that the newest run replays a
// recording, which counts once however often it is replayed.
func (t *Trend) advise(recorded bool) {
	next := func(format string, args ...any) { t.Next = append(t.Next, fmt.Sprintf(format, args...)) }
	switch t.Verdict {
	case Regressed:
		if before, after, ok := t.Suspects(); ok {
			next("compare run %s with run %s, the first of the lower level", before, after)
		}
		next("if the new level is meant, pin a run of it: the alarm begins anew after a pinned run")
	case NotMeasured:
		switch n := t.needed(); {
		case n > 0 && recorded:
			next("record new answers of the agent %s more and run each recording, then look again: a recording that is replayed again does not count", times(n))
		case n > 0:
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
