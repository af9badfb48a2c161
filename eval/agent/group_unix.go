//go:build unix

package agent

import (
	"os/exec"
	"syscall"
)

// ownGroup puts the process in a group of its own, so that it can be ended with
// its children, and so that an interrupt at the terminal reaches only us: what
// is in flight can then be finished and kept.
func ownGroup(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }

func killGroup(cmd *exec.Cmd) { _ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
