package reports

import (
	"slices"
	"testing"

	"holdtrue/eval"
	"holdtrue/eval/drift"
)

func TestBehaviourLines(t *testing.T) {
	measure := func(v drift.Verdict) drift.Metric {
		return drift.Metric{Metric: eval.Metric{Name: "m", Standard: true}, Verdict: v}
	}
	asked := drift.Metric{Metric: eval.Metric{Name: "asked"}, Verdict: drift.NoChangeSeen}
	still, changed := measure(drift.NoChangeSeen), measure(drift.Changed)
	unmoved := &drift.Vocabulary{Verdict: drift.NoChangeSeen, Cases: 3, Reason: "no word"}
	for _, c := range []struct {
		why        string
		others     []drift.Metric
		vocabulary *drift.Vocabulary
		want       []string
	}{
		{"nothing measured", nil, nil, nil},
		{"no text changed", nil, &drift.Vocabulary{Verdict: drift.NoChangeSeen, Reason: "no text changed"}, nil},
		{"one measure", []drift.Metric{still}, nil, []string{"1 measure shows no change beyond noise."}},
		{"beside one that changed", []drift.Metric{changed, still, still}, nil, []string{"2 other measures show no change beyond noise."}},
		{"what the suite asks for is in the table", []drift.Metric{asked, still}, nil, []string{"1 other measure shows no change beyond noise."}},
		{"the vocabulary alone", []drift.Metric{asked}, unmoved, []string{"The vocabulary shows no change beyond noise."}},
		{"both", []drift.Metric{still}, unmoved, []string{"1 measure and the vocabulary show no change beyond noise."}},
		{"words", []drift.Metric{still}, &drift.Vocabulary{Verdict: drift.Changed, Cases: 3, Reason: "1 word"},
			[]string{"1 measure shows no change beyond noise.", "Vocabulary: 1 word."}},
	} {
		if got := behaviourLines(&drift.Comparison{Others: c.others, Vocabulary: c.vocabulary}); !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", c.why, got, c.want)
		}
	}
}
