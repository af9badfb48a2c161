package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"holdtrue/eval"
)

// Entry is one result to be stored, with the case it answers.
type Entry struct {
	Case     *eval.Case
	CaseHash string // Case.Hash()
	Result   eval.Result
}

// Append stores results in one transaction and gives how many were new. An
// answer to a case and repeat that the run has already is left as it is, so
// that sending one twice is harmless.
func (s *DB) Append(ctx context.Context, runID string, entries []Entry) (stored int, err error) {
	commit, err := s.Stage(ctx, runID, entries)
	if err != nil {
		return 0, err
	}
	return commit(ctx)
}

// Stage makes entries ready for one transaction, which commit then does: what
// takes long (encoding, compressing) needs no lock, so that one batch can be
// staged while the one before is committed. The entries must not be changed
// before commit has returned.
func (s *DB) Stage(ctx context.Context, runID string, entries []Entry) (commit func(context.Context) (stored int, err error), err error) {
	if len(entries) == 0 {
		return func(context.Context) (int, error) { return 0, nil }, nil
	}
	run, err := s.Run(ctx, runID)
	if err != nil {
		return nil, err
	}
	ordinals := make(map[string]int, len(run.Metrics))
	for i, m := range run.Metrics {
		ordinals[m.Name] = i
	}
	b := batch{runID: runID, rows: make([]row, len(entries))}
	if err := b.mark(ctx, s.db); err != nil {
		return nil, s.explain(err)
	}
	if err := s.prepareRows(ctx, b.rows, entries, ordinals); err != nil {
		return nil, err
	}
	return func(ctx context.Context) (int, error) { return s.commit(ctx, &b) }, nil
}

// batch is what one transaction writes.
type batch struct {
	runID string
	rows  []row
	// bodies and cases are the highest ids at the time of staging: what came
	// later, from the batch before or from another process, has not been seen.
	bodies, cases int64
	// collection is the last collection before staging: what was known then may
	// be gone after another.
	collection int64
}

// mark notes what a file holds at the time of staging.
func (b *batch) mark(ctx context.Context, q querier) error {
	return q.QueryRowContext(ctx, `SELECT (SELECT coalesce(max(id), 0) FROM bodies), (SELECT coalesce(max(id), 0) FROM cases),
		(SELECT coalesce(max(number), 0) FROM collections)`).Scan(&b.bodies, &b.cases, &b.collection)
}

// commit writes a batch in one transaction, or nothing of it.
func (s *DB) commit(ctx context.Context, b *batch) (stored int, err error) {
	err = s.inTx(ctx, func(tx *sql.Tx) error {
		w := writer{ctx: ctx, tx: tx, batch: b}
		if err := w.afresh(&s.pack); err != nil {
			return err
		}
		stored, err = w.write()
		return err
	})
	if err != nil {
		return 0, err
	}
	return stored, nil
}

// writer writes a batch. It gives out ids itself, which the transaction's lock
// on the file allows, so that a statement writes many rows.
type writer struct {
	ctx context.Context
	tx  *sql.Tx
	*batch
}

func (w *writer) write() (stored int, err error) {
	var run int64
	if err := w.tx.QueryRowContext(w.ctx, "SELECT number FROM runs WHERE id = ?", w.runID).Scan(&run); err != nil {
		return 0, err
	}
	if err := w.writeBodies(); err != nil {
		return 0, err
	}
	if err := w.writeCases(); err != nil {
		return 0, err
	}
	outputs := inserter{writer: w, into: "outputs (run, case_id, text, log, checksum, " + outputValues + ")"}
	for i := range w.rows {
		r := &w.rows[i]
		o := &r.entry.Result.Output
		var input, output *int64
		var cost *float64
		if o.Usage != nil {
			input, output, cost = o.Usage.InputTokens, o.Usage.OutputTokens, o.Usage.CostUSD
		}
		var started *int64
		if !o.Started.IsZero() {
			started = new(o.Started.UnixMilli())
		}
		var log, logHash any
		if r.log.size > 0 {
			log, logHash = r.log.known, r.log.hash[:]
		}
		values := []any{o.Repeat, o.Failed(), o.LatencyMS, o.FirstTokenMS, input, output, cost, o.ResponseID, o.Cached, strings.TrimSpace(o.Text) == "", started, o.TraceID, r.scores, r.reasons}
		sum := checksum(append([]any{w.runID, r.caseBody.hash[:], r.text.hash[:], logHash}, values...)...)
		if err := outputs.add(append([]any{run, r.caseID, r.text.known, log, sum}, values...)...); err != nil {
			return 0, err
		}
	}
	err = outputs.flush()
	return outputs.inserted, err
}

// outputValues are the columns of an output that its checksum covers, in order,
// after the id of its run and the hashes of its case, text and log.
const outputValues = "repeat, failed, latency_ms, first_token_ms, input_tokens, output_tokens, cost_usd, response, cached, blank, started, trace, scores, reasons"

// afresh looks everything up again where runs were dropped since the batch was
// staged: a text that was known may have gone with them.
func (w *writer) afresh(pack *packer) error {
	staged := w.collection
	if err := w.tx.QueryRowContext(w.ctx, "SELECT coalesce(max(number), 0) FROM collections").Scan(&w.collection); err != nil || w.collection == staged {
		return err
	}
	if err := w.mark(w.ctx, w.tx); err != nil {
		return err
	}
	for i := range w.rows {
		w.rows[i].caseID = 0
		for _, b := range w.rows[i].bodies() {
			b.known = 0
		}
	}
	if err := lookUp(w.ctx, w.tx, w.rows); err != nil {
		return err
	}
	for i := range w.rows {
		for _, b := range w.rows[i].bodies() {
			if b.known == 0 && b.codec == "plain" {
				if err := pack.pack(b); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// writeBodies stores every text that is new and gives all of them their ids.
func (w *writer) writeBodies() error {
	ids := map[[16]byte]int64{}
	next, err := since(w, "SELECT id, hash FROM bodies WHERE id > ? ORDER BY id", w.bodies, func(id int64, hash []byte) {
		ids[[16]byte(hash)] = id
	})
	if err != nil {
		return err
	}
	bodies := inserter{writer: w, into: "bodies (id, hash, size, codec, data)"}
	for i := range w.rows {
		for _, b := range w.rows[i].bodies() {
			if b.known != 0 {
				continue
			}
			if id, ok := ids[b.hash]; ok {
				b.known = id
				continue
			}
			b.known, ids[b.hash] = next, next
			next++
			if err := bodies.add(b.known, b.hash[:], b.size, b.codec, b.data); err != nil {
				return err
			}
		}
	}
	return bodies.flush()
}

// writeCases stores every case that is new and gives all of them their ids.
func (w *writer) writeCases() error {
	ids := map[int64]int64{} // by body
	next, err := since(w, "SELECT id, body FROM cases WHERE id > ? ORDER BY id", w.cases, func(id int64, body int64) {
		ids[body] = id
	})
	if err != nil {
		return err
	}
	cases := inserter{writer: w, into: "cases (id, key, hash, tags, body)"}
	for i := range w.rows {
		r := &w.rows[i]
		if r.caseID != 0 {
			continue
		}
		if id, ok := ids[r.caseBody.known]; ok {
			r.caseID = id
			continue
		}
		r.caseID, ids[r.caseBody.known] = next, next
		next++
		if err := cases.add(r.caseID, r.entry.Case.ID, r.entry.CaseHash, r.tags, r.caseBody.known); err != nil {
			return err
		}
	}
	return cases.flush()
}

// since reads what came after an id and gives the next free one.
func since[T any](w *writer, query string, after int64, see func(id int64, value T)) (next int64, err error) {
	rows, err := w.tx.QueryContext(w.ctx, query, after)
	if err != nil {
		return 0, err
	}
	last := after
	for rows.Next() {
		var value T
		if err := rows.Scan(&last, &value); err != nil {
			return 0, errors.Join(err, rows.Close())
		}
		see(last, value)
	}
	return last + 1, errors.Join(rows.Err(), rows.Close())
}

// rowsAtOnce is how many rows one statement writes.
const rowsAtOnce = 64

// inserter collects rows and writes them many at once. Rows that conflict with
// stored ones are passed over.
type inserter struct {
	*writer
	into     string // "table (column, ...)"
	args     []any
	width    int
	full     *sql.Stmt // for rowsAtOnce rows
	inserted int
}

func (in *inserter) add(args ...any) error {
	in.width = len(args)
	in.args = append(in.args, args...)
	if len(in.args) < rowsAtOnce*in.width {
		return nil
	}
	if in.full == nil {
		st, err := in.tx.PrepareContext(in.ctx, in.query(rowsAtOnce))
		if err != nil {
			return err
		}
		in.full = st
	}
	return in.count(in.full.ExecContext(in.ctx, in.args...))
}

// flush writes what is left.
func (in *inserter) flush() error {
	var err error
	if len(in.args) > 0 {
		err = in.count(in.tx.ExecContext(in.ctx, in.query(len(in.args)/in.width), in.args...))
	}
	if in.full != nil {
		err = errors.Join(err, in.full.Close())
	}
	return err
}

func (in *inserter) query(rows int) string {
	return "INSERT INTO " + in.into + " VALUES " + placeholders(in.width, rows) + " ON CONFLICT DO NOTHING"
}

func (in *inserter) count(res sql.Result, err error) error {
	in.args = in.args[:0]
	if err != nil {
		table, _, _ := strings.Cut(in.into, " ")
		return fmt.Errorf("%s: %w", table, err)
	}
	n, err := res.RowsAffected()
	in.inserted += int(n)
	return err
}
