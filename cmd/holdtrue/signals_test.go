//go:build unix

package main

import (
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// interrupted is a run that a signal is sent to.
type interrupted struct {
	*call
	t               *testing.T
	dir, log, store string
}

// interrupt starts a run of 40 cases, two at a time, and sends it a signal, if
// it is to have one, once so many questions were asked.
func interrupt(t *testing.T, env []string, asked int, signal syscall.Signal) *interrupted {
	t.Helper()
	dir := t.TempDir()
	if err := writeBotSuite(dir, 40); err != nil {
		t.Fatal(err)
	}
	i := &interrupted{t: t, dir: dir, log: filepath.Join(dir, "log"), store: filepath.Join(dir, "holdtrue.db")}
	i.call = start(t, dir, i.log, env, "run", "--agent", "bot", "--concurrency", "2")
	i.await(func() bool { return logged(t, i.log) >= asked })
	if signal != 0 {
		i.send(signal)
	}
	return i
}

// send sends a signal and waits until the run says that it stops.
func (i *interrupted) send(signal syscall.Signal) {
	i.t.Helper()
	if err := i.cmd.Process.Signal(signal); err != nil {
		i.t.Fatal(err)
	}
	i.await(func() bool {
		return strings.Contains(i.said.String(), "holdtrue: stopping: the calls under way are ended and stored")
	})
}

// ends holds the end of the run to what is to be, and gives what it holds.
func (i *interrupted) ends() map[string]string {
	i.t.Helper()
	code := i.wait(i.t)
	for _, want := range []string{"holdtrue: cancelled", "hint: holdtrue run --agent bot --concurrency 2 --resume", " of 40 answers"} {
		if code != 130 || !strings.Contains(i.call.said.String(), want) {
			i.t.Errorf("exit %d, want 130 and %q\n%s", code, want, i.call.said.String())
		}
	}
	intact(i.t, i.store)
	run, _ := newest(i.t, i.store)
	have := stored(i.t, i.store, run.ID)
	if run.Status != "running" || len(have) == 0 || len(have) == 40 {
		i.t.Errorf("the run is %s with %d answers", run.Status, len(have))
	}
	return have
}

// holdsTen says that the ten outputs that were there are stored. One is a failed
// call, c007: it is held back if it came last, since the agent may be down, and
// asked again.
func (i *interrupted) holdsTen(have map[string]string) {
	i.t.Helper()
	if _, failed := have["c007/0"]; len(have) != 10 && (failed || len(have) != 9) {
		i.t.Errorf("%d answers are stored; ten were there", len(have))
	}
}

// goesOn resumes the run: what it held is not asked again.
func (i *interrupted) goesOn(have map[string]string) {
	i.t.Helper()
	if again := start(i.t, i.dir, i.log, nil, "run", "--agent", "bot", "--resume"); again.wait(i.t) != 0 {
		i.t.Fatalf("it does not go on\n%s", again.said.String())
	}
	asked := questions(i.t, i.log)
	for key := range have {
		if asked[key] != 1 {
			i.t.Errorf("%s was stored and asked %d times", key, asked[key])
		}
	}
	if len(asked) != 40 {
		i.t.Errorf("%d of 40 answers were asked for", len(asked))
	}
}

// TestInterruptedOnce: the calls that are under way come to their end and are
// stored, and no other begins.
func TestInterruptedOnce(t *testing.T) {
	t.Parallel()
	for _, signal := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM} {
		i := interrupt(t, []string{botTakes + "=200ms"}, 4, signal)
		have := i.ends()
		if n := lost(questions(t, i.log), have); n > 0 {
			t.Errorf("%s: %d calls were under way and are not stored", signal, n)
		}
		i.goesOn(have)
	}
}

// TestInterruptedTwice: the second signal does not wait for calls that never end;
// what was answered is stored all the same.
func TestInterruptedTwice(t *testing.T) {
	t.Parallel()
	i := interrupt(t, []string{botHangs + "=c01"}, 12, syscall.SIGINT)
	i.send(syscall.SIGINT)
	have := i.ends()
	i.holdsTen(have)
	i.goesOn(have)
}

// TestTerminatedWithCallsThatNeverEnd: who sends a SIGTERM does not wait for
// long, and sends no second one.
func TestTerminatedWithCallsThatNeverEnd(t *testing.T) {
	t.Parallel()
	i := interrupt(t, []string{botHangs + "=c01"}, 12, syscall.SIGTERM)
	have := i.ends()
	i.holdsTen(have)
	i.goesOn(have)
}

// TestTwoCannotResumeOneRun: what one process is asking, no other asks.
func TestTwoCannotResumeOneRun(t *testing.T) {
	t.Parallel()
	i := interrupt(t, []string{botHangs + "=c01"}, 12, 0) // no signal
	second := start(t, i.dir, i.log, nil, "run", "--agent", "bot", "--resume")
	if code := second.wait(t); code != 4 || !strings.Contains(second.said.String(), "another process is at work on it") {
		t.Errorf("exit %d\n%s", code, second.said.String())
	}
	i.send(syscall.SIGINT)
	i.send(syscall.SIGINT)
	i.goesOn(i.ends())
}
