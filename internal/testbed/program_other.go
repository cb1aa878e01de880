//go:build !linux

package testbed

import "syscall"

// withParent can do nothing here: a killed test leaves its program behind.
func withParent() *syscall.SysProcAttr { return nil }
