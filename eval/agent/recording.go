package agent

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"path/filepath"

	"holdtrue/eval"
	"holdtrue/eval/wire"
)

var recordingKind = &Kind{
	Name:    "recording",
	Doc:     "outputs of an agent version in a JSONL file, replayed without calling anything",
	Example: recordingExample,
	Open:    openRecording,
}

const recordingExample = "march: {recording: recordings/2026-03.jsonl}"

// NoAnswer is the error of an output for a case that a recording lacks.
const NoAnswer = "the recording holds no answer to this case"

// maxErrors is how many faults of one recording are listed.
const maxErrors = 100

// recording answers from a file. It holds an index, not the answers.
type recording struct {
	name    string
	file    *os.File
	temp    bool
	index   map[recordKey]span
	repeats int
	version string
}

type recordKey struct {
	id     [12]byte
	repeat int32
}

type span struct {
	offset int64
	length int32
	line   int32
}

func keyOf(id string, repeat int) (k recordKey) {
	sum := sha256.Sum256([]byte(id))
	copy(k.id[:], sum[:])
	k.repeat = int32(repeat)
	return k
}

func openRecording(ctx context.Context, spec eval.AgentSpec, opt Options) (Agent, error) {
	var path string
	if err := wire.Decode(spec.Args, &path, spec.Pos, false); err != nil {
		return nil, &eval.InputError{Pos: spec.Pos, Msg: "agent " + spec.Name + ": recording is a file's name", Hint: recordingExample}
	}
	if !filepath.IsAbs(path) {
		path = filepath.Join(opt.Dir, path)
	}
	r := &recording{name: path, index: map[recordKey]span{}}
	if err := r.open(); err != nil {
		if errors.Is(err, os.ErrNotExist) {
			return nil, &eval.InputError{Pos: spec.Pos, Msg: "agent " + spec.Name + ": no recording at " + path}
		}
		return nil, err
	}
	if err := r.readIndex(ctx); err != nil {
		return nil, errors.Join(err, r.Close())
	}
	return r, nil
}

// open gives a file that can be read at any place: the recording itself, or
// what is in it where it is compressed.
func (r *recording) open() error {
	f, err := os.Open(r.name)
	if err != nil {
		return err
	}
	magic := make([]byte, 2)
	n, err := f.ReadAt(magic, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return errors.Join(fmt.Errorf("%s: %w", r.name, err), f.Close())
	}
	if n < 2 || magic[0] != 0x1f || magic[1] != 0x8b {
		r.file = f
		return nil
	}
	if err := f.Close(); err != nil {
		return err
	}
	return r.unpack()
}

func (r *recording) unpack() error {
	in, err := wire.Open(r.name)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.CreateTemp("", "holdtrue-recording-*")
	if err != nil {
		return err
	}
	r.file, r.temp = out, true
	if _, err := io.Copy(out, in); err != nil {
		return errors.Join(fmt.Errorf("%s: %w", r.name, err), r.Close())
	}
	return nil
}

// readIndex reads the whole recording once, strictly, and notes where each
// answer stands.
func (r *recording) readIndex(ctx context.Context) error {
	content := sha256.New()
	reader := io.NewSectionReader(r.file, 0, 1<<62)
	var errs []error
	for line, err := range wire.Lines(io.TeeReader(reader, content), r.name) {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err == nil {
			err = r.note(line)
		}
		if err != nil {
			if errs = append(errs, err); len(errs) == maxErrors {
				errs = append(errs, &eval.InputError{Pos: eval.Pos{File: r.name}, Msg: fmt.Sprintf("stopped after %d errors", maxErrors)})
				break
			}
		}
	}
	if len(r.index) == 0 && len(errs) == 0 {
		errs = append(errs, &eval.InputError{Pos: eval.Pos{File: r.name}, Msg: "the recording is empty"})
	}
	r.version = "sha256:" + hexStart(content)
	return errors.Join(errs...)
}

func hexStart(h hash.Hash) string { return hex.EncodeToString(h.Sum(nil))[:12] }

func (r *recording) note(line wire.Line) error {
	o, err := wire.DecodeOutput(line.Data, line.Pos)
	if err != nil {
		return err
	}
	k := keyOf(o.CaseID, o.Repeat)
	if first, twice := r.index[k]; twice {
		return &eval.InputError{Pos: line.Pos,
			Msg:  fmt.Sprintf("a second answer to case %q, repeat %d; the first is on line %d", o.CaseID, o.Repeat, first.line),
			Hint: `number the answers to one case: "repeat": 0, 1, 2`}
	}
	r.index[k] = span{offset: line.Offset, length: int32(len(line.Data)), line: int32(line.Pos.Line)}
	r.repeats = max(r.repeats, o.Repeat+1)
	return nil
}

// Info gives the content hash as the version.
func (r *recording) Info() Info { return Info{Version: r.version, Repeats: r.repeats} }

// Ask reads the recorded answer.
func (r *recording) Ask(_ context.Context, c *eval.Case, repeat int) (eval.Output, error) {
	at, ok := r.index[keyOf(c.ID, repeat)]
	if !ok {
		return eval.Output{CaseID: c.ID, Repeat: repeat, Err: NoAnswer}, nil
	}
	line := make([]byte, at.length)
	if _, err := r.file.ReadAt(line, at.offset); err != nil && !errors.Is(err, io.EOF) {
		return eval.Output{}, fmt.Errorf("%s: %w", r.name, err)
	}
	o, err := wire.DecodeOutput(bytes.TrimSpace(line), eval.Pos{File: r.name, Line: int(at.line)})
	if err != nil {
		return eval.Output{}, fmt.Errorf("the recording changed while it was read: %w", err)
	}
	if o.CaseID != c.ID {
		return eval.Output{}, fmt.Errorf("%s:%d: the recording changed while it was read", r.name, at.line)
	}
	return o, nil
}

// Close closes the file and removes what was unpacked.
func (r *recording) Close() error {
	err := r.file.Close()
	if r.temp {
		err = errors.Join(err, os.Remove(r.file.Name()))
	}
	return err
}
