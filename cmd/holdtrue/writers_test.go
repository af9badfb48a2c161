//go:build unix

package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"holdtrue/eval/store"
)

// TestManyWriters has two and eight processes write runs into one store while
// others read it all the time: every run is stored whole, and no reader fails or
// waits as long as a lock may be waited for.
func TestManyWriters(t *testing.T) {
	if testing.Short() {
		t.Skip("many runs of the whole program: left out by -short")
	}
	for _, writers := range []int{2, 8} {
		cases := count(t, "HOLDTRUE_WRITTEN", 60)
		dir := t.TempDir()
		if err := writeBotSuite(dir, cases); err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(dir, "shared.db")
		if code := start(t, dir, filepath.Join(dir, "log"), nil, "run", "--agent", "bot", "--limit", "1", "--store", path).wait(t); code != 0 {
			t.Fatal("the first run ended with", code)
		}
		over, reads := make(chan struct{}), make(chan readings)
		go func() { reads <- readUntil(over, path) }()
		var calls []*call
		for i := range writers {
			calls = append(calls, start(t, dir, filepath.Join(dir, fmt.Sprint("log", i)), nil, "run", "--agent", "bot", "--repeat", "2", "--store", path))
		}
		for _, c := range calls {
			if code := c.wait(t); code != 0 {
				t.Errorf("one of %d writers ended with %d\n%s", writers, code, c.said.String())
			}
		}
		close(over)
		r := <-reads
		if r.fault != "" || r.n == 0 || r.longest > busyTimeout {
			t.Errorf("%d reads while %d wrote, the longest took %s: %s", r.n, writers, r.longest, r.fault)
		}
		intact(t, path)
		db, err := store.Open(t.Context(), path, store.Options{MustExist: true})
		if err != nil {
			t.Fatal(err)
		}
		infos, err := db.Runs(t.Context(), store.Filter{Status: "complete"})
		if err != nil || len(infos) != writers+1 {
			t.Errorf("%d runs are complete, want %d (%v)", len(infos), writers+1, err)
		}
		var want map[string]string
		for _, info := range infos[:writers] {
			got := stored(t, path, info.Run.ID)
			if want == nil {
				want = got
			}
			if len(got) != 2*cases || !sameAnswers(got, want) {
				t.Errorf("run %s holds something else than the others: %s", info.Run.ID, firstDifference(got, want))
			}
		}
		if err := db.Close(); err != nil {
			t.Error(err)
		}
		t.Logf("%d writers: %d reads, the longest took %s", writers, r.n, r.longest)
	}
}

// busyTimeout is how long a connection waits for a lock.
const busyTimeout = 30 * time.Second

type readings struct {
	n       int
	longest time.Duration
	fault   string
}

// readUntil lists the runs of a store over and over.
func readUntil(over <-chan struct{}, path string) (r readings) {
	for {
		began := time.Now()
		cmd := exec.Command("holdtrue", "runs", "--store", path)
		cmd.Env = append(os.Environ(), "GORACE=atexit_sleep_ms=0")
		out, err := cmd.CombinedOutput()
		r.longest = max(r.longest, time.Since(began))
		r.n++
		if err != nil || !strings.Contains(string(out), "complete") {
			r.fault = fmt.Sprintf("%v: %s", err, out)
			return r
		}
		select {
		case <-over:
			return r
		default:
		}
	}
}
