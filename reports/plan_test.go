package reports

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"holdtrue/eval"
	"holdtrue/eval/drift"
)

// richPlan has every figure and hostile text wherever text can be.
func richPlan() *drift.Plan {
	row := drift.PlanRow{Cases: 120, Repeats: 3, Calls: 360, Even: f(.01), Losses: f(.026), Margin: f(.042), EvenMetric: "facts|x", LossesMetric: "facts|x",
		MarginMetric: "tone", CostUSD: f(1.25), Seconds: f(540), Meets: true}
	bare := drift.PlanRow{Cases: 20, Repeats: 1, Calls: 20}
	return &drift.Plan{Suite: "support <bot>", Cases: 20, Agent: "candi|date@1\x1b[2J", Runs: []string{"base000001"}, Provable: .139,
		Options: drift.PlanOptions{Alpha: .05, Power: .8, Standard: f(.05)},
		Metrics: []drift.PlanMetric{{Metric: eval.Metric{Name: "facts|x", Scale: eval.Unit}, Margin: .05, Cases: 20, Mean: .93, Within: .0025, Noise: drift.FromRepeats},
			{Metric: eval.Metric{Name: "tone", Scale: eval.Binary}, Margin: .02, Cases: 18, Mean: .5, Within: .25, Noise: drift.NoiseBound}},
		Rows: []drift.PlanRow{bare, row}, Cheapest: &row,
		Says:  []string{"ask 120 cases 3 times each: @everyone <b>look</b>", "topic=tax has 4 cases: cannot hold within 5 points, needs 59"},
		Notes: []string{"the noise of tone is unknown \x1b[31m"}}
}

func TestPlanFormats(t *testing.T) {
	for _, g := range []struct {
		file, format string
		width        int
	}{{"plan.txt", "text", 100}, {"plan-piped.txt", "text", 0}, {"plan.md", "markdown", 0}} {
		var b bytes.Buffer
		if err := Plan(&b, richPlan(), g.format, Options{Width: g.width}); err != nil {
			t.Fatal(err)
		}
		golden(t, g.file, b.Bytes())
		if strings.ContainsRune(b.String(), '\x1b') {
			t.Errorf("%s: an escape code got through", g.file)
		}
	}
	var b bytes.Buffer
	if err := Plan(&b, &drift.Plan{}, "json", Options{}); err != nil {
		t.Fatal(err)
	}
	var back struct {
		Schema int
		Rows   []any
		Notes  []any
		Slices []any
	}
	if err := json.Unmarshal(b.Bytes(), &back); err != nil || back.Schema != 1 || back.Rows == nil || back.Notes == nil || back.Slices == nil {
		t.Errorf("%v: %s", err, b.String())
	}
}
