package httpchan_test

import (
	"context"
	"crypto/tls"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/viaduct-soap/viaduct/binding"
	"github.com/viaduct-soap/viaduct/binding/httpchan"
	"github.com/viaduct-soap/viaduct/binding/textxml"
	"github.com/viaduct-soap/viaduct/internal/http1"
	"github.com/viaduct-soap/viaduct/internal/refusal"
	"github.com/viaduct-soap/viaduct/internal/testbed"
	"github.com/viaduct-soap/viaduct/internal/uritable"
	"github.com/viaduct-soap/viaduct/soap"
)

// peer serves each connection of a listener by a function.
func peer(t *testing.T, serve func(net.Conn)) string {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			wg.Go(func() {
				defer func() { _ = c.Close() }()
				_ = c.SetDeadline(time.Now().Add(patience))
				serve(c)
			})
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		wg.Wait()
	})
	return l.Addr().String()
}

// readAll reads until the connection ends.
func readAll(c net.Conn) { _, _ = io.Copy(io.Discard, c) }

// refusing is an address at which nobody listens.
func refusing(t *testing.T) string {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, l.Close())
	return l.Addr().String()
}

// TestChannel_delivery: how far an attempt came, by the stage in which it failed.
func TestChannel_delivery(t *testing.T) {
	t.Parallel()
	type setup struct {
		target  http1.Target
		options http1.Options
		edit    func(*binding.Outgoing)
		before  func(*http1.Pool)
	}
	proxy := func(t *testing.T, status string) setup {
		t.Helper()
		return setup{target: http1.Target{Address: "back.example:443", TLS: &tls.Config{MinVersion: tls.VersionTLS12}, Proxy: &http1.Proxy{Address: peer(t, func(c net.Conn) {
			_, _ = c.Read(make([]byte, 4096))
			_, _ = io.WriteString(c, "HTTP/1.1 "+status+"\r\nContent-Length: 0\r\n\r\n")
			readAll(c)
		})}}}
	}
	for _, c := range []struct {
		name     string
		setup    func(t *testing.T) setup
		delivery binding.Delivery
		kind     binding.Kind
		reason   refusal.Reason
	}{
		{name: "request", kind: binding.Other, reason: refusal.HTTPHeader, setup: func(t *testing.T) setup {
			return setup{target: http1.Target{Address: refusing(t)}, edit: func(o *binding.Outgoing) { o.HTTP = o.HTTP.Add("X-A", "a\r\nX-B: c") }}
		}},
		{name: "acquire", kind: binding.Busy, reason: refusal.LimitCalls, setup: func(t *testing.T) setup {
			address := peer(t, readAll)
			return setup{target: http1.Target{Address: address}, options: http1.Options{MaxOpen: 1}, before: func(p *http1.Pool) {
				ctx, cancel := context.WithCancel(context.Background())
				done := make(chan struct{})
				go func() {
					defer close(done)
					_, _ = p.Do(ctx, &http1.Request{Method: "POST", Path: "/"})
				}()
				t.Cleanup(func() { cancel(); <-done })
				require.Eventually(t, func() bool { return p.Stats().Open == 1 }, patience, time.Millisecond)
			}}
		}},
		{name: "acquire from a closed pool", kind: binding.Busy, reason: refusal.UpstreamFailed, setup: func(t *testing.T) setup {
			return setup{target: http1.Target{Address: refusing(t)}, before: func(p *http1.Pool) { p.Close() }}
		}},
		{name: "dial", kind: binding.NotFound, reason: refusal.UpstreamFailed, setup: func(t *testing.T) setup {
			return setup{target: http1.Target{Address: refusing(t)}}
		}},
		{name: "dial takes too long", kind: binding.Timeout, reason: refusal.UpstreamFailed, setup: func(*testing.T) setup {
			return setup{target: http1.Target{Address: "back.example:80"}, options: http1.Options{DialTimeout: 20 * time.Millisecond, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
				<-ctx.Done()
				return nil, ctx.Err()
			}}}
		}},
		{name: "proxy", kind: binding.Communication, reason: refusal.UpstreamFailed, setup: func(t *testing.T) setup { return proxy(t, "502 No") }},
		{name: "proxy wants credentials", kind: binding.Security, reason: refusal.UpstreamFailed, setup: func(t *testing.T) setup { return proxy(t, "407 Who") }},
		{name: "handshake", kind: binding.Security, reason: refusal.UpstreamFailed, setup: func(t *testing.T) setup {
			cert := testbed.NewCertificate(t)
			b := testbed.NewBackend(t, testbed.BackendOptions{TLS: cert.Server()})
			return setup{target: http1.Target{Address: b.Addr(), TLS: &tls.Config{MinVersion: tls.VersionTLS12}}} // trusts nobody of ours
		}},
		{name: "wait, cut", delivery: binding.Unknown, kind: binding.Aborted, reason: refusal.UpstreamFailed, setup: func(t *testing.T) setup {
			return setup{target: http1.Target{Address: peer(t, func(c net.Conn) { _, _ = c.Read(make([]byte, 4096)) })}}
		}},
		{name: "wait, too long", delivery: binding.Unknown, kind: binding.Timeout, reason: refusal.UpstreamFailed, setup: func(t *testing.T) setup {
			return setup{target: http1.Target{Address: peer(t, readAll)}, edit: func(o *binding.Outgoing) { o.Deadline = time.Now().Add(30 * time.Millisecond) }}
		}},
		{name: "wait, head too slow", delivery: binding.Unknown, kind: binding.Timeout, reason: refusal.UpstreamFailed, setup: func(t *testing.T) setup {
			return setup{target: http1.Target{Address: peer(t, readAll)}, options: http1.Options{ResponseHeaderTimeout: 30 * time.Millisecond}}
		}},
		{name: "head, cut", delivery: binding.Unknown, kind: binding.Aborted, reason: refusal.UpstreamFailed, setup: func(t *testing.T) setup {
			return setup{target: http1.Target{Address: peer(t, func(c net.Conn) {
				_, _ = c.Read(make([]byte, 4096))
				_, _ = io.WriteString(c, "HTTP/1.1 20")
			})}}
		}},
		{name: "head, no HTTP", delivery: binding.Answered, kind: binding.Protocol, reason: refusal.UpstreamFraming, setup: func(t *testing.T) setup {
			return setup{target: http1.Target{Address: peer(t, func(c net.Conn) {
				_, _ = c.Read(make([]byte, 4096))
				_, _ = io.WriteString(c, "SSH-2.0-x\r\n\r\n")
				readAll(c)
			})}}
		}},
		{name: "body, too slow", delivery: binding.Unknown, kind: binding.Timeout, reason: refusal.UpstreamFailed, setup: func(t *testing.T) setup {
			return setup{target: http1.Target{Address: peer(t, func(c net.Conn) {
				_, _ = c.Read(make([]byte, 4096))
				_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\n"+typed+"\r\nContent-Length: 99\r\n\r\n<s:Env")
				readAll(c)
			})}, options: http1.Options{Grace: 30 * time.Millisecond}}
		}},
		{name: "body, no framing", delivery: binding.Answered, kind: binding.Protocol, reason: refusal.UpstreamFraming, setup: func(t *testing.T) setup {
			return setup{target: http1.Target{Address: peer(t, func(c net.Conn) {
				_, _ = c.Read(make([]byte, 4096))
				_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\n"+typed+"\r\nTransfer-Encoding: chunked\r\n\r\n0x1\r\n")
				readAll(c)
			})}}
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := c.setup(t)
			pool := http1.NewPool(s.target, s.options)
			t.Cleanup(pool.Close)
			if s.before != nil {
				s.before(pool)
			}
			via, err := uritable.Parse("http://back.example/s")
			require.NoError(t, err)
			ch := httpchan.NewChannel(httpchan.ChannelOptions{Via: via, Pool: pool, Encoder: textxml.New(soap.Soap11, binding.UTF8)})
			out := &binding.Outgoing{Draft: message(t, good), Deadline: time.Now().Add(500 * time.Millisecond)}
			if s.edit != nil {
				s.edit(out)
			}
			in, err := ch.Request(t.Context(), out)
			assert.Nil(t, in)
			e := failed(t, err)
			assert.Equal(t, c.delivery, e.Delivery, "%v", err)
			assert.Equal(t, c.kind, e.Kind, "%v", err)
			assert.Equal(t, c.reason, e.Reason, "%v", err)
		})
	}
}

// ntlm is a back end that takes a connection for the user who signed in on it.
func ntlm(t *testing.T) *testbed.Backend {
	t.Helper()
	var mu sync.Mutex
	users := map[int]string{}
	return testbed.NewBackend(t, testbed.BackendOptions{Script: func(r *testbed.Received) testbed.Answer {
		mu.Lock()
		defer mu.Unlock()
		if a := r.Get("Authorization"); a != "" {
			users[r.Connection] = strings.TrimPrefix(a, "NTLM ")
		}
		if users[r.Connection] == "" {
			return testbed.Answer{Octets: []byte(reply(401, "", "WWW-Authenticate: Negotiate", "WWW-Authenticate: NTLM"))}
		}
		return testbed.Answer{Octets: []byte(reply(200, strings.Replace(good, "<a/>", "<a>"+users[r.Connection]+"</a>", 1), typed))}
	}})
}

// H-169, T-HTTP-14: user B never gets A's connection.
func TestChannel_pin(t *testing.T) {
	t.Parallel()
	b := ntlm(t)
	c, _ := channel(t, b.Addr(), func(o *httpchan.ChannelOptions) { o.Pin = true })
	var one, two binding.Connection
	send := func(conn *binding.Connection, user string) (*binding.Incoming, error) {
		out := &binding.Outgoing{Draft: message(t, good), Conn: conn}
		if user != "" {
			out.HTTP = out.HTTP.Add("Authorization", "NTLM "+user)
		}
		return c.Request(t.Context(), out)
	}
	is := func(conn *binding.Connection, login, user string) {
		t.Helper()
		in, err := send(conn, login)
		require.NoError(t, err)
		defer in.Release()
		assert.Contains(t, whole(t, in), "<a>"+user+"</a>")
	}
	challenged := func(conn *binding.Connection) {
		t.Helper()
		_, err := send(conn, "")
		e := failed(t, err)
		assert.Equal(t, binding.Security, e.Kind)
		assert.Equal(t, binding.HTTPFields{{Name: "WWW-Authenticate", Value: "Negotiate"}, {Name: "WWW-Authenticate", Value: "NTLM"}}, e.HTTP)
	}
	challenged(&one)
	is(&one, "A", "A")
	is(&one, "", "A") // the connection is signed in
	challenged(&two)
	is(&two, "B", "B")
	is(&one, "", "A")
	is(&two, "", "B")
	one.Close()
	challenged(&one)
	challenged(new(binding.Connection))
	is(&two, "", "B")
	two.Close()

	in, err := send(&two, "C") // a client that has gone: not pinned, and never pooled
	require.NoError(t, err)
	in.Release()
	challenged(&two)
}

func TestChannel_pin_others(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		pin    bool
		scheme string
		pinned bool
	}{
		"NTLM": {true, "NTLM x", true}, "Negotiate": {true, "negotiate x", true},
		"Basic signs in each request": {true, "Basic x", false}, "not allowed": {false, "NTLM x", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := testbed.NewBackend(t, testbed.BackendOptions{})
			ch, _ := channel(t, b.Addr(), func(o *httpchan.ChannelOptions) { o.Pin = c.pin })
			var conn binding.Connection
			defer conn.Close()
			in, err := ch.Request(t.Context(), &binding.Outgoing{
				Draft: message(t, good), Conn: &conn, HTTP: binding.HTTPFields{{Name: "authorization", Value: c.scheme}},
			})
			require.NoError(t, err)
			in.Release()
			assert.Equal(t, c.pinned, conn.HasPin(ch))
		})
	}
}
