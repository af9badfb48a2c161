package store

import (
	"context"
	"database/sql"
)

// CallMeans says what the calls of a run took on average; a mean is nil where no
// output says so.
type CallMeans struct {
	Calls        int // outputs stored, failed ones among them
	LatencyMS    *float64
	CostUSD      *float64
	InputTokens  *float64
	OutputTokens *float64
}

// Calls counts the outputs that a run stores, and those of them that are failed
// calls.
func (s *DB) Calls(ctx context.Context, runID string) (outputs, failed int, err error) {
	err = s.db.QueryRowContext(ctx, "SELECT count(*), coalesce(sum(failed), 0) FROM outputs WHERE run = (SELECT number FROM runs WHERE id = ?)", runID).
		Scan(&outputs, &failed)
	if err != nil {
		return 0, 0, s.explain(err)
	}
	return outputs, failed, nil
}

// CallMeans averages over all outputs of a run that hold a figure.
func (s *DB) CallMeans(ctx context.Context, runID string) (CallMeans, error) {
	var m CallMeans
	var latency, cost, in, out sql.NullFloat64
	err := s.db.QueryRowContext(ctx, `SELECT count(*), avg(latency_ms), avg(cost_usd), avg(input_tokens), avg(output_tokens)
		FROM outputs WHERE run = (SELECT number FROM runs WHERE id = ?)`, runID).Scan(&m.Calls, &latency, &cost, &in, &out)
	if err != nil {
		return m, s.explain(err)
	}
	for _, f := range []struct {
		from sql.NullFloat64
		to   **float64
	}{{latency, &m.LatencyMS}, {cost, &m.CostUSD}, {in, &m.InputTokens}, {out, &m.OutputTokens}} {
		if f.from.Valid {
			v := f.from.Float64
			*f.to = &v
		}
	}
	return m, nil
}
