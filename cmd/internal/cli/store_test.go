package cli

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// holdtrue runs a command line in this process and gives what it printed.
func holdtrue(t *testing.T, code int, args ...string) string {
	t.Helper()
	var out, errOut bytes.Buffer
	if got := Main(args, strings.NewReader(""), &out, &errOut); got != code {
		t.Fatalf("%v ended with %d, want %d\n%s%s", args, got, code, out.String(), errOut.String())
	}
	return out.String()
}

// runID finds the newest run of an agent.
func runID(t *testing.T, agent string) string {
	t.Helper()
	m := regexp.MustCompile(`"id": "(.*)"`).FindStringSubmatch(holdtrue(t, 0, "runs", "--agent", agent, "--limit", "1", "--json"))
	if m == nil {
		t.Fatalf("no run of %s", agent)
	}
	return m[1]
}

// TestBundlesExplainThemselvesElsewhere exports two runs, takes them into a
// fresh store, and looks at them there: everything is as on the first machine.
func TestBundlesExplainThemselvesElsewhere(t *testing.T) {
	t.Chdir(t.TempDir())
	holdtrue(t, 0, "init")
	holdtrue(t, 1, "swap", "current", "candidate", "--format", "json")
	current, candidate := runID(t, "current"), runID(t, "candidate")
	views := [][]string{
		{"show", current, "--json"}, {"show", candidate}, {"show", candidate, "refund-01", "--json"}, {"show", candidate, "--recording"},
	}
	verdicts := [][]string{
		{"compare", current, candidate, "--format", "json"}, {"compare", current, candidate},
	}
	look := func() (seen []string) {
		for _, v := range views {
			seen = append(seen, holdtrue(t, 0, v...))
		}
		for _, v := range verdicts {
			seen = append(seen, holdtrue(t, 1, v...))
		}
		return append(seen, holdtrue(t, 0, "report", "--format", "json"))
	}
	seen := look()
	for _, id := range []string{current, candidate} {
		holdtrue(t, 0, "store", "export", id, "-o", id+".holdtrue")
	}
	t.Setenv("HOLDTRUE_STORE", "laptop.db")
	holdtrue(t, 0, "store", "import", current+".holdtrue")
	holdtrue(t, 0, "store", "import", candidate+".holdtrue")
	if out := holdtrue(t, 0, "store", "import", candidate+".holdtrue"); !strings.Contains(out, "is stored already") {
		t.Errorf("importing twice: %s", out)
	}
	if d := cmp.Diff(seen, look()); d != "" {
		t.Error(d)
	}
	holdtrue(t, 0, "store", "verify")
}

// TestVerifyEndsWithFive damages a store where its texts are.
func TestVerifyEndsWithFive(t *testing.T) {
	t.Chdir(t.TempDir())
	holdtrue(t, 0, "init")
	holdtrue(t, 1, "swap", "current", "candidate")
	id := runID(t, "candidate")
	file, err := os.ReadFile("holdtrue.db")
	if err != nil {
		t.Fatal(err)
	}
	at := bytes.Index(file, []byte("within 14 days of delivery")) // an answer of the candidate alone
	if at < 0 {
		t.Fatal("no text to be damaged")
	}
	file[at+1] ^= 1
	if err := os.WriteFile("holdtrue.db", file, 0o600); err != nil {
		t.Fatal(err)
	}
	out := holdtrue(t, exitFailed, "store", "verify")
	if !strings.Contains(out, "is DAMAGED") || !strings.Contains(out, id) {
		t.Errorf("the run %s is not named:\n%s", id, out)
	}
	var model struct {
		Sound  bool
		Damage []struct{ What string }
	}
	if err := json.Unmarshal([]byte(holdtrue(t, exitFailed, "store", "verify", "--json")), &model); err != nil || model.Sound || len(model.Damage) == 0 {
		t.Errorf("%+v %v", model, err)
	}
	if left, err := filepath.Glob("*.holdtrue*"); err != nil || len(left) != 0 {
		t.Error(left, err)
	}
}
