package http1

import (
	"net"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// readSize is the first size of a read buffer: the head and body of a small
// answer come in one read, and the rest of a large body bypasses the buffer.
const readSize = 4 << 10

// conn is one connection. One exchange at a time uses it.
type conn struct {
	// Static after construction.
	pool     *Pool
	pin      *Pin            // nil: pooled
	raw      net.Conn        // the socket
	nc       net.Conn        // raw, or TLS over it
	sys      syscall.RawConn // of raw; nil: none
	secure   bool            // nc is not raw
	vectored bool            // nc takes several slices in one call
	cancel   func()          // bound method onCancel
	look     func(fd uintptr)

	cancelled sync.WaitGroup // a run of cancel
	dead      atomic.Bool    // cut

	// Guarded by pool.mu.
	idleSince  time.Time
	next, prev *conn // the list of all connections
	busy, gone bool  // in an exchange; taken off the list

	// Owned by the exchange, or by the goroutine that looks at an idle connection.
	buf      []byte // nil while idle
	r, w     int    // what is read but not consumed: buf[r:w]
	deadline time.Time
	seen     int // result of look: octets found
	seenErr  error
	probe    [1]byte
}

func newConn(p *Pool, pin *Pin, raw, nc net.Conn) *conn {
	c := &conn{pool: p, pin: pin, raw: raw, nc: nc, secure: raw != nc}
	_, c.vectored = nc.(*net.TCPConn)
	if s, ok := raw.(syscall.Conn); ok && canLook {
		c.sys, _ = s.SyscallConn() // nil: the slow look serves
	}
	c.cancel, c.look = c.onCancel, c.lookAt
	return c
}

// cut ends the connection at once, from any goroutine. TLS gets no close_notify:
// the peer must not take what it has for the whole.
func (c *conn) cut() {
	if !c.dead.Swap(true) {
		_ = c.raw.Close()
	}
}

// close ends a connection that stands between messages.
func (c *conn) close() {
	if !c.dead.Swap(true) {
		_ = c.nc.Close()
	}
}

func (c *conn) onCancel() {
	defer c.cancelled.Done()
	c.cut()
}

// unread returns the octets that were received but not consumed.
func (c *conn) unread() []byte { return c.buf[c.r:c.w] }

// room makes room for more octets behind the unread ones, by moving them to the
// front or by doubling the buffer. The callers' limits bound its growth.
func (c *conn) room() []byte {
	switch {
	case c.buf == nil:
		c.buf = c.pool.getBuffer()
	case c.r == c.w:
		c.r, c.w = 0, 0
	case len(c.buf)-c.w >= readSize/4:
	case c.r > 0:
		c.w = copy(c.buf, c.buf[c.r:c.w])
		c.r = 0
	default:
		grown := make([]byte, 2*len(c.buf))
		copy(grown, c.buf)
		c.buf = grown
	}
	return c.buf[c.w:]
}

// dropBuffer gives the buffer away while the connection is idle.
func (c *conn) dropBuffer() {
	if len(c.buf) == readSize {
		c.pool.putBuffer(c.buf)
	}
	c.buf, c.r, c.w = nil, 0, 0
}

// setReadDeadline is remembered, because body reads compare it with their pace.
func (c *conn) setReadDeadline(t time.Time) {
	c.deadline = t
	_ = c.nc.SetReadDeadline(t)
}

// setDeadline sets both directions.
func (c *conn) setDeadline(t time.Time) {
	c.deadline = t
	_ = c.nc.SetDeadline(t)
}
