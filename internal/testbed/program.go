package testbed

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// startTime bounds how long the program may take until it is ready.
const startTime = 20 * time.Second

// binary is the one build of the program in this test process; its directory is
// removed by Main.
var binary struct {
	sync.Mutex
	dir, path string
	err       error
	managed   bool // Main runs
}

// Main runs the tests and removes what Build made. A package that calls Build
// or Start calls it from TestMain.
func Main(m *testing.M) {
	binary.managed = true
	code := m.Run()
	if binary.dir != "" {
		_ = os.RemoveAll(binary.dir)
	}
	os.Exit(code)
}

// Build builds cmd/viaduct once per test process and returns its path.
func Build(tb testing.TB) string {
	tb.Helper()
	path, err := TryBuild()
	require.NoError(tb, err)
	return path
}

// TryBuild is Build for tests that have something else to do when the program
// does not build.
func TryBuild() (string, error) {
	binary.Lock()
	defer binary.Unlock()
	if !binary.managed {
		return "", errors.New("testbed: call testbed.Main from TestMain")
	}
	if binary.path != "" || binary.err != nil {
		return binary.path, binary.err
	}
	binary.err = func() error {
		root, err := ModuleRoot()
		if err != nil {
			return err
		}
		if binary.dir, err = os.MkdirTemp("", "viaduct-test-"); err != nil {
			return err
		}
		path := filepath.Join(binary.dir, "viaduct")
		cmd := exec.CommandContext(context.Background(), "go", "build", "-o", path, "./cmd/viaduct")
		cmd.Dir = root
		if out, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("build cmd/viaduct: %w\n%s", err, out)
		}
		binary.path = path
		return nil
	}()
	return binary.path, binary.err
}

// ModuleRoot returns the directory of go.mod above the working directory.
func ModuleRoot() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir, nil
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return "", errors.New("testbed: no go.mod above the working directory")
		}
		dir = parent
	}
}

// Program is a running viaduct.
type Program struct {
	Dir   string // holds web.config and viaduct.yaml
	cmd   *exec.Cmd
	addrs map[string]string
	log   *logBuffer
	done  chan struct{} // closed when the process ended
	err   error         // of Wait; read after done
}

var placeholder = regexp.MustCompile(`@[a-z][a-z0-9]*@`)

// Start writes web.config and viaduct.yaml, replaces each @NAME@ in them by a
// free 127.0.0.1:PORT, runs "viaduct serve" and waits until /readyz on @admin@
// answers 200. The process is killed at the end of the test; its log is shown
// when the test failed. env is added to the environment, as "NAME=value".
func Start(tb testing.TB, config, settings string, env ...string) *Program {
	tb.Helper()
	path := Build(tb)
	p := &Program{Dir: tb.TempDir(), addrs: map[string]string{}, log: &logBuffer{}, done: make(chan struct{})}
	fill := func(text string) []byte {
		return []byte(placeholder.ReplaceAllStringFunc(text, func(name string) string {
			name = strings.Trim(name, "@")
			if p.addrs[name] == "" {
				p.addrs[name] = FreeAddr(tb)
			}
			return p.addrs[name]
		}))
	}
	web, yaml := filepath.Join(p.Dir, "web.config"), filepath.Join(p.Dir, "viaduct.yaml")
	require.NoError(tb, os.WriteFile(web, fill(config), 0o600))
	require.NoError(tb, os.WriteFile(yaml, fill(settings), 0o600))
	require.NotEmpty(tb, p.Addr("admin"), "the settings have no @admin@")
	p.cmd = exec.CommandContext(context.Background(), path, "serve", web, "--settings", yaml)
	p.cmd.Dir, p.cmd.Stdout, p.cmd.Stderr = p.Dir, p.log, p.log
	p.cmd.Env = append(os.Environ(), env...)
	p.cmd.SysProcAttr = withParent()
	require.NoError(tb, p.cmd.Start())
	go func() { // joined by Kill, which runs at the end of the test
		p.err = p.cmd.Wait()
		close(p.done)
	}()
	tb.Cleanup(func() {
		p.Kill()
		if tb.Failed() {
			log := p.Log()
			tb.Logf("end of the log of viaduct:\n%s", log[max(0, len(log)-8<<10):])
		}
	})
	require.NoError(tb, p.awaitReady(tb.Context()), "log of viaduct:\n%s", p.log)
	return p
}

// Addr returns the host:port that replaced @name@.
func (p *Program) Addr(name string) string { return p.addrs[name] }

// PID returns the process id.
func (p *Program) PID() int { return p.cmd.Process.Pid }

// Log returns what the process wrote so far; its last 64 KiB.
func (p *Program) Log() string { return p.log.String() }

// Done is closed when the process ended.
func (p *Program) Done() <-chan struct{} { return p.done }

// Kill ends the process with SIGKILL and waits for its end.
func (p *Program) Kill() {
	_ = p.cmd.Process.Kill()
	<-p.done
}

// Signal sends a signal.
func (p *Program) Signal(s os.Signal) error { return p.cmd.Process.Signal(s) }

// Stop sends SIGTERM and returns the process's exit error; after timeout the
// process is killed.
func (p *Program) Stop(timeout time.Duration) error {
	if err := p.Signal(syscall.SIGTERM); err != nil {
		return err
	}
	t := time.NewTimer(timeout)
	defer t.Stop()
	select {
	case <-p.done:
		return p.err
	case <-t.C:
		p.Kill()
		return fmt.Errorf("still running %v after SIGTERM", timeout)
	}
}

func (p *Program) awaitReady(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startTime)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	url := "http://" + p.Addr("admin") + "/readyz"
	for {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
		if err != nil {
			return err
		}
		if resp, err := client.Do(req); err == nil {
			_ = resp.Body.Close()
			if resp.StatusCode == http.StatusOK {
				return nil
			}
		}
		select {
		case <-tick.C:
		case <-p.done:
			return fmt.Errorf("viaduct ended before it was ready: %w", p.err)
		case <-ctx.Done():
			return fmt.Errorf("viaduct is not ready after %v: %w", startTime, ctx.Err())
		}
	}
}

// FreeAddr returns a 127.0.0.1:PORT on which nothing listens. The port lies
// below the range from which the system takes ports for outgoing connections,
// so that none of these takes it before it is used.
func FreeAddr(tb testing.TB) string {
	tb.Helper()
	for range 100 {
		addr := fmt.Sprintf("127.0.0.1:%d", 15000+rand.IntN(17000))
		l, err := (&net.ListenConfig{}).Listen(tb.Context(), "tcp", addr)
		if err == nil {
			_ = l.Close()
			return addr
		}
	}
	require.Fail(tb, "no free port")
	return ""
}

// logBuffer keeps the last octets written to it.
type logBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

const logKept = 64 << 10

// Write never fails.
func (l *logBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.b.Write(p)
	if over := l.b.Len() - logKept; over > 0 {
		l.b.Next(over)
	}
	return len(p), nil
}

// String returns what is kept.
func (l *logBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}
