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
// the order of ids. One that is not stored is passed over.
func (s *DB) Texts(ctx context.Context, ids []uint64) iter.Seq2[Text, error] {
	return func(yield func(Text, error) bool) {
		for len(ids) > 0 {
			part := ids[:min(textsAtOnce, len(ids))]
			ids = ids[len(part):]
			texts, err := s.texts(ctx, part)
			if err != nil {
				yield(Text{}, s.explain(err))
				return
			}
			for _, t := range texts {
				if !yield(t, nil) {
					return
				}
			}
		}
	}
}

func (s *DB) texts(ctx context.Context, ids []uint64) ([]Text, error) {
	numbers := make([]string, len(ids))
	for i, id := range ids {
		numbers[i] = strconv.FormatUint(id, 10)
	}
	rows, err := s.db.QueryContext(ctx, "SELECT id, hash, size, codec, data FROM bodies WHERE id IN ("+strings.Join(numbers, ",")+")")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	texts := make([]Text, 0, len(ids))
	for rows.Next() {
		var t Text
		var b body
		var hash []byte
		if err := rows.Scan(&t.ID, &hash, &b.size, &b.codec, &b.data); err != nil {
			return nil, err
		}
		copy(b.hash[:], hash)
		plain, err := s.pack.unpack(b)
		if err != nil {
			return nil, err
		}
		t.Text = string(plain)
		texts = append(texts, t)
	}
	return texts, rows.Err()
}
