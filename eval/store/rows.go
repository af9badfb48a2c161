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

// row is an entry with everything that can be made ready outside the
// transaction.
type row struct {
	entry    *Entry
	tags     string
	caseID   int64 // 0 where the case is new; its body is then stored first
	caseBody body
	text     body
	log      body // size 0: there is none
	scores   string
	reasons  any // nil where no score has any
}

// bodies lists the texts of a row that are to be stored.
func (r *row) bodies() []*body {
	if r.log.size == 0 {
		return []*body{&r.caseBody, &r.text}
	}
	return []*body{&r.caseBody, &r.text, &r.log}
}

// logForm is the part of an output that is stored as one body: what does not
// change from night to night if the agent does not.
type logForm struct {
	Prompt      string            `json:"prompt,omitzero"`
	Messages    []eval.Message    `json:"messages,omitempty"`
	Steps       []eval.Step       `json:"steps,omitempty"`
	Documents   []eval.Document   `json:"documents,omitempty"`
	Model       string            `json:"model,omitzero"`
	Requested   string            `json:"requested_model,omitzero"`
	Parameters  json.RawMessage   `json:"parameters,omitzero"`
	Fingerprint string            `json:"system_fingerprint,omitzero"`
	Finish      string            `json:"finish_reason,omitzero"`
	Seed        *int64            `json:"seed,omitzero"`
	Attempts    []eval.Attempt    `json:"attempts,omitempty"`
	Feedback    *eval.Feedback    `json:"feedback,omitzero"`
	Lineage     map[string]string `json:"lineage,omitempty"`
	Err         string            `json:"error,omitzero"`
	Stderr      string            `json:"stderr,omitzero"`
	SpanID      string            `json:"span_id,omitzero"`
	Session     string            `json:"session_id,omitzero"`
}

func logOf(o *eval.Output) ([]byte, error) {
	f := logForm{o.Prompt, o.Messages, o.Steps, o.Documents, o.Model, o.Requested, o.Parameters, o.Fingerprint, o.Finish, o.Seed, o.Attempts,
		o.Feedback, o.Lineage, o.Err, o.Stderr, o.SpanID, o.Session}
	b, err := json.Marshal(f)
	if err != nil || string(b) == "{}" {
		return nil, err
	}
	return b, nil
}

// prepareRows makes entries ready: encodes and hashes on all processors, looks
// up what the store has already, and compresses the rest.
func (s *DB) prepareRows(ctx context.Context, rows []row, entries []Entry, ordinals map[string]int) error {
	err := everyRow(rows, func(i int) error {
		rows[i].entry = &entries[i]
		if err := rows[i].encode(ordinals); err != nil {
			return fmt.Errorf("case %s: %w", entries[i].Case.ID, err)
		}
		return nil
	})
	if err != nil {
		return err
	}
	if err := lookUp(ctx, s.db, rows); err != nil {
		return s.explain(err)
	}
	return everyRow(rows, func(i int) error {
		for _, b := range rows[i].bodies() {
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
	r.scores, r.reasons, err = encodeScores(e.Result.Scores, ordinals)
	return err
}

// lookUpAtOnce is how many bodies one query asks for.
const lookUpAtOnce = 300

// lookUp finds the bodies and cases that are stored already.
func lookUp(ctx context.Context, q querier, rows []row) error {
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
		for _, b := range r.bodies() {
			note(b)
		}
		cases[r.caseBody.hash] = append(cases[r.caseBody.hash], r)
	}
	for len(hashes) > 0 {
		part := hashes[:min(lookUpAtOnce, len(hashes))]
		hashes = hashes[len(part):]
		found, err := q.QueryContext(ctx, "SELECT b.id, b.hash, c.id FROM bodies b LEFT JOIN cases c ON c.body = b.id WHERE b.hash IN "+placeholders(len(part), 1), part...)
		if err != nil {
			return err
		}
		for found.Next() {
			var id int64
			var hash []byte
			var caseID sql.NullInt64
			if err := found.Scan(&id, &hash, &caseID); err != nil {
				return errors.Join(err, found.Close())
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
			return err
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
