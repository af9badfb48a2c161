package eval

import (
	"context"
	"encoding/json"
	"sync"
)

// Scorer is a built-in way to judge an answer. It is data plus one function, so
// that a new scorer is one variable in one file and one line in a list.
type Scorer struct {
	Name string // lower case, words joined by '-'
	// Doc is one sentence, then, after an empty line, what the value means,
	// the source of the definition and what it does with hostile text.
	Doc     string
	Version string // raised whenever a score can change for the same input
	Scale   Scale
	Unit    string // of a measure
	Better  Better
	// Args is a pointer to a struct that holds the default arguments; the tags
	// json and doc of its fields name and explain them. nil takes none.
	Args any
	// Needs says what a case must have for the scorer to apply: "expected", or "".
	Needs string
	New   func(Setup) (Judge, error)
}

// Setup is what a scorer is given once, before it judges anything.
type Setup struct {
	// Args are the arguments as written, a JSON object or nil.
	Args json.RawMessage
	// Dir is the folder against which file names in arguments are read.
	Dir string
	// Bind makes the metrics of which a scorer is composed.
	Bind Binder
}

// Judge scores samples. It must be safe for use by several goroutines, give the
// same score for the same sample, and return soon after its context ends. A
// Judge that holds a resource also implements io.Closer.
type Judge interface {
	Score(ctx context.Context, s *Sample) Score
}

// Surveyor is a Judge that has to see every case of the suite before it judges
// one, for document frequencies for example. Survey is called for each case by
// one goroutine, before the first Score. Digest identifies what was seen: scores
// of two runs are compared only if it agrees.
type Surveyor interface {
	Judge
	Survey(c *Case)
	Digest() string
}

// JudgeFunc is a function that is a Judge.
type JudgeFunc func(ctx context.Context, s *Sample) Score

// Score calls f.
func (f JudgeFunc) Score(ctx context.Context, s *Sample) Score { return f(ctx, s) }

// Sample is what a Judge sees: a case, an output, and a memo in which the
// judges of one sample share what they derive from it. One goroutine at a time
// uses a Sample.
type Sample struct {
	Case   *Case
	Output *Output
	// Shared, if set, holds what judges derive from the case alone.
	Shared *Shared
	memo   map[any]any
}

// Shared is what judges derive from one case, for all answers to it: several
// repeats, several agents. It is safe for use by several goroutines; the zero
// value is empty.
type Shared struct {
	mu   sync.Mutex
	memo map[any]any
}

// MemoCase is Memo for a value that depends on the case alone and that nobody
// changes: where the sample shares with others of the same case, it is computed
// for the first of them.
func MemoCase[T any](s *Sample, key any, compute func() T) T {
	if s.Shared == nil {
		return Memo(s, key, compute)
	}
	s.Shared.mu.Lock()
	v, ok := s.Shared.memo[key]
	s.Shared.mu.Unlock()
	if ok {
		return v.(T)
	}
	computed := compute() // not under the lock: it may ask for others
	s.Shared.mu.Lock()
	defer s.Shared.mu.Unlock()
	if s.Shared.memo == nil {
		s.Shared.memo = make(map[any]any, 8)
	}
	s.Shared.memo[key] = computed
	return computed
}

// Memo gives the value that key stands for, computing it on first use, so that
// a text is tokenized once however many metrics need its tokens. Use a key type
// of one's own, as with context values.
func Memo[T any](s *Sample, key any, compute func() T) T {
	if v, ok := s.memo[key]; ok {
		return v.(T)
	}
	if s.memo == nil {
		s.memo = make(map[any]any, 8)
	}
	v := compute()
	s.memo[key] = v
	return v
}
