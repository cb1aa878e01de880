//go:build !unix

package http1_test

import "time"

// cpu is not known here: the benchmark's cpu-ns/op reads 0.
func cpu() time.Duration { return 0 }
