package wire

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"

	"github.com/klauspost/compress/gzip"

	"holdtrue/eval"
)

// MaxLine is the longest line that is read, in bytes. A longer one is an error
// of that line, not of the file.
const MaxLine = 64 << 20

// Open opens a file for reading; one that begins with the gzip magic is
// decompressed, whatever its name. A file that cannot be opened or decompressed
// is an *eval.InputError.
func Open(path string) (io.ReadCloser, error) {
	wrong := func(msg string) error { return &eval.InputError{Pos: eval.Pos{File: path}, Msg: msg} }
	f, err := os.Open(path)
	if err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return nil, wrong("there is no such file")
		}
		var cause *fs.PathError
		if errors.As(err, &cause) {
			err = cause.Err
		}
		return nil, wrong("cannot be opened: " + err.Error())
	}
	if info, err := f.Stat(); err == nil && info.IsDir() {
		return nil, errors.Join(wrong("this is a folder, not a file"), f.Close())
	}
	b := bufio.NewReaderSize(f, 256<<10)
	magic, err := b.Peek(2)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, errors.Join(fmt.Errorf("%s: %w", path, err), f.Close())
	}
	if !bytes.Equal(magic, []byte{0x1f, 0x8b}) {
		return file{b, f, nil}, nil
	}
	z, err := gzip.NewReader(b)
	if err != nil {
		return nil, errors.Join(damaged(path, err), f.Close())
	}
	return file{unpacked{z, path}, f, z}, nil
}

type file struct {
	io.Reader
	f *os.File
	z *gzip.Reader
}

// unpacked is decompressed data. That they are damaged is the input's fault.
type unpacked struct {
	z    *gzip.Reader
	path string
}

func (u unpacked) Read(p []byte) (int, error) {
	n, err := u.z.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		err = damaged(u.path, err)
	}
	return n, err
}

// damaged words an error of decompression; one of the file below it is left as
// it is.
func damaged(path string, err error) error {
	var below *fs.PathError
	if errors.As(err, &below) {
		return err
	}
	return &eval.InputError{Pos: eval.Pos{File: path}, Msg: "the gzip data are damaged or cut short: " + err.Error()}
}

func (f file) Close() error {
	if f.z != nil {
		return errors.Join(f.z.Close(), f.f.Close())
	}
	return f.f.Close()
}

// Line is one line of a file without its newline, and where it stands. Data is
// valid until the next line is asked for. Offset counts the bytes before it in
// the decompressed file.
type Line struct {
	Data   []byte
	Pos    eval.Pos
	Offset int64
}

// Lines reads r line by line. Blank lines and a byte-order mark at the start
// are passed over. A line over MaxLine is yielded as an error with its place,
// and reading goes on after it; an error of r ends the reading.
func Lines(r io.Reader, name string) iter.Seq2[Line, error] {
	return func(yield func(Line, error) bool) {
		b := bufio.NewReaderSize(r, 256<<10)
		var long []byte
		var offset int64
		for n := 1; ; n++ {
			data, size, err := readLine(b, &long)
			pos := eval.Pos{File: name, Line: n}
			start := offset
			offset += size
			if n == 1 {
				if cut, ok := bytes.CutPrefix(data, []byte("\xef\xbb\xbf")); ok {
					data, start = cut, start+3
				}
			}
			switch {
			case err != nil && !errors.Is(err, io.EOF):
				yield(Line{Pos: pos}, placed(pos, err))
				return
			case size > MaxLine+1:
				if !yield(Line{Pos: pos}, &eval.InputError{Pos: pos, Msg: fmt.Sprintf("the line is %d bytes long; at most %d are read", size, MaxLine)}) {
					return
				}
			case len(bytes.TrimSpace(data)) > 0:
				if !yield(Line{Data: data, Pos: pos, Offset: start}, nil) {
					return
				}
			}
			if err != nil {
				return
			}
		}
	}
}

// placed says where reading ended.
func placed(pos eval.Pos, err error) error {
	var in *eval.InputError
	if errors.As(err, &in) {
		return &eval.InputError{Pos: pos, Msg: in.Msg, Hint: in.Hint}
	}
	return fmt.Errorf("%s: %w", pos, err)
}

// readLine gives the next line without its end, and its size with it. What goes
// over MaxLine is counted and thrown away.
func readLine(b *bufio.Reader, long *[]byte) (data []byte, size int64, err error) {
	data, err = b.ReadSlice('\n')
	size = int64(len(data))
	if errors.Is(err, bufio.ErrBufferFull) {
		*long = append((*long)[:0], data...)
		for errors.Is(err, bufio.ErrBufferFull) {
			data, err = b.ReadSlice('\n')
			size += int64(len(data))
			if size <= MaxLine+1 {
				*long = append(*long, data...)
			}
		}
		data = *long
	}
	data = bytes.TrimSuffix(data, []byte{'\n'})
	return bytes.TrimSuffix(data, []byte{'\r'}), size, err
}
