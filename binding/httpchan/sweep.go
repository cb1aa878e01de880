package httpchan

import (
	"context"
	"time"
)

// sweepEvery is the grain of all time limits of a front. A timer per read would
// cost more than a small message.
const sweepEvery = 500 * time.Millisecond

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
			told := f.told
			f.told, f.leaving = f.leaving, nil
			f.mu.Unlock()
			for _, nc := range told {
				_ = nc.Close() // refused a while ago
			}
		}
	}
}

// check ends a connection that is slower than its phase allows. An expired
// deadline wakes the reader or the writer, which finds the reason in the phase.
func (c *conn) check(now time.Time) {
	o := &c.front.options
	if c.multiplexed.Load() {
		c.checkStreams(now)
		return
	}
	switch phase(c.phase.Load()) {
	case idle:
		if c.took(now) > o.IdleTimeout && c.phase.CompareAndSwap(int32(idle), int32(over)) {
			_ = c.SetReadDeadline(now) // net/http closes the connection
		}
		c.outdated(now)
	case head:
		if c.took(now) > o.HeadTimeout && c.phase.CompareAndSwap(int32(head), int32(late)) {
			_ = c.SetReadDeadline(now)
		}
	case busy:
		if c.in.tick(o) {
			_ = c.SetReadDeadline(now)
		}
		c.nudge(now)
	case rest:
		// net/http first writes and then reads, on its own account.
		if !c.out.waiting.Load() && c.in.add(o) {
			_ = c.SetReadDeadline(now)
		}
		c.nudge(now)
	case late, over:
	}
}

// nudge makes a long write tell how far it came; [conn.Write] is the judge.
func (c *conn) nudge(now time.Time) {
	if c.out.tick(&c.front.options) {
		c.nudged.Store(true)
		_ = c.SetWriteDeadline(now)
	}
}

// took is how long a phase has lasted, from when the sweeper first saw it.
func (c *conn) took(now time.Time) time.Duration {
	since := c.since.Load()
	if since == 0 {
		c.since.CompareAndSwap(0, now.UnixNano())
		return 0
	}
	return time.Duration(now.UnixNano() - since)
}

func (c *conn) checkStreams(now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for s := range c.streams {
		if s.in.tick(&c.front.options) {
			_ = s.control.SetReadDeadline(now)
		}
		if s.out.tick(&c.front.options) {
			_ = s.control.SetWriteDeadline(now)
		}
	}
}
