package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"holdtrue/eval"
)

// importBatch is how many answers are unpacked in one transaction.
const importBatch = 400

// Import takes a bundle in, under the id that its run has. The whole bundle is
// read, checked and unpacked into a store of its own in the system's temporary
// folder first, and then copied in one transaction: all of it is there, or
// nothing. A run that is there already is left as it is; another one with the
// same id is refused. name stands for the file in messages.
//
// The run counts as the newest of the store, being the one stored last.
func (s *DB) Import(ctx context.Context, r io.Reader, name string) (done Bundled, err error) {
	b, err := openBundle(r, name)
	if err != nil {
		return done, err
	}
	defer b.close()
	dir, err := os.MkdirTemp("", "holdtrue-import-*")
	if err != nil {
		return done, fmt.Errorf("%s: room to unpack it: %w", name, err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	path := filepath.Join(dir, "run.db")
	if err := s.unpackBundle(ctx, b, path); err != nil {
		return done, err
	}
	done = Bundled{Run: b.head.Run, Cases: b.cases, Outputs: b.outputs}
	return done, s.take(ctx, path, name, &done)
}

// unpackBundle fills a new store with the run of a bundle.
func (s *DB) unpackBundle(ctx context.Context, b *bundleReader, path string) (err error) {
	tmp, err := Open(ctx, path, Options{Now: s.now})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, tmp.Close()) }()
	run := b.head.Run
	if err := tmp.insertRun(ctx, &run); err != nil {
		return err
	}
	for name, text := range b.head.Notes {
		if name == noteStopEarlyName {
			return b.fault(1, "the note "+name+" belongs to the run", "")
		}
		if err := tmp.SetNote(ctx, run.ID, name, text); err != nil {
			return err
		}
	}
	var batch []Entry
	flush := func() error {
		stored, err := tmp.Append(ctx, run.ID, batch)
		if err == nil && stored != len(batch) {
			err = b.fault(0, fmt.Sprintf("an answer stands twice, near case %s", batch[len(batch)-1].Case.ID), "")
		}
		batch = batch[:0]
		return err
	}
	for {
		e, err := b.next()
		if err != nil {
			return err
		}
		if e == nil {
			break
		}
		if batch = append(batch, *e); len(batch) == importBatch {
			if err := flush(); err != nil {
				return err
			}
		}
	}
	if err := flush(); err != nil {
		return err
	}
	return tmp.finishImport(ctx, b, &run)
}

// finishImport gives the run the state it had, once it is all there.
func (s *DB) finishImport(ctx context.Context, b *bundleReader, run *eval.Run) error {
	return s.inTx(ctx, func(tx *sql.Tx) error {
		var twice string
		err := tx.QueryRowContext(ctx, "SELECT key FROM cases GROUP BY key HAVING count(*) > 1 LIMIT 1").Scan(&twice)
		if err == nil {
			return b.fault(0, fmt.Sprintf("the case %q stands twice", twice), "")
		}
		if !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		if run.Status != eval.Complete {
			return nil
		}
		if _, err := tx.ExecContext(ctx, "UPDATE runs SET status = 'complete', finished = ?", run.Finished.UnixMilli()); err != nil {
			return err
		}
		return sealRun(ctx, tx, 1)
	})
}

// take copies the one run of the store at path, unless it is there.
func (s *DB) take(ctx context.Context, path, name string, done *Bundled) error {
	known, err := s.byID(ctx, done.Run.ID)
	if err != nil {
		return err
	}
	if len(known) > 0 {
		done.Known = true
		return s.sameRun(ctx, &known[0], path, name)
	}
	conn, err := s.db.Conn(ctx)
	if err != nil {
		return s.explain(err)
	}
	defer conn.Close()
	if _, err := conn.ExecContext(ctx, "ATTACH ? AS incoming", fileURI(path)); err != nil {
		return s.explain(err)
	}
	err = merge(ctx, conn, done)
	_, detached := conn.ExecContext(context.WithoutCancel(ctx), "DETACH incoming")
	switch {
	case errors.Is(err, errTaken) && detached == nil: // by another process, meanwhile
		return s.take(ctx, path, name, done)
	case err != nil || detached != nil:
		return s.explain(errors.Join(err, detached))
	}
	return nil
}

// errTaken says that a run of the id is stored.
var errTaken = errors.New("the run is stored already")

// sameRun refuses another run under an id that is taken.
func (s *DB) sameRun(ctx context.Context, known *eval.Run, path, name string) error {
	tmp, err := Open(ctx, path, Options{MustExist: true})
	if err != nil {
		return err
	}
	defer tmp.Close()
	incoming, err := tmp.Run(ctx, known.ID)
	if err != nil {
		return err
	}
	theirs, err := tmp.content(ctx, &incoming)
	if err != nil {
		return err
	}
	ours, err := s.content(ctx, known)
	if err != nil || ours == theirs {
		return err
	}
	return &eval.InputError{Pos: eval.Pos{File: name}, Msg: fmt.Sprintf("another run with the id %s is stored already; what the two hold differs", known.ID),
		Hint: "holdtrue --store OTHER.db store import FILE takes it into a store of its own"}
}

// merge copies the run of the attached store in one transaction.
func merge(ctx context.Context, conn *sql.Conn, done *Bundled) error {
	tx, err := conn.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	var taken bool
	if err := tx.QueryRowContext(ctx, "SELECT count(*) FROM main.runs WHERE id = ?", done.Run.ID).Scan(&taken); err != nil || taken {
		return errors.Join(err, errTaken)
	}
	columns, err := mergeColumns(ctx, tx)
	if err != nil {
		return err
	}
	res, err := tx.ExecContext(ctx, "INSERT INTO main.runs ("+columns["runs"]+") SELECT "+columns["runs"]+" FROM incoming.runs")
	if err != nil {
		return err
	}
	number, err := res.LastInsertId()
	if err != nil {
		return err
	}
	for _, copied := range []string{
		"INSERT INTO main.metrics (run, " + columns["metrics"] + ") SELECT ?, " + columns["metrics"] + " FROM incoming.metrics",
		"INSERT INTO main.notes (run, " + columns["notes"] + ") SELECT ?, " + columns["notes"] + " FROM incoming.notes",
	} {
		if _, err := tx.ExecContext(ctx, copied, number); err != nil {
			return err
		}
	}
	for _, copied := range []string{
		`INSERT INTO main.bodies (hash, size, codec, data) SELECT hash, size, codec, data FROM incoming.bodies WHERE true ORDER BY id ON CONFLICT DO NOTHING`,
		`INSERT INTO main.cases (key, hash, tags, body) SELECT c.key, c.hash, c.tags, m.id FROM incoming.cases c
			JOIN incoming.bodies b ON b.id = c.body JOIN main.bodies m ON m.hash = b.hash WHERE true ORDER BY c.id ON CONFLICT DO NOTHING`,
	} {
		if _, err := tx.ExecContext(ctx, copied); err != nil {
			return err
		}
	}
	res, err = tx.ExecContext(ctx, "INSERT INTO main.outputs (run, case_id, text, log, "+columns["outputs"]+") SELECT ?, mc.id, mt.id, ml.id, o."+
		strings.ReplaceAll(columns["outputs"], ", ", ", o.")+` FROM incoming.outputs o
		JOIN incoming.cases c ON c.id = o.case_id JOIN incoming.bodies cb ON cb.id = c.body JOIN main.bodies mb ON mb.hash = cb.hash JOIN main.cases mc ON mc.body = mb.id
		JOIN incoming.bodies t ON t.id = o.text JOIN main.bodies mt ON mt.hash = t.hash
		LEFT JOIN incoming.bodies l ON l.id = o.log LEFT JOIN main.bodies ml ON ml.hash = l.hash`, number)
	if err != nil {
		return err
	}
	if n, err := res.RowsAffected(); err != nil || int(n) != done.Outputs {
		return errors.Join(err, fmt.Errorf("%d of %d outputs were copied", n, done.Outputs))
	}
	return tx.Commit()
}

// mergeColumns lists the columns that are copied as they are, by table: all but
// the numbers that have another meaning in another store.
func mergeColumns(ctx context.Context, tx *sql.Tx) (map[string]string, error) {
	columns := map[string]string{}
	for table, own := range map[string]string{"runs": "number", "metrics": "run", "notes": "run", "outputs": "run case_id text log"} {
		rows, err := tx.QueryContext(ctx, "SELECT name FROM pragma_table_info(?)", table)
		if err != nil {
			return nil, err
		}
		var names []string
		for rows.Next() {
			var name string
			if err := rows.Scan(&name); err != nil {
				return nil, errors.Join(err, rows.Close())
			}
			if !strings.Contains(" "+own+" ", " "+name+" ") {
				names = append(names, name)
			}
		}
		if err := errors.Join(rows.Err(), rows.Close()); err != nil {
			return nil, err
		}
		columns[table] = strings.Join(names, ", ")
	}
	return columns, nil
}
