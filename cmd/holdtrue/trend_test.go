package main

import (
	"fmt"
	"os"
	"strconv"
	"strings"

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
		var b strings.Builder
		for k := range 40 {
			answer := "no"
			if (k*7+night)%40 < right { // other ones every night
				answer = "yes"
			}
			fmt.Fprintf(&b, `{"id":"q%02d","output":%q,"latency_ms":%d}`+"\n", k, answer, night)
		}
		file := fmt.Sprintf("nights/%03d.jsonl", night)
		ts.Check(os.WriteFile(ts.MkAbs(file), []byte(b.String()), 0o644))
		ts.Setenv("NIGHT", file)
		ts.Setenv("VERSION", args[0])
		ts.Setenv("COMMIT", "c0ffee"+args[0])
		ts.Check(ts.Exec("holdtrue", "run", "--agent", "bot"))
	}
}
