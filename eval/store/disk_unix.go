//go:build linux || darwin

package store

import (
	"path/filepath"
	"syscall"
)

// FreeSpace is what is left on the disk of the store, in bytes; false where the
// system does not say.
func (s *DB) FreeSpace() (int64, bool) {
	var st syscall.Statfs_t
	if err := syscall.Statfs(filepath.Dir(s.path), &st); err != nil {
		return 0, false
	}
	return int64(st.Bavail) * int64(st.Bsize), true
}
