package cli

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"

	"holdtrue/eval/store"
)

// leastFree is the space without which a store cannot even be opened. SQLite
// then says of some of its files only that they cannot be read or written.
const leastFree = 64 << 10

// fullHint says what to do about a full disk, "" about any other error.
func (a *app) fullHint(err error) string {
	full := store.IsFull(err) || errors.Is(err, syscall.ENOSPC)
	if a.opened == "" {
		if full {
			return "free some space on the disk"
		}
		return ""
	}
	path, failed := filepath.Abs(a.opened)
	if failed != nil {
		path = a.opened
	}
	free, known := freeBytes(filepath.Dir(path))
	if !full && !(known && free < leastFree) {
		return ""
	}
	size := int64(0)
	for _, part := range []string{path, path + "-wal"} {
		if info, err := os.Stat(part); err == nil {
			size += info.Size()
		}
	}
	return fmt.Sprintf("free some space on the disk that holds %s (it takes %.1f MB), then go on with --resume; what was stored is kept", path, float64(size)/1e6)
}
