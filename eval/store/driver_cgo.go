//go:build cgo

package store

import (
	"errors"
	"net/url"

	"github.com/mattn/go-sqlite3"
)

const driverName = "sqlite3"

// dsn spells the pragmas in the connection string, so that every connection of
// the pool has them. Transactions take the write lock at once: taking it later
// fails with SQLITE_BUSY whatever the timeout.
func dsn(path string, readOnly bool) string {
	q := url.Values{
		"_busy_timeout": {"30000"}, "_foreign_keys": {"on"}, "_txlock": {"immediate"},
		"_synchronous": {"NORMAL"}, "_cache_size": {"-16000"},
	}
	if readOnly {
		q.Set("mode", "ro")
		q.Set("_query_only", "1")
	} else {
		q.Set("_journal_mode", "WAL")
	}
	return fileURI(path) + "?" + q.Encode()
}

func isCode(err error, code int) bool {
	var e sqlite3.Error
	return errors.As(err, &e) && int(e.Code) == code
}
