package http1_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/viaduct-soap/viaduct/internal/http1"
	"github.com/viaduct-soap/viaduct/internal/refusal"
)

// TestPool_idleOctets: T-HTTP-06, H-167. What arrives on an idle connection is
// found before the next request is written.
func TestPool_idleOctets(t *testing.T) {
	t.Parallel()
	for _, secure := range []bool{false, true} {
		more, sent := make(chan struct{}), make(chan struct{})
		p, pool := serve(t, secure, func(c netConn) {
			br := bufio.NewReader(c)
			for {
				if r, _ := request(br); r == nil {
					return
				}
				_, _ = io.WriteString(c, ok+"Content-Length: 4\r\n\r\ntrue")
				if _, open := <-more; open {
					_, _ = io.WriteString(c, ok+"Content-Length: 5\r\n\r\nfalse")
					sent <- struct{}{}
				}
			}
		})
		_, body, err := exchange(t, pool, get())
		require.NoError(t, err)
		assert.Equal(t, "true", body)
		assert.Equal(t, 1, pool.Stats().Idle)
		more <- struct{}{}
		<-sent
		close(more)
		_, body, err = exchange(t, pool, get())
		require.NoError(t, err)
		assert.Equal(t, "true", body)
		assert.Equal(t, 2, p.accepted())
		s := pool.Stats()
		assert.Equal(t, int64(1), s.Poisoned, "tls %v", secure)
		assert.Zero(t, s.Stale)
	}
}

// TestPool_idleTLS: what TLS has decrypted ahead is found, too: both answers come
// in one segment, so that nothing is left in the socket.
func TestPool_idleTLS(t *testing.T) {
	t.Parallel()
	server, client := identity(t)
	p := listen(t, nil, func(raw netConn) {
		c := &gathering{Conn: raw}
		secure := tls.Server(c, server)
		br := bufio.NewReader(secure)
		for {
			if r, _ := request(br); r == nil {
				return
			}
			c.hold()
			_, _ = io.WriteString(secure, ok+"Content-Length: 4\r\n\r\ntrue")
			_, _ = io.WriteString(secure, ok+"Content-Length: 5\r\n\r\nfalse")
			c.flush()
		}
	})
	pool := http1.NewPool(http1.Target{Address: p.address, TLS: client}, http1.Options{})
	defer pool.Close()
	for range 3 {
		_, body, err := exchange(t, pool, get())
		require.NoError(t, err)
		assert.Equal(t, "true", body)
	}
	assert.Equal(t, int64(2), pool.Stats().Poisoned)
}

// gathering joins several writes into one.
type gathering struct {
	net.Conn
	held []byte
	on   bool
}

func (g *gathering) hold() { g.on = true }

func (g *gathering) flush() {
	_, _ = g.Conn.Write(g.held)
	g.on, g.held = false, nil
}

func (g *gathering) Write(p []byte) (int, error) {
	if g.on {
		g.held = append(g.held, p...)
		return len(p), nil
	}
	return g.Conn.Write(p)
}

// TestPool_stale: a connection that the peer closed while idle costs nothing.
func TestPool_stale(t *testing.T) {
	t.Parallel()
	for _, secure := range []bool{false, true} {
		closed := make(chan struct{})
		p, pool := serve(t, secure, func(c netConn) {
			if r, _ := request(bufio.NewReader(c)); r != nil {
				_, _ = io.WriteString(c, empty)
			}
			_ = c.Close()
			closed <- struct{}{}
		})
		for range 3 {
			_, _, err := exchange(t, pool, post("/", held("abc")))
			require.NoError(t, err)
			<-closed
		}
		assert.Equal(t, 3, p.accepted())
		assert.Equal(t, int64(2), pool.Stats().Stale, "tls %v", secure)
		assert.Zero(t, pool.Stats().Poisoned)
	}
}

// TestPool_notKept: every reason not to use a connection again.
func TestPool_notKept(t *testing.T) {
	t.Parallel()
	sized := "Content-Length: 0\r\n\r\n"
	for _, tc := range []struct {
		name, answer string
		req          *http1.Request
	}{
		{"server closes", ok + "Connection: close\r\n" + sized, get()},
		{"we close", ok + sized, &http1.Request{Method: "GET", Path: "/", Close: true}},
		{"HTTP/1.0", "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\n" + sized, get()},
		{"surplus", ok + sized + "x", get()},
		{"H-169 NTLM challenge", "HTTP/1.1 401 U\r\nWWW-Authenticate: NTLM\r\n" + sized, get()},
		{"H-169 Negotiate in a list", "HTTP/1.1 401 U\r\nWWW-Authenticate: Basic realm=\"a\", Negotiate\r\n" + sized, get()},
		{"proxy challenge", "HTTP/1.1 407 P\r\nProxy-Authenticate: NTLM\r\n" + sized, get()},
		{"T-HTTP-14 NTLM credentials", ok + sized, post("/", nil, http1.Field{Name: "authorization", Value: "ntlm TlRM"})},
		{"T-HTTP-14 Negotiate credentials", ok + sized, post("/", nil, http1.Field{Name: "Authorization", Value: "Negotiate YII="})},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			p, pool := serve(t, false, answering(tc.answer))
			for range 2 {
				_, _, err := exchange(t, pool, tc.req)
				require.NoError(t, err)
			}
			assert.Equal(t, 2, p.accepted())
			assert.Zero(t, pool.Stats().Open)
		})
	}
}

// TestPool_lastInFirstOut: the connection used last is used next, so that a quiet
// pool shrinks.
func TestPool_lastInFirstOut(t *testing.T) {
	t.Parallel()
	_, pool := serve(t, false, func(c netConn) {
		answering(fmt.Sprintf("%sX-Port: %s\r\nContent-Length: 1\r\n\r\na", ok, c.RemoteAddr()))(c)
	})
	var open []*http1.Response
	for range 3 {
		resp, err := pool.Do(context.Background(), get())
		require.NoError(t, err)
		open = append(open, resp)
	}
	for _, i := range []int{2, 0, 1} {
		require.NoError(t, open[i].Body.Close())
	}
	for range 3 {
		resp, _, err := exchange(t, pool, get())
		require.NoError(t, err)
		assert.Equal(t, open[1].Fields.Get("x-port"), resp.Fields.Get("X-PORT"))
	}
}

// TestPool_maxOpen: no more than MaxOpen connections exist; callers wait in turn.
func TestPool_maxOpen(t *testing.T) {
	t.Parallel()
	p := listen(t, nil, echo)
	pool := p.pool(t, http1.Options{MaxOpen: 3})
	var work sync.WaitGroup
	for i := range 50 {
		work.Go(func() {
			var body http1.Body = held("abc")
			if i%2 == 0 {
				body = unsized("abc")
			}
			r := post("/", body)
			r.Close = i%5 == 0
			_, got, err := exchange(t, pool, r)
			assert.NoError(t, err)
			assert.Equal(t, "abc", got)
			assert.LessOrEqual(t, pool.Stats().Open, 3)
		})
	}
	work.Wait()
	s := pool.Stats()
	assert.LessOrEqual(t, s.Open, 3)
	assert.Zero(t, s.Waiting)
}

func TestPool_close(t *testing.T) {
	t.Parallel()
	reached := make(chan struct{}, 2)
	p := listen(t, nil, func(c netConn) {
		_, _ = c.Read(make([]byte, 1))
		reached <- struct{}{}
		_, _ = io.Copy(io.Discard, c)
	})
	pool := p.pool(t, http1.Options{MaxOpen: 2})
	results := make(chan error, 3)
	for _, body := range []http1.Body{nil, waiting{gated("abc")}} {
		go func() {
			_, err := pool.Do(context.Background(), post("/", body))
			results <- err
		}()
	}
	<-reached
	<-reached
	go func() {
		_, err := pool.Do(context.Background(), get())
		results <- err
	}()
	for pool.Stats().Waiting == 0 {
		runtime.Gosched()
	}
	pool.Close()
	for range 3 {
		require.ErrorIs(t, <-results, http1.ErrClosed)
	}
	_, err := pool.Do(context.Background(), get())
	_ = failed(t, err, http1.StageAcquire, refusal.UpstreamFailed)
	require.ErrorIs(t, err, http1.ErrClosed)
	assert.Zero(t, pool.Stats().Open)
	pool.Close()
	require.NoError(t, pool.Shutdown(context.Background()))
}

// TestPool_shutdown: what is in progress ends well; what does not end is cut.
func TestPool_shutdown(t *testing.T) {
	t.Parallel()
	reached, release := make(chan struct{}), make(chan struct{})
	p := listen(t, nil, func(c netConn) {
		if r, _ := request(bufio.NewReader(c)); r != nil {
			reached <- struct{}{}
			<-release
			_, _ = io.WriteString(c, ok+"Content-Length: 2\r\n\r\nab")
		}
	})
	pool := p.pool(t, http1.Options{})
	pin := pool.Pin()
	defer pin.Close()
	result := make(chan string, 1)
	go func() {
		resp, err := pool.Do(context.Background(), get())
		if err != nil {
			result <- err.Error()
			return
		}
		body, _ := io.ReadAll(resp.Body)
		_ = resp.Body.Close()
		result <- string(body)
	}()
	<-reached
	ended := make(chan error, 1)
	go func() { ended <- pool.Shutdown(context.Background()) }()
	close(release)
	require.NoError(t, <-ended)
	assert.Equal(t, "ab", <-result)

	pool = listen(t, nil, answering(ok+"Content-Length: 9\r\n\r\nab")).pool(t, http1.Options{})
	resp, err := pool.Do(context.Background(), get())
	require.NoError(t, err)
	ctx, cancel := context.WithTimeoutCause(context.Background(), 0, io.ErrNoProgress)
	defer cancel()
	require.ErrorIs(t, pool.Shutdown(ctx), io.ErrNoProgress)
	_, err = io.ReadAll(resp.Body)
	_ = failed(t, err, http1.StageBody, refusal.UpstreamFailed)
	require.ErrorIs(t, err, http1.ErrClosed)
	require.NoError(t, resp.Body.Close())
}

// TestPool_allocations: the promise of few allocations per exchange, head and
// small body together. The server of the benchmark allocates nothing.
func TestPool_allocations(t *testing.T) { // not parallel: it counts
	if raceEnabled {
		t.Skip("the race detector makes sync.Pool forget at random")
	}
	pool := listen(t, nil, rawEcho).pool(t, http1.Options{})
	body, scratch := segment(payload(1<<10)), make([]byte, 4<<10)
	req := post("/", body, http1.Field{Name: "Content-Type", Value: "text/xml"})
	run := func(ctx context.Context) {
		resp, err := pool.Do(ctx, req)
		if err != nil {
			t.Error(err)
			return
		}
		_ = drain(resp.Body, scratch, len(body))
		_ = resp.Body.Close()
	}
	plain := deadlineOnly{context.Background(), time.Now().Add(time.Minute)}
	assert.LessOrEqual(t, testing.AllocsPerRun(200, func() { run(plain) }), 3.0)
	ctx, done := context.WithTimeout(context.Background(), time.Minute)
	defer done()
	assert.LessOrEqual(t, testing.AllocsPerRun(200, func() { run(ctx) }), 6.0)
}

// TestPool_idleCost: an idle connection keeps no buffer. What is counted includes
// the server's end, which keeps little.
func TestPool_idleCost(t *testing.T) { // not parallel: it weighs the process
	const n = 200
	pool := listen(t, nil, func(c netConn) {
		buf := make([]byte, 128)
		for {
			if _, err := c.Read(buf); err != nil {
				return
			}
			_, _ = io.WriteString(c, ok+"Content-Length: 1\r\n\r\na")
		}
	}).pool(t, http1.Options{})
	before := memory()
	var open []*http1.Response
	for range n {
		resp, err := pool.Do(context.Background(), get())
		require.NoError(t, err)
		open = append(open, resp)
	}
	for _, resp := range open {
		require.NoError(t, resp.Body.Close())
	}
	clear(open)
	require.Equal(t, n, pool.Stats().Idle)
	cost := (int64(memory()) - int64(before)) / n
	t.Logf("%d octets for each idle connection", cost)
	assert.Less(t, cost, int64(10<<10))
}

func memory() uint64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc + m.StackInuse
}
