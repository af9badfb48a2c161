package scorers_test

import (
	"encoding/json"
	"strings"
	"testing"

	"holdtrue/eval"
	"holdtrue/scorers"
)

func TestTransforms(t *testing.T) {
	seen := map[string]bool{}
	for _, c := range []struct{ steps, in, out string }{
		{`"trim"`, " a b \n", "a b"},
		{`"lower"`, "ÀB", "àb"},
		{`"upper"`, "àb", "ÀB"},
		{`"one-space"`, " a \n b", "a b"},
		{`"first-line"`, "\n a\nb", "a"},
		{`"last-line"`, "a\nb \n\n", "b"},
		{`{"line":2}`, "a\n\nb\nc", "b"},
		{`{"line":-1}`, "a\n\nb\nc", "c"},
		{`{"paragraph":2}`, "a\nb\n\n\nc\nd", "c\nd"},
		{`{"first-words":2}`, "a  b c", "a b"},
		{`{"after":"A:"}`, "A: 1 A: 2", " 2"},
		{`{"before":"\n"}`, "a\nb", "a"},
		{`{"remove":"$,"}`, "$1,000", "1000"},
		{`{"regex":"(\\d+) days"}`, "in 30 days", "30"},
		{`{"jq":".a[0]"}`, "```json\n{\"a\":[\"x\"]}\n```", "x"},
		{`{"jq":".a"}`, `{"a":{"b":1}}`, `{"b":1}`},
		{`"code-fence"`, "Here:\n```go\nx := 1\n```\n", "x := 1"},
		{`"strip-markdown"`, "# Title\n\n- **bold** [link](http://x.y)\n- `code`\n\n```\nx\n```\n", "Title\nbold link\ncode\nx"},
		{`"strip-markdown"`, "a &amp; b \\*c\\* &copy; &#35; \\&amp; `&amp; \\*` <d@e.fr>", "a & b *c* © # &amp; &amp; \\* d@e.fr"},
		{`"strip-markdown"`, "    &amp;\n\n[x &lt; y](z)", "&amp;\nx < y"},
		{`"strip-thinking"`, "<think>hm\n</think>\n42", "42"},
		{`["strip-markdown","lower",{"regex":"is (.*)"}]`, "It IS **30**", "30"},
	} {
		for _, tr := range scorers.Transforms {
			seen[tr.Name] = seen[tr.Name] || strings.Contains(c.steps, `"`+tr.Name+`"`)
		}
		out, err := json.Marshal(c.out)
		if err != nil {
			t.Fatal(err)
		}
		judge := bind(t, "exact", `{"normalise":"none","transform":`+c.steps+`}`)
		s := sampleOf(c.in, c.out)
		if got := judge.Score(t.Context(), s); got.Value != 1 {
			t.Errorf("%s of %q: %+v, want %s", c.steps, c.in, got, out)
		}
	}
	for _, tr := range scorers.Transforms {
		if !seen[tr.Name] {
			t.Errorf("transform %s is not tried here", tr.Name)
		}
	}
}

func TestShape(t *testing.T) {
	check(t, "numeric", []row{
		{why: "nothing to extract", args: `{"transform":[{"regex":"Total: (.*)"}]}`, expected: one("3"), output: "3", want: 0, reason: "transform regex"},
		{why: "evidence is moved back", args: `{"transform":[{"after":"="}]}`, expected: one("3"), output: "1 + 2 = 3", want: 1, evidence: "3"},
	})
	check(t, "exact", []row{
		{why: "nothing to extract and nothing expected", args: `{"transform":[{"after":"####"}]}`, output: "5", want: skipped},
		{why: "nothing expected", args: `{"transform":[{"after":"####"}]}`, output: "#### 5", want: skipped},
		{why: "nothing to extract, though nothing is expected", args: `{"transform":[{"after":"####"}]}`, expected: one(""), output: "5", want: 0, reason: "transform after"},
		{why: "the expected answer too", args: `{"transform":"lower","transform_expected":["lower"],"normalise":"none"}`, expected: one("PARIS"), output: "Paris", want: 1},
	})
	check(t, "rouge-l", []row{
		{why: "at least the threshold", args: `{"threshold":0.5}`, expected: one("a b c d"), output: "a b", want: 1, reason: "2 of 4"},
		{why: "below", args: `{"threshold":0.7}`, expected: one("a b c d"), output: "a b", want: 0, reason: "is below 0.7"},
	})
	m, judge := bindMetric(t, "rouge-l", `{"threshold":0.5,"version":"2","only":["topic=refunds","plain"]}`)
	if m.Scale != eval.Binary || !strings.Contains(string(m.Args), `"threshold":0.5`) || !strings.Contains(string(m.Args), `"version":"2"`) {
		t.Errorf("the metric is %+v", m)
	}
	for _, c := range []struct {
		tags map[string][]string
		want eval.Status
	}{
		{map[string][]string{"topic": {"refunds"}}, eval.Scored},
		{map[string][]string{"tag": {"plain"}}, eval.Scored},
		{map[string][]string{"topic": {"other"}}, eval.Skipped},
		{nil, eval.Skipped},
	} {
		s := sampleOf("a", "a")
		s.Case.Tags = c.tags
		if got := judge.Score(t.Context(), s); got.Status != c.want {
			t.Errorf("%v: %+v, want %s", c.tags, got, c.want)
		}
	}
	plain, _ := bindMetric(t, "rouge-l", "")
	if same, _ := plain.Same(m); same {
		t.Error("a metric with a threshold is the same as one without")
	}
}

func TestComposite(t *testing.T) {
	check(t, "all-of", []row{
		{why: "both", args: `{"metrics":[{"contains":{"values":"a"}},{"rouge-l":{"threshold":0.5}}]}`, expected: one("a b"), output: "a b", want: 1},
		{why: "one fails", args: `{"metrics":[{"contains":{"values":"z"}},"exact"]}`, expected: one("a"), output: "a", want: 0, reason: "contains: "},
		{why: "a skip is left out", args: `{"metrics":["exact",{"contains":{"values":"a"}}]}`, output: "a", want: 1},
		{why: "all skip", args: `{"metrics":["exact"]}`, output: "a", want: skipped},
		{why: "nested", args: `{"metrics":[{"all-of":{"metrics":["exact"]}}]}`, expected: one("a"), output: "a", want: 1},
	})
	check(t, "mean-of", []row{
		{why: "weights", args: `{"metrics":[{"contains":{"values":"a","weight":3}},{"contains":{"values":"z"}}]}`, output: "a", want: 0.75},
		{why: "a skip takes its weight along", args: `{"metrics":[{"exact":{"weight":3}},{"contains":{"values":"a"}}]}`, output: "a", want: 1},
	})
	for part, want := range map[string]string{
		`"refusal"`:                 "use not-refusal",
		`"hedging"`:                 "give it a threshold",
		`"length"`:                  "use a scorer with min and max",
		`{"refusal":{"name":"no"}}`: "use not-refusal",
	} {
		_, _, err := scorers.Bind(eval.MetricSpec{Scorer: "mean-of", Args: json.RawMessage(`{"metrics":[` + part + `]}`)}, "")
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", part, err, want)
		}
	}
	for args, want := range map[string]string{
		`{"metrics":[]}`:                                               "not empty",
		`{"metrics":["exat"]}`:                                         `did you mean "exact"?`,
		`{"metrics":["rouge-l"]}`:                                      "give it a threshold",
		`{"metrics":[{"exact":{"weight":2}}]}`:                         "counts the same",
		`{"metrics":["exact"],"weight":2}`:                             "inside of mean-of only",
		`{"metrics":["exact"],"threshold":0.5}`:                        "yes or no by itself",
		`{"metrics":["exact"],"versions":["0"]}`:                       "the scorers of the parts have 1, not 0",
		`{"metrics":["exact"],"transform":"lowre"}`:                    `did you mean "lower"?`,
		`{"metrics":["exact"],"transform":{"lower":1}}`:                "takes no argument",
		`{"metrics":["exact"],"transform":{"regex":"(?<=a)"}}`:         "lookbehind",
		`{"metrics":["exact"],"transform":{"line":0}}`:                 "other than 0",
		`{"metrics":["exact"],"transform":{"jq":"now"}}`:               "depends on the clock",
		`{"metrics":[{"json-path":{"query":".a|[1,(now|floor%2)]"}}]}`: "depends on the clock",
	} {
		_, _, err := scorers.Bind(eval.MetricSpec{Scorer: "all-of", Args: json.RawMessage(args)}, "")
		_, hints := eval.InputErrors(err)
		if err == nil || !strings.Contains(err.Error()+strings.Join(hints, " "), want) {
			t.Errorf("%s: %v, want %q", args, err, want)
		}
	}
}
