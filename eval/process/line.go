package process

import (
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
)

// CommandLine is what to start: an absolute program, its arguments (the first
// as it was written), its folder, and what is added to the environment.
type CommandLine struct {
	Program string
	Args    []string
	Dir     string
	Env     []string // NAME=VALUE, sorted
}

// FindProgram looks a program up where it will be started, not where this
// program was.
func FindProgram(name, dir string) (string, error) {
	path := name
	if filepath.Base(name) != name && !filepath.IsAbs(name) {
		path = filepath.Join(dir, name)
	}
	found, err := exec.LookPath(path)
	if err != nil {
		cause := err
		if e := (*exec.Error)(nil); errors.As(err, &e) {
			cause = e.Err
		}
		return "", fmt.Errorf("%s cannot be started: %w", name, cause)
	}
	return filepath.Abs(found)
}
