//go:build unix

package process

import (
	"os/exec"
	"syscall"
)

// ownGroup puts the process into a process group of its own, so that all it
// starts can be ended with it, and so that Ctrl-C in a terminal reaches only
// the run, which then ends its agents in order.
func ownGroup(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }

// killGroup kills the process and whatever is left of its group.
func killGroup(cmd *exec.Cmd) { _ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
