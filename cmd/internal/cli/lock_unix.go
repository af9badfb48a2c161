//go:build linux || darwin || freebsd || netbsd || openbsd || dragonfly

package cli

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
)

// lockRun takes the lock of a run, which no two processes of one machine have at
// the same time; it is free again once the process ends, however it ends. taken
// says that another process has it. Where no lock can be made, nobody has it.
func lockRun(id string) (unlock func(), taken bool) {
	path := filepath.Join(os.TempDir(), "holdtrue-run-"+id+".lock")
	for {
		f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
		if err != nil {
			return func() {}, false
		}
		if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
			_ = f.Close()
			return func() {}, errors.Is(err, syscall.EWOULDBLOCK)
		}
		if isAt(f, path) {
			return func() { _ = os.Remove(path); _ = f.Close() }, false
		}
		_ = f.Close() // who had it before has removed the file meanwhile
	}
}

// isAt says whether an open file is the one at a path.
func isAt(f *os.File, path string) bool {
	mine, err := f.Stat()
	if err != nil {
		return false
	}
	there, err := os.Stat(path)
	return err == nil && os.SameFile(mine, there)
}
