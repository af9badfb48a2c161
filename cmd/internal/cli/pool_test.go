package cli

import (
	"testing"
	"time"

	"holdtrue/eval"
)

func TestPoolable(t *testing.T) {
	night := func(n int, id, version, recording string) eval.Run {
		r := eval.Run{ID: id, Agent: "bot", Version: version, Started: time.Unix(0, 0).AddDate(0, 0, n), Cases: 10, Repeats: 1}
		if recording != "" {
			r.Lineage = map[string]string{"recording": recording}
		}
		return r
	}
	ids := func(runs []eval.Run) string {
		s := ""
		for _, r := range runs {
			s += r.ID
		}
		return s
	}
	runs := []eval.Run{night(6, "g", "1", ""), night(4, "e", "1", ""), night(3, "d", "1", ""), night(2, "c", "1", ""), night(1, "b", "1", "")}
	base := runs[2] // d
	for _, w := range []struct {
		what string
		cand eval.Run
		pins string
		most int
		want string
	}{
		{"another version: all before it", night(5, "f", "2", ""), "", 30, "ecb"},
		{"at most so many, the newest", night(5, "f", "2", ""), "", 2, "ec"},
		{"nothing from before a pin", night(5, "f", "2", ""), "c", 30, "ec"},
		{"a pinned baseline begins anew", night(5, "f", "2", ""), "bd", 30, "e"},
		{"a pin after the baseline is none of it", night(5, "f", "2", ""), "e", 30, "ecb"},
		{"the same version: none between the two", night(5, "f", "1", ""), "", 30, "cb"},
		{"the same version, nothing from before a pin", night(5, "f", "1", ""), "c", 30, "c"},
		{"the same version, pinned: the first nights after it", night(7, "h", "1", ""), "d", 30, "eg"},
		{"the same version, pinned: as many as are wanted", night(7, "h", "1", ""), "d", 1, "e"},
	} {
		pinned := map[string]bool{}
		for _, id := range w.pins {
			pinned[string(id)] = true
		}
		if got := ids(poolable(runs, base, w.cand, pinned, w.most)); got != w.want {
			t.Errorf("%s: %q, want %q", w.what, got, w.want)
		}
	}
	replayed := []eval.Run{night(4, "e", "1", "y"), night(3, "d", "1", "x"), night(2, "c", "1", "y"), night(1, "b", "1", "x")}
	if got := ids(poolable(replayed, night(3, "d", "1", "x"), night(5, "f", "2", "z"), nil, 30)); got != "e" {
		t.Errorf("recordings: %q, want the one that is not the baseline's, once", got)
	}
	if n := replays(replayed, night(3, "d", "1", "x"), night(5, "f", "2", "z")); n != 2 {
		t.Errorf("%d runs replay what counts already, want b and c", n)
	}
	if n := replays(runs, base, night(5, "f", "2", "")); n != 0 {
		t.Errorf("%d runs of no recording replay one", n)
	}
	huge := night(4, "e", "1", "")
	huge.Cases = 400_000
	if got := ids(poolable([]eval.Run{huge, huge}, base, night(5, "f", "2", ""), nil, 30)); got != "e" {
		t.Errorf("%q: the pool must stay bounded", got)
	}
}
