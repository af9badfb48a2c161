package cli

import (
	"context"
	"os/exec"
	"strings"
	"time"
)

const gitPatience = 5 * time.Second

// gitState adds the commit of the folder in which the suite stands, and whether
// tracked files differ from it, to the lineage of a run. It adds nothing where there
// is no git or no repository.
func gitState(dir string, lineage map[string]string) {
	ctx, cancel := context.WithTimeout(context.Background(), gitPatience)
	defer cancel()
	git := func(args ...string) (string, error) {
		cmd := exec.CommandContext(ctx, "git", args...)
		cmd.Dir = dir
		out, err := cmd.Output()
		return strings.TrimSpace(string(out)), err
	}
	commit, err := git("rev-parse", "--verify", "HEAD")
	if err != nil {
		return
	}
	lineage["git_commit"] = commit
	if changed, err := git("--no-optional-locks", "status", "--porcelain", "--untracked-files=no"); err == nil && changed != "" {
		lineage["git_dirty"] = "yes"
	}
}
