package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"runtime"

	"golang.org/x/sync/errgroup"

	"holdtrue/eval"
	"holdtrue/eval/wire"
)

// Entry is one result to be stored, with the case it answers.
type Entry struct {
	Seq      int // its place in the plan of the run, from 0
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
	rows, err := s.prepareRows(ctx, entries, ordinals)
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context) (int, error) { return s.commit(ctx, runID, rows) }, nil
}

// commit writes rows in one transaction, or none of them.
func (s *DB) commit(ctx context.Context, runID string, rows []row) (stored int, err error) {
	err = s.inTx(ctx, func(tx *sql.Tx) error {
		w, err := newWriter(ctx, tx, runID)
		if err != nil {
			return err
		}
		defer w.close()
		for i := range rows {
			isNew, err := w.row(ctx, &rows[i])
			if err != nil {
				return fmt.Errorf("case %s: %w", rows[i].entry.Case.ID, err)
			}
			if isNew {
				stored++
			}
		}
		return nil
	})
	if err != nil {
		return 0, err
	}
	return stored, nil
}

// row is an entry with everything that can be made ready outside the
// transaction.
type row struct {
	entry    *Entry
	tags     string
	caseID   int64 // 0 where the case is new; its body is then stored first
	caseBody body
	text     body
	log      body // size 0: there is none
	scores   []any
}

// logForm is the part of an output that is stored as one body: what does not
// change from night to night if the agent does not.
type logForm struct {
	Prompt    string            `json:"prompt,omitzero"`
	Steps     []eval.Step       `json:"steps,omitempty"`
	Documents []eval.Document   `json:"documents,omitempty"`
	Model     string            `json:"model,omitzero"`
	Feedback  *eval.Feedback    `json:"feedback,omitzero"`
	Lineage   map[string]string `json:"lineage,omitempty"`
	Err       string            `json:"error,omitzero"`
	Stderr    string            `json:"stderr,omitzero"`
}

func logOf(o *eval.Output) ([]byte, error) {
	f := logForm{o.Prompt, o.Steps, o.Documents, o.Model, o.Feedback, o.Lineage, o.Err, o.Stderr}
	b, err := json.Marshal(f)
	if err != nil || string(b) == "{}" {
		return nil, err
	}
	return b, nil
}

// prepareRows makes entries ready: encodes and hashes on all processors, looks
// up what the store has already, and compresses the rest.
func (s *DB) prepareRows(ctx context.Context, entries []Entry, ordinals map[string]int) ([]row, error) {
	rows := make([]row, len(entries))
	err := everyRow(rows, func(i int) error {
		rows[i].entry = &entries[i]
		if err := rows[i].encode(ordinals); err != nil {
			return fmt.Errorf("case %s: %w", entries[i].Case.ID, err)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if err := s.lookUp(ctx, rows); err != nil {
		return nil, err
	}
	return rows, everyRow(rows, func(i int) error {
		r := &rows[i]
		for _, b := range []*body{&r.caseBody, &r.text, &r.log} {
			if b.known == 0 {
				if err := s.pack.pack(b); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

// everyRow runs f for every row, on all processors.
func everyRow(rows []row, f func(i int) error) error {
	var workers errgroup.Group
	n := min(runtime.GOMAXPROCS(0), len(rows))
	for w := range n {
		workers.Go(func() error {
			for i := w; i < len(rows); i += n {
				if err := f(i); err != nil {
					return err
				}
			}
			return nil
		})
	}
	return workers.Wait()
}

func (r *row) encode(ordinals map[string]int) (err error) {
	e := r.entry
	if r.tags, err = tagsText(e.Case.Tags); err != nil {
		return err
	}
	line, err := wire.AppendCase(nil, e.Case)
	if err != nil {
		return err
	}
	log, err := logOf(&e.Result.Output)
	if err != nil {
		return err
	}
	r.caseBody, r.text, r.log = newBody(line), newBody([]byte(e.Result.Output.Text)), newBody(log)
	r.scores, err = scoreArgs(e.Result.Scores, ordinals)
	return err
}

// lookUpAtOnce is how many bodies one query asks for.
const lookUpAtOnce = 300

// lookUp finds the bodies and cases that are stored already.
func (s *DB) lookUp(ctx context.Context, rows []row) error {
	bodies := map[[16]byte][]*body{}
	cases := map[[16]byte][]*row{}
	var hashes []any
	note := func(b *body) {
		if bodies[b.hash] == nil {
			hashes = append(hashes, b.hash[:])
		}
		bodies[b.hash] = append(bodies[b.hash], b)
	}
	for i := range rows {
		r := &rows[i]
		note(&r.caseBody)
		note(&r.text)
		note(&r.log)
		cases[r.caseBody.hash] = append(cases[r.caseBody.hash], r)
	}
	for len(hashes) > 0 {
		part := hashes[:min(lookUpAtOnce, len(hashes))]
		hashes = hashes[len(part):]
		found, err := s.db.QueryContext(ctx, "SELECT b.id, b.hash, c.id FROM bodies b LEFT JOIN cases c ON c.body = b.id WHERE b.hash IN "+placeholders(len(part), 1), part...)
		if err != nil {
			return s.explain(err)
		}
		for found.Next() {
			var id int64
			var hash []byte
			var caseID sql.NullInt64
			if err := found.Scan(&id, &hash, &caseID); err != nil {
				return errors.Join(s.explain(err), found.Close())
			}
			for _, b := range bodies[[16]byte(hash)] {
				b.known = id
			}
			if caseID.Valid {
				for _, r := range cases[[16]byte(hash)] {
					r.caseID = caseID.Int64
				}
			}
		}
		if err := errors.Join(found.Err(), found.Close()); err != nil {
			return s.explain(err)
		}
	}
	return nil
}

func tagsText(tags map[string][]string) (string, error) {
	if len(tags) == 0 {
		return "{}", nil
	}
	b, err := json.Marshal(tags)
	return string(b), err
}

func scoreArgs(scores []eval.Score, ordinals map[string]int) ([]any, error) {
	args := make([]any, 0, 5*len(scores))
	for _, sc := range scores {
		ordinal, ok := ordinals[sc.Metric]
		if !ok {
			return nil, fmt.Errorf("metric %s is not one of the run's", sc.Metric)
		}
		var value, reason, evidence any
		if sc.Status == eval.Scored {
			value = sc.Value
		}
		if sc.Reason != "" {
			reason = sc.Reason
		}
		if len(sc.Evidence) > 0 {
			b, err := json.Marshal(sc.Evidence)
			if err != nil {
				return nil, err
			}
			evidence = string(b)
		}
		args = append(args, ordinal, string(sc.Status), value, reason, evidence)
	}
	return args, nil
}

// writer holds the statements of one transaction.
type writer struct {
	tx     *sql.Tx
	run    int64
	stmts  map[string]*sql.Stmt
	scores map[int]string // insert statement by number of scores
}

func newWriter(ctx context.Context, tx *sql.Tx, runID string) (*writer, error) {
	w := &writer{tx: tx, stmts: map[string]*sql.Stmt{}, scores: map[int]string{}}
	return w, tx.QueryRowContext(ctx, "SELECT number FROM runs WHERE id = ?", runID).Scan(&w.run)
}

func (w *writer) close() {
	for _, st := range w.stmts {
		st.Close()
	}
}

func (w *writer) stmt(ctx context.Context, query string) (*sql.Stmt, error) {
	if st, ok := w.stmts[query]; ok {
		return st, nil
	}
	st, err := w.tx.PrepareContext(ctx, query)
	if err == nil {
		w.stmts[query] = st
	}
	return st, err
}

// row writes one result and says whether it was new.
func (w *writer) row(ctx context.Context, r *row) (bool, error) {
	caseID, err := w.caseID(ctx, r)
	if err != nil {
		return false, err
	}
	text, err := w.body(ctx, &r.text)
	if err != nil {
		return false, err
	}
	var log any
	if r.log.size > 0 {
		if log, err = w.body(ctx, &r.log); err != nil {
			return false, err
		}
	}
	o := &r.entry.Result.Output
	var input, output *int64
	var cost *float64
	if o.Usage != nil {
		input, output, cost = o.Usage.InputTokens, o.Usage.OutputTokens, o.Usage.CostUSD
	}
	st, err := w.stmt(ctx, `INSERT INTO outputs (run, case_id, repeat, seq, text, log, failed, latency_ms, input_tokens, output_tokens, cost_usd)
		VALUES (?,?,?,?,?,?,?,?,?,?,?) ON CONFLICT DO NOTHING`)
	if err != nil {
		return false, err
	}
	res, err := st.ExecContext(ctx, w.run, caseID, o.Repeat, r.entry.Seq, text, log, o.Failed(), o.LatencyMS, input, output, cost)
	if err != nil {
		return false, err
	}
	if n, err := res.RowsAffected(); err != nil || n == 0 {
		return false, err
	}
	id, err := res.LastInsertId()
	if err != nil {
		return false, err
	}
	return true, w.writeScores(ctx, id, r.scores)
}

func (w *writer) writeScores(ctx context.Context, output int64, args []any) error {
	n := len(args) / 5
	if n == 0 {
		return nil
	}
	query, ok := w.scores[n]
	if !ok {
		query = "INSERT INTO scores (output, metric, status, value, reason, evidence) VALUES " + placeholders(6, n)
		w.scores[n] = query
	}
	st, err := w.stmt(ctx, query)
	if err != nil {
		return err
	}
	full := make([]any, 0, 6*n)
	for i := range n {
		full = append(full, output)
		full = append(full, args[5*i:5*i+5]...)
	}
	_, err = st.ExecContext(ctx, full...)
	return err
}

// body gives the id of a text, storing it if it is new.
func (w *writer) body(ctx context.Context, b *body) (int64, error) {
	if b.known != 0 {
		return b.known, nil
	}
	st, err := w.stmt(ctx, "INSERT INTO bodies (hash, size, codec, data) VALUES (?,?,?,?) ON CONFLICT DO NOTHING")
	if err != nil {
		return 0, err
	}
	res, err := st.ExecContext(ctx, b.hash[:], b.size, b.codec, b.data)
	if err != nil {
		return 0, err
	}
	if n, err := res.RowsAffected(); err != nil {
		return 0, err
	} else if n == 1 {
		return res.LastInsertId()
	}
	if st, err = w.stmt(ctx, "SELECT id FROM bodies WHERE hash = ?"); err != nil {
		return 0, err
	}
	var id int64
	err = st.QueryRowContext(ctx, b.hash[:]).Scan(&id)
	return id, err
}

// caseID gives the id of a case record, storing the case if it is new.
func (w *writer) caseID(ctx context.Context, r *row) (id int64, err error) {
	if r.caseID != 0 {
		return r.caseID, nil
	}
	bodyID, err := w.body(ctx, &r.caseBody)
	if err != nil {
		return 0, err
	}
	st, err := w.stmt(ctx, "INSERT INTO cases (key, hash, tags, body) VALUES (?,?,?,?) ON CONFLICT DO NOTHING")
	if err != nil {
		return 0, err
	}
	res, err := st.ExecContext(ctx, r.entry.Case.ID, r.entry.CaseHash, r.tags, bodyID)
	if err != nil {
		return 0, err
	}
	if n, err := res.RowsAffected(); err != nil || n == 1 {
		id, idErr := res.LastInsertId()
		return id, errors.Join(err, idErr)
	}
	// Another repeat in this batch, or another process, has stored it.
	if st, err = w.stmt(ctx, "SELECT id FROM cases WHERE body = ?"); err != nil {
		return 0, err
	}
	err = st.QueryRowContext(ctx, bodyID).Scan(&id)
	return id, err
}
