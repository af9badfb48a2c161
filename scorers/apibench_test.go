package scorers_test

import (
	"encoding/json"
	"testing"

	"holdtrue/eval"
)

// TestNamedAPIOfAPIBench: whether an output names the API that is the reference,
// by a rule: all identifiers occur, backslashes apart.
func TestNamedAPIOfAPIBench(t *testing.T) {
	want := map[string]int{"torchhub": 8 * 186, "tensorflowhub": 8 * 685}
	for folder, n := range want {
		compared, wrong := 0, 0
		for name, rs := range records(t, "gorilla_apibench/"+folder) {
			for _, r := range rs {
				args, err := json.Marshal(map[string]any{"values": r.Truth.MustContain, "transform": []any{map[string]string{"remove": `\`}}})
				if err != nil {
					t.Fatal(err)
				}
				got := bind(t, "contains-all", string(args)).Score(t.Context(), r.sample())
				compared++
				if got.Status != eval.Scored || (got.Value == 1) != r.Truth.NamedAPI {
					wrong++
					t.Errorf("%s %s: %+v, the set says %v", name, r.ID, got, r.Truth.NamedAPI)
				}
			}
		}
		if compared != n {
			t.Errorf("%s: %d outputs, the set has %d", folder, compared, n)
		}
		t.Logf("%s: %d of %d agree", folder, compared-wrong, compared)
	}
}
