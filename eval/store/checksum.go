package store

import (
	"context"
	"database/sql"
	"encoding/binary"
	"hash/crc32"
	"math"
)

// checksum is the CRC-32C of values in a form of their own, as a signed number,
// which SQLite keeps in four bytes. A value counts the same whether it is about
// to be written (bool, int, pointers, nil) or was read (int64, float64, string,
// []byte, nil).
func checksum(values ...any) int64 {
	var sum sealing
	for _, v := range values {
		sum.add(v)
	}
	return int64(int32(sum.crc))
}

// sealing is a checksum in the making.
type sealing struct {
	table *crc32.Table
	crc   uint32
	buf   [9]byte
}

func (s *sealing) add(v any) {
	switch v := v.(type) {
	case nil:
		s.number('n', 0)
	case bool:
		n := uint64(0)
		if v {
			n = 1
		}
		s.number('i', n)
	case int:
		s.number('i', uint64(v))
	case int64:
		s.number('i', uint64(v))
	case *int64:
		if v == nil {
			s.number('n', 0)
			return
		}
		s.number('i', uint64(*v))
	case float64:
		s.float(v)
	case *float64:
		if v == nil {
			s.number('n', 0)
			return
		}
		s.float(*v)
	case string:
		s.number('s', uint64(len(v)))
		s.bytes([]byte(v))
	case []byte:
		s.number('s', uint64(len(v)))
		s.bytes(v)
	default:
		panic("store: a value without a checksum")
	}
}

// float takes SQLite's view of a number: there is no negative zero in a file,
// and what is no number is nothing.
func (s *sealing) float(v float64) {
	if math.IsNaN(v) {
		s.number('n', 0)
		return
	}
	s.number('f', math.Float64bits(v+0))
}

func (s *sealing) number(kind byte, n uint64) {
	s.buf[0] = kind
	binary.LittleEndian.PutUint64(s.buf[1:], n)
	s.bytes(s.buf[:])
}

func (s *sealing) bytes(b []byte) {
	if s.table == nil {
		s.table = crc32.MakeTable(crc32.Castagnoli)
	}
	s.crc = crc32.Update(s.crc, s.table, b)
}

// runValues are the columns of a run that its checksum covers, in order.
const runValues = "id, suite, suite_hash, agent, version, kind, started, finished, status, cases, repeats, seed, selection, lineage"

// sealRun writes the checksum of a run's own row, after every change of it.
func sealRun(ctx context.Context, tx *sql.Tx, number int64) error {
	values, into := scanInto(14)
	if err := tx.QueryRowContext(ctx, "SELECT "+runValues+" FROM runs WHERE number = ?", number).Scan(into...); err != nil {
		return err
	}
	_, err := tx.ExecContext(ctx, "UPDATE runs SET checksum = ? WHERE number = ?", checksum(values...), number)
	return err
}

// scanInto gives n values and the pointers to them that Scan takes.
func scanInto(n int) (values, into []any) {
	values, into = make([]any, n), make([]any, n)
	for i := range values {
		into[i] = &values[i]
	}
	return values, into
}
