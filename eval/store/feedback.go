package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"fmt"
	"iter"
	"time"

	"holdtrue/eval"
)

// OutputRef names a stored output, and what else it is known by.
type OutputRef struct {
	Run      string
	CaseID   string
	Repeat   int
	Response string // the provider's id, "" if there is none
	Trace    string // of the trace that it was read from, "" if it was not
	number   int64  // of the run
	caseID   int64
}

// Outputs streams what the outputs of runs are known by, newest run first; of
// all runs if none is named.
func (s *DB) Outputs(ctx context.Context, runID string) iter.Seq2[OutputRef, error] {
	return func(yield func(OutputRef, error) bool) {
		rows, err := s.db.QueryContext(ctx, `SELECT r.id, o.run, o.case_id, c.key, o.repeat, o.response, o.trace FROM outputs o
			JOIN runs r ON r.number = o.run JOIN cases c ON c.id = o.case_id
			WHERE ?1 = '' OR r.id = ?1 ORDER BY o.run DESC, o.case_id, o.repeat`, runID)
		if err != nil {
			yield(OutputRef{}, s.explain(err))
			return
		}
		defer rows.Close()
		for rows.Next() {
			var o OutputRef
			if err := rows.Scan(&o.Run, &o.number, &o.caseID, &o.CaseID, &o.Repeat, &o.Response, &o.Trace); err != nil {
				yield(OutputRef{}, s.explain(err))
				return
			}
			if !yield(o, nil) {
				return
			}
		}
		if err := rows.Err(); err != nil {
			yield(OutputRef{}, s.explain(err))
		}
	}
}

// SaidOf is feedback on a stored output.
type SaidOf struct {
	Of   OutputRef // as Outputs gives it
	Said eval.Said
}

// AddFeedback stores feedback in one transaction and gives how much of it was
// new. What is stored already, to the last word, is left as it is, so that
// importing a file twice is harmless. Scores are not touched.
func (s *DB) AddFeedback(ctx context.Context, list []SaidOf) (added int, err error) {
	now := s.now().UnixMilli()
	err = s.inTx(ctx, func(tx *sql.Tx) error {
		st, err := tx.PrepareContext(ctx, `INSERT INTO feedback (identity, run, case_id, repeat, value, said, comment, author, at, imported)
			VALUES (?,?,?,?,?,?,?,?,?,?) ON CONFLICT (identity) DO NOTHING`)
		if err != nil {
			return err
		}
		defer st.Close()
		for _, f := range list {
			var at *int64
			if !f.Said.At.IsZero() {
				at = new(f.Said.At.UnixMilli())
			}
			res, err := st.ExecContext(ctx, f.identity(), f.Of.number, f.Of.caseID, f.Of.Repeat, f.Said.Value, f.Said.As, f.Said.Comment, f.Said.Author, at, now)
			if err != nil {
				return fmt.Errorf("feedback on case %s: %w", f.Of.CaseID, err)
			}
			n, err := res.RowsAffected()
			if err != nil {
				return err
			}
			added += int(n)
		}
		return nil
	})
	if err != nil {
		return 0, err
	}
	return added, nil
}

// identity tells what was said apart from anything else that was.
func (f *SaidOf) identity() []byte {
	value, at := "", ""
	if f.Said.Value != nil {
		value = fmt.Sprint(*f.Said.Value)
	}
	if !f.Said.At.IsZero() {
		at = fmt.Sprint(f.Said.At.UnixMilli())
	}
	sum := sha256.Sum256(fmt.Appendf(nil, "%s %q %d %s %q %q %q %s", f.Of.Run, f.Of.CaseID, f.Of.Repeat, value, f.Said.As, f.Said.Comment, f.Said.Author, at))
	return sum[:16]
}

// Feedback lists what was said of one output, in the order of import.
func (s *DB) Feedback(ctx context.Context, runID, caseID string, repeat int) ([]eval.Said, error) {
	var list []eval.Said
	err := s.eachSaid(ctx, `f.run = (SELECT number FROM runs WHERE id = ?) AND f.repeat = ? AND f.case_id IN (SELECT id FROM cases WHERE key = ?)`,
		func(_ answerOf, said eval.Said) { list = append(list, said) }, runID, repeat, caseID)
	return list, err
}

// LastFeedback is the number of the feedback that was stored last, 0 if there is
// none. Later feedback has higher numbers.
func (s *DB) LastFeedback(ctx context.Context) (number int64, err error) {
	if err := s.db.QueryRowContext(ctx, "SELECT coalesce(max(number), 0) FROM feedback").Scan(&number); err != nil {
		return 0, s.explain(err)
	}
	return number, nil
}

// answerOf identifies an output of a run.
type answerOf struct {
	caseID, hash string
	repeat       int
}

func (s *DB) eachSaid(ctx context.Context, where string, see func(answerOf, eval.Said), args ...any) error {
	rows, err := s.db.QueryContext(ctx, `SELECT c.key, c.hash, f.repeat, f.value, f.said, f.comment, f.author, f.at, f.imported
		FROM feedback f JOIN cases c ON c.id = f.case_id WHERE `+where+` ORDER BY f.number`, args...)
	if err != nil {
		return s.explain(err)
	}
	defer rows.Close()
	for rows.Next() {
		var of answerOf
		var said eval.Said
		var at sql.NullInt64
		var imported int64
		if err := rows.Scan(&of.caseID, &of.hash, &of.repeat, &said.Value, &said.As, &said.Comment, &said.Author, &at, &imported); err != nil {
			return s.explain(err)
		}
		if at.Valid {
			said.At = time.UnixMilli(at.Int64).UTC()
		}
		said.Imported = time.UnixMilli(imported).UTC()
		see(of, said)
	}
	if err := rows.Err(); err != nil {
		return s.explain(err)
	}
	return nil
}

// Judged gives a run and its rows with what users have said since as the metric
// "feedback", in [0,1]. What is stored of the run is not touched: the metric is
// read anew each time, so that feedback which comes later counts.
//
// Where the run has a metric of that name already, because its suite asks for
// the scorer feedback, an output's value there gives way to what was imported,
// and the metric gates as the suite says. Otherwise it is added as one that every
// run has: compared where both sides have feedback, told when it changed, and
// without a part in the verdict. upTo, unless nil, leaves out what has a higher
// number: see LastFeedback.
//
// Note: a new run of the same answers with the feedback scored was the other way.
// It would be pooled with the first as if it were evidence of its own, and stand
// in a trend as one more night.
func (s *DB) Judged(ctx context.Context, run eval.Run, upTo *int64) (judged eval.Run, rows iter.Seq2[eval.Row, error], err error) {
	all := map[answerOf][]eval.Said{}
	const of = "f.run = (SELECT number FROM runs WHERE id = ?1) AND (?2 IS NULL OR f.number <= ?2)"
	if err := s.eachSaid(ctx, of, func(of answerOf, said eval.Said) { all[of] = append(all[of], said) }, run.ID, upTo); err != nil {
		return run, nil, err
	}
	stored := s.Rows(ctx, run.ID)
	if len(all) == 0 {
		return run, stored, nil
	}
	judged = run
	judged.Metrics = append([]eval.Metric{}, run.Metrics...)
	place := -1
	for i, m := range judged.Metrics {
		if m.Name == eval.FeedbackMetric {
			if m.Scorer != eval.FeedbackMetric {
				return run, stored, nil // the suite's own word for something else
			}
			place = i
		}
	}
	if place < 0 {
		place = len(judged.Metrics)
		judged.Metrics = append(judged.Metrics, eval.Metric{Name: eval.FeedbackMetric, Scorer: eval.FeedbackMetric, Version: "1",
			Scale: eval.Unit, Better: eval.Higher, Standard: true})
	}
	return judged, withSaid(stored, all, place), nil
}

// withSaid puts what was said into rows, as the metric at a place.
func withSaid(stored iter.Seq2[eval.Row, error], all map[answerOf][]eval.Said, place int) iter.Seq2[eval.Row, error] {
	return func(yield func(eval.Row, error) bool) {
		for row, err := range stored {
			if err == nil {
				if v, ok := eval.MeanSaid(all[answerOf{row.CaseID, row.CaseHash, row.Repeat}]); ok {
					row.Scores = judgedScores(row.Scores, eval.RowScore{Metric: place, Status: eval.Scored, Value: v})
				}
			}
			if !yield(row, err) {
				return
			}
		}
	}
}

func judgedScores(scores []eval.RowScore, said eval.RowScore) []eval.RowScore {
	for i := range scores {
		if scores[i].Metric == said.Metric {
			scores[i] = said
			return scores
		}
	}
	return append(scores, said)
}
