//go:build cgo

package sqlcheck

import (
	"errors"
	"fmt"

	"github.com/mattn/go-sqlite3"
)

type database struct{ *sqlite3.SQLiteConn }

func open(rules Rules) (conn, error) {
	c, err := (&sqlite3.SQLiteDriver{}).Open(":memory:")
	if err != nil {
		return nil, err
	}
	db := database{c.(*sqlite3.SQLiteConn)}
	db.RegisterAuthorizer(func(op int, table, _, _ string) int { return making(op, table) })
	if rules.Schema != "" {
		if _, err := db.Exec(rules.Schema, nil); err != nil {
			return nil, errors.Join(fmt.Errorf("schema: %w", err), db.Close())
		}
	}
	db.RegisterAuthorizer(func(op int, table, _, _ string) int { return rules.authorize(op, table) })
	return db, nil
}

func (d database) compile(statement string) error {
	s, err := d.Prepare(statement)
	if err != nil {
		return err
	}
	return s.Close()
}
