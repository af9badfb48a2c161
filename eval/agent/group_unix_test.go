//go:build unix

package agent

import (
	"errors"
	"os"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestNothingOutlivesTheAgent: what a process started is ended with it.
func TestNothingOutlivesTheAgent(t *testing.T) {
	a := openHelper(t, helperSpec(t, "agent"), Options{Timeout: plenty})
	ask(t, a, prompt("hello"), 0)
	o := ask(t, a, prompt("orphan"), 0)
	m := regexp.MustCompile(`child (\d+)`).FindStringSubmatch(o.Stderr)
	if m == nil {
		t.Fatalf("no child was started: %+v", o)
	}
	awaitGone(t, m[1])
	alive := ask(t, a, prompt("pid"), 0)
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	awaitGone(t, alive.Text)
}

// awaitGone waits until a process is no more; a killed orphan is reaped by the
// system, which may take a moment.
func awaitGone(t *testing.T, pid string) {
	t.Helper()
	n, err := strconv.Atoi(pid)
	if err != nil || n <= 1 {
		t.Fatalf("pid %q", pid)
	}
	for range 1000 {
		if errors.Is(syscall.Kill(n, 0), syscall.ESRCH) || zombie(pid) {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Errorf("process %s is still there", pid)
}

// zombie tells a process that has ended and that nobody has reaped, as happens
// to orphans in a container without an init process.
func zombie(pid string) bool {
	stat, err := os.ReadFile("/proc/" + pid + "/stat")
	_, state, found := strings.Cut(string(stat), ") ")
	return err == nil && found && strings.HasPrefix(state, "Z")
}
