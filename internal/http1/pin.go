package http1

import (
	"context"
	"sync"
)

// Pin is a connection for one client connection alone, because NTLM and Negotiate
// authenticate the connection and not the request (threats T-HTTP-14). No other
// caller ever gets it, and it was never anybody else's. It counts as open in its
// Pool. A connection that broke is replaced by a new, unauthenticated one.
type Pin struct {
	pool *Pool // static

	mu     sync.Mutex // guards what follows; never held together with Pool.mu
	conn   *conn      // nil: none
	busy   bool       // an exchange is in progress
	closed bool
}

// Pin returns a pinned connection, which is opened by its first Do.
func (p *Pool) Pin() *Pin { return &Pin{pool: p} }

// Do is Pool.Do on the pinned connection. There is one exchange at a time: until
// the Body of the last answer is closed, or was read to its end, Do fails with
// ErrBusy.
func (n *Pin) Do(ctx context.Context, req *Request) (*Response, error) {
	w, err := n.pool.prepare(ctx, req)
	if err != nil {
		return nil, err
	}
	c, err := n.acquire(ctx)
	if err != nil {
		n.pool.putWriter(w)
		return nil, err
	}
	return c.do(ctx, w)
}

func (n *Pin) acquire(ctx context.Context) (*conn, error) {
	n.mu.Lock()
	c, closed, busy := n.conn, n.closed, n.busy
	n.busy = true
	n.mu.Unlock()
	switch {
	case closed:
		return nil, failure(StageAcquire, ErrClosed)
	case busy:
		return nil, failure(StageAcquire, ErrBusy)
	case c != nil && n.pool.usable(c):
		return c, nil
	}
	c, err := n.pool.acquire(ctx, n)
	n.mu.Lock()
	n.conn, n.busy = c, err == nil
	closed = n.closed
	n.mu.Unlock()
	if closed && c != nil {
		c.release(false, false)
		return nil, failure(StageAcquire, ErrClosed)
	}
	return c, err
}

// release is told by the connection that its exchange ended.
func (n *Pin) release(fit bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.busy = false
	if !fit {
		n.conn = nil
	}
}

// Close closes the connection, also within an exchange, which then fails.
func (n *Pin) Close() {
	n.mu.Lock()
	c, idle := n.conn, !n.busy
	n.closed = true
	if idle {
		n.conn = nil
	}
	n.mu.Unlock()
	switch {
	case c == nil:
	case idle:
		c.release(false, false)
	default:
		c.cut()
	}
}
