//go:build !cgo

package sqlcheck

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"

	"modernc.org/sqlite"
)

type database struct{ driver.Conn }

func open(rules Rules) (conn, error) {
	c, err := new(sqlite.Driver).Open(":memory:")
	if err != nil {
		return nil, err
	}
	db := database{c}
	err = db.make(rules.Schema)
	if err == nil {
		err = db.authorize(rules.authorize)
	}
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return db, nil
}

func (d database) make(schema string) error {
	if err := d.authorize(making); err != nil || schema == "" {
		return err
	}
	if _, err := d.Conn.(driver.ExecerContext).ExecContext(context.Background(), schema, nil); err != nil {
		return fmt.Errorf("schema: %w", err)
	}
	return nil
}

func (d database) authorize(decide func(op int, table string) int) error {
	return d.Conn.(sqlite.AuthorizerRegisterer).RegisterAuthorizer(
		func(op sqlite.AuthorizerActionCode, table, _, _, _ string) sqlite.AuthorizerReturnCode {
			return sqlite.AuthorizerReturnCode(decide(int(op), table))
		})
}

func (d database) compile(statement string) error {
	s, err := d.Prepare(statement)
	if err != nil {
		return err
	}
	return s.Close()
}
