//go:build unix

package main

import (
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"holdtrue/eval"
)

// TestKilledAtRandomMoments kills runs at random moments (seed 5; as many as
// HOLDTRUE_KILLS says, or 20) without warning and resumes each until it is done.
// What is stored is never asked again, no more calls than twice the concurrency
// are lost by a kill, and in the end the run holds, byte for byte, what one holds
// that nothing happened to.
func TestKilledAtRandomMoments(t *testing.T) {
	if testing.Short() {
		t.Skip("many runs of the whole program: left out by -short")
	}
	const cases = 150
	dir := t.TempDir()
	if err := writeBotSuite(dir, cases); err != nil {
		t.Fatal(err)
	}
	calm := filepath.Join(dir, "calm.db")
	if code := start(t, dir, filepath.Join(dir, "log"), nil, "run", "--agent", "bot", "--repeat", "2", "--store", calm).wait(t); code != 0 {
		t.Fatal("the undisturbed run ended with", code)
	}
	run, _ := newest(t, calm)
	want := stored(t, calm, run.ID)
	if len(want) != 2*cases {
		t.Fatalf("the undisturbed run holds %d answers", len(want))
	}
	k := killer{t: t, rng: rand.New(rand.NewPCG(5, 0)), dir: dir, store: filepath.Join(dir, "killed.db"), kills: count(t, "HOLDTRUE_KILLS", 20)}
	runs := 0
	for k.killed < k.kills {
		runs++
		k.log, k.have = filepath.Join(dir, fmt.Sprint("log", runs)), nil
		for !k.round() {
		}
		run, _ := newest(t, k.store)
		if got := stored(t, k.store, run.ID); !sameAnswers(got, want) {
			t.Fatalf("run %d, %d kills: it holds something else than the undisturbed one: %s", runs, k.killed, firstDifference(got, want))
		}
	}
	intact(t, k.store)
	t.Logf("%d kills in %d runs of %d calls; %d calls were lost, %d at the most by one kill", k.killed, runs, 2*cases, k.lost, k.most)
}

// killer resumes a run and kills it, over and over.
type killer struct {
	t               *testing.T
	rng             *rand.Rand
	dir, store, log string
	kills, killed   int
	lost, most      int               // calls that were under way at all kills, and at the worst
	have            map[string]string // what the run holds since the last kill
}

const killedConcurrency = 4

// round resumes the run and kills it, as long as there are kills left. It says
// whether the run has come to its end.
func (k *killer) round() (ended bool) {
	t := k.t
	t.Helper()
	moment := k.moment()
	before := questions(t, k.log)
	c := start(t, k.dir, k.log, []string{botTakes + "=1ms"}, "run", "--agent", "bot", "--repeat", "2",
		"--concurrency", fmt.Sprint(killedConcurrency), "--resume", "--store", k.store)
	if k.killed < k.kills {
		moment(c)
		_ = c.cmd.Process.Signal(syscall.SIGKILL)
	}
	code := c.wait(t)
	settle(t, k.log)
	asked := questions(t, k.log)
	for key := range k.have {
		if asked[key] != before[key] {
			t.Fatalf("after %d kills: %s was stored and asked again", k.killed, key)
		}
	}
	switch code {
	case 0:
		return true
	case -1:
		k.killed++
		return k.judge(asked)
	}
	t.Fatalf("exit %d\n%s", code, c.said.String())
	return true
}

// moment draws when the run is to be killed: some time after its start, or after
// some more questions. It returns what waits for that.
func (k *killer) moment() func(*call) {
	if questions := k.rng.IntN(60); questions >= 10 {
		pause, begun := time.Duration(k.rng.IntN(3000))*time.Microsecond, logged(k.t, k.log)
		return func(c *call) {
			c.await(func() bool { return logged(k.t, k.log) >= begun+questions })
			time.Sleep(pause)
		}
	}
	pause := time.Duration(k.rng.IntN(80_000)) * time.Microsecond
	return func(*call) { time.Sleep(pause) }
}

// judge looks at what a kill has left. It says whether the run was complete.
func (k *killer) judge(asked map[string]int) (complete bool) {
	run, ok := newestIf(k.t, k.store)
	if !ok || run.Status == eval.Complete { // killed before its first write, or after its last
		return ok
	}
	intact(k.t, k.store)
	k.have = stored(k.t, k.store, run.ID)
	n := lost(asked, k.have)
	k.lost, k.most = k.lost+n, max(k.most, n)
	if n > 2*killedConcurrency {
		k.t.Errorf("kill %d: %d answers were asked for and are not stored; %d calls at the same time may lose %d", k.killed, n, killedConcurrency, 2*killedConcurrency)
	}
	return false
}
