package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"strings"
	"time"

	"holdtrue/eval"
	"holdtrue/eval/wire"
)

// Answered says which cases and repeats a run has an answer to, and how many
// answers it has. It holds 16 bytes an answer.
func (s *DB) Answered(ctx context.Context, runID string) (has func(caseID, caseHash string, repeat int) bool, n int, err error) {
	rows, err := s.db.QueryContext(ctx, `SELECT key, hash, repeat FROM outputs JOIN cases ON cases.id = case_id
		WHERE run = (SELECT number FROM runs WHERE id = ?)`, runID)
	if err != nil {
		return nil, 0, s.explain(err)
	}
	defer rows.Close()
	answered := map[[16]byte]struct{}{}
	for rows.Next() {
		var key, hash string
		var repeat int
		if err := rows.Scan(&key, &hash, &repeat); err != nil {
			return nil, 0, s.explain(err)
		}
		answered[answerKey(key, hash, repeat)] = struct{}{}
	}
	if err := rows.Err(); err != nil {
		return nil, 0, s.explain(err)
	}
	return func(caseID, caseHash string, repeat int) bool {
		_, ok := answered[answerKey(caseID, caseHash, repeat)]
		return ok
	}, len(answered), nil
}

func answerKey(caseID, caseHash string, repeat int) (k [16]byte) {
	sum := sha256.Sum256(fmt.Appendf(nil, "%s\x00%s\x00%d", caseHash, caseID, repeat))
	copy(k[:], sum[:])
	return k
}

// Rows streams the results of a run without their texts, in the order in which
// their cases were first stored. Tags of rows may share memory: do not change
// them. The scores of a row are good until the next row.
func (s *DB) Rows(ctx context.Context, runID string) iter.Seq2[eval.Row, error] {
	return func(yield func(eval.Row, error) bool) {
		outputs, err := s.db.QueryContext(ctx, `SELECT o.repeat, o.failed, o.blank, o.response, o.cached, o.scores, o.text, c.key, c.hash, c.tags FROM outputs o JOIN cases c ON c.id = o.case_id
			WHERE o.run = (SELECT number FROM runs WHERE id = ?) ORDER BY o.case_id, o.repeat`, runID)
		if err != nil {
			yield(eval.Row{}, s.explain(err))
			return
		}
		defer outputs.Close()
		r := rowReader{outputs: outputs, tags: map[string]map[string][]string{}}
		for outputs.Next() {
			row, err := r.read()
			if err != nil {
				yield(eval.Row{}, s.explain(err))
				return
			}
			if !yield(row, nil) {
				return
			}
		}
		if err := outputs.Err(); err != nil {
			yield(eval.Row{}, s.explain(err))
		}
	}
}

// rowReader makes rows of what a query gives.
type rowReader struct {
	outputs *sql.Rows
	tags    map[string]map[string][]string // by their text: few, and the same for many cases
	scores  []eval.RowScore                // of the row before: the next one takes their place
}

func (r *rowReader) read() (row eval.Row, err error) {
	var scores, tags sql.RawBytes
	if err := r.outputs.Scan(&row.Repeat, &row.Failed, &row.Blank, &row.Response, &row.Cached, &scores, &row.Text, &row.CaseID, &row.CaseHash, &tags); err != nil {
		return row, err
	}
	if row.Tags, err = r.tagsOf(tags); err != nil {
		return row, err
	}
	row.Scores = r.scores[:0]
	err = eachScore(scores, func(metric int, status eval.Status, value float64) {
		row.Scores = append(row.Scores, eval.RowScore{Metric: metric, Status: status, Value: value})
	})
	r.scores = row.Scores
	return row, err
}

func (r *rowReader) tagsOf(text []byte) (map[string][]string, error) {
	if tags, ok := r.tags[string(text)]; ok {
		return tags, nil
	}
	var tags map[string][]string
	if err := json.Unmarshal(text, &tags); err != nil {
		return nil, fmt.Errorf("stored tags: %w", err)
	}
	if len(tags) == 0 {
		tags = nil
	}
	r.tags[strings.Clone(string(text))] = tags
	return tags, nil
}

// Repeats lists the repeats of a case that a run has answers to.
func (s *DB) Repeats(ctx context.Context, runID, caseID string) ([]int, error) {
	rows, err := s.db.QueryContext(ctx, `SELECT repeat FROM outputs JOIN cases ON cases.id = case_id
		WHERE run = (SELECT number FROM runs WHERE id = ?) AND key = ? ORDER BY repeat`, runID, caseID)
	if err != nil {
		return nil, s.explain(err)
	}
	defer rows.Close()
	var repeats []int
	for rows.Next() {
		var r int
		if err := rows.Scan(&r); err != nil {
			return nil, s.explain(err)
		}
		repeats = append(repeats, r)
	}
	if err := rows.Err(); err != nil {
		return nil, s.explain(err)
	}
	if len(repeats) == 0 {
		return nil, s.noCase(ctx, runID, caseID)
	}
	return repeats, nil
}

// noCase says that a run has no such case, and which is nearest.
func (s *DB) noCase(ctx context.Context, runID, caseID string) error {
	rows, err := s.db.QueryContext(ctx, `SELECT DISTINCT key FROM outputs JOIN cases ON cases.id = case_id
		WHERE run = (SELECT number FROM runs WHERE id = ?) ORDER BY key LIMIT 20000`, runID)
	if err != nil {
		return s.explain(err)
	}
	defer rows.Close()
	var keys []string
	for rows.Next() {
		var key string
		if err := rows.Scan(&key); err != nil {
			return s.explain(err)
		}
		keys = append(keys, key)
	}
	if err := rows.Err(); err != nil {
		return s.explain(err)
	}
	near := wire.Nearest(caseID, keys)
	msg := fmt.Sprintf("run %s has no case %q", runID, caseID)
	if near != "" {
		msg += fmt.Sprintf("; did you mean %q?", near)
	} else if len(keys) > 0 {
		msg += fmt.Sprintf("; its first is %q", keys[0])
	}
	return notFound{&eval.InputError{Msg: msg}}
}

// Result reads one result whole, with the case as it was asked.
func (s *DB) Result(ctx context.Context, runID, caseID string, repeat int) (c eval.Case, r eval.Result, err error) {
	var textID, caseBody int64
	var scores string
	var reasons sql.NullString
	var logID sql.NullInt64
	var failed bool
	var started sql.NullInt64
	o := &r.Output
	var usage eval.Usage
	err = s.db.QueryRowContext(ctx, `SELECT o.text, o.log, o.failed, o.latency_ms, o.first_token_ms, o.input_tokens, o.output_tokens, o.cost_usd, o.response, o.cached, o.started, o.scores, o.reasons, c.body
		FROM outputs o JOIN cases c ON c.id = o.case_id
		WHERE o.run = (SELECT number FROM runs WHERE id = ?) AND c.key = ? AND o.repeat = ?`, runID, caseID, repeat).
		Scan(&textID, &logID, &failed, &o.LatencyMS, &o.FirstTokenMS, &usage.InputTokens, &usage.OutputTokens, &usage.CostUSD, &o.ResponseID, &o.Cached, &started, &scores, &reasons, &caseBody)
	if errors.Is(err, sql.ErrNoRows) {
		return c, r, s.noCase(ctx, runID, caseID)
	}
	if err != nil {
		return c, r, s.explain(err)
	}
	o.CaseID, o.Repeat = caseID, repeat
	if started.Valid {
		o.Started = time.UnixMilli(started.Int64).UTC()
	}
	if usage != (eval.Usage{}) {
		o.Usage = &usage
	}
	if err := s.readOutput(ctx, o, textID, logID); err != nil {
		return c, r, s.explain(err)
	}
	line, err := s.body(ctx, caseBody)
	if err != nil {
		return c, r, s.explain(err)
	}
	if c, err = wire.DecodeCase(line, eval.Pos{File: s.path}); err != nil {
		return c, r, err
	}
	r.Scores, err = s.scores(ctx, runID, scores, reasons.String)
	return c, r, err
}

func (s *DB) readOutput(ctx context.Context, o *eval.Output, textID int64, logID sql.NullInt64) error {
	text, err := s.body(ctx, textID)
	if err != nil {
		return err
	}
	o.Text = string(text)
	if !logID.Valid {
		return nil
	}
	log, err := s.body(ctx, logID.Int64)
	if err != nil {
		return err
	}
	var f logForm
	if err := json.Unmarshal(log, &f); err != nil {
		return err
	}
	o.Prompt, o.Messages, o.Steps, o.Documents, o.Model = f.Prompt, f.Messages, f.Steps, f.Documents, f.Model
	o.Requested, o.Parameters, o.Fingerprint, o.Finish = f.Requested, f.Parameters, f.Fingerprint, f.Finish
	o.Seed, o.Attempts = f.Seed, f.Attempts
	o.Feedback, o.Lineage, o.Err, o.Stderr = f.Feedback, f.Lineage, f.Err, f.Stderr
	return nil
}

func (s *DB) body(ctx context.Context, id int64) ([]byte, error) {
	var b body
	var hash []byte
	if err := s.db.QueryRowContext(ctx, "SELECT hash, size, codec, data FROM bodies WHERE id = ?", id).Scan(&hash, &b.size, &b.codec, &b.data); err != nil {
		return nil, err
	}
	copy(b.hash[:], hash)
	return s.pack.unpack(b)
}

// scores makes scores of what is stored of them.
func (s *DB) scores(ctx context.Context, runID, values, reasons string) ([]eval.Score, error) {
	run, err := s.Run(ctx, runID)
	if err != nil {
		return nil, err
	}
	notes := map[int]note{}
	if reasons != "" {
		if err := json.Unmarshal([]byte(reasons), &notes); err != nil {
			return nil, fmt.Errorf("stored reasons: %w", err)
		}
	}
	var scores []eval.Score
	var strange error
	err = eachScore([]byte(values), func(metric int, status eval.Status, value float64) {
		if metric >= len(run.Metrics) {
			strange = fmt.Errorf("run %s has a score of metric %d and only %d metrics", runID, metric, len(run.Metrics))
			return
		}
		n := notes[metric]
		scores = append(scores, eval.Score{Metric: run.Metrics[metric].Name, Status: status, Value: value, Reason: n.Reason, Evidence: n.Evidence})
	})
	return scores, errors.Join(err, strange)
}
