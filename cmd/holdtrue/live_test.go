package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
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
