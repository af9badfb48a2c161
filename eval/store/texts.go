package store

import (
	"context"
	"iter"
	"strconv"
	"strings"
)

// Text is the text of an output, by the identity that rows have for it.
type Text struct {
	ID   uint64 // eval.Row.Text
	Text string
}

// textsAtOnce is how many texts one query reads.
const textsAtOnce = 500

// Texts streams the texts that the rows of runs stand for, each once whatever
// the order of ids, one in memory at a time. One that is not stored is passed
// over.
func (s *DB) Texts(ctx context.Context, ids []uint64) iter.Seq2[Text, error] {
	return func(yield func(Text, error) bool) {
		for len(ids) > 0 {
			part := ids[:min(textsAtOnce, len(ids))]
			ids = ids[len(part):]
			stopped, err := s.eachText(ctx, part, func(t Text) bool { return yield(t, nil) })
			if err != nil {
				yield(Text{}, s.explain(err))
			}
			if stopped || err != nil {
				return
			}
		}
	}
}

// eachText reads texts until see says that it is enough.
func (s *DB) eachText(ctx context.Context, ids []uint64, see func(Text) bool) (stopped bool, err error) {
	numbers := make([]string, len(ids))
	for i, id := range ids {
		numbers[i] = strconv.FormatUint(id, 10)
	}
	rows, err := s.db.QueryContext(ctx, "SELECT id, hash, size, codec, data FROM bodies WHERE id IN ("+strings.Join(numbers, ",")+")")
	if err != nil {
		return false, err
	}
	defer rows.Close()
	for rows.Next() {
		var t Text
		var b body
		var hash []byte
		if err := rows.Scan(&t.ID, &hash, &b.size, &b.codec, &b.data); err != nil {
			return false, err
		}
		copy(b.hash[:], hash)
		plain, err := s.pack.unpack(b)
		if err != nil {
			return false, err
		}
		if t.Text = string(plain); !see(t) {
			return true, nil
		}
	}
	return false, rows.Err()
}
