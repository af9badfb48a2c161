package agent

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"holdtrue/eval"
	"holdtrue/eval/process"
)

// plenty is a time-out that only a hanging test reaches.
const plenty = time.Minute

func ask(t *testing.T, a Agent, c *eval.Case, repeat int) eval.Output {
	t.Helper()
	o, err := a.Ask(t.Context(), c, repeat)
	if err != nil {
		t.Fatalf("%s: %v", c.Prompt, err)
	}
	if o.CaseID != c.ID || o.Repeat != repeat {
		t.Fatalf("%s: the output is for %s, repeat %d", c.Prompt, o.CaseID, o.Repeat)
	}
	return o
}

func TestCommandAnswers(t *testing.T) {
	a := openHelper(t, helperSpec(t, "agent"), Options{Timeout: plenty})
	first := ask(t, a, prompt("pid"), 0)
	if first.Failed() || first.LatencyMS == nil || *first.LatencyMS <= 0 {
		t.Errorf("an agent that gives no latency is measured: %+v", first)
	}
	if again := ask(t, a, prompt("pid"), 1); again.Text != first.Text {
		t.Errorf("the process must stay alive between cases: %s, then %s", first.Text, again.Text)
	}
	full := ask(t, a, prompt("full"), 3)
	if full.Failed() || *full.LatencyMS != 7.5 || full.Model != "m" || len(full.Steps) != 1 || full.Repeat != 3 {
		t.Errorf("what the agent reports must be kept: %+v", full)
	}
	own := ask(t, a, prompt("failed"), 0)
	if own.Err != "the model is overloaded" || Classify(own.Err) != Other {
		t.Errorf("the agent's own error must be kept: %+v", own)
	}
	if !strings.Contains(a.Stderr(), "asked case-1\nasked case-1\n") {
		t.Errorf("stderr of the run: %q", a.Stderr())
	}
	if full.Stderr != "" {
		t.Errorf("stderr is kept with failed calls only: %q", full.Stderr)
	}
}

// TestQuestionShowsNothingExpected: an agent that saw what is expected could
// not be judged.
func TestQuestionShowsNothingExpected(t *testing.T) {
	a := openHelper(t, helperSpec(t, "agent"), Options{Timeout: plenty})
	c := &eval.Case{ID: "case-1", Prompt: "line", Expected: []string{"SECRET"},
		Steps:     []eval.Step{{Tool: "SECRET", Args: json.RawMessage(`"SECRET"`)}},
		Documents: []eval.Document{{ID: "SECRET", Text: "SECRET"}},
		Tags:      map[string][]string{"SECRET": {"SECRET"}},
		Checks:    []eval.MetricSpec{{Scorer: "SECRET"}}}
	if got, want := ask(t, a, c, 2).Text, `{"id":"case-1","repeat":2,"prompt":"line"}`+"\n"; got != want {
		t.Errorf("the agent was shown %q, want %q", got, want)
	}
	b, err := appendQuestion(nil, &eval.Case{ID: "c", Messages: []eval.Message{{Role: "user", Content: "a\nb\xff<"}}}, 0)
	if want := `{"id":"c","repeat":0,"messages":[{"role":"user","content":"a\nb` + "\uFFFD" + `<"}]}` + "\n"; err != nil || string(b) != want {
		t.Errorf("conversation: %s (%v), want %s", b, err, want)
	}
}

func TestCommandFailures(t *testing.T) {
	for _, c := range []struct {
		prompt string
		class  Class
		want   []string
		reason string
	}{
		{"crash", Crash, []string{"exit status 7", `"trace 2\x1b[2J", "trace 3\x1b[2J", "trace 4\x1b[2J"`}, "exit status and the last lines of stderr, escaped"},
		{"leave", Crash, []string{"exit status 0", "stays alive between cases"}, "an agent that ends without an answer"},
		{"garbage", BadReply, []string{"not valid JSON", `"Loading \x1b[31mmodel\x1b[0m \xff éé`, `é"...`}, "the line is shown, escaped and cut"},
		{"unknown-key", BadReply, []string{`unknown key "ouput"`, `did you mean "output"?`}, "the reply is read strictly"},
		{"hostile-id", BadReply, []string{`the output for "\x1b[2J`}, "what a message quotes of the reply does no harm"},
		{"other-id", BadReply, []string{`an answer to case "case-1x"`, `asked was "case-1"`}, "an answer to something else"},
		{"other-repeat", BadReply, []string{"repeat 1 of case", "asked was repeat 0"}, "an answer to another repeat"},
		{"partial", Crash, []string{"without a newline after", `{\"id\":\"case-1\",\"outp`, "exit status 0"}, "half a line"},
		{"huge", BadReply, []string{"more than 67108864 bytes", `"{\"id\":\"case-1\",\"output\":\"xxx`}, "a line without bounds"},
		{"flood crash", Crash, []string{"exit status 1", `"end of the flood"`}, "stderr is read all the time"},
		{"mute", Crash, []string{"no answer came", "still running and was stopped"}, "an agent that closes its output and lives on"},
		{"orphan", Crash, []string{"exit status 4"}, "something the agent started holds its pipes"},
	} {
		t.Run(c.prompt, func(t *testing.T) {
			t.Parallel()
			a, err := Open(t.Context(), helperSpec(t, "agent"), Options{Timeout: plenty})
			if err != nil {
				t.Fatal(err)
			}
			defer a.Close()
			if o := ask(t, a, prompt("hello"), 0); o.Text != "echo: hello" {
				t.Fatalf("before the fault: %+v", o)
			}
			o := ask(t, a, prompt(c.prompt), 0)
			if got := Classify(o.Err); got != c.class {
				t.Errorf("%s: class %q, want %q (%s)", c.reason, got, c.class, o.Err)
			}
			for _, want := range c.want {
				if !strings.Contains(o.Err, want) {
					t.Errorf("%s: %q must contain %q", c.reason, o.Err, want)
				}
			}
			if len(o.Err) > 2000 || strings.ContainsAny(o.Err, "\x1b\n") {
				t.Errorf("the error is not fit for a message: %d bytes, %q", len(o.Err), o.Err)
			}
			if len(o.Stderr) > process.CaseStderr || !strings.Contains(o.Stderr, "asked case-1") && c.prompt != "flood crash" {
				t.Errorf("stderr of the call: %d bytes, %.100q", len(o.Stderr), o.Stderr)
			}
			if o := ask(t, a, prompt("hello"), 1); o.Text != "echo: hello" {
				t.Errorf("the next case must find a fresh process: %+v", o)
			}
		})
	}
}

func TestCommandTimeout(t *testing.T) {
	for _, word := range []string{"hang", "stubborn", "orphan hang"} {
		a := openHelper(t, helperSpec(t, "agent"), Options{Timeout: plenty})
		ask(t, a, prompt("hello"), 0) // the process is there
		a.timeout = 200 * time.Millisecond
		o := ask(t, a, prompt(word), 0)
		if Classify(o.Err) != Timeout || !strings.Contains(o.Err, "no answer within 200ms") {
			t.Errorf("%s: want a time-out: %+v", word, o)
		}
		a.timeout = plenty
		if o := ask(t, a, prompt("hello"), 0); o.Text != "echo: hello" {
			t.Errorf("%s: the next case must find a fresh process: %+v", word, o)
		}
	}
}

// TestUnaskedLineNeverAnswers: the second of two lines must not be taken for
// the answer to the next repeat of the same case.
func TestUnaskedLineNeverAnswers(t *testing.T) {
	a := openHelper(t, helperSpec(t, "agent"), Options{Timeout: plenty})
	if o := ask(t, a, prompt("twice"), 0); o.Text != "one" {
		t.Fatalf("first line: %+v", o)
	}
	p := a.pool.Idle()[0]
	for !p.Said() {
		time.Sleep(time.Millisecond)
	} // until the second line is there
	if o := ask(t, a, prompt("hello"), 1); o.Text != "echo: hello" {
		t.Errorf("a line that nobody asked for was taken for an answer: %+v", o)
	}
}

func TestProcessThatEndedBetweenCases(t *testing.T) {
	a := openHelper(t, helperSpec(t, "agent"), Options{Timeout: plenty})
	if o := ask(t, a, prompt("leave-after"), 0); o.Text != "goodbye" {
		t.Fatalf("%+v", o)
	}
	p := a.pool.Idle()[0]
	for !p.Said() {
		time.Sleep(time.Millisecond)
	} // until its end is seen
	if o := ask(t, a, prompt("hello"), 0); o.Text != "echo: hello" {
		t.Errorf("a process that has ended must be replaced before the next case: %+v", o)
	}
}

func TestStderrFloodDoesNotBlock(t *testing.T) {
	a := openHelper(t, helperSpec(t, "agent"), Options{Timeout: plenty})
	if o := ask(t, a, prompt("flood"), 0); o.Text != "dry" {
		t.Fatalf("%+v", o)
	}
	if err := a.Close(); err != nil { // all of stderr is in
		t.Fatal(err)
	}
	if got := a.Stderr(); len(got) > process.RunStderr || !strings.HasSuffix(got, "end of the flood\n") {
		t.Errorf("the tail of the run: %d bytes, ends %q", len(got), got[max(0, len(got)-30):])
	}
}

func TestBrokenAgentEndsTheRun(t *testing.T) {
	a := openHelper(t, helperSpec(t, "broken"), Options{Timeout: plenty})
	for i := range maxStartFailures - 1 {
		o := ask(t, a, prompt("hello"), i)
		if Classify(o.Err) != Crash || !strings.Contains(o.Err, `exit status 3; last on its standard error: "cannot load the model\x1b[31m"`) {
			t.Errorf("start %d: %q", i, o.Err)
		}
	}
	_, err := a.Ask(t.Context(), prompt("hello"), 9)
	if !errors.Is(err, ErrBroken) || !strings.Contains(err.Error(), "started 3 times and answered nothing") {
		t.Errorf("after %d starts: %v", maxStartFailures, err)
	}
}

func TestCrashesAfterAnAnswerDoNotEndTheRun(t *testing.T) {
	a := openHelper(t, helperSpec(t, "agent"), Options{Timeout: plenty})
	ask(t, a, prompt("hello"), 0)
	for i := range 2 * maxStartFailures {
		if o := ask(t, a, prompt("crash"), i); Classify(o.Err) != Crash {
			t.Errorf("%+v", o)
		}
	}
}

func TestCancelStopsTheCall(t *testing.T) {
	a := openHelper(t, helperSpec(t, "agent"), Options{Timeout: plenty})
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		for a.Stderr() == "" { // it was asked
			time.Sleep(time.Millisecond)
		}
		cancel()
	}()
	if _, err := a.Ask(ctx, prompt("hang"), 0); !errors.Is(err, context.Canceled) {
		t.Errorf("a cancelled call gave %v", err)
	}
	if _, err := a.Ask(ctx, prompt("hello"), 0); !errors.Is(err, context.Canceled) {
		t.Errorf("a call after the cancellation gave %v", err)
	}
}

// TestConcurrentCalls: every call gets the answer to its own question, and no
// more processes run than are allowed.
func TestConcurrentCalls(t *testing.T) {
	a := openHelper(t, helperSpec(t, "agent"), Options{Timeout: plenty, Concurrency: 3})
	var mu sync.Mutex
	pids := map[string]bool{}
	var wg sync.WaitGroup
	for i := range 60 {
		wg.Go(func() {
			c := &eval.Case{ID: fmt.Sprint("case-", i), Prompt: fmt.Sprint("say ", i)}
			if o, err := a.Ask(t.Context(), c, 0); err != nil || o.Text != "echo: "+c.Prompt {
				t.Errorf("case %d: %+v %v", i, o, err)
			}
			o, err := a.Ask(t.Context(), prompt("pid"), 0)
			if err != nil || o.Failed() {
				t.Errorf("pid: %+v %v", o, err)
			}
			mu.Lock()
			defer mu.Unlock()
			pids[o.Text] = true
		})
	}
	wg.Wait()
	if len(pids) == 0 || len(pids) > 3 {
		t.Errorf("%d processes answered, at most 3 may", len(pids))
	}
}

func TestCommandPlace(t *testing.T) {
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(dir, "sub"), 0o777); err != nil {
		t.Fatal(err)
	}
	spec := helperSpec(t, "agent", "--stdio", "two words")
	spec.Args = json.RawMessage(strings.Replace(string(spec.Args), "{", `{"dir":"sub",`, 1))
	a := openHelper(t, spec, Options{Timeout: plenty, Dir: dir})
	if got, want := ask(t, a, prompt("place"), 0).Text, filepath.Join(dir, "sub")+"|"+filepath.Join(dir, "sub")+"|calm|--stdio|two words"; got != want {
		t.Errorf("folder, environment and arguments: %s, want %s", got, want)
	}
}
