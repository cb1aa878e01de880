package http1_test

import (
	"bufio"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/viaduct-soap/viaduct/internal/http1"
	"github.com/viaduct-soap/viaduct/internal/refusal"
)

type netConn = net.Conn

// echo answers each request with its own body, chunked when it came chunked.
func echo(c netConn) {
	br := bufio.NewReader(c)
	for {
		r, body := request(br)
		if r == nil {
			return
		}
		if r.ContentLength < 0 {
			_, _ = fmt.Fprintf(c, "%sTransfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n", ok, len(body), body)
			continue
		}
		_, _ = fmt.Fprintf(c, "%sContent-Length: %d\r\n\r\n%s", ok, len(body), body)
	}
}

// digest stands for large octets where a failure prints them.
func digest(s string) string { return fmt.Sprintf("%d octets, %x", len(s), sha256.Sum256([]byte(s))) }

func TestDo_sizes(t *testing.T) {
	t.Parallel()
	for _, secure := range []bool{false, true} {
		p, pool := serve(t, secure, echo)
		for _, size := range []int{1, 1000, 8000, 16_000, 17_000, 100_000, 3_000_000} {
			s := payload(size)
			for name, body := range map[string]http1.Body{
				"held": held(s), "sized": streamed(s), "chunked": unsized(s),
				"steps": &text{octets: s, size: -1, streamed: true, step: 33_000},
			} {
				resp, got, err := exchange(t, pool, post("/", body))
				require.NoError(t, err, "%s %d", name, size)
				require.Equal(t, digest(s), digest(got), "%s %d", name, size)
				require.False(t, resp.Early, "%s %d", name, size)
			}
		}
		assert.Equal(t, 1, p.accepted(), "one connection served all, tls %v", secure)
		assert.Equal(t, int64(27), pool.Stats().Reused)
	}
}

// TestDo_early: T-HTTP-06, H-168. The answer comes while the request is on its
// way and the peer reads no further.
func TestDo_early(t *testing.T) {
	t.Parallel()
	big := payload(20 << 20)
	for name, body := range map[string]func() http1.Body{
		"held":              func() http1.Body { return held(big) },
		"sized":             func() http1.Body { return streamed(big) },
		"chunked":           func() http1.Body { return &text{octets: big, size: -1, streamed: true, step: 50_000} },
		"source that waits": func() http1.Body { return waiting{gated("abc")} },
	} {
		for _, secure := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s/tls=%v", name, secure), func(t *testing.T) {
				t.Parallel()
				done := make(chan struct{})
				_, pool := serve(t, secure, func(c netConn) {
					if _, err := c.Read(make([]byte, 10)); err != nil {
						return
					}
					_, _ = io.WriteString(c, "HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\n\r\nno")
					<-done // reads no further
				})
				resp, got, err := exchange(t, pool, post("/", body()))
				close(done)
				require.NoError(t, err)
				assert.Equal(t, 413, resp.Status)
				assert.Equal(t, "no", got)
				assert.True(t, resp.Early)
				assert.Zero(t, pool.Stats().Open, "not used again")
			})
		}
	}
}

// TestResponse_Sent: a peer that accepts a message before it has read it gets the
// rest of it.
func TestResponse_Sent(t *testing.T) {
	t.Parallel()
	big := payload(20 << 20)
	got := make(chan string, 1)
	_, pool := serve(t, false, func(c netConn) {
		r, err := http.ReadRequest(bufio.NewReader(c))
		if err != nil {
			return
		}
		_, _ = io.WriteString(c, "HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n")
		all, _ := io.ReadAll(r.Body)
		got <- string(all)
	})
	resp, err := pool.Do(t.Context(), post("/", streamed(big)))
	require.NoError(t, err)
	require.True(t, resp.Early)
	require.NoError(t, resp.Sent())
	require.NoError(t, resp.Body.Close())
	assert.Equal(t, digest(big), digest(<-got))
}

// TestDo_earlyReset: the peer answers and closes at once, so that the rest of the
// request meets a reset. The answer must not be lost.
func TestDo_earlyReset(t *testing.T) {
	t.Parallel()
	_, pool := serve(t, false, func(c netConn) {
		if _, err := request(bufio.NewReader(io.LimitReader(c, 200))); err == nil {
			_, _ = io.WriteString(c, "HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
		}
	})
	for range 20 {
		resp, _, err := exchange(t, pool, post("/", &text{octets: payload(5 << 20), size: -1, streamed: true, step: 10_000}))
		require.NoError(t, err)
		assert.Equal(t, 413, resp.Status)
	}
}

// TestDo_fullDuplex: request and answer travel at the same time (message-model,
// section 6, rule 7), more of both than all buffers hold.
func TestDo_fullDuplex(t *testing.T) {
	t.Parallel()
	_, pool := serve(t, false, func(c netConn) {
		r, err := http.ReadRequest(bufio.NewReader(c))
		if err != nil {
			return
		}
		_, _ = io.WriteString(c, ok+"\r\n")
		_, _ = io.Copy(c, r.Body)
	})
	s := payload(30 << 20)
	resp, got, err := exchange(t, pool, post("/", &text{octets: s, size: -1, streamed: true, step: 64 << 10}))
	require.NoError(t, err)
	assert.Equal(t, digest(s), digest(got))
	assert.True(t, resp.Early)
}

// TestDo_unread: a body that is closed early costs the connection, unless the
// rest is at hand.
func TestDo_unread(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, answer string
		kept         int
	}{
		{"small", ok + "Content-Length: 3\r\n\r\nabc", 1},
		{"small, chunked", chunkedHead + "3\r\nabc\r\n1\r\nd\r\n0\r\n\r\n", 1},
		{"small, malformed", chunkedHead + "3\r\nabc\r\nx\r\n0\r\n\r\n", 0},
		{"small, with surplus", ok + "Content-Length: 3\r\n\r\nabcd", 0},
		{"large", ok + "Content-Length: 10000000\r\n\r\n" + payload(10_000), 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			_, pool := serve(t, false, answering(tc.answer))
			resp, err := pool.Do(context.Background(), get())
			require.NoError(t, err)
			require.NoError(t, resp.Body.Close())
			require.NoError(t, resp.Body.Close(), "twice")
			_, err = resp.Body.Read(make([]byte, 1))
			require.ErrorIs(t, err, http1.ErrBodyClosed)
			assert.Equal(t, tc.kept, pool.Stats().Idle)
		})
	}
}

// TestDo_notDelivered: errors before an octet was taken say so.
func TestDo_notDelivered(t *testing.T) {
	t.Parallel()
	free, err := new(net.ListenConfig).Listen(context.Background(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	address := free.Addr().String()
	require.NoError(t, free.Close())
	pool := http1.NewPool(http1.Target{Address: address}, http1.Options{})
	defer pool.Close()
	_, err = pool.Do(context.Background(), get())
	e, is := errors.AsType[*http1.Error](err)
	require.True(t, is)
	assert.Equal(t, http1.StageDial, e.Stage)
	assert.Zero(t, e.Sent)
	assert.Equal(t, refusal.UpstreamFailed, e.Reason)
	assert.Zero(t, pool.Stats().Open)
	assert.True(t, strings.HasPrefix(e.Error(), "http1: dial tcp "), e.Error())
	assert.False(t, e.Timeout())

	gone, cancel := context.WithCancelCause(context.Background())
	cancel(io.ErrNoProgress)
	_, err = pool.Do(gone, get())
	require.ErrorIs(t, err, io.ErrNoProgress)
}

// TestDo_reset: the connection breaks while the request is written or awaited.
func TestDo_reset(t *testing.T) {
	t.Parallel()
	_, pool := serve(t, false, func(c netConn) {
		_, _ = c.Read(make([]byte, 1))
		if socket, is := c.(*net.TCPConn); is {
			_ = socket.SetLinger(0)
		}
	})
	for _, body := range []http1.Body{held("abc"), held(payload(10 << 20)), unsized(payload(10 << 20)), nil} {
		_, _, err := exchange(t, pool, post("/", body))
		e, is := errors.AsType[*http1.Error](err)
		require.True(t, is, "%v", err)
		assert.Contains(t, []http1.Stage{http1.StageWrite, http1.StageWait}, e.Stage)
		assert.Positive(t, e.Sent)
		assert.Equal(t, refusal.UpstreamFailed, e.Reason)
	}
	assert.Zero(t, pool.Stats().Open)
}

// TestDo_cancel: the end of the context cuts the exchange at every stage.
func TestDo_cancel(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]string{"wait": "", "head": ok, "body": ok + "Content-Length: 5\r\n\r\na", "chunk": chunkedHead + "5\r\na"} {
		for _, body := range []http1.Body{nil, waiting{gated("abc")}} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				ctx, cancel := context.WithCancelCause(context.Background())
				_, pool := serve(t, false, func(c netConn) {
					_, _ = c.Read(make([]byte, 1))
					_, _ = io.WriteString(c, answer)
					cancel(io.ErrNoProgress)
					_, _ = io.Copy(io.Discard, c)
				})
				resp, err := pool.Do(ctx, post("/", body))
				if err == nil {
					_, err = io.ReadAll(resp.Body)
					_ = resp.Body.Close()
				}
				require.ErrorIs(t, err, io.ErrNoProgress)
				assert.Zero(t, pool.Stats().Open)
			})
		}
	}
}
