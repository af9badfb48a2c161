package scorers

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	stdjson "encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"holdtrue/eval"
	"holdtrue/eval/process"
)

var commandScorer = &eval.Scorer{
	Name: "command",
	Doc: `the score that a program of your own gives.

The program is started from the suite's folder and kept alive. For each output it is
sent one JSON object on one line of its standard input, {"id": ..., "case": {...},
"output": {...}}, and answers with one on its standard output: {"score": 0.7} from 0
to 1, or {"pass": true}; with "reason" if it likes, or {"skip": "why"} or {"error":
"why"}. It may print nothing else there. A program that ends, hangs, or answers
anything else gives a failed score, and is started again for the next output. The
program file and the files named in its arguments are part of the metric's identity.`,
	Version: "1",
	Scale:   eval.Unit,
	Better:  eval.Higher,
	Args:    &commandDefaults,
	New:     withArgs(&commandDefaults, newCommand),
}

type commandArgs struct {
	Run     list    `json:"run" doc:"the program and its arguments; required"`
	Timeout float64 `json:"timeout" doc:"the longest an answer may take, in seconds"`
	Workers int     `json:"workers" doc:"how many of the program may run at once"`
	// Digest is filled in at binding; see fix.
	Digest string `json:"digest,omitzero" doc:"SHA-256 of the program and the files of its arguments, filled in at binding; if written, it must agree"`
}

var commandDefaults = commandArgs{Timeout: 30, Workers: 2}

// fix puts the digest of the files into the arguments, so that a changed program
// is another metric.
func (a *commandArgs) fix(dir string) error {
	if len(a.Run) == 0 {
		return nil // newCommand says so
	}
	program, err := process.FindProgram(a.Run[0], dir)
	if err != nil {
		return &eval.InputError{Msg: "run: " + err.Error(), Hint: "a program with a / in its name is looked up from the suite's folder, any other on the PATH"}
	}
	h := sha256.New()
	for i, name := range append([]string{program}, a.Run[1:]...) {
		if i > 0 && !filepath.IsAbs(name) {
			name = filepath.Join(dir, name)
		}
		info, err := os.Stat(name)
		if err != nil || !info.Mode().IsRegular() {
			continue // an argument that is no file
		}
		if err := addFile(h, name); err != nil {
			return fmt.Errorf("run: %w", err)
		}
	}
	digest := hex.EncodeToString(h.Sum(nil))
	if a.Digest != "" && a.Digest != digest {
		return fmt.Errorf("digest: the files have %s", digest)
	}
	a.Digest = digest
	return nil
}

func addFile(h io.Writer, name string) error {
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	_, err = io.Copy(h, f)
	return err
}

func newCommand(args commandArgs, dir string) (eval.Judge, error) {
	switch {
	case len(args.Run) == 0 || args.Run[0] == "":
		return nil, &eval.InputError{Msg: "the argument run is missing", Hint: "write {command: {run: [./score.py]}}"}
	case !(args.Timeout > 0 && args.Timeout <= 86400):
		return nil, errors.New("timeout: expected a number of seconds above 0")
	case args.Workers < 1 || args.Workers > 1024:
		return nil, errors.New("workers: expected a whole number from 1 to 1024")
	}
	abs, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	program, err := process.FindProgram(args.Run[0], abs)
	if err != nil {
		return nil, &eval.InputError{Msg: "run: " + err.Error()}
	}
	return &commandJudge{
		pool:    process.NewPool(process.CommandLine{Program: program, Args: args.Run, Dir: abs}, args.Workers, io.Discard),
		timeout: time.Duration(args.Timeout * float64(time.Second)),
	}, nil
}

// commandJudge asks processes.
type commandJudge struct {
	pool    *process.Pool
	timeout time.Duration
}

// question is what the program is sent.
type question struct {
	ID     string             `json:"id"`
	Case   stdjson.RawMessage `json:"case"`
	Output stdjson.RawMessage `json:"output"`
}

// verdict is what it answers.
type verdict struct {
	ID     *string  `json:"id"`
	Score  *float64 `json:"score"`
	Pass   *bool    `json:"pass"`
	Reason string   `json:"reason"`
	Skip   string   `json:"skip"`
	Error  string   `json:"error"`
}

func (j *commandJudge) Score(ctx context.Context, s *eval.Sample) eval.Score {
	line, err := ask(s)
	if err != nil {
		return eval.Fail(clean("the case cannot be written as JSON: " + err.Error()))
	}
	leave, err := j.pool.Enter(ctx)
	if err != nil {
		return stopped(ctx)
	}
	defer leave()
	p, err := j.pool.Take()
	if err != nil {
		return eval.Fail(clean("the program cannot be started: " + err.Error()))
	}
	r, err := p.Exchange(ctx, line, j.timeout)
	if err != nil {
		p.Stop()
		return stopped(ctx)
	}
	if r.Err != nil {
		p.Stop()
		why := r.Err.Error()
		if last := process.LastLines(p.Stderr.String(), 1); last != "" {
			why += "; last on its standard error: " + last
		}
		return eval.Fail(clean("the program gave no score: " + why))
	}
	score, ok := read(r.Line, s.Case.ID)
	if !ok {
		p.Stop()
		return score
	}
	j.pool.Keep(p)
	return score
}

// ask writes the question. What can only be written with loss, such as invalid
// UTF-8, is.
func ask(s *eval.Sample) ([]byte, error) {
	c, err := json.Marshal(s.Case, jsontext.AllowInvalidUTF8(true))
	if err != nil {
		return nil, err
	}
	o, err := json.Marshal(s.Output, jsontext.AllowInvalidUTF8(true))
	if err != nil {
		return nil, err
	}
	line, err := json.Marshal(question{s.Case.ID, stdjson.RawMessage(c), stdjson.RawMessage(o)}, jsontext.AllowInvalidUTF8(true))
	return append(line, '\n'), err
}

// read makes a score of an answer; ok is false if the program cannot be trusted
// to be in step any more.
func read(line []byte, id string) (score eval.Score, ok bool) {
	var v verdict
	if err := json.Unmarshal(line, &v, allowDuplicates); err != nil {
		return eval.Fail(clean("the program answered " + process.Quote(string(cut(string(line), 80)), 80) + `; expected {"score": ...}`)), false
	}
	switch {
	case v.ID != nil && *v.ID != id:
		return eval.Fail(clean("the program answered for " + quote(*v.ID) + ", asked was " + quote(id))), false
	case v.Error != "":
		return eval.Fail(clean("the program says: " + v.Error)), true
	case v.Skip != "":
		return eval.Skip(clean(v.Skip)), true
	case v.Pass != nil:
		return eval.Pass(*v.Pass, clean(v.Reason)), true
	case v.Score == nil:
		return eval.Fail(clean("the program answered " + process.Quote(cut(string(line), 80), 80) + `; expected {"score": ...}, {"pass": ...} or {"skip": ...}`)), true
	case !(*v.Score >= 0 && *v.Score <= 1):
		return eval.Fail("the program gave " + number(*v.Score) + ", which is not from 0 to 1"), true
	}
	return eval.Value(*v.Score, clean(strings.TrimSpace(v.Reason))), true
}

// Close ends the processes.
func (j *commandJudge) Close() error {
	j.pool.Close()
	return nil
}
