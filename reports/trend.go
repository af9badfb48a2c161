package reports

import (
	"cmp"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"holdtrue/eval/drift"
	"holdtrue/eval/promise"
)

// TrendOptions of the reports of a history.
type TrendOptions struct {
	Options
	// Last is the number of newest runs that charts and tables show; 0 shows all.
	// What is said of them rests on all runs.
	Last int
}

// TrendFormat is a way to write a history.
type TrendFormat struct {
	Name  string
	Doc   string
	Write func(w io.Writer, t *drift.Trend, opt TrendOptions) error
}

// TrendFormats lists every format of a history, by the names of Formats.
var TrendFormats = []*TrendFormat{
	{Name: textFormat.Name, Doc: "for a terminal, with charts; tab-separated tables where there is none", Write: writeTrendText},
	{Name: markdownFormat.Name, Doc: "for a step summary, under 60,000 bytes", Write: writeTrendMarkdown},
	{Name: jsonFormat.Name, Doc: "the whole history, numbers unrounded, for other programs", Write: writeTrendJSON},
}

// FindTrend finds a format of a history by name.
func FindTrend(name string) (*TrendFormat, bool) {
	for _, f := range TrendFormats {
		if f.Name == name {
			return f, true
		}
	}
	return nil, false
}

func writeTrendJSON(w io.Writer, t *drift.Trend, opt TrendOptions) error {
	m := *t
	m.Reasons, m.Next, m.Warnings, m.Ended = list(m.Reasons), list(m.Next), list(m.Warnings), list(m.Ended)
	m.Options.Metrics, m.Options.Slices, m.Options.Keys = list(m.Options.Metrics), list(m.Options.Slices), list(m.Options.Keys)
	m.Runs, m.Left, m.Series = list(slices.Clone(m.Runs)), list(slices.Clone(m.Left)), list(slices.Clone(m.Series))
	for i := range m.Runs {
		m.Runs[i].Pins = list(m.Runs[i].Pins)
	}
	for i := range m.Left {
		m.Left[i].Pins = list(m.Left[i].Pins)
	}
	for i := range m.Series {
		s := &m.Series[i]
		s.Points, s.Segments, s.Changes = list(s.Points), list(s.Segments), list(s.Changes)
	}
	return asJSON(w, struct {
		Schema int `json:"schema"`
		*drift.Trend
		Promises []promise.Account `json:"promises,omitempty"`
	}{schemaNumber, &m, opt.Promises})
}

// trendHeadline is the verdict with what it means for the reader.
func trendHeadline(t *drift.Trend) string {
	word, agent := strings.ToUpper(string(t.Verdict)), plain(t.Agent)
	switch t.Verdict {
	case drift.Regressed:
		return fmt.Sprintf("%s: %s got worse over time on %d of %s. Look before it goes on.", word, agent,
			trendMetrics(t, func(s *drift.Series) bool { return s.Gating && s.Verdict == drift.Regressed }), several(trendMetrics(t, gating), "metric"))
	case drift.Changed:
		return fmt.Sprintf("%s: the level of %s changed; no alarm stands, and it does not fall slowly.", word, agent)
	case drift.NoChangeSeen:
		return fmt.Sprintf("%s: no alarm stands for %s. That is not proof that nothing changed.", word, agent)
	}
	return fmt.Sprintf("%s: %s cannot be watched yet. This is not \"no change\".", word, agent)
}

func gating(s *drift.Series) bool { return s.Gating }

// trendMetrics counts the metrics that have a series of some kind.
func trendMetrics(t *drift.Trend, is func(*drift.Series) bool) int {
	names := map[string]bool{}
	for i := range t.Series {
		if is(&t.Series[i]) {
			names[t.Series[i].Metric.Name] = true
		}
	}
	return len(names)
}

// trendExtent says what the history consists of.
func trendExtent(t *drift.Trend) string {
	if len(t.Runs) == 0 {
		if len(t.Left) == 0 {
			return "No run is stored."
		}
		return several(len(t.Left), "run") + " left out."
	}
	versions := map[string]bool{}
	for _, r := range t.Runs {
		versions[r.Version] = true
	}
	first, last := &t.Runs[0], &t.Runs[len(t.Runs)-1]
	text := fmt.Sprintf("%s of %s in suite %s, %s to %s, %s", several(len(t.Runs), "run"), plain(t.Agent), plain(t.Suite),
		first.Started.Format("2006-01-02"), last.Started.Format("2006-01-02"), several(len(versions), "version"))
	if n := len(t.Left); n > 0 {
		text += fmt.Sprintf("; %s left out", several(n, "run"))
	}
	if r := t.Restart; r != nil {
		text += fmt.Sprintf("; watched since run %s, pinned as %s", r.RunID, plain(strings.Join(r.Pins, ", ")))
	}
	return text + "."
}

// trendGround says at which rate quiet histories raise an alarm.
func trendGround(t *drift.Trend) string {
	if t.Family.Overall == 0 {
		return "No alarm was set."
	}
	text := fmt.Sprintf("At most %s %% of the histories of an unchanged agent raise an alarm, or are said to get worse slowly, in %d runs",
		number(100*t.Options.Level), t.Options.Horizon)
	if n := t.Family.Overall + t.Family.Slices; n > 1 {
		text += fmt.Sprintf("; %d series over all cases and %d over slices share that rate", t.Family.Overall, t.Family.Slices)
	}
	return text + ". A change says when, not whether: by itself one in about 28 quiet series shows one for the worse in 90 runs."
}

// trendBlind says what the alarms could not have seen.
func trendBlind(t *drift.Trend) []string {
	var lines []string
	for i := range t.Series {
		s := &t.Series[i]
		if s.Alarm == nil || s.Alarm.Sees == nil {
			continue
		}
		amount := strings.TrimSpace(level(s.Metric, *s.Alarm.Sees) + " " + unitOf(s))
		lines = append(lines, fmt.Sprintf("%s: a lasting loss under %s would go unseen for %d runs 1 time in 5 or more often",
			plain(s.Metric.Name), amount, s.Alarm.SeesWithin))
	}
	return lines
}

func unitOf(s *drift.Series) string {
	if s.Metric.Scale == "measure" {
		return plain(s.Metric.Unit)
	}
	return "points"
}

// trendBreaks says where series begin anew, those of one place together.
func trendBreaks(t *drift.Trend) []string {
	type place struct {
		run    int
		reason string
	}
	series := map[place][]string{}
	for i := range t.Series {
		s := &t.Series[i]
		for _, g := range s.Segments[min(1, len(s.Segments)):] {
			p := place{s.Points[g.From].Run, g.Reason}
			series[p] = append(series[p], seriesName(s))
		}
	}
	var places []place
	for p := range series {
		places = append(places, p)
	}
	slices.SortFunc(places, func(a, b place) int { return cmp.Or(cmp.Compare(a.run, b.run), cmp.Compare(a.reason, b.reason)) })
	var lines []string
	for _, p := range places {
		names := series[p]
		which := strings.Join(names[:min(3, len(names))], ", ")
		if more := len(names) - 3; more > 0 {
			which += fmt.Sprintf(" and %d more", more)
		}
		r := &t.Runs[p.run]
		lines = append(lines, fmt.Sprintf("with run %d, %s of %s: %s (%s)", p.run+1, r.ID, plain(r.Name), plain(p.reason), which))
	}
	return lines
}

func seriesName(s *drift.Series) string {
	if s.Slice == "" {
		return plain(s.Metric.Name)
	}
	return plain(s.Metric.Name + " on " + s.Slice)
}

func trendLeft(t *drift.Trend) []string {
	var lines []string
	const most = 10
	if n := len(t.Left) - most; n > 0 {
		lines = append(lines, several(n, "earlier run"))
	}
	for _, r := range t.Left[max(0, len(t.Left)-most):] {
		lines = append(lines, fmt.Sprintf("run %s of %s: %s", r.ID, plain(r.Name), plain(r.Reason)))
	}
	for _, m := range t.Ended {
		lines = append(lines, fmt.Sprintf("metric %s: the newest run has it no more; %s", plain(m.Name), plain(m.Reason)))
	}
	return lines
}

// trendOrder ranks series: those that regressed first, by evidence; then changed;
// over all cases before slices.
func trendOrder(t *drift.Trend) []*drift.Series {
	all := make([]*drift.Series, len(t.Series))
	for i := range t.Series {
		all[i] = &t.Series[i]
	}
	rank := func(s *drift.Series) int {
		i := slices.Index([]drift.Verdict{drift.Regressed, drift.Changed, drift.NoChangeSeen}, s.Verdict)
		switch {
		case i < 0:
			return 9
		case !s.Gating && s.Verdict == drift.NoChangeSeen:
			return 8
		case s.Slice != "":
			return 2*i + 1
		}
		return 2 * i
	}
	evidence := func(s *drift.Series) float64 {
		if s.Alarm == nil {
			return 0
		}
		return s.Alarm.Most / s.Alarm.Threshold
	}
	slices.SortStableFunc(all, func(a, b *drift.Series) int {
		return cmp.Or(cmp.Compare(rank(a), rank(b)), cmp.Compare(evidence(b), evidence(a)))
	})
	return all
}

// shownPoints are the points of the last runs.
func shownPoints(t *drift.Trend, s *drift.Series, last int) []drift.Point {
	if last <= 0 {
		return s.Points
	}
	from := len(t.Runs) - last
	i := slices.IndexFunc(s.Points, func(p drift.Point) bool { return p.Run >= from })
	if i < 0 {
		return nil
	}
	return s.Points[i:]
}

// changesText writes the newest changes as "31: 90.1 -> 85.0", 31 being the run;
// the one with which an alarm began is always among them.
func changesText(s *drift.Series) string {
	const most = 2
	changes := slices.Clone(s.Changes)
	var since *drift.Change
	if s.Alarm != nil && s.Alarm.Since != nil {
		since = s.Alarm.Since
		i, found := slices.BinarySearchFunc(changes, since.Point, func(c drift.Change, point int) int { return cmp.Compare(c.Point, point) })
		if !found {
			changes = slices.Insert(changes, i, *since)
		}
	}
	var parts []string
	if len(changes) > most {
		parts = append(parts, "...")
	}
	shown := changes[max(0, len(changes)-most):]
	if since != nil && since.Point < shown[0].Point {
		shown[0] = *since
	}
	for _, c := range shown {
		parts = append(parts, fmt.Sprintf("%d: %s -> %s", s.Points[c.Point].Run+1, level(s.Metric, c.Before), level(s.Metric, c.After)))
	}
	return strings.Join(parts, ", ")
}

// evidence writes the largest evidence of an alarm and its threshold.
func evidence(s *drift.Series) string {
	if s.Alarm == nil {
		return ""
	}
	return fmt.Sprintf("%s of %.0f", short(s.Alarm.Most), math.Ceil(s.Alarm.Threshold-1e-9))
}

// short writes a positive number in a few characters.
func short(v float64) string {
	switch {
	case v >= 1e6:
		return ">1e6"
	case v >= 100:
		return fmt.Sprintf("%.0f", v)
	}
	return fmt.Sprintf("%.2g", v)
}

func lastLevel(s *drift.Series) string {
	if len(s.Points) == 0 {
		return ""
	}
	return level(s.Metric, s.Points[len(s.Points)-1].Mean)
}

func sliceName(s *drift.Series) string {
	if s.Slice == "" {
		return "all cases"
	}
	return plain(s.Slice)
}
