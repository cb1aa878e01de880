package http1

import (
	"context"
	"sync"
	"time"

	"github.com/viaduct-soap/viaduct/internal/refusal"
)

// Pool keeps the connections of one Target. All methods may be called at once.
type Pool struct {
	// Static after construction.
	opts  Options
	route route

	buffers, writers sync.Pool      // *[readSize]byte, *writer
	work             sync.WaitGroup // request writers and sweeps; added to under mu

	mu      sync.Mutex // guards what follows
	closed  bool
	idle    []*conn // the last one was used last
	open    int     // connections and dials in progress
	conns   *conn   // list of all connections
	queue   []*waiter
	sweeper *time.Timer   // closes idle connections; nil until there is one
	drained chan struct{} // closed when closed and open is 0
	stats   Stats
}

// waiter waits for a connection, or for the right to dial one (nil).
type waiter struct {
	ready chan *conn
	fresh bool // only a new connection will do
}

// NewPool returns a pool. It opens and starts nothing.
func NewPool(t Target, o Options) *Pool {
	return &Pool{opts: o.withDefaults(), route: newRoute(t), drained: make(chan struct{})}
}

// Do sends req and returns the answer when its head is there; the request may
// still be on its way. Every error is an *Error. The context governs the exchange
// until Response.Body is closed; one without Done but with Deadline costs least.
func (p *Pool) Do(ctx context.Context, req *Request) (*Response, error) {
	w, err := p.prepare(ctx, req)
	if err != nil {
		return nil, err
	}
	if p.opts.Trial != nil {
		return nil, p.trial(w, req)
	}
	c, err := p.acquire(ctx, nil)
	if err != nil {
		p.putWriter(w)
		return nil, err
	}
	return c.do(ctx, w)
}

// prepare formats the head before a connection is asked for.
func (p *Pool) prepare(ctx context.Context, req *Request) (*writer, error) {
	if ctx.Err() != nil {
		return nil, failure(StageRequest, context.Cause(ctx))
	}
	w, _ := p.writers.Get().(*writer)
	if w == nil {
		w = &writer{done: make(chan struct{}, 1), crlf: [2]byte{'\r', '\n'}}
	}
	if err := w.prepare(req, &p.route); err != nil {
		p.putWriter(w)
		return nil, &Error{Stage: StageRequest, Reason: reasonOf(err, refusal.Internal), Err: err}
	}
	return w, nil
}

// failure is an error before any octet was sent.
func failure(s Stage, err error) *Error {
	return &Error{Stage: s, Reason: reasonOf(err, refusal.UpstreamFailed), Err: err}
}

// acquire returns a connection that is quiet: an idle one, or a new one. For a
// pin it is always new.
func (p *Pool) acquire(ctx context.Context, pin *Pin) (*conn, error) {
	for {
		p.mu.Lock()
		if p.closed {
			p.mu.Unlock()
			return nil, failure(StageAcquire, ErrClosed)
		}
		var c *conn
		if n := len(p.idle); n > 0 && pin == nil {
			c = p.takeIdleLocked(n - 1)
		} else if p.opts.MaxOpen < 0 || p.open < p.opts.MaxOpen {
			p.open++
		} else if n > 0 {
			// A pin takes the place of the connection that was idle longest.
			old := p.takeIdleLocked(0)
			p.removeLocked(old) // nobody waits while there are idle ones
			p.open++
			defer old.close()
		} else {
			var err error
			if c, err = p.waitLocked(ctx, pin != nil); err != nil {
				return nil, err
			}
			p.mu.Lock()
		}
		p.mu.Unlock()
		if c == nil {
			return p.connect(ctx, pin)
		}
		if p.usable(c) {
			return c, nil
		}
	}
}

// usable says whether a connection that was idle may be used; if not, it is gone.
func (p *Pool) usable(c *conn) bool {
	found := c.condition()
	if found != quiet {
		c.close()
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	switch found {
	case quiet:
		p.stats.Reused++
		c.busy = true
		return true
	case stale:
		p.stats.Stale++
	case poisoned:
		p.stats.Poisoned++
	}
	p.removeLocked(c)
	return false
}

// waitLocked queues for a connection until ctx ends. It unlocks p.mu.
func (p *Pool) waitLocked(ctx context.Context, fresh bool) (*conn, error) {
	w := &waiter{ready: make(chan *conn, 1), fresh: fresh}
	p.queue = append(p.queue, w)
	p.mu.Unlock()
	var late <-chan time.Time
	if end, ok := ctx.Deadline(); ok && ctx.Done() == nil {
		t := time.NewTimer(time.Until(end))
		defer t.Stop()
		late = t.C
	}
	var err error
	select {
	case c, ok := <-w.ready:
		if !ok {
			return nil, failure(StageAcquire, ErrClosed)
		}
		return c, nil
	case <-ctx.Done():
		err = context.Cause(ctx)
	case <-late:
		err = context.DeadlineExceeded
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for i, q := range p.queue {
		if q == w {
			p.queue = append(p.queue[:i], p.queue[i+1:]...)
			return nil, &Error{Stage: StageAcquire, Reason: refusal.LimitConnections, Err: err}
		}
	}
	// It was served in the same moment: pass on what it got.
	if c, ok := <-w.ready; ok && c != nil {
		p.giveLocked(c)
	} else if ok {
		p.freeLocked()
	}
	return nil, &Error{Stage: StageAcquire, Reason: refusal.LimitConnections, Err: err}
}

// freeLocked frees the place of a connection that is gone, or hands it on.
func (p *Pool) freeLocked() {
	if len(p.queue) > 0 {
		w := p.queue[0]
		p.queue = p.queue[1:]
		w.ready <- nil
		return
	}
	p.open--
	if p.closed && p.open == 0 {
		close(p.drained)
	}
}

// giveLocked hands a connection to whoever waits, or keeps it as idle. It says
// false when there is no use for it; then its place is free and it must be closed.
func (p *Pool) giveLocked(c *conn) bool {
	if len(p.queue) > 0 && !p.queue[0].fresh && !p.closed {
		w := p.queue[0]
		p.queue = p.queue[1:]
		w.ready <- c
		return true
	}
	if len(p.queue) > 0 || p.closed || len(p.idle) >= p.opts.MaxIdle {
		p.removeLocked(c)
		return false
	}
	c.idleSince = time.Now()
	p.idle = append(p.idle, c)
	p.sweepLocked()
	return true
}

// release takes a connection back from an exchange.
func (c *conn) release(fit, surplus bool) {
	p := c.pool
	fit = fit && !surplus && !c.dead.Load()
	c.dropBuffer()
	if !fit {
		c.cut()
	}
	if c.pin != nil {
		c.pin.release(fit)
	}
	p.mu.Lock()
	if surplus {
		p.stats.Poisoned++
	}
	c.busy = false
	kept := fit && !(p.closed && c.pin != nil)
	switch {
	case !kept:
		p.stats.Cut++
		p.removeLocked(c)
	case c.pin == nil:
		kept = p.giveLocked(c)
	}
	p.mu.Unlock()
	if !kept {
		c.close()
	}
}

func (p *Pool) takeIdleLocked(i int) *conn {
	c := p.idle[i]
	copy(p.idle[i:], p.idle[i+1:])
	p.idle[len(p.idle)-1] = nil
	p.idle = p.idle[:len(p.idle)-1]
	return c
}

func (p *Pool) addLocked(c *conn) {
	if c.next = p.conns; c.next != nil {
		c.next.prev = c
	}
	p.conns = c
}

// removeLocked takes c off the list, once, and frees its place.
func (p *Pool) removeLocked(c *conn) {
	if c.gone {
		return
	}
	c.gone = true
	if c.prev != nil {
		c.prev.next = c.next
	} else {
		p.conns = c.next
	}
	if c.next != nil {
		c.next.prev = c.prev
	}
	c.next, c.prev = nil, nil
	p.freeLocked()
}

// run starts f in a goroutine that Close waits for; false: the pool is closed.
func (p *Pool) run(f func()) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return false
	}
	p.work.Go(f)
	return true
}

func (p *Pool) getBuffer() []byte {
	if b, ok := p.buffers.Get().(*[readSize]byte); ok {
		return b[:]
	}
	return new([readSize]byte)[:]
}

func (p *Pool) putBuffer(b []byte) { p.buffers.Put((*[readSize]byte)(b)) }

func (p *Pool) putWriter(w *writer) {
	w.reset()
	p.writers.Put(w)
}
