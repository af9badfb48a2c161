package store

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// Sync has the disk confirm what was committed so far. Commits by themselves
// outlast the end of the process, however it ends, but the last of them not a
// loss of power. It takes no lock.
func (s *DB) Sync() error {
	log, err := os.OpenFile(s.path+"-wal", os.O_RDWR, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return nil // all of it is in the file itself
	}
	if err != nil {
		return fmt.Errorf("store %s: %w", s.path, err)
	}
	if err := errors.Join(log.Sync(), log.Close()); err != nil {
		return fmt.Errorf("store %s: %w", s.path, err)
	}
	return nil
}
