package datasets

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"iter"
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"

	"holdtrue/eval"
	"holdtrue/eval/wire"
)

var jsonlFormat = &Format{
	Name: "jsonl", Exts: []string{".jsonl", ".ndjson"},
	Doc:  "one case a line, a JSON object",
	Read: readJSONL,
}

var jsonFormat = &Format{
	Name: "json", Exts: []string{".json"},
	Doc:  "a JSON list of cases",
	Read: readJSON,
}

func readJSONL(r io.Reader, name string) iter.Seq2[eval.Case, error] {
	return func(yield func(eval.Case, error) bool) {
		for line, err := range wire.Lines(r, name) {
			var c eval.Case
			if err == nil {
				if c, err = wire.DecodeCase(line.Data, line.Pos); err != nil {
					err = encodingFault(line.Data, line.Pos, err)
				}
			}
			if !yield(c, err) || errors.Is(err, errEncoding) {
				return
			}
		}
	}
}

// errEncoding ends a file that is not UTF-8 at all.
var errEncoding = errors.New("not UTF-8")

type encodingError struct{ *eval.InputError }

func (e encodingError) Unwrap() []error { return []error{e.InputError, errEncoding} }

// utf16Fault says that a file which begins so is UTF-16; nil if it is not.
func utf16Fault(head []byte, file string) error {
	for bom, order := range map[string]string{"\xff\xfe": "little-endian", "\xfe\xff": "big-endian"} {
		if bytes.HasPrefix(head, []byte(bom)) {
			return encodingError{&eval.InputError{Pos: eval.Pos{File: file}, Msg: "the file is UTF-16 (" + order + "); expected UTF-8",
				Hint: "iconv -f UTF-16 -t UTF-8 FILE > NEW"}}
		}
	}
	return nil
}

// unmarked gives what follows a byte-order mark, and refuses UTF-16.
func unmarked(r io.Reader, file string) (*bufio.Reader, error) {
	b := bufio.NewReader(r)
	head, err := b.Peek(3)
	if string(head) == "\xef\xbb\xbf" {
		_, err = b.Discard(3)
		return b, err
	}
	return b, utf16Fault(head, file) // what Peek failed with comes again
}

// encodingFault says that text is not UTF-8, where that is the reason of err.
func encodingFault(data []byte, pos eval.Pos, err error) error {
	if fault := utf16Fault(data, pos.File); fault != nil {
		return fault
	}
	if utf8.Valid(data) {
		return err
	}
	return notUTF8(data, pos)
}

// notUTF8 says which byte of a line does not belong there.
func notUTF8(data []byte, pos eval.Pos) error {
	at := 0
	for at < len(data) {
		r, size := utf8.DecodeRune(data[at:])
		if r == utf8.RuneError && size == 1 {
			break
		}
		at += size
	}
	return &eval.InputError{Pos: pos, Msg: fmt.Sprintf("not UTF-8: byte %d of the line is 0x%02x", at+1, data[at]),
		Hint: "iconv -f ISO-8859-1 -t UTF-8 FILE > NEW, if it is Latin-1"}
}

func readJSON(r io.Reader, name string) iter.Seq2[eval.Case, error] {
	return func(yield func(eval.Case, error) bool) {
		b, err := unmarked(r, name)
		if err != nil {
			yield(eval.Case{}, err)
			return
		}
		counted := &lineCounter{r: b}
		d := jsontext.NewDecoder(counted)
		fail := func(err error) {
			at := d.InputOffset()
			var in *eval.InputError
			var syntax *jsontext.SyntacticError
			if errors.As(err, &syntax) {
				at = max(at, syntax.ByteOffset)
			}
			pos := eval.Pos{File: name, Line: counted.lineAt(at)}
			switch {
			case errors.As(err, &in):
				err = &eval.InputError{Pos: pos, Msg: in.Msg, Hint: in.Hint}
			case syntax != nil:
				err = &eval.InputError{Pos: pos, Msg: "not valid JSON: " + strings.TrimPrefix(syntax.Err.Error(), "jsontext: ")}
			default:
				err = fmt.Errorf("%s: %w", pos, err)
			}
			yield(eval.Case{}, err)
		}
		if k := d.PeekKind(); k != '[' {
			if _, err := d.ReadToken(); err != nil && !errors.Is(err, io.EOF) {
				fail(err)
				return
			}
			yield(eval.Case{}, &eval.InputError{Pos: eval.Pos{File: name, Line: 1}, Msg: "expected a JSON list of cases", Hint: "one object a line is a .jsonl file"})
			return
		}
		if _, err := d.ReadToken(); err != nil {
			fail(err)
			return
		}
		for d.PeekKind() != ']' {
			// The value begins after blanks and a comma; its first byte is
			// where PeekKind has stopped.
			value, err := d.ReadValue()
			if err != nil {
				fail(err)
				return
			}
			line := counted.lineAt(d.InputOffset() - int64(len(value)))
			c, err := wire.DecodeCase(value, eval.Pos{File: name, Line: line})
			if !yield(c, err) {
				return
			}
		}
		if _, err := d.ReadToken(); err != nil { // the end of the list
			fail(err)
			return
		}
		// To the end of the file: a damaged one may only show it there.
		switch _, err := d.ReadToken(); {
		case errors.Is(err, io.EOF):
		case err != nil:
			fail(err)
		default:
			pos := eval.Pos{File: name, Line: counted.lineAt(d.InputOffset())}
			yield(eval.Case{}, &eval.InputError{Pos: pos, Msg: "something follows the list of cases; expected one list"})
		}
	}
}

// lineCounter notes where lines end, to translate an offset into a line.
type lineCounter struct {
	r    io.Reader
	read int64
	ends []int64 // offsets of newlines that are still ahead of the last question
	line int     // lines that ended before them
}

func (l *lineCounter) Read(p []byte) (int, error) {
	n, err := l.r.Read(p)
	for i, b := range p[:n] {
		if b == '\n' {
			l.ends = append(l.ends, l.read+int64(i))
		}
	}
	l.read += int64(n)
	return n, err
}

// lineAt is the line of an offset; offsets must not go back.
func (l *lineCounter) lineAt(offset int64) int {
	passed := 0
	for passed < len(l.ends) && l.ends[passed] < offset {
		passed++
	}
	l.line += passed
	l.ends = l.ends[passed:]
	return l.line + 1
}
