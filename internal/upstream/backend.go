package upstream

import (
	"context"
	"fmt"
	"math"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/viaduct-soap/viaduct/internal/refusal"
)

// Backend is what is known of one back end. A [Registry] makes it. Its methods
// may be called from many goroutines.
type Backend struct {
	name    string
	epoch   time.Time
	changed func(Event)

	// What choosing a member reads without the lock. Times are distances from
	// epoch.
	closed   atomic.Int64 // until when it takes no messages: by hand, breaker or health
	ejected  atomic.Int64 // until when it is out of its groups
	weight   atomic.Int64 // in force
	progress atomic.Int64 // messages

	mu        sync.Mutex // guards the rest
	o         Options
	state     State
	manual    int // weight set by hand, -1: none
	waiting   []*waiter
	row       int // failures without an answer between them
	breaker   breaker
	unhealthy bool
	checks    int   // in a row, against what is believed
	problem   error // of the last check
	counts    Counts
}

// waiter is a message that waits for a place.
type waiter struct{ grant chan error } // holds one; nil: the place is its own

const (
	forever = math.MaxInt64
	never   = math.MinInt64
)

func newBackend(name string, epoch time.Time, changed func(Event)) *Backend {
	b := &Backend{name: name, epoch: epoch, changed: changed, manual: -1}
	b.closed.Store(never)
	b.ejected.Store(never)
	return b
}

// Name returns the name of the client endpoint.
func (b *Backend) Name() string { return b.name }

// since is now as a distance from epoch; unlike a clock's time it never goes
// back.
func (b *Backend) since(now time.Time) int64 { return int64(now.Sub(b.epoch)) }

// configure puts options in force.
func (b *Backend) configure(o Options) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.o = o.withDefaults()
	b.breaker.configure(b.o.Breaker)
	b.weigh()
	if b.o.Eject.Failures == 0 {
		b.ejected.Store(never)
	}
	if !b.o.Health.On {
		b.unhealthy, b.checks, b.problem = false, 0, nil
	}
	b.gate()
	b.admit() // there may be more places now
}

// weigh publishes the weight in force.
func (b *Backend) weigh() {
	w := b.o.Weight
	if b.manual >= 0 {
		w = b.manual
	}
	b.weight.Store(int64(w))
}

// gate publishes until when the back end takes no messages.
func (b *Backend) gate() {
	until := b.breaker.until()
	if b.state != Enabled || b.unhealthy {
		until = forever
	}
	b.closed.Store(until)
}

// Acquire takes a place among the messages in progress, where there is a limit,
// and waits for one no longer than until (the zero time: as long as ctx). The
// error is a *[RefusedError], or client.gone when ctx ended meanwhile; nothing
// was sent then. Each Ticket has to be given back with Done.
func (b *Backend) Acquire(ctx context.Context, now, until time.Time) (Ticket, error) {
	b.mu.Lock()
	probe, err := b.passes(b.since(now))
	if err != nil {
		b.counts.Refused++
		b.mu.Unlock()
		return Ticket{}, err
	}
	if b.o.Concurrent == 0 || len(b.waiting) == 0 && b.progress.Load() < int64(b.o.Concurrent) {
		if probe {
			b.breaker.probe()
			b.gate()
		}
		b.progress.Add(1)
		b.mu.Unlock()
		return Ticket{b: b, probe: probe}, nil
	}
	wait := b.o.Wait
	if left := until.Sub(now); !until.IsZero() && (wait <= 0 || left < wait) {
		wait = max(left, 1) // also where nothing is left: 0 would be without an end
	}
	if probe || len(b.waiting) >= b.o.Queue {
		b.counts.Refused++
		err := refused(b.name, refusal.LimitCalls, 0, fmt.Sprintf("%d messages in progress and %d waiting; raise limits.concurrent or limits.queue", b.o.Concurrent, len(b.waiting)))
		b.mu.Unlock()
		return Ticket{}, err
	}
	w := &waiter{grant: make(chan error, 1)}
	b.waiting = append(b.waiting, w)
	b.mu.Unlock()
	return b.await(ctx, w, wait)
}

// passes reports whether a message may go to the back end, and whether it would
// be the breaker's probe.
func (b *Backend) passes(now int64) (probe bool, err error) {
	switch {
	case b.state != Enabled:
		return false, refused(b.name, refusal.UpstreamFailed, 0, b.state.String()+" by the operator")
	case b.unhealthy:
		return false, refused(b.name, refusal.UpstreamFailed, b.o.Health.Interval, fmt.Sprintf("unhealthy: %v", b.problem))
	}
	left, probe := b.breaker.left(now)
	if left > 0 {
		return false, refused(b.name, refusal.UpstreamFailed, left, "its breaker is open")
	}
	return probe, nil
}

// await waits for the place that was asked for.
func (b *Backend) await(ctx context.Context, w *waiter, wait time.Duration) (Ticket, error) {
	var late <-chan time.Time
	if wait > 0 {
		timer := time.NewTimer(wait)
		defer timer.Stop()
		late = timer.C
	}
	var err error
	select {
	case err = <-w.grant:
		return b.granted(err)
	case <-late:
		err = refused(b.name, refusal.LimitCalls, 0, "no message ended in time; raise limits.concurrent or limits.wait")
	case <-ctx.Done():
		err = refusal.Newf(refusal.ClientGone, -1, "waiting for %s: %w", b.name, context.Cause(ctx))
	}
	b.mu.Lock()
	if i := slices.Index(b.waiting, w); i >= 0 {
		b.waiting = slices.Delete(b.waiting, i, i+1)
		b.counts.Refused++
		b.mu.Unlock()
		return Ticket{}, err
	}
	b.mu.Unlock()
	return b.granted(<-w.grant) // it came at the same moment
}

func (b *Backend) granted(err error) (Ticket, error) {
	if err != nil {
		return Ticket{}, err
	}
	return Ticket{b: b}, nil
}

// admit gives free places to those who wait, in their order.
func (b *Backend) admit() {
	n := 0
	for ; n < len(b.waiting) && (b.o.Concurrent == 0 || b.progress.Load() < int64(b.o.Concurrent)); n++ {
		b.progress.Add(1)
		b.waiting[n].grant <- nil
	}
	b.waiting = slices.Delete(b.waiting, 0, n)
}

// turnAway refuses those who wait.
func (b *Backend) turnAway(err error) {
	for _, w := range b.waiting {
		w.grant <- err
		b.counts.Refused++
	}
	clear(b.waiting)
	b.waiting = b.waiting[:0]
}

// SetState enables, drains or disables the back end by hand.
func (b *Backend) SetState(s State) {
	b.mu.Lock()
	changed := b.state != s
	b.state = s
	b.gate()
	if s == Disabled {
		b.turnAway(refused(b.name, refusal.UpstreamFailed, 0, "disabled by the operator"))
	}
	b.mu.Unlock()
	if changed {
		b.changed(Event{Backend: b.name, What: Manual, Text: s.String()})
	}
}

// SetWeight sets the weight by hand, 0 to 1000; 0 leaves the back end to
// messages that no other member took. A negative weight goes back to the
// settings.
func (b *Backend) SetWeight(w int) {
	b.mu.Lock()
	b.manual = min(w, 1000)
	b.weigh()
	now := b.weight.Load()
	b.mu.Unlock()
	b.changed(Event{Backend: b.name, What: Manual, Text: fmt.Sprintf("weight %d", now)})
}

// Status returns what is known of the back end now.
func (b *Backend) Status(now time.Time) Status {
	at := b.since(now)
	b.mu.Lock()
	defer b.mu.Unlock()
	s := Status{
		Name: b.name, State: b.state, Weight: int(b.weight.Load()), Manual: b.manual >= 0,
		Progress: int(b.progress.Load()), Waiting: len(b.waiting), Limit: b.o.Concurrent,
		Takes:   b.closed.Load() <= at,
		Circuit: b.breaker.circuit(at), Healthy: !b.unhealthy, Counts: b.counts,
	}
	if s.Circuit == Open {
		s.Opened = time.Duration(b.breaker.reopens - at)
	}
	if until := b.ejected.Load(); until > at {
		s.Ejected = time.Duration(until - at)
	}
	if b.problem != nil {
		s.Problem = b.problem.Error()
	}
	return s
}
