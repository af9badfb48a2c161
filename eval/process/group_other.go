//go:build !unix

package process

import "os/exec"

// ownGroup does nothing: the standard library has no process groups here.
func ownGroup(*exec.Cmd) {}

// killGroup kills the process; what it started itself is not reached.
func killGroup(cmd *exec.Cmd) { _ = cmd.Process.Kill() }
