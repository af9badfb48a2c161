package main

import (
	"bytes"
	"fmt"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// nights makes a history out of recordings that it writes: of a version, a night
// for every number, which counts the right answers to the 40 cases q00 to q39.
//
//	nights VERSION RIGHT...
//
// $NIGHT, $VERSION and $COMMIT are what holdtrue.yaml may name.
func nights(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: nights VERSION RIGHT...")
	}
	written, err := os.ReadDir(ts.MkAbs("nights"))
	if err != nil && !os.IsNotExist(err) {
		ts.Check(err)
	}
	ts.Check(os.MkdirAll(ts.MkAbs("nights"), 0o755))
	for i, arg := range args[1:] {
		right, err := strconv.Atoi(arg)
		ts.Check(err)
		night := len(written) + i + 1
		file := fmt.Sprintf("nights/%03d.jsonl", night)
		ts.Check(os.WriteFile(ts.MkAbs(file), recordedNight(night, right), 0o644))
		ts.Setenv("NIGHT", file)
		ts.Setenv("VERSION", args[0])
		ts.Setenv("COMMIT", "c0ffee"+args[0])
		ts.Check(ts.Exec("holdtrue", "run", "--agent", "bot"))
	}
}

// recordedNight is a recording of 40 cases of which so many are right, other ones
// every night.
func recordedNight(night, right int) []byte {
	var b bytes.Buffer
	for k := range 40 {
		answer := "no"
		if (k*7+night)%40 < right {
			answer = "yes"
		}
		fmt.Fprintf(&b, `{"id":"q%02d","output":%q,"latency_ms":%d}`+"\n", k, answer, night)
	}
	return b.Bytes()
}

// trendBlock is the head of a history of 30 nights as a terminal shows it: 20 of
// version 1.4, then 10 of version 1.5 that answers fewer cases rightly.
func trendBlock(t *testing.T) string {
	t.Helper()
	t.Chdir(t.TempDir())
	write := func(name string, content []byte) {
		if err := os.WriteFile(name, content, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	var cases bytes.Buffer
	for k := range 40 {
		fmt.Fprintf(&cases, `{"id":"q%02d","prompt":"is %d right?","expected":"yes"}`+"\n", k, k)
	}
	write("cases.jsonl", cases.Bytes())
	write("holdtrue.yaml", []byte("suite: support\ncases: [cases.jsonl]\nmetrics: [exact]\nmeasures: false\n"+
		"agents:\n  bot: {recording: night.jsonl, version: $VERSION, lineage: {commit: $COMMIT}}\n"))
	rights := []int{38, 37, 38, 39, 38, 36, 38, 39, 37, 38, 39, 38, 38, 37, 38, 39, 38, 37, 38, 38, 34, 33, 35, 34, 33, 34, 35, 34, 33, 34}
	t.Setenv("VERSION", "1.4")
	t.Setenv("COMMIT", "4f21c9e")
	for night, right := range rights {
		if night == 20 {
			t.Setenv("VERSION", "1.5")
			t.Setenv("COMMIT", "b8d03aa")
		}
		write("night.jsonl", recordedNight(night, right))
		if code, _, errOut := run("run", "--agent", "bot"); code != 0 {
			t.Fatalf("night %d: exit %d\n%s", night, code, errOut)
		}
	}
	if code, _, errOut := run("trend", "-o", "trend.txt"); code != 1 {
		t.Fatalf("trend: exit %d\n%s", code, errOut)
	}
	text, err := os.ReadFile("trend.txt")
	if err != nil {
		t.Fatal(err)
	}
	head, _, _ := strings.Cut(string(text), "\n\nAt most")
	_, stored, _ := run("runs", "--json")
	for i, id := range regexp.MustCompile(`"id": "(\w+)"`).FindAllStringSubmatch(stored, -1) { // newest first
		head = strings.ReplaceAll(head, id[1], fmt.Sprintf("night%05d", len(rights)-i))
	}
	head = regexp.MustCompile(`20\d\d-\d\d-\d\d to 20\d\d-\d\d-\d\d`).ReplaceAllString(head, "2026-03-01 to 2026-03-30")
	return "```\n$ holdtrue trend\n" + head + "\n```\n"
}
