package http1_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
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

// tunnel is a proxy that answers CONNECT with head and then joins the client to
// target. What it was asked for goes to asked.
func tunnel(target, head string, asked chan<- *http.Request) func(netConn) {
	return func(c netConn) {
		r, err := http.ReadRequest(bufio.NewReader(c))
		if err != nil {
			return
		}
		asked <- r
		_, _ = io.WriteString(c, head)
		if !strings.Contains(head, " 200 ") {
			return
		}
		up, err := new(net.Dialer).DialContext(context.Background(), "tcp", target)
		if err != nil {
			return
		}
		done := make(chan struct{})
		go func() {
			defer close(done)
			_, _ = io.Copy(c, up)
			_ = c.Close()
		}()
		_, _ = io.Copy(up, c)
		_ = up.Close()
		<-done
	}
}

func TestProxy_tunnel(t *testing.T) {
	t.Parallel()
	server, client := identity(t)
	target := listen(t, server, echo)
	for _, secure := range []bool{false, true} {
		asked := make(chan *http.Request, 1)
		var config, trust *tls.Config
		if secure {
			config, trust = server, client
		}
		p := listen(t, config, tunnel(target.address, "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 Established\r\nVia: p\r\n\r\n", asked))
		pool := http1.NewPool(http1.Target{Address: target.address, TLS: client, Proxy: &http1.Proxy{
			Address: p.address, TLS: trust, Authorization: "Basic YTpi", NoProxy: []string{"other.example"},
		}}, http1.Options{})
		for _, body := range []*text{held("abc"), unsized(payload(100_000))} {
			_, got, err := exchange(t, pool, post("/", body))
			require.NoError(t, err)
			assert.Equal(t, body.octets, got)
		}
		r := <-asked
		assert.Equal(t, http.MethodConnect, r.Method)
		assert.Equal(t, target.address, r.Host)
		assert.Equal(t, "Basic YTpi", r.Header.Get("Proxy-Authorization"))
		assert.Equal(t, 1, p.accepted(), "the tunnel was used again")
		pool.Close()
	}
}

func TestProxy_refused(t *testing.T) {
	t.Parallel()
	_, client := identity(t)
	for _, tc := range []struct {
		name, head string
		status     int
		reason     refusal.Reason
	}{
		{"407", "HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n", 407, refusal.UpstreamFailed},
		{"octets behind the head", "HTTP/1.1 200 OK\r\n\r\n\x16\x03", 0, refusal.UpstreamFraming},
		{"bare LF", "HTTP/1.1 200 OK\n\n", 0, refusal.UpstreamFraming},
		{"endless head", "HTTP/1.1 200 OK\r\nA: " + strings.Repeat("a", 100_000), 0, refusal.UpstreamFraming},
		{"endless 1xx", strings.Repeat("HTTP/1.1 103 E\r\n\r\n", 9), 0, refusal.Upstream1xx},
		{"cut", "HTTP/1.1 2", 0, refusal.UpstreamFailed},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			p := listen(t, nil, tunnel("127.0.0.1:1", tc.head, make(chan *http.Request, 1)))
			pool := http1.NewPool(http1.Target{Address: "target.example:443", TLS: client, Proxy: &http1.Proxy{Address: p.address}}, http1.Options{})
			defer pool.Close()
			_, _, err := exchange(t, pool, get())
			e := failed(t, err, http1.StageProxy, tc.reason)
			assert.Zero(t, e.Sent)
			answer, is := errors.AsType[*http1.ProxyError](err)
			assert.Equal(t, tc.status != 0, is)
			if is {
				assert.Equal(t, tc.status, answer.Status)
			}
		})
	}
}

// TestProxy_cancel: a silent proxy is left when the context ends.
func TestProxy_cancel(t *testing.T) {
	t.Parallel()
	_, client := identity(t)
	ctx, cancel := context.WithCancelCause(context.Background())
	p := listen(t, nil, func(c netConn) {
		_, _ = c.Read(make([]byte, 1))
		cancel(io.ErrNoProgress)
		_, _ = io.Copy(io.Discard, c)
	})
	pool := http1.NewPool(http1.Target{Address: "target.example:443", TLS: client, Proxy: &http1.Proxy{Address: p.address}}, http1.Options{})
	defer pool.Close()
	_, err := pool.Do(ctx, get())
	_ = failed(t, err, http1.StageProxy, refusal.UpstreamFailed)
	require.ErrorIs(t, err, io.ErrNoProgress)
}

// TestProxy_absolute: plain targets are asked for in the absolute form.
func TestProxy_absolute(t *testing.T) {
	t.Parallel()
	seen := make(chan *http.Request, 1)
	p := listen(t, nil, func(c netConn) {
		br := bufio.NewReader(c)
		for {
			r, _ := request(br)
			if r == nil {
				return
			}
			seen <- r
			_, _ = io.WriteString(c, empty)
		}
	})
	proxy := &http1.Proxy{Address: p.address, Authorization: "Basic YTpi", NoProxy: []string{".example"}}
	pool := http1.NewPool(http1.Target{Address: "target.test:80", Proxy: proxy}, http1.Options{})
	defer pool.Close()
	_, _, err := exchange(t, pool, post("/a?b", held("abc")))
	require.NoError(t, err)
	r := <-seen
	assert.Equal(t, "http://target.test/a?b", r.RequestURI)
	assert.Equal(t, "target.test", r.Host)
	assert.Equal(t, "Basic YTpi", r.Header.Get("Proxy-Authorization"))
}

func TestProxy_bypass(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		address string
		proxy   http1.Proxy
		direct  bool
	}{
		{"a.test:80", http1.Proxy{}, false},
		{"a.test:80", http1.Proxy{NoProxy: []string{"*"}}, true},
		{"A.test:80", http1.Proxy{NoProxy: []string{"b.test", "a.TEST"}}, true},
		{"a.test:80", http1.Proxy{NoProxy: []string{"a.test:81"}}, false},
		{"a.test:80", http1.Proxy{NoProxy: []string{"a.test:80"}}, true},
		{"x.a.test:80", http1.Proxy{NoProxy: []string{".a.test"}}, true},
		{"a.test:80", http1.Proxy{NoProxy: []string{".a.test"}}, true},
		{"xa.test:80", http1.Proxy{NoProxy: []string{".a.test"}}, false},
		{"10.1.2.3:80", http1.Proxy{NoProxy: []string{"10.0.0.0/8"}}, true},
		{"11.1.2.3:80", http1.Proxy{NoProxy: []string{"10.0.0.0/8"}}, false},
		{"[::1]:80", http1.Proxy{NoProxy: []string{"::1"}}, true},
		{"host:80", http1.Proxy{BypassLocal: true}, true},
		{"127.0.0.9:80", http1.Proxy{BypassLocal: true}, true},
		{"10.0.0.1:80", http1.Proxy{BypassLocal: true}, false},
		{"a.test:80", http1.Proxy{BypassLocal: true}, false},
	} {
		var dialed string
		tc.proxy.Address = "proxy.test:8080"
		pool := http1.NewPool(http1.Target{Address: tc.address, Proxy: &tc.proxy}, http1.Options{
			Dial: func(_ context.Context, _, address string) (net.Conn, error) {
				dialed = address
				return nil, io.ErrNoProgress
			},
		})
		_, err := pool.Do(context.Background(), get())
		require.ErrorIs(t, err, io.ErrNoProgress)
		assert.Equal(t, tc.direct, dialed == tc.address, "%s %v", tc.address, tc.proxy)
	}
}

// TestTLS_refused: a target that cannot be trusted has seen nothing.
func TestTLS_refused(t *testing.T) {
	t.Parallel()
	server, client := identity(t)
	stranger := client.Clone()
	stranger.ServerName = "other.example"
	for name, tc := range map[string]struct{ server, client *tls.Config }{
		"wrong name": {server, stranger}, "unknown authority": {server, &tls.Config{MinVersion: tls.VersionTLS12}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := listen(t, tc.server, echo)
			pool := http1.NewPool(http1.Target{Address: p.address, TLS: tc.client}, http1.Options{})
			defer pool.Close()
			_, _, err := exchange(t, pool, post("/", held("abc")))
			e := failed(t, err, http1.StageHandshake, refusal.UpstreamFailed)
			assert.Zero(t, e.Sent)
			assert.Zero(t, pool.Stats().Open)
		})
	}
}
