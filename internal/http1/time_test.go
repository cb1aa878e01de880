package http1_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/viaduct-soap/viaduct/internal/http1"
	"github.com/viaduct-soap/viaduct/internal/refusal"
)

// bubble runs test in fake time with a pool whose connections are pipes to script.
func bubble(t *testing.T, o http1.Options, script func(net.Conn), test func(*testing.T, *http1.Pool)) {
	t.Helper()
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var work sync.WaitGroup
		o.Dial = func(context.Context, string, string) (net.Conn, error) {
			ours, theirs := net.Pipe()
			work.Go(func() {
				defer func() { _ = theirs.Close() }()
				script(theirs)
			})
			return ours, nil
		}
		pool := http1.NewPool(http1.Target{Address: "test.example:80"}, o)
		test(t, pool)
		pool.Close()
		work.Wait()
	})
}

// trickle writes s octet by octet, one each period.
func trickle(c net.Conn, s string, period time.Duration) {
	for i := range len(s) {
		<-time.After(period)
		if _, err := io.WriteString(c, s[i:i+1]); err != nil {
			return
		}
	}
}

func failed(t *testing.T, err error, s http1.Stage, r refusal.Reason) *http1.Error {
	t.Helper()
	e, is := errors.AsType[*http1.Error](err)
	require.True(t, is, "%v", err)
	assert.Equal(t, s, e.Stage, "%v", e)
	assert.Equal(t, r, e.Reason, "%v", e)
	return e
}

func TestTime_header(t *testing.T) {
	silent := func(c net.Conn) { _, _ = io.Copy(io.Discard, c) }
	bubble(t, http1.Options{ResponseHeaderTimeout: 7 * time.Second}, silent, func(t *testing.T, pool *http1.Pool) {
		for _, body := range []http1.Body{held("abc"), streamed("abc"), unsized("abc"), held(payload(50_000)), nil} {
			start := time.Now()
			_, err := pool.Do(t.Context(), post("/", body))
			e := failed(t, err, http1.StageWait, refusal.HTTPSlow)
			assert.True(t, e.Timeout())
			assert.False(t, e.Early)
			assert.Equal(t, 7*time.Second, time.Since(start))
		}
	})
}

func TestTime_headerTrickles(t *testing.T) {
	slow := func(c net.Conn) {
		if r, _ := request(bufio.NewReader(c)); r != nil {
			trickle(c, strings.Repeat("HTTP/1.1 100 Continue\r\n\r\n", 5)+ok+"\r\n", 100*time.Millisecond)
		}
	}
	bubble(t, http1.Options{ResponseHeaderTimeout: 5 * time.Second}, slow, func(t *testing.T, pool *http1.Pool) {
		start := time.Now()
		_, err := pool.Do(t.Context(), get())
		_ = failed(t, err, http1.StageHead, refusal.HTTPSlow)
		assert.Equal(t, 5*time.Second, time.Since(start), "interim answers buy no time")
	})
}

// TestTime_headerAfterUpload: the timeout begins when the request is written.
func TestTime_headerAfterUpload(t *testing.T) {
	server := func(c net.Conn) {
		br := bufio.NewReaderSize(c, 16)
		for { // 1 kB each second
			<-time.After(time.Second)
			if n, _ := io.CopyN(io.Discard, br, 1000); n < 1000 {
				return
			}
			if br.Buffered() == 0 {
				break
			}
		}
		_, _ = io.WriteString(c, empty)
	}
	bubble(t, http1.Options{ResponseHeaderTimeout: 2 * time.Second}, server, func(t *testing.T, pool *http1.Pool) {
		head := len("POST / HTTP/1.1\r\nHost: test.example\r\nContent-Length: 29928\r\n\r\n")
		for _, body := range []http1.Body{held(payload(30_000 - head)), streamed(payload(30_000 - head))} {
			resp, err := pool.Do(t.Context(), post("/", body))
			require.NoError(t, err)
			require.NoError(t, resp.Body.Close())
		}
	})
}

// TestTime_bodyRate: T-HTTP-10 for the answer.
func TestTime_bodyRate(t *testing.T) {
	for _, tc := range []struct {
		name   string
		period time.Duration
		end    time.Duration // 0: it is read whole
	}{
		{"1 B/s", time.Second, 5 * time.Second},
		{"300 B/s", time.Second / 300, 0},
		{"100 B/s", time.Second / 100, 0}, // 1000 octets earn 4.2 s besides the grace
		{"10 B/s", time.Second / 10, 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			server := func(c net.Conn) {
				if r, _ := request(bufio.NewReader(c)); r != nil {
					_, _ = io.WriteString(c, ok+"Content-Length: 1000\r\n\r\n")
					trickle(c, payload(1000), tc.period)
				}
			}
			bubble(t, http1.Options{}, server, func(t *testing.T, pool *http1.Pool) {
				resp, err := pool.Do(t.Context(), get())
				require.NoError(t, err)
				start := time.Now()
				n, err := io.Copy(io.Discard, resp.Body)
				require.NoError(t, resp.Body.Close())
				least := 5*time.Second + time.Duration(n)*time.Second/240
				if 1000*tc.period < 5*time.Second+1000*time.Second/240 {
					require.NoError(t, err)
					return
				}
				_ = failed(t, err, http1.StageBody, refusal.HTTPSlow)
				assert.InDelta(t, least.Seconds(), time.Since(start).Seconds(), 1.1)
			})
		})
	}
}

// TestTime_readerPauses: what our own side waits is not the target's fault.
func TestTime_readerPauses(t *testing.T) {
	server := func(c net.Conn) {
		if r, _ := request(bufio.NewReader(c)); r != nil {
			_, _ = io.WriteString(c, ok+"Content-Length: 10\r\n\r\n")
			trickle(c, "0123456789", time.Millisecond)
		}
	}
	bubble(t, http1.Options{}, server, func(t *testing.T, pool *http1.Pool) {
		resp, err := pool.Do(t.Context(), get())
		require.NoError(t, err)
		for range 10 {
			<-time.After(time.Minute)
			_, err = io.ReadFull(resp.Body, make([]byte, 1))
			require.NoError(t, err)
		}
		require.NoError(t, resp.Body.Close())
	})
}

// TestTime_writeRate: T-HTTP-10 for the request: a zero window.
func TestTime_writeRate(t *testing.T) {
	deaf := func(c net.Conn) {
		_, _ = io.CopyN(io.Discard, c, 2400)
		<-time.After(time.Hour)
	}
	bubble(t, http1.Options{}, deaf, func(t *testing.T, pool *http1.Pool) {
		for _, body := range []http1.Body{held(payload(50_000)), unsized(payload(50_000)), streamed(payload(50_000))} {
			start := time.Now()
			_, err := pool.Do(t.Context(), post("/", body))
			e := failed(t, err, http1.StageWrite, refusal.HTTPSlow)
			assert.Equal(t, int64(2400), e.Sent)
			assert.True(t, e.Early)
			assert.InDelta(t, 15, time.Since(start).Seconds(), 0.1, "grace and 2400 octets at 240 a second")
		}
	})
}

// TestTime_sourcePauses: a slow client does not count against the target, however
// long it takes; the wait for the head begins behind it.
func TestTime_sourcePauses(t *testing.T) {
	bubble(t, http1.Options{ResponseHeaderTimeout: time.Second}, echo, func(t *testing.T, pool *http1.Pool) {
		resp, err := pool.Do(t.Context(), post("/", pausing{}))
		require.NoError(t, err)
		body, err := io.ReadAll(resp.Body)
		require.NoError(t, err)
		assert.Equal(t, "0123456789", string(body))
		require.NoError(t, resp.Body.Close())
		assert.Equal(t, 1, pool.Stats().Idle)
	})
}

type pausing struct{}

func (pausing) Size() (int64, bool) { return 0, false }

func (pausing) WriteTo(w io.Writer) (int64, error) {
	for i := range 10 {
		<-time.After(time.Minute)
		if _, err := w.Write([]byte{'0' + byte(i)}); err != nil {
			return int64(i), err
		}
	}
	return 10, nil
}

// deadlineOnly has a deadline and cannot be cancelled: the cheap kind of context.
type deadlineOnly struct {
	context.Context //nolint:containedctx // a context itself
	end             time.Time
}

func (d deadlineOnly) Deadline() (time.Time, bool) { return d.end, true }
func (deadlineOnly) Done() <-chan struct{}         { return nil }
func (deadlineOnly) Err() error                    { return nil }

func TestTime_deadline(t *testing.T) {
	silent := func(c net.Conn) { _, _ = io.Copy(io.Discard, c) }
	bubble(t, http1.Options{MaxOpen: 1}, silent, func(t *testing.T, pool *http1.Pool) {
		for _, body := range []http1.Body{held("abc"), held(payload(50_000)), waiting{gated("abc")}} {
			start := time.Now()
			plain := deadlineOnly{context.Background(), start.Add(9 * time.Second)}
			_, err := pool.Do(plain, post("/", body))
			require.ErrorIs(t, err, context.DeadlineExceeded)
			assert.Equal(t, 9*time.Second, time.Since(start))
			e, _ := errors.AsType[*http1.Error](err)
			assert.True(t, e.Timeout())
			if w, is := body.(waiting); is {
				body = waiting{gated(w.octets)}
			}
			ctx, done := context.WithTimeout(t.Context(), 9*time.Second)
			_, err = pool.Do(ctx, post("/", body))
			done()
			require.ErrorIs(t, err, context.DeadlineExceeded)
			assert.Equal(t, 18*time.Second, time.Since(start))
		}
		assert.Zero(t, pool.Stats().Open)
	})
}

// TestTime_acquire: the wait for a connection is bounded by the context, whether
// that can be cancelled or has a deadline only.
func TestTime_acquire(t *testing.T) {
	bubble(t, http1.Options{MaxOpen: 1}, echo, func(t *testing.T, pool *http1.Pool) {
		resp, err := pool.Do(t.Context(), post("/", held("abc")))
		require.NoError(t, err)
		start := time.Now()
		ctx, done := context.WithTimeout(t.Context(), 3*time.Second)
		defer done()
		_, err = pool.Do(ctx, get())
		_ = failed(t, err, http1.StageAcquire, refusal.LimitConnections)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		_, err = pool.Do(deadlineOnly{context.Background(), start.Add(5 * time.Second)}, get())
		_ = failed(t, err, http1.StageAcquire, refusal.LimitConnections)
		assert.Equal(t, 5*time.Second, time.Since(start))
		assert.Zero(t, pool.Stats().Waiting)
		require.NoError(t, resp.Body.Close())
		_, _, err = exchange(t, pool, post("/", held("abc")))
		require.NoError(t, err)
	})
}

func TestTime_dial(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		pool := http1.NewPool(http1.Target{Address: "a:1"}, http1.Options{
			DialTimeout: 4 * time.Second,
			Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
				<-ctx.Done()
				return nil, ctx.Err()
			},
		})
		start := time.Now()
		_, err := pool.Do(t.Context(), get())
		e := failed(t, err, http1.StageDial, refusal.UpstreamFailed)
		assert.True(t, e.Timeout())
		assert.Equal(t, 4*time.Second, time.Since(start))
		pool.Close()
	})
}

// TestTime_handshake: a peer that accepts and stays silent is left in time.
func TestTime_handshake(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		for _, dialTimeout := range []time.Duration{4 * time.Second, 20 * time.Second, -1} {
			var ends []net.Conn
			pool := http1.NewPool(http1.Target{Address: "a:1", TLS: &tls.Config{MinVersion: tls.VersionTLS12}}, http1.Options{
				DialTimeout: dialTimeout,
				Dial: func(context.Context, string, string) (net.Conn, error) {
					ours, theirs := net.Pipe()
					ends = append(ends, theirs)
					return ours, nil
				},
			})
			start := time.Now()
			_, err := pool.Do(deadlineOnly{context.Background(), start.Add(9 * time.Second)}, get())
			e := failed(t, err, http1.StageHandshake, refusal.UpstreamFailed)
			assert.True(t, e.Timeout())
			want := 9 * time.Second
			if dialTimeout > 0 {
				want = min(want, dialTimeout)
			}
			assert.Equal(t, want, time.Since(start))
			pool.Close()
			for _, c := range ends {
				_ = c.Close()
			}
		}
	})
}

// TestTime_idle: idle connections are closed in time, the oldest first, by a
// timer that exists only while there are some.
func TestTime_idle(t *testing.T) {
	bubble(t, http1.Options{IdleTimeout: 31 * time.Second, MaxIdle: 2}, echo, func(t *testing.T, pool *http1.Pool) {
		var open []*http1.Response
		for range 3 {
			resp, err := pool.Do(t.Context(), post("/", held("a")))
			require.NoError(t, err)
			open = append(open, resp)
		}
		for _, r := range open {
			require.NoError(t, r.Body.Close())
			<-time.After(10 * time.Second)
		}
		assert.Equal(t, 2, pool.Stats().Idle, "MaxIdle")
		<-time.After(2 * time.Second)
		synctest.Wait()
		assert.Equal(t, 1, pool.Stats().Idle)
		_, _, err := exchange(t, pool, post("/", held("a")))
		require.NoError(t, err)
		<-time.After(30 * time.Second)
		assert.Equal(t, 1, pool.Stats().Idle, "used in between")
		<-time.After(2 * time.Second)
		synctest.Wait()
		assert.Zero(t, pool.Stats().Open)
	})
}
