package datasets

import (
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	logspb "go.opentelemetry.io/proto/otlp/logs/v1"
	resourcepb "go.opentelemetry.io/proto/otlp/resource/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	"holdtrue/eval"
)

// otlpJSON walks OTLP JSON token by token down to single spans and log records,
// which the official mapping then decodes.
type otlpJSON struct {
	d       *jsontext.Decoder
	lines   *lineCounter
	bound   *boundedReader
	file    string
	briefly bool
	current []*commonpb.KeyValue // of the resource that is being read
	yield   func(otlpItem, error) bool
}

// errStop says that nobody wants to hear more.
var errStop = errors.New("stop")

// readOTLPJSON reads JSON values one behind the other.
func readOTLPJSON(r io.Reader, file string, briefly bool, yield func(otlpItem, error) bool) {
	j := &otlpJSON{file: file, briefly: briefly, yield: yield}
	j.bound = &boundedReader{r: r, left: maxOTLPValue}
	j.lines = &lineCounter{r: j.bound}
	j.d = jsontext.NewDecoder(j.lines)
	seen := false
	for {
		switch j.d.PeekKind() {
		case 0: // the end, or a fault
			if _, err := j.d.ReadToken(); !errors.Is(err, io.EOF) {
				j.fail(err)
			} else if !seen {
				yield(otlpItem{}, &eval.InputError{Pos: eval.Pos{File: file}, Msg: "the file is empty"})
			}
			return
		case '{':
			seen = true
			if err := j.export(); err != nil {
				j.fail(err)
				return
			}
		case '[':
			seen = true
			if err := j.each(j.export); err != nil {
				j.fail(err)
				return
			}
		default:
			if _, err := j.d.ReadToken(); err != nil {
				j.fail(err)
				return
			}
			yield(otlpItem{}, &eval.InputError{Pos: j.pos(), Msg: "expected an object with resourceSpans or resourceLogs"})
			return
		}
	}
}

// fail yields a fault that ends the file.
func (j *otlpJSON) fail(err error) {
	if errors.Is(err, errStop) {
		return
	}
	pos := j.pos()
	var syntax *jsontext.SyntacticError
	var in *eval.InputError
	switch {
	case errors.As(err, &in):
	case errors.Is(err, io.ErrUnexpectedEOF):
		err = &eval.InputError{Pos: pos, Msg: "not valid JSON: the file is cut short"}
	case errors.As(err, &syntax):
		pos.Line = j.lines.lineAt(max(syntax.ByteOffset, j.d.InputOffset()))
		cause := "it is damaged"
		if syntax.Err != nil {
			cause = strings.TrimPrefix(syntax.Err.Error(), "jsontext: ")
		}
		err = &eval.InputError{Pos: pos, Msg: "not valid JSON: " + cause}
	case errors.Is(err, errTooLong):
		err = &eval.InputError{Pos: pos, Msg: fmt.Sprintf("a single value is longer than %d bytes", maxOTLPValue)}
	default:
		err = fmt.Errorf("%s: %w", pos, err)
	}
	j.yield(otlpItem{}, err)
}

func (j *otlpJSON) pos() eval.Pos {
	return eval.Pos{File: j.file, Line: j.lines.lineAt(j.d.InputOffset())}
}

// progress is made: the next value may be as long as any.
func (j *otlpJSON) progress() { j.bound.left = maxOTLPValue; j.lines.lineAt(j.d.InputOffset()) }

// each reads a list.
func (j *otlpJSON) each(item func() error) error {
	if err := j.begin('[', "a list"); err != nil {
		return err
	}
	for j.d.PeekKind() != ']' {
		if j.d.PeekKind() == 0 {
			_, err := j.d.ReadToken()
			return err
		}
		if err := item(); err != nil {
			return err
		}
		j.progress()
	}
	_, err := j.d.ReadToken()
	return err
}

// begin reads the opening of a value of the kind.
func (j *otlpJSON) begin(kind jsontext.Kind, expected string) error {
	t, err := j.d.ReadToken()
	if err != nil {
		return err
	}
	if t.Kind() != kind {
		return &eval.InputError{Pos: j.pos(), Msg: "expected " + expected}
	}
	return nil
}

// object reads an object; what has no reader is passed over.
func (j *otlpJSON) object(member func(key string) func() error) error {
	if err := j.begin('{', "an object"); err != nil {
		return err
	}
	for {
		t, err := j.d.ReadToken()
		if err != nil {
			return err
		}
		if t.Kind() == '}' {
			return nil
		}
		read := member(t.String())
		if read == nil || j.d.PeekKind() == 'n' {
			read = j.d.SkipValue
		}
		if err := read(); err != nil {
			return err
		}
		j.progress()
	}
}

// export reads what an exporter sends at once: traces, logs, or neither.
func (j *otlpJSON) export() error {
	return j.object(func(key string) func() error {
		switch key {
		case "resourceSpans", "resource_spans":
			return func() error { return j.each(j.resource) }
		case "resourceLogs", "resource_logs":
			return func() error { return j.each(j.resource) }
		}
		return nil
	})
}

func (j *otlpJSON) resource() error {
	j.current = nil
	return j.object(func(key string) func() error {
		switch key {
		case "resource":
			return func() error {
				var r resourcepb.Resource
				_, _, err := j.decode(&r, "a resource")
				j.current = r.GetAttributes()
				return err
			}
		case "scopeSpans", "scope_spans", "instrumentationLibrarySpans", "scopeLogs", "scope_logs", "instrumentationLibraryLogs":
			return func() error { return j.each(j.scope) }
		}
		return nil
	})
}

func (j *otlpJSON) scope() error {
	return j.object(func(key string) func() error {
		switch key {
		case "spans":
			return func() error { return j.each(j.span) }
		case "logRecords", "log_records", "logs":
			return func() error { return j.each(j.log) }
		}
		return nil
	})
}

func (j *otlpJSON) span() error {
	s := &tracepb.Span{}
	pos, size, err := j.decode(s, "a span")
	if err != nil || size == 0 {
		return err
	}
	return j.give(otlpItem{span: s, resource: j.current, size: size, pos: pos})
}

func (j *otlpJSON) log() error {
	l := &logspb.LogRecord{}
	pos, size, err := j.decode(l, "a log record")
	if err != nil || size == 0 {
		return err
	}
	return j.give(otlpItem{log: l, resource: j.current, size: size, pos: pos})
}

func (j *otlpJSON) give(it otlpItem) error {
	wanted, err := it.identified()
	if (wanted || err != nil) && !j.yield(it, err) {
		return errStop
	}
	return nil
}

// decode reads one value by the official mapping and says where it begins and how
// many bytes it has. A value that the mapping refuses is yielded as a fault, and
// has none.
func (j *otlpJSON) decode(into proto.Message, what string) (pos eval.Pos, size int, err error) {
	value, err := j.d.ReadValue()
	if err != nil {
		return pos, 0, err
	}
	pos = eval.Pos{File: j.file, Line: j.lines.lineAt(j.d.InputOffset() - int64(len(value)))}
	if j.briefly && readBriefly(value, into) {
		return pos, len(value), nil
	}
	if err := (protojson.UnmarshalOptions{DiscardUnknown: true}).Unmarshal(value, into); err != nil {
		if !j.yield(otlpItem{}, &eval.InputError{Pos: pos, Msg: fmt.Sprintf("not %s of OTLP: %s", what, protoMessage(err))}) {
			return pos, 0, errStop
		}
		return pos, 0, nil
	}
	return pos, len(value), nil
}

// readBriefly reads the trace id of a span or a log record, and a span's name, in
// the way of the official mapping; ok is false if that has to decide.
func readBriefly(value jsontext.Value, into proto.Message) (ok bool) {
	var f struct {
		TraceID string `json:"traceId"`
		Name    string `json:"name"`
	}
	if json.Unmarshal(value, &f) != nil || f.TraceID == "" {
		return false
	}
	id, err := base64.StdEncoding.DecodeString(f.TraceID)
	if err != nil {
		return false
	}
	switch m := into.(type) {
	case *tracepb.Span:
		m.TraceId, m.Name = id, f.Name
	case *logspb.LogRecord:
		m.TraceId = id
	default:
		return false
	}
	return true
}

// errTooLong says that a boundedReader is at its bound.
var errTooLong = errors.New("a single value is too long")

// boundedReader gives out at most so many bytes until it is allowed more.
type boundedReader struct {
	r    io.Reader
	left int
}

func (b *boundedReader) Read(p []byte) (int, error) {
	if b.left <= 0 {
		return 0, errTooLong
	}
	n, err := b.r.Read(p)
	b.left -= n
	return n, err
}
