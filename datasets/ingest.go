package datasets

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/google/renameio/v2"
	commonpb "go.opentelemetry.io/proto/otlp/common/v1"

	"holdtrue/eval"
	"holdtrue/eval/wire"
)

// IngestOptions say how traces become a recording.
type IngestOptions struct {
	// CaseAttributes may hold the id of the case that a span answers, the first
	// that is there; a trace without one is named by its own id.
	CaseAttributes []string
	Force          bool // overwrite the recording
	// MaxOpen bounds the bytes, as the files have them, of the traces that are open
	// at a time; 0 takes DefaultMaxOpen.
	MaxOpen int
	// Mask, if set, is applied to everything that an output says.
	Mask eval.Mask
}

// DefaultMaxOpen is how many bytes of traces may be open at a time.
const DefaultMaxOpen = 512 << 20

// DefaultCaseAttributes are looked at where nothing else is asked for.
func DefaultCaseAttributes() []string { return []string{"holdtrue.case.id", "test.case.id"} }

// Ingested counts what Ingest read and wrote.
type Ingested struct {
	Spans, Logs, Traces int
	Outputs, Cases      int
	NoModel             int // traces without a call of a model or an agent
	Wordless            int // answers whose text was not captured
	// OpenMost is the most spans and log records that were held at once.
	OpenMost int
}

// maxAnswers is how many answers to one case a recording holds.
const maxAnswers = 10_000

// Ingest reads the traces of OTLP files into a recording: one output for each
// trace, or for each case that the spans of a trace name. The order is that in
// which the traces end in the files; several answers to a case are its repeats.
//
// The files are read twice. The first pass finds where each trace ends, so that
// in the second a trace is written and forgotten as soon as its last span was
// read, however far its spans lie apart and in whichever of the files. Memory
// holds the traces that are open at a time, within MaxOpen, and 40 bytes or so for
// each trace.
//
// The recording is written whole or not at all. All faults are returned together.
func Ingest(ctx context.Context, files []string, recording string, opt IngestOptions) (n Ingested, err error) {
	if _, err := os.Stat(recording); err == nil && !opt.Force {
		return n, &eval.InputError{Pos: eval.Pos{File: recording}, Msg: "the file exists", Hint: "--force overwrites it"}
	}
	if opt.MaxOpen == 0 {
		opt.MaxOpen = DefaultMaxOpen
	}
	in := ingester{ctx: ctx, files: files, opt: opt, n: &n, last: map[traceID]int{}, open: map[traceID]*trace{}, repeats: map[string]int{}}
	if err := in.findEnds(); err != nil {
		return n, err
	}
	if n.Traces == 0 {
		return n, &eval.InputError{Pos: eval.Pos{File: files[0]}, Msg: "no span was found", Hint: "traces are wanted: \"resourceSpans\" in OTLP JSON"}
	}
	if err := os.MkdirAll(filepath.Dir(recording), 0o755); err != nil {
		return n, err
	}
	out, err := renameio.NewPendingFile(recording, renameio.WithPermissions(0o644))
	if err != nil {
		return n, err
	}
	defer func() { err = errors.Join(err, out.Cleanup()) }()
	in.out = bufio.NewWriterSize(out, 256<<10)
	if err := in.convert(); err != nil {
		return n, err
	}
	if n.Cases = len(in.repeats); n.Outputs == 0 {
		return n, in.nothing()
	}
	if err := in.out.Flush(); err != nil {
		return n, err
	}
	return n, out.CloseAtomicallyReplace()
}

// ingester is one ingest under way.
type ingester struct {
	ctx     context.Context
	files   []string
	opt     IngestOptions
	n       *Ingested
	last    map[traceID]int // number of the last item of a trace
	open    map[traceID]*trace
	held    int            // spans and log records of open traces
	bytes   int            // that they have in the files
	repeats map[string]int // answers by case
	out     *bufio.Writer
	line    []byte
	// The resource of the item before, which most often is that of the next.
	resource *commonpb.KeyValue
	about    attributes
}

// tooOpen ends an ingest whose open traces would take too much memory.
type tooOpen struct{ *eval.InputError }

func (t tooOpen) Unwrap() error { return t.InputError }

// items numbers what the files hold, and passes over faults once they are told.
func (in *ingester) items(briefly bool, see func(number int, it otlpItem) error) error {
	var faults faultList
	number := 0
	for _, file := range in.files {
		for it, err := range otlpItems(file, briefly) {
			if number++; number%1024 == 0 && in.ctx.Err() != nil {
				return in.ctx.Err()
			}
			if err == nil {
				err = see(number, it)
			}
			var wrong *eval.InputError
			var full tooOpen
			if err != nil && !errors.As(err, &wrong) || errors.As(err, &full) {
				return err
			}
			faults.add(err)
		}
	}
	return faults.err()
}

// findEnds is the first pass.
func (in *ingester) findEnds() error {
	return in.items(true, func(number int, it otlpItem) error {
		if it.span == nil {
			in.n.Logs++
			if _, traced := in.last[it.trace]; !traced {
				return nil // of a trace that may never come; one that comes later takes it in
			}
		} else {
			in.n.Spans++
			if _, known := in.last[it.trace]; !known {
				in.n.Traces++
			}
		}
		in.last[it.trace] = number
		return nil
	})
}

// convert is the second pass.
func (in *ingester) convert() error {
	return in.items(false, func(number int, it otlpItem) error {
		end, traced := in.last[it.trace]
		if !traced {
			return nil // log records alone
		}
		t := in.open[it.trace]
		if t == nil {
			t = &trace{id: it.trace}
			in.open[it.trace] = t
		}
		in.held++
		in.bytes += it.size
		in.n.OpenMost = max(in.n.OpenMost, in.held)
		if in.bytes > in.opt.MaxOpen {
			return tooOpen{&eval.InputError{Pos: it.pos, Msg: fmt.Sprintf("%d traces that are not complete yet hold more than %d MiB", len(in.open), in.opt.MaxOpen>>20),
				Hint: "put the spans of a trace nearer to each other, or give fewer files at a time"}}
		}
		err := t.take(it, number, in.aboutOf(it.resource), in.opt.CaseAttributes)
		if number == end {
			delete(in.open, it.trace)
			in.held -= t.size
			in.bytes -= t.bytes
			err = errors.Join(err, in.write(t))
		}
		return err
	})
}

// aboutOf gives the attributes of a resource, which spans share.
func (in *ingester) aboutOf(resource []*commonpb.KeyValue) attributes {
	if len(resource) == 0 {
		return nil
	}
	if in.resource != resource[0] {
		in.resource, in.about = resource[0], attributesOf(resource)
	}
	return in.about
}

// write turns a whole trace into lines of the recording.
func (in *ingester) write(t *trace) error {
	var errs []error
	for _, g := range t.groups(in.opt.CaseAttributes) {
		o, why := g.answer()
		switch why {
		case noModel:
			in.n.NoModel++
			continue
		case wordless:
			in.n.Wordless++
			continue
		}
		o.Repeat = in.repeats[o.CaseID]
		if o.Repeat == maxAnswers {
			errs = append(errs, &eval.InputError{Pos: g.spans[0].pos, Msg: fmt.Sprintf("more than %d answers to case %q; a recording holds no more", maxAnswers, o.CaseID)})
			continue
		}
		in.repeats[o.CaseID]++
		if in.opt.Mask != nil {
			in.opt.Mask.Output(&o)
		}
		line, err := wire.AppendOutput(in.line[:0], &o)
		if err != nil {
			errs = append(errs, fmt.Errorf("trace %s: %w", t.id, err))
			continue
		}
		in.line = append(line, '\n')
		if _, err := in.out.Write(in.line); err != nil {
			return err
		}
		in.n.Outputs++
	}
	return errors.Join(errs...)
}

// nothing says why no output could be made.
func (in *ingester) nothing() error {
	e := &eval.InputError{Pos: eval.Pos{File: in.files[0]}, Msg: fmt.Sprintf("none of %d traces calls a model or an agent", in.n.Traces),
		Hint: "spans are known by the GenAI conventions (gen_ai.operation.name) and by OpenInference (openinference.span.kind)"}
	if in.n.Wordless > 0 {
		e.Msg = fmt.Sprintf("none of %d answers holds its text: the content of messages was not captured", in.n.Wordless)
		e.Hint = "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT=true in the agent's environment captures it"
	}
	return e
}
