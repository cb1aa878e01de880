package http1

import (
	"context"
	"time"
)

// sweepLocked arranges for the connection that is idle longest to be closed in
// time. There is one timer, and none while nothing is idle.
func (p *Pool) sweepLocked() {
	if p.opts.IdleTimeout < 0 || p.sweeper != nil || p.closed || len(p.idle) == 0 {
		return
	}
	p.work.Add(1)
	wait := time.Until(p.idle[0].idleSince.Add(p.opts.IdleTimeout))
	p.sweeper = time.AfterFunc(wait, p.sweep)
}

// sweep closes what was idle too long.
func (p *Pool) sweep() {
	defer p.work.Done()
	p.mu.Lock()
	p.sweeper = nil
	end := time.Now().Add(-p.opts.IdleTimeout)
	var old []*conn
	for len(p.idle) > 0 && !p.idle[0].idleSince.After(end) {
		c := p.takeIdleLocked(0)
		p.removeLocked(c)
		old = append(old, c)
	}
	p.sweepLocked()
	p.mu.Unlock()
	for _, c := range old {
		c.close()
	}
}

// Shutdown refuses new requests and waits for those in progress, at most until
// ctx ends; then it cuts them and returns the cause of the context.
func (p *Pool) Shutdown(ctx context.Context) error {
	p.refuse()
	select {
	case <-p.drained:
	case <-ctx.Done():
		p.Close()
		return context.Cause(ctx)
	}
	p.Close()
	return nil
}

// Close refuses new requests, cuts those in progress and waits for the pool's
// goroutines. It does not wait for callers that hold a Response.Body, unless a
// request is still waiting for its source there.
func (p *Pool) Close() {
	p.refuse()
	p.mu.Lock()
	for c := p.conns; c != nil; c = c.next {
		c.cut()
	}
	p.mu.Unlock()
	p.work.Wait()
}

// refuse closes the pool for new requests and closes idle connections.
func (p *Pool) refuse() {
	p.mu.Lock()
	if p.closed {
		p.mu.Unlock()
		return
	}
	p.closed = true
	if p.sweeper != nil && p.sweeper.Stop() {
		p.work.Done()
	}
	for _, w := range p.queue {
		close(w.ready)
	}
	p.queue = nil
	p.idle = nil
	var idle []*conn
	for c := p.conns; c != nil; {
		next := c.next
		if !c.busy {
			idle = append(idle, c)
			p.removeLocked(c)
		}
		c = next
	}
	if p.open == 0 && len(idle) == 0 {
		close(p.drained) // else done with the last connection
	}
	p.mu.Unlock()
	for _, c := range idle {
		c.close()
	}
}

func (p *Pool) isClosed() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.closed
}

// Stats counts what happened in a Pool since it was made.
type Stats struct {
	Open, Idle, Waiting int   // now; Open includes Idle and dials in progress
	Dialed, Reused      int64 // connections opened; exchanges on one used before
	Stale               int64 // idle connections that the peer had closed
	Poisoned            int64 // connections discarded for octets behind an answer (T-HTTP-06)
	Cut                 int64 // connections not used again after an exchange
}

// Stats returns the counters.
func (p *Pool) Stats() Stats {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := p.stats
	s.Open, s.Idle, s.Waiting = p.open, len(p.idle), len(p.queue)
	return s
}
