package httpchan

import (
	"bytes"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/netip"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/viaduct-soap/viaduct/binding"
	"github.com/viaduct-soap/viaduct/internal/refusal"
)

// phase says what a connection is waiting for.
type phase int32

const (
	idle phase = iota // the first octet of a request
	head              // the rest of a request head
	busy              // a handler runs; the lanes say whether the peer is waited for
	rest              // the handler has returned: the peer takes what is left, or sends what nobody reads
	late              // nothing more: the head was too slow
	over              // nothing more: no request came
)

const (
	// lingerTime and lingerOctets bound the reading behind a refusal. A connection
	// closed with unread octets is reset by the kernel, and the peer may lose the
	// answer (RFC 9112, 9.6).
	lingerTime   = 500 * time.Millisecond
	lingerOctets = 1 << 20
)

// conn is one connection of a front. It counts octets for the minimum rate and
// rewrites the refusals that net/http itself writes into Viaduct's form.
type conn struct {
	net.Conn                  // static after construction
	front              *Front // static
	source             string // static
	policy             int64  // static: the TLS policy that it was accepted under
	peer               netip.AddrPort
	binding.Connection // closed with the connection
	lanes              // of the exchange in progress on HTTP/1

	// multiplexed says that many exchanges share the connection (HTTP/2): then
	// the limits hold for each of them, and net/http's own for the connection.
	multiplexed atomic.Bool

	phase  atomic.Int32
	since  atomic.Int64 // when the sweeper first saw idle or head, Unix nanoseconds
	sized  atomic.Bool  // the exchange in progress has a body of known length, in plain octets
	nudged atomic.Bool  // the write deadline is the sweeper's
	linger atomic.Bool  // Close reads on for a while
	closed atomic.Bool

	mu      sync.Mutex           // guards streams; acquired after Front.mu
	streams map[*stream]struct{} // exchanges of a multiplexed connection
}

func newConn(nc net.Conn, f *Front) *conn {
	c := &conn{Conn: nc, front: f, policy: f.policy.Load()}
	if a, ok := nc.RemoteAddr().(*net.TCPAddr); ok {
		c.source, c.peer = a.IP.String(), a.AddrPort()
	}
	return c
}

// enter begins a phase. The sweeper stamps the time: reading the clock for each
// phase of each message is not needed at its grain.
func (c *conn) enter(p phase) {
	c.since.Store(0)
	c.phase.Store(int32(p))
}

// state follows net/http. HTTP/2 reports itself active before its first request.
func (c *conn) state(t *tls.Conn, s http.ConnState) {
	switch s {
	case http.StateIdle:
		if !c.multiplexed.Load() {
			c.enter(idle)
		}
	case http.StateActive:
		if t != nil && phase(c.phase.Load()) == head && t.ConnectionState().NegotiatedProtocol == "h2" {
			c.multiplexed.Store(true)
			c.enter(busy)
		}
	case http.StateNew, http.StateHijacked, http.StateClosed:
	}
}

// Read counts octets and notices the first one of a request head. What comes
// after the sweeper has given up is not taken: the peer sees a connection that
// was closed while idle, and may try again.
func (c *conn) Read(p []byte) (int, error) {
	if len(p) == 1 && c.sized.Load() && phase(c.phase.Load()) == busy {
		// net/http looks behind the body for the end of the connection, to cancel the
		// request, which this front does not want (docs/decisions/002). It goes without:
		// a system call, two deadlines and a wait per message. Bodies of known length
		// are read in larger pieces; should net/http look otherwise, it just reads.
		return 0, nil
	}
	n, err := c.Conn.Read(p)
	if n == 0 {
		return n, err
	}
	c.in.octets.Add(int64(n))
	if phase(c.phase.Load()) == idle {
		c.since.Store(0)
		c.phase.CompareAndSwap(int32(idle), int32(head))
	}
	if ph := phase(c.phase.Load()); ph == late || ph == over {
		return 0, os.ErrDeadlineExceeded
	}
	return n, err
}

// Write counts octets. What net/http writes while no handler runs is a refusal
// of its own making.
func (c *conn) Write(p []byte) (int, error) {
	switch phase(c.phase.Load()) {
	case head, idle:
		if c.front.options.TLS == nil && bytes.HasPrefix(p, []byte("HTTP/1.1 ")) {
			return c.rewrite(p)
		}
	case late, over:
		return len(p), nil // net/http takes half a request line for a whole one; Close knows better
	case busy, rest:
	}
	c.out.waiting.Store(true)
	defer c.out.waiting.Store(false)
	total := 0
	for {
		n, err := c.Conn.Write(p[total:])
		total += n
		c.out.octets.Add(int64(n))
		if err == nil || !errors.Is(err, os.ErrDeadlineExceeded) || !c.nudged.Swap(false) || c.out.slow(&c.front.options) {
			return total, err
		}
		_ = c.Conn.SetWriteDeadline(time.Time{}) // fails only where the next write does
	}
}

// rewrite sends net/http's refusal as an empty answer with reason and id.
func (c *conn) rewrite(p []byte) (int, error) {
	line, _, _ := bytes.Cut(p, []byte("\r\n"))
	status := line[len("HTTP/1.1 "):]
	reason := refusal.HTTPHeader
	switch {
	case bytes.HasPrefix(status, []byte("100")):
		return c.Conn.Write(p)
	case bytes.HasPrefix(status, []byte("417")):
		reason = refusal.HTTPExpect
	case bytes.HasPrefix(status, []byte("501")):
		reason = refusal.HTTPSmuggle
	case bytes.HasPrefix(status, []byte("505")):
		reason = refusal.HTTPVersion
	}
	// What net/http says behind a colon is for the log at most.
	line, _, _ = bytes.Cut(line, []byte(":"))
	c.refuse(string(line), reason, "")
	c.linger.Store(true)
	return len(p), nil
}

// refuse logs and counts a refusal that no handler made, and writes it where
// the octets of the connection are HTTP. Whoever calls it closes the connection.
func (c *conn) refuse(statusLine string, reason refusal.Reason, fields string) {
	c.front.options.Refused(reason)
	id := c.front.ids.next()
	c.front.options.Log.Info("refused", "reason", reason, "id", id, "peer", c.RemoteAddr().String())
	if c.front.options.TLS != nil {
		return
	}
	_, _ = c.Conn.Write([]byte(statusLine + "\r\n" + errorField + ": " + c.front.disclose(reason, id) + "\r\n" + fields +
		"Content-Length: 0\r\nConnection: close\r\n\r\n")) // the peer may be gone already
}

// Close tells a peer whose head was too slow why, reads on behind a refusal, and
// gives up what is bound to the connection.
func (c *conn) Close() error {
	if c.closed.Swap(true) {
		return c.Conn.Close()
	}
	switch {
	case c.front.cutting.Load():
	case phase(c.phase.Load()) == late:
		_ = c.SetWriteDeadline(time.Now().Add(time.Second))
		c.refuse("HTTP/1.1 408 Request Timeout", refusal.HTTPSlow, "")
	case c.linger.Load():
		_ = c.CloseWrite()
		_ = c.Conn.SetReadDeadline(time.Now().Add(lingerTime))
		_, _ = io.CopyN(io.Discard, c.Conn, lingerOctets)
	}
	c.front.forget(c)
	c.Connection.Close()
	return c.Conn.Close()
}

// CloseWrite ends our direction: a peer that reads to the end has the answer.
func (c *conn) CloseWrite() error {
	if t, ok := c.Conn.(*net.TCPConn); ok {
		return t.CloseWrite()
	}
	return nil
}

// reset makes the connection's end visible to a peer that takes an orderly end
// for the end of the message: HTTP/1.0 knows no other for unknown lengths.
func (c *conn) reset() {
	if t, ok := c.Conn.(*net.TCPConn); ok {
		_ = t.SetLinger(0)
	}
}

// stream is one exchange of a multiplexed connection.
type stream struct {
	lanes

	control *http.ResponseController
}

func (c *conn) open(w http.ResponseWriter) *stream {
	s := &stream{control: http.NewResponseController(w)}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.streams == nil {
		c.streams = map[*stream]struct{}{}
	}
	c.streams[s] = struct{}{}
	return s
}

func (c *conn) end(s *stream) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.streams, s)
}
