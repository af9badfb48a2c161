package scorers_test

import (
	"path/filepath"
	"strings"
	"testing"

	"holdtrue/eval"
)

func TestLanguage(t *testing.T) {
	const english, german = "What is the price of this bicycle, and when can it be delivered?", "Was kostet das Rad und wann wird es geliefert?"
	judge := bind(t, "language", "")
	for _, c := range []struct {
		why, prompt, output string
		want                float64
		reason              string
	}{
		{"the same", english, "The bicycle is 300 euros and will be delivered in a week.", 1, ""},
		{"another Latin language", english, "Das Rad kostet 300 Euro und wird in einer Woche geliefert.", 0, "asked in en, answered in de"},
		{"the other way", german, "The bicycle is 300 euros and will be delivered in a week.", 0, "asked in de, answered in en"},
		{"another script", english, "Велосипед стоит 300 евро", 0, "asked in en, answered in Cyrillic letters"},
		{"Japanese by its kana", "自転車の値段はいくらですか", "三百ユーロです", 1, ""},
		{"Chinese for Japanese", "自転車の値段はいくらですか", "三百欧元", 0, "Kana letters"},
		{"a name in another script", english, "The price of 東京 is 300 and that is all there is to it.", 1, ""},
		{"no letters", english, "300", skipped, "cannot be told"},
		{"too short to tell", english, "Rotterdam", skipped, "too few"},
		{"a prompt without letters", "1+1", "The answer is 2", skipped, "prompt"},
		{"accents decide nothing", "¿Cuánto cuesta la bicicleta y cuándo la entregan?", "La bicicleta cuesta 300 euros y se entrega en una semana.", 1, ""},
	} {
		s := sampleOf(c.output)
		s.Case.Prompt = c.prompt
		got := judge.Score(t.Context(), s)
		if status := map[bool]eval.Status{true: eval.Skipped, false: eval.Scored}[c.want == skipped]; got.Status != status ||
			status == eval.Scored && got.Value != c.want || !strings.Contains(got.Reason, c.reason) {
			t.Errorf("%s: %s %v (%s)", c.why, got.Status, got.Value, got.Reason)
		}
	}
	s := &eval.Sample{Case: &eval.Case{ID: "c", Messages: []eval.Message{{Role: "system", Content: german}, {Role: "user", Content: english}, {Role: "assistant", Content: german}}},
		Output: &eval.Output{Text: "The bicycle is 300 euros and will be delivered in a week."}}
	if got := judge.Score(t.Context(), s); got.Value != 1 {
		t.Errorf("the last message of the user counts: %+v", got)
	}
}

// languageRule reports whether a prompt of IFEval asks for a language.
func languageRule(r record) bool {
	for _, rule := range r.Truth.Rules {
		if strings.HasPrefix(rule.ID, "language:") {
			return true
		}
	}
	return false
}

// TestLanguageOnIFEval: gpt-4o answers in the language of the prompt unless it is
// told to use another one. What is left are prompts that say so in other words, and
// JSON with English keys.
func TestLanguageOnIFEval(t *testing.T) {
	judge := bind(t, "language", "")
	for _, language := range []string{"en", "ja"} {
		seen, same, other := 0, 0, 0
		for name, rs := range records(t, filepath.Join("ifeval", language)) {
			if !strings.Contains(name, "gpt-4o-2") {
				continue
			}
			for _, r := range rs {
				if languageRule(r) {
					continue
				}
				s := r.sample()
				s.Case.Prompt = r.Prompt
				seen++
				if got := judge.Score(t.Context(), s); got.Status == eval.Scored {
					same += int(got.Value)
					other += 1 - int(got.Value)
				}
			}
		}
		t.Logf("%s: of %d answers %d in the language of the prompt, %d in another", language, seen, same, other)
		if seen < 100 || same < 9*seen/10 || other > seen/30 {
			t.Errorf("%s: of %d answers %d in the language of the prompt, %d in another", language, seen, same, other)
		}
	}
}
