//go:build linux || darwin || freebsd || netbsd || openbsd || dragonfly

package cli

import (
	"os"
	"testing"
)

// TestLockOfARun: one at a time has it, and it leaves no file.
func TestLockOfARun(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	unlock, taken := lockRun("a")
	if taken {
		t.Fatal("a lock that nobody has is taken")
	}
	if _, taken := lockRun("a"); !taken {
		t.Error("a lock is given twice")
	}
	other, taken := lockRun("b")
	if taken {
		t.Error("another run's lock is taken")
	}
	other()
	unlock()
	again, taken := lockRun("a")
	if taken {
		t.Error("a lock that was given back is taken")
	}
	again()
	if left, err := os.ReadDir(dir); err != nil || len(left) != 0 {
		t.Errorf("left: %v %v", left, err)
	}
	t.Setenv("TMPDIR", dir+"/none")
	if _, taken := lockRun("a"); taken {
		t.Error("where there can be no lock, nobody has it")
	}
}
