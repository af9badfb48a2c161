package scorers_test

import "testing"

// TestComposedWords: a letter is the same in one character and in two.
func TestComposedWords(t *testing.T) {
	for _, name := range []string{"rouge-1", "rouge-l", "rouge-lsum", "gleu", "meteor", "cosine"} {
		got := bind(t, name, "").Score(t.Context(), sampleOf("caf\u00e9", "cafe\u0301"))
		plain := bind(t, name, "").Score(t.Context(), sampleOf("caf\u00e9", "caf\u00e9"))
		if got.Value != plain.Value {
			t.Errorf("%s: %v, want %v", name, got.Value, plain.Value)
		}
	}
}
