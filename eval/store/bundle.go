package store

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"hash"
	"io"
	"unicode/utf8"

	jsonv2 "github.com/go-json-experiment/json"
	"github.com/klauspost/compress/zstd"

	"holdtrue/eval"
	"holdtrue/eval/wire"
)

// A bundle is one run in one file: zstd around JSON, one object a line. The
// first line is a bundleHead, then every case is followed by the answers to it,
// and the last line holds the counts and the SHA-256 of all lines before it.

// bundleFormat is raised when an older program would misread a bundle.
const bundleFormat = 1

// bundleHead is the first line of a bundle.
type bundleHead struct {
	Bundle int      `json:"bundle"` // bundleFormat
	Run    eval.Run `json:"run"`
	// Notes are the texts that are kept with the run, by name.
	Notes map[string]string `json:"notes,omitempty"`
}

// bundleLine is any other line: a case with its hash, an answer to the last
// case with its scores, or the end.
type bundleLine struct {
	Case   json.RawMessage `json:"case,omitzero"`
	Hash   string          `json:"hash,omitzero"`
	Output *eval.Output    `json:"output,omitzero"`
	// Bytes are the text of an output that is not valid UTF-8; JSON has no form
	// for it.
	Bytes  []byte       `json:"bytes,omitempty"`
	Scores []eval.Score `json:"scores,omitempty"`
	End    *bundleEnd   `json:"end,omitzero"`
}

type bundleEnd struct {
	Cases   int    `json:"cases"`
	Outputs int    `json:"outputs"`
	SHA256  string `json:"sha256"`
}

// Bundled says what is in a bundle.
type Bundled struct {
	Run            eval.Run
	Cases, Outputs int
	// Known says that the store had the run already, so that nothing was done.
	Known bool
}

// Export writes a run as a bundle. Memory does not grow with the run.
func (s *DB) Export(ctx context.Context, run eval.Run, w io.Writer) (done Bundled, err error) {
	z, err := zstd.NewWriter(w, zstd.WithEncoderLevel(zstd.SpeedBetterCompression), zstd.WithWindowSize(bundleWindow), zstd.WithEncoderConcurrency(1))
	if err != nil {
		return done, err
	}
	buffered := bufio.NewWriterSize(z, 64<<10)
	out := bundleWriter{w: buffered, sum: sha256.New()}
	done.Run = run
	err = s.eachLine(ctx, &run, func(line []byte, isCase bool) error {
		if isCase {
			done.Cases++
		} else {
			done.Outputs++
		}
		return out.write(line)
	}, out.write)
	if err != nil {
		return done, err
	}
	if now, err := s.outputs(ctx, run.ID); err != nil {
		return done, err
	} else if now != done.Outputs {
		return done, fmt.Errorf("run %s is being written to; export it when it has ended", run.ID)
	}
	end, err := appendLine(nil, bundleLine{End: &bundleEnd{done.Cases, done.Outputs, hex.EncodeToString(out.sum.Sum(nil))}})
	if err != nil {
		return done, err
	}
	if err := out.write(end); err != nil {
		return done, err
	}
	if err := buffered.Flush(); err != nil {
		return done, err
	}
	return done, z.Close()
}

// outputs is how many outputs a run has.
func (s *DB) outputs(ctx context.Context, runID string) (n int, err error) {
	err = s.db.QueryRowContext(ctx, "SELECT count(*) FROM outputs WHERE run = (SELECT number FROM runs WHERE id = ?)", runID).Scan(&n)
	if err != nil {
		return 0, s.explain(err)
	}
	return n, nil
}

// bundleWindow is how far back the compression looks, in bytes: what a reader
// needs of memory.
const bundleWindow = 4 << 20

type bundleWriter struct {
	w   io.Writer
	sum hash.Hash
}

func (b *bundleWriter) write(line []byte) error {
	if len(line) > wire.MaxLine {
		return fmt.Errorf("an answer takes %d bytes; a bundle holds at most %d", len(line), wire.MaxLine)
	}
	b.sum.Write(line)
	_, err := b.w.Write(line)
	return err
}

// eachLine gives the lines of a bundle but the last, newlines included: the
// head, then cases and answers. A line is valid until the next.
func (s *DB) eachLine(ctx context.Context, run *eval.Run, see func(line []byte, isCase bool) error, head func(line []byte) error) error {
	notes, err := s.notes(ctx, run.ID)
	if err != nil {
		return err
	}
	line, err := appendLine(nil, bundleHead{Bundle: bundleFormat, Run: *run, Notes: notes})
	if err != nil {
		return err
	}
	if err := head(line); err != nil {
		return err
	}
	lastCase := int64(-1)
	for st, err := range s.results(ctx, run) {
		if err != nil {
			return err
		}
		if st.caseID != lastCase {
			lastCase = st.caseID
			if line, err = appendLine(line[:0], bundleLine{Case: st.caseLine, Hash: st.caseHash}); err != nil {
				return fmt.Errorf("case %s: %w", st.output.CaseID, err)
			}
			if err := see(line, true); err != nil {
				return err
			}
		}
		form := bundleLine{Output: &st.output, Scores: st.scores}
		if !utf8.ValidString(st.output.Text) {
			form.Bytes, st.output.Text = []byte(st.output.Text), ""
		}
		if line, err = appendLine(line[:0], form); err != nil {
			return fmt.Errorf("case %s: %w", st.output.CaseID, err)
		}
		if err := see(line, false); err != nil {
			return err
		}
	}
	return nil
}

// appendLine writes a value as one line with its end.
func appendLine(dst []byte, v any) ([]byte, error) {
	b := bytes.NewBuffer(dst)
	if err := jsonv2.MarshalWrite(b, v, jsonv2.Deterministic(true)); err != nil {
		return dst, err
	}
	b.WriteByte('\n')
	return b.Bytes(), nil
}

// notes are the texts kept with a run, but for that which is part of eval.Run.
func (s *DB) notes(ctx context.Context, runID string) (map[string]string, error) {
	rows, err := s.db.QueryContext(ctx, "SELECT name, text FROM notes WHERE name <> ? AND run = (SELECT number FROM runs WHERE id = ?)", noteStopEarlyName, runID)
	if err != nil {
		return nil, s.explain(err)
	}
	defer rows.Close()
	notes := map[string]string{}
	for rows.Next() {
		var name, text string
		if err := rows.Scan(&name, &text); err != nil {
			return nil, s.explain(err)
		}
		notes[name] = text
	}
	if err := rows.Err(); err != nil {
		return nil, s.explain(err)
	}
	return notes, nil
}

// content identifies everything that a store holds of a run, whatever the order
// of its cases there: the sum of the hashes of its answers.
func (s *DB) content(ctx context.Context, run *eval.Run) (string, error) {
	var sum [sha256.Size]byte
	var caseLine []byte
	all := sha256.New()
	err := s.eachLine(ctx, run, func(line []byte, isCase bool) error {
		if isCase {
			caseLine = append(caseLine[:0], line...)
			return nil
		}
		h := sha256.New()
		h.Write(caseLine)
		h.Write(line)
		carry := 0
		for i, b := range h.Sum(nil) {
			carry += int(sum[i]) + int(b)
			sum[i] = byte(carry)
			carry >>= 8
		}
		return nil
	}, func(line []byte) error {
		all.Write(line)
		return nil
	})
	all.Write(sum[:])
	return hex.EncodeToString(all.Sum(nil)), err
}
