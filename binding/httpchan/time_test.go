package httpchan_test

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/viaduct-soap/viaduct/binding"
	"github.com/viaduct-soap/viaduct/binding/httpchan"
	"github.com/viaduct-soap/viaduct/internal/refusal"
	"github.com/viaduct-soap/viaduct/internal/testbed"
	"github.com/viaduct-soap/viaduct/soap"
)

// bubble runs a test in fake time with a front over pipes, and a connection to it.
func bubble(t *testing.T, l *binding.Listener, o httpchan.FrontOptions, test func(t *testing.T, f *httpchan.Front, c net.Conn)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		in := testbed.NewListener()
		f := httpchan.NewFront(everywhere(l), o)
		served := make(chan error, 1)
		go func() { served <- f.Serve(context.Background(), in) }()
		c, err := in.Dial(t.Context(), "", "")
		require.NoError(t, err)
		test(t, f, c)
		_ = c.Close()
		require.NoError(t, f.Close())
		require.NoError(t, <-served)
	})
}

// pause lets fake time pass.
func pause(d time.Duration) { <-time.After(d) }

// drip sends one octet each interval until a write fails, and returns how long
// that took.
func drip(c net.Conn, octets string, interval time.Duration) time.Duration {
	start := time.Now()
	for i := range octets {
		if _, err := c.Write([]byte{octets[i]}); err != nil {
			break
		}
		pause(interval)
	}
	return time.Since(start)
}

// told is an answer without its body; status 0: there was none.
type told struct {
	status int
	reason string // X-Viaduct-Error
}

// answerOf reads one answer while the test goes on writing.
func answerOf(c net.Conn) <-chan told {
	got := make(chan told, 1)
	go func() {
		var a told
		if r, err := http.ReadResponse(bufio.NewReader(c), nil); err == nil {
			a = told{r.StatusCode, r.Header.Get("X-Viaduct-Error")}
			_ = r.Body.Close()
		}
		_, _ = io.Copy(io.Discard, c)
		got <- a
	}()
	return got
}

func TestFront_slowHead(t *testing.T) {
	t.Parallel()
	var reasons []refusal.Reason
	o := httpchan.FrontOptions{Refused: func(r refusal.Reason) { reasons = append(reasons, r) }}
	bubble(t, listener(echo), o, func(t *testing.T, f *httpchan.Front, c net.Conn) {
		got := answerOf(c)
		took := drip(c, posting(good), time.Second)
		assert.InDelta(t, 10, took.Seconds(), 2, "H-160: 10 s for the head")
		r := <-got
		assert.Equal(t, 408, r.status)
		assert.Regexp(t, `^http\.slow; id=`, r.reason)
		synctest.Wait()
		assert.Zero(t, f.Connections())
		assert.Equal(t, []refusal.Reason{refusal.HTTPSlow}, reasons)
	})
}

func TestFront_slowBody(t *testing.T) {
	t.Parallel()
	bubble(t, listener(echo), httpchan.FrontOptions{}, func(t *testing.T, _ *httpchan.Front, c net.Conn) {
		got := answerOf(c)
		body := strings.Replace(good, "<a/>", "<a>"+strings.Repeat("x", 1000)+"</a>", 1)
		send := posting(body)
		_, err := io.WriteString(c, send[:len(send)-len(body)])
		require.NoError(t, err)
		took := drip(c, body, time.Second)
		assert.InDelta(t, 6, took.Seconds(), 2, "H-160: 240 octets a second after 5 s")
		r := <-got
		assert.Equal(t, 408, r.status)
	})
}

// One that keeps the rate may take as long as it likes.
func TestFront_steadyBody(t *testing.T) {
	t.Parallel()
	bubble(t, listener(echo), httpchan.FrontOptions{}, func(t *testing.T, _ *httpchan.Front, c net.Conn) {
		body := strings.Replace(good, "<a/>", "<a>"+strings.Repeat("x", 20_000)+"</a>", 1)
		send := posting(body)
		start := time.Now()
		for at := 0; at < len(send); at += 300 {
			_, err := io.WriteString(c, send[at:min(at+300, len(send))])
			require.NoError(t, err)
			pause(time.Second)
		}
		r := <-answerOf(c)
		assert.Equal(t, 200, r.status)
		assert.Greater(t, time.Since(start), time.Minute)
	})
}

func TestFront_noRate(t *testing.T) {
	t.Parallel()
	bubble(t, listener(echo), httpchan.FrontOptions{MinRate: -1}, func(t *testing.T, _ *httpchan.Front, c net.Conn) {
		send := posting(good)
		_, err := io.WriteString(c, send[:len(send)-len(good)])
		require.NoError(t, err)
		drip(c, good, 3*time.Second)
		r := <-answerOf(c)
		assert.Equal(t, 200, r.status)
	})
}

// What a destination takes for itself is not the client's slowness.
func TestFront_slowHandler(t *testing.T) {
	t.Parallel()
	l := streaming(func(ctx context.Context, req *binding.Request) (*binding.Reply, error) {
		pause(20 * time.Minute)
		return echo(ctx, req)
	})
	for name, body := range map[string]string{"held": good, "arriving": long} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			bubble(t, l, httpchan.FrontOptions{}, func(t *testing.T, _ *httpchan.Front, c net.Conn) {
				go func() { _, _ = io.WriteString(c, posting(body)) }()
				r := <-answerOf(c)
				assert.Equal(t, 200, r.status)
			})
		})
	}
}

func TestFront_slowReader(t *testing.T) {
	t.Parallel()
	// All but the last octets are written while the handler runs, those by
	// net/http when it has returned.
	for name, size := range map[string]int{"in the handler": 60 << 10, "behind the handler": 100} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var reason atomic.Value
			l := listener(func(_ context.Context, req *binding.Request) (*binding.Reply, error) {
				req.Release()
				return &binding.Reply{Draft: soap.NewMessage(soap.Soap11, []byte("<a>"+strings.Repeat("x", size)+"</a>"))}, nil
			})
			l.Observe = func(x *binding.Exchange) { reason.Store(x.Reason) }
			bubble(t, l, httpchan.FrontOptions{}, func(t *testing.T, f *httpchan.Front, c net.Conn) {
				_, err := io.WriteString(c, posting(good))
				require.NoError(t, err)
				start := time.Now()
				for f.Connections() > 0 {
					pause(time.Second)
				}
				assert.InDelta(t, 6, time.Since(start).Seconds(), 2)
				if size > 4<<10 {
					assert.Equal(t, refusal.HTTPSlow, reason.Load())
				}
			})
		})
	}
}

// A reader that keeps the rate gets its answer, though each write takes long: a
// write that is not finished counts what it has moved.
func TestFront_steadyReader(t *testing.T) {
	t.Parallel()
	big := "<a>" + strings.Repeat("x", 60<<10) + "</a>"
	l := listener(func(_ context.Context, req *binding.Request) (*binding.Reply, error) {
		req.Release()
		return &binding.Reply{Draft: soap.NewMessage(soap.Soap11, []byte(big))}, nil
	})
	bubble(t, l, httpchan.FrontOptions{}, func(t *testing.T, _ *httpchan.Front, c net.Conn) {
		_, err := io.WriteString(c, posting(good))
		require.NoError(t, err)
		start := time.Now()
		r, err := http.ReadResponse(bufio.NewReaderSize(slowly{c}, 300), nil)
		require.NoError(t, err)
		defer func() { _ = r.Body.Close() }()
		got, err := io.ReadAll(r.Body)
		require.NoError(t, err)
		assert.Contains(t, string(got), big)
		assert.Greater(t, time.Since(start), time.Minute)
	})
}

// slowly reads 300 octets a second.
type slowly struct{ io.Reader }

func (s slowly) Read(p []byte) (int, error) {
	pause(time.Second)
	return s.Reader.Read(p[:min(len(p), 300)])
}

func TestFront_idle(t *testing.T) {
	t.Parallel()
	for name, send := range map[string]string{"new": "", "used": posting(good)} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			bubble(t, listener(accept), httpchan.FrontOptions{}, func(t *testing.T, f *httpchan.Front, c net.Conn) {
				if send != "" {
					_, err := io.WriteString(c, send)
					require.NoError(t, err)
				}
				got := answerOf(c)
				pause(119 * time.Second)
				assert.Equal(t, 1, f.Connections())
				pause(3 * time.Second)
				assert.Zero(t, f.Connections())
				assert.Equal(t, send == "", (<-got).status == 0, "nothing is said on an idle connection")
			})
		})
	}
}

// Time between two requests does not count for the head of the second.
func TestFront_headAfterIdle(t *testing.T) {
	t.Parallel()
	bubble(t, listener(accept), httpchan.FrontOptions{}, func(t *testing.T, _ *httpchan.Front, c net.Conn) {
		br := bufio.NewReader(c)
		for range 3 {
			pause(100 * time.Second)
			drip(c, posting(good)[:20], 100*time.Millisecond)
			_, err := io.WriteString(c, posting(good)[20:])
			require.NoError(t, err)
			r, err := http.ReadResponse(br, nil)
			require.NoError(t, err)
			assert.Equal(t, 202, r.StatusCode)
			_ = r.Body.Close()
		}
	})
}
