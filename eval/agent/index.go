package agent

import (
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"io"
	"math"

	"holdtrue/eval"
	"holdtrue/eval/wire"
)

// index finds the record of a case and repeat in a recording. It maps a 64-bit
// hash of both to the place of the line; the line itself says whether it is the
// one that was meant, so that two records with one hash are told apart.
type index struct {
	seed    maphash.Seed
	places  map[uint64]place
	clashes map[key]place // records whose hash another record has already
	size    int           // records
	repeats int           // the highest repeat, plus one
}

// maxRepeat keeps a stray number from planning a run of a billion calls.
const maxRepeat = 9999

type key struct {
	id     string
	repeat int
}

// place is where a line stands: its bytes without the newline, their checksum,
// and its number.
type place struct {
	offset int64
	length uint32
	sum    uint32
	line   uint32
}

// errChanged says that a line is not what it was when the recording was read at
// first. Its answers would be those of another version under the first's name.
var errChanged = errors.New("the recording was changed while it was replayed")

// readIndex reads a recording to its end and notes where each record is. back
// reads the same bytes by offset. All faults are returned together, up to
// maxErrors.
func readIndex(ctx context.Context, r io.Reader, name string, back io.ReaderAt) (*index, error) {
	x := &index{seed: maphash.MakeSeed(), places: map[uint64]place{}, clashes: map[key]place{}}
	var faults []error
	for line, err := range wire.Lines(r, name) {
		if ctx.Err() != nil {
			return x, ctx.Err()
		}
		if err == nil {
			err = x.add(line, name, back)
		}
		if err == nil {
			continue
		}
		if faults = append(faults, err); len(faults) == maxErrors {
			faults = append(faults, &eval.InputError{Pos: line.Pos, Msg: fmt.Sprintf("%d errors are listed; reading stopped here", maxErrors)})
			break
		}
	}
	return x, errors.Join(faults...)
}

func (x *index) add(line wire.Line, name string, back io.ReaderAt) error {
	o, err := wire.DecodeOutput(line.Data, line.Pos)
	if err != nil {
		return err
	}
	if o.Repeat > maxRepeat {
		return &eval.InputError{Pos: line.Pos, Msg: fmt.Sprintf("repeat is %d; a recording holds at most %d answers to a case, counted from 0", o.Repeat, maxRepeat+1)}
	}
	if uint64(line.Pos.Line) > math.MaxUint32 {
		return &eval.InputError{Pos: line.Pos, Msg: "a recording has at most 4294967295 lines"}
	}
	at := place{offset: line.Offset, length: uint32(len(line.Data)), sum: x.sum(line.Data), line: uint32(line.Pos.Line)}
	h := x.hash(o.CaseID, o.Repeat)
	first, taken := x.places[h]
	if !taken {
		x.places[h] = at
		x.count(o)
		return nil
	}
	earlier, err := x.read(first, back, name)
	if err != nil {
		return err
	}
	k := key{o.CaseID, o.Repeat}
	if earlier.CaseID != o.CaseID || earlier.Repeat != o.Repeat {
		var clash bool
		if first, clash = x.clashes[k]; !clash {
			x.clashes[k] = at
			x.count(o)
			return nil
		}
	}
	return &eval.InputError{Pos: line.Pos,
		Msg:  fmt.Sprintf("a second output for %q, repeat %d; the first is on line %d", o.CaseID, o.Repeat, first.line),
		Hint: `number several answers to one case: "repeat": 0, "repeat": 1, ...`}
}

func (x *index) count(o eval.Output) {
	x.size++
	x.repeats = max(x.repeats, o.Repeat+1)
}

func (x *index) hash(id string, repeat int) uint64 {
	return maphash.Comparable(x.seed, key{id, repeat})
}

// find reads the record of a case and repeat. It is an error if the file no
// longer holds what was read at first.
func (x *index) find(back io.ReaderAt, name, id string, repeat int) (o eval.Output, found bool, err error) {
	at, found := x.clashes[key{id, repeat}]
	if found {
		o, err = x.read(at, back, name)
		return o, err == nil, err
	}
	at, found = x.places[x.hash(id, repeat)]
	if !found {
		return eval.Output{}, false, nil
	}
	o, err = x.read(at, back, name)
	if err != nil {
		return eval.Output{}, false, err
	}
	return o, o.CaseID == id && o.Repeat == repeat, nil
}

// read decodes the line at a place.
func (x *index) read(p place, back io.ReaderAt, name string) (eval.Output, error) {
	pos := eval.Pos{File: name, Line: int(p.line)}
	data := make([]byte, p.length)
	if n, err := back.ReadAt(data, p.offset); n < len(data) {
		if errors.Is(err, io.EOF) {
			err = errChanged
		}
		return eval.Output{}, fmt.Errorf("%s: %w", pos, err)
	}
	if x.sum(data) != p.sum {
		return eval.Output{}, fmt.Errorf("%s: %w", pos, errChanged)
	}
	return wire.DecodeOutput(data, pos)
}

// sum is the checksum of a line.
func (x *index) sum(line []byte) uint32 { return uint32(maphash.Bytes(x.seed, line)) }
