package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"iter"
)

// Spent is what the stored answers of a run say they cost, in US dollars, and
// how many of them say it.
func (s *DB) Spent(ctx context.Context, runID string) (usd float64, priced int, err error) {
	err = s.db.QueryRowContext(ctx, `SELECT coalesce(total(cost_usd), 0), count(cost_usd) FROM outputs
		WHERE run = (SELECT number FROM runs WHERE id = ?)`, runID).Scan(&usd, &priced)
	if err != nil {
		return 0, 0, s.explain(err)
	}
	return usd, priced, nil
}

// Failures streams the errors of the failed calls of a run.
func (s *DB) Failures(ctx context.Context, runID string) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		rows, err := s.db.QueryContext(ctx, `SELECT b.hash, b.size, b.codec, b.data FROM outputs o JOIN bodies b ON b.id = o.log
			WHERE o.run = (SELECT number FROM runs WHERE id = ?) AND o.failed ORDER BY o.case_id, o.repeat`, runID)
		if err != nil {
			yield("", s.explain(err))
			return
		}
		defer rows.Close()
		for rows.Next() {
			text, err := s.failure(rows)
			if err != nil {
				yield("", s.explain(err))
				return
			}
			if !yield(text, nil) {
				return
			}
		}
		if err := rows.Err(); err != nil {
			yield("", s.explain(err))
		}
	}
}

func (s *DB) failure(rows *sql.Rows) (string, error) {
	var b body
	var hash []byte
	if err := rows.Scan(&hash, &b.size, &b.codec, &b.data); err != nil {
		return "", err
	}
	copy(b.hash[:], hash)
	plain, err := s.pack.unpack(b)
	if err != nil {
		return "", err
	}
	var log struct {
		Err string `json:"error"`
	}
	if err := json.Unmarshal(plain, &log); err != nil {
		return "", fmt.Errorf("the stored log of a failed call: %w", err)
	}
	return log.Err, nil
}
