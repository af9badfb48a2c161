package drift

import (
	"fmt"
	"slices"
	"strings"

	"holdtrue/eval"
)

// commitKeys are the lineage keys that may hold a commit, the first found wins.
var commitKeys = []string{"commit", "git", "git_commit", "git_sha", "revision", "sha"}

func commitOf(run *eval.Run) string {
	for _, k := range commitKeys {
		if v := run.Lineage[k]; v != "" {
			return v
		}
	}
	return ""
}

func trendRun(p *PastRun) TrendRun {
	r := &p.Run
	return TrendRun{ID: r.ID, Name: r.Name(), Version: r.Version, Commit: commitOf(r), Started: r.Started, Status: r.Status,
		Pins: slices.Clone(p.Pins), Cases: r.Cases, Repeats: r.Repeats}
}

// choose divides a history, oldest first, into the runs that take part and
// those that are left out without being read.
func (t *Trend) choose(history []PastRun) (chosen []PastRun) {
	selection := newestSelection(history)
	copies := map[string]string{} // identity of a replayed recording to its first run
	for i := range history {
		p := &history[i]
		reason := ""
		switch {
		case p.Run.Started.Before(t.Options.Since):
			reason = "started before " + t.Options.Since.Format("2006-01-02 15:04 MST")
		case p.Run.Status != eval.Complete:
			reason = "is not complete"
		case p.Run.Selection != selection:
			reason = "asked only part of the suite: " + p.Run.Selection
			if p.Run.Selection == "" {
				reason = "asked the whole suite, the newest run only " + selection
			}
		default:
			if key := recordedAs(&p.Run); key != "" {
				if first, again := copies[key]; again {
					reason = "replays the same recording as run " + first + ", which counts once"
				} else {
					copies[key] = p.Run.ID
				}
			}
		}
		if reason == "" {
			chosen = append(chosen, *p)
		} else {
			t.Left = append(t.Left, LeftRun{trendRun(p), reason})
		}
		if len(p.Pins) > 0 && p.Run.Status == eval.Complete {
			t.Restart = &TrendRestart{RunID: p.Run.ID, Pins: slices.Clone(p.Pins), After: len(chosen)}
		}
	}
	return chosen
}

// newestSelection is the part of the suite that the history is about: all of it
// if any complete run asked all.
func newestSelection(history []PastRun) string {
	selection := ""
	for _, p := range history {
		switch {
		case p.Run.Status != eval.Complete:
		case p.Run.Selection == "":
			return ""
		default:
			selection = p.Run.Selection
		}
	}
	return selection
}

// recordedAs identifies what a run of a recording holds, scores included; "" for
// a run of anything else.
func recordedAs(run *eval.Run) string {
	digest := run.Lineage["recording"]
	if run.Kind != "recording" || digest == "" {
		return ""
	}
	parts := []string{digest, run.SuiteHash, run.Selection}
	for _, m := range run.Metrics {
		parts = append(parts, m.Name, m.Scorer, m.Version, string(m.Args), m.Survey)
	}
	return strings.Join(parts, "\x00")
}

// repeated counts the answers that an earlier run gave already.
func (n *night) repeated(replies map[uint64]struct{}) int {
	k := 0
	for _, id := range n.replies {
		if _, again := replies[id]; again {
			k++
		}
	}
	return k
}

// keep leaves out nights in which too many calls failed, since what is left may
// not stand for all cases, and those whose answers are copies.
func (t *Trend) keep(chosen []PastRun, nights []*night) (kept []*night) {
	after := 0
	replies := map[uint64]struct{}{}
	for i, n := range nights {
		r := trendRun(&chosen[i])
		r.Outputs, r.Failed = n.outputs, n.failed
		switch share := ratio(n.failed, n.outputs); {
		case n.outputs == 0:
			t.Left = append(t.Left, LeftRun{r, "holds no output"})
		case share > t.Options.MaxFailed:
			t.Left = append(t.Left, LeftRun{r, fmt.Sprintf("%s of its calls failed (%d of %d), more than the %s that are allowed",
				percent(share), n.failed, n.outputs, percent(t.Options.MaxFailed))})
		case ratio(n.cached, n.outputs) > maxCopied:
			t.Left = append(t.Left, LeftRun{r, fmt.Sprintf("%d of its %s came from a cache, and say nothing of that night", n.cached, count(n.outputs, "answer"))})
		case ratio(n.repeated(replies), n.outputs) > maxCopied:
			t.Left = append(t.Left, LeftRun{r, fmt.Sprintf("%d of its %s carry the response id of an earlier run's, and are copies", n.repeated(replies), count(n.outputs, "answer"))})
		default:
			t.Runs = append(t.Runs, r)
			kept = append(kept, n)
			for _, id := range n.replies {
				replies[id] = struct{}{}
			}
		}
		if t.Restart != nil && i < t.Restart.After {
			after = len(kept)
		}
	}
	if t.Restart != nil {
		t.Restart.After = after
	}
	return kept
}
