package replay

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"holdtrue/eval"
	"holdtrue/eval/agent"
	"holdtrue/eval/store"
)

// These make the test binary a command agent, or a whole replay, instead of a
// test.
const (
	roleEnv = "HOLDTRUE_TEST_ROLE"
	logEnv  = "HOLDTRUE_TEST_LOG"
	dirEnv  = "HOLDTRUE_TEST_DIR"
)

func TestMain(m *testing.M) {
	switch os.Getenv(roleEnv) {
	case "agent":
		loggingAgent(os.Getenv(logEnv))
	case "replay":
		if err := replayIn(os.Getenv(dirEnv), os.Getenv(logEnv), killedCases); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	default:
		os.Exit(m.Run())
	}
}

// loggingAgent answers each question after a moment and notes it in a file. It
// has faults, always the same for the same case.
func loggingAgent(log string) {
	notes, err := os.OpenFile(log, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o666)
	if err != nil {
		panic(err)
	}
	in := bufio.NewScanner(os.Stdin)
	for in.Scan() {
		var q struct {
			ID, Prompt string
			Repeat     int
		}
		if err := json.Unmarshal(in.Bytes(), &q); err != nil {
			panic(err)
		}
		fmt.Fprintf(notes, "%s/%d\n", q.ID, q.Repeat)
		var n int
		fmt.Sscanf(q.ID, "c%d", &n)
		switch {
		case strings.HasPrefix(q.Prompt, "faulty") && n%10 == 3:
			os.Exit(3)
		case strings.HasPrefix(q.Prompt, "faulty") && n%10 == 5:
			fmt.Println("Traceback \x1b[31m(most recent call last)")
		default:
			time.Sleep(2 * time.Millisecond)
			b, _ := json.Marshal(map[string]any{"id": q.ID, "output": q.Prompt})
			fmt.Printf("%s\n", b)
		}
	}
}

const killedCases = 400

// replayIn replays n cases with the logging agent into the store of a folder.
func replayIn(dir, log string, n int) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	args, err := json.Marshal(map[string]any{"command": []string{self}, "env": map[string]string{"GORACE": "atexit_sleep_ms=0", roleEnv: "agent", logEnv: log}})
	if err != nil {
		return err
	}
	ctx := context.Background()
	ag, err := agent.Open(ctx, eval.AgentSpec{Name: "bot", Kind: "command", Args: args}, agent.Options{Concurrency: 2, Timeout: time.Minute})
	if err != nil {
		return err
	}
	db, run, err := openRun(ctx, dir, n)
	if err != nil {
		return err
	}
	panel, err := eval.NewPanel(nil, "", nil)
	if err != nil {
		return err
	}
	_, err = Run(ctx, Plan{Cases: cases(n, nil), Store: db, Concurrency: 2, Targets: []Target{{Agent: ag, Run: run, Panel: panel}}})
	return errors.Join(err, ag.Close(), db.Close())
}

// openRun opens the store of a folder and the interrupted run in it, or starts
// one.
func openRun(ctx context.Context, dir string, n int) (*store.DB, *eval.Run, error) {
	db, err := store.Open(ctx, filepath.Join(dir, "store"), store.Options{})
	if err != nil {
		return nil, nil, err
	}
	run, err := db.Resumable(ctx, "killed", "bot")
	if errors.Is(err, store.ErrNotFound) {
		run = eval.Run{Suite: "killed", Agent: "bot", Kind: "command", Cases: n, Repeats: 2, Started: time.Now()}
		err = db.NewRun(ctx, &run)
	}
	return db, &run, err
}

// TestKilledRunResumes kills a whole replay in the middle, without warning, and
// resumes it: what was stored is not asked again, what was not is.
func TestKilledRunResumes(t *testing.T) {
	dir := t.TempDir()
	first, second := filepath.Join(dir, "first"), filepath.Join(dir, "second")
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), roleEnv+"=replay", logEnv+"="+first, dirEnv+"="+dir)
	var said bytes.Buffer
	cmd.Stderr = &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	for { // until something is stored and much is left to do
		select {
		case err := <-ended:
			t.Fatalf("the replay ended before it was killed: %v %s", err, said.String())
		default:
		}
		if len(asked(t, first)) > 300 {
			break
		}
		time.Sleep(time.Millisecond)
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := <-ended; err == nil {
		t.Fatal("the replay ended before it was killed")
	}
	db, run, err := openRun(t.Context(), dir, killedCases)
	if err != nil {
		t.Fatal(err)
	}
	have, stored, err := db.Answered(t.Context(), run.ID)
	if err != nil || stored == 0 || stored == 2*killedCases {
		t.Fatalf("%d answers are stored (%v); the test needs some and not all", stored, err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if err := replayIn(dir, second, killedCases); err != nil {
		t.Fatal(err)
	}
	again := asked(t, second)
	for c, err := range cases(killedCases, nil) {
		if err != nil {
			t.Fatal(err)
		}
		for repeat := range 2 {
			want := 1
			if have(c.ID, c.Hash(), repeat) {
				want = 0
			}
			if got := again[fmt.Sprintf("%s/%d", c.ID, repeat)]; got != want {
				t.Errorf("%s, repeat %d: asked %d times after the resumption, want %d", c.ID, repeat, got, want)
			}
		}
	}
	t.Logf("%d of %d answers were stored when the replay was killed", stored, 2*killedCases)
}

// asked counts the questions that the agent noted.
func asked(t *testing.T, log string) map[string]int {
	t.Helper()
	b, err := os.ReadFile(log)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	n := map[string]int{}
	for line := range strings.Lines(string(b)) {
		n[strings.TrimSpace(line)]++
	}
	return n
}

// TestFaultyAgent: at concurrency 8, an agent that crashes and talks nonsense
// still gives every case exactly one output, each fault its own kind of
// error and nothing else.
func TestFaultyAgent(t *testing.T) {
	const n = 100
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	args, err := json.Marshal(map[string]any{"command": []string{self},
		"env": map[string]string{"GORACE": "atexit_sleep_ms=0", roleEnv: "agent", logEnv: filepath.Join(t.TempDir(), "log")}})
	if err != nil {
		t.Fatal(err)
	}
	ag, err := agent.Open(t.Context(), eval.AgentSpec{Name: "bot", Kind: "command", Args: args}, agent.Options{Concurrency: 8, Timeout: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	faulty := func(yield func(eval.Case, error) bool) {
		for i := range n {
			if !yield(eval.Case{ID: fmt.Sprintf("c%d", i), Prompt: fmt.Sprintf("faulty %d", i)}, nil) {
				return
			}
		}
	}
	db := newMemory()
	report, err := Run(t.Context(), Plan{Cases: faulty, Store: db, Concurrency: 8, Targets: []Target{target(t, ag, "one", n, 1)}})
	if err := errors.Join(err, ag.Close()); err != nil {
		t.Fatal(err)
	}
	if len(db.runs["one"]) != n || db.finished["one"] == nil {
		t.Errorf("%d outputs of %d cases, report %+v", len(db.runs["one"]), n, report)
	}
	for k, e := range db.runs["one"] {
		var i int
		fmt.Sscanf(k.id, "c%d", &i)
		o := e.Result.Output
		var want agent.Class
		switch {
		case i%10 == 3:
			want = agent.Crash
		case i%10 == 5:
			want = agent.BadReply
		default:
			if o.Failed() || o.Text != fmt.Sprintf("faulty %d", i) {
				t.Errorf("%s: %+v", k.id, o)
			}
			continue
		}
		if agent.Classify(o.Err) != want {
			t.Errorf("%s: %q, want the class %q", k.id, o.Err, want)
		}
	}
	if report.Errors[agent.Crash] != 10 || report.Errors[agent.BadReply] != 10 {
		t.Errorf("classes %v", report.Errors)
	}
}
