package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"holdtrue/scorers"
)

const readmeFile = "../../README.md" // as seen from this folder

// run runs the program as a process of its own and gives its exit code and what
// it printed.
func run(args ...string) (code int, out, errOut string) {
	var o, e bytes.Buffer
	cmd := exec.Command("holdtrue", args...)
	cmd.Stdout, cmd.Stderr = &o, &e
	err := cmd.Run()
	var exit *exec.ExitError
	switch {
	case errors.As(err, &exit):
		code = exit.ExitCode()
	case err != nil:
		return -1, "", err.Error()
	}
	return code, o.String(), e.String()
}

// TestReadmeCommands runs every holdtrue command of the README, in its order,
// in an empty folder. None may be wrong usage or fail.
func TestReadmeCommands(t *testing.T) {
	readme, err := os.ReadFile(readmeFile)
	if err != nil {
		t.Fatal(err)
	}
	commands := regexp.MustCompile(`(?m)^    (?:go run \./cmd/)?holdtrue (.+)$`).FindAllSubmatch(readme, -1)
	if len(commands) < 6 {
		t.Fatalf("the README shows %d commands", len(commands))
	}
	t.Chdir(t.TempDir())
	for _, c := range commands {
		args := strings.Fields(string(c[1]))
		code, out, errOut := run(args...)
		if code != 0 && code != 1 && code != 3 {
			t.Errorf("holdtrue %s: exit %d\n%s", c[1], code, errOut)
		}
		if out == "" && !strings.Contains(string(c[1]), " -o ") {
			t.Errorf("holdtrue %s printed nothing", c[1])
		}
	}
}

// TestReadmeBlocks holds the generated parts of the README to what the program
// says; -update rewrites them.
func TestReadmeBlocks(t *testing.T) {
	path, err := filepath.Abs(readmeFile)
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"demo": demoBlock(t), "scorers": scorersBlock(), "trend": trendBlock(t)} {
		readme, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		block := regexp.MustCompile(`(?s)(<!-- ` + name + ` -->\n).*(<!-- /` + name + ` -->)`)
		if !block.Match(readme) {
			t.Fatalf("the README has no block %q", name)
		}
		now := block.ReplaceAll(readme, []byte("${1}"+strings.ReplaceAll(want, "$", "$$")+"${2}"))
		if bytes.Equal(now, readme) {
			continue
		}
		if !*update {
			t.Errorf("the README's block %q is not what the program says; run: go test ./cmd/holdtrue -run Readme -update", name)
			continue
		}
		if err := os.WriteFile(path, now, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// demoBlock is the report of the demo as a terminal shows it, run ids replaced.
func demoBlock(t *testing.T) string {
	t.Helper()
	t.Chdir(t.TempDir())
	if code, _, errOut := run("demo"); code != 0 {
		t.Fatalf("demo: exit %d\n%s", code, errOut)
	}
	code, _, errOut := run("report", "--config", filepath.Join("holdtrue-demo", "holdtrue.yaml"), "-o", "report.txt")
	if code != 0 {
		t.Fatalf("report: exit %d\n%s", code, errOut)
	}
	text, err := os.ReadFile("report.txt")
	if err != nil {
		t.Fatal(err)
	}
	ids := map[string]string{}
	stable := regexp.MustCompile(`\b[0-9a-hjkmnp-tv-z]{10}\b`).ReplaceAllStringFunc(string(text), func(id string) string {
		if !strings.ContainsAny(id, "0123456789") {
			return id
		}
		if _, ok := ids[id]; !ok {
			ids[id] = fmt.Sprintf("run%07d", len(ids)+1)
		}
		return ids[id]
	})
	// The whole is long: its head and its tables, and the first of the cases.
	if i := strings.Index(stable, "\nSlices that moved"); i > 0 {
		cases := strings.Index(stable, "\nWorst cases")
		second := cases + 1 + strings.Index(stable[cases+1:], "\n  damaged-de-2")
		stable = stable[:i] + stable[cases:second] + "\n  [...]"
	}
	return "```\n$ go run ./cmd/holdtrue demo\n" + strings.TrimRight(stable, "\n") + "\n```\n"
}

func scorersBlock() string {
	var b strings.Builder
	b.WriteString("| scorer | scale | better | what it says |\n|---|---|---|---|\n")
	for _, s := range scorers.All {
		first, _, _ := strings.Cut(s.Doc, "\n")
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", s.Name, s.Scale, s.Better, strings.ReplaceAll(first, "|", `\|`))
	}
	b.WriteString("\nEvery yes/no scorer also exists as `not-…`. `holdtrue scorers NAME` explains one with its arguments.\n")
	return b.String()
}
