//go:build cgo

package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"net/url"

	"github.com/mattn/go-sqlite3"
)

// openPool opens a pool of connections to the file.
func openPool(path string, as access) (*sql.DB, error) {
	return sql.OpenDB(connector{&sqlite3.SQLiteDriver{ConnectHook: func(c *sqlite3.SQLiteConn) error {
		_, err := c.Exec(checkpointPragma, nil)
		return err
	}}, dsn(path, as)}), nil
}

// connector opens connections with a hook, which a registered driver name could
// have only as a global.
type connector struct {
	driver *sqlite3.SQLiteDriver
	dsn    string
}

// Connect opens a connection.
func (c connector) Connect(context.Context) (driver.Conn, error) { return c.driver.Open(c.dsn) }

// Driver is the driver of the connections.
func (c connector) Driver() driver.Driver { return c.driver }

// dsn spells the pragmas in the connection string, so that every connection of
// the pool has them. Transactions take the write lock at once: taking it later
// fails with SQLITE_BUSY whatever the timeout.
func dsn(path string, as access) string {
	q := url.Values{
		"_busy_timeout": {"30000"}, "_foreign_keys": {"on"}, "_txlock": {"immediate"},
		"_synchronous": {"NORMAL"}, "_cache_size": {"-8000"},
	}
	if as == volatile {
		return "file::memory:?" + q.Encode()
	}
	if as != readWrite {
		q.Set("mode", "ro")
		q.Set("_query_only", "1")
	} else {
		q.Set("_journal_mode", "WAL")
	}
	if as == frozen {
		q.Set("immutable", "1")
	}
	return fileURI(path) + "?" + q.Encode()
}

func isCode(err error, code int) bool {
	var e sqlite3.Error
	return errors.As(err, &e) && int(e.Code) == code
}
