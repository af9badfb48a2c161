package datasets

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"iter"
	"strings"

	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	logspb "go.opentelemetry.io/proto/otlp/logs/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"

	"holdtrue/eval"
	"holdtrue/eval/wire"
)

// otlpItem is a span or a log record of an OTLP file: exactly one of the two.
type otlpItem struct {
	span     *tracepb.Span
	log      *logspb.LogRecord
	resource []*commonpb.KeyValue
	trace    traceID
	size     int // bytes that it took in the file
	pos      eval.Pos
}

type (
	traceID [16]byte
	spanID  [8]byte
)

func (t traceID) String() string { return hex.EncodeToString(t[:]) }

// maxOTLPValue bounds the one span, log record or protobuf message that is held
// at a time, in bytes.
const maxOTLPValue = wire.MaxLine

// otlpItems reads an OTLP file, also gzip: JSON (one object, several behind each
// other, or one a line) or protobuf (a single message, or a stream of messages
// behind their lengths: a varint, or the four bytes of the collector's file
// exporter). Log records without a trace are passed over, and so are metrics. A
// fault of one span is yielded and reading goes on; damaged syntax ends the file.
// briefly leaves out of what JSON holds all but trace ids and names.
//
// Note: the resource of a JSON object is taken to stand before its spans, as
// every exporter writes it.
func otlpItems(path string, briefly bool) iter.Seq2[otlpItem, error] {
	return func(yield func(otlpItem, error) bool) {
		f, err := wire.Open(path)
		if err != nil {
			yield(otlpItem{}, err)
			return
		}
		defer f.Close()
		b := bufio.NewReaderSize(f, 64<<10)
		if head, _ := b.Peek(3); string(head) == "\xef\xbb\xbf" {
			b.Discard(3)
		}
		head, err := b.Peek(512)
		if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, bufio.ErrBufferFull) {
			yield(otlpItem{}, placedIn(path, err))
			return
		}
		switch frame := otlpFraming(head); frame {
		case framedJSON:
			readOTLPJSON(b, path, briefly, yield)
		case framedNot:
			yield(otlpItem{}, &eval.InputError{Pos: eval.Pos{File: path}, Msg: "this is neither OTLP JSON nor OTLP protobuf",
				Hint: "the collector's file exporter writes both; a recording needs no ingest"})
		default:
			readOTLPProto(b, path, frame, yield)
		}
	}
}

// placedIn says in which file reading failed.
func placedIn(path string, err error) error {
	var in *eval.InputError
	if errors.As(err, &in) {
		return err
	}
	return fmt.Errorf("%s: %w", path, err)
}

// framing is how messages follow each other in a file.
type framing int

const (
	framedNot    framing = iota
	framedJSON           // JSON values
	framedWhole          // one protobuf message to the end of the file
	framedVarint         // protobuf messages behind their lengths as varints
	framedFixed          // protobuf messages behind their lengths in four bytes, big-endian
)

// otlpFraming tells from the beginning of a file how it is to be read. A message
// of OTLP begins with the key of its field 1, 0x0a, which in JSON is a line break:
// what follows the first brace decides. No message begins with a byte under 5,
// and none of the lengths under maxOTLPValue with one above 4.
func otlpFraming(head []byte) framing {
	text := bytes.TrimLeft(head, " \t\r\n")
	if len(text) > 0 && (text[0] == '{' || text[0] == '[') {
		if rest := bytes.TrimLeft(text[1:], " \t\r\n"); len(text) == len(head) || len(rest) > 0 && strings.IndexByte(`"{}[]`, rest[0]) >= 0 {
			return framedJSON
		}
	}
	switch {
	case len(head) == 0 || len(text) == 0 && len(head) < 512:
		return framedJSON // nothing in it, which is then said
	case head[0] == 0x0a:
		return framedWhole
	case head[0] <= 4 && len(head) > 4 && head[4] == 0x0a:
		return framedFixed
	case text[0] == '{' || text[0] == '[':
		return framedJSON
	}
	for i, c := range head[:min(5, len(head))] {
		if c < 0x80 {
			if i+1 < len(head) && head[i+1] == 0x0a {
				return framedVarint
			}
			break
		}
	}
	return framedNot
}

// readID takes an id of n bytes as OTLP JSON has it (hex digits), as protobuf
// has it (bytes) and as proto JSON has it (base 64). A JSON reader of protobuf
// takes hex digits for base 64, which makes n*3/2 bytes of 2n digits, and can be
// undone.
func readID(raw []byte, n int) ([]byte, error) {
	switch len(raw) {
	case n:
		return raw, nil
	case n * 3 / 2:
		id, err := hex.DecodeString(base64.StdEncoding.EncodeToString(raw))
		if err != nil {
			return nil, fmt.Errorf("expected %d hexadecimal digits", 2*n)
		}
		return id, nil
	}
	return nil, fmt.Errorf("expected %d bytes in hexadecimal digits", n)
}

// readTraceID reads the id of a trace; all zeroes is none.
func readTraceID(raw []byte) (t traceID, err error) {
	id, err := readID(raw, len(t))
	copy(t[:], id)
	if err == nil && t == (traceID{}) {
		err = errors.New("it is all zeroes")
	}
	return t, err
}

// readSpanID reads the id of a span; the zero id where there is none.
func readSpanID(raw []byte) (s spanID, err error) {
	if len(raw) == 0 {
		return s, nil
	}
	id, err := readID(raw, len(s))
	copy(s[:], id)
	return s, err
}

// identified completes an item with its trace. wanted is false for a log record
// that belongs to none.
func (it *otlpItem) identified() (wanted bool, err error) {
	raw := it.log.GetTraceId()
	if it.span != nil {
		raw = it.span.GetTraceId()
	} else if len(raw) == 0 {
		return false, nil
	}
	if it.trace, err = readTraceID(raw); err != nil {
		what := "a log record's"
		if it.span != nil {
			what = fmt.Sprintf("span %q:", cutTo(it.span.GetName(), 80))
		}
		return false, &eval.InputError{Pos: it.pos, Msg: fmt.Sprintf("%s trace id: %v", what, err)}
	}
	return true, nil
}

// cutTo shortens a text to at most n bytes, at a character.
func cutTo(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return strings.ToValidUTF8(s[:n], "") + "..."
}

// protoMessage words an error of the protobuf library, which varies its blanks
// on purpose.
func protoMessage(err error) string {
	text := strings.ReplaceAll(err.Error(), "\u00a0", " ")
	return cutTo(strings.TrimSpace(strings.TrimPrefix(text, "proto:")), 300)
}
