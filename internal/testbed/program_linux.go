package testbed

import "syscall"

// withParent ends the program with the test process, however that ends. The
// signal belongs to the thread that started the program; the Go runtime keeps
// its threads.
func withParent() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
}
