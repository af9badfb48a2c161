package reports

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/olekukonko/tablewriter/pkg/twwidth"

	"holdtrue/eval"
	"holdtrue/eval/drift"
)

// richTrend has every verdict, two segments, and hostile text wherever text can
// be.
func richTrend() *drift.Trend {
	const evil = "m\x1b[31m|<b>@all #1 `x` \u202e"
	t := &drift.Trend{Suite: "support <bot>", Agent: "bo|t" + evil, Verdict: drift.Regressed,
		Reasons: []string{"facts fell from 90 to 84.6 points with " + evil, "length changed"}, Next: []string{"compare run a with " + evil},
		Options:  drift.TrendOptions{Level: .05, Horizon: 90, Keys: []string{"topic"}, MaxFailed: .1, Confidence: .95},
		Family:   drift.TrendFamily{Overall: 2, Slices: 1, AlarmLevel: .04, RotLevel: .01, Needs: 9},
		Restart:  &drift.TrendRestart{RunID: "run0000004", Pins: []string{"main"}, After: 5},
		Ended:    []drift.Left{{Name: "old" + evil, Reason: "its last run is run x" + evil}},
		Warnings: []string{"2 series over slices are not watched yet: " + evil}}
	for i := range 40 {
		t.Runs = append(t.Runs, drift.TrendRun{ID: fmt.Sprintf("run%07d", i), Name: "bot@" + evil, Version: fmt.Sprint(i/20) + evil, Commit: evil, Status: eval.Complete,
			Started: time.Unix(0, 0).UTC().AddDate(0, 0, i), Cases: 120, Repeats: 1, Outputs: 120})
	}
	t.Runs[4].Pins = []string{"main"}
	t.Left = []drift.LeftRun{{TrendRun: t.Runs[3], Reason: "is not complete " + evil}}
	series := func(name, slice string, scale eval.Scale, v drift.Verdict, level func(i int) float64) *drift.Series {
		s := drift.Series{Metric: eval.Metric{Name: name, Scorer: name, Version: "1", Scale: scale, Better: eval.Higher, Gate: true, Unit: "ms" + evil},
			Slice: slice, Gating: true, Verdict: v, Reason: "because " + evil, Watched: 10}
		for i := range t.Runs {
			s.Points = append(s.Points, drift.Point{Run: i, Mean: level(i), Cases: 120})
		}
		s.Segments = []drift.Segment{{From: 0, To: 10}, {From: 10, To: 40, Reason: "golden set changed: 119 -> 120 cases " + evil}}
		s.Alarm = &drift.TrendAlarm{Runs: 30, E: make([]float64, 30), Most: 1.25, Threshold: 100, SD: .01, Floor: .004, SeesWithin: 14}
		s.Rot = &drift.Rot{P: .5, PAdjusted: 1}
		t.Series = append(t.Series, s)
		return &t.Series[len(t.Series)-1]
	}
	wave := func(i int) float64 { return .9 + .01*math.Sin(float64(i)) }
	s := series("facts"+evil, "", eval.Unit, drift.Regressed, func(i int) float64 {
		if i < 30 {
			return wave(i)
		}
		return wave(i) - .055
	})
	at := 33
	s.Alarm.Standing, s.Alarm.At, s.Alarm.Most = true, &at, 12345678
	s.Changes = []drift.Change{{Point: 30, Run: "run0000030", Name: evil, Before: .9, After: .846, P: 1e-9, Worse: true, Lately: true}}
	s.Alarm.Since = &s.Changes[0]
	s = series("exact", "", eval.Binary, drift.NoChangeSeen, func(int) float64 { return 1 })
	s.Alarm.Sees = f(.021)
	series("exact", "topic="+evil, eval.Binary, drift.NotMeasured, wave)
	s = series("latency", "", eval.Measure, drift.Changed, func(i int) float64 { return 900 + float64(i) })
	s.Gating, s.Alarm, s.Rot = false, nil, nil
	s.Changes = []drift.Change{{Point: 12, Before: 905, After: 912}, {Point: 20, Before: 912, After: 920}, {Point: 30, Before: 920, After: 935}}
	return t
}

func TestTrendGolden(t *testing.T) {
	tried := map[string]bool{}
	for _, g := range []struct {
		file, format string
		width, last  int
		color        bool
	}{{"trend.md", "markdown", 0, 0, false}, {"trend.json", "json", 0, 0, false}, {"trend-piped.txt", "text", 0, 0, false},
		{"trend-60.txt", "text", 60, 0, false}, {"trend-100.txt", "text", 100, 8, false}, {"trend-200.txt", "text", 200, 0, true}} {
		t.Run(g.file, func(t *testing.T) {
			format, ok := FindTrend(g.format)
			if !ok {
				t.Fatal(g.format)
			}
			tried[g.format] = true
			model, untouched := richTrend(), richTrend()
			opt := TrendOptions{Options: options, Last: g.last}
			opt.Width, opt.Color = g.width, g.color
			var b bytes.Buffer
			if err := format.Write(&b, model, opt); err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(untouched, model); d != "" {
				t.Errorf("the renderer changed the model: %s", d)
			}
			golden(t, g.file, b.Bytes())
			if i := strings.IndexFunc(strings.ReplaceAll(b.String(), "\n", ""), func(r rune) bool { return hostile(r) && r != '\t' && !(g.color && r == '\x1b') }); i >= 0 && g.format != "json" {
				t.Errorf("a hostile character at %d", i)
			}
			for line := range strings.Lines(b.String()) {
				line = strings.TrimSuffix(line, "\n")
				if n := twwidth.Width(line); g.width > 0 && n > g.width && !strings.Contains(line, "holdtrue ") {
					t.Errorf("%d columns in %d: %s", n, g.width, line)
				}
			}
		})
	}
	if len(tried) != len(TrendFormats) || len(TrendFormats) != len(Formats) {
		t.Errorf("%d of %d formats have a golden file", len(tried), len(TrendFormats))
	}
}

// TestTrendMarkdownIsDead: nothing of what a user or a model wrote is alive.
func TestTrendMarkdownIsDead(t *testing.T) {
	var b bytes.Buffer
	if err := writeTrendMarkdown(&b, richTrend(), TrendOptions{}); err != nil {
		t.Fatal(err)
	}
	fences := regexp.MustCompile("(?s)(`{3,}).*?\n(`{3,})\n")
	text := entity.ReplaceAllString(fences.ReplaceAllString(b.String(), ""), " ")
	for what, re := range map[string]*regexp.Regexp{"a mention": mention, "an issue": issue, "a link": link, "a tag": regexp.MustCompile("<b>")} {
		if m := re.FindString(text); m != "" {
			t.Errorf("%s is alive: %q", what, m)
		}
	}
	bars := 0
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, "| ") {
			if n := strings.Count(line, "|"); bars == 0 {
				bars = n
			} else if n != bars {
				t.Errorf("%d bars instead of %d: %s", n, bars, line)
			}
		}
	}
	if bars != 9 {
		t.Errorf("the table has %d bars", bars)
	}
}

func TestTrendMarkdownStaysBounded(t *testing.T) {
	model := richTrend()
	for i := range 500 {
		s := model.Series[0]
		s.Metric.Name = fmt.Sprint("metric-", i, strings.Repeat("x", 500))
		model.Series = append(model.Series, s)
		model.Reasons = append(model.Reasons, strings.Repeat("reason ", 500))
	}
	for _, limit := range []int{0, 20_000, 8_000} {
		var b bytes.Buffer
		opt := TrendOptions{Options: options}
		if opt.MaxBytes = limit; limit == 0 {
			limit = DefaultMaxBytes
		}
		if err := writeTrendMarkdown(&b, model, opt); err != nil {
			t.Fatal(err)
		}
		if b.Len() > limit || !strings.Contains(b.String(), options.Reproduce) {
			t.Errorf("%d bytes, at most %d", b.Len(), limit)
		}
		if limit == 8_000 && !strings.Contains(b.String(), "Left out here to fit") {
			t.Error("what was shed is not said")
		}
	}
}

func TestTrendJSONIsWhole(t *testing.T) {
	for name, model := range map[string]*drift.Trend{"rich": richTrend(), "empty": {Verdict: drift.NotMeasured}, "bare": {Series: []drift.Series{{}}, Runs: []drift.TrendRun{{}}}} {
		var b bytes.Buffer
		if err := writeTrendJSON(&b, model, TrendOptions{}); err != nil {
			t.Fatal(err)
		}
		var got struct {
			Schema  int
			Verdict string
		}
		if err := json.Unmarshal(b.Bytes(), &got); err != nil || got.Schema != 1 || got.Verdict != string(model.Verdict) {
			t.Errorf("%s: %+v %v", name, got, err)
		}
		if keys := regexp.MustCompile(`"[A-Z]\w*":`).FindAllString(b.String(), -1); keys != nil {
			t.Errorf("%s: fields without a name of their own: %q", name, keys)
		}
		for _, n := range regexp.MustCompile(`"(\w+)": null`).FindAllStringSubmatch(b.String(), -1) {
			if !strings.Contains(" restart alarm rot at since sees ", " "+n[1]+" ") { // not lists
				t.Errorf("%s: %s is null", name, n[1])
			}
		}
	}
}

func TestTrendWritersErrorComesBack(t *testing.T) {
	for _, format := range TrendFormats {
		if err := format.Write(failing{}, richTrend(), TrendOptions{}); err == nil || !strings.Contains(err.Error(), "no space left") {
			t.Errorf("%s: %v", format.Name, err)
		}
	}
}

// TestTrendHeadlines: the first word is the verdict, and too few runs are never
// called quiet.
func TestTrendHeadlines(t *testing.T) {
	model := richTrend()
	for _, v := range []drift.Verdict{drift.Regressed, drift.NotMeasured, drift.Changed, drift.NoChangeSeen} {
		model.Verdict = v
		word, rest, _ := strings.Cut(trendHeadline(model), ": ")
		if word != strings.ToUpper(string(v)) {
			t.Errorf("%s: the first word is %q", v, word)
		}
		if refused := strings.Contains(rest, "cannot be watched"); refused != (v == drift.NotMeasured) {
			t.Errorf("%s: %s", v, rest)
		}
	}
}

// TestChangesShowWhereTheAlarmBegan: what the first lines name is in the table too,
// also where it is older than the newest changes, or too weak to be one by itself.
func TestChangesShowWhereTheAlarmBegan(t *testing.T) {
	at := func(points ...int) (changes []drift.Change) {
		for _, p := range points {
			changes = append(changes, drift.Change{Point: p, Before: .9, After: .8})
		}
		return changes
	}
	for _, w := range []struct {
		changes []drift.Change
		since   int
		want    string
	}{
		{at(10, 20, 30), 10, "..., 11: 90.0 -> 80.0, 31: 90.0 -> 80.0"},
		{at(10, 20, 30), 30, "..., 21: 90.0 -> 80.0, 31: 90.0 -> 80.0"},
		{at(10), 39, "11: 90.0 -> 80.0, 40: 90.0 -> 80.0"},
		{nil, 39, "40: 90.0 -> 80.0"},
		{at(5), -1, "6: 90.0 -> 80.0"},
	} {
		s := &drift.Series{Metric: eval.Metric{Scale: eval.Binary}, Changes: w.changes, Alarm: &drift.TrendAlarm{}}
		for i := range 41 {
			s.Points = append(s.Points, drift.Point{Run: i})
		}
		if w.since >= 0 {
			s.Alarm.Since = &at(w.since)[0]
		}
		if got := changesText(s); got != w.want {
			t.Errorf("since %d: %s, want %s", w.since, got, w.want)
		}
	}
}

// TestChartFoldsManyRuns: a year of runs fits the columns, and the mean of what
// shares a column is drawn.
func TestChartFoldsManyRuns(t *testing.T) {
	model := &drift.Trend{Runs: make([]drift.TrendRun, 365)}
	s := drift.Series{Metric: eval.Metric{Scale: eval.Unit}, Segments: []drift.Segment{{From: 0, To: 365}}}
	for i := range 365 {
		s.Points = append(s.Points, drift.Point{Run: i, Mean: float64(i)})
	}
	lines := columns(model, &s, 0, 73)
	if len(lines) != 1 || len(lines[0]) != 73 || lines[0][0] != 2 || lines[0][72] != 362 {
		t.Errorf("%d lines, %v", len(lines), lines[0])
	}
	if lines = columns(model, &s, 2, 20); len(lines[0]) != 8 || lines[0][0] != 363 || lines[0][7] != 364 {
		t.Errorf("%v", lines[0])
	}
	s.Segments = []drift.Segment{{From: 0, To: 100}, {From: 100, To: 365}}
	if got := sparkline(model, &s, 0); strings.Count(got, "|") != 1 || !strings.HasSuffix(got, "█") {
		t.Error(got)
	}
	if lines = columns(model, &s, 10, 20); len(lines) != 1 {
		t.Errorf("%d lines of the newest segment", len(lines))
	}
	for _, width := range []int{20, 40, 300} {
		var b bytes.Buffer
		chart(&b, model, &s, TrendOptions{Options: Options{Width: width}})
		for line := range strings.Lines(b.String()) {
			if n := twwidth.Width(strings.TrimSuffix(line, "\n")); n > max(width, 40) {
				t.Errorf("%d columns in %d", n, width)
			}
		}
	}
}
