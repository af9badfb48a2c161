package store

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"holdtrue/eval"
)

// rowsOf reads the rows of a run as a comparison does, feedback up to a number.
func rowsOf(t *testing.T, db *DB, run eval.Run, upTo *int64) (eval.Run, []eval.Row) {
	t.Helper()
	judged, rows, err := db.Judged(t.Context(), run, upTo)
	if err != nil {
		t.Fatal(err)
	}
	var list []eval.Row
	for row, err := range rows {
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, row)
	}
	return judged, list
}

func refs(t *testing.T, db *DB, run string) []OutputRef {
	t.Helper()
	var list []OutputRef
	for o, err := range db.Outputs(t.Context(), run) {
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, o)
	}
	return list
}

func TestFeedbackStandsBesideTheScores(t *testing.T) {
	db := open(t, filepath.Join(t.TempDir(), "f.db"))
	run, other := newRun(t, db, "bot", "1", 2, 1), newRun(t, db, "bot", "2", 1, 1)
	a, b, c := entry("a", 0, "x"), entry("b", 0, "y"), entry("a", 0, "z")
	a.Result.Output.ResponseID, a.Result.Output.TraceID = "r1", "0af7651916cd43dd8448eb211c80319c"
	for id, entries := range map[string][]Entry{run.ID: {a, b}, other.ID: {c}} {
		if _, err := db.Append(t.Context(), id, entries); err != nil {
			t.Fatal(err)
		}
	}
	_, before := rowsOf(t, db, run, nil)
	if got := refs(t, db, ""); len(got) != 3 || got[0].Run != other.ID || got[1].Response != "r1" || got[1].Trace != a.Result.Output.TraceID {
		t.Fatalf("outputs %+v", got)
	}
	of := refs(t, db, run.ID)
	said := func(o OutputRef, v *float64, author string, at int64) SaidOf {
		s := SaidOf{Of: o, Said: eval.Said{Value: v, As: "up", Author: author, Comment: "c"}}
		if at > 0 {
			s.Said.At = time.UnixMilli(at).UTC()
		}
		return s
	}
	first := []SaidOf{said(of[0], new(1.0), "anna", 5), said(of[0], new(0.0), "", 0), said(of[1], nil, "", 0)}
	for _, want := range []int{3, 0} { // twice is once
		if n, err := db.AddFeedback(t.Context(), first); err != nil || n != want {
			t.Fatalf("added %d (%v), want %d", n, err, want)
		}
	}
	last, err := db.LastFeedback(t.Context())
	if err != nil || last != 3 {
		t.Fatalf("last %d (%v)", last, err)
	}
	judged, rows := rowsOf(t, db, run, nil)
	m, ok := judged.Metric(eval.FeedbackMetric)
	if !ok || m.Gate || !m.Standard || len(run.Metrics) != 2 {
		t.Errorf("metric %+v", m)
	}
	if got := rows[0].Scores; len(got) != 3 || got[2] != (eval.RowScore{Metric: 2, Status: eval.Scored, Value: 0.5}) {
		t.Errorf("scores of an output with feedback: %+v", got)
	}
	if len(rows[1].Scores) != 2 {
		t.Errorf("a comment alone is no score: %+v", rows[1].Scores)
	}
	// Anna changes her mind: her last word counts, and the time before is still known.
	if _, err := db.AddFeedback(t.Context(), []SaidOf{said(of[0], new(0.2), "anna", 9)}); err != nil {
		t.Fatal(err)
	}
	_, now := rowsOf(t, db, run, nil)
	_, then := rowsOf(t, db, run, &last)
	if now[0].Scores[2].Value != 0.1 || then[0].Scores[2].Value != 0.5 {
		t.Errorf("now %+v, then %+v", now[0].Scores, then[0].Scores)
	}
	none := int64(0)
	if same, rows := rowsOf(t, db, run, &none); cmp.Diff(run, same) != "" || cmp.Diff(before, rows) != "" {
		t.Error("what is stored of the run has changed")
	}
	if _, rows := rowsOf(t, db, other, nil); len(rows[0].Scores) != 2 {
		t.Errorf("feedback on another run: %+v", rows[0].Scores)
	}
	list, err := db.Feedback(t.Context(), run.ID, "a", 0)
	if err != nil || len(list) != 3 || list[0].Author != "anna" || list[0].At != time.UnixMilli(5).UTC() || list[0].Imported.IsZero() {
		t.Errorf("feedback %+v (%v)", list, err)
	}
}

// TestFeedbackOfASuiteThatNamesIt fills the suite's own metric, and leaves one
// alone that only has the same name.
func TestFeedbackOfASuiteThatNamesIt(t *testing.T) {
	for scorer, want := range map[string]float64{eval.FeedbackMetric: 0.25, "label": 1} {
		db := open(t, filepath.Join(t.TempDir(), scorer+".db"))
		run := eval.Run{Suite: "s", SuiteHash: "h", Agent: "bot", Started: time.Now(), Cases: 1, Repeats: 1,
			Metrics: []eval.Metric{{Name: eval.FeedbackMetric, Scorer: scorer, Version: "1", Scale: eval.Unit, Better: eval.Higher, Gate: true}}}
		if err := db.NewRun(t.Context(), &run); err != nil {
			t.Fatal(err)
		}
		e := entry("a", 0, "x")
		e.Result.Scores = []eval.Score{{Metric: eval.FeedbackMetric, Status: eval.Scored, Value: 1}}
		if _, err := db.Append(t.Context(), run.ID, []Entry{e}); err != nil {
			t.Fatal(err)
		}
		if _, err := db.AddFeedback(t.Context(), []SaidOf{{Of: refs(t, db, run.ID)[0], Said: eval.Said{Value: new(0.25)}}}); err != nil {
			t.Fatal(err)
		}
		judged, rows := rowsOf(t, db, run, nil)
		if len(judged.Metrics) != 1 || !judged.Metrics[0].Gate || len(rows[0].Scores) != 1 || rows[0].Scores[0].Value != want {
			t.Errorf("scorer %s: %+v %+v", scorer, judged.Metrics, rows[0].Scores)
		}
	}
}
