package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// process is a child in a process group of its own.
type process struct {
	name string
	cmd  *exec.Cmd
	log  string // file with its output
	done chan struct{}
}

// start runs a program with its output in dir/name.log.
func start(ctx context.Context, dir, name string, args ...string) (*process, error) {
	log := filepath.Join(dir, name+".log")
	f, err := os.Create(log)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	p := &process{name: name, log: log, done: make(chan struct{})}
	p.cmd = exec.CommandContext(context.WithoutCancel(ctx), args[0], args[1:]...) // ended by kill
	p.cmd.Dir, p.cmd.Stdout, p.cmd.Stderr = dir, f, f
	p.cmd.SysProcAttr = ownGroup()
	if err := p.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", name, err)
	}
	go func() { // ends with the process, which kill ends
		_ = p.cmd.Wait()
		close(p.done)
	}()
	return p, nil
}

// listening waits until addr takes connections.
func (p *process) listening(ctx context.Context, addr string) error {
	for range 500 {
		c, err := (&net.Dialer{}).DialContext(ctx, "tcp", addr)
		if err == nil {
			return c.Close()
		}
		wait(ctx, 20*time.Millisecond)
		select {
		case <-p.done:
			return fmt.Errorf("%s ended: %s", p.name, p.tail())
		default:
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
	return fmt.Errorf("%s does not listen on %s: %s", p.name, addr, p.tail())
}

// tail returns the end of the process's log.
func (p *process) tail() string {
	b, _ := os.ReadFile(p.log)
	return string(b[max(0, len(b)-2000):])
}

// kill ends the whole process group.
func (p *process) kill() {
	killGroup(p.cmd.Process.Pid)
	<-p.done
}

// tree returns the process and all its descendants.
func (p *process) tree() []int {
	parents := map[int]int{}
	entries, _ := os.ReadDir("/proc")
	for _, e := range entries {
		if pid, err := strconv.Atoi(e.Name()); err == nil {
			if f := statFields(pid); len(f) > 12 {
				parents[pid], _ = strconv.Atoi(f[1])
			}
		}
	}
	pids := []int{p.cmd.Process.Pid}
	for i := 0; i < len(pids); i++ {
		for pid, parent := range parents {
			if parent == pids[i] {
				pids = append(pids, pid)
			}
		}
	}
	return pids
}

// statFields returns the fields of /proc/PID/stat behind the name: state, ppid,
// ... utime and stime are the 12th and 13th (proc(5)).
func statFields(pid int) []string {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return nil
	}
	return strings.Fields(string(b[bytes.LastIndexByte(b, ')')+1:]))
}

// tick is the unit of /proc/PID/stat: USER_HZ is 100 on every architecture of Linux.
const tick = 10 * time.Millisecond

// cpu returns user and system time of the tree.
func (p *process) cpu() time.Duration {
	var ticks int64
	for _, pid := range p.tree() {
		if f := statFields(pid); len(f) > 12 {
			user, _ := strconv.ParseInt(f[11], 10, 64)
			system, _ := strconv.ParseInt(f[12], 10, 64)
			ticks += user + system
		}
	}
	return time.Duration(ticks) * tick
}

// rss returns the resident memory of the tree in octets.
func (p *process) rss() int64 {
	var sum int64
	for _, pid := range p.tree() {
		f, err := os.Open(fmt.Sprintf("/proc/%d/status", pid))
		if err != nil {
			continue
		}
		for s := bufio.NewScanner(f); s.Scan(); {
			if v, ok := strings.CutPrefix(s.Text(), "VmRSS:"); ok {
				kib, _ := strconv.ParseInt(strings.Fields(v)[0], 10, 64)
				sum += kib << 10
			}
		}
		_ = f.Close()
	}
	return sum
}

// runRole runs this binary in another role to its end and decodes the JSON that
// it prints last; line is called for every line before.
func (b *bench) runRole(ctx context.Context, result any, line func(string), args ...string) error {
	cmd := exec.CommandContext(ctx, b.self, args...)
	cmd.SysProcAttr = ownGroup()
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	var last string
	for s := bufio.NewScanner(out); s.Scan(); {
		if last = s.Text(); line != nil {
			line(last)
		}
	}
	if err := cmd.Wait(); err != nil {
		return fmt.Errorf("%s: %w", strings.Join(args, " "), err)
	}
	return json.Unmarshal([]byte(last), result)
}
