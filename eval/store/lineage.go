package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"iter"
	"time"

	"holdtrue/eval"
	"holdtrue/eval/wire"
)

// Made is how one stored answer was made: the case as it was asked and the output
// without its text, scores and cost.
type Made struct {
	Case   eval.Case
	Output eval.Output
}

// Made streams how the answers of a run were made, in the order in which their
// cases were first stored. Values that follow each other may share memory: do not
// change them.
func (s *DB) Made(ctx context.Context, runID string) iter.Seq2[Made, error] {
	return func(yield func(Made, error) bool) {
		rows, err := s.db.QueryContext(ctx, `SELECT c.id, o.repeat, o.failed, o.started, b.size, b.codec, b.hash, b.data, l.id, l.size, l.codec, l.hash, l.data
			FROM outputs o JOIN cases c ON c.id = o.case_id JOIN bodies b ON b.id = c.body LEFT JOIN bodies l ON l.id = o.log
			WHERE o.run = (SELECT number FROM runs WHERE id = ?) ORDER BY o.case_id, o.repeat`, runID)
		if err != nil {
			yield(Made{}, s.explain(err))
			return
		}
		defer rows.Close()
		r := madeReader{db: s, rows: rows}
		for rows.Next() {
			m, err := r.read()
			if err != nil {
				yield(Made{}, s.explain(err))
				return
			}
			if !yield(m, nil) {
				return
			}
		}
		if err := rows.Err(); err != nil {
			yield(Made{}, s.explain(err))
		}
	}
}

// madeReader remembers the case and the log of the row before: repeats share them.
type madeReader struct {
	db     *DB
	rows   *sql.Rows
	caseID int64
	asked  eval.Case
	logID  int64
	log    logForm
}

func (r *madeReader) read() (m Made, err error) {
	var caseID int64
	var failed bool
	var started, logID, logSize sql.NullInt64
	var logCodec sql.NullString
	var asked, log body
	var askedHash, logHash, askedData, logData sql.RawBytes
	if err := r.rows.Scan(&caseID, &m.Output.Repeat, &failed, &started, &asked.size, &asked.codec, &askedHash, &askedData,
		&logID, &logSize, &logCodec, &logHash, &logData); err != nil {
		return m, err
	}
	if caseID != r.caseID {
		copy(asked.hash[:], askedHash)
		asked.data = askedData
		line, err := r.db.pack.unpack(asked)
		if err != nil {
			return m, err
		}
		if r.asked, err = wire.DecodeCase(line, eval.Pos{File: r.db.path}); err != nil {
			return m, err
		}
		r.caseID = caseID
	}
	switch {
	case !logID.Valid:
		r.logID, r.log = 0, logForm{}
	case logID.Int64 != r.logID:
		log.size, log.codec, log.data = int(logSize.Int64), logCodec.String, logData
		copy(log.hash[:], logHash)
		line, err := r.db.pack.unpack(log)
		if err != nil {
			return m, err
		}
		r.logID, r.log = logID.Int64, logForm{}
		if err := json.Unmarshal(line, &r.log); err != nil {
			return m, err
		}
	}
	m.Case = r.asked
	m.Output.CaseID = r.asked.ID
	r.log.fill(&m.Output)
	if failed && m.Output.Err == "" {
		m.Output.Err = "failed"
	}
	if started.Valid {
		m.Output.Started = time.UnixMilli(started.Int64).UTC()
	}
	return m, nil
}

// fill puts what was stored as one body back into an output.
func (f *logForm) fill(o *eval.Output) {
	o.Prompt, o.Messages, o.Steps, o.Documents, o.Model = f.Prompt, f.Messages, f.Steps, f.Documents, f.Model
	o.Requested, o.Parameters, o.Fingerprint, o.Finish = f.Requested, f.Parameters, f.Fingerprint, f.Finish
	o.Seed, o.Attempts = f.Seed, f.Attempts
	o.Feedback, o.Lineage, o.Err, o.Stderr = f.Feedback, f.Lineage, f.Err, f.Stderr
}
