//go:build !cgo

package sqlcheck

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	_ "modernc.org/sqlite" // registers the driver "sqlite"
)

// CanLimitTables says whether this build's SQLite tells which tables a statement
// touches.
const CanLimitTables = false

type database struct {
	*sql.DB
	readOnly bool
}

func open(rules Rules) (conn, error) {
	if len(rules.Tables) > 0 {
		return nil, errors.New("allowed tables need a build with cgo: this one's SQLite has no authorizer")
	}
	db, err := sql.Open("sqlite", ":memory:")
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1)
	if rules.Schema != "" {
		if _, err := db.Exec(rules.Schema); err != nil {
			return nil, fmt.Errorf("schema: %w", err)
		}
	}
	return database{db, rules.ReadOnly}, nil
}

// compile has SQLite explain the statement, which compiles it and runs nothing
// of it.
func (d database) compile(statement string) error {
	first := strings.ToUpper(strings.Fields(statement + " ;")[0])
	switch {
	case first == "ATTACH" || first == "DETACH" || first == "PRAGMA" || first == "EXPLAIN",
		d.readOnly && first != "SELECT" && first != "WITH" && first != "VALUES":
		return ErrDenied
	}
	s, err := d.PrepareContext(context.Background(), statement)
	if err != nil {
		return err
	}
	return s.Close()
}
