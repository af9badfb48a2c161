package reports

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/olekukonko/tablewriter/pkg/twwidth"

	"holdtrue/eval"
	"holdtrue/eval/drift"
)

var update = flag.Bool("update", false, "rewrite the golden files")

const hostileText = "refund in \x1b[31m30 days\x1b[0m @octocat fixes #12 and owner/repo#7, see https://evil.example/x?y=1 or www.evil.example\n" +
	"```\n<script>alert(1)</script> <img src=x> ![a](http://e/x.png) [b](javascript:x) | a | b |\n</details> \u202egnp.exe\u2066 \x00 \xff " +
	"deadbeefdeadbeefdeadbeefdeadbeefdeadbeef 日本語 שלום 👩‍👩‍👧 --> <!-- $x$"

func f(v float64) *float64 { return &v }

// rich is a comparison with every verdict and hostile text wherever text can be.
func rich() *drift.Comparison {
	metric := func(name string, scale eval.Scale, better eval.Better) eval.Metric {
		return eval.Metric{Name: name, Scorer: name, Version: "1", Scale: scale, Better: better, Gate: true, Unit: "ms"}
	}
	cell := func(slice string, v drift.Verdict, diff float64) drift.Cell {
		return drift.Cell{Slice: slice, Verdict: v, Cases: 120, Baseline: 0.9, Candidate: 0.9 + diff, Diff: diff, Low: diff - 0.03, High: diff + 0.03,
			Method: "gaffke", Worse: 12, Better: 2, Same: 106, P: 0.012, PAdjusted: 0.034, PWithin: f(0.00002), DetectableEven: f(0.031), DetectableLosses: f(0.042), HoldsAt: f(0.042), NeedCases: 340, NeedRepeats: 3}
	}
	run := func(id, agent string) eval.Run {
		return eval.Run{ID: id, Suite: "support <bot>", Agent: agent, Version: "1.4", Status: eval.Complete, Cases: 120, Repeats: 3, Started: time.Unix(0, 0).UTC()}
	}
	c := &drift.Comparison{
		Baseline:  drift.Side{Run: run("base000001", "current"), Outputs: 360, Failed: 1, Copies: 2, Earlier: []drift.PooledRun{{ID: "earlier001", Name: "current@1.4", Outputs: 120}}},
		Candidate: drift.Side{Run: run("cand000001", "candi|date"), Outputs: 360, Failed: 4},
		Verdict:   drift.Regressed, Reasons: []string{"facts fell by 4.2 points: @everyone <b>look</b>", "tone moved both ways"},
		Next: []string{"look at the worst cases"}, Seed: 0xfeed, Draws: 9999, WorseTotal: 41, BetterTotal: 6, Runs: drift.RunNoise{Runs: 3, Needed: 8, Reason: "run-to-run noise is not measured"}, Alarms: drift.AlarmBudget{PerReport: .025, Comparisons: 30, PerMonth: .75, Reason: "compared every night, about 0.8 false alarms a month"}, Flaky: []drift.FlakyCase{{CaseID: "fl|aky", Metric: "metric-0", Outputs: 30, Passed: 21, FlipRate: .434}}, FlakyTotal: 3, Cases: drift.CaseFlags{Reason: "7 cases got worse beyond noise"}, Churn: drift.Churn{Reason: "35 % of the texts changed"}, Forced: []string{"the baseline run is not complete"},
		Options: drift.Options{Alpha: 0.05, Margin: f(0.05), Confidence: 0.95, Slices: []string{"topic"}},
		Pairing: drift.Pairing{Paired: 120, Edited: []string{"e1"}, EditedTotal: 1, Added: []string{"n1"}, AddedTotal: 1, Removed: []string{}, Failed: []string{}},
		Left:    []drift.Left{{Name: "old", Reason: "configured differently"}}, Warnings: []string{"run is not complete"},
	}
	for i, v := range []drift.Verdict{drift.Regressed, drift.RegressedCases, drift.Mixed, drift.Improved, drift.ImprovedCases, drift.Holds, drift.Inconclusive, drift.NotMeasured} {
		diff := []float64{-0.042, -0.01, 0.001, 0.05, 0.02, 0, -0.002, 0}[i]
		m := drift.Metric{Metric: metric(fmt.Sprintf("metric-%d", i), eval.Binary, eval.Higher), Margin: 0.05, Verdict: v, Reason: "because", Overall: cell("", v, diff)}
		m.Slices = []drift.Cell{cell("topic=refunds|x", v, diff), cell("topic=@all", drift.Inconclusive, 0)}
		c.Metrics = append(c.Metrics, m)
	}
	length := drift.Metric{Metric: metric("length", eval.Measure, eval.Neither), Verdict: drift.Changed, Reason: "length changed from 116 to 105", Overall: cell("", drift.Changed, -11)}
	length.Overall.Baseline, length.Overall.Candidate = 116.4, 105.2
	c.Others = []drift.Metric{length}
	for i, v := range []drift.Verdict{drift.NoChangeSeen, drift.Changed, drift.NoChangeSeen} {
		m := drift.Metric{Metric: metric(fmt.Sprintf("measure-%d", i), eval.Binary, eval.Neither), Verdict: v, Reason: fmt.Sprintf("measure-%d says %s", i, v), Overall: cell("", v, 0.2*float64(i))}
		m.Metric.Gate, m.Metric.Standard = false, true
		c.Others = append(c.Others, m)
	}
	c.Vocabulary = &drift.Vocabulary{Verdict: drift.Changed, Cases: 42, Tested: 120, Changed: 1, Draws: 9999,
		Reason: "1 word became more or less frequent beyond noise in the answers to 42 cases whose texts changed: \"<b>@all`|\" 2 % to 31 %",
		Words:  []drift.WordShift{{Word: "<b>@all`|", Baseline: 0.02, Candidate: 0.31, P: 0.0001}}}
	failures := drift.Metric{Metric: metric("errors", eval.Binary, eval.Lower), Verdict: drift.NoChangeSeen, Overall: cell("", drift.NoChangeSeen, 0.008)}
	c.Errors = &failures
	for i := range 7 {
		c.Worse = append(c.Worse, drift.CaseChange{CaseID: fmt.Sprintf("case-%d`|", i), Tags: map[string][]string{"topic": {"refunds"}}, Harm: 1, Flagged: i < 5, Evidence: &drift.CaseEvidence{Metric: "metric-0", P: .001, Q: .02, FDR: .03}, Kind: "stable before, failed now 3 of 3",
			Losses:          []drift.CaseMetric{{Metric: "metric-0", Baseline: []float64{1, 1, 1}, Candidate: []float64{0, 0, 0}, Diff: -1}},
			Case:            eval.Case{ID: "x", Prompt: hostileText},
			BaselineOutput:  eval.Output{Text: "You can ask for a refund within 30 days of delivery."},
			CandidateOutput: eval.Output{Text: hostileText},
			CandidateScores: []eval.Score{{Metric: "metric-0", Status: eval.Scored, Reason: "missing " + hostileText}}})
	}
	return c
}

var options = Options{Reproduce: "holdtrue compare base000001 cand000001", Commands: []string{"holdtrue show cand000001 case-0"}}

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(want), string(got)); d != "" {
		t.Errorf("%s (-update rewrites it):\n%s", name, d)
	}
}

func TestGolden(t *testing.T) {
	tried := map[string]bool{}
	for _, g := range []struct {
		file, format string
		width        int
		color        bool
	}{{"markdown.md", "markdown", 0, false}, {"json.json", "json", 0, false}, {"piped.txt", "text", 0, false},
		{"60.txt", "text", 60, false}, {"100.txt", "text", 100, false}, {"200.txt", "text", 200, true}} {
		t.Run(g.file, func(t *testing.T) {
			format, ok := Find(g.format)
			if !ok {
				t.Fatal(g.format)
			}
			tried[g.format] = true
			c, untouched := rich(), rich()
			opt := options
			opt.Width, opt.Color = g.width, g.color
			var b, again bytes.Buffer
			if err := format.Write(&b, c, opt); err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(untouched, c); d != "" {
				t.Errorf("the renderer changed the model: %s", d)
			}
			if err := format.Write(&again, c, opt); err != nil || !bytes.Equal(b.Bytes(), again.Bytes()) {
				t.Error("the same comparison gave other bytes")
			}
			golden(t, g.file, b.Bytes())
			if g.width > 0 {
				for line := range strings.Lines(b.String()) {
					line = strings.TrimSuffix(line, "\n")
					if n := twwidth.Width(line); n > g.width && !strings.Contains(line, "holdtrue ") {
						t.Errorf("%d columns in %d: %s", n, g.width, line)
					}
				}
			}
		})
	}
	if len(tried) != len(Formats) {
		t.Errorf("%d of %d formats have a golden file", len(tried), len(Formats))
	}
}

type failing struct{}

func (failing) Write([]byte) (int, error) { return 0, errors.New("no space left") }

func TestWritersErrorComesBack(t *testing.T) {
	writes := map[string]func() error{
		"runs":    func() error { return Runs(failing{}, []RunLine{{ID: "x"}}, Options{Width: 80}) },
		"summary": func() error { return Summary(failing{}, drift.Summary{}, Options{}) },
		"case":    func() error { return Case(failing{}, eval.Run{}, eval.Case{}, nil, Options{JSON: true}) },
		"scorers": func() error { return Scorers(failing{}, []ScorerLine{{Name: "x"}}, Options{}) },
		"lint":    func() error { return Lint(failing{}, LintReport{Hash: "x"}, Options{}) },
	}
	for _, format := range Formats {
		writes[format.Name] = func() error { return format.Write(failing{}, rich(), options) }
	}
	for name, write := range writes {
		if err := write(); err == nil || !strings.Contains(err.Error(), "no space left") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestMarkdownStaysBounded holds whatever comes in under the limit, and says
// what was shed.
func TestMarkdownStaysBounded(t *testing.T) {
	c := rich()
	for i := range 200 {
		m := c.Metrics[0]
		m.Metric.Name = fmt.Sprintf("metric-%d-%s", i, strings.Repeat("x", 200))
		for k := range 10 {
			m.Slices = append(m.Slices, drift.Cell{Slice: fmt.Sprintf("s=%d", k), Verdict: drift.Regressed, Cases: 3, Method: "gaffke"})
		}
		c.Metrics = append(c.Metrics, m)
		c.Reasons = append(c.Reasons, strings.Repeat("reason ", 500))
	}
	for i := range c.Worse {
		c.Worse[i].CandidateOutput.Text = strings.Repeat("<b>@all</b> ", 1<<20)
		c.Worse[i].Case.Prompt = strings.Repeat("p ", 1<<20)
	}
	for _, limit := range []int{0, 20_000, 8_000} {
		var b bytes.Buffer
		opt := options
		opt.MaxBytes = limit
		if err := writeMarkdown(&b, c, opt); err != nil {
			t.Fatal(err)
		}
		if limit == 0 {
			limit = DefaultMaxBytes
		}
		if b.Len() > limit {
			t.Errorf("%d bytes, at most %d", b.Len(), limit)
		}
		if !strings.Contains(b.String(), "Left out here to fit") || !strings.Contains(b.String(), options.Reproduce) {
			t.Errorf("what was shed, or how to see it, is not said:\n%s", b.String()[b.Len()-600:])
		}
		if o, c := strings.Count(b.String(), "<details>"), strings.Count(b.String(), "</details>"); o != c {
			t.Errorf("%d details opened, %d closed", o, c)
		}
	}
}

func TestJSONNamesFields(t *testing.T) {
	var b bytes.Buffer
	if err := writeJSON(&b, rich(), options); err != nil {
		t.Fatal(err)
	}
	if keys := regexp.MustCompile(`"[A-Z]\w*":`).FindAllString(b.String(), -1); keys != nil {
		t.Errorf("fields without a name of their own: %q", keys)
	}
	b.Reset()
	side := drift.Side{Run: eval.Run{Metrics: []eval.Metric{}}}
	if err := writeJSON(&b, &drift.Comparison{Verdict: drift.NotMeasured, Baseline: side, Candidate: side}, options); err != nil {
		t.Fatal(err)
	}
	nulls := regexp.MustCompile(`"(\w+)": null`).FindAllStringSubmatch(b.String(), -1)
	for _, n := range nulls {
		if n[1] != "errors" && n[1] != "margin" { // not lists
			t.Errorf("%s is null", n[1])
		}
	}
}

// TestSurenessCountsAnswers: a case without an answer is not as it was before.
func TestSurenessCountsAnswers(t *testing.T) {
	c := &drift.Comparison{Pairing: drift.Pairing{Paired: 100, FailedTotal: 50}, WorseTotal: 7, BetterTotal: 3,
		Baseline: drift.Side{Run: eval.Run{Repeats: 1}}, Candidate: drift.Side{Run: eval.Run{Repeats: 3}}}
	want := "100 cases compared: 7 got worse, 3 better, 40 as before, 50 without an answer on a side; asked 1 time before and 3 times now."
	if got := sureness(c); got != want {
		t.Errorf("%s\nwant %s", got, want)
	}
	c.Pairing = drift.Pairing{Paired: 1, AddedTotal: 2, RemovedTotal: 3, EditedTotal: 4}
	c.WorseTotal, c.BetterTotal, c.Candidate.Run.Repeats = 1, 0, 1
	want = "1 case compared: 1 got worse, 0 better, 0 as before; 9 cases left out as edited, new or gone."
	if got := sureness(c); got != want {
		t.Errorf("%s\nwant %s", got, want)
	}
}

func TestSmallModelsWriteListsAsLists(t *testing.T) {
	asked := Options{JSON: true}
	for name, write := range map[string]func(io.Writer) error{
		"runs":    func(w io.Writer) error { return Runs(w, []RunLine{{ID: "x"}}, asked) },
		"no runs": func(w io.Writer) error { return Runs(w, nil, asked) },
		"scorers": func(w io.Writer) error { return Scorers(w, []ScorerLine{{Name: "x"}}, asked) },
		"scorer":  func(w io.Writer) error { return Scorer(w, ScorerLine{Name: "x"}, asked) },
		"lint": func(w io.Writer) error {
			return Lint(w, LintReport{Slices: map[string]map[string]int{}, Needed: []LintMargin{}}, asked)
		},
	} {
		var b bytes.Buffer
		if err := write(&b); err != nil || strings.Contains(b.String(), "null") || !strings.Contains(b.String(), `"schema": 1`) {
			t.Errorf("%s (%v): %s", name, err, b.String())
		}
	}
}

func TestBlindKnowsUnits(t *testing.T) {
	c := &drift.Comparison{Metrics: []drift.Metric{
		{Metric: eval.Metric{Name: "latency", Scale: eval.Measure, Unit: "ms"}, Verdict: drift.Holds, Overall: drift.Cell{DetectableEven: f(120), HoldsAt: f(250.5)}},
		{Metric: eval.Metric{Name: "facts", Scale: eval.Unit}, Verdict: drift.Inconclusive, Overall: drift.Cell{DetectableEven: f(.031), DetectableLosses: f(.04)}},
	}}
	want := []string{"latency: an even change of less than 120 ms would have gone unseen 1 time in 5 or more often; shown to hold within 250.5 ms",
		"facts: an even erosion of less than 3.1 points, or losses adding up to less than 4.0 points would have gone unseen 1 time in 5 or more often"}
	if d := cmp.Diff(want, blind(c)); d != "" {
		t.Error(d)
	}
}

func TestMarkdownTellsEverythingWhereItFits(t *testing.T) {
	var b bytes.Buffer
	if err := writeMarkdown(&b, rich(), options); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(b.String(), "Left out here") || strings.Count(b.String(), "<details>") != shownCases {
		t.Error("sections are missing although they fit")
	}
	if !strings.HasPrefix(b.String(), "<!-- holdtrue:support--bot- -->\n") {
		t.Errorf("the marker is %.60q", b.String())
	}
}

// TestHeadlineKnowsEveryVerdict: what was compared is never said not to have been.
func TestHeadlineKnowsEveryVerdict(t *testing.T) {
	c, said := rich(), map[string]drift.Verdict{}
	for _, m := range c.Metrics { // one of every verdict
		c.Verdict = m.Verdict
		word, rest, _ := strings.Cut(headline(c), ": ")
		if word != strings.ToUpper(string(m.Verdict)) {
			t.Errorf("%s: the first word is %q", m.Verdict, word)
		}
		if refused := strings.Contains(rest, "could not be compared"); refused != (m.Verdict == drift.NotMeasured) {
			t.Errorf("%s: %s", m.Verdict, rest)
		}
		if other, twice := said[rest]; twice {
			t.Errorf("%s and %s say the same: %s", m.Verdict, other, rest)
		}
		said[rest] = m.Verdict
	}
	c.Verdict = drift.Inconclusive
	if got := headline(c); !strings.Contains(got, "though 3 of 8 metrics hold or improved") {
		t.Error(got)
	}
	c.Metrics = []drift.Metric{{Verdict: drift.Inconclusive}, {Verdict: drift.NotMeasured}}
	if got := headline(c); !strings.Contains(got, "nothing was shown either way") {
		t.Error(got)
	}
}

func TestJSONIsWhole(t *testing.T) {
	var b bytes.Buffer
	if err := writeJSON(&b, rich(), options); err != nil {
		t.Fatal(err)
	}
	var got struct {
		Schema  int
		Verdict string
		Metrics []struct{ Overall struct{ Diff float64 } }
	}
	if err := json.Unmarshal(b.Bytes(), &got); err != nil || got.Schema != 1 || got.Verdict != "regressed" || got.Metrics[0].Overall.Diff != -0.042 {
		t.Errorf("%+v %v", got, err)
	}
}

var (
	mention = regexp.MustCompile(`@[A-Za-z0-9]`)
	issue   = regexp.MustCompile(`#[0-9]|(?i)gh-[0-9]`)
	link    = regexp.MustCompile(`\]\(|https?://|www\.[a-z]`)
	entity  = regexp.MustCompile(`&#[0-9]+;`)
)

func FuzzInline(f *testing.F) {
	for _, s := range []string{hostileText, "", "@a", "#1", "see gh-1, GH-2", "a\r\nb", "http://x", "](", "www.x", "\\@a", "&lt;", "1234567890abcdef", "000000$00000000", "\u2028", strings.Repeat("`", 99)} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for name, out := range map[string]string{"inline": inline(s), "markup": strings.ReplaceAll(markup(s), "<br>", " ")} {
			if !utf8.ValidString(out) {
				t.Fatalf("%s: not UTF-8: %q", name, out)
			}
			out = entity.ReplaceAllString(out, " ") // one character, whatever it is
			for what, re := range map[string]*regexp.Regexp{"a mention": mention, "an issue": issue, "a link": link} {
				if m := re.FindString(out); m != "" {
					t.Fatalf("%s: %s is alive: %q in %q", name, what, m, out)
				}
			}
			if strings.ContainsAny(out, "<>\n\r\x1b\x00") {
				t.Fatalf("%s: markup or control characters in %q", name, out)
			}
			for _, r := range out {
				if hostile(r) {
					t.Fatalf("%s: %U is in %q", name, r, out)
				}
				if strings.ContainsRune("\\`*_[]|~$", r) {
					t.Fatalf("%s: a bare %c in %q", name, r, out)
				}
			}
		}
	})
}

// TestWhatIsCopiedStaysWhole: numbers, versions and hashes can be copied out of a
// rendered report.
func TestWhatIsCopiedStaysWhole(t *testing.T) {
	for _, s := range []string{"28.4 to 27.05 points", "v1.4.2-rc.1", "sha256:1c1716061029", "commit c0ffee2deadbeef",
		"12345678 calls", "2026-11-25 09:24:03 UTC", "seed 3fae48a529668fd9", "holdtrue.yaml:4", "topic: refunds"} {
		if got := inline(s); got != s {
			t.Errorf("%q becomes %q", s, got)
		}
	}
}

// TestHeadlineTellsRunsApart: two runs of one version are named with their ids.
func TestHeadlineTellsRunsApart(t *testing.T) {
	c := &drift.Comparison{Verdict: drift.Regressed, Metrics: []drift.Metric{{Verdict: drift.Regressed}}}
	c.Baseline.Run = eval.Run{ID: "base000001", Agent: "n", Version: "1"}
	c.Candidate.Run = eval.Run{ID: "cand000001", Agent: "n", Version: "1"}
	want := "REGRESSED: n@1 (run cand000001) is worse than n@1 (run base000001) on 1 of 1 metric. Look before it goes out."
	if got := headline(c); got != want {
		t.Errorf("%s, want %s", got, want)
	}
	c.Candidate.Run.Version = "2"
	if got := headline(c); strings.Contains(got, "run ") {
		t.Error(got)
	}
}

// TestNothingComparedShowsNoNumbers: of a metric without a case in common no zeros
// are shown, and --force is said not to help.
func TestNothingComparedShowsNoNumbers(t *testing.T) {
	c := &drift.Comparison{Verdict: drift.NotMeasured, Options: drift.Options{Force: true},
		Metrics: []drift.Metric{{Metric: eval.Metric{Name: "exact", Scale: eval.Binary}, Verdict: drift.NotMeasured, Overall: drift.Cell{PAdjusted: 1}}}}
	c.Baseline.Earlier = []drift.PooledRun{{ID: "a"}}
	for _, format := range Formats[:2] {
		var b bytes.Buffer
		if err := format.Write(&b, c, Options{}); err != nil {
			t.Fatal(err)
		}
		out := b.String()
		if strings.Contains(out, "0.0") || strings.Contains(out, "0/0/0") || strings.Contains(out, "answers)") {
			t.Errorf("%s: numbers of nothing: %s", format.Name, out)
		}
		if !strings.Contains(out, "--force does not help here") || !strings.Contains(out, "no answer to these cases in 1 earlier run") {
			t.Errorf("%s: %s", format.Name, out)
		}
	}
}

// TestAllAsJSON: several comparisons are one object for a program.
func TestAllAsJSON(t *testing.T) {
	var b bytes.Buffer
	if err := jsonFormat.WriteAll(&b, []*drift.Comparison{{Verdict: drift.Holds}, {Verdict: drift.Regressed}}); err != nil {
		t.Fatal(err)
	}
	var got struct {
		Schema      int
		Comparisons []struct{ Verdict string }
	}
	if err := json.Unmarshal(b.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	if got.Schema != 1 || len(got.Comparisons) != 2 || got.Comparisons[1].Verdict != "regressed" {
		t.Errorf("%+v", got)
	}
}

// TestNarrowTables: a long name is shortened before anything is left out, what is
// left out is said, and a turned table shows everything within its width.
func TestNarrowTables(t *testing.T) {
	long := strings.Repeat("very-", 20) + "long"
	tab := table{header: []string{"slice", "", "before", "p"}, right: []int{2, 3}, names: []int{0}, spare: []int{3}}
	tab.add("topic="+long, "regressed", "90.0", ".0123")
	lay := func(width int) string {
		var b bytes.Buffer
		if err := tab.text(&b, width); err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(b.String()) {
			if n := twwidth.Width(strings.TrimSuffix(line, "\n")); n > width {
				t.Errorf("%d columns in %d: %s", n, width, line)
			}
		}
		return b.String()
	}
	if out := lay(200); !strings.Contains(out, long) {
		t.Errorf("200 columns: %s", out)
	}
	if out := lay(80); !strings.Contains(out, "topic=") || !strings.Contains(out, "...") || !strings.Contains(out, "y-long") || !strings.Contains(out, ".0123") || strings.Contains(out, "Not shown") {
		t.Errorf("80 columns: %s", out)
	}
	if out := lay(46); !strings.Contains(out, "Not shown for want of room: p.") || strings.Contains(out, ".0123") {
		t.Errorf("46 columns: %s", out)
	}
	if out := lay(30); !strings.Contains(out, "\n  regressed\n  before: 90.0\n  p: .0123\n") {
		t.Errorf("30 columns: %s", out)
	}
}

func TestTagsWithBlanksAreQuoted(t *testing.T) {
	if got, want := tagText(map[string][]string{"sp ace": {"x y", "z"}, "topic": {"a|b", ""}}), `  "sp ace"="x y"|z topic=a|b|""`; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

func FuzzPlain(f *testing.F) {
	for _, s := range []string{hostileText, "", "\x1b]0;x\a", "a\u202eb", "\xff\xfe", "\u009b31m"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		out := plain(s)
		if !utf8.ValidString(out) {
			t.Fatalf("not UTF-8: %q", out)
		}
		for _, r := range out {
			if hostile(r) {
				t.Fatalf("%U is in %q", r, out)
			}
		}
	})
}

func FuzzFenced(f *testing.F) {
	for _, s := range []string{"", "```", "````\n```", "a `b` c", strings.Repeat("`", 50)} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		out := fenced(s)
		fence, rest, _ := strings.Cut(out, "\n")
		body := strings.TrimSuffix(rest, fence+"\n")
		if strings.Contains(body, fence) {
			t.Fatalf("the fence %s can be closed from inside: %q", fence, body)
		}
	})
}

func TestWordDiff(t *testing.T) {
	for _, c := range []struct{ before, now, want string }{
		{"refund in 30 days", "refund in 14 days", "refund in <del>30</del><ins>14</ins> days"},
		{"a", "a", "a"},
		{"", "new", "<ins>new</ins>"},
		{"x <b>", "x", "x<del> &lt;b&gt;</del>"},
	} {
		if got := wordDiff(c.before, c.now); got != c.want {
			t.Errorf("%q to %q: %q, want %q", c.before, c.now, got, c.want)
		}
	}
}
