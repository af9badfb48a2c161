package datasets

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	logspb "go.opentelemetry.io/proto/otlp/logs/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"

	"holdtrue/eval"
)

// otlpProto reads OTLP protobuf, one resource with its spans at a time.
type otlpProto struct {
	r      *bufio.Reader
	offset int64
	file   string
	yield  func(otlpItem, error) bool
}

func readOTLPProto(r *bufio.Reader, file string, frame framing, yield func(otlpItem, error) bool) {
	p := &otlpProto{r: r, file: file, yield: yield}
	var err error
	for err == nil {
		if frame == framedWhole {
			err = p.field()
		} else {
			err = p.message(frame)
		}
	}
	if errors.Is(err, io.EOF) || errors.Is(err, errStop) {
		return
	}
	yield(otlpItem{}, err)
}

// wrong is a fault of the message that begins at a byte, counted from 1.
func (p *otlpProto) wrong(at int64, format string, args ...any) error {
	return &eval.InputError{Pos: eval.Pos{File: p.file}, Msg: fmt.Sprintf("not OTLP protobuf at byte %d: ", at+1) + fmt.Sprintf(format, args...)}
}

// field reads one field of a message that is the whole file.
func (p *otlpProto) field() error {
	at := p.offset
	key, err := p.varint()
	if err != nil {
		return err
	}
	number, kind := protowire.DecodeTag(key)
	if number < 1 {
		return p.wrong(at, "there is no field %d", number)
	}
	switch kind {
	case protowire.BytesType:
		size, err := p.varint()
		if err != nil {
			return p.short(at, err)
		}
		data, err := p.take(at, size)
		if err != nil || number != 1 {
			return err
		}
		return p.resource(at, data)
	case protowire.VarintType:
		_, err := p.varint()
		return p.short(at, err)
	}
	return p.wrong(at, "field %d has a type that OTLP does not use here", number)
}

// message reads one message of a stream.
func (p *otlpProto) message(frame framing) error {
	at := p.offset
	var size uint64
	if frame == framedVarint {
		var err error
		if size, err = p.varint(); err != nil {
			return err
		}
	} else {
		var b [4]byte
		n, err := io.ReadFull(p.r, b[:])
		p.offset += int64(n)
		if err != nil {
			return p.short(at, err)
		}
		size = uint64(binary.BigEndian.Uint32(b[:]))
	}
	data, err := p.take(at, size)
	if err != nil {
		return err
	}
	for len(data) > 0 {
		number, kind, n := protowire.ConsumeTag(data)
		if n < 0 {
			return p.wrong(at, "%s", protoMessage(protowire.ParseError(n)))
		}
		size := protowire.ConsumeFieldValue(number, kind, data[n:])
		if size < 0 {
			return p.wrong(at, "%s", protoMessage(protowire.ParseError(size)))
		}
		if number == 1 && kind == protowire.BytesType {
			value, _ := protowire.ConsumeBytes(data[n:])
			if err := p.resource(at, value); err != nil {
				return err
			}
		}
		data = data[n+size:]
	}
	return nil
}

// varint reads a number; at the end of the file it gives io.EOF.
func (p *otlpProto) varint() (v uint64, err error) {
	at := p.offset
	for shift := 0; shift < 70; shift += 7 {
		b, err := p.r.ReadByte()
		if err != nil {
			if shift > 0 {
				return 0, p.short(at, err)
			}
			return 0, p.placed(err)
		}
		p.offset++
		v |= uint64(b&0x7f) << shift
		if b < 0x80 {
			return v, nil
		}
	}
	return 0, p.wrong(at, "a number is longer than ten bytes")
}

// take reads so many bytes.
func (p *otlpProto) take(at int64, size uint64) ([]byte, error) {
	if size > maxOTLPValue {
		return nil, p.wrong(at, "a message says it has %d bytes; at most %d are read", size, maxOTLPValue)
	}
	// What is there is read, not what is said to be there: a lie costs nothing.
	data, err := io.ReadAll(io.LimitReader(p.r, int64(size)))
	p.offset += int64(len(data))
	if err == nil && uint64(len(data)) < size {
		err = io.ErrUnexpectedEOF
	}
	return data, p.short(at, err)
}

// short says that the file ends within a message.
func (p *otlpProto) short(at int64, err error) error {
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) && p.offset > at {
		return p.wrong(at, "the file is cut short")
	}
	return p.placed(err)
}

func (p *otlpProto) placed(err error) error {
	if err == nil || errors.Is(err, io.EOF) {
		return err
	}
	return placedIn(p.file, err)
}

// resource reads a resource with its spans or its log records. On the wire they
// are told apart by the ids of their traces alone.
func (p *otlpProto) resource(at int64, data []byte) error {
	var spans tracepb.ResourceSpans
	spansErr := proto.Unmarshal(data, &spans)
	if spansErr == nil && traced(&spans) {
		for _, scope := range spans.GetScopeSpans() {
			for _, s := range scope.GetSpans() {
				if err := p.give(at, otlpItem{span: s, resource: spans.GetResource().GetAttributes(), size: proto.Size(s)}); err != nil {
					return err
				}
			}
		}
		return nil
	}
	var logs logspb.ResourceLogs
	if err := proto.Unmarshal(data, &logs); err != nil {
		if spansErr != nil {
			err = spansErr
		}
		return p.report(p.wrong(at, "%s", protoMessage(err)))
	}
	for _, scope := range logs.GetScopeLogs() {
		for _, l := range scope.GetLogRecords() {
			if err := p.give(at, otlpItem{log: l, resource: logs.GetResource().GetAttributes(), size: proto.Size(l)}); err != nil {
				return err
			}
		}
	}
	return nil
}

// traced tells spans from log records read as such, which have no trace id.
func traced(spans *tracepb.ResourceSpans) bool {
	for _, scope := range spans.GetScopeSpans() {
		for _, s := range scope.GetSpans() {
			if len(s.GetTraceId()) == len(traceID{}) {
				return true
			}
		}
	}
	return false
}

func (p *otlpProto) give(at int64, it otlpItem) error {
	it.pos = eval.Pos{File: p.file}
	wanted, err := it.identified()
	if err != nil {
		return p.report(p.wrong(at, "%s", err.(*eval.InputError).Msg))
	}
	if wanted && !p.yield(it, nil) {
		return errStop
	}
	return nil
}

// report yields a fault after which reading goes on.
func (p *otlpProto) report(err error) error {
	if !p.yield(otlpItem{}, err) {
		return errStop
	}
	return nil
}
