package scorers_test

import (
	"math"
	"strings"
	"testing"

	"holdtrue/eval"
	"holdtrue/scorers"
)

// row is one score that a scorer must give. want is the value; skipped and
// failed stand for the statuses without one.
type row struct {
	why      string
	args     string
	expected []string
	output   string
	want     float64
	reason   string // part of the reason
	evidence string // the first piece of evidence, as text
}

const skipped, failed = -1, -2

func check(t *testing.T, scorer string, rows []row) {
	t.Helper()
	if len(rows) == 0 {
		t.Fatal("no rows")
	}
	for _, r := range rows {
		got := bind(t, scorer, r.args).Score(t.Context(), sampleOf(r.output, r.expected...))
		want := map[float64]eval.Status{skipped: eval.Skipped, failed: eval.Failed}[r.want]
		if want == "" {
			want = eval.Scored
		}
		if got.Status != want || want == eval.Scored && math.Abs(got.Value-r.want) > 1e-9 {
			t.Errorf("%s: got %s %v (%s), want %s %v", r.why, got.Status, got.Value, got.Reason, want, r.want)
		}
		if !strings.Contains(got.Reason, r.reason) || r.want == 1 && r.reason == "" && got.Reason != "" {
			t.Errorf("%s: the reason is %q, want %q in it", r.why, got.Reason, r.reason)
		}
		if r.evidence != "" && (len(got.Evidence) == 0 || r.output[got.Evidence[0].Start:got.Evidence[0].End] != r.evidence) {
			t.Errorf("%s: the evidence is %+v, want %q", r.why, got.Evidence, r.evidence)
		}
	}
}

func sampleOf(output string, expected ...string) *eval.Sample {
	return &eval.Sample{Case: &eval.Case{ID: "c", Prompt: "p", Expected: expected}, Output: &eval.Output{CaseID: "c", Text: output}}
}

func one(s string) []string { return []string{s} }

func TestExact(t *testing.T) {
	check(t, "exact", []row{
		{why: "ends are trimmed", expected: one("Paris"), output: " Paris\n", want: 1},
		{why: "case counts", expected: one("Paris"), output: "paris", want: 0, reason: `expected "Paris"`},
		{why: "any of several", expected: []string{"a", "b", "c"}, output: "c", want: 1},
		{why: "none of several", expected: []string{"a", "b", "c"}, output: "d", want: 0, reason: `expected "a" or one of 2 others`},
		{why: "nothing expected", output: "x", want: skipped, reason: "expects no answer"},
		{why: "nothing is the answer", expected: one(""), output: "\n", want: 1},
		{why: "bytes as they are", args: `{"normalise":"none"}`, expected: one("Paris"), output: "Paris ", want: 0},
		{why: "case folded", args: `{"normalise":["trim","case"]}`, expected: one("STRASSE"), output: "straße ", want: 1},
		{why: "white space within", args: `{"normalise":"space"}`, expected: one("a b"), output: " a \n\t b ", want: 1},
		{why: "punctuation", args: `{"normalise":["punctuation","space"]}`, expected: one("yes"), output: "«yes!»", want: 1},
		{why: "compatibility characters", args: `{"normalise":"nfkc"}`, expected: one("file 12"), output: "ﬁle １２", want: 1},
		{why: "hostile text in the reason", expected: one("a\x1b[31m\u202eb\n" + strings.Repeat("x", 500)), output: "d", want: 0, reason: `"a\x1b[31m\u202eb\n`},
	})
}

func TestContains(t *testing.T) {
	rows := []row{
		{why: "the expected answer", expected: one("30 days"), output: "within 30 days.", want: 1, evidence: "30 days"},
		{why: "one of several", expected: []string{"x", "30 days"}, output: "within 30 days.", want: 1, evidence: "30 days"},
		{why: "missing", expected: one("30 days"), output: "within 14 days.", want: 0, reason: `does not contain "30 days"`},
		{why: "case counts", expected: one("days"), output: "DAYS", want: 0},
		{why: "values instead of expected", args: `{"values":"b"}`, expected: one("a"), output: "abc", want: 1, evidence: "b"},
		{why: "values need no expected answer", args: `{"values":["z","b"]}`, output: "abc", want: 1, evidence: "b"},
		{why: "none of many", args: `{"values":["x","y"]}`, output: "abc", want: 0, reason: `contains none of "x", "y"`},
		{why: "without case", args: `{"case_sensitive":false}`, expected: one("straße"), output: "in der STRASSE", want: 1, evidence: "STRASSE"},
		{why: "an accent composed or not", expected: one("café"), output: "le cafe\u0301", want: 1},
		{why: "the same without case", args: `{"case_sensitive":false}`, expected: one("CAFÉ"), output: "le cafe\u0301", want: 1},
		{why: "nothing expected", output: "x", want: skipped},
		{why: "an empty expected answer", expected: one(""), output: "x", want: skipped, reason: "is empty"},
	}
	check(t, "contains", rows)
	check(t, "contains-any", rows)
}

func TestContainsAll(t *testing.T) {
	check(t, "contains-all", []row{
		{why: "all there", expected: []string{"a", "c"}, output: "abc", want: 1, evidence: "a"},
		{why: "one missing", expected: []string{"a", "x", "y"}, output: "abc", want: 0, reason: `does not contain "x", "y"`, evidence: "a"},
		{why: "values", args: `{"values":["A","B"],"case_sensitive":false}`, output: "abc", want: 1},
		{why: "nothing expected", output: "abc", want: skipped},
	})
}

func TestStartsWith(t *testing.T) {
	check(t, "starts-with", []row{
		{why: "behind white space", expected: one("Yes"), output: "\n  Yes, of course", want: 1, evidence: "Yes"},
		{why: "further on is too late", expected: one("Yes"), output: "Oh Yes", want: 0, reason: `begins "Oh Yes", not "Yes"`},
		{why: "without case", args: `{"values":["STRASSE"],"case_sensitive":false}`, output: "Straße 5", want: 1, evidence: "Straße"},
		{why: "accents", expected: one("été"), output: "e\u0301te\u0301 comme", want: 1},
		{why: "white space before the expected answer", expected: []string{"\t", " Yes"}, output: "Yes", want: 1, evidence: "Yes"},
		{why: "a blank expected answer", expected: one(" \n"), output: "Yes", want: skipped, reason: "blank"},
		{why: "half of what a character folds to", args: `{"values":["\u0307"],"case_sensitive":false}`, output: "İ", want: 0},
		{why: "the output is shorter", expected: one("Yes, of course"), output: "Yes", want: 0},
		{why: "nothing expected", output: "x", want: skipped},
	})
}

func TestRegex(t *testing.T) {
	check(t, "regex", []row{
		{why: "anywhere", args: `{"pattern":"TCK-\\d+"}`, output: "see TCK-123.", want: 1, evidence: "TCK-123"},
		{why: "nowhere", args: `{"pattern":"TCK-\\d+"}`, output: "see TCK-", want: 0, reason: "does not match"},
		{why: "the whole output", args: `{"pattern":"yes|no","whole":true}`, output: "no", want: 1},
		{why: "a part is not the whole", args: `{"pattern":"yes|no","whole":true}`, output: "no way", want: 0, reason: "whole output"},
		{why: "a group by number", args: `{"pattern":"(\\d+) days","group":"1"}`, expected: one("30"), output: "in 30 days", want: 1, evidence: "30"},
		{why: "a group by name", args: `{"pattern":"(?P<n>\\d+) days","group":"n"}`, expected: one("30"), output: "in 14 days", want: 0, reason: `the group is "14", expected "30"`, evidence: "14"},
		{why: "a group that took no part", args: `{"pattern":"a|(b)","group":"1"}`, expected: one("b"), output: "a", want: 0, reason: "takes no part"},
		{why: "a group with nothing to compare", args: `{"pattern":"(a)","group":"1"}`, output: "a", want: skipped},
		{why: "a long text is read in pieces", args: `{"pattern":"x$"}`, output: strings.Repeat("é", 1<<20) + "x", want: 1, evidence: "x"},
	})
}

func TestLevenshtein(t *testing.T) {
	check(t, "levenshtein", []row{
		{why: "the usual example", expected: one("sitting"), output: "kitten", want: 1 - 3./7, reason: "3 edits over 7 characters"},
		{why: "the best of several", expected: []string{"xxxxxx", "kitten", "mitten"}, output: "kitten", want: 1},
		{why: "words", args: `{"unit":"words"}`, expected: one("the quick fox"), output: "The slow, quick fox!", want: 0.75, reason: "1 edit over 4 words"},
		{why: "empty", expected: one(""), output: "", want: 1},
		{why: "nothing expected", output: "x", want: skipped},
	})
	long := bind(t, "levenshtein", "").Score(t.Context(), sampleOf(strings.Repeat("ab", 80_000), strings.Repeat("ca", 80_000)+"x"))
	if long.Status != eval.Scored || !strings.Contains(long.Reason, "too long to compare at once") {
		t.Errorf("two long texts: %+v, want a lower bound that says so", long)
	}
}

func TestTokenF1(t *testing.T) {
	check(t, "token-f1", []row{
		{why: "articles and punctuation are nothing", expected: one("the cat sat"), output: "A cat sat.", want: 1},
		{why: "by hand: 2 of 3 and 2 of 4", expected: one("cat sat mat"), output: "cat sat on chair", want: 4. / 7, reason: "2 of 3 expected words found, 4 in the output"},
		{why: "Chinese by letter", expected: one("首都"), output: "首府", want: 0.5},
		{why: "nothing expected", output: "x", want: skipped},
	})
}

func TestRougeL(t *testing.T) {
	check(t, "rouge-l", []row{
		{why: "Lin 2004, S2", expected: one("police killed the gunman"), output: "police kill the gunman", want: 0.75, reason: "3 of 4 expected words in order, 4 in the output"},
		{why: "stems", args: `{"stem":true}`, expected: one("police killed the gunman"), output: "police killing the gunmen", want: 0.75},
		{why: "precision", args: `{"part":"precision"}`, expected: one("a b"), output: "a b c d", want: 0.5},
		{why: "recall", args: `{"part":"recall"}`, expected: one("a b"), output: "a b c d", want: 1},
		{why: "other scripts", expected: one("東京は首都"), output: "東京は首都", want: 1},
		{why: "the ascii tokenizer sees none of them", args: `{"tokenizer":"ascii"}`, expected: one("東京は首都"), output: "東京は首都", want: skipped, reason: "no words"},
		{why: "an expected answer without words beside one with", expected: []string{"!", "a"}, output: "a", want: 1},
		{why: "nothing expected", output: "x", want: skipped},
	})
}

func TestNumeric(t *testing.T) {
	check(t, "numeric", []row{
		{why: "the last number", expected: one("18"), output: "16-3=13, so $1,018.00 in 2 steps: 18", want: 1, evidence: "18"},
		{why: "written otherwise", expected: one("1,000"), output: "It is $1000.", want: 1, evidence: "$1000"},
		{why: "wrong", expected: one("18"), output: "17", want: 0, reason: "found 17, expected 18"},
		{why: "a worked solution is expected", expected: one("9 * 2 = 18\nA: 18"), output: "A: 18", want: 1},
		{why: "no number", expected: one("18"), output: "eighteen", want: 0, reason: "no number in the output"},
		{why: "no number is expected", expected: one("many"), output: "18", want: skipped, reason: "no number is expected"},
		{why: "nothing expected", output: "18", want: skipped},
		{why: "the first number", args: `{"which":"first"}`, expected: one("3"), output: "3, then 4", want: 1, evidence: "3"},
		{why: "behind the last marker", args: `{"which":"after"}`, expected: one("26"), output: "A: 1\nA: 26 of 30", want: 1, evidence: "26"},
		{why: "no marker", args: `{"which":"after"}`, expected: one("26"), output: "26", want: 0, reason: `no number after "A:"`},
		{why: "absolute tolerance", args: `{"abs":0.5}`, expected: one("10"), output: "10.5", want: 1},
		{why: "beyond it", args: `{"abs":0.5}`, expected: one("10"), output: "10.51", want: 0},
		{why: "relative tolerance", args: `{"rel":0.1}`, expected: one("-200"), output: "-181", want: 1},
		{why: "zero is met by nothing else relatively", args: `{"rel":0.1}`, expected: one("0"), output: "0.001", want: 0},
		{why: "percent ignored", expected: one("45"), output: "45 %", want: 1},
		{why: "percent as hundredth", args: `{"percent":"hundredth"}`, expected: one("0.45"), output: "45%", want: 1},
		{why: "any of several", expected: []string{"1", "2"}, output: "2", want: 1},
		{why: "any", args: `{"which":"any"}`, expected: one("3"), output: "1, 3 and 5", want: 1, evidence: "3"},
		{why: "none of any", args: `{"which":"any"}`, expected: one("4"), output: "1, 3 and 5", want: 0, reason: "no number is 4"},
		{why: "boxed", args: `{"which":"boxed"}`, expected: one("42"), output: "so \\boxed{42} after 7 steps", want: 1, evidence: "42"},
		{why: "boxed: a fraction", args: `{"which":"boxed"}`, expected: one(`\boxed{\frac{1}{2}}`), output: `\boxed{\frac{1}{2}}`, want: 1},
		{why: "boxed: another fraction", args: `{"which":"boxed"}`, expected: one(`\boxed{\frac{1}{2}}`), output: `\boxed{\frac{1}{3}}`, want: 0},
		{why: "boxed: a whole number is no fraction", args: `{"which":"boxed"}`, expected: one(`\boxed{\frac{3}{4}}`), output: `\boxed{3}`, want: 0},
		{why: "boxed: a fraction as a decimal", args: `{"which":"boxed"}`, expected: one(`0.75`), output: `\boxed{-\dfrac34} or \boxed{3/4}`, want: 1},
		{why: "boxed: a negative fraction", args: `{"which":"boxed"}`, expected: one(`-0.75`), output: `\boxed{-\dfrac34}`, want: 1},
		{why: "boxed: a root", args: `{"which":"boxed"}`, expected: one(`2`), output: `\boxed{2\sqrt{3}}`, want: 0},
		{why: "boxed: a variable", args: `{"which":"boxed"}`, expected: one(`2`), output: `\boxed{2x}`, want: 0},
		{why: "boxed: a sum", args: `{"which":"boxed"}`, expected: one(`1`), output: `\boxed{1+\frac{1}{2}}`, want: 0},
		{why: "boxed: a root is expected", args: `{"which":"boxed"}`, expected: one(`2\sqrt{3}`), output: `\boxed{3}`, want: skipped},
		{why: "boxed: groups of LaTeX", args: `{"which":"boxed"}`, expected: one(`1234`), output: `\boxed{1{,}234}`, want: 1},
		{why: "boxed: spaced groups of LaTeX", args: `{"which":"boxed"}`, expected: one(`1234`), output: `\boxed{1,\!234}`, want: 1},
		{why: "boxed: behind its name", args: `{"which":"boxed"}`, expected: one(`5`), output: `\boxed{x = 5}`, want: 1},
		{why: "boxed: with a unit", args: `{"which":"boxed"}`, expected: one(`5`), output: `\boxed{5\text{ cm}^2}`, want: 1},
		{why: "boxed: a speed", args: `{"which":"boxed"}`, expected: one(`60`), output: `\boxed{60 km/h}`, want: 1},
		{why: "boxed: money", args: `{"which":"boxed"}`, expected: one(`18`), output: `\boxed{\$18}`, want: 1},
		{why: "boxed: degrees", args: `{"which":"boxed"}`, expected: one(`90`), output: `\boxed{90^\circ}`, want: 1},
		{why: "boxed: a share", args: `{"which":"boxed"}`, expected: one(`45`), output: `\boxed{45\%}`, want: 1},
		{why: "boxed: in a text", args: `{"which":"boxed"}`, expected: one(`7`), output: `\boxed{\text{7 apples}}`, want: 1},
		{why: "boxed: a power of ten", args: `{"which":"boxed"}`, expected: one(`200000`), output: `\boxed{2 \times 10^{5}}`, want: 1},
		{why: "boxed: an open box", args: `{"which":"boxed"}`, expected: one(`5`), output: `so \boxed{5`, want: 1},
		{why: "groups by blanks", args: `{"decimal":"comma"}`, expected: one("1234,5"), output: "1 234,50 €", want: 1, evidence: "1 234,50"},
		{why: "two numbers", args: `{"decimal":"comma"}`, expected: one("200"), output: "in room 1 200 people", want: 1},
		{why: "hundredths, in a word", args: `{"percent":"hundredth"}`, expected: one("0.45"), output: "45 percent", want: 1},
		{why: "hundredths, of LaTeX", args: `{"percent":"hundredth"}`, expected: one("0.45"), output: `45\%`, want: 1},
		{why: "an en dash", expected: one("-5"), output: "The answer is –5", want: 1},
		{why: "a range has none", expected: one("12"), output: "pages 10–12", want: 1},
		{why: "groups as in India", expected: one("100000"), output: "₹1,00,000", want: 1},
		{why: "emphasised", expected: one("42"), output: "__42__", want: 1},
		{why: "decimal comma", args: `{"decimal":"comma"}`, expected: one("1.234,5"), output: "Es sind 1.234,50 Euro", want: 1},
		{why: "the same in another unit", args: `{"units":"same"}`, expected: one("2 km"), output: "It is 2,000 metres.", want: 1, evidence: "2,000 metres"},
		{why: "another unit", args: `{"units":"same"}`, expected: one("2 km"), output: "It is 2 miles.", want: 0, reason: "expected 2000 metre"},
		{why: "no unit", args: `{"units":"same"}`, expected: one("2 km"), output: "It is 2.", want: 0, reason: "no figure with a unit"},
		{why: "too large for a number", expected: one("1"), output: "1e999", want: 0, reason: "no number"},
	})
}

func TestJSON(t *testing.T) {
	schema := `{"schema":{"type":"object","required":["id"],"properties":{"id":{"type":"integer"}},"additionalProperties":false}}`
	check(t, "json", []row{
		{why: "an object", output: ` {"a":[1,2.5e3,null]} `, want: 1},
		{why: "a bare number", output: `7`, want: 1},
		{why: "a key twice", output: `{"a":1,"a":2}`, want: 1},
		{why: "empty", output: " ", want: 0, reason: "the output is empty"},
		{why: "cut off", output: `{"a":`, want: 0, reason: "not JSON"},
		{why: "two values", output: `{} {}`, want: 0, reason: "text after the end"},
		{why: "a comment", output: `{"a":1} // x`, want: 0, reason: "text after the end"},
		{why: "single quotes", output: `{'a':1}`, want: 0, reason: "not JSON"},
		{why: "not UTF-8", output: "\"\xff\"", want: 0, reason: "UTF-8"},
		{why: "too deep", output: strings.Repeat("[", 100_000), want: 0, reason: "not JSON"},
		{why: "a fence is refused", output: "```json\n{}\n```", want: 0},
		{why: "a fence is allowed", args: `{"fenced":"allow"}`, output: "```json\n{}\n```\n", want: 1},
		{why: "a fence of tildes", args: `{"fenced":"allow"}`, output: "~~~~\n{}\n~~~~", want: 1},
		{why: "text before the fence", args: `{"fenced":"allow"}`, output: "Here:\n```\n{}\n```", want: 0},
		{why: "a fence that is not closed", args: `{"fenced":"allow"}`, output: "```\n{}\n", want: 0},
		{why: "nothing inside of the fence", args: `{"fenced":"allow"}`, output: "```\n```", want: 0, reason: "empty"},
		{why: "keeps to the schema", args: schema, output: `{"id":1}`, want: 1},
		{why: "a key is missing", args: schema, output: `{}`, want: 0, reason: "missing property 'id'"},
		{why: "another type", args: schema, output: `{"id":"x"}`, want: 0, reason: `"/id": got string, want integer`},
		{why: "keys too many, in order", args: schema, output: `{"z":1,"b":1,"id":1}`, want: 0, reason: "'b', 'z'"},
		{why: "an exponent beyond reason", args: schema, output: `{"id":1e999999999}`, want: 0, reason: "out of range"},
		{why: "too large for a schema", args: schema, output: `{"id":` + strings.Repeat(" ", 5<<20) + `1}`, want: failed, reason: "bytes long"},
		{why: "formats are a remark", args: `{"schema":{"format":"date"}}`, output: `"x"`, want: 1},
		{why: "formats enforced", args: `{"schema":{"format":"date"},"formats":true}`, output: `"x"`, want: 0},
	})
}

func TestLength(t *testing.T) {
	check(t, "length", []row{
		{why: "characters after composition", output: "e\u0301té", want: 3},
		{why: "words", args: `{"unit":"words"}`, output: "Two words.", want: 2},
		{why: "empty", output: "", want: 0},
	})
	check(t, "length-within", []row{
		{why: "inside", args: `{"min":2,"max":3}`, output: "abc", want: 1},
		{why: "too short", args: `{"min":2}`, output: "a", want: 0, reason: "1 character, at least 2 wanted"},
		{why: "too long", args: `{"max":2,"unit":"words"}`, output: "a b c", want: 0, reason: "3 words, at most 2 wanted"},
		{why: "a max of zero", args: `{"max":0}`, output: "", want: 1},
	})
}

func TestRefusal(t *testing.T) {
	check(t, "refusal", []row{
		{why: "plain", output: "I'm sorry, but I can't assist with that.", want: 1, reason: "refuses: ", evidence: "I can't assist"},
		{why: "a typographic apostrophe", output: " I can’t help with that.", want: 1, reason: "refuses"},
		{why: "behind a courtesy", output: "Thank you for asking. However, I am unable to provide medical advice.", want: 1, reason: "unable to provide"},
		{why: "on moral grounds", output: "It is not appropriate to make such jokes.", want: 1, reason: "not appropriate"},
		{why: "an idiom", output: "I can't help but admire it.", want: 0},
		{why: "an idiom with feeling", output: "I can't help feeling that Paris is the best answer.", want: 0},
		{why: "to give up", output: "I will not give up. That is the motto of every great athlete, and here is your speech.", want: 0},
		{why: "to give", output: "I will not give instructions for that.", want: 1, reason: "refuses"},
		{why: "a riddle", output: "I will challenge you with this riddle: what has keys?", want: 0},
		{why: "a correction", output: "I apologize, but I made a mistake earlier: the answer is 42.", want: 0},
		{why: "a doubt", output: "Sorry, but I think the answer is 42.", want: 0},
		{why: "an apology", output: "Sorry, but I can't do it.", want: 1, reason: "refuses"},
		{why: "won't be able", output: "I won't be able to help with that.", want: 1, reason: "refuses"},
		{why: "won't be able to come", output: "I won't be able to attend, so here is a note to the host.", want: 0},
		{why: "cannot and will not", output: "I cannot and will not help with that.", want: 1, reason: "refuses"},
		{why: "can't and won't", output: "I can't and won't provide instructions.", want: 1, reason: "refuses"},
		{why: "not going to", output: "I'm not going to help with that.", want: 1, reason: "refuses"},
		{why: "not going to go", output: "I'm not going to the party, the letter says.", want: 0},
		{why: "not comfortable", output: "I'm not comfortable helping with that.", want: 1, reason: "refuses"},
		{why: "not comfortable with heights", output: "I'm not comfortable with heights, wrote the pilot.", want: 0},
		{why: "another verb", output: "I cannot find your order, could you give me its number?", want: 0},
		{why: "an answer", output: "You can return it within 30 days.", want: 0},
		{why: "too late in the text", output: strings.Repeat("Here is how it works. ", 20) + "I cannot provide more.", want: 0},
		{why: "empty", output: "", want: 0},
		{why: "German", output: "Leider kann ich Ihnen dabei nicht helfen.", want: 1, reason: "nicht helfen"},
		{why: "German, an answer", output: "Sie können das innerhalb von 30 Tagen zurückgeben.", want: 0},
		{why: "French", output: "Je suis désolé, mais je ne peux pas répondre.", want: 1, reason: "refuses"},
		{why: "Spanish", output: "Lo siento, pero no puedo ayudar con eso.", want: 1, reason: "refuses"},
	})
}

func TestLabel(t *testing.T) {
	judge := bind(t, "label", `{"label":"human"}`)
	for _, c := range []struct {
		labels map[string]float64
		status eval.Status
		value  float64
		reason string
	}{
		{map[string]float64{"human": 0.5}, eval.Scored, 0.5, ""},
		{map[string]float64{"other": 1}, eval.Skipped, 0, `no label "human"`},
		{nil, eval.Skipped, 0, "no label"},
		{map[string]float64{"human": 1.5}, eval.Failed, 0, "outside of 0 to 1"},
		{map[string]float64{"human": math.NaN()}, eval.Failed, 0, "outside of 0 to 1"},
	} {
		s := sampleOf("x")
		s.Output.Feedback = &eval.Feedback{Labels: c.labels}
		if got := judge.Score(t.Context(), s); got.Status != c.status || got.Value != c.value || !strings.Contains(got.Reason, c.reason) {
			t.Errorf("%v: %+v, want %s %v", c.labels, got, c.status, c.value)
		}
	}
	if got := judge.Score(t.Context(), sampleOf("x")); got.Status != eval.Skipped {
		t.Errorf("no feedback: %+v", got)
	}
}

func TestNotForms(t *testing.T) {
	check(t, "not-contains", []row{
		{why: "absent", args: `{"values":"bad"}`, output: "good", want: 1},
		{why: "present", args: `{"values":"bad"}`, output: "too bad", want: 0, reason: `found "bad"`, evidence: "bad"},
		{why: "skipped stays skipped", output: "x", want: skipped},
	})
	check(t, "not-json", []row{
		{why: "text", output: "plain text", want: 1},
		{why: "JSON, without a place to show", output: "{}", want: 0, reason: "json holds"},
	})
	check(t, "not-refusal", []row{
		{why: "an answer", output: "Yes.", want: 1},
		{why: "the scorer's own reason is kept", output: "I cannot help you.", want: 0, reason: "refuses"},
	})
}

func FuzzScorers(f *testing.F) {
	for _, s := range [][2]string{{"30 days", "within 30 days"}, {`{"a":1}`, "```json\n{\"a\":1}\n```"}, {"A: 1,000", "-$5 6×10^2 %"},
		{"\xff\x00", "\u202eİß"}, {"", ""}, {"東京", "東京は首都"}, {"e\u0301", "É"}} {
		f.Add(s[0], s[1])
	}
	for _, s := range [][2]string{{"2026-11-20", "on 20 November 2026, 3 pm"}, {"B", "(B) because"}, {"<a><b/></a>", "<p>x<br>"}, {"a,b\n1,2", "SELECT a FROM t; -- x"},
		{"# T\n- a\n- b", "1. x\n2) y <<z>> [w] **v**"}, {"It is not easy.", "I think it might, e.g. U.K. 5 km"}, {"[1]", "see [1], 【2】 (source: doc-1)"}} {
		f.Add(s[0], s[1])
	}
	var judges []eval.Judge
	var names []string
	var scales []eval.Scale
	for _, s := range scorers.All {
		if s.Name == "command" || s.Name == "mean-of" || s.Name == "all-of" {
			continue // a process for each, or others again
		}
		for _, args := range argsOf(s.Name) {
			judges, names, scales = append(judges, bind(f, s.Name, args)), append(names, s.Name+args), append(scales, s.Scale)
		}
	}
	equal := map[string]bool{}
	for _, n := range strings.Fields(`exact levenshtein jaro-winkler token-f1 rouge-1 rouge-l rouge-lsum ter cosine gleu facts json-diff`) {
		equal[n] = true
	}
	f.Fuzz(func(t *testing.T, expected, output string) {
		s, same := sampleOf(output, expected), sampleOf(expected, expected)
		for i, j := range judges {
			got := j.Score(t.Context(), s)
			if got.Status == eval.Scored && (!(got.Value >= 0) || math.IsInf(got.Value, 0) || scales[i] != eval.Measure && got.Value > 1) {
				t.Fatalf("%s: the value is %v", names[i], got.Value)
			}
			for _, e := range got.Evidence {
				in := output
				if e.In == "expected" {
					in = expected
				}
				if e.Start < 0 || e.Start > e.End || e.End > len(in) {
					t.Fatalf("%s: evidence at %d:%d of %d bytes", names[i], e.Start, e.End, len(in))
				}
			}
			if equal[names[i]] {
				if got := j.Score(t.Context(), same); got.Status == eval.Scored && got.Value < 1-1e-9 {
					t.Fatalf("%s: the expected answer itself gets %v (%s)", names[i], got.Value, got.Reason)
				}
			}
		}
	})
}

// The formulas are held to their references in scorers/text; these rows hold the
// scorers to passing on what they are told.
func TestNGramScorers(t *testing.T) {
	check(t, "rouge-1", []row{
		{why: "2 of 3 and 2 of 4 words", expected: one("cat sat mat"), output: "cat sat on chair", want: 4. / 7, reason: "2 n-grams in common"},
		{why: "order is nothing", expected: one("a b"), output: "b a", want: 1},
		{why: "clipped", args: `{"part":"precision"}`, expected: one("the cat"), output: "the the the the", want: 0.25},
		{why: "nothing expected", output: "x", want: skipped},
		{why: "the best of several", expected: []string{"x", "", "cat"}, output: "Cat!", want: 1},
		{why: "treebank: it, 's, red, . against it, 's, green, .", args: `{"tokenizer":"treebank"}`, expected: one("It's green."), output: "it's red.", want: 0.75},
	})
	check(t, "rouge-2", []row{
		{why: "1 of 2 and 1 of 3 pairs", expected: one("cat sat mat"), output: "cat sat on chair", want: 0.4},
		{why: "one word has no pair", expected: one("cat"), output: "cat", want: skipped},
	})
	check(t, "bleu", []row{
		{why: "the same", expected: one("the cat sat on the mat"), output: "the cat sat on the mat", want: 1},
		{why: "nothing in common", expected: one("the cat sat"), output: "dogs bark", want: 0, reason: "0, 0, 0, 0 n-grams"},
		{why: "brevity: e^(1-6/3)", expected: one("the cat sat on the mat"), output: "the cat sat", want: math.Exp(-1)},
		{why: "case counts", expected: one("Cat"), output: "cat", want: 0},
		{why: "lower case", args: `{"lowercase":true}`, expected: one("Cat"), output: "cat", want: 1},
		{why: "words of any script", args: `{"tokenizer":"unicode"}`, expected: one("Über  uns!"), output: "über uns", want: 1},
		{why: "blank", expected: one(" "), output: "x", want: skipped},
	})
	check(t, "gleu", []row{
		{why: "3 of 6 n-grams against 3 of 10", expected: one("the cat sat down"), output: "cat sat on", want: 0.3},
		{why: "the same", expected: one("The cat."), output: "the  cat", want: 1},
		{why: "nothing in common", expected: one("dog"), output: "cat", want: 0},
		{why: "blank", expected: one("  "), output: "cat", want: skipped},
	})
	check(t, "chrf", []row{
		{why: "the same but for white space", expected: one("to day"), output: "today", want: 1},
		{why: "white space counts", args: `{"whitespace":true,"char_order":1,"beta":1}`, expected: one("a b"), output: "ab", want: 0.8},
		{why: "nothing in common", expected: one("xyz"), output: "abc", want: 0},
		{why: "lower case", args: `{"lowercase":true}`, expected: one("ABC"), output: "abc", want: 1},
		{why: "blank", expected: one("\n"), output: "x", want: skipped},
	})
}

func TestNGramArguments(t *testing.T) {
	for args, want := range map[[2]string]string{
		{"bleu", `{"value":1}`}:                                "only the smoothings floor, add-k and tiny",
		{"bleu", `{"smoothing":"floor","value":-1}`}:           "expected a number over 0",
		{"bleu", `{"tokenizer":"14a"}`}:                        `did you mean "13a"`,
		{"chrf", `{"char_order":0}`}:                           "char_order: expected 1 to 10",
		{"chrf", `{"word_order":11}`}:                          "word_order: expected 0 to 10",
		{"chrf", `{"beta":0}`}:                                 "beta: expected a number over 0",
		{"rouge-1", `{"tokenizer":"treebank","stem":true}`}:    "the words of the tokenizer treebank",
		{"rouge-l", `{"tokenizer":"treebank","stem":true}`}:    "the words of the tokenizer treebank",
		{"rouge-lsum", `{"tokenizer":"treebank","stem":true}`}: "the words of the tokenizer treebank",
		{"ter", `{"asian":true}`}:                              "asian: only a normalised text is cut so",
		{"rouge-1", `{"part":"f2"}`}:                           `no such value "f2"`,
	} {
		_, _, err := scorers.Bind(eval.MetricSpec{Scorer: args[0], Args: []byte(args[1])}, "")
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s %s: %v, want %q", args[0], args[1], err, want)
		}
	}
}
