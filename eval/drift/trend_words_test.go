package drift

import "testing"

// TestEvidenceIsReadable: a threshold is the whole number that its level implies
// (1 over the share of the level), and evidence has no exponent.
func TestEvidenceIsReadable(t *testing.T) {
	for _, w := range []struct {
		evidence  float64
		text      string
		threshold string
	}{
		{99.99999999999999, "100", "100"},
		{100.00000000000001, "100", "100"},
		{25, "25", "25"},
		{24.2, "24", "25"},
		{3.14159, "3.1", "4"},
		{153.6, "154", "154"},
		{2e6, "over a million", "2000000"},
	} {
		if got := evidenceText(w.evidence); got != w.text {
			t.Errorf("evidence %v: %s, want %s", w.evidence, got, w.text)
		}
		if got := thresholdText(w.evidence); got != w.threshold {
			t.Errorf("threshold %v: %s, want %s", w.evidence, got, w.threshold)
		}
	}
}
