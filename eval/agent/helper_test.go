package agent

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"holdtrue/eval"
	"holdtrue/eval/agent/agenttest"
)

// helperEnv makes the test binary a command agent instead of a test.
const helperEnv = "HOLDTRUE_TEST_AGENT"

func TestMain(m *testing.M) {
	switch os.Getenv(helperEnv) {
	case "":
		os.Exit(m.Run())
	case "chat":
		chatServer()
	case "sleep":
		time.Sleep(time.Hour)
	case "broken":
		fmt.Fprintln(os.Stderr, "cannot load the model\x1b[31m")
		os.Exit(3)
	default:
		helperAgent()
	}
}

// chatServer serves chat completions, with a mix of every fault, until its
// standard input ends.
func chatServer() {
	srv := &agenttest.Server{Key: testKey, RetryAfter: 20 * time.Millisecond, Fault: agenttest.Mix(chatSeed, map[agenttest.Fault]float64{
		agenttest.Throttle: 0.06, agenttest.Late: 0.01, agenttest.Stall: 0.03, agenttest.Drop: 0.05, agenttest.Garbage: 0.04,
		agenttest.Broken: 0.05, agenttest.Huge: 0.005, agenttest.Refuse: 0.02, agenttest.Midway: 0.03})}
	if err := srv.Main(os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// chatSeed is the seed of all faults in the test of a whole run.
const chatSeed = 20261125

type helperQuestion struct {
	ID       string         `json:"id"`
	Repeat   int            `json:"repeat"`
	Prompt   string         `json:"prompt"`
	Messages []eval.Message `json:"messages"`
}

// helperAgent does what the prompt says.
func helperAgent() {
	in := bufio.NewReaderSize(os.Stdin, 1<<20)
	for {
		line, err := in.ReadBytes('\n')
		if err != nil {
			return
		}
		var q helperQuestion
		if err := json.Unmarshal(line, &q); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(9)
		}
		helperAnswer(q, string(line))
	}
}

func helperAnswer(q helperQuestion, line string) {
	say := func(o map[string]any) {
		b, _ := json.Marshal(o)
		fmt.Printf("%s\n", b)
	}
	answer := func(text string) { say(map[string]any{"id": q.ID, "output": text}) }
	fmt.Fprintf(os.Stderr, "asked %s\n", q.ID)
	if n := len(q.Messages); n > 0 {
		q.Prompt = q.Messages[n-1].Content
	}
	switch word, rest, _ := strings.Cut(q.Prompt, " "); word {
	case "line":
		answer(line)
	case "place":
		dir, _ := os.Getwd()
		answer(strings.Join(append([]string{dir, os.Getenv("PWD"), os.Getenv("MOOD")}, os.Args[1:]...), "|"))
	case "pid":
		answer(fmt.Sprint(os.Getpid()))
	case "full":
		say(map[string]any{"id": q.ID, "output": "x", "repeat": q.Repeat, "latency_ms": 7.5, "model": "m",
			"steps": []any{map[string]any{"tool": "t", "args": map[string]any{"a": 1}}}})
	case "failed":
		say(map[string]any{"id": q.ID, "error": "the model is overloaded"})
	case "hang":
		time.Sleep(time.Hour)
	case "stubborn":
		signal.Ignore(syscall.SIGTERM, os.Interrupt)
		time.Sleep(time.Hour)
	case "crash":
		for i := range 5 {
			fmt.Fprintf(os.Stderr, "trace %d\x1b[2J\n", i)
		}
		os.Exit(7)
	case "leave":
		os.Exit(0)
	case "leave-after":
		answer("goodbye")
		os.Exit(0)
	case "garbage":
		fmt.Print("Loading \x1b[31mmodel\x1b[0m \xff ", strings.Repeat("é", 300), "\n")
	case "unknown-key":
		say(map[string]any{"id": q.ID, "ouput": "x"})
	case "hostile-id":
		say(map[string]any{"id": "\x1b[2J" + strings.Repeat("\n", 5000)})
	case "other-id":
		say(map[string]any{"id": q.ID + "x", "output": "x"})
	case "other-repeat":
		say(map[string]any{"id": q.ID, "output": "x", "repeat": q.Repeat + 1})
	case "partial":
		fmt.Printf(`{"id":%q,"outp`, q.ID)
		os.Exit(0)
	case "huge":
		fmt.Printf(`{"id":%q,"output":"`, q.ID)
		chunk := strings.Repeat("x", 1<<20)
		for range 65 {
			if _, err := fmt.Print(chunk); err != nil {
				os.Exit(1)
			}
		}
		fmt.Println(`"}`)
	case "flood":
		chunk := strings.Repeat("noise ", 1<<17)
		for range 12 {
			fmt.Fprint(os.Stderr, chunk)
		}
		fmt.Fprintln(os.Stderr, "\nend of the flood")
		if rest == "crash" {
			os.Exit(1)
		}
		answer("dry")
	case "mute":
		os.Stdout.Close()
		time.Sleep(time.Hour)
	case "twice":
		answer("one")
		answer("two")
		time.Sleep(50 * time.Millisecond)
	case "orphan": // leaves a child behind that holds its pipes
		child := exec.Command(os.Args[0])
		child.Env = append(os.Environ(), helperEnv+"=sleep")
		child.Stdout, child.Stderr = os.Stdout, os.Stderr
		if err := child.Start(); err != nil {
			os.Exit(9)
		}
		if rest == "hang" {
			time.Sleep(time.Hour)
		}
		fmt.Fprintf(os.Stderr, "child %d\n", child.Process.Pid)
		os.Exit(4)
	default:
		answer("echo: " + q.Prompt)
	}
}

// helperSpec is a command agent that is this test binary.
func helperSpec(t testing.TB, mode string, args ...string) eval.AgentSpec {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	value, err := json.Marshal(map[string]any{"command": append([]string{self}, args...),
		"env": map[string]string{helperEnv: mode, "MOOD": "calm", "GORACE": "atexit_sleep_ms=0"}})
	if err != nil {
		t.Fatal(err)
	}
	return eval.AgentSpec{Name: "bot", Kind: "command", Args: value, Pos: eval.Pos{File: "holdtrue.yaml", Line: 4}}
}

// openHelper opens a command agent and closes it at the end of the test, after
// which none of its goroutines may be left.
func openHelper(t testing.TB, spec eval.AgentSpec, opt Options) *command {
	t.Helper()
	before := runtime.NumGoroutine()
	ag, err := Open(t.Context(), spec, opt)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := ag.Close(); err != nil {
			t.Error(err)
		}
		for range 1000 { // one that has done its work may take a moment to vanish
			if runtime.NumGoroutine() <= before {
				break
			}
			time.Sleep(time.Millisecond)
		}
		if now := runtime.NumGoroutine(); now > before {
			stacks := make([]byte, 64<<10)
			t.Errorf("%d goroutines before, %d after Close:\n%s", before, now, stacks[:runtime.Stack(stacks, true)])
		}
	})
	return ag.(*command)
}

func prompt(text string) *eval.Case { return &eval.Case{ID: "case-1", Prompt: text} }
