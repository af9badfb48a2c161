package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"iter"
	"time"

	"holdtrue/eval"
	"holdtrue/eval/wire"
)

// stored is a result as the file keeps it: the case as one line, and the rest.
type stored struct {
	caseID   int64
	caseLine []byte
	caseHash string
	output   eval.Output
	scores   []eval.Score
}

// storedQuery reads results whole, in the order in which their cases were first
// stored.
const storedQuery = `SELECT o.case_id, c.key, c.hash, cb.hash, cb.size, cb.codec, cb.data, tb.hash, tb.size, tb.codec, tb.data, lb.hash, lb.size, lb.codec, lb.data,
	o.repeat, o.latency_ms, o.first_token_ms, o.input_tokens, o.output_tokens, o.cost_usd, o.response, o.cached, o.started, o.trace, o.scores, o.reasons
	FROM outputs o JOIN cases c ON c.id = o.case_id JOIN bodies cb ON cb.id = c.body JOIN bodies tb ON tb.id = o.text LEFT JOIN bodies lb ON lb.id = o.log
	WHERE o.run = (SELECT number FROM runs WHERE id = ?)`

// Results streams the results of a run whole, in the order of Rows.
func (s *DB) Results(ctx context.Context, run eval.Run) iter.Seq2[eval.Result, error] {
	return func(yield func(eval.Result, error) bool) {
		for st, err := range s.results(ctx, &run) {
			if err != nil {
				yield(eval.Result{}, err)
				return
			}
			if !yield(eval.Result{Output: st.output, Scores: st.scores}, nil) {
				return
			}
		}
	}
}

// results streams the results of a run whole. What is given is the caller's.
func (s *DB) results(ctx context.Context, run *eval.Run) iter.Seq2[*stored, error] {
	return func(yield func(*stored, error) bool) {
		rows, err := s.db.QueryContext(ctx, storedQuery+" ORDER BY o.case_id, o.repeat", run.ID)
		if err != nil {
			yield(nil, s.explain(err))
			return
		}
		defer rows.Close()
		var last *stored
		for rows.Next() {
			st, err := s.readStored(rows, run, last)
			if err != nil {
				yield(nil, s.explain(err))
				return
			}
			if !yield(st, nil) {
				return
			}
			last = st
		}
		if err := rows.Err(); err != nil {
			yield(nil, s.explain(err))
		}
	}
}

// readStored reads one row; the case is taken from the last one where it is the
// same.
func (s *DB) readStored(rows *sql.Rows, run *eval.Run, last *stored) (*stored, error) {
	st := &stored{}
	o := &st.output
	var caseBody, text body
	var log struct {
		hash, data []byte
		size       sql.NullInt64
		codec      sql.NullString
	}
	var caseSum, textSum []byte
	var usage eval.Usage
	var started sql.NullInt64
	var scores string
	var reasons sql.NullString
	if err := rows.Scan(&st.caseID, &o.CaseID, &st.caseHash, &caseSum, &caseBody.size, &caseBody.codec, &caseBody.data,
		&textSum, &text.size, &text.codec, &text.data, &log.hash, &log.size, &log.codec, &log.data,
		&o.Repeat, &o.LatencyMS, &o.FirstTokenMS, &usage.InputTokens, &usage.OutputTokens, &usage.CostUSD, &o.ResponseID, &o.Cached, &started, &o.TraceID,
		&scores, &reasons); err != nil {
		return nil, err
	}
	if started.Valid {
		o.Started = time.UnixMilli(started.Int64).UTC()
	}
	if usage != (eval.Usage{}) {
		o.Usage = &usage
	}
	copy(caseBody.hash[:], caseSum)
	copy(text.hash[:], textSum)
	var err error
	if last != nil && last.caseID == st.caseID {
		st.caseLine = last.caseLine
	} else if st.caseLine, err = s.pack.unpack(caseBody); err != nil {
		return nil, fmt.Errorf("case %s: %w", o.CaseID, err)
	}
	plain, err := s.pack.unpack(text)
	if err != nil {
		return nil, fmt.Errorf("case %s: %w", o.CaseID, err)
	}
	o.Text = string(plain)
	if log.size.Valid {
		b := body{size: int(log.size.Int64), codec: log.codec.String, data: log.data}
		copy(b.hash[:], log.hash)
		if plain, err = s.pack.unpack(b); err != nil {
			return nil, fmt.Errorf("case %s: %w", o.CaseID, err)
		}
		if err := setLog(o, plain); err != nil {
			return nil, fmt.Errorf("case %s: %w", o.CaseID, err)
		}
	}
	st.scores, err = scoresOf(run, scores, reasons.String)
	return st, err
}

// Replayed reads the answer of a run to a case and repeat, with the case as it
// was asked then; false where there is none.
func (s *DB) Replayed(ctx context.Context, runID, caseID string, repeat int) (asked eval.Case, o eval.Output, found bool, err error) {
	rows, err := s.db.QueryContext(ctx, storedQuery+" AND o.case_id IN (SELECT id FROM cases WHERE key = ?) AND o.repeat = ?", runID, caseID, repeat)
	if err != nil {
		return asked, o, false, s.explain(err)
	}
	defer rows.Close()
	if !rows.Next() {
		if err := rows.Err(); err != nil {
			return asked, o, false, s.explain(err)
		}
		return asked, o, false, nil
	}
	st, err := s.readStored(rows, nil, nil)
	if err != nil {
		return asked, o, false, s.explain(err)
	}
	if err := errors.Join(rows.Err(), rows.Close()); err != nil {
		return asked, o, false, s.explain(err)
	}
	asked, err = wire.DecodeCase(st.caseLine, eval.Pos{File: s.path})
	return asked, st.output, err == nil, err
}
