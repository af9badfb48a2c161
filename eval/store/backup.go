package store

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"holdtrue/eval"
)

// Backup writes a copy of the store as it is at one moment to a file, while
// others may go on reading and writing, and gives its size in bytes. The copy
// has no unused room, was looked through, and is on the disk when Backup
// returns; before that there is no file of its name, or the old one. One that is
// there is replaced only with force.
func (s *DB) Backup(ctx context.Context, path string, force bool) (size int64, err error) {
	if err := s.checkBackup(path, force); err != nil {
		return 0, err
	}
	dir, err := os.MkdirTemp(filepath.Dir(path), ".holdtrue-backup-*") // on the same disk
	if err != nil {
		return 0, fmt.Errorf("backup: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	tmp := filepath.Join(dir, "copy.db")
	if _, err := s.db.ExecContext(ctx, "VACUUM INTO ?", fileURI(tmp)); err != nil {
		return 0, s.explain(err)
	}
	if err := s.checkCopy(ctx, tmp); err != nil {
		return 0, err
	}
	info, err := synced(tmp)
	if err != nil {
		return 0, fmt.Errorf("backup: %w", err)
	}
	if err := publish(tmp, path, force); err != nil {
		return 0, fmt.Errorf("backup: %w", err)
	}
	if folder, err := os.Open(filepath.Dir(path)); err == nil { // its new entry, where the system can
		folder.Sync()
		folder.Close()
	}
	return info.Size(), nil
}

// checkBackup refuses a place that must not be written to.
func (s *DB) checkBackup(path string, force bool) error {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		if dir := filepath.Dir(path); !isDir(dir) {
			return &eval.InputError{Pos: eval.Pos{File: path}, Msg: "the folder " + dir + " does not exist"}
		}
		return nil
	}
	if err != nil {
		return fmt.Errorf("backup: %w", err)
	}
	own, err := os.Stat(s.path)
	switch {
	case err != nil:
		return fmt.Errorf("backup: %w", err)
	case os.SameFile(info, own):
		return &eval.InputError{Pos: eval.Pos{File: path}, Msg: "this is the store itself"}
	case !info.Mode().IsRegular():
		return &eval.InputError{Pos: eval.Pos{File: path}, Msg: "this is not a file"}
	case !force:
		return &eval.InputError{Pos: eval.Pos{File: path}, Msg: "the file is there already", Hint: "--force replaces it"}
	}
	return nil
}

// checkCopy looks through a copy before it takes the place of an older one.
func (s *DB) checkCopy(ctx context.Context, path string) error {
	c, err := openAs(ctx, path, frozen, nil)
	if err != nil {
		return err
	}
	defer c.Close()
	health, err := c.Verify(ctx, true)
	if err != nil {
		return err
	}
	if !health.Sound() {
		return fmt.Errorf("store %s is damaged: %s (holdtrue store verify says more)", s.path, health.Damage[0].What)
	}
	return nil
}

// synced puts a file on the disk.
func synced(path string) (fs.FileInfo, error) {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	return info, errors.Join(err, f.Sync(), f.Close())
}

// publish gives a finished file its name; without force only one that is free.
func publish(tmp, path string, force bool) error {
	if force {
		return os.Rename(tmp, path)
	}
	err := os.Link(tmp, path)
	if err == nil || errors.Is(err, fs.ErrExist) {
		return err
	}
	return os.Rename(tmp, path) // a disk without links
}
