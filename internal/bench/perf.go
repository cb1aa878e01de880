package main

import (
	"context"
	"fmt"
	"os/exec"
	"strconv"
	"strings"
	"time"
)

// canCount tells whether this machine counts instructions, and why not.
func canCount(ctx context.Context) (bool, string) {
	if _, err := exec.LookPath("perf"); err != nil {
		return false, "perf is not installed (Debian package linux-perf)"
	}
	out, err := exec.CommandContext(ctx, "perf", "stat", "-x,", "-e", "instructions", "true").CombinedOutput()
	if _, ok := parsePerf(string(out)); !ok || err != nil {
		return false, "perf says: " + strings.Join(strings.Fields(string(out)), " ")
	}
	return true, ""
}

// countInstructions counts what the process tree executes until stop is called.
func (p *process) countInstructions(ctx context.Context) (stop func() (int64, bool), err error) {
	var pids []string
	for _, pid := range p.tree() {
		pids = append(pids, strconv.Itoa(pid))
	}
	cmd := exec.CommandContext(ctx, "perf", "stat", "-x,", "-e", "instructions", "-p", strings.Join(pids, ","))
	cmd.SysProcAttr = ownGroup()
	var out strings.Builder
	cmd.Stderr = &out
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("perf: %w", err)
	}
	return func() (int64, bool) {
		_ = cmd.Process.Signal(interrupt)
		done := time.AfterFunc(5*time.Second, func() { killGroup(cmd.Process.Pid) })
		defer done.Stop()
		_ = cmd.Wait() // perf ends by the signal
		return parsePerf(out.String())
	}, nil
}

// parsePerf reads the line of "perf stat -x,": count, unit, event, ...
func parsePerf(out string) (int64, bool) {
	for line := range strings.SplitSeq(out, "\n") {
		f := strings.Split(line, ",")
		if len(f) > 2 && strings.HasPrefix(f[2], "instructions") {
			n, err := strconv.ParseInt(f[0], 10, 64)
			return n, err == nil
		}
	}
	return 0, false
}
