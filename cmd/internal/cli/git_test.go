package cli

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// TestGitState: a folder outside of any repository says nothing, one inside says its
// commit, and that tracked files differ from it.
func TestGitState(t *testing.T) {
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("git is not there")
	}
	dir := t.TempDir()
	t.Setenv("GIT_CEILING_DIRECTORIES", filepath.Dir(dir))
	state := func() map[string]string {
		lineage := map[string]string{}
		gitState(dir, lineage)
		return lineage
	}
	if got := state(); len(got) != 0 {
		t.Fatalf("outside of a repository: %v", got)
	}
	git := func(args ...string) {
		t.Helper()
		cmd := exec.Command("git", append([]string{"-c", "user.name=n", "-c", "user.email=e@example.org", "-c", "commit.gpgsign=false"}, args...)...)
		cmd.Dir = dir
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("git %v: %v\n%s", args, err, out)
		}
	}
	file := filepath.Join(dir, "agent")
	if err := os.WriteFile(file, []byte("1"), 0o644); err != nil {
		t.Fatal(err)
	}
	git("init", "-q")
	git("add", "agent")
	git("commit", "-q", "-m", "one")
	if got := state(); len(got["git_commit"]) < 40 || got["git_dirty"] != "" {
		t.Errorf("a clean commit: %v", got)
	}
	if err := os.WriteFile(file, []byte("2"), 0o644); err != nil {
		t.Fatal(err)
	}
	if got := state(); got["git_dirty"] != "yes" {
		t.Errorf("a changed file: %v", got)
	}
}
