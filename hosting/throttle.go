package hosting

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/viaduct-soap/viaduct/internal/refusal"
)

// Throttle bounds the messages of one service that are in progress
// (serviceThrottling, maxConcurrentCalls). It outlives snapshots.
type Throttle struct {
	slots   chan struct{}
	wait    time.Duration
	waiting atomic.Int64
	queue   int64
	leave   func() // gives a place back; made once
}

// NewThrottle returns a throttle for calls messages at once. Twice as many may
// wait, each for at most wait; the rest is refused (threats 3.1).
func NewThrottle(calls int, wait time.Duration) *Throttle {
	t := &Throttle{slots: make(chan struct{}, calls), wait: wait, queue: 2 * int64(calls)}
	t.leave = func() { <-t.slots }
	return t
}

// Calls returns the number of messages in progress.
func (t *Throttle) Calls() int { return len(t.slots) }

// Admit waits for a place. The function that it returns gives the place back.
func (t *Throttle) Admit(ctx context.Context) (func(), error) {
	select {
	case t.slots <- struct{}{}:
		return t.leave, nil
	default:
	}
	defer t.waiting.Add(-1)
	if t.waiting.Add(1) > t.queue {
		return nil, refusal.New(refusal.LimitCalls, -1, "too many calls in progress, and too many waiting; raise maxConcurrentCalls")
	}
	timer := time.NewTimer(t.wait)
	defer timer.Stop()
	select {
	case t.slots <- struct{}{}:
		return t.leave, nil
	case <-timer.C:
		return nil, refusal.New(refusal.LimitCalls, -1, "no call ended in time; raise maxConcurrentCalls")
	case <-ctx.Done():
		return nil, refusal.Newf(refusal.ClientGone, -1, "waiting for a call to end: %w", context.Cause(ctx))
	}
}
