package drift

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"holdtrue/eval"
	"holdtrue/eval/stats"
)

const (
	defaultHorizon = 90
	// alarmShare is the part of the level that the alarms have; slow rot, which
	// is rarer and clearer, has the rest.
	alarmShare = 0.8
	// minSliceCases is the number of cases from which a slice is watched.
	minSliceCases = 2
)

// WithDefaults fills in the zero fields and refuses what cannot be meant.
func (o TrendOptions) WithDefaults() (TrendOptions, error) {
	set := func(v *float64, standard float64) {
		if *v == 0 {
			*v = standard
		}
	}
	set(&o.Level, defaultAlpha)
	set(&o.MaxFailed, defaultMaxFailed)
	set(&o.Confidence, defaultConfidence)
	if o.Horizon == 0 {
		o.Horizon = defaultHorizon
	}
	wrong := func(name string, v any, expected string) (TrendOptions, error) {
		return o, &eval.InputError{Msg: fmt.Sprintf("%s is %v; expected %s", name, v, expected)}
	}
	switch {
	case !(o.Level > 0 && o.Level < 0.5):
		return wrong("level", o.Level, "a rate between 0 and 0.5, such as 0.05")
	case o.Horizon < 2*minAlarmRuns || o.Horizon > maxHorizon:
		return wrong("horizon", o.Horizon, fmt.Sprintf("%d to %d runs", 2*minAlarmRuns, maxHorizon))
	case !(o.MaxFailed > 0 && o.MaxFailed <= 1):
		return wrong("max_failed", o.MaxFailed, "a share above 0 and up to 1, such as 0.1")
	case !(o.Confidence >= 0.5 && o.Confidence < 1):
		return wrong("confidence", o.Confidence, "a share from 0.5 to below 1, such as 0.95")
	}
	for _, s := range o.Slices {
		key, _, ok := strings.Cut(s, "=")
		if !ok {
			return o, &eval.InputError{Msg: fmt.Sprintf("%q is not the name of a slice", s), Hint: "a slice is named key=value, such as topic=refunds"}
		}
		if !slices.Contains(o.Keys, key) {
			o.Keys = append(slices.Clone(o.Keys), key)
		}
	}
	return o, nil
}

// NewTrend reads the runs of one agent over one suite, oldest first, and
// finishes their Trend. Runs that cannot be compared are listed and not read.
//
// What cannot be measured (no run, too few runs) is a verdict, not an error;
// errors are bad options, names that nothing answers to, unreadable rows and the
// end of the context. Created is left to the caller.
func NewTrend(ctx context.Context, suite, agent string, history []PastRun, opts TrendOptions) (*Trend, error) {
	t, dropped, err := findTrend(ctx, suite, agent, history, opts)
	if err != nil {
		return nil, err
	}
	t.see()
	t.warn()
	t.conclude(dropped)
	t.advise(len(history) > 0 && recordedAs(&history[len(history)-1].Run) != "")
	return t, ctx.Err()
}

// findTrend reads the history and searches its series; dropped is the id of the
// newest run that could be read, if it had to be left out.
func findTrend(ctx context.Context, suite, agent string, history []PastRun, opts TrendOptions) (t *Trend, dropped string, err error) {
	if opts, err = opts.WithDefaults(); err != nil {
		return nil, "", err
	}
	t = &Trend{Suite: suite, Agent: agent, Options: opts}
	chosen := t.choose(history)
	nights, err := readNights(ctx, chosen, opts.Keys)
	if err != nil {
		return nil, "", err
	}
	kept := t.keep(chosen, nights)
	if err := t.addSeries(kept); err != nil {
		return nil, "", err
	}
	t.shareLevel()
	each(len(t.Series), func(i int) { t.search(&t.Series[i]) })
	if n := len(nights); n > 0 && !slices.Contains(kept, nights[n-1]) {
		dropped = chosen[n-1].Run.ID
	}
	// A run that stopped early is no night, but the newest one must not be passed
	// over in silence: it stops early because something is decided.
	if n := len(history); n > 0 && history[n-1].Run.Stopped() {
		dropped = history[n-1].Run.ID
	}
	return t, dropped, nil
}

// addSeries makes the series of every metric of the newest night.
func (t *Trend) addSeries(nights []*night) error {
	if len(nights) == 0 {
		return nil
	}
	newest := nights[len(nights)-1]
	if err := t.checkNames(newest); err != nil {
		return err
	}
	parts := t.slicesOf(newest)
	for _, key := range t.Options.Keys {
		if !slices.ContainsFunc(parts, func(s string) bool { return strings.HasPrefix(s, key+"=") }) {
			t.Warnings = append(t.Warnings, fmt.Sprintf("no case of the newest run has the tag %q", key))
		}
	}
	for i := range newest.run.Metrics {
		m := &newest.run.Metrics[i]
		if len(t.Options.Metrics) > 0 && !slices.Contains(t.Options.Metrics, m.Name) {
			continue
		}
		if m.Standard && len(t.Options.Metrics) == 0 {
			// Nobody asked for it: over all cases alone, and where there is any.
			if newest.cells[""].scored[i] > 0 {
				t.Series = append(t.Series, newSeries(nights, *m, ""))
			}
			continue
		}
		t.Series = append(t.Series, newSeries(nights, *m, ""))
		for _, slice := range parts {
			if newest.cells[slice].scored[i] >= minSliceCases {
				t.Series = append(t.Series, newSeries(nights, *m, slice))
			}
		}
	}
	t.addEnded(nights)
	return nil
}

// slicesOf lists the slices of a night that are looked at, sorted.
func (t *Trend) slicesOf(n *night) []string {
	var names []string
	for s := range n.cells {
		if s != "" && (len(t.Options.Slices) == 0 || slices.Contains(t.Options.Slices, s)) {
			names = append(names, s)
		}
	}
	slices.Sort(names)
	return names
}

// checkNames refuses a metric or slice that the newest night does not have.
func (t *Trend) checkNames(newest *night) error {
	var metrics, parts []string
	for _, m := range newest.run.Metrics {
		metrics = append(metrics, m.Name)
	}
	for s := range newest.cells {
		if s != "" {
			parts = append(parts, s)
		}
	}
	slices.Sort(parts)
	for _, name := range t.Options.Metrics {
		if !slices.Contains(metrics, name) {
			return &eval.InputError{Msg: fmt.Sprintf("the newest run, %s, has no metric %q", newest.run.ID, name), Hint: "its metrics: " + someOf(metrics)}
		}
	}
	for _, name := range t.Options.Slices {
		if !slices.Contains(parts, name) {
			hint := "none of its cases has such a tag"
			if len(parts) > 0 {
				hint = "its slices: " + someOf(parts)
			}
			return &eval.InputError{Msg: fmt.Sprintf("the newest run, %s, has no slice %q", newest.run.ID, name), Hint: hint}
		}
	}
	return nil
}

// addEnded lists the metrics of earlier nights that the newest one lacks.
func (t *Trend) addEnded(nights []*night) {
	newest := nights[len(nights)-1]
	seen := map[string]bool{}
	for _, m := range newest.run.Metrics {
		seen[m.Name] = true
	}
	for i := len(nights) - 1; i >= 0; i-- {
		for _, m := range nights[i].run.Metrics {
			if !seen[m.Name] {
				seen[m.Name] = true
				t.Ended = append(t.Ended, Left{m.Name, "its last run is " + t.label(i)})
			}
		}
	}
}

// newSeries gathers the points of a metric over a slice, and divides them where
// a night cannot be compared with the one before.
func newSeries(nights []*night, metric eval.Metric, slice string) Series {
	s := Series{Metric: metric, Slice: slice, Gating: gates(metric)}
	var before *night
	for i, n := range nights {
		m := slices.IndexFunc(n.run.Metrics, func(x eval.Metric) bool { return x.Name == metric.Name })
		cell := n.cells[slice]
		if m < 0 || cell == nil || cell.scored[m] == 0 {
			continue
		}
		p := Point{Run: i, Mean: cell.sums[m] / float64(cell.scored[m]), Cases: cell.scored[m], Failed: ratio(cell.failed, cell.outputs)}
		if reason := unlike(before, n, metric.Name, slice); before == nil || reason != "" {
			s.Segments = append(s.Segments, Segment{From: len(s.Points), Reason: reason})
		}
		s.Points = append(s.Points, p)
		s.Segments[len(s.Segments)-1].To = len(s.Points)
		before = n
	}
	return s
}

// unlike says why the scores of a night cannot be compared with those of the
// one before, "" if they can.
func unlike(before, now *night, metric, slice string) string {
	if before == nil {
		return ""
	}
	old, new := before.cells[slice], now.cells[slice]
	if old.members != new.members {
		what := "golden set changed"
		if slice != "" {
			what = "cases of the slice changed"
		}
		if old.cases == new.cases {
			return fmt.Sprintf("%s: %s, not the same ones", what, count(new.cases, "case"))
		}
		return fmt.Sprintf("%s: %d -> %s", what, old.cases, count(new.cases, "case"))
	}
	a, _ := before.run.Metric(metric)
	b, _ := now.run.Metric(metric)
	switch same, difference := a.Same(b); {
	case same:
	case a.Version != b.Version && a.Scorer == b.Scorer:
		return fmt.Sprintf("%s: version %s -> %s", metric, a.Version, b.Version)
	default:
		return metric + ": " + difference
	}
	if before.run.Repeats != now.run.Repeats {
		return fmt.Sprintf("answers to a case: %d -> %d", before.run.Repeats, now.run.Repeats)
	}
	return ""
}

// shareLevel divides the level between the alarms and the rot.
func (t *Trend) shareLevel() {
	t.Family.AlarmLevel, t.Family.RotLevel = alarmShare*t.Options.Level, (1-alarmShare)*t.Options.Level
	for i := range t.Series {
		switch s := &t.Series[i]; {
		case !s.Gating:
		case s.Slice == "":
			t.Family.Overall++
		default:
			t.Family.Slices++
		}
	}
	if t.Family.Overall > 0 {
		opt := stats.AlarmOptions{Horizon: t.Options.Horizon, Renew: true, Level: t.alarmLevelOf("")}
		t.Family.Needs = stats.AlarmNeeds(seesWithin, opt)
	}
}
