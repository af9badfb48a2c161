package scorers_test

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"holdtrue/eval"
	"holdtrue/scorers"
)

func TestFind(t *testing.T) {
	for _, c := range []struct {
		name   string
		ok     bool
		reason string
	}{
		{"exact", true, "a scorer"}, {"not-exact", true, "the opposite of a yes/no scorer"},
		{"not-rouge-l", false, "a number has no opposite"}, {"not-not-exact", false, "one not is enough"},
		{"not-", false, "nothing behind it"}, {"", false, "nothing"}, {"Exact", false, "names are lower case"},
	} {
		if s, ok := scorers.Find(c.name); ok != c.ok || ok && s.Name != c.name {
			t.Errorf("%s: Find(%q) = %v", c.reason, c.name, ok)
		}
	}
	binary, names := 0, scorers.Names()
	for _, s := range scorers.All {
		if s.Scale == eval.Binary {
			binary++
		}
	}
	if binary == 0 || len(names) != len(scorers.All)+binary {
		t.Errorf("%d names for %d scorers, %d of them yes/no", len(names), len(scorers.All), binary)
	}
}

func TestNotFormsAreBetterHigher(t *testing.T) {
	for name, want := range map[string]eval.Better{"refusal": eval.Lower, "not-refusal": eval.Higher, "not-contains": eval.Higher} {
		if m, _ := bindMetric(t, name, ""); m.Better != want || m.Scale != eval.Binary {
			t.Errorf("%s: better %s, want %s", name, m.Better, want)
		}
	}
}

func TestBindFillsInTheMetric(t *testing.T) {
	no, margin := false, 0.02
	for _, c := range []struct {
		spec   eval.MetricSpec
		want   eval.Metric
		reason string
	}{
		{eval.MetricSpec{Scorer: "exact"},
			eval.Metric{Name: "exact", Scorer: "exact", Version: "1", Args: json.RawMessage(`{"normalise":["trim"]}`), Scale: eval.Binary, Better: eval.Higher, Gate: true},
			"defaults are part of the metric"},
		{eval.MetricSpec{Scorer: "exact", Args: json.RawMessage(` { "normalise" : "case" } `), Name: "same", Gate: &no, Margin: &margin},
			eval.Metric{Name: "same", Scorer: "exact", Version: "1", Args: json.RawMessage(`{"normalise":["case"]}`), Scale: eval.Binary, Better: eval.Higher, Margin: &margin},
			"a text where a list may stand, in canonical form"},
		{eval.MetricSpec{Scorer: "length", Args: json.RawMessage(`{"unit":"words"}`)},
			eval.Metric{Name: "length", Scorer: "length", Version: "2", Args: json.RawMessage(`{"unit":"words"}`), Scale: eval.Measure, Unit: "words", Better: eval.Neither},
			"a measure does not gate, and has its unit"},
		{eval.MetricSpec{Scorer: "token-f1"},
			eval.Metric{Name: "token-f1", Scorer: "token-f1", Version: "1", Scale: eval.Unit, Better: eval.Higher, Gate: true},
			"no arguments"},
	} {
		got, judge, err := scorers.Bind(c.spec, "")
		if err != nil || judge == nil {
			t.Errorf("%s: %v", c.reason, err)
			continue
		}
		g, _ := json.Marshal(got)
		w, _ := json.Marshal(c.want)
		if string(g) != string(w) {
			t.Errorf("%s:\n got %s\nwant %s", c.reason, g, w)
		}
	}
}

// TestEffectiveArgumentsBindAgain: a stored metric makes the same metric.
func TestEffectiveArgumentsBindAgain(t *testing.T) {
	tried := 0
	for _, name := range scorers.Names() {
		for _, args := range argsOf(strings.TrimPrefix(name, "not-")) {
			m, _ := bindMetric(t, name, args)
			again, _ := bindMetric(t, name, string(m.Args))
			if ok, difference := m.Same(again); !ok {
				t.Errorf("%s %s: %s", name, args, difference)
			}
			tried++
		}
	}
	if tried == 0 {
		t.Error("no metric was tried")
	}
}

func TestBindDoesNotShareDefaults(t *testing.T) {
	first, _ := bindMetric(t, "exact", "")
	bindMetric(t, "exact", `{"normalise":["case","space","nfkc"]}`)
	if again, _ := bindMetric(t, "exact", ""); string(again.Args) != string(first.Args) {
		t.Errorf("arguments of one metric reached another: %s and %s", first.Args, again.Args)
	}
}

func TestBindRefuses(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "broken.json", `{"type":`)
	write(t, dir, "remote.json", `{"$ref":"https://example.invalid/schema.json"}`)
	write(t, dir, "outside.json", `{"$ref":"../secret.json"}`)
	write(t, filepath.Dir(dir), "secret.json", `{}`)
	if err := os.Symlink(filepath.Join(filepath.Dir(dir), "secret.json"), filepath.Join(dir, "link.json")); err != nil {
		t.Log("no symbolic links here: ", err)
	}
	for _, c := range []struct{ scorer, args, want, hint string }{
		{"exat", "", `no scorer is called "exat"; did you mean "exact"?`, "holdtrue scorers"},
		{"not-exat", "", `did you mean "not-exact"?`, "holdtrue scorers"},
		{"something-else-entirely", "", "known: exact, contains,", "holdtrue scorers"},
		{"not-rouge-l", "", "only yes/no scorers have a not- form, and rouge-l has the scale unit", "holdtrue scorers"},
		{"exact", `{"normalize":"case"}`, `no argument is called "normalize"; did you mean "normalise"?`, "holdtrue scorers exact"},
		{"exact", `{"normalise":"lower"}`, `normalise: no such value "lower"; known: none, trim`, ""},
		{"exact", `{"normalise":["cases"]}`, `did you mean "case"?`, ""},
		{"exact", `{"normalise":["none","trim"]}`, "none cannot be combined", ""},
		{"exact", `{"normalise":7}`, "normalise", ""},
		{"exact", `["case"]`, "expected an object, found a list", ""},
		{"token-f1", `{"stem":true}`, `no argument is called "stem"; this scorer takes none`, ""},
		{"contains", `{"values":[]}`, "the list is empty", ""},
		{"contains", `{"values":["a",""]}`, "an empty text is contained in every output", ""},
		{"contains", `{"case_sensitive":"no"}`, "case_sensitive: expected true or false, found a string", ""},
		{"starts-with", `{"values":[" "]}`, "white space", ""},
		{"regex", "", "the argument pattern is missing", "pattern"},
		{"regex", `{"pattern":"a(?=b)"}`, `invalid or unsupported Perl syntax: "(?=" in "a(?=b)"`, "no lookahead"},
		{"regex", `{"pattern":"(a)\\1"}`, `invalid escape sequence: "\\1"`, "no backreferences"},
		{"regex", `{"pattern":"\\u0041"}`, "invalid escape sequence", `\x{0041}`},
		{"regex", `{"pattern":"a{2000}"}`, "invalid repeat count", "at most 1000"},
		{"regex", `{"pattern":"a++"}`, "invalid nested repetition operator", "possessive"},
		{"regex", `{"pattern":"(a"}`, "missing closing )", "RE2"},
		{"regex", `{"pattern":"(?P<x>a)","group":"y"}`, `no group "y"; the pattern has 1 group, named x`, ""},
		{"levenshtein", `{"unit":"word"}`, `unit: no such value "word"; did you mean "words"?`, ""},
		{"numeric", `{"abs":-1}`, "abs: expected a number of at least 0", ""},
		{"numeric", `{"rel":1}`, "rel: expected", ""},
		{"numeric", `{"which":"after","marker":""}`, "marker", ""},
		{"numeric", `{"abs":"1"}`, "abs: expected a number, found a string", ""},
		{"length-within", "", "one of the arguments min and max is needed", "max: 800"},
		{"length-within", `{"min":-1}`, "whole numbers of at least 0", ""},
		{"length-within", `{"min":9,"max":3}`, "no output can pass", ""},
		{"length-within", `{"min":1.5}`, "min", ""},
		{"json", `{"schema":{"type":"objekt"}}`, "not a valid JSON Schema", ""},
		{"json", `{"schema":"missing.json"}`, "missing.json: no such file in the suite's folder", ""},
		{"json", `{"schema":"broken.json"}`, "broken.json: not valid JSON", ""},
		{"json", `{"schema":"remote.json"}`, "files beside the suite only", ""},
		{"json", `{"schema":{"$ref":"file:///etc/passwd"}}`, "files beside the suite only", ""},
		{"json", `{"schema":"../secret.json"}`, "must lie in the suite's folder", ""},
		{"json", `{"schema":"link.json"}`, "must lie in the suite's folder", ""},
		{"json", `{"schema":[1]}`, "expected a JSON Schema", ""},
		{"json", `{"schema":{"pattern":"a(?=b)"}}`, "schema:", ""},
		{"json", `{"schema":{},"schema_digest":"abc"}`, "schema_digest", ""},
	} {
		spec := eval.MetricSpec{Scorer: c.scorer, Args: json.RawMessage(c.args), Pos: eval.Pos{File: "holdtrue.yaml", Line: 7}}
		_, judge, err := scorers.Bind(spec, dir)
		if err == nil {
			t.Errorf("%s %s was taken", c.scorer, c.args)
			continue
		}
		lines, hints := eval.InputErrors(err)
		if judge != nil || len(lines) != 1 || !strings.HasPrefix(lines[0], "holdtrue.yaml:7: ") || !strings.Contains(lines[0], c.want) {
			t.Errorf("%s %s: %q, want one error at its place with %q", c.scorer, c.args, lines, c.want)
		}
		if len(hints) != 1 || !strings.Contains(hints[0], c.hint) {
			t.Errorf("%s %s: hints %q, want one with %q", c.scorer, c.args, hints, c.hint)
		}
		if strings.Contains(lines[0], dir) || strings.ContainsAny(lines[0], "\n\x00") {
			t.Errorf("%s %s: the message shows a path of the machine or breaks the line: %q", c.scorer, c.args, lines[0])
		}
	}
}

func TestSeveralFaultsAreSaidAtOnce(t *testing.T) {
	_, _, err := scorers.Bind(eval.MetricSpec{Scorer: "numeric", Args: json.RawMessage(`{"absolute":1,"relative":2}`), Pos: eval.Pos{File: "f", Line: 1}}, "")
	lines, _ := eval.InputErrors(err)
	var in *eval.InputError
	if len(lines) != 2 || !errors.As(err, &in) {
		t.Errorf("want both arguments named: %q", lines)
	}
}

func TestDescribe(t *testing.T) {
	s, _ := scorers.Find("numeric")
	byName := map[string]scorers.Arg{}
	for _, a := range scorers.Describe(s).Args {
		byName[a.Name] = a
	}
	for name, want := range map[string][2]string{"which": {"last | first | any | after | boxed", `"last"`}, "abs": {"number", "1e-9"}, "rel": {"number", ""}} {
		if a := byName[name]; a.Type != want[0] || a.Default != want[1] || a.Doc == "" {
			t.Errorf("%s: %+v, want %v", name, a, want)
		}
	}
	s, _ = scorers.Find("not-contains")
	info := scorers.Describe(s)
	if info.Name != "not-contains" || len(info.Args) != 2 || info.Args[0].Type != "text or list of texts" || info.Args[1].Default != "true" {
		t.Errorf("%+v", info)
	}
}

func write(t *testing.T, dir, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
