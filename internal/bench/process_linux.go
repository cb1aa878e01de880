package main

import "syscall"

// ownGroup puts a child into a group of its own, and ends it with the thread
// that started it: main is locked to its thread for that.
func ownGroup() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}

func killGroup(pid int) { _ = syscall.Kill(-pid, syscall.SIGKILL) }
