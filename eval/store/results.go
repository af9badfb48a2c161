package store

import (
	"context"
	"database/sql"
	"iter"
	"time"

	"holdtrue/eval"
)

// Results streams the results of a run whole, in the order of Rows.
func (s *DB) Results(ctx context.Context, run eval.Run) iter.Seq2[eval.Result, error] {
	return func(yield func(eval.Result, error) bool) {
		rows, err := s.db.QueryContext(ctx, `SELECT c.key, o.repeat, o.latency_ms, o.first_token_ms, o.input_tokens, o.output_tokens, o.cost_usd,
			o.response, o.cached, o.started, o.trace, o.scores, o.reasons, t.hash, t.size, t.codec, t.data, l.hash, l.size, l.codec, l.data
			FROM outputs o JOIN cases c ON c.id = o.case_id JOIN bodies t ON t.id = o.text LEFT JOIN bodies l ON l.id = o.log
			WHERE o.run = (SELECT number FROM runs WHERE id = ?) ORDER BY o.case_id, o.repeat`, run.ID)
		if err != nil {
			yield(eval.Result{}, s.explain(err))
			return
		}
		defer rows.Close()
		for rows.Next() {
			r, err := s.readResult(rows, &run)
			if err != nil {
				err = s.explain(err)
			}
			if !yield(r, err) || err != nil {
				return
			}
		}
		if err := rows.Err(); err != nil {
			yield(eval.Result{}, s.explain(err))
		}
	}
}

func (s *DB) readResult(rows *sql.Rows, run *eval.Run) (r eval.Result, err error) {
	o := &r.Output
	var usage eval.Usage
	var started, logSize sql.NullInt64
	var scores string
	var reasons, logCodec sql.NullString
	var text, log body
	var textHash, logHash []byte
	if err := rows.Scan(&o.CaseID, &o.Repeat, &o.LatencyMS, &o.FirstTokenMS, &usage.InputTokens, &usage.OutputTokens, &usage.CostUSD,
		&o.ResponseID, &o.Cached, &started, &o.TraceID, &scores, &reasons, &textHash, &text.size, &text.codec, &text.data,
		&logHash, &logSize, &logCodec, &log.data); err != nil {
		return r, err
	}
	if started.Valid {
		o.Started = time.UnixMilli(started.Int64).UTC()
	}
	if usage != (eval.Usage{}) {
		o.Usage = &usage
	}
	copy(text.hash[:], textHash)
	plain, err := s.pack.unpack(text)
	if err != nil {
		return r, err
	}
	o.Text = string(plain)
	if logSize.Valid {
		copy(log.hash[:], logHash)
		log.size, log.codec = int(logSize.Int64), logCodec.String
		if plain, err = s.pack.unpack(log); err != nil {
			return r, err
		}
		if err := readLog(o, plain); err != nil {
			return r, err
		}
	}
	r.Scores, err = scoresOf(run, scores, reasons.String)
	return r, err
}
