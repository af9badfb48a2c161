package replay

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"strings"
	"sync"
	"testing"
	"time"

	"holdtrue/eval"
	"holdtrue/eval/agent"
)

// answerKey names one answer of a run.
type answerKey struct {
	id, hash string
	repeat   int
}

// memory is a store in memory that keeps what a real one promises: all of a
// batch or nothing, and no answer twice.
type memory struct {
	mu       sync.Mutex
	runs     map[string]map[answerKey]Entry
	order    []string // answers as they were committed, "run/case/repeat"
	batches  []int
	finished map[string]map[string]string
	// fail, if set, is asked before every batch.
	fail func(batch int) error
}

func newMemory() *memory {
	return &memory{runs: map[string]map[answerKey]Entry{}, finished: map[string]map[string]string{}}
}

func (m *memory) Answered(_ context.Context, runID string) (func(string, string, int) bool, int, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	have := map[answerKey]bool{}
	for k := range m.runs[runID] {
		have[k] = true
	}
	return func(id, hash string, repeat int) bool { return have[answerKey{id, hash, repeat}] }, len(have), nil
}

func (m *memory) Stage(_ context.Context, runID string, entries []Entry) (func(context.Context) (int, error), error) {
	return func(ctx context.Context) (int, error) { return m.append(ctx, runID, entries) }, nil
}

func (m *memory) append(ctx context.Context, runID string, entries []Entry) (int, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	if m.fail != nil {
		if err := m.fail(len(m.batches)); err != nil {
			return 0, err
		}
	}
	if m.runs[runID] == nil {
		m.runs[runID] = map[answerKey]Entry{}
	}
	m.batches = append(m.batches, len(entries))
	stored := 0
	for _, e := range entries {
		k := answerKey{e.Case.ID, e.CaseHash, e.Result.Output.Repeat}
		if _, twice := m.runs[runID][k]; twice {
			continue
		}
		m.runs[runID][k] = e
		m.order = append(m.order, fmt.Sprintf("%s/%s/%d", runID, k.id, k.repeat))
		stored++
	}
	return stored, nil
}

func (m *memory) Finish(_ context.Context, runID string, _ time.Time, lineage map[string]string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.finished[runID] = lineage
	return nil
}

// scripted is an agent that does what a function says.
type scripted struct {
	info agent.Info
	mu   sync.Mutex
	n    int
	// do is told the number of the call, from 0.
	do func(ctx context.Context, n int, c *eval.Case, repeat int) (eval.Output, error)
}

func (s *scripted) Ask(ctx context.Context, c *eval.Case, repeat int) (eval.Output, error) {
	s.mu.Lock()
	n := s.n
	s.n++
	s.mu.Unlock()
	return s.do(ctx, n, c, repeat)
}

func (s *scripted) Info() agent.Info { return s.info }
func (s *scripted) Close() error     { return nil }

// echoes answers every case with its prompt.
func echoes() *scripted {
	return &scripted{do: func(_ context.Context, _ int, c *eval.Case, repeat int) (eval.Output, error) {
		return eval.Output{CaseID: c.ID, Repeat: repeat, Text: c.Prompt}, nil
	}}
}

// cases gives n cases; with an error, that error follows them.
func cases(n int, err error) iter.Seq2[eval.Case, error] {
	return func(yield func(eval.Case, error) bool) {
		for i := range n {
			if !yield(eval.Case{ID: fmt.Sprintf("c%d", i), Prompt: fmt.Sprintf("prompt %d", i)}, nil) {
				return
			}
		}
		if err != nil {
			yield(eval.Case{}, err)
		}
	}
}

// newPanel is a panel with one metric: the share of the answer that is lower
// case. A text of "panic" makes the judge panic.
func newPanel(t testing.TB) *eval.Panel {
	t.Helper()
	bind := func(spec eval.MetricSpec, _ string) (eval.Metric, eval.Judge, error) {
		j := eval.JudgeFunc(func(_ context.Context, s *eval.Sample) eval.Score {
			return eval.Pass(s.Output.Text == strings.ToLower(s.Output.Text), "")
		})
		return eval.Metric{Name: spec.Label(), Scorer: spec.Scorer, Version: "1", Args: json.RawMessage(`{}`), Scale: eval.Binary, Better: eval.Higher}, j, nil
	}
	p, err := eval.NewPanel([]eval.MetricSpec{{Scorer: "lower"}}, "", bind)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func target(t testing.TB, ag agent.Agent, id string, cases, repeats int) Target {
	p := newPanel(t)
	return Target{Agent: ag, Panel: p, Run: &eval.Run{ID: id, Suite: "s", Agent: id, Cases: cases, Repeats: repeats,
		Status: eval.Running, Metrics: p.Metrics(), Lineage: map[string]string{"own": "kept"}}}
}

var errFull = errors.New("the disk is full")
