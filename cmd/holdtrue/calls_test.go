//go:build unix

package main

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"holdtrue/eval"
	"holdtrue/eval/store"
)

// call is one run of the program, with the bot as agent.
type call struct {
	cmd  *exec.Cmd
	said said
	over chan struct{}
	err  error // once it is over
}

// said is what a program has said so far on its standard error.
type said struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *said) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *said) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

// start starts the program in a folder. The bot notes its questions in log.
func start(t *testing.T, dir, log string, env []string, args ...string) *call {
	t.Helper()
	c := &call{cmd: exec.Command("holdtrue", args...), over: make(chan struct{})}
	c.cmd.Dir, c.cmd.Stderr = dir, &c.said
	c.cmd.Env = append(append(os.Environ(), "GORACE=atexit_sleep_ms=0", botLog+"="+log), env...)
	if err := c.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() { c.err = c.cmd.Wait(); close(c.over) }()
	return c
}

// wait gives the exit code; -1 means killed.
func (c *call) wait(t *testing.T) int {
	t.Helper()
	select {
	case <-c.over:
		var exit *exec.ExitError
		switch {
		case c.err == nil:
			return 0
		case errors.As(c.err, &exit):
			return exit.ExitCode()
		}
		t.Fatal(c.err)
	case <-time.After(2 * time.Minute):
		_ = c.cmd.Process.Kill()
		t.Fatalf("%v has not ended after two minutes\n%s", c.cmd.Args, c.said.String())
	}
	return 0
}

// questions counts how often each answer was asked for, as the bot noted it.
func questions(t *testing.T, log string) map[string]int {
	t.Helper()
	b, err := os.ReadFile(log)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	n := map[string]int{}
	for line := range strings.Lines(string(b)) {
		n[strings.TrimSpace(line)]++
	}
	return n
}

// stored lists the answers that a run holds, as the bot notes questions, each
// with all that is stored of it but for the time.
func stored(t *testing.T, path, runID string) map[string]string {
	t.Helper()
	ctx := context.Background()
	db, err := store.Open(ctx, path, store.Options{MustExist: true})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	answers := map[string]string{}
	for row, err := range db.Rows(ctx, runID) {
		if err != nil {
			t.Fatal(err)
		}
		c, result, err := db.Result(ctx, runID, row.CaseID, row.Repeat)
		if err != nil {
			t.Fatal(err)
		}
		result.Output.Started = time.Time{}
		row.Text = 0 // a number of the store
		b, err := json.Marshal([]any{row, c.Prompt, result})
		if err != nil {
			t.Fatal(err)
		}
		answers[fmt.Sprintf("%s/%d", row.CaseID, row.Repeat)] = string(b)
	}
	return answers
}

// newest is the newest run in a store, if there is one.
func newest(t *testing.T, path string) (eval.Run, bool) {
	t.Helper()
	db, err := store.Open(t.Context(), path, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	infos, err := db.Runs(t.Context(), store.Filter{Limit: 1})
	if err != nil {
		t.Fatal(err)
	}
	if len(infos) == 0 {
		return eval.Run{}, false
	}
	return infos[0].Run, true
}

// intact has SQLite check a whole database file.
func intact(t *testing.T, path string) {
	t.Helper()
	if _, err := os.Stat(path); errors.Is(err, os.ErrNotExist) {
		return
	}
	db, err := sql.Open(sql.Drivers()[0], path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var says string
	if err := db.QueryRow("PRAGMA integrity_check").Scan(&says); err != nil || says != "ok" {
		t.Fatalf("integrity_check says %q (%v)", says, err)
	}
	if err := db.QueryRow("SELECT count(*) FROM pragma_foreign_key_check").Scan(&says); err != nil || says != "0" {
		t.Fatalf("foreign_key_check finds %q faults (%v)", says, err)
	}
}

// count is the number in an environment variable, for a larger test, or the
// usual one.
func count(t *testing.T, env string, usual int) int {
	t.Helper()
	if v := os.Getenv(env); v != "" {
		n, err := strconv.Atoi(v)
		if err != nil || n < 1 {
			t.Fatalf("%s=%s is not a number", env, v)
		}
		return n
	}
	return usual
}

// newestIf is newest, without making a store.
func newestIf(t *testing.T, path string) (eval.Run, bool) {
	t.Helper()
	if _, err := os.Stat(path); err != nil {
		return eval.Run{}, false
	}
	return newest(t, path)
}

func logged(t *testing.T, log string) int {
	t.Helper()
	b, err := os.ReadFile(log)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Error(err)
	}
	return bytes.Count(b, []byte("\n"))
}

// await waits until something is so, or the call is over.
func (c *call) await(so func() bool) {
	for !so() {
		select {
		case <-c.over:
			return
		case <-time.After(time.Millisecond):
		}
	}
}

// settle waits until the bots of a run that was killed have read what was left
// for them.
func settle(t *testing.T, log string) {
	t.Helper()
	for last, same := -1, 0; same < 3; time.Sleep(2 * time.Millisecond) {
		now := logged(t, log)
		if same++; now != last {
			last, same = now, 0
		}
	}
}

// lost counts the answers that were asked for and are not stored. A failed call
// is no answer: it is stored with the next good one.
func lost(asked map[string]int, have map[string]string) (n int) {
	for key := range asked {
		if _, ok := have[key]; !ok && !botFails(strings.Split(key, "/")[0]) {
			n++
		}
	}
	return n
}

func sameAnswers(a, b map[string]string) bool {
	if len(a) != len(b) {
		return false
	}
	for k, v := range a {
		if b[k] != v {
			return false
		}
	}
	return true
}

func firstDifference(got, want map[string]string) string {
	keys := make([]string, 0, len(want))
	for k := range want {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	for _, k := range keys {
		if got[k] != want[k] {
			return fmt.Sprintf("%s\n got %s\nwant %s", k, got[k], want[k])
		}
	}
	return fmt.Sprintf("%d answers, want %d", len(got), len(want))
}
