package store

import (
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"holdtrue/eval"
	"holdtrue/eval/wire"
)

const damagedText = "text %d is not the one that its hash names"

// bodies holds every text to its hash.
func (v *verifier) bodies() (err error) {
	rows, err := v.db.QueryContext(v.ctx, "SELECT id, hash, size, codec, data FROM bodies")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var id int64
		var b body
		var hash sql.RawBytes
		var data sql.RawBytes
		if err := rows.Scan(&id, &hash, &b.size, &b.codec, &data); err != nil {
			return err
		}
		v.health.Texts++
		copy(b.hash[:], hash)
		b.data = data
		if plain, err := v.pack.unpack(b); err != nil || len(plain) != b.size || len(hash) != len(b.hash) {
			v.texts[id] = true
			v.found(nil, damagedText, id)
		}
	}
	return rows.Err()
}

// cases holds every case to its text.
func (v *verifier) cases() error {
	return v.each(8, func(values []any) error {
		key, id := textOf(values[0]), numberOf(values[3])
		if v.texts[id] {
			return nil // its runs are named with their outputs
		}
		b := body{size: int(numberOf(values[5])), codec: textOf(values[6]), data: []byte(textOf(values[7]))}
		copy(b.hash[:], textOf(values[4]))
		line, err := v.pack.unpack(b)
		if err != nil {
			v.found(nil, "case %s: %v", key, err)
			return nil
		}
		c, err := wire.DecodeCase(line, eval.Pos{File: v.path})
		if err != nil {
			v.found(nil, "case %s: %v", key, err)
			return nil
		}
		tags, err := tagsText(c.Tags)
		if err != nil || c.ID != key || c.Hash() != textOf(values[1]) || tags != textOf(values[2]) {
			v.found(nil, "case %s is not the one that its text says", key)
		}
		return nil
	}, "SELECT c.key, c.hash, c.tags, c.body, b.hash, b.size, b.codec, b.data FROM cases c LEFT JOIN bodies b ON b.id = c.body")
}

// outputs holds every output to its checksum, and its scores to their form.
func (v *verifier) outputs() error {
	return v.each(23, func(values []any) error {
		run, key := textOf(values[4]), textOf(values[3])
		what := fmt.Sprintf("the answer to %s", key)
		for _, text := range values[:3] {
			if id, ok := text.(int64); ok && v.texts[id] {
				v.found([]string{run}, damagedText, id)
			}
		}
		covered := append([]any{values[4]}, values[6:]...)
		v.sealed(values[5], []string{run}, what, covered)
		if r, ok := v.listed[run]; ok {
			if _, err := scoresOf(&r, textOf(values[21]), textOf(values[22])); err != nil {
				v.found([]string{run}, "%s: %v", what, err)
			}
		}
		return nil
	}, `SELECT o.text, o.log, c.body, c.key, r.id, o.checksum, cb.hash, tb.hash, lb.hash, `+prefixed("o.", outputValues)+`
		FROM outputs o LEFT JOIN runs r ON r.number = o.run LEFT JOIN cases c ON c.id = o.case_id
		LEFT JOIN bodies cb ON cb.id = c.body LEFT JOIN bodies tb ON tb.id = o.text LEFT JOIN bodies lb ON lb.id = o.log`)
}

func prefixed(prefix, columns string) string {
	return prefix + strings.ReplaceAll(columns, ", ", ", "+prefix)
}

// numberOf is a value as a number, -1 where a damaged file made it none.
func numberOf(v any) int64 {
	if n, ok := v.(int64); ok {
		return n
	}
	return -1
}

// textOf is a value as text, whatever a damaged file made of it.
func textOf(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return v
	case []byte:
		return string(v)
	}
	return fmt.Sprint(v)
}
