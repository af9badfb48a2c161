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
// they were stored. Tags of rows may share memory: do not change them.
func (s *DB) Rows(ctx context.Context, runID string) iter.Seq2[eval.Row, error] {
	return func(yield func(eval.Row, error) bool) {
		outputs, err := s.db.QueryContext(ctx, `SELECT o.id, o.repeat, o.failed, b.hash, c.key, c.hash, c.tags
			FROM outputs o JOIN cases c ON c.id = o.case_id JOIN bodies b ON b.id = o.text
			WHERE o.run = (SELECT number FROM runs WHERE id = ?) ORDER BY o.id`, runID)
		if err != nil {
			yield(eval.Row{}, s.explain(err))
			return
		}
		defer outputs.Close()
		// A second cursor over the scores: one row of few columns a score.
		scores, err := s.db.QueryContext(ctx, `SELECT s.output, s.metric, s.status, s.value FROM outputs o JOIN scores s ON s.output = o.id
			WHERE o.run = (SELECT number FROM runs WHERE id = ?) ORDER BY o.id, s.metric`, runID)
		if err != nil {
			yield(eval.Row{}, s.explain(err))
			return
		}
		defer scores.Close()
		r := rowReader{outputs: outputs, scores: scores, tags: map[string]map[string][]string{}}
		for {
			row, ok, err := r.next()
			if err != nil {
				yield(eval.Row{}, s.explain(err))
				return
			}
			if !ok || !yield(row, nil) {
				return
			}
		}
	}
}

// rowReader merges the outputs of a run with their scores, both ordered by
// output.
type rowReader struct {
	outputs, scores *sql.Rows
	tags            map[string]map[string][]string // by their text: few, and the same for many cases
	held            eval.RowScore
	heldFor         int64 // output of held; 0 before the first and after the last
	begun           bool
}

func (r *rowReader) next() (row eval.Row, ok bool, err error) {
	if !r.outputs.Next() {
		return row, false, r.outputs.Err()
	}
	var id int64
	var hash, tags sql.RawBytes
	if err := r.outputs.Scan(&id, &row.Repeat, &row.Failed, &hash, &row.CaseID, &row.CaseHash, &tags); err != nil {
		return row, false, err
	}
	copy(row.TextHash[:], hash)
	if row.Tags, err = r.tagsOf(tags); err != nil {
		return row, false, err
	}
	for {
		if err := r.hold(id); err != nil {
			return row, false, err
		}
		if r.heldFor != id {
			return row, true, nil
		}
		row.Scores = append(row.Scores, r.held)
		r.begun = false
	}
}

// hold reads scores until one belongs to the output or to a later one. A score
// of an output that was not listed was stored after the listing began.
func (r *rowReader) hold(output int64) error {
	for !r.begun || r.heldFor != 0 && r.heldFor < output {
		r.begun = true
		if !r.scores.Next() {
			r.heldFor = 0
			return r.scores.Err()
		}
		var status sql.RawBytes
		var value sql.NullFloat64
		if err := r.scores.Scan(&r.heldFor, &r.held.Metric, &status, &value); err != nil {
			return err
		}
		r.held.Status, r.held.Value = statusOf(status), value.Float64
	}
	return nil
}

// statusOf gives the constant of a status, so that no text is made per score.
func statusOf(text []byte) eval.Status {
	for _, s := range []eval.Status{eval.Scored, eval.Skipped, eval.Missing, eval.Failed} {
		if string(text) == string(s) {
			return s
		}
	}
	return eval.Status(text)
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
	var id, textID, caseBody int64
	var logID sql.NullInt64
	var failed bool
	o := &r.Output
	var usage eval.Usage
	err = s.db.QueryRowContext(ctx, `SELECT o.id, o.text, o.log, o.failed, o.latency_ms, o.input_tokens, o.output_tokens, o.cost_usd, c.body
		FROM outputs o JOIN cases c ON c.id = o.case_id
		WHERE o.run = (SELECT number FROM runs WHERE id = ?) AND c.key = ? AND o.repeat = ?`, runID, caseID, repeat).
		Scan(&id, &textID, &logID, &failed, &o.LatencyMS, &usage.InputTokens, &usage.OutputTokens, &usage.CostUSD, &caseBody)
	if errors.Is(err, sql.ErrNoRows) {
		return c, r, s.noCase(ctx, runID, caseID)
	}
	if err != nil {
		return c, r, s.explain(err)
	}
	o.CaseID, o.Repeat = caseID, repeat
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
	r.Scores, err = s.scores(ctx, runID, id)
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
	o.Prompt, o.Steps, o.Documents, o.Model = f.Prompt, f.Steps, f.Documents, f.Model
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

func (s *DB) scores(ctx context.Context, runID string, output int64) ([]eval.Score, error) {
	rows, err := s.db.QueryContext(ctx, `SELECT m.name, s.status, s.value, s.reason, s.evidence FROM scores s
		JOIN metrics m ON m.ordinal = s.metric AND m.run = (SELECT number FROM runs WHERE id = ?) WHERE s.output = ? ORDER BY s.metric`, runID, output)
	if err != nil {
		return nil, s.explain(err)
	}
	defer rows.Close()
	var scores []eval.Score
	for rows.Next() {
		var sc eval.Score
		var value sql.NullFloat64
		var reason, evidence sql.NullString
		if err := rows.Scan(&sc.Metric, &sc.Status, &value, &reason, &evidence); err != nil {
			return nil, s.explain(err)
		}
		sc.Value, sc.Reason = value.Float64, reason.String
		if evidence.Valid {
			if err := json.Unmarshal([]byte(evidence.String), &sc.Evidence); err != nil {
				return nil, err
			}
		}
		scores = append(scores, sc)
	}
	return scores, rows.Err()
}

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
func (s *DB) LatestComparison(ctx context.Context) (c Comparison, err error) {
	var created int64
	var options string
	err = s.db.QueryRowContext(ctx, `SELECT b.id, n.id, c.created, c.options, c.verdict, c.exit_code FROM comparisons c
		JOIN runs b ON b.number = c.baseline JOIN runs n ON n.number = c.candidate ORDER BY c.number DESC LIMIT 1`).
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
