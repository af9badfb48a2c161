package scorertest

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"unicode"
	"unicode/utf8"

	"holdtrue/eval"
	"holdtrue/scorers"
)

// reasonLimit is the length in bytes of the longest reason: reasons are stored
// with every score.
const reasonLimit = 200

// Laws holds a scorer with the given arguments (a JSON object or "") to what
// every scorer must keep:
//
//   - a score has a known status, a value inside its scale, a short printable
//     reason, and evidence inside the texts;
//   - the same sample has the same score, from the same judge and from another,
//     whatever was scored before, whatever other scorers have put into the
//     sample's memo, and from several goroutines at once;
//   - hostile text is survived, with memory in proportion to it;
//   - the sample is not changed;
//   - a context that has ended ends the scoring.
func Laws(t *testing.T, s *eval.Scorer, args string) {
	t.Helper()
	l := law{scorer: s, args: json.RawMessage(args)}
	judge := l.judge(t)
	samples := append(ordinary(), hostile()...)
	if len(samples) == 0 {
		t.Fatal("no samples: the laws were not tried")
	}
	scores := make([]eval.Score, len(samples))
	for i, c := range samples {
		scores[i] = l.score(t, judge, c)
		if t.Failed() {
			return
		}
	}
	if !slices.ContainsFunc(scores, func(sc eval.Score) bool { return sc.Status == eval.Scored }) {
		t.Error("not one sample was scored: the arguments make the laws empty")
	}
	l.order(t, judge, samples, scores)
	l.sharing(t, judge, samples, scores)
	l.concurrency(t, judge, samples, scores)
	l.ended(t, judge, samples)
}

// Big holds a scorer to the law of hostile text at full size: texts of up to 10
// MB. It takes seconds, and a not- form adds nothing to its scorer here.
func Big(t *testing.T, s *eval.Scorer, args string) {
	t.Helper()
	l := law{scorer: s, args: json.RawMessage(args)}
	judge := l.judge(t)
	samples := big()
	if len(samples) == 0 {
		t.Fatal("no samples: the law was not tried")
	}
	for _, c := range samples {
		l.bounded(t, judge, c)
	}
	l.ended(t, judge, samples)
}

type law struct {
	scorer *eval.Scorer
	args   json.RawMessage
}

func (l law) judge(t *testing.T) eval.Judge {
	t.Helper()
	j, err := l.scorer.New(eval.Setup{Args: l.args, Dir: t.TempDir(), Bind: scorers.Bind})
	if err != nil {
		t.Fatalf("%s with arguments %s: %v", l.scorer.Name, l.args, err)
	}
	return j
}

// score scores a sample twice with a fresh memo, holds the score to its form
// and the sample to being what it was.
func (l law) score(t *testing.T, judge eval.Judge, c Sample) eval.Score {
	t.Helper()
	s := c.fresh()
	first := judge.Score(t.Context(), s)
	if want := c.fresh(); !reflect.DeepEqual(s.Case, want.Case) || !reflect.DeepEqual(s.Output, want.Output) {
		t.Errorf("%s: the sample was changed", c.Name)
	}
	if again := l.judge(t).Score(t.Context(), c.fresh()); !reflect.DeepEqual(first, again) {
		t.Errorf("%s: another judge gave another score: %+v and %+v", c.Name, first, again)
	}
	if err := form(l.scorer, c, first); err != nil {
		t.Errorf("%s: %v: %+v", c.Name, err, first)
	}
	return first
}

// form says what is wrong with a score as such.
func form(s *eval.Scorer, c Sample, score eval.Score) error {
	switch score.Status {
	case eval.Scored:
		v := score.Value
		ok := v >= 0 && !math.IsInf(v, 0)
		if s.Scale == eval.Binary {
			ok = v == 0 || v == 1
		} else if s.Scale == eval.Unit {
			ok = v >= 0 && v <= 1
		}
		if !ok {
			return fmt.Errorf("the value %v is outside a %s scale", v, s.Scale)
		}
	case eval.Skipped, eval.Failed:
		if score.Value != 0 || score.Reason == "" {
			return fmt.Errorf("a score that is %s has a reason and no value", score.Status)
		}
	default:
		return fmt.Errorf("a judge cannot give the status %q", score.Status)
	}
	if len(score.Reason) > reasonLimit {
		return fmt.Errorf("the reason has %d bytes, at most %d are kept", len(score.Reason), reasonLimit)
	}
	if !utf8.ValidString(score.Reason) || strings.ContainsFunc(score.Reason, func(r rune) bool { return !unicode.IsPrint(r) }) {
		return fmt.Errorf("the reason %q is not one line of printable text", score.Reason)
	}
	for _, e := range score.Evidence {
		if err := inside(c, e); err != nil {
			return err
		}
	}
	return nil
}

func inside(c Sample, e eval.Span) error {
	texts := []string{c.Output}
	if e.In == "expected" {
		texts = c.Expected
	} else if e.In != "" && e.In != "output" {
		return fmt.Errorf("evidence in %q, which is no text", e.In)
	}
	for _, s := range texts {
		if 0 <= e.Start && e.Start <= e.End && e.End <= len(s) && (!utf8.ValidString(s) || utf8.ValidString(s[e.Start:e.End])) {
			return nil
		}
	}
	return fmt.Errorf("evidence at %d to %d does not lie in the text, or cuts a character", e.Start, e.End)
}

// order: the same samples backwards, with the same judge.
func (l law) order(t *testing.T, judge eval.Judge, samples []Sample, scores []eval.Score) {
	t.Helper()
	for i := len(samples) - 1; i >= 0; i-- {
		if got := judge.Score(t.Context(), samples[i].fresh()); !reflect.DeepEqual(got, scores[i]) {
			t.Errorf("%s: scored in another order it has another score: %+v and %+v", samples[i].Name, got, scores[i])
		}
	}
}

// used are samples that every built-in scorer that needs no arguments has scored,
// with what they have left in the memos. They are made once, since all scorers
// together take a while.
var used = struct {
	sync.Mutex
	samples func(context.Context) []*eval.Sample
}{samples: makeUsed()}

func makeUsed() func(context.Context) []*eval.Sample {
	var made []*eval.Sample
	return func(ctx context.Context) []*eval.Sample {
		if made != nil {
			return made
		}
		for _, c := range append(ordinary(), hostile()...) {
			s := c.fresh()
			for _, o := range scorers.All {
				if j, err := o.New(eval.Setup{Bind: scorers.Bind}); err == nil {
					j.Score(ctx, s)
				}
			}
			made = append(made, s)
		}
		return made
	}
}

// sharing: other scorers have scored the samples before, and have left in their
// memos what they will.
func (l law) sharing(t *testing.T, judge eval.Judge, samples []Sample, scores []eval.Score) {
	t.Helper()
	used.Lock()
	defer used.Unlock()
	for i, s := range used.samples(context.Background()) {
		for range 2 {
			if got := judge.Score(t.Context(), s); !reflect.DeepEqual(got, scores[i]) {
				t.Errorf("%s: after other scorers it has another score: %+v and %+v", samples[i].Name, got, scores[i])
			}
		}
	}
}

func (l law) concurrency(t *testing.T, judge eval.Judge, samples []Sample, scores []eval.Score) {
	t.Helper()
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for i, c := range samples {
				if got := judge.Score(t.Context(), c.fresh()); !reflect.DeepEqual(got, scores[i]) {
					t.Errorf("%s: beside other goroutines it has another score: %+v and %+v", c.Name, got, scores[i])
				}
			}
		})
	}
	wg.Wait()
}

// ended: under a context that has ended a judge gives a score it may give, or
// says that it could not judge.
func (l law) ended(t *testing.T, judge eval.Judge, samples []Sample) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, c := range samples {
		if err := form(l.scorer, c, judge.Score(ctx, c.fresh())); err != nil {
			t.Errorf("%s, with an ended context: %v", c.Name, err)
		}
	}
}

// bounded: what a judge allocates, freed or not, is in proportion to the texts.
func (l law) bounded(t *testing.T, judge eval.Judge, c Sample) {
	t.Helper()
	size := len(c.Output)
	for _, e := range c.Expected {
		size += len(e)
	}
	s := c.fresh()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	score := judge.Score(t.Context(), s)
	runtime.ReadMemStats(&after)
	if err := form(l.scorer, c, score); err != nil {
		t.Errorf("%s: %v: %+v", c.Name, err, score)
	}
	const perByte, fixed = 200, 64 << 20
	if used := after.TotalAlloc - before.TotalAlloc; used > uint64(perByte*size+fixed) {
		t.Errorf("%s: %d bytes of text took %d bytes of memory", c.Name, size, used)
	}
}
