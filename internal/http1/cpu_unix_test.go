//go:build unix

package http1_test

import (
	"syscall"
	"time"
)

// cpu is the processor time of this process, client and server together.
func cpu() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
