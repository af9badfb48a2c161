//go:build cgo

package sqlcheck

import (
	"fmt"
	"slices"
	"strings"

	"github.com/mattn/go-sqlite3"
)

// CanLimitTables says whether this build's SQLite tells which tables a statement
// touches.
const CanLimitTables = true

type database struct{ *sqlite3.SQLiteConn }

func open(rules Rules) (conn, error) {
	c, err := (&sqlite3.SQLiteDriver{}).Open(":memory:")
	if err != nil {
		return nil, err
	}
	db := database{c.(*sqlite3.SQLiteConn)}
	db.RegisterAuthorizer(func(op int, _, _, _ string) int {
		switch op {
		case sqlite3.SQLITE_ATTACH, sqlite3.SQLITE_DETACH, sqlite3.SQLITE_PRAGMA:
			return sqlite3.SQLITE_DENY
		}
		return sqlite3.SQLITE_OK
	})
	if rules.Schema != "" {
		if _, err := db.Exec(rules.Schema, nil); err != nil {
			return nil, fmt.Errorf("schema: %w", err)
		}
	}
	db.RegisterAuthorizer(rules.authorize)
	return db, nil
}

func (d database) compile(statement string) error {
	s, err := d.Prepare(statement)
	if err != nil {
		return err
	}
	return s.Close()
}

// authorize is SQLite's compile-time callback.
func (r Rules) authorize(op int, table, _, _ string) int {
	switch op {
	case sqlite3.SQLITE_SELECT, sqlite3.SQLITE_FUNCTION, 33: // 33: SQLITE_RECURSIVE
		return sqlite3.SQLITE_OK
	case sqlite3.SQLITE_ATTACH, sqlite3.SQLITE_DETACH, sqlite3.SQLITE_PRAGMA:
		return sqlite3.SQLITE_DENY
	case sqlite3.SQLITE_READ:
		return r.table(table)
	}
	if r.ReadOnly {
		return sqlite3.SQLITE_DENY
	}
	switch op {
	case sqlite3.SQLITE_INSERT, sqlite3.SQLITE_UPDATE, sqlite3.SQLITE_DELETE:
		return r.table(table)
	}
	return sqlite3.SQLITE_OK
}

func (r Rules) table(name string) int {
	allowed := len(r.Tables) == 0 || name == "" || strings.HasPrefix(name, "sqlite_") ||
		slices.ContainsFunc(r.Tables, func(t string) bool { return strings.EqualFold(t, name) })
	if allowed {
		return sqlite3.SQLITE_OK
	}
	return sqlite3.SQLITE_DENY
}
