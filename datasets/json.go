package datasets

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"iter"
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

// encodingFault says that text is not UTF-8, where that is the reason of err.
func encodingFault(data []byte, pos eval.Pos, err error) error {
	for name, bom := range map[string]string{"UTF-16 (little-endian)": "\xff\xfe", "UTF-16 (big-endian)": "\xfe\xff"} {
		if bytes.HasPrefix(data, []byte(bom)) {
			return encodingError{&eval.InputError{Pos: eval.Pos{File: pos.File}, Msg: "the file is " + name + "; expected UTF-8",
				Hint: "iconv -f UTF-16 -t UTF-8 FILE > NEW"}}
		}
	}
	if utf8.Valid(data) {
		return err
	}
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
		counted := &lineCounter{r: r}
		d := jsontext.NewDecoder(counted)
		fail := func(err error) {
			pos := eval.Pos{File: name, Line: counted.lineAt(d.InputOffset())}
			yield(eval.Case{}, &eval.InputError{Pos: pos, Msg: "not valid JSON: " + err.Error()})
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
