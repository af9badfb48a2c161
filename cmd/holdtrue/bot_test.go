package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// The bot is the agent of the tests that kill, fill and race: a command agent
// that notes every question in a file, and whose answers are always the same for
// the same question, as is all it says of them.
const (
	botLog   = "BOT_LOG"     // notes "ID/REPEAT" of every question
	botTakes = "BOT_TAKES"   // how long an answer takes
	botHangs = "BOT_HANGS"   // cases with this prefix are never answered
	botFills = "BOT_FILLS"   // a file that takes all of its disk ...
	botWhen  = "BOT_FILL_AT" // ... when this case is asked
)

func bot() {
	notes, err := os.OpenFile(os.Getenv(botLog), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o666)
	if err != nil {
		panic(err)
	}
	takes, _ := time.ParseDuration(os.Getenv(botTakes))
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
		if prefix := os.Getenv(botHangs); prefix != "" && strings.HasPrefix(q.ID, prefix) {
			time.Sleep(time.Hour)
		}
		if q.ID == os.Getenv(botWhen) {
			if err := fill(os.Getenv(botFills), 0); err != nil {
				panic(err)
			}
		}
		time.Sleep(takes)
		b, err := json.Marshal(botAnswer(q.ID, q.Prompt, q.Repeat))
		if err != nil {
			panic(err)
		}
		fmt.Printf("%s\n", b)
	}
}

func botAnswer(id, prompt string, repeat int) map[string]any {
	n := botNumber(id)
	if botFails(id) {
		return map[string]any{"id": id, "repeat": repeat, "error": "no idea", "latency_ms": n}
	}
	return map[string]any{"id": id, "repeat": repeat, "output": strings.Repeat(fmt.Sprintf("%s, said %d times; ", prompt, repeat), 1+n%40),
		"model": "bot-1", "latency_ms": n, "usage": map[string]any{"cost_usd": .001, "output_tokens": n},
		"steps":     []any{map[string]any{"tool": "look", "args": map[string]any{"for": id}, "result": "found " + id}},
		"documents": []any{map[string]any{"id": "d" + id, "text": prompt}}}
}

func botNumber(id string) int {
	n, _ := strconv.Atoi(strings.TrimLeft(id, "c"))
	return n
}

// botFails says for which cases the bot reports an error.
func botFails(id string) bool { return botNumber(id)%10 == 7 }

// fill writes a file until its disk has no more than so many bytes left.
func fill(path string, left int64) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o666)
	if err != nil {
		return err
	}
	for size := 64 << 10; size > 0; {
		_, err := f.Write(make([]byte, size))
		switch {
		case errors.Is(err, syscall.ENOSPC):
			size /= 2
		case err != nil:
			return errors.Join(err, f.Close())
		}
	}
	end, err := f.Seek(0, io.SeekEnd)
	if err == nil && left > 0 {
		err = f.Truncate(max(0, end-left))
	}
	return errors.Join(err, f.Close())
}

// writeBotSuite writes a suite of n cases whose agent is the bot.
func writeBotSuite(dir string, n int) error {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, `{"id":"c%03d","prompt":"question %d","expected":"question %d, said 0 times; "}`+"\n", i, i, i)
	}
	return errors.Join(os.WriteFile(dir+"/cases.jsonl", []byte(b.String()), 0o666),
		os.WriteFile(dir+"/holdtrue.yaml", []byte(`suite: bots
cases: [cases.jsonl]
agents:
  bot: {command: [holdtrue-bot], version: "1"}
  bot2: {command: [holdtrue-bot], version: "1"}
metrics: [exact, contains]
`), 0o666))
}
