package testbed

import (
	"context"
	"errors"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Direction of octets through a Relay.
type Direction uint8

// The two directions.
const (
	ToServer Direction = iota // requests
	ToClient                  // answers
)

// Cut says where a Relay ends a connection.
type Cut struct {
	Direction Direction
	After     int  // octets in that direction, counted from Arm on, that still pass
	Reset     bool // RST to both sides; else FIN to both sides
}

// Relay is a TCP relay that can cut a connection at a chosen octet. TLS passes
// through it as octets.
type Relay struct {
	listener *net.TCPListener
	target   string
	ctx      context.Context // ends with Close
	cancel   context.CancelFunc
	wg       sync.WaitGroup

	mu     sync.Mutex // guards all below
	open   map[*net.TCPConn]struct{}
	armed  bool
	cut    Cut
	passed [2]int
	fired  bool
	opened int
}

// drainTime bounds how long a relay reads from peers after it sent them FIN.
const drainTime = 2 * time.Second

// NewRelay starts a relay to target, closed at the end of the test.
func NewRelay(tb testing.TB, target string) *Relay {
	tb.Helper()
	l, err := (&net.ListenConfig{}).Listen(tb.Context(), "tcp", "127.0.0.1:0")
	require.NoError(tb, err)
	tcp, ok := l.(*net.TCPListener)
	require.True(tb, ok, "listener %T", l)
	r := &Relay{listener: tcp, target: target, open: map[*net.TCPConn]struct{}{}}
	r.ctx, r.cancel = context.WithCancel(context.Background())
	r.wg.Go(r.accept)
	tb.Cleanup(r.Close)
	return r
}

// Addr returns host and port.
func (r *Relay) Addr() string { return r.listener.Addr().String() }

// Arm sets the next cut and starts counting anew. It applies once, to the
// connection on which the count is reached first.
func (r *Relay) Arm(c Cut) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.armed, r.cut, r.passed, r.fired = true, c, [2]int{}, false
}

// Disarm removes a cut that did not happen and starts counting anew.
func (r *Relay) Disarm() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.armed, r.passed, r.fired = false, [2]int{}, false
}

// Passed returns the octets forwarded since Arm or Disarm.
func (r *Relay) Passed(d Direction) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.passed[d]
}

// Fired tells whether the cut happened: FIN or RST has left to both sides.
func (r *Relay) Fired() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.fired
}

// Open returns how many connections are there now.
func (r *Relay) Open() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.open) / 2
}

// Opened returns how many connections were accepted so far.
func (r *Relay) Opened() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.opened
}

// Close ends all connections and waits for the goroutines.
func (r *Relay) Close() {
	r.cancel()
	_ = r.listener.Close()
	r.mu.Lock()
	for c := range r.open {
		_ = c.Close()
	}
	r.mu.Unlock()
	r.wg.Wait()
}

func (r *Relay) accept() {
	for {
		c, err := r.listener.AcceptTCP()
		if err != nil {
			return
		}
		r.wg.Go(func() { r.forward(c) })
	}
}

// forward joins one accepted connection to one of its own to the target.
func (r *Relay) forward(client *net.TCPConn) {
	defer func() { _ = client.Close() }()
	c, err := (&net.Dialer{Timeout: drainTime}).DialContext(r.ctx, "tcp", r.target)
	if err != nil {
		return
	}
	defer func() { _ = c.Close() }()
	server, ok := c.(*net.TCPConn)
	if !ok {
		return // the network "tcp" has no other connections
	}
	r.mu.Lock()
	r.opened++
	r.open[client], r.open[server] = struct{}{}, struct{}{}
	r.mu.Unlock()
	var pumps sync.WaitGroup
	var ended atomic.Bool
	pumps.Go(func() { r.pump(server, client, ToServer, &ended) })
	pumps.Go(func() { r.pump(client, server, ToClient, &ended) })
	pumps.Wait()
	r.mu.Lock()
	delete(r.open, client)
	delete(r.open, server)
	r.mu.Unlock()
}

// pump copies in one direction until its source ends. A source that ended
// cleanly closes the sink's direction only, as TCP does. Once the connection is
// cut nothing more passes in either direction, not even an answer that comes
// before the cut has left.
func (r *Relay) pump(to, from *net.TCPConn, d Direction, ended *atomic.Bool) {
	b := make([]byte, 32<<10)
	for {
		n, err := from.Read(b)
		if n > 0 && !ended.Load() {
			allowed, fire := r.take(d, n, ended)
			if allowed > 0 {
				_, _ = to.Write(b[:allowed]) // a sink that is gone is seen by the other pump
			}
			if fire {
				r.fire(to, from)
			}
		}
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			_ = to.CloseWrite()
			return
		}
	}
}

// take counts n octets and says how many may pass and whether the cut is due.
func (r *Relay) take(d Direction, n int, ended *atomic.Bool) (allowed int, fire bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.armed && r.cut.Direction == d && r.passed[d]+n >= r.cut.After {
		n = r.cut.After - r.passed[d]
		r.armed, fire = false, true
		ended.Store(true)
	}
	r.passed[d] += n
	return n, fire
}

// fire ends both halves of a joined connection.
func (r *Relay) fire(a, b *net.TCPConn) {
	r.mu.Lock()
	reset := r.cut.Reset
	r.mu.Unlock()
	for _, c := range []*net.TCPConn{a, b} {
		if reset {
			setLinger(c)
			_ = c.Close()
			continue
		}
		_ = c.CloseWrite()
		_ = c.SetReadDeadline(time.Now().Add(drainTime))
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.fired = true
}
