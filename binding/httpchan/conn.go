package httpchan

import (
	"bytes"
	"context"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/viaduct-soap/viaduct/binding"
	"github.com/viaduct-soap/viaduct/internal/refusal"
)

// phase says what a connection is waiting for.
type phase int32

const (
	idle    phase = iota // the first octet of a request
	head                 // the rest of a request head
	body                 // the body of a request that is being handled
	working              // the handler; nothing is expected of the peer
	answer               // the peer has to take the response
	expired              // the sweeper gave up
)

// sweepEvery is the grain of all time limits of a front. A timer per read would
// cost more than a small message.
const sweepEvery = 500 * time.Millisecond

// conn is one connection of a front. It counts octets for the minimum rate and
// rewrites the refusals that net/http itself writes into Viaduct's form.
type conn struct {
	net.Conn                  // static after construction
	front              *Front // static
	source             string // static
	binding.Connection        // closed with the connection

	// multiplexed says that many exchanges share the connection (HTTP/2): then
	// only net/http's own limits hold for it.
	multiplexed atomic.Bool

	phase  atomic.Int32
	since  atomic.Int64 // when the sweeper first saw the phase, Unix nanoseconds
	octets atomic.Int64 // moved in this phase
	closed atomic.Bool
}

func newConn(nc net.Conn, f *Front, source string) *conn {
	c := &conn{Conn: nc, front: f, source: source}
	c.enter(idle)
	return c
}

// enter begins a phase. The sweeper stamps the time: reading the clock for each
// phase of each message is not needed at a grain of half a second.
func (c *conn) enter(p phase) {
	c.octets.Store(0)
	c.since.Store(0)
	c.phase.Store(int32(p))
}

func (c *conn) state(s http.ConnState) {
	switch s {
	case http.StateIdle:
		c.enter(idle)
	case http.StateNew, http.StateActive, http.StateHijacked, http.StateClosed:
	}
}

// Read counts octets and notices the first one of a request head.
func (c *conn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if n > 0 {
		c.octets.Add(int64(n))
		if phase(c.phase.Load()) == idle && !c.multiplexed.Load() {
			c.enter(head)
		}
	}
	return n, err
}

// Write counts octets. What net/http writes while no handler runs is a refusal
// of its own making.
func (c *conn) Write(p []byte) (int, error) {
	if ph := phase(c.phase.Load()); (ph == head || ph == idle) && c.front.options.TLS == nil && bytes.HasPrefix(p, []byte("HTTP/1.1 ")) {
		return c.rewrite(p)
	}
	n, err := c.Conn.Write(p)
	c.octets.Add(int64(n))
	return n, err
}

// rewrite sends net/http's refusal as an empty answer with reason and id.
func (c *conn) rewrite(p []byte) (int, error) {
	line, _, _ := bytes.Cut(p, []byte("\r\n"))
	if bytes.HasPrefix(line, []byte("HTTP/1.1 100")) {
		return c.Conn.Write(p)
	}
	reason := refusal.HTTPHeader
	switch {
	case bytes.Contains(line, []byte(" 501 ")):
		reason = refusal.HTTPSmuggle
	case bytes.Contains(line, []byte(" 505 ")):
		reason = refusal.HTTPVersion
	case bytes.Contains(p, []byte("ontent-Length")), bytes.Contains(p, []byte("ransfer")):
		reason = refusal.HTTPSmuggle
	}
	c.refuse(string(line), reason, "")
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

// Close tells a peer whose head was too slow why, and gives up what is bound to
// the connection.
func (c *conn) Close() error {
	if c.closed.Swap(true) {
		return c.Conn.Close()
	}
	if phase(c.phase.Load()) == expired {
		_ = c.SetWriteDeadline(time.Now().Add(time.Second))
		c.refuse("HTTP/1.1 408 Request Timeout", refusal.HTTPSlow, "")
	}
	c.front.forget(c)
	c.Connection.Close()
	return c.Conn.Close()
}

// CloseWrite lets net/http end its direction before it closes: else the kernel
// may drop a refusal that the peer has not read.
func (c *conn) CloseWrite() error {
	if t, ok := c.Conn.(*net.TCPConn); ok {
		return t.CloseWrite()
	}
	return nil
}

// sweep looks at all connections now and then and ends those that are too slow.
func (f *Front) sweep(ctx context.Context) {
	t := time.NewTicker(sweepEvery)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case now := <-t.C:
			f.mu.Lock()
			for c := range f.conns {
				c.check(now)
			}
			f.mu.Unlock()
		}
	}
}

// check ends a connection that is slower than its phase allows. An expired
// deadline wakes the reader or the writer, which finds the reason in the phase.
func (c *conn) check(now time.Time) {
	ph, o := phase(c.phase.Load()), &c.front.options
	since := c.since.Load()
	if since == 0 {
		c.since.CompareAndSwap(0, now.UnixNano())
		return
	}
	took := time.Duration(now.UnixNano() - since)
	switch ph {
	case idle:
		if took > o.IdleTimeout {
			_ = c.SetReadDeadline(now) // net/http closes the connection
		}
	case head:
		if took > o.HeadTimeout && c.phase.CompareAndSwap(int32(head), int32(expired)) {
			_ = c.SetReadDeadline(now)
		}
	case body:
		if c.tooSlow(took) {
			_ = c.SetReadDeadline(now)
		}
	case answer:
		if c.tooSlow(took) {
			_ = c.SetWriteDeadline(now)
		}
	case working, expired:
	}
}

func (c *conn) tooSlow(took time.Duration) bool {
	o := &c.front.options
	if o.MinRate < 0 || took <= o.Grace {
		return false
	}
	return float64(c.octets.Load()) < float64(o.MinRate)*(took-o.Grace).Seconds()
}
