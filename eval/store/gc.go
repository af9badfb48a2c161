package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"holdtrue/eval"
)

// Keep says which runs a collection leaves. A run that either rule keeps stays,
// and whatever the rules, so do: pinned runs; the runs of the last comparison,
// earlier ones that were pooled with the baseline included; unfinished runs that
// are younger than goingOn, since somebody may be writing them, and what those
// are compared with meanwhile.
type Keep struct {
	Days int // runs that started in the last so many days; 0 is no rule
	Runs int // the newest so many complete runs of every suite and agent; 0 is no rule
}

// goingOn is how long an unfinished run is taken to be going on.
const goingOn = 7 * 24 * time.Hour

// Collected is what a collection dropped, or would drop.
type Collected struct {
	Dropped []eval.Run // newest first
	Kept    int
	Cases   int // that no run asks any more
	Texts   int // that nothing refers to any more
	Bytes   int64
}

// Collect drops the runs that nothing keeps and then the cases and texts that no
// run uses any more, in one transaction. With dry it finds out all the same and
// changes nothing. The file keeps its size: see Vacuum.
func (s *DB) Collect(ctx context.Context, keep Keep, dry bool) (done Collected, err error) {
	if keep.Days < 0 || keep.Runs < 0 || keep == (Keep{}) {
		return done, errors.New("a collection needs a rule")
	}
	err = s.unreferenced(ctx, func(conn *sql.Conn) error {
		tx, err := conn.BeginTx(ctx, nil)
		if err != nil {
			return err
		}
		defer tx.Rollback()
		numbers, err := s.chooseRuns(ctx, tx, keep, &done)
		if err != nil {
			return err
		}
		if err := dropRuns(ctx, tx, numbers); err != nil {
			return err
		}
		if err := sweep(ctx, tx, &done); err != nil {
			return err
		}
		if dry || len(numbers)+done.Cases+done.Texts == 0 {
			return nil
		}
		if _, err := tx.ExecContext(ctx, "INSERT INTO collections (collected, runs) VALUES (?, ?)", s.now().UnixMilli(), len(numbers)); err != nil {
			return err
		}
		return tx.Commit()
	})
	if err != nil {
		return Collected{}, s.explain(err)
	}
	return done, nil
}

// unreferenced runs f on a connection that does not look after references:
// SQLite would look through all outputs for every text that goes.
func (s *DB) unreferenced(ctx context.Context, f func(*sql.Conn) error) (err error) {
	conn, err := s.db.Conn(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, conn.Close()) }()
	if _, err := conn.ExecContext(ctx, "PRAGMA foreign_keys = off"); err != nil {
		return err
	}
	err = f(conn)
	if _, failed := conn.ExecContext(context.WithoutCancel(ctx), "PRAGMA foreign_keys = on"); failed != nil {
		// Nobody else may get a connection without references.
		conn.Raw(func(any) error { return driver.ErrBadConn })
	}
	return err
}

// chooseRuns finds the runs to be dropped.
func (s *DB) chooseRuns(ctx context.Context, tx *sql.Tx, keep Keep, done *Collected) (numbers []int64, err error) {
	kept, err := keptAnyway(ctx, tx)
	if err != nil {
		return nil, err
	}
	rows, err := tx.QueryContext(ctx, `SELECT number, id, suite, agent, version, started, status,
		(SELECT text FROM notes WHERE notes.run = runs.number AND name = ?) FROM runs`+newestFirst, noteStopEarlyName)
	if err != nil {
		return nil, err
	}
	type candidate struct {
		number int64
		run    eval.Run
	}
	var candidates []candidate
	newest := map[[2]string]int{}
	now := s.now()
	for rows.Next() {
		var c candidate
		var started int64
		var stop sql.NullString
		r := &c.run
		if err := rows.Scan(&c.number, &r.ID, &r.Suite, &r.Agent, &r.Version, &started, &r.Status, &stop); err != nil {
			return nil, errors.Join(err, rows.Close())
		}
		r.Started = time.UnixMilli(started).UTC()
		age := now.Sub(r.Started)
		stays := keep.Days > 0 && age < time.Duration(keep.Days)*24*time.Hour
		if r.Status == eval.Complete {
			of := [2]string{r.Suite, r.Agent}
			newest[of]++
			stays = stays || newest[of] <= keep.Runs
		} else if age < goingOn {
			stays = true
			kept[baselineOf(stop.String)] = true
		}
		if stays {
			done.Kept++
			continue
		}
		candidates = append(candidates, c)
	}
	if err := errors.Join(rows.Err(), rows.Close()); err != nil {
		return nil, err
	}
	for _, c := range candidates {
		if kept[c.run.ID] {
			done.Kept++
			continue
		}
		numbers = append(numbers, c.number)
		done.Dropped = append(done.Dropped, c.run)
	}
	return numbers, nil
}

// baselineOf is the run that a note of stopping early names.
func baselineOf(note string) string {
	var stop eval.StopEarly
	if note == "" || json.Unmarshal([]byte(note), &stop) != nil {
		return ""
	}
	return stop.Baseline
}

// keptAnyway is the ids of the runs that are pinned or belong to the last
// comparison.
func keptAnyway(ctx context.Context, tx *sql.Tx) (map[string]bool, error) {
	kept := map[string]bool{}
	rows, err := tx.QueryContext(ctx, "SELECT id FROM runs WHERE number IN (SELECT run FROM pins)")
	if err != nil {
		return nil, err
	}
	for rows.Next() {
		var id string
		if err := rows.Scan(&id); err != nil {
			return nil, errors.Join(err, rows.Close())
		}
		kept[id] = true
	}
	if err := errors.Join(rows.Err(), rows.Close()); err != nil {
		return nil, err
	}
	var base, cand, options string
	err = tx.QueryRowContext(ctx, `SELECT b.id, n.id, c.options FROM comparisons c JOIN runs b ON b.number = c.baseline
		JOIN runs n ON n.number = c.candidate ORDER BY c.number DESC LIMIT 1`).Scan(&base, &cand, &options)
	if errors.Is(err, sql.ErrNoRows) {
		return kept, nil
	}
	if err != nil {
		return nil, err
	}
	var pooled struct {
		Earlier []string `json:"earlier"`
	}
	if err := json.Unmarshal([]byte(options), &pooled); err != nil {
		return nil, fmt.Errorf("the options of the last comparison: %w", err)
	}
	for _, id := range append(pooled.Earlier, base, cand) {
		kept[id] = true
	}
	return kept, nil
}

// dropRuns deletes runs and every row that refers to one of them or to an output
// of one, which SQLite does not do on such a connection.
func dropRuns(ctx context.Context, tx *sql.Tx, numbers []int64) error {
	statements := []string{"DELETE FROM runs WHERE number = ?"}
	rows, err := tx.QueryContext(ctx, `SELECT s.name, f."from" FROM sqlite_schema s, pragma_foreign_key_list(s.name) f
		WHERE s.type = 'table' AND (f."table" = 'runs' OR f."table" = 'outputs' AND f."from" = 'run')`)
	if err != nil {
		return err
	}
	for rows.Next() {
		var table, column string
		if err := rows.Scan(&table, &column); err != nil {
			return errors.Join(err, rows.Close())
		}
		statements = append(statements, "DELETE FROM "+table+" WHERE "+column+" = ?")
	}
	if err := errors.Join(rows.Err(), rows.Close()); err != nil {
		return err
	}
	for _, number := range numbers {
		for _, statement := range statements {
			if _, err := tx.ExecContext(ctx, statement, number); err != nil {
				return err
			}
		}
	}
	return nil
}

// sweep drops cases and texts that nothing refers to. The last one of each stays,
// so that no id is ever given out twice: a reader may still hold one.
func sweep(ctx context.Context, tx *sql.Tx, done *Collected) error {
	res, err := tx.ExecContext(ctx, "DELETE FROM cases WHERE id NOT IN (SELECT case_id FROM outputs) AND id < (SELECT max(id) FROM cases)")
	if err != nil {
		return err
	}
	n, err := res.RowsAffected()
	if err != nil {
		return err
	}
	done.Cases = int(n)
	const unused = `FROM bodies WHERE id NOT IN (SELECT text FROM outputs UNION SELECT log FROM outputs WHERE log IS NOT NULL UNION SELECT body FROM cases)
		AND id < (SELECT max(id) FROM bodies)`
	if err := tx.QueryRowContext(ctx, "SELECT count(*), coalesce(sum(length(data)), 0) "+unused).Scan(&done.Texts, &done.Bytes); err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, "DELETE "+unused)
	return err
}

// Vacuum writes the file anew without the room that dropped runs left, and gives
// its size before and after, in bytes. It needs as much room again meanwhile.
func (s *DB) Vacuum(ctx context.Context) (before, after int64, err error) {
	if before, err = s.Size(); err != nil {
		return 0, 0, err
	}
	for _, statement := range []string{"VACUUM", "PRAGMA wal_checkpoint(TRUNCATE)"} {
		if _, err := s.db.ExecContext(ctx, statement); err != nil {
			return 0, 0, s.explain(err)
		}
	}
	after, err = s.Size()
	return before, after, err
}
