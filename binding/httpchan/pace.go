package httpchan

import (
	"sync/atomic"
	"time"
)

// lane is one direction of an exchange, as the sweeper sees it. Only time in
// which the peer is waited for counts, in steps of the sweeper: what Viaduct or
// a destination takes for itself is not the client's slowness (threats
// T-HTTP-10).
type lane struct {
	waiting atomic.Bool  // for the peer, now
	octets  atomic.Int64 // moved
	waited  atomic.Int64 // nanoseconds
}

// lanes are both directions of an exchange.
type lanes struct{ in, out lane }

// begin forgets the exchange before.
func (l *lanes) begin() {
	l.in.begin()
	l.out.begin()
}

func (l *lane) begin() {
	l.octets.Store(0)
	if l.waited.Load() != 0 {
		l.waited.Store(0)
	}
}

// tick adds a step of the sweeper if the peer is waited for, and reports whether
// the peer is too slow.
func (l *lane) tick(o *FrontOptions) bool { return l.waiting.Load() && l.add(o) }

// add is tick for a lane that is known to wait.
func (l *lane) add(o *FrontOptions) bool {
	l.waited.Add(int64(sweepEvery))
	return l.slow(o)
}

// slow reports whether less than the minimum rate came through.
func (l *lane) slow(o *FrontOptions) bool {
	counted := time.Duration(l.waited.Load()) - o.Grace
	if o.MinRate < 0 || counted <= 0 {
		return false
	}
	return float64(l.octets.Load()) < float64(o.MinRate)*counted.Seconds()
}
