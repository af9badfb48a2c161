package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// Comparison is what is kept of a comparison: enough to make it again.
type Comparison struct {
	Baseline, Candidate string // run ids
	Created             time.Time
	Options             json.RawMessage
	Verdict             string
	ExitCode            int
}

// SaveComparison records that two runs were compared.
func (s *DB) SaveComparison(ctx context.Context, c Comparison) error {
	_, err := s.db.ExecContext(ctx, `INSERT INTO comparisons (baseline, candidate, created, options, verdict, exit_code)
		VALUES ((SELECT number FROM runs WHERE id = ?), (SELECT number FROM runs WHERE id = ?), ?, ?, ?, ?)`,
		c.Baseline, c.Candidate, c.Created.UnixMilli(), string(c.Options), c.Verdict, c.ExitCode)
	if err != nil {
		return s.explain(err)
	}
	return nil
}

// LatestComparison is the one that was recorded last.
func (s *DB) LatestComparison(ctx context.Context) (Comparison, error) {
	return s.latestComparison(ctx, "true")
}

// LatestOf is the one that was recorded last of two runs, each on its side.
func (s *DB) LatestOf(ctx context.Context, baseline, candidate string) (Comparison, error) {
	return s.latestComparison(ctx, "b.id = ? AND n.id = ?", baseline, candidate)
}

func (s *DB) latestComparison(ctx context.Context, which string, args ...any) (c Comparison, err error) {
	var created int64
	var options string
	err = s.db.QueryRowContext(ctx, `SELECT b.id, n.id, c.created, c.options, c.verdict, c.exit_code FROM comparisons c
		JOIN runs b ON b.number = c.baseline JOIN runs n ON n.number = c.candidate WHERE `+which+` ORDER BY c.number DESC LIMIT 1`, args...).
		Scan(&c.Baseline, &c.Candidate, &created, &options, &c.Verdict, &c.ExitCode)
	if errors.Is(err, sql.ErrNoRows) {
		return c, fmt.Errorf("a comparison: %w", ErrNotFound)
	}
	if err != nil {
		return c, s.explain(err)
	}
	c.Created, c.Options = time.UnixMilli(created).UTC(), json.RawMessage(options)
	return c, nil
}

// ComparedSince counts the comparisons with a baseline since a time.
func (s *DB) ComparedSince(ctx context.Context, baseline string, since time.Time) (n int, err error) {
	err = s.db.QueryRowContext(ctx, `SELECT count(*) FROM comparisons WHERE created > ? AND baseline = (SELECT number FROM runs WHERE id = ?)`,
		since.UnixMilli(), baseline).Scan(&n)
	if err != nil {
		return 0, s.explain(err)
	}
	return n, nil
}
