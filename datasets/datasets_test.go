package datasets

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"holdtrue/eval"
	"holdtrue/eval/wire"
)

func write(tb testing.TB, dir, name, text string) string {
	tb.Helper()
	path := filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		tb.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		tb.Fatal(err)
	}
	return path
}

func collect(seq iter.Seq2[eval.Case, error]) (cases []eval.Case, errs []string) {
	for c, err := range seq {
		if err != nil {
			lines, _ := eval.InputErrors(err)
			errs = append(errs, lines...)
			continue
		}
		c.Pos = eval.Pos{}
		for i := range c.Checks {
			c.Checks[i].Pos = eval.Pos{}
		}
		cases = append(cases, c)
	}
	return cases, errs
}

// TestFormatsSayTheSame writes the same cases in every format and expects the
// same cases back.
func TestFormatsSayTheSame(t *testing.T) {
	dir := t.TempDir()
	files := map[string]string{
		"a.jsonl": `{"id":"1","prompt":"Why?","expected":["a","b"],"tags":{"topic":"x"},"metrics":[{"contains":{"values":["a"]}}]}` + "\n" +
			`{"id":"010","prompt":"2024-01-02","expected":"yes"}` + "\n",
		"a.json": `[{"id":"1","prompt":"Why?","expected":["a","b"],"tags":{"topic":["x"]},"metrics":[{"contains":{"values":["a"]}}]},
			{"id":"010","prompt":"2024-01-02","expected":"yes"}]`,
		"b.json": "\xef\xbb\xbf" + `[{"id":"1","prompt":"Why?","expected":["a","b"],"tags":{"topic":["x"]},"metrics":[{"contains":{"values":["a"]}}]},
			{"id":"010","prompt":"2024-01-02","expected":"yes"}]` + "\n\n",
		"a.yaml": "- id: 1\n  prompt: Why?\n  expected: [a, b]\n  tags: {topic: x}\n  metrics: [{contains: {values: [a]}}]\n- {id: 010, prompt: 2024-01-02, expected: yes}\n",
		"a.csv": "\xef\xbb\xbfid,prompt,expected,expected,tags.topic,metrics\n" +
			`1,Why?,a,b,x,"[{""contains"":{""values"":[""a""]}}]"` + "\n010,2024-01-02,yes,,,\n",
	}
	var zipped bytes.Buffer
	z := gzip.NewWriter(&zipped)
	fmt.Fprint(z, files["a.jsonl"])
	z.Close()
	files["b.jsonl.gz"] = zipped.String()
	want, _ := collect(ReadCases(write(t, dir, "want.jsonl", files["a.jsonl"])))
	if len(want) != 2 {
		t.Fatalf("%d cases", len(want))
	}
	formats := map[string]bool{}
	for name, text := range files {
		path := write(t, dir, name, text)
		formats[formatOf(path).Name] = true
		got, errs := collect(ReadCases(path))
		if len(errs) > 0 {
			t.Errorf("%s: %v", name, errs)
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%s: %s", name, d)
		}
	}
	if len(formats) != len(Formats) {
		t.Errorf("%d of %d formats were tried", len(formats), len(Formats))
	}
}

func TestFaultsOfCases(t *testing.T) {
	for _, c := range []struct{ name, text, want, reason string }{
		{"a.jsonl", `{"prompt":"x"}`, `a.jsonl:1: a case needs an "id"`, "no id"},
		{"a.jsonl", `{"id":"a"}`, `neither "prompt" nor "messages"`, "nothing is asked"},
		{"a.jsonl", `{"id":"a","prompt":"x","messages":[{"role":"user","content":"y"}]}`, `both "prompt" and "messages"`, "asked twice"},
		{"a.jsonl", `{"id":"a","messages":[{"role":"usr","content":"y"}]}`, `unknown role "usr"; did you mean "user"?`, "role"},
		{"a.jsonl", `{"id":"a","messages":[{"role":"user","content":"y"},{"role":"assistant","content":"z"}]}`, `the last message is the assistant's`, "nobody asks"},
		{"a.jsonl", `{"id":" a","prompt":"x"}`, `begins or ends with a blank`, "blank in an id"},
		{"a.jsonl", "{\"id\":\"a\",\"prompt\":\"x\xe9\"}", `not UTF-8: byte 22 of the line is 0xe9`, "Latin-1"},
		{"a.jsonl", "\xff\xfe{\x00", `UTF-16 (little-endian); expected UTF-8`, "UTF-16"},
		{"a.json", `{"id":"a"}`, `expected a JSON list of cases`, "not a list"},
		{"a.json", "[{\"id\":\"a\",\"prompt\":\"x\"},\n\n{\"id\":\"b\",\"promt\":\"x\"}]", `a.json:3: unknown key "promt"`, "the line inside a list"},
		{"a.json", `[{"id":"a","prompt":"x"}`, `not valid JSON`, "cut off"},
		{"a.json", "[{\"id\":\"a\",\"prompt\":\"x\"}]\n]", `a.json:2: not valid JSON`, "a second end"},
		{"a.json", "[{\"id\":\"a\",\"prompt\":\"x\"}]\n[]", `a.json:2: something follows the list`, "a second list"},
		{"a.json", "[{\"id\":\"a\",\"prompt\":\"x\"}] x", `a.json:1: not valid JSON: invalid character 'x'`, "text after the list"},
		{"a.json", "\xff\xfe[\x00", `UTF-16 (little-endian); expected UTF-8`, "UTF-16 of a list"},
		{"a.csv", "\xfe\xff\x00i", `UTF-16 (big-endian); expected UTF-8`, "UTF-16 of a table"},
		{"a.yaml", "- id: a\n  prompt: caf\xe9\n", `a.yaml:2: not UTF-8: byte 14 of the line is 0xe9`, "Latin-1 in YAML"},
		{"a.yaml", "- {id: a, prompt: x}\n---\n- {id: b, prompt: x}\n", `a.yaml: not valid YAML: expected single document`, "two documents"},
		{"a.yaml", "id: a", `expected a YAML list of cases`, "not a list"},
		{"a.yaml", "- id: a\n  prompt: x\n  prompt: y\n", `stands twice`, "duplicate key"},
		{"a.yaml", "- id: [\n", `not valid YAML`, "syntax"},
		{"a.csv", "id,promt\n1,x\n", `a.csv:1: unknown column "promt"; did you mean "prompt"?`, "column"},
		{"a.csv", "prompt\nx\n", `the column "id" is missing`, "no id"},
		{"a.csv", "id,prompt\n1,\"x\n", `not valid CSV`, "open quote"},
		{"a.csv", "id,prompt,steps\n1,x,{\n", `column steps: expected JSON`, "JSON in a cell"},
		{"a.csv", "", `expected a header line`, "empty"},
	} {
		_, errs := collect(ReadCases(write(t, t.TempDir(), c.name, c.text)))
		if !strings.Contains(strings.Join(errs, "\n"), c.want) {
			t.Errorf("%s: %q, want %q", c.reason, errs, c.want)
		}
	}
}

func suiteOf(t *testing.T, cases string) *eval.Suite {
	dir := t.TempDir()
	return &eval.Suite{Name: "s", Dir: dir, Cases: []string{write(t, dir, "a.jsonl", cases)}}
}

func TestScan(t *testing.T) {
	suite := suiteOf(t, `{"id":"a","prompt":"1","tags":{"topic":"x","language":"en"}}
{"id":"b","prompt":"2","tags":{"topic":"x","language":"de"}}
{"id":"c","prompt":"3","tags":{"topic":"y","language":"de"}}
`)
	hashes := map[string]bool{}
	for _, c := range []struct {
		sel  Selection
		want int
	}{
		{Selection{}, 3}, {Selection{Limit: 2}, 2}, {Selection{Only: []string{"topic=x"}}, 2},
		{Selection{Only: []string{"topic=x", "topic=y"}}, 3}, {Selection{Only: []string{"topic=x", "language=de"}}, 1},
		{Selection{Only: []string{"language=de"}, Limit: 1}, 1},
	} {
		admitted := 0
		sum, err := Scan(suite, c.sel, func(*eval.Case) error { admitted++; return nil })
		if err != nil || sum.Cases != c.want || admitted != c.want {
			t.Errorf("%+v: %d cases, %d admitted (%v), want %d", c.sel, sum.Cases, admitted, err, c.want)
		}
		streamed, _ := collect(Cases(suite, c.sel))
		if len(streamed) != c.want {
			t.Errorf("%+v: %d streamed, want %d", c.sel, len(streamed), c.want)
		}
		hashes[sum.Hash] = true
	}
	// All three are chosen twice and b alone twice; a and b as the first two are
	// also those of topic x.
	if len(hashes) != 3 {
		t.Errorf("%d identities of a selection, want 3", len(hashes))
	}
	for only, want := range map[string]string{"topik=x": `did you mean "topic"?`, "topic=z": `no case has topic=z`, "x": `no case has a tag "tag"`} {
		if _, err := Scan(suite, Selection{Only: []string{only}}, nil); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("--only %s: %v, want %q", only, err, want)
		}
	}
	many := suiteOf(t, strings.Repeat("{\"id\":\"a\"}\n", 150))
	_, err := Scan(many, Selection{}, nil)
	lines, _ := eval.InputErrors(err)
	if len(lines) != 101 || !strings.Contains(lines[100], "50 more") {
		t.Errorf("%d lines, the last %q", len(lines), lines[len(lines)-1])
	}
}

func TestReadSuite(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "golden/a.jsonl", "{}")
	write(t, dir, "golden/deep/er/b.csv", "id")
	path := write(t, dir, SuiteName, `suite: s
cases: golden/**/*.*
agents:
  one: {recording: $DIR/a.jsonl, version: "${V}", timeout: 90s, lineage: {index: "7"}}
  two: {command: [./bot, "$$HOME"]}
metrics: [exact, {regex: {pattern: 'a\d', name: r, margin: 0.1}}]
measures: false
compare: {baseline: b, margin: 0.02, alpha: 0.1, slices: [topic], inconclusive: pass}
`)
	env := func(name string) (string, bool) {
		v, ok := map[string]string{"DIR": "/rec", "V": "3"}[name]
		return v, ok
	}
	s, err := ReadSuite(path, env)
	if err != nil {
		t.Fatal(err)
	}
	if len(s.Cases) != 2 || s.Agents[0].Version != "3" || string(s.Agents[0].Args) != `"/rec/a.jsonl"` || s.Agents[0].Timeout.Seconds() != 90 ||
		string(s.Agents[1].Args) != `["./bot","$HOME"]` || s.Metrics[1].Name != "r" || *s.Metrics[1].Margin != 0.1 || *s.Compare.Margin != 0.02 || s.Compare.Inconclusive != "pass" || !s.WithoutMeasures {
		t.Errorf("%+v", s)
	}
	for text, want := range map[string]string{
		"suite: s\ncases: golden/a.jsonl\nagents: {a: {recording: $NO}}": "the environment variable NO is not set",
		"suite: s\ncases: golden/a.jsonl\nagents: {a: {version: x}}":     "its kind is missing",
		"cases: golden/a.jsonl": "the suite has no name",
		"suite: s":              "names no cases",
		"suite: s\ncases: golden/a.jsonl\ncompare: {alpha: 2}":          "expected a number from 0 to 0.5",
		"suite: s\ncases: golden/a.jsonl\ncompare: {alpha: 0.5}":        "expected an error rate between 0 and 0.5",
		"suite: s\ncases: golden/a.jsonl\ncompare: {inconclusive: pas}": `did you mean "pass"?`,
		"suite: s\nsuite: t\ncases: golden/a.jsonl":                     "stands twice",
		"suite: s\ncases: golden/a.jsonl\nmeasures: [length]":           "measures: expected true or false, found a list",
		"suite: s\ncases: golden/a.jsonl\nmeasure: true":                `did you mean "measures"?`,
		"- a":      "expected keys and values",
		"suite: [": "not valid YAML",
		"":         "the file is empty",
		"suite: s\ncases: golden/a.jsonl\nmetrics: {exact: {}}": "expected a list of scorers",
	} {
		path := write(t, dir, "bad.yaml", text)
		if _, err := ReadSuite(path, env); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
}

// TestSuiteAnywhere finds the cases beside a suite whatever its folder is called.
func TestSuiteAnywhere(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a[1]*?", "**")
	if err := os.MkdirAll(filepath.Join(dir, "golden", "deep"), 0o755); err != nil {
		t.Skip(err) // not every system takes such a name
	}
	write(t, dir, "golden/a.jsonl", `{"id":"a","prompt":"x"}`)
	write(t, dir, "golden/deep/b.jsonl", `{"id":"b","prompt":"x"}`)
	for pattern, want := range map[string]int{"golden/*.jsonl": 1, "golden/**/*.jsonl": 2, "**/*.jsonl": 2, "golden/deep/b.jsonl": 1,
		"./golden/../golden/[ab].jsonl": 1} {
		suite, err := ReadSuite(write(t, dir, SuiteName, "suite: s\ncases: ['"+pattern+"']\n"), os.LookupEnv)
		if err != nil || len(suite.Cases) != want {
			t.Errorf("%s: %v, want %d files", pattern, err, want)
			continue
		}
		if cases, errs := collect(Cases(suite, Selection{})); len(cases) != want {
			t.Errorf("%s: %d cases %q", pattern, len(cases), errs)
		}
	}
	var in *eval.InputError
	if _, err := ReadSuite(dir, os.LookupEnv); !errors.As(err, &in) || !strings.Contains(err.Error(), "this is a folder") {
		t.Errorf("a folder as a suite: %v", err)
	}
	if _, err := ReadSuite(filepath.Join(dir, "none.yaml"), os.LookupEnv); !errors.As(err, &in) || in.Hint != "holdtrue init writes one" {
		t.Errorf("no suite: %v", err)
	}
}

func TestInit(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new")
	files, err := Init(dir)
	if err != nil || len(files) != 4 {
		t.Fatal(files, err)
	}
	suite, err := ReadSuite(filepath.Join(dir, SuiteName), os.LookupEnv)
	if err != nil {
		t.Fatal(err)
	}
	report, err := Lint(suite, Selection{}, nil)
	if err != nil || len(report.Warnings) > 0 || report.Summary.Cases != 24 {
		t.Errorf("%+v %v", report, err)
	}
	if _, err := Init(dir); err == nil || strings.Count(err.Error(), "the file exists") != 4 {
		t.Errorf("a second init: %v", err)
	}
}

func TestLintSaysWhatASetCanProve(t *testing.T) {
	var b strings.Builder
	for i := range 59 {
		fmt.Fprintf(&b, "{\"id\":\"%d\",\"prompt\":\"%d\"}\n", i, i)
	}
	r, err := Lint(suiteOf(t, b.String()), Selection{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if r.Provable > 0.05 || r.Provable < 0.049 {
		t.Errorf("59 cases prove %v", r.Provable)
	}
	// STATS: 59 unchanged cases for 5 points, 99 for 3, 149 for 2, 299 for 1.
	if d := cmp.Diff([]MarginCases{{0.05, 59}, {0.03, 99}, {0.02, 149}, {0.01, 299}}, r.Needed); d != "" {
		t.Error(d)
	}
	if len(r.Warnings) != 59 {
		t.Errorf("%d warnings of cases that expect nothing", len(r.Warnings))
	}
}

func TestNoSuite(t *testing.T) {
	if _, err := FindSuite(t.TempDir()); !errors.Is(err, ErrNoSuite) {
		t.Errorf("%v", err)
	}
}

// fuzzReader checks that what a reader accepts means the same when it is written
// as JSONL and read again.
func fuzzReader(f *testing.F, format *Format, seeds ...string) {
	if len(seeds) == 0 {
		f.Fatal("no seeds")
	}
	for _, s := range seeds {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		n := 0
		for c, err := range format.Read(bytes.NewReader(in), "f") {
			if n++; n > 1000 {
				return
			}
			if err != nil {
				continue
			}
			line, err := wire.AppendCase(nil, &c)
			if err != nil {
				t.Fatal(err)
			}
			again, err := wire.DecodeCase(line, c.Pos)
			if err != nil || again.Hash() != c.Hash() {
				t.Fatalf("%s (%v)", line, err)
			}
		}
	})
}

func FuzzJSONL(f *testing.F) {
	fuzzReader(f, jsonlFormat, `{"id":"a","prompt":"x"}`, "\xff\xfe", "{\n}\n", `{"id":"a","prompt":"x","tags":["t"]}`)
}

func FuzzJSON(f *testing.F) {
	fuzzReader(f, jsonFormat, `[{"id":"a","prompt":"x"}]`, `[`, `{}`, `[{"id":"a"},`, "[\n\n{}]")
}

func FuzzYAML(f *testing.F) {
	fuzzReader(f, yamlFormat, "- {id: 1, prompt: x}", "- id: a\n  expected: [a, 010]\n", "a: &a [*a]", "- *x", "---\n---\n")
}

func FuzzCSV(f *testing.F) {
	fuzzReader(f, csvFormat, "id,prompt\n1,x\n", "\xef\xbb\xbfid,tag,tag\n1,a,b\n", "id,steps\n1,[]\n", "\"")
}
