package store

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"holdtrue/eval"
)

// applicationID marks a SQLite file as a run database ("hold").
const applicationID = 0x686f6c64

//go:embed migrations/*.sql
var migrations embed.FS

// Primary result codes of SQLite that are told apart.
const (
	codeBusy     = 5
	codeReadOnly = 8
	codeFull     = 13
	codeCantOpen = 14
	codeNotADB   = 26
)

const maxConnections = 4

// checkpointPragma folds the write-ahead log into the file every 16 MB instead
// of 4: each time waits for the disk.
const checkpointPragma = "PRAGMA wal_autocheckpoint = 4000"

// Options of Open.
type Options struct {
	// MustExist refuses to make a new file. One that may only be read is then
	// opened for reading: see IsReadOnly.
	MustExist bool
	// Now is the clock; time.Now where nil.
	Now func() time.Time
}

// DB is an open run database. It is safe for use by several goroutines, and
// several processes may have the same file open.
type DB struct {
	db   *sql.DB
	path string
	now  func() time.Time
	pack packer
}

// Open opens the run database at path, making it (unless told otherwise) and
// bringing an older one up to date. A file that is something else, or was
// written by a newer program, is refused.
func Open(ctx context.Context, path string, opt Options) (*DB, error) {
	if err := checkPath(path, opt.MustExist); err != nil {
		return nil, err
	}
	s, err := openAs(ctx, path, readWrite, opt.Now)
	if opt.MustExist && (isCode(err, codeReadOnly) || isCode(err, codeCantOpen)) {
		for _, as := range []access{readOnly, frozen} {
			r, failed := openAs(ctx, path, as, opt.Now)
			var in *eval.InputError
			if failed == nil || errors.As(failed, &in) {
				return r, failed
			}
		}
	}
	return s, err
}

// access says what may be done to the file of a store.
type access int

const (
	readWrite access = iota
	readOnly
	frozen // nobody writes: no lock is taken and no write-ahead log is looked for
)

func openAs(ctx context.Context, path string, as access, now func() time.Time) (*DB, error) {
	if as == frozen {
		// What is still in a write-ahead log would be passed over.
		if log, err := os.Stat(path + "-wal"); err == nil && log.Size() > 0 || err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("store %s: its write-ahead log cannot be read", path)
		}
	}
	db, err := openPool(path, as)
	if err != nil {
		return nil, fmt.Errorf("store %s: %w", path, err)
	}
	db.SetMaxOpenConns(maxConnections)
	db.SetMaxIdleConns(maxConnections) // opening one costs more than a query
	if now == nil {
		now = time.Now
	}
	s := &DB{db: db, path: path, now: now}
	if err := s.prepareBusy(ctx, as != readWrite); err != nil {
		return nil, errors.Join(s.explain(err), db.Close())
	}
	return s, nil
}

// busyWait is how long opening waits for others that open the same new file.
const busyWait = 30 * time.Second

// prepareBusy prepares and, while the file is locked, tries again. The timeout of
// the connections does not help here: several processes that turn on the
// write-ahead log of a new file at once would wait for each other forever, so
// SQLite lets all but one fail at once.
func (s *DB) prepareBusy(ctx context.Context, readOnly bool) error {
	for start, pause := time.Now(), time.Millisecond; ; pause = min(2*pause, 50*time.Millisecond) {
		err := s.prepare(ctx, readOnly)
		if !isCode(err, codeBusy) || time.Since(start) > busyWait {
			return err
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// Close closes the database; the last one to do so folds the write-ahead log
// into the file.
func (s *DB) Close() error {
	if err := s.db.Close(); err != nil {
		return fmt.Errorf("store %s: %w", s.path, err)
	}
	return nil
}

// Path is the file's name as it was given.
func (s *DB) Path() string { return s.path }

// IsFull reports whether an error means that the disk is full.
func IsFull(err error) bool { return isCode(err, codeFull) }

// IsReadOnly reports whether an error means that the file may only be read.
func IsReadOnly(err error) bool { return isCode(err, codeReadOnly) }

// leastFile is the size of the smallest SQLite file. What is shorter and not
// empty would be taken for an empty database, and written over.
const leastFile = 512

func checkPath(path string, mustExist bool) error {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist) && mustExist:
		return &eval.InputError{Pos: eval.Pos{File: path}, Msg: "there is no such run database",
			Hint: "holdtrue run --agent NAME makes it; --store names another"}
	case errors.Is(err, fs.ErrNotExist):
		if dir := filepath.Dir(path); !isDir(dir) {
			return &eval.InputError{Pos: eval.Pos{File: path}, Msg: "the folder " + dir + " does not exist"}
		}
		return nil
	case err != nil:
		return fmt.Errorf("store: %w", err)
	case info.IsDir():
		return &eval.InputError{Pos: eval.Pos{File: path}, Msg: "this is a folder, not a run database"}
	case info.Mode().IsRegular() && info.Size() > 0 && info.Size() < leastFile:
		return noStore(path)
	}
	return nil
}

func noStore(path string) error {
	return &eval.InputError{Pos: eval.Pos{File: path}, Msg: "this file is not a run database", Hint: "--store names another file"}
}

func isDir(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

// fileURI is the path as a SQLite URI: ?, # and % would end or change it, and
// ":memory:" without a folder would be no file.
func fileURI(path string) string {
	path = filepath.ToSlash(path)
	if strings.HasPrefix(path, ":") {
		path = "./" + path
	}
	return "file:" + (&url.URL{Path: path}).EscapedPath()
}

// explain turns an error of the file as a whole into one a person can act on.
func (s *DB) explain(err error) error {
	var in *eval.InputError
	switch {
	case errors.As(err, &in):
		return err
	case isCode(err, codeNotADB):
		return noStore(s.path)
	}
	return fmt.Errorf("store %s: %w", s.path, err)
}

// prepare reads what the file is before it takes any lock, so that readers
// never queue behind each other, and migrates only if there is something to do.
func (s *DB) prepare(ctx context.Context, readOnly bool) error {
	files, err := migrations.ReadDir("migrations")
	if err != nil {
		return err
	}
	latest := len(files)
	version, fresh, err := s.identify(ctx, s.db)
	switch {
	case err != nil:
		return err
	case version > latest:
		return &eval.InputError{Pos: eval.Pos{File: s.path},
			Msg:  fmt.Sprintf("this run database has schema %d and this program knows up to %d", version, latest),
			Hint: "use the newer holdtrue that wrote it"}
	case version == latest:
		return nil
	case readOnly:
		return &eval.InputError{Pos: eval.Pos{File: s.path},
			Msg:  fmt.Sprintf("this run database has schema %d, this program needs %d, and it cannot be brought up to date as it may only be read", version, latest),
			Hint: "open it once where it can be written, or a copy of it: holdtrue runs --store FILE"}
	}
	tx, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	// Another process may have migrated while this one waited for the lock.
	if version, fresh, err = s.identify(ctx, tx); err != nil {
		return err
	}
	if fresh {
		if _, err := tx.ExecContext(ctx, fmt.Sprintf("PRAGMA application_id = %d", applicationID)); err != nil {
			return err
		}
	}
	for i := version; i < latest; i++ {
		script, err := migrations.ReadFile("migrations/" + files[i].Name())
		if err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, string(script)); err != nil {
			return fmt.Errorf("migration %s: %w", files[i].Name(), err)
		}
	}
	if version < latest {
		if _, err := tx.ExecContext(ctx, fmt.Sprintf("PRAGMA user_version = %d", latest)); err != nil {
			return err
		}
	}
	return tx.Commit()
}

type querier interface {
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// identify reads the schema version. A file is fresh if it has no application
// id and no table; a foreign one is refused.
func (s *DB) identify(ctx context.Context, q querier) (version int, fresh bool, err error) {
	// One statement, so that all three are of one moment: another process may
	// be migrating the file right now.
	var app, tables int
	err = q.QueryRowContext(ctx, `SELECT a.application_id, v.user_version, (SELECT count(*) FROM sqlite_schema)
		FROM pragma_application_id a, pragma_user_version v`).Scan(&app, &version, &tables)
	switch {
	case err != nil:
		return 0, false, err
	case app == 0 && tables == 0:
		return 0, true, nil
	case app != applicationID:
		return 0, false, &eval.InputError{Pos: eval.Pos{File: s.path}, Msg: "this SQLite file belongs to another program", Hint: "--store names another file"}
	}
	return version, false, nil
}

// inTx runs f in one transaction that takes the write lock at once.
func (s *DB) inTx(ctx context.Context, f func(*sql.Tx) error) error {
	tx, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return s.explain(err)
	}
	defer tx.Rollback()
	if err := f(tx); err != nil {
		return s.explain(err)
	}
	if err := tx.Commit(); err != nil {
		return s.explain(err)
	}
	return nil
}

func placeholders(n, rows int) string {
	one := "(" + strings.Repeat("?,", n-1) + "?)"
	return strings.Repeat(one+",", rows-1) + one
}
