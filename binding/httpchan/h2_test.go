package httpchan_test

import (
	"context"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/viaduct-soap/viaduct/binding"
	"github.com/viaduct-soap/viaduct/binding/httpchan"
	"github.com/viaduct-soap/viaduct/internal/testbed"
	"github.com/viaduct-soap/viaduct/soap"
)

// serverTLS offers HTTP/2 and HTTP/1.1, or the latter alone.
func serverTLS(c *testbed.Certificate, protocols ...string) *tls.Config {
	return &tls.Config{Certificates: []tls.Certificate{c.Certificate}, MinVersion: tls.VersionTLS12, NextProtos: protocols}
}

// client is one of net/http, for tests only.
func client(c *testbed.Certificate, dial func(ctx context.Context, network, address string) (net.Conn, error)) *http.Client {
	return &http.Client{Transport: &http.Transport{
		TLSClientConfig: &tls.Config{RootCAs: c.CAs, MinVersion: tls.VersionTLS12}, ForceAttemptHTTP2: true, DialContext: dial,
	}}
}

// send posts a message and returns status, protocol and body.
func send(tb testing.TB, c *http.Client, url string, body io.Reader) (status, proto int, answer string) {
	tb.Helper()
	req, err := http.NewRequestWithContext(context.Background(), http.MethodPost, url, body)
	require.NoError(tb, err)
	req.Header.Set("Content-Type", "text/xml; charset=utf-8")
	r, err := c.Do(req)
	require.NoError(tb, err)
	defer func() { _ = r.Body.Close() }()
	got, err := io.ReadAll(r.Body)
	require.NoError(tb, err)
	return r.StatusCode, r.ProtoMajor, string(got)
}

func TestFront_TLS(t *testing.T) {
	t.Parallel()
	cert := testbed.NewCertificate(t)
	for major, protocols := range map[int][]string{1: {"http/1.1"}, 2: {"h2", "http/1.1"}} {
		t.Run("HTTP "+itoa(major), func(t *testing.T) {
			t.Parallel()
			l := streaming(func(ctx context.Context, req *binding.Request) (*binding.Reply, error) {
				assert.True(t, req.Peer.TLS)
				assert.Equal(t, "https", req.Via.Scheme())
				assert.Equal(t, major == 2, req.Conn == nil, "a multiplexed connection may serve many clients")
				return echo(ctx, req)
			})
			_, address := serve(t, everywhere(l), httpchan.FrontOptions{TLS: serverTLS(cert, protocols...)})
			c := client(cert, nil)
			defer c.CloseIdleConnections()
			for _, body := range []string{good, long} {
				status, proto, got := send(t, c, "https://"+address+"/s", strings.NewReader(body))
				assert.Equal(t, 200, status)
				assert.Equal(t, major, proto)
				assert.Equal(t, body, got)
			}
			status, _, _ := send(t, c, "https://"+address+"/s", strings.NewReader("no XML"))
			assert.Equal(t, 400, status)
		})
	}
}

// h2Bubble runs a test in fake time with a front that speaks HTTP/2.
func h2Bubble(t *testing.T, h binding.HandlerFunc, test func(t *testing.T, f *httpchan.Front, c *http.Client)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		cert := testbed.NewCertificate(t)
		in := testbed.NewListener()
		f := httpchan.NewFront(everywhere(streaming(h)), httpchan.FrontOptions{TLS: serverTLS(cert, "h2")})
		served := make(chan error, 1)
		go func() { served <- f.Serve(context.Background(), in) }()
		c := client(cert, in.Dial)
		test(t, f, c)
		c.CloseIdleConnections()
		require.NoError(t, f.Close())
		require.NoError(t, <-served)
	})
}

const inMemory = "https://127.0.0.1/s"

// A connection that carries many exchanges has no phase: a quiet one is no slow
// head, and a slow handler is nobody's slow body.
func TestFront_h2_quiet(t *testing.T) {
	t.Parallel()
	h2Bubble(t, func(ctx context.Context, req *binding.Request) (*binding.Reply, error) {
		if req.Action == "" {
			pause(10 * time.Minute)
		}
		return echo(ctx, req)
	}, func(t *testing.T, f *httpchan.Front, c *http.Client) {
		for range 2 {
			status, proto, _ := send(t, c, inMemory, strings.NewReader(good))
			assert.Equal(t, 200, status)
			assert.Equal(t, 2, proto)
			pause(100 * time.Second)
			assert.Equal(t, 1, f.Connections(), "the same connection")
		}
		pause(30 * time.Second)
		assert.Zero(t, f.Connections(), "idle for too long")
	})
}

func TestFront_h2_slowBody(t *testing.T) {
	t.Parallel()
	h2Bubble(t, echo, func(t *testing.T, f *httpchan.Front, c *http.Client) {
		body, more := io.Pipe()
		start := time.Now()
		done := make(chan struct{})
		go func() {
			defer close(done)
			defer func() { _ = more.Close() }()
			for i := range good {
				if _, err := more.Write([]byte{good[i]}); err != nil {
					return
				}
				pause(time.Second)
			}
		}()
		status, _, _ := send(t, c, inMemory, body)
		assert.Equal(t, 408, status)
		assert.InDelta(t, 6, time.Since(start).Seconds(), 2)
		status, _, _ = send(t, c, inMemory, strings.NewReader(good))
		assert.Equal(t, 200, status, "other exchanges of the connection are unaffected")
		assert.Equal(t, 1, f.Connections())
		_ = body.Close()
		<-done
	})
}

func TestFront_h2_slowReader(t *testing.T) {
	t.Parallel()
	h2Bubble(t, func(_ context.Context, req *binding.Request) (*binding.Reply, error) {
		req.Release()
		big := "<a>" + strings.Repeat("x", 16<<20) + "</a>" // more than the window of the stream
		return &binding.Reply{Draft: soap.NewMessage(soap.Soap11, []byte(big))}, nil
	}, func(t *testing.T, _ *httpchan.Front, c *http.Client) {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, inMemory, strings.NewReader(good))
		require.NoError(t, err)
		req.Header.Set("Content-Type", "text/xml")
		r, err := c.Do(req)
		require.NoError(t, err)
		defer func() { _ = r.Body.Close() }()
		pause(24 * time.Hour) // 4 MiB went into the window: enough for five hours of the least rate
		_, err = io.ReadAll(r.Body)
		require.Error(t, err, "reset")
	})
}

// A client that resets its stream ends what it asked for (T-HTTP-11).
func TestFront_h2_reset(t *testing.T) {
	t.Parallel()
	cert := testbed.NewCertificate(t)
	entered, ended := make(chan struct{}), make(chan error, 1)
	l := listener(func(ctx context.Context, req *binding.Request) (*binding.Reply, error) {
		defer req.Release()
		close(entered)
		<-ctx.Done()
		ended <- ctx.Err()
		return nil, ctx.Err()
	})
	_, address := serve(t, everywhere(l), httpchan.FrontOptions{TLS: serverTLS(cert, "h2")})
	c := client(cert, nil)
	defer c.CloseIdleConnections()
	ctx, cancel := context.WithCancel(t.Context())
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "https://"+address+"/s", strings.NewReader(good))
	require.NoError(t, err)
	req.Header.Set("Content-Type", "text/xml")
	go func() {
		<-entered
		cancel()
	}()
	_, err = c.Do(req) //nolint:bodyclose // there is none
	require.Error(t, err)
	require.ErrorIs(t, <-ended, context.Canceled)
}

func TestFront_h2_lateFailure(t *testing.T) {
	t.Parallel()
	cert := testbed.NewCertificate(t)
	_, address := serve(t, everywhere(streaming(lateFailure(t, -1, io.ErrNoProgress))), httpchan.FrontOptions{TLS: serverTLS(cert, "h2")})
	c := client(cert, nil)
	defer c.CloseIdleConnections()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "https://"+address+"/s", strings.NewReader(good))
	require.NoError(t, err)
	req.Header.Set("Content-Type", "text/xml")
	r, err := c.Do(req)
	if err == nil {
		_, err = io.ReadAll(r.Body)
		_ = r.Body.Close()
	}
	require.Error(t, err, "never a completed message")
}

func TestFront_TLS_garbage(t *testing.T) {
	t.Parallel()
	cert := testbed.NewCertificate(t)
	f, address := serve(t, everywhere(listener(echo)), httpchan.FrontOptions{TLS: serverTLS(cert, "h2")})
	c := dial(t, address)
	require.NoError(t, c.Send([]byte("\x16\x03\x01\x00\x05hello")))
	_, err := c.Receive(patience)
	require.Error(t, err)
	require.Eventually(t, func() bool { return f.Connections() == 0 }, patience, time.Millisecond)
}
