package drift

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"iter"
	"math/rand/v2"
	"testing"

	"holdtrue/eval"
)

var correct = eval.Metric{Name: "correct", Scorer: "label", Version: "1", Scale: eval.Binary, Better: eval.Higher, Gate: true}

// newRun gives a complete run with the metrics.
func newRun(id string, metrics ...eval.Metric) eval.Run {
	return eval.Run{ID: id, Suite: "s", Agent: "bot", Version: id, Status: eval.Complete, Metrics: metrics}
}

// row is an output with a value for each of the first metrics.
func row(id string, repeat int, values ...float64) eval.Row {
	r := eval.Row{CaseID: id, CaseHash: "content of " + id, Repeat: repeat}
	h := sha256.New()
	h.Write([]byte(id))
	for m, v := range values {
		r.Scores = append(r.Scores, eval.RowScore{Metric: m, Status: eval.Scored, Value: v})
		h.Write([]byte{byte(v * 200)})
	}
	r.Text = binary.LittleEndian.Uint64(h.Sum(nil))
	return r
}

// failedRow is a call that failed.
func failedRow(id string, repeat int, metrics int) eval.Row {
	r := eval.Row{CaseID: id, CaseHash: "content of " + id, Repeat: repeat, Failed: true}
	for m := range metrics {
		r.Scores = append(r.Scores, eval.RowScore{Metric: m, Status: eval.Missing})
	}
	return r
}

func stream(rows []eval.Row) iter.Seq2[eval.Row, error] {
	return func(yield func(eval.Row, error) bool) {
		for _, r := range rows {
			if !yield(r, nil) {
				return
			}
		}
	}
}

func compare(t testing.TB, base, cand eval.Run, before, after []eval.Row, opts Options) *Comparison {
	t.Helper()
	c, err := Compare(context.Background(), Input{Run: base, Rows: stream(before)}, Input{Run: cand, Rows: stream(after)}, opts, nil)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// twoByTwo makes binary rows with the given transitions, lost and gained first.
func twoByTwo(lost, gained, bothPass, bothFail int) (before, after []eval.Row) {
	add := func(n int, b, a float64) {
		for range n {
			id := caseID(len(before))
			before, after = append(before, row(id, 0, b)), append(after, row(id, 0, a))
		}
	}
	add(lost, 1, 0)
	add(gained, 0, 1)
	add(bothPass, 1, 1)
	add(bothFail, 0, 0)
	return before, after
}

func caseID(i int) string {
	return string([]byte{'c', byte('a' + i/17576%26), byte('a' + i/676%26), byte('a' + i/26%26), byte('a' + i%26)})
}

func shuffled(rows []eval.Row, seed uint64) []eval.Row {
	out := append([]eval.Row(nil), rows...)
	rand.New(rand.NewPCG(seed, 1)).Shuffle(len(out), func(i, j int) { out[i], out[j] = out[j], out[i] })
	return out
}

var errBroken = errors.New("broken")
