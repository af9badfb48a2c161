package eval

import (
	"context"
	"encoding/json"
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
	memo   map[any]any
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
