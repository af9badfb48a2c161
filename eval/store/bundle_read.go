package store

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"iter"
	"math"
	"regexp"
	"slices"
	"sync"
	"unicode/utf8"

	"github.com/klauspost/compress/zstd"

	"holdtrue/eval"
	"holdtrue/eval/wire"
)

// What a bundle unpacks to is bounded by its own size, so that a hostile one
// does not fill the disk: no run is that even.
const (
	bundleFree  = 256 << 20 // bytes that are read whatever the size
	bundleRatio = 1000
)

// bundleReader reads a bundle line by line and checks all that can be checked
// without a store.
type bundleReader struct {
	name           string
	head           bundleHead
	metrics        map[string]eval.Metric
	cases, outputs int
	current        *eval.Case
	currentHash    string
	sum            hash.Hash
	ended          bool
	lines          func() (wire.Line, error, bool)
	stop           func()
	zstd           *zstd.Decoder
}

// openBundle reads the head of a bundle. What is wrong with it is an
// *eval.InputError.
func openBundle(r io.Reader, name string) (*bundleReader, error) {
	b := &bundleReader{name: name, sum: sha256.New(), metrics: map[string]eval.Metric{}}
	packed := &counter{r: r}
	magic := make([]byte, len(zstdMagic))
	if _, err := io.ReadFull(packed, magic); err != nil && !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, io.EOF) {
		return nil, err
	}
	if string(magic) != zstdMagic {
		return nil, b.fault(0, "this file is not a bundle", "holdtrue store export RUN -o FILE makes one; holdtrue ingest and recordings read other files")
	}
	z, err := zstd.NewReader(io.MultiReader(bytes.NewReader(magic), packed), zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(2*bundleWindow), zstd.WithDecoderLowmem(true))
	if err != nil {
		return nil, err
	}
	b.zstd = z
	b.lines, b.stop = iter.Pull2(wire.Lines(&unpacked{z: z, packed: packed, name: name}, name))
	if err := b.readHead(); err != nil {
		b.close()
		return nil, err
	}
	return b, nil
}

const zstdMagic = "\x28\xb5\x2f\xfd"

func (b *bundleReader) close() {
	b.stop()
	b.zstd.Close()
}

func (b *bundleReader) fault(line int, msg, hint string) error {
	return &eval.InputError{Pos: eval.Pos{File: b.name, Line: line}, Msg: msg, Hint: hint}
}

// readHead reads the first line: its version before anything else, which a
// newer program may have given keys that are not known here.
func (b *bundleReader) readHead() error {
	line, err, ok := b.lines()
	if err != nil {
		return err
	}
	if !ok {
		return b.fault(0, "the bundle is empty", "")
	}
	var version struct {
		Bundle int `json:"bundle"`
	}
	switch err := json.Unmarshal(line.Data, &version); {
	case err != nil || version.Bundle < 1:
		return b.fault(1, "this file is not a bundle: its first line does not say so", "holdtrue store export RUN -o FILE makes one")
	case version.Bundle > bundleFormat:
		return b.fault(1, fmt.Sprintf("the bundle has format %d and this program knows up to %d", version.Bundle, bundleFormat), "use the newer holdtrue that wrote it")
	}
	b.note(line)
	if err := wire.Decode(line.Data, &b.head, line.Pos, false); err != nil {
		return err
	}
	return b.checkRun(&b.head.Run)
}

func (b *bundleReader) note(line wire.Line) {
	b.sum.Write(line.Data)
	b.sum.Write([]byte{'\n'})
}

var bundledID = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[0-9a-z][0-9a-z-]{0,63}$`) })

// checkRun holds a run to what the store holds a run to.
func (b *bundleReader) checkRun(run *eval.Run) error {
	wrong := func(format string, args ...any) error { return b.fault(1, "run: "+fmt.Sprintf(format, args...), "") }
	switch {
	case !bundledID().MatchString(run.ID):
		return wrong("%q is no id of a run", run.ID)
	case run.Status != eval.Running && run.Status != eval.Complete:
		return wrong("unknown status %q", run.Status)
	case (run.Status == eval.Complete) == run.Finished.IsZero():
		return wrong("its status is %q and finished is %v", run.Status, run.Finished)
	case run.Suite == "" || run.Agent == "" || run.Started.IsZero():
		return wrong("suite, agent and start must be there")
	case run.Cases < 0 || run.Repeats < 1 || run.Cases > math.MaxInt32 || run.Repeats > math.MaxInt32:
		return wrong("%d cases and %d repeats cannot be", run.Cases, run.Repeats)
	}
	for _, m := range run.Metrics {
		if _, twice := b.metrics[m.Name]; twice || m.Name == "" {
			return wrong("a metric is named %q, without a name or not for the first time", m.Name)
		}
		if !slices.Contains([]eval.Scale{eval.Binary, eval.Unit, eval.Measure}, m.Scale) {
			return wrong("metric %s: unknown scale %q", m.Name, m.Scale)
		}
		if !slices.Contains([]eval.Better{eval.Higher, eval.Lower, eval.Neither}, m.Better) {
			return wrong("metric %s: unknown direction %q", m.Name, m.Better)
		}
		b.metrics[m.Name] = m
	}
	return nil
}

// next gives the next answer with its case, nil at the end of the bundle.
func (b *bundleReader) next() (*Entry, error) {
	for {
		line, err, ok := b.lines()
		switch {
		case err != nil:
			return nil, err
		case !ok && b.ended:
			return nil, nil
		case !ok:
			return nil, b.fault(0, "the bundle is cut short: its last line is missing", "copy the file again")
		case b.ended:
			return nil, b.fault(line.Pos.Line, "something follows the end of the bundle", "")
		}
		var form bundleLine
		if err := wire.Decode(line.Data, &form, line.Pos, false); err != nil {
			return nil, err
		}
		what := 0
		for _, there := range []bool{form.Case != nil, form.Output != nil, form.End != nil} {
			if there {
				what++
			}
		}
		if what != 1 {
			return nil, b.fault(line.Pos.Line, "expected a case, an output or the end", "")
		}
		if form.End != nil {
			if err := b.checkEnd(form.End, line.Pos.Line); err != nil {
				return nil, err
			}
			continue
		}
		b.note(line)
		if form.Case != nil {
			if err := b.readCase(&form, line.Pos); err != nil {
				return nil, err
			}
			continue
		}
		return b.entry(&form, line.Pos.Line)
	}
}

func (b *bundleReader) readCase(form *bundleLine, pos eval.Pos) error {
	c, err := wire.DecodeCase(form.Case, pos)
	if err != nil {
		return err
	}
	if c.ID == "" || c.Hash() != form.Hash {
		return b.fault(pos.Line, fmt.Sprintf("case %q is not the one that its hash names", c.ID), "")
	}
	if b.cases++; b.cases > b.head.Run.Cases {
		return b.fault(pos.Line, fmt.Sprintf("the run plans %d cases, and here is another", b.head.Run.Cases), "")
	}
	b.current, b.currentHash = &c, form.Hash
	return nil
}

// entry checks an answer and makes it ready to be stored.
func (b *bundleReader) entry(form *bundleLine, line int) (*Entry, error) {
	o := form.Output
	switch {
	case b.current == nil || o.CaseID != b.current.ID:
		return nil, b.fault(line, fmt.Sprintf("an answer to %q that does not follow its case", o.CaseID), "")
	case o.Repeat < 0 || o.Repeat >= b.head.Run.Repeats:
		return nil, b.fault(line, fmt.Sprintf("case %s: repeat is %d, and the run asks every case %d times", o.CaseID, o.Repeat, b.head.Run.Repeats), "")
	case len(form.Bytes) > 0 && (o.Text != "" || utf8.Valid(form.Bytes)):
		return nil, b.fault(line, fmt.Sprintf("case %s: two texts", o.CaseID), "")
	}
	if len(form.Bytes) > 0 {
		o.Text = string(form.Bytes)
	}
	seen := map[string]bool{}
	for i := range form.Scores {
		sc := &form.Scores[i]
		m, known := b.metrics[sc.Metric]
		high := math.MaxFloat64
		if m.Scale != eval.Measure {
			high = 1
		}
		switch {
		case !known || seen[sc.Metric]:
			return nil, b.fault(line, fmt.Sprintf("case %s: a score of %q, which is no metric of the run or stands twice", o.CaseID, sc.Metric), "")
		case sc.Status == eval.Scored && !(sc.Value >= 0 && sc.Value <= high):
			return nil, b.fault(line, fmt.Sprintf("case %s: the score %s is %v, out of its range", o.CaseID, sc.Metric, sc.Value), "")
		case sc.Status != eval.Scored && (sc.Value != 0 || !slices.Contains([]eval.Status{eval.Skipped, eval.Missing, eval.Failed}, sc.Status)):
			return nil, b.fault(line, fmt.Sprintf("case %s: the score %s has the status %q and the value %v", o.CaseID, sc.Metric, sc.Status, sc.Value), "")
		}
		seen[sc.Metric] = true
	}
	b.outputs++
	return &Entry{Case: b.current, CaseHash: b.currentHash, Result: eval.Result{Output: *o, Scores: form.Scores}}, nil
}

func (b *bundleReader) checkEnd(end *bundleEnd, line int) error {
	run := &b.head.Run
	switch {
	case end.SHA256 != hex.EncodeToString(b.sum.Sum(nil)):
		return b.fault(line, "the bundle is damaged: its checksum does not agree", "copy the file again")
	case end.Cases != b.cases || end.Outputs != b.outputs:
		return b.fault(line, fmt.Sprintf("the bundle holds %d cases and %d outputs and says that it holds %d and %d", b.cases, b.outputs, end.Cases, end.Outputs), "")
	case run.Status == eval.Complete && b.outputs != run.Planned():
		return b.fault(line, fmt.Sprintf("the run is said to be complete and has %d of %d outputs", b.outputs, run.Planned()), "")
	}
	b.ended = true
	return nil
}

// counter counts what was read of the file, and keeps its error.
type counter struct {
	r      io.Reader
	n      int64
	failed error
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	if err != nil && !errors.Is(err, io.EOF) {
		c.failed = err
	}
	return n, err
}

// unpacked is decompressed data. That they are damaged is the input's fault.
type unpacked struct {
	z      *zstd.Decoder
	packed *counter
	name   string
	n      int64
}

func (u *unpacked) Read(p []byte) (int, error) {
	n, err := u.z.Read(p)
	u.n += int64(n)
	wrong := func(msg, hint string) error {
		return &eval.InputError{Pos: eval.Pos{File: u.name}, Msg: msg, Hint: hint}
	}
	switch {
	case u.n > bundleFree && u.n > bundleRatio*u.packed.n:
		return 0, wrong(fmt.Sprintf("the file unpacks to more than %d times its size, which no run does", bundleRatio), "")
	case err == nil || errors.Is(err, io.EOF):
		return n, err
	case errors.Is(err, zstd.ErrWindowSizeExceeded) || errors.Is(err, zstd.ErrDecoderSizeExceeded):
		return n, wrong("the file asks for more memory than a bundle does", "")
	case u.packed.failed != nil:
		return n, u.packed.failed
	}
	return n, wrong("the bundle is damaged or cut short: "+err.Error(), "copy the file again")
}
