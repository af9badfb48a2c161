package store

import (
	"path/filepath"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"

	"holdtrue/eval"
)

// firstSchema makes a run database as the first schema had it: a complete run
// of one case and two repeats, with scores of every status.
func firstSchema(t *testing.T, path string) {
	t.Helper()
	db, err := openPool(path, readWrite)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	script, err := migrations.ReadFile("migrations/001_runs.sql")
	if err != nil {
		t.Fatal(err)
	}
	x := newBody([]byte(`{"id":"a","prompt":"ask a"}`))
	y := newBody([]byte("answer"))
	for _, step := range []struct {
		query string
		args  []any
	}{
		{"PRAGMA user_version = 1", nil},
		{string(script), nil},
		{"INSERT INTO runs VALUES (1, '20260101-aaaa', 's', 'h', 'bot', '1', 'command', 0, 1, 'complete', 1, 2, 7, '', '{}')", nil},
		{`INSERT INTO metrics VALUES (1, 0, 'exact', 'exact', '1', '{}', 'binary', '', 'higher', 1, NULL, 0), (1, 1, 'near', 'levenshtein', '1', '{}', 'unit', '', 'higher', 1, NULL, 0),
			(1, 2, 'odd', 'json', '1', '{}', 'binary', '', 'higher', 1, NULL, 0)`, nil},
		{"INSERT INTO bodies VALUES (1, ?, ?, 'plain', ?), (2, ?, ?, 'plain', ?)", []any{x.hash[:], x.size, x.data, y.hash[:], y.size, y.data}},
		{"INSERT INTO cases VALUES (1, 'a', ?, '{}', 1)", []any{(&eval.Case{ID: "a", Prompt: "ask a"}).Hash()}},
		{"INSERT INTO outputs VALUES (1, 1, 1, 0, 0, 2, NULL, 0, 12.5, 3, NULL, NULL), (2, 1, 1, 1, 1, 2, NULL, 0, NULL, NULL, NULL, NULL)", nil},
		{`INSERT INTO scores VALUES (1, 0, 'scored', 1, NULL, NULL), (1, 1, 'scored', 0.1, 'far "apart"', '[{"start":1,"end":2,"note":"n"}]'),
			(1, 2, 'skipped', NULL, 'no json', NULL), (2, 0, 'failed', NULL, 'why', NULL)`, nil},
	} {
		if _, err := db.Exec(step.query, step.args...); err != nil {
			t.Fatalf("%.60s: %v", step.query, err)
		}
	}
	if _, err := db.Exec("PRAGMA application_id = " + strconv.Itoa(applicationID)); err != nil {
		t.Fatal(err)
	}
}

func TestFirstSchemaIsBroughtUpToDate(t *testing.T) {
	path := filepath.Join(t.TempDir(), "old.db")
	firstSchema(t, path)
	db := open(t, path)
	latency, tokens := 12.5, int64(3)
	want := []eval.Result{
		{Output: eval.Output{CaseID: "a", Text: "answer", LatencyMS: &latency, Usage: &eval.Usage{InputTokens: &tokens}}, Scores: []eval.Score{
			{Metric: "exact", Status: eval.Scored, Value: 1},
			{Metric: "near", Status: eval.Scored, Value: 0.1, Reason: `far "apart"`, Evidence: []eval.Span{{Start: 1, End: 2, Note: "n"}}},
			{Metric: "odd", Status: eval.Skipped, Reason: "no json"}}},
		{Output: eval.Output{CaseID: "a", Repeat: 1, Text: "answer"}, Scores: []eval.Score{{Metric: "exact", Status: eval.Failed, Reason: "why"}}},
	}
	for repeat, w := range want {
		_, got, err := db.Result(t.Context(), "20260101-aaaa", "a", repeat)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(w, got); d != "" {
			t.Errorf("repeat %d: %s", repeat, d)
		}
	}
	// The view shows the same to whoever looks with SQL.
	var n int
	var value float64
	var reason, note string
	err := db.db.QueryRow(`SELECT (SELECT count(*) FROM scores), value, reason, evidence ->> '$[0].note' FROM scores WHERE metric = 1 AND repeat = 0`).Scan(&n, &value, &reason, &note)
	if err != nil || n != 4 || value != 0.1 || reason != `far "apart"` || note != "n" {
		t.Errorf("the view has %d scores, %v %q %q (%v)", n, value, reason, note, err)
	}
	var status string
	if err := db.db.QueryRow(`SELECT status FROM scores WHERE metric = 2 AND value IS NULL`).Scan(&status); err != nil || status != "skipped" {
		t.Errorf("status %q (%v)", status, err)
	}
}

func FuzzEachScore(f *testing.F) {
	for _, s := range []string{`{}`, `{"0":1,"12":0.25,"3":"skipped"}`, `{"0":}`, `{"0":1`, `{"":1}`, `{"0":"scored"}`, ``, `{"0":1e-300,"1":-0}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		var scores []eval.Score
		ordinals := map[string]int{}
		err := eachScore(b, func(metric int, status eval.Status, value float64) {
			name := strconv.Itoa(metric)
			ordinals[name] = metric
			scores = append(scores, eval.Score{Metric: name, Status: status, Value: value})
		})
		if err != nil {
			return
		}
		again, _, err := encodeScores(scores, ordinals)
		if err != nil {
			t.Fatal(err)
		}
		i := 0
		if err := eachScore([]byte(again), func(metric int, status eval.Status, value float64) {
			if s := scores[i]; s.Metric != strconv.Itoa(metric) || s.Status != status || s.Value != value {
				t.Fatalf("%q: score %d came back as %v %v", b, i, status, value)
			}
			i++
		}); err != nil || i != len(scores) {
			t.Fatalf("%q was written as %q: %v", b, again, err)
		}
	})
}
