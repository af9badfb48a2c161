package store

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"holdtrue/eval"
)

// NewRun stores a run that starts now and gives it its id: ten characters of
// lower-case Crockford base 32, at random.
func (s *DB) NewRun(ctx context.Context, run *eval.Run) error {
	id, err := newID()
	if err != nil {
		return err
	}
	run.ID, run.Status = id, eval.Running
	lineage, err := json.Marshal(orEmpty(run.Lineage))
	if err != nil {
		return err
	}
	return s.inTx(ctx, func(tx *sql.Tx) error {
		res, err := tx.ExecContext(ctx, `INSERT INTO runs (id, suite, suite_hash, agent, version, kind, started, status, cases, repeats, seed, selection, lineage)
			VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?)`, run.ID, run.Suite, run.SuiteHash, run.Agent, run.Version, run.Kind,
			run.Started.UnixMilli(), string(run.Status), run.Cases, run.Repeats, int64(run.Seed), run.Selection, string(lineage))
		if err != nil {
			return err
		}
		number, err := res.LastInsertId()
		if err != nil {
			return err
		}
		for i, m := range run.Metrics {
			if _, err := tx.ExecContext(ctx, `INSERT INTO metrics (run, ordinal, name, scorer, version, args, scale, unit, better, gate, margin, per_case, survey, standard)
				VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?)`, number, i, m.Name, m.Scorer, m.Version, string(m.Args), string(m.Scale), m.Unit,
				string(m.Better), m.Gate, m.Margin, m.PerCase, m.Survey, m.Standard); err != nil {
				return fmt.Errorf("metric %s: %w", m.Name, err)
			}
		}
		return noteStopEarly(ctx, tx, number, run.StopEarly)
	})
}

func orEmpty(m map[string]string) map[string]string {
	if m == nil {
		return map[string]string{}
	}
	return m
}

const crockford = "0123456789abcdefghjkmnpqrstvwxyz"

func newID() (string, error) {
	var b [idLength]byte
	if _, err := rand.Read(b[:]); err != nil {
		return "", err
	}
	for i := range b {
		b[i] = crockford[b[i]%32]
	}
	return string(b[:]), nil
}

const idLength = 10

// Finish marks a run complete. It refuses while a planned output is missing, so
// that a run is complete only by its last write.
func (s *DB) Finish(ctx context.Context, runID string, finished time.Time, lineage map[string]string) error {
	return s.inTx(ctx, func(tx *sql.Tx) error { return finish(ctx, tx, runID, finished, lineage) })
}

func finish(ctx context.Context, tx *sql.Tx, runID string, finished time.Time, lineage map[string]string) error {
	var number int64
	var planned, have int
	var old string
	err := tx.QueryRowContext(ctx, `SELECT number, cases * repeats, lineage, (SELECT count(*) FROM outputs WHERE run = number) FROM runs WHERE id = ?`, runID).
		Scan(&number, &planned, &old, &have)
	if err != nil {
		return err
	}
	if have != planned {
		return fmt.Errorf("run %s has %d of %d planned outputs and cannot be finished", runID, have, planned)
	}
	merged := map[string]string{}
	if err := json.Unmarshal([]byte(old), &merged); err != nil {
		return err
	}
	for k, v := range lineage {
		merged[k] = v
	}
	text, err := json.Marshal(merged)
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, `UPDATE runs SET status = 'complete', finished = ?, lineage = ? WHERE number = ?`, finished.UnixMilli(), string(text), number)
	return err
}

// Filter chooses runs; zero fields choose all.
type Filter struct {
	Suite, Agent string
	Status       eval.RunStatus
	Limit        int
}

// RunInfo is a run with what is stored of it.
type RunInfo struct {
	Run     eval.Run
	Outputs int
	Failed  int // outputs whose call failed
	Pins    []string
}

// Runs lists runs, newest first.
func (s *DB) Runs(ctx context.Context, f Filter) ([]RunInfo, error) {
	var where []string
	var args []any
	for _, c := range []struct{ column, value string }{{"suite", f.Suite}, {"agent", f.Agent}, {"status", string(f.Status)}} {
		if c.value != "" {
			where = append(where, c.column+" = ?")
			args = append(args, c.value)
		}
	}
	query := "SELECT " + runColumns + " FROM runs"
	if len(where) > 0 {
		query += " WHERE " + strings.Join(where, " AND ")
	}
	query += newestFirst
	if f.Limit > 0 {
		query += fmt.Sprintf(" LIMIT %d", f.Limit)
	}
	runs, err := s.queryRuns(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	pins, err := s.Pins(ctx)
	if err != nil {
		return nil, err
	}
	infos := make([]RunInfo, len(runs))
	for i, r := range runs {
		infos[i].Run = r
		if err := s.db.QueryRowContext(ctx, `SELECT count(*), coalesce(sum(failed), 0) FROM outputs WHERE run = (SELECT number FROM runs WHERE id = ?)`, r.ID).
			Scan(&infos[i].Outputs, &infos[i].Failed); err != nil {
			return nil, s.explain(err)
		}
		for _, p := range pins {
			if p.RunID == r.ID {
				infos[i].Pins = append(infos[i].Pins, p.Name)
			}
		}
	}
	return infos, nil
}

const runColumns = "number, id, suite, suite_hash, agent, version, kind, started, finished, status, cases, repeats, seed, selection, lineage," +
	"(SELECT text FROM notes WHERE notes.run = runs.number AND notes.name = '" + noteStopEarlyName + "')"

// queryRuns reads runs with their metrics.
func (s *DB) queryRuns(ctx context.Context, query string, args ...any) (runs []eval.Run, err error) {
	rows, err := s.db.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, s.explain(err)
	}
	defer rows.Close()
	var numbers []int64
	for rows.Next() {
		var r eval.Run
		var number, started, seed int64
		var finished sql.NullInt64
		var lineage string
		var stopEarly sql.NullString
		if err := rows.Scan(&number, &r.ID, &r.Suite, &r.SuiteHash, &r.Agent, &r.Version, &r.Kind, &started, &finished,
			&r.Status, &r.Cases, &r.Repeats, &seed, &r.Selection, &lineage, &stopEarly); err != nil {
			return nil, s.explain(err)
		}
		r.Started, r.Seed = time.UnixMilli(started).UTC(), uint64(seed)
		if finished.Valid {
			r.Finished = time.UnixMilli(finished.Int64).UTC()
		}
		if err := json.Unmarshal([]byte(lineage), &r.Lineage); err != nil {
			return nil, fmt.Errorf("store %s: run %s: lineage: %w", s.path, r.ID, err)
		}
		if stopEarly.Valid {
			if err := json.Unmarshal([]byte(stopEarly.String), &r.StopEarly); err != nil {
				return nil, fmt.Errorf("store %s: run %s: %s: %w", s.path, r.ID, noteStopEarlyName, err)
			}
		}
		runs = append(runs, r)
		numbers = append(numbers, number)
	}
	if err := rows.Err(); err != nil {
		return nil, s.explain(err)
	}
	for i := range runs {
		if runs[i].Metrics, err = s.metrics(ctx, numbers[i]); err != nil {
			return nil, err
		}
	}
	return runs, nil
}

func (s *DB) metrics(ctx context.Context, number int64) ([]eval.Metric, error) {
	rows, err := s.db.QueryContext(ctx, `SELECT name, scorer, version, args, scale, unit, better, gate, margin, per_case, survey, standard FROM metrics WHERE run = ? ORDER BY ordinal`, number)
	if err != nil {
		return nil, s.explain(err)
	}
	defer rows.Close()
	var metrics []eval.Metric
	for rows.Next() {
		var m eval.Metric
		var args string
		if err := rows.Scan(&m.Name, &m.Scorer, &m.Version, &args, &m.Scale, &m.Unit, &m.Better, &m.Gate, &m.Margin, &m.PerCase, &m.Survey, &m.Standard); err != nil {
			return nil, s.explain(err)
		}
		if args != "" {
			m.Args = json.RawMessage(args)
		}
		metrics = append(metrics, m)
	}
	if err := rows.Err(); err != nil {
		return nil, s.explain(err)
	}
	return metrics, nil
}

// SetNote keeps a text with a run under a name, such as "stderr", in place of
// the one that was there.
func (s *DB) SetNote(ctx context.Context, runID, name, text string) error {
	_, err := s.db.ExecContext(ctx, `INSERT INTO notes (run, name, text) SELECT number, ?, ? FROM runs WHERE id = ?
		ON CONFLICT (run, name) DO UPDATE SET text = excluded.text`, name, strings.ToValidUTF8(text, "\ufffd"), runID)
	if err != nil {
		return s.explain(err)
	}
	return nil
}

// Note is the text kept with a run under a name, "" if there is none.
func (s *DB) Note(ctx context.Context, runID, name string) (text string, err error) {
	err = s.db.QueryRowContext(ctx, `SELECT text FROM notes WHERE name = ? AND run = (SELECT number FROM runs WHERE id = ?)`, name, runID).Scan(&text)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	if err != nil {
		return "", s.explain(err)
	}
	return text, nil
}
