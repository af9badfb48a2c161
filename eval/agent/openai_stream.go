package agent

import (
	"bufio"
	"bytes"
	"io"
	"iter"
)

// events reads server-sent events and gives the data of each (WHATWG HTML,
// "Server-sent events", 9.2.6: lines end with LF, CR LF or CR; the lines of data
// of one event are joined by LF; comments and other fields are passed over). The
// data are valid until the next. What was not ended by a blank line when the
// stream ends is given too: some servers leave it out.
func events(r io.Reader) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		lines := bufio.NewReaderSize(r, 8<<10)
		var data, line []byte
		held, first := false, true // some data; at the first line
		for {
			var err error
			line, err = appendLine(line[:0], lines)
			if err != nil && err != io.EOF {
				yield(nil, err)
				return
			}
			if first {
				line, first = bytes.TrimPrefix(line, []byte("\ufeff")), false
			}
			if value, ok := bytes.CutPrefix(line, []byte("data")); ok && (len(value) == 0 || value[0] == ':') {
				if held {
					data = append(data, '\n')
				}
				value = bytes.TrimPrefix(value, []byte(":"))
				data, held = append(data, bytes.TrimPrefix(value, []byte(" "))...), true
			}
			if (len(line) == 0 || err != nil) && held {
				if !yield(data, nil) {
					return
				}
				data, held = data[:0], false
			}
			if err != nil {
				return
			}
		}
	}
}

// appendLine reads a line without its end.
func appendLine(dst []byte, r *bufio.Reader) ([]byte, error) {
	for {
		b, err := r.ReadByte()
		switch {
		case err != nil:
			return dst, err
		case b == '\n':
			return dst, nil
		case b == '\r':
			if next, err := r.Peek(1); err == nil && next[0] == '\n' {
				_, err = r.Discard(1)
				return dst, err
			}
			return dst, nil
		}
		dst = append(dst, b)
	}
}
