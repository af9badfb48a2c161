//go:build !cgo

package store

import (
	"database/sql"
	"errors"
	"net/url"

	"modernc.org/sqlite"
)

// openPool opens a pool of connections to the file.
func openPool(path string, as access) (*sql.DB, error) {
	return sql.Open("sqlite", dsn(path, as))
}

// dsn spells the pragmas in the connection string, so that every connection of
// the pool has them. Transactions take the write lock at once: taking it later
// fails with SQLITE_BUSY whatever the timeout.
func dsn(path string, as access) string {
	q := url.Values{"_txlock": {"immediate"}, "_pragma": {
		"busy_timeout(30000)", "foreign_keys(on)", "synchronous(normal)", "cache_size(-8000)", "wal_autocheckpoint(4000)", // as checkpointPragma says

	}}
	if as == volatile {
		return "file::memory:?" + q.Encode()
	}
	if as != readWrite {
		q.Set("mode", "ro")
		q.Add("_pragma", "query_only(1)")
	} else {
		q.Add("_pragma", "journal_mode(wal)")
	}
	if as == frozen {
		q.Set("immutable", "1")
	}
	return fileURI(path) + "?" + q.Encode()
}

func isCode(err error, code int) bool {
	var e *sqlite.Error
	return errors.As(err, &e) && e.Code()&0xff == code
}
