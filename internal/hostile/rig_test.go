package hostile

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// build builds the program once for all rigs of a run. It looks at every folder
// of the module first: a cached result of this test is valid only while they
// are unchanged, and go test does not see what the compiler reads.
func build(t *testing.T) string {
	t.Helper()
	_ = filepath.WalkDir("../..", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() && strings.HasPrefix(d.Name(), ".") && path != "../.." {
			return fs.SkipDir
		}
		return nil
	})
	bin := filepath.Join(t.TempDir(), "viaduct")
	out, err := exec.CommandContext(t.Context(), "go", "build", "-o", bin, "../../cmd/viaduct").CombinedOutput()
	require.NoError(t, err, string(out))
	return bin
}

// rig is one running program with one recording back end behind it.
type rig struct {
	back         *backend
	front, admin string // addresses
	secure       string // address of the TLS socket
	cmd          *exec.Cmd
	log          *logBuffer
	goroutines   float64 // right after the start
	heap         float64
}

// logBuffer keeps what the program wrote.
type logBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *logBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *logBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// start runs the program under settings added to those of the rig.
func start(t *testing.T, bin, settings string) *rig {
	t.Helper()
	g := &rig{back: newBackend(t), log: &logBuffer{}}
	g.front, g.secure, g.admin = freeAddress(t), freeAddress(t), freeAddress(t)
	dir := t.TempDir()
	certificate, key := writeCertificate(t, dir)
	conf, set := filepath.Join(dir, "web.config"), filepath.Join(dir, "viaduct.yaml")
	require.NoError(t, os.WriteFile(conf, []byte(webConfig(g, strings.Contains(settings, "filter:"))), 0o600))
	require.NoError(t, os.WriteFile(set, []byte(baseSettings(g, certificate, key)+settings), 0o600))
	g.cmd = exec.Command(bin, "serve", conf, "--settings", set) // It is ended by SIGTERM.
	g.cmd.Stdout, g.cmd.Stderr, g.cmd.Dir = g.log, g.log, dir
	require.NoError(t, g.cmd.Start())
	done := make(chan error)
	go func() {
		done <- g.cmd.Wait()
		close(done) // who asks later gets nil, and does not wait
	}()
	t.Cleanup(func() { g.stop(t, done) })
	g.ready(t, done)
	m := g.metrics(t)
	g.goroutines, g.heap = m.value("go_goroutines"), m.value("go_memstats_heap_inuse_bytes")
	return g
}

// ready waits until the program says that it serves.
func (g *rig) ready(t *testing.T, done <-chan error) {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	for {
		if code, _, err := g.get(ctx, "/readyz"); err == nil && code == http.StatusOK {
			return
		}
		select {
		case err := <-done:
			require.FailNow(t, "the program ended at its start", "%v\n%s", err, g.log)
		case <-ctx.Done():
			require.FailNow(t, "the program does not get ready", g.log.String())
		case <-tick.C:
		}
	}
}

func (g *rig) stop(t *testing.T, done <-chan error) {
	t.Helper()
	g.back.cut()
	_ = g.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case err := <-done:
		assert.NoError(t, err, "exit after SIGTERM\n%s", g.tail())
	case <-time.After(15 * time.Second):
		_ = g.cmd.Process.Kill()
		assert.Fail(t, "SIGTERM did not end the program", g.tail())
		t.Log("killed:", <-done)
	}
	g.back.close()
	for _, sign := range []string{"panic:", "fatal error:", "goroutine 1 [", "DATA RACE"} {
		assert.NotContains(t, g.log.String(), sign)
	}
}

// tail is the end of the log.
func (g *rig) tail() string {
	s := g.log.String()
	return s[max(0, len(s)-4000):]
}

func freeAddress(t *testing.T) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer hangUp(ln)
	return ln.Addr().String()
}

// get asks the admin address, on a connection of its own.
func (g *rig) get(ctx context.Context, path string) (int, string, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+g.admin+path, http.NoBody)
	if err != nil {
		return 0, "", err
	}
	c := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := c.Do(req)
	if err != nil {
		return 0, "", err
	}
	defer hangUp(resp.Body)
	b, err := io.ReadAll(resp.Body)
	return resp.StatusCode, string(b), err
}

// samples are the lines of a metrics page.
type samples []string

func (g *rig) metrics(t *testing.T) samples {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), 10*time.Second)
	defer cancel()
	code, page, err := g.get(ctx, "/metrics")
	require.NoError(t, err, "the process is alive\n%s", g.tail())
	require.Equal(t, http.StatusOK, code)
	return strings.Split(page, "\n")
}

// value sums the samples of a name whose labels contain all parts.
func (s samples) value(name string, parts ...string) float64 {
	var sum float64
lines:
	for _, l := range s {
		rest, ok := strings.CutPrefix(l, name)
		if !ok || rest == "" || (rest[0] != ' ' && rest[0] != '{') {
			continue
		}
		for _, p := range parts {
			if !strings.Contains(rest, p) {
				continue lines
			}
		}
		v, err := strconv.ParseFloat(rest[strings.LastIndexByte(rest, ' ')+1:], 64)
		if err == nil {
			sum += v
		}
	}
	return sum
}

func (s samples) refused(reason string) float64 {
	return s.value("viaduct_refused_total", fmt.Sprintf("reason=%q", reason))
}

// settled waits until the goroutines are back at their number of the start and
// looks at the heap. All clients have gone and the back end has hung up.
func (g *rig) settled(t *testing.T, growth float64) {
	t.Helper()
	g.back.cut()
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	end := time.After(15 * time.Second)
	for {
		m := g.metrics(t)
		n := m.value("go_goroutines")
		if n <= g.goroutines+2 {
			assert.LessOrEqual(t, m.value("go_memstats_heap_inuse_bytes")-g.heap, growth, "growth of the heap")
			return
		}
		select {
		case <-tick.C:
		case <-end:
			assert.Fail(t, "goroutines remain", "%v at the start, %v now", g.goroutines, n)
			return
		}
	}
}

// cpu is the processor time of the program so far, in nanoseconds, or 0 where
// the system does not tell it.
func (g *rig) cpu() int64 {
	files, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/schedstat", g.cmd.Process.Pid))
	var sum int64
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			continue
		}
		n, _, _ := strings.Cut(string(b), " ")
		v, _ := strconv.ParseInt(n, 10, 64)
		sum += v
	}
	return sum
}
