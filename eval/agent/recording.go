package agent

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/go-json-experiment/json/jsontext"

	"holdtrue/eval"
	"holdtrue/eval/wire"
)

const recordingExample = "march: {recording: recordings/2026-03.jsonl}"

var recordingKind = Kind{
	Name:    "recording",
	Doc:     "Outputs of one agent version in a file (JSONL, also gzip), replayed without calling anything.",
	Example: recordingExample,
	Open:    openRecording,
}

// maxErrors is how many faults of a file are listed.
const maxErrors = 100

// recording answers from a file that was read and indexed once. Only the index
// stays in memory: under 100 bytes a record.
type recording struct {
	name  string
	file  *os.File
	index *index
	info  Info
	// cleanup removes the temporary file of a gzip recording where the system
	// does not allow to unlink an open file.
	cleanup func() error
}

// openRecording reads the whole file strictly. All its faults are returned
// together, up to maxErrors.
func openRecording(ctx context.Context, spec eval.AgentSpec, opt Options) (Agent, error) {
	path, err := recordingPath(spec)
	if err != nil {
		return nil, err
	}
	if !filepath.IsAbs(path) {
		path = filepath.Join(opt.Dir, path)
	}
	r := &recording{name: path, cleanup: func() error { return nil }}
	src, err := r.open(spec)
	if err != nil {
		return nil, err
	}
	digest := sha256.New()
	r.index, err = readIndex(ctx, io.TeeReader(src, digest), path, r.file)
	if err = errors.Join(err, src.Close()); err != nil {
		return nil, errors.Join(err, r.Close())
	}
	if r.index.size == 0 {
		err := &eval.InputError{Pos: eval.Pos{File: path}, Msg: "the recording holds no output", Hint: `one output a line: {"id": "...", "output": "..."}`}
		return nil, errors.Join(err, r.Close())
	}
	sum := hex.EncodeToString(digest.Sum(nil))
	r.info = Info{Version: "sha256:" + sum[:12], Repeats: r.index.repeats, Recorded: true,
		Lineage: map[string]string{"recording": "sha256:" + sum}}
	return r, nil
}

// recordingPath reads the value under the key: a path, or {path: ...}.
func recordingPath(spec eval.AgentSpec) (string, error) {
	var form struct {
		Path string `json:"path"`
	}
	into := any(&form)
	if jsontext.Value(spec.Args).Kind() == '"' {
		into = &form.Path
	}
	if err := wire.Decode(spec.Args, into, eval.Pos{}, false); err != nil {
		return "", wrong(spec, "recording: "+err.Error(), recordingExample)
	}
	if form.Path == "" {
		return "", wrong(spec, "recording: expected the path of a file", recordingExample)
	}
	return form.Path, nil
}

// open gives the content of the file for the first pass, and sets r.file to
// what holds the same bytes at the same offsets: the file itself or, of a gzip
// file, a temporary file that the first pass fills.
func (r *recording) open(spec eval.AgentSpec) (io.ReadCloser, error) {
	info, err := os.Stat(r.name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, wrong(spec, "recording "+r.name+" does not exist", "paths are relative to the suite's folder")
	case err != nil:
		return nil, wrong(spec, "recording: "+err.Error(), "")
	case !info.Mode().IsRegular():
		return nil, wrong(spec, "recording "+r.name+" is not a file", "")
	}
	zipped, err := isGzip(r.name)
	if err != nil {
		return nil, wrong(spec, "recording: "+err.Error(), "")
	}
	src, err := wire.Open(r.name)
	if err != nil {
		return nil, wrong(spec, "recording: "+err.Error(), "")
	}
	if !zipped {
		r.file, err = os.Open(r.name)
		if err != nil {
			return nil, errors.Join(err, src.Close())
		}
		return src, nil
	}
	r.file, err = os.CreateTemp("", "holdtrue-recording-*.jsonl")
	if err != nil {
		return nil, errors.Join(fmt.Errorf("%s: room to decompress it: %w", r.name, err), src.Close())
	}
	if os.Remove(r.file.Name()) != nil {
		name := r.file.Name()
		r.cleanup = func() error { return os.Remove(name) }
	}
	return &tee{ReadCloser: src, copy: r.file}, nil
}

func isGzip(path string) (bool, error) {
	f, err := os.Open(path)
	if err != nil {
		return false, err
	}
	var magic [2]byte
	n, err := io.ReadFull(f, magic[:])
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		err = nil
	}
	return n == 2 && magic == [2]byte{0x1f, 0x8b}, errors.Join(err, f.Close())
}

// tee copies what is read, as io.TeeReader does, and closes its source.
type tee struct {
	io.ReadCloser
	copy io.Writer
}

func (t *tee) Read(p []byte) (int, error) {
	n, err := t.ReadCloser.Read(p)
	if _, werr := t.copy.Write(p[:n]); werr != nil {
		return n, fmt.Errorf("room to decompress it: %w", werr)
	}
	return n, err
}

func (r *recording) Info() Info { return r.info }

// Ask gives the recorded output, its latency as recorded.
func (r *recording) Ask(ctx context.Context, c *eval.Case, repeat int) (eval.Output, error) {
	failed := eval.Output{CaseID: c.ID, Repeat: repeat}
	if err := ctx.Err(); err != nil {
		return failed, err
	}
	o, found, err := r.index.find(r.file, r.name, c.ID, repeat)
	switch {
	case err != nil:
		return failed, err
	case !found:
		failed.Err = noAnswer
		return failed, nil
	}
	return o, nil
}

// Close closes the file.
func (r *recording) Close() error {
	if r.file == nil {
		return nil
	}
	return errors.Join(r.file.Close(), r.cleanup())
}
