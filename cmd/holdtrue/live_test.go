package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"holdtrue/eval/agent/agenttest"
)

// chatServer is a program of the scripts: a chat-completions server in a process
// of its own that wants the key in SERVER_KEY and does what prompts say.
func chatServer() {
	srv := &agenttest.Server{Key: os.Getenv("SERVER_KEY"), RetryAfter: 20 * time.Millisecond}
	if err := srv.Main(os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// chat starts the server for the length of a script; its address is CHAT_URL:
//
//	chat
func chat(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) > 0 {
		ts.Fatalf("usage: chat")
	}
	cmd := exec.Command("chatserver")
	cmd.Env = append(os.Environ(), "SERVER_KEY="+ts.Getenv("SERVER_KEY"))
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	ts.Check(err)
	out, err := cmd.StdoutPipe()
	ts.Check(err)
	ts.Check(cmd.Start())
	ts.Defer(func() {
		in.Close()
		ts.Check(cmd.Wait())
	})
	address, err := bufio.NewReader(out).ReadString('\n')
	ts.Check(err)
	ts.Setenv("CHAT_URL", strings.TrimSpace(address))
}

// TestReadmeAgents holds the agents that the README shows to what a suite may
// say of them: they are opened, and cannot be asked.
func TestReadmeAgents(t *testing.T) {
	readme, err := os.ReadFile(readmeFile)
	if err != nil {
		t.Fatal(err)
	}
	_, block, found := strings.Cut(string(readme), "```yaml\nagents:\n")
	block, _, closed := strings.Cut(block, "```")
	if !found || !closed {
		t.Fatal("the README shows no agents")
	}
	block = regexp.MustCompile(`https?://[a-z0-9.:]+/`).ReplaceAllString(block, "http://127.0.0.1:1/")
	block = regexp.MustCompile(`(?m)^      (base_url|url):`).ReplaceAllString(block, "      max_attempts: 1\n$0")
	t.Chdir(t.TempDir())
	for name, text := range map[string]string{"holdtrue.yaml": "suite: s\ncases: [c.jsonl]\nmetrics: [exact]\nagents:\n" + block,
		"c.jsonl": `{"id":"a","prompt":"p","expected":"x"}`, "prompts/support.md": "be brief"} {
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("SUPPORT_KEY", "k")
	t.Setenv("BOT_TOKEN", "t")
	for _, name := range []string{"candidate", "service"} {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		cmd := exec.CommandContext(ctx, "holdtrue", "run", "--agent", name)
		out, err := cmd.CombinedOutput()
		if err != nil || !strings.Contains(string(out), "1 of 1 calls failed (connection: 1)") {
			t.Errorf("%s: %v\n%s", name, err, out)
		}
	}
}

// asked asserts how often the server was asked a prompt:
//
//	asked 2 'throttle 1'
func asked(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: asked TIMES PROMPT")
	}
	resp, err := http.Get(ts.Getenv("CHAT_URL") + "/calls")
	ts.Check(err)
	defer resp.Body.Close()
	var calls map[string]int
	ts.Check(json.NewDecoder(resp.Body).Decode(&calls))
	if n := calls[args[1]]; strconv.Itoa(n) != args[0] {
		ts.Fatalf("%q was asked %d times, want %s: %v", args[1], n, args[0], calls)
	}
}
