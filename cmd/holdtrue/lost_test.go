//go:build unix

package main

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"holdtrue/eval"
	"holdtrue/eval/store"
)

// call is one run of the program, with the bot as agent.
type call struct {
	cmd  *exec.Cmd
	said bytes.Buffer // on standard error
	done chan error
}

// start starts the program in a folder. The bot notes its questions in log.
func start(t *testing.T, dir, log string, env []string, args ...string) *call {
	t.Helper()
	c := &call{cmd: exec.Command("holdtrue", args...), done: make(chan error, 1)}
	c.cmd.Dir, c.cmd.Stderr = dir, &c.said
	c.cmd.Env = append(append(os.Environ(), botLog+"="+log), env...)
	if err := c.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() { c.done <- c.cmd.Wait() }()
	return c
}

// wait gives the exit code; -1 means killed.
func (c *call) wait(t *testing.T) int {
	t.Helper()
	select {
	case err := <-c.done:
		var exit *exec.ExitError
		switch {
		case err == nil:
			return 0
		case errors.As(err, &exit):
			return exit.ExitCode()
		}
		t.Fatal(err)
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

// TestKilledAtRandomMoments kills runs at random moments (seed 5; as many as
// HOLDTRUE_KILLS says, or 20) without warning and resumes each until it is done.
// What is stored is never asked again, no more calls than twice the concurrency
// are lost by a kill, and in the end the run holds, byte for byte, what one holds
// that nothing happened to.
func TestKilledAtRandomMoments(t *testing.T) {
	const cases, concurrency = 150, 4
	kills := count(t, "HOLDTRUE_KILLS", 20)
	dir := t.TempDir()
	if err := writeBotSuite(dir, cases); err != nil {
		t.Fatal(err)
	}
	log, calm := filepath.Join(dir, "log"), filepath.Join(dir, "calm.db")
	if code := start(t, dir, log, nil, "run", "--agent", "bot", "--repeat", "2", "--store", calm).wait(t); code != 0 {
		t.Fatal("the undisturbed run ended with", code)
	}
	run, _ := newest(t, calm)
	want := stored(t, calm, run.ID)
	if len(want) != 2*cases {
		t.Fatalf("the undisturbed run holds %d answers", len(want))
	}

	rng := rand.New(rand.NewPCG(5, 0))
	path := filepath.Join(dir, "killed.db")
	killed, runs, lost, mostLost := 0, 0, 0, 0
	for killed < kills {
		runs++
		log := filepath.Join(dir, fmt.Sprint("log", runs))
		for again := true; again; {
			var moment func() // returns when it has come
			if lines := rng.IntN(60); lines < 10 {
				pause := time.Duration(rng.IntN(80_000)) * time.Microsecond
				moment = func() { time.Sleep(pause) }
			} else {
				pause := time.Duration(rng.IntN(3000)) * time.Microsecond
				begun := logged(t, log)
				moment = func() { awaitLines(t, log, begun+lines); time.Sleep(pause) }
			}
			if killed == kills {
				moment = func() {}
			}
			before := questions(t, log)
			have := map[string]string{}
			if run, ok := newestIf(t, path); ok && run.Status == eval.Running {
				have = stored(t, path, run.ID)
			}
			c := start(t, dir, log, []string{botTakes + "=1ms"}, "run", "--agent", "bot", "--repeat", "2", "--concurrency", fmt.Sprint(concurrency), "--resume", "--store", path)
			if killed < kills {
				ready := make(chan struct{})
				go func() { moment(); close(ready) }()
				select {
				case <-ready:
				case err := <-c.done:
					c.done <- err
				}
				_ = c.cmd.Process.Signal(syscall.SIGKILL)
			}
			code := c.wait(t)
			switch code {
			case 0:
				again = false
			case -1:
				killed++
			default:
				t.Fatalf("exit %d\n%s", code, c.said.String())
			}
			settle(t, log)
			asked := questions(t, log)
			for key := range have {
				if asked[key] != before[key] {
					t.Fatalf("kill %d: %s was stored and asked again", killed, key)
				}
			}
			run, ok := newestIf(t, path)
			switch {
			case code != -1 || !ok:
			case run.Status == eval.Complete:
				again = false // killed after its last write
			default:
				intact(t, path)
				have := stored(t, path, run.ID)
				n := 0
				for key := range asked {
					// A failed call is no answer: it waits for the next good one.
					if _, ok := have[key]; !ok && !botFails(strings.Split(key, "/")[0]) {
						n++
					}
				}
				lost, mostLost = lost+n, max(mostLost, n)
				if n > 2*concurrency {
					t.Errorf("kill %d: %d answers were asked for and are not stored; %d calls at the same time may lose %d", killed, n, concurrency, 2*concurrency)
				}
			}
		}
		run, _ := newest(t, path)
		if got := stored(t, path, run.ID); !sameAnswers(got, want) {
			t.Fatalf("run %d of %d kills holds something else than the undisturbed one: %s", runs, killed, firstDifference(got, want))
		}
	}
	intact(t, path)
	t.Logf("%d kills in %d runs of %d calls; %d calls were lost, %d at the most by one kill", killed, runs, 2*cases, lost, mostLost)
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

// awaitLines waits until the bots have noted so many questions, or so long that
// the run must have ended.
func awaitLines(t *testing.T, log string, lines int) {
	t.Helper()
	for range 20_000 {
		if logged(t, log) >= lines {
			return
		}
		time.Sleep(time.Millisecond)
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
