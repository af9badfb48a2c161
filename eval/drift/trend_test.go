package drift

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"holdtrue/eval"
)

// pastRun makes a complete run of a version whose rows are given.
func pastRun(i int, version string, rows []eval.Row, metrics ...eval.Metric) PastRun {
	r := newRun(fmt.Sprintf("run%07d", i), metrics...)
	r.Version, r.SuiteHash, r.Repeats, r.Cases = version, "one", 1, len(rows)
	r.Started = time.Date(2026, 1, 1, 3, 0, 0, 0, time.UTC).AddDate(0, 0, i)
	r.Lineage = map[string]string{"commit": "c" + version}
	return PastRun{Input: Input{Run: r, Rows: stream(rows)}}
}

// history makes a run of 100 cases for every nightly mean, a unit score.
func history(means []float64, versionOf func(int) string) []PastRun {
	runs := make([]PastRun, len(means))
	for i, mean := range means {
		rows := make([]eval.Row, 100)
		for k := range rows {
			rows[k] = row(caseID(k), 0, mean)
		}
		runs[i] = pastRun(i, versionOf(i), rows, unit)
	}
	return runs
}

func always(version string) func(int) string { return func(int) string { return version } }

// nightly draws means around a level that depends on the night.
func nightly(seed uint64, n int, sd float64, level func(int) float64) []float64 {
	r := rand.New(rand.NewPCG(seed, 6))
	x := make([]float64, n)
	for i := range x {
		x[i] = level(i) + sd*r.NormFloat64()
	}
	return x
}

func trend(t testing.TB, runs []PastRun, opts TrendOptions) *Trend {
	t.Helper()
	tr, err := NewTrend(t.Context(), "s", "bot", runs, opts)
	if err != nil {
		t.Fatal(err)
	}
	return tr
}

// TestTrendDatesAStep: nights of 90 points +- 1, from the 31st on 85.
func TestTrendDatesAStep(t *testing.T) {
	version := func(i int) string {
		if i < 30 {
			return "1"
		}
		return "2"
	}
	x := nightly(1, 60, .01, func(i int) float64 {
		if i < 30 {
			return .9
		}
		return .85
	})
	tr := trend(t, history(x, version), TrendOptions{})
	s := tr.Series[0]
	if tr.Verdict != Regressed || TrendExitCode(tr) != 1 || len(s.Changes) != 1 {
		t.Fatalf("%s, %d changes", tr.Verdict, len(s.Changes))
	}
	c := s.Changes[0]
	if c.Point != 30 || c.Run != "run0000030" || c.Name != "bot@2" || c.Commit != "c2" || !c.Worse || math.Abs(c.After-.85) > .005 {
		t.Errorf("%+v", c)
	}
	if *s.Alarm.At < 30 || *s.Alarm.At > 36 || s.Alarm.Since.Point != 30 || math.Abs(s.Alarm.Threshold-25) > 1e-9 {
		t.Errorf("%+v", s.Alarm)
	}

	want := "facts fell from 89.7 to 84.9 points with run run0000030 of bot@2, commit c2, the 31st of 60; " +
		"the alarm was raised by run 34 of 60, run0000033 (evidence 154, alarm from 25)"
	if tr.Reasons[0] != want {
		t.Errorf("%s\nwant\n%s", tr.Reasons[0], want)
	}
	if len(tr.Next) != 2 || tr.Next[0] != "compare run run0000029 with run run0000030, the first of the lower level" {
		t.Errorf("%q", tr.Next)
	}
}

// TestTrendFindsSlowRot: 90 points +- 1, .3 points less every night from the 31st on.
func TestTrendFindsSlowRot(t *testing.T) {
	x := nightly(2, 60, .01, func(i int) float64 { return .9 - .003*float64(max(0, i-29)) })
	tr := trend(t, history(x, always("1")), TrendOptions{})
	s := tr.Series[0]
	if tr.Verdict != Regressed || !s.Alarm.Standing || *s.Alarm.At < 30 || *s.Alarm.At > 44 || s.Alarm.Since == nil {
		t.Errorf("%s %+v", tr.Verdict, s.Alarm)
	}
	// From the first night on, which leaves no level to fall from: .1 points a night.
	x = nightly(3, 40, .01, func(i int) float64 { return .9 - .001*float64(i) })
	tr = trend(t, history(x, always("1")), TrendOptions{})
	if r := tr.Series[0].Rot; !r.Significant || r.Stepwise || r.Low > -.001 || r.High < -.001 || tr.Verdict != Regressed {
		t.Errorf("%+v", r)
	}
	if !strings.HasPrefix(tr.Reasons[0], "facts falls slowly, by 0.10 points a run over 40 runs (95 % interval 0.08 to 0.13, corrected p below 0.0001)") {
		t.Error(tr.Reasons[0])
	}
}

// quiet makes nights of an agent that does not change: 60 cases in three slices,
// four metrics, each case with a chance of its own.
func quiet(seed uint64, nights int) []PastRun {
	r := rand.New(rand.NewPCG(seed, 90))
	metrics := []eval.Metric{correct, correct, unit, correct}
	for m := range metrics {
		metrics[m].Name = fmt.Sprint("m", m)
	}
	const cases = 60
	chance := make([][]float64, len(metrics))
	for m := range chance {
		chance[m] = make([]float64, cases)
		for k := range chance[m] {
			chance[m][k] = 1 - .3*math.Pow(r.Float64(), 4) // most are nearly sure
			switch m {
			case 1: // a failed answer every other night: the most skewed
				chance[m][k] = .99
			case 3: // nearly deterministic
				chance[m][k] = .999
			}
			if m == 0 && r.Float64() < .1 {
				chance[m][k] = r.Float64()
			}
		}
	}
	runs := make([]PastRun, nights)
	for i := range runs {
		rows := make([]eval.Row, cases)
		for k := range rows {
			rows[k] = eval.Row{CaseID: caseID(k), CaseHash: "h", Tags: sliceTags[k%3]}
			for m := range metrics {
				v := 0.
				if r.Float64() < chance[m][k] {
					v = 1
				}
				if m == 2 {
					v *= r.Float64()
				}
				rows[k].Scores = append(rows[k].Scores, eval.RowScore{Metric: m, Status: eval.Scored, Value: v})
			}
		}
		runs[i] = pastRun(i, "1", rows, metrics...)
	}
	return runs
}

var sliceTags = []map[string][]string{{"topic": {"a"}}, {"topic": {"b"}}, {"topic": {"c"}}}

// TestTrendStaysQuiet: 200 histories (seeds 1 to 200) of 90 quiet nights, four
// metrics by four cells. An alarm stands once it was raised, so the last night
// tells of all. The stated rate is 5 %, its binomial error over 200 histories
// 1.5 %.
func TestTrendStaysQuiet(t *testing.T) {
	if testing.Short() {
		t.Skip("a simulation: left out by -short")
	}
	const histories = 200
	alarms, rots := 0, 0
	by := map[string]int{}
	for seed := range uint64(histories) {
		tr, _, err := findTrend(t.Context(), "s", "bot", quiet(seed+1, 90), TrendOptions{Keys: []string{"topic"}})
		if err != nil {
			t.Fatal(err)
		}
		if len(tr.Series) != 16 || tr.Family.Overall != 4 || tr.Family.Slices != 12 {
			t.Fatalf("%d series, %+v", len(tr.Series), tr.Family)
		}
		for _, s := range tr.Series {
			if s.Alarm.Standing {
				alarms++
				by[s.Metric.Name+s.place()]++
			}
			if s.Rot.Significant {
				rots++
				by["rot "+s.Metric.Name+s.place()]++
			}
		}
	}
	t.Logf("%d alarms, %d rots, %v", alarms, rots, by)
	if share := float64(alarms+rots) / histories; share > .05+2*.015 {
		t.Errorf("%.3f of the quiet histories say regressed", share)
	}
}
