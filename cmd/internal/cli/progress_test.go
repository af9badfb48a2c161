package cli

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"holdtrue/eval/replay"
)

// TestProgressWithoutATerminal: a line a minute, with what there is to say.
func TestProgressWithoutATerminal(t *testing.T) {
	var said bytes.Buffer
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	a := &app{err: &said, now: func() time.Time { return now }}
	p := a.newProgress(nil)
	step := func(after time.Duration, at replay.Progress, want string) {
		t.Helper()
		said.Reset()
		now = now.Add(after)
		at.Planned = 500
		p.update(at)
		if got := strings.TrimPrefix(strings.TrimSpace(said.String()), "holdtrue: "); got != want {
			t.Errorf("at %+v: %q, want %q", at, got, want)
		}
	}
	step(0, replay.Progress{Done: 100}, "")
	step(59*time.Second, replay.Progress{Done: 150}, "")
	step(time.Second, replay.Progress{Done: 160}, "160 of 500 answers, about 6m left") // 340 at a second each
	step(30*time.Second, replay.Progress{Done: 170}, "")
	step(30*time.Second, replay.Progress{Done: 340, Failed: 3, Cost: replay.Cost{USD: 1.5, Priced: 99}}, "340 of 500 answers, 3 failed, 1.5000 USD, about 1m20s left")
	step(time.Minute, replay.Progress{Done: 500, Failed: 3}, "500 of 500 answers, 3 failed")
	p.finish()
}

// TestProgressKnowsNoTimeLeft: as long as nothing has come, nobody knows.
func TestProgressKnowsNoTimeLeft(t *testing.T) {
	var said bytes.Buffer
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	a := &app{err: &said, now: func() time.Time { return now }}
	p := a.newProgress(nil)
	p.update(replay.Progress{Planned: 9, Done: 3})
	now = now.Add(time.Minute)
	p.update(replay.Progress{Planned: 9, Done: 3})
	if said.String() != "holdtrue: 3 of 9 answers\n" {
		t.Errorf("%q", said.String())
	}
}

func TestBrief(t *testing.T) {
	for d, want := range map[time.Duration]string{0: "0s", 10 * time.Second: "10s", time.Minute: "1m", 90 * time.Second: "1m30s", 2 * time.Hour: "2h", 2*time.Hour + 10*time.Minute: "2h10m"} {
		if got := brief(d); got != want {
			t.Errorf("%v: %q, want %q", d, got, want)
		}
	}
}
