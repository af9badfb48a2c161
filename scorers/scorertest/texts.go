package scorertest

import (
	"slices"
	"strings"

	"holdtrue/eval"
)

// Sample is a case and an output for the laws, by its texts.
type Sample struct {
	Name     string
	Prompt   string
	Expected []string
	Output   string
	Label    float64 // of the output's feedback
}

// fresh makes a sample whose texts are shared and whose memo is empty.
func (c Sample) fresh() *eval.Sample {
	return &eval.Sample{
		Case: &eval.Case{ID: c.Name, Prompt: c.Prompt, Expected: slices.Clone(c.Expected),
			Steps:     []eval.Step{{Tool: "search", Args: []byte(`{"q":"refund"}`)}, {Tool: "refund", Args: []byte(`{"order":6}`)}},
			Documents: []eval.Document{{ID: "doc-2", Text: "Refunds take 30 days."}, {ID: "doc-3", Text: strings.Join(c.Expected, "\n")}}},
		Output: &eval.Output{CaseID: c.Name, Text: c.Output, LatencyMS: new(1.5), FirstTokenMS: new(0.5),
			Usage:     &eval.Usage{InputTokens: new(int64(3)), OutputTokens: new(int64(5)), CostUSD: new(0.25)},
			Steps:     []eval.Step{{Tool: "search", Args: []byte(`{"q":"refund"}`)}, {Tool: "refund", Args: []byte(`{"order":5}`)}},
			Documents: []eval.Document{{ID: "doc-1", Text: c.Output}, {ID: "doc-2", Text: "Refunds take 30 days."}},
			Feedback:  &eval.Feedback{Labels: map[string]float64{"label": c.Label, eval.FeedbackMetric: c.Label}}},
	}
}

// ordinary are answers as they should be.
func ordinary() []Sample {
	return []Sample{
		{"equal", "How long is a refund possible?", []string{"30 days"}, "30 days", 1},
		{"contained", "How long is a refund possible?", []string{"30 days"}, "You can return it within 30 days.", 0.5},
		{"wrong number", "How long is a refund possible?", []string{"30 days"}, "You can return it within 14 days.", 0},
		{"two accepted answers", "Capital of France?", []string{"Lyon", "Paris"}, "It is PARIS.", 1},
		{"nothing expected", "Say something", nil, "Something.", 1},
		{"an empty expected answer", "Say nothing", []string{""}, "", 1},
		{"a refusal", "Do it", []string{"Done."}, "I'm sorry, but I can't help with that.", 0},
		{"an object", "Give JSON", []string{`{"a":1}`}, `{"a": [1, 2.5e3, "x", null, true]}`, 1},
		{"a date", "When?", []string{"20 November 2026"}, "It was on 2026-11-20, at 3 pm.", 1},
		{"a choice", "A, B or C?", []string{"B"}, "The answer is (B), because A is wrong.", 1},
		{"Japanese", "東京は？", []string{"東京は日本の首都です。"}, "日本の首都は東京です。１２３", 1},
		{"German", "Wie lange?", []string{"Straße 30 Tage"}, "STRASSE: 30 TAGE", 1},
	}
}

// hostile are answers that have broken other tools, small enough to be scored
// many times.
func hostile() []Sample {
	texts := map[string]string{
		"empty":                  "",
		"blank":                  " \t\r\n\u00a0\u2003",
		"NUL":                    "a\x00b\x00",
		"escape codes":           "\x1b[31mred\x1b[0m\x1b]0;title\x07\x9b2J",
		"invalid UTF-8":          "\xff\xfe caf\xe9 30 days \xc3\x28 \xf0\x9f\x98",
		"replaced surrogates":    "\ufffd\ufffd 30 days",
		"encoded surrogate":      "\xed\xa0\x80 30 days",
		"bidirectional controls": "\u202e syad 03 \u2066\u2069\u200f",
		"joined emoji":           "👩‍👩‍👧‍👦 30 days 👍🏽 🇯🇵",
		"combining marks":        "Z" + strings.Repeat("\u0301\u0323", 500) + " 30 days",
		"dotted capital I":       "İSTANBUL 30 ΣΑΣ ǅ ﬁ K",
		"line separators":        "30\u2028days\u2029\u0085\v\f",
		"HTML and markdown":      "<script>alert(1)</script> | [x](javascript:1) ``` @team #1",
		"formulas":               "=1+1 -30 +30 1e309 -1e309 NaN Infinity 1e-400",
		"long number":            strings.Repeat("9", 5000) + "." + strings.Repeat("9", 5000),
		"digits of all scripts":  "٣٠ ३० ๓๐ 𝟛𝟘 ³⁰ Ⅻ ½ 三十",
		"deep JSON":              strings.Repeat("[", 20_000) + strings.Repeat("]", 20_000),
		"huge JSON exponents":    `{"a":1e999999999,"b":-1e-999999999}`,
		"a key twice":            `{"a":1,"a":2}`,
		"byte order mark":        "\ufeff30 days",
		"one long word":          strings.Repeat("a", 20_000),
		"all words the same":     strings.Repeat("days ", 4_000),
	}
	var samples []Sample
	for name, text := range texts {
		samples = append(samples, Sample{name, "How long?", []string{"30 days"}, text, 0.5},
			Sample{name + ", expected too", "How long?", []string{"x", text}, text + " 30", 0.5})
	}
	slices.SortFunc(samples, func(a, b Sample) int { return strings.Compare(a.Name, b.Name) })
	return samples
}

// big are texts of a size that must be survived, few enough to be scored once.
func big() []Sample {
	const mega = 1 << 20
	words := strings.Repeat("the quick brown fox, jumps over 30 lazy dogs; ", 10*mega/46)
	return []Sample{
		{"10 MB of words", "p", []string{"30 lazy days"}, words, 0},
		{"10 MB against 1 MB", "p", []string{words[3 : 3+mega]}, words, 0},
		{"a million times a character", "p", []string{strings.Repeat("b", mega/4)}, strings.Repeat("a", mega), 0},
		{"a million characters of three bytes", "p", []string{"首都"}, strings.Repeat("首", mega), 0},
		{"a million marks on a letter", "p", []string{"a"}, "a" + strings.Repeat("\u0301", mega), 0},
		{"a million joiners", "p", []string{"a"}, strings.Repeat("👩\u200d", mega/7), 0},
		{"a million invalid bytes", "p", []string{"a"}, strings.Repeat("\xff", mega), 0},
		{"deep JSON, 100,000 levels", "p", []string{"a"}, strings.Repeat(`{"a":[`, 50_000) + strings.Repeat("]}", 50_000), 0},
		{"a million digits", "p", []string{"1"}, strings.Repeat("1", mega), 0},
		{"a million numbers", "p", []string{"1"}, strings.Repeat("1,", mega), 0},
		{"a million dots and signs", "p", []string{"1"}, strings.Repeat("-.$", mega/3), 0},
		{"a wide array", "p", []string{"1"}, "[" + strings.Repeat("[],", mega/3) + "1]", 0},
		{"backticks", "p", []string{"1"}, strings.Repeat("```\n", mega/4), 0},
	}
}
