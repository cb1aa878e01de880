package upstream_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/viaduct-soap/viaduct/addressing"
	"github.com/viaduct-soap/viaduct/internal/refusal"
	"github.com/viaduct-soap/viaduct/internal/upstream"
	"github.com/viaduct-soap/viaduct/soap"
)

// events are what a registry told.
type events struct {
	mu   sync.Mutex
	list []upstream.Event
}

func (e *events) add(v upstream.Event) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.list = append(e.list, v)
}

// words are the events as "backend what".
func (e *events) words() string {
	e.mu.Lock()
	defer e.mu.Unlock()
	var list []string
	for _, v := range e.list {
		list = append(list, v.Backend+" "+string(v.What))
	}
	return strings.Join(list, ", ")
}

// start is when the tests that count time by themselves begin.
var start = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// backend returns a back end of a registry of its own.
func backend(o upstream.Options) (*upstream.Backend, *events) {
	e := &events{}
	u := upstream.NewRegistry(start, e.add).Update()
	b := u.Ensure("orders", o)
	u.Commit()
	return b, e
}

// acquire takes a place without waiting.
func acquire(tb testing.TB, b *upstream.Backend, now time.Time) upstream.Ticket {
	tb.Helper()
	t, err := b.Acquire(context.Background(), now, time.Time{})
	require.NoError(tb, err)
	return t
}

// refuses asserts that the back end takes no message, and returns why.
func refuses(tb testing.TB, b *upstream.Backend, now time.Time) *upstream.RefusedError {
	tb.Helper()
	_, err := b.Acquire(context.Background(), now, time.Time{})
	r, ok := errors.AsType[*upstream.RefusedError](err)
	require.True(tb, ok, "%v", err)
	return r
}

func TestBackend_concurrent(t *testing.T) {
	t.Parallel()
	b, _ := backend(upstream.Options{Concurrent: 2})
	one, two := acquire(t, b, start), acquire(t, b, start)
	r := refuses(t, b, start)
	assert.Equal(t, refusal.LimitCalls, r.Reason)
	assert.Equal(t, time.Second, r.RetryAfter())
	assert.Equal(t, "orders: 2 messages in progress and 0 waiting; raise limits.concurrent or limits.queue", r.Error())
	one.Done(upstream.Answered, start)
	three := acquire(t, b, start)
	two.Done(upstream.Failed, start)
	three.Done(upstream.Unjudged, start)
	s := b.Status(start)
	assert.Equal(t, upstream.Counts{Answered: 1, Failed: 1, Refused: 1}, s.Counts)
	assert.Zero(t, s.Progress)
	assert.True(t, s.Takes)
	assert.Equal(t, 2, s.Limit)
	upstream.Ticket{}.Done(upstream.Failed, start) // of a back end that counts nothing
}

func TestBackend_queue(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b, _ := backend(upstream.Options{Concurrent: 1, Queue: 2, Wait: 3 * time.Second})
		first := acquire(t, b, time.Now())
		order := make(chan int, 2)
		for i := range 2 {
			go func() {
				got, err := b.Acquire(t.Context(), time.Now(), time.Time{})
				assert.NoError(t, err)
				order <- i
				got.Done(upstream.Answered, time.Now())
			}()
			synctest.Wait()
		}
		assert.Equal(t, 2, b.Status(time.Now()).Waiting)
		assert.Contains(t, refuses(t, b, time.Now()).Error(), "1 messages in progress and 2 waiting")
		first.Done(upstream.Answered, time.Now())
		synctest.Wait()
		assert.Equal(t, []int{0, 1}, []int{<-order, <-order}, "in their order")
		assert.Zero(t, b.Status(time.Now()).Progress)
	})
}

func TestBackend_waitEnds(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		wait   time.Duration
		until  time.Duration // of the attempt, 0: none
		cancel time.Duration
		took   time.Duration
		reason refusal.Reason
	}{
		{name: "limits.wait", wait: 3 * time.Second, until: time.Minute, took: 3 * time.Second, reason: refusal.LimitCalls},
		{name: "the attempt ends before", wait: 3 * time.Second, until: time.Second, took: time.Second, reason: refusal.LimitCalls},
		{name: "no wait given: the attempt", until: time.Minute, took: time.Minute, reason: refusal.LimitCalls},
		{name: "the attempt has ended", until: -time.Second, took: 1, reason: refusal.LimitCalls},
		{name: "the client went away", cancel: 2 * time.Second, took: 2 * time.Second, reason: refusal.ClientGone},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b, _ := backend(upstream.Options{Concurrent: 1, Queue: 1, Wait: c.wait})
				first := acquire(t, b, time.Now())
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				if c.cancel > 0 {
					time.AfterFunc(c.cancel, cancel)
				}
				begun := time.Now()
				until := time.Time{}
				if c.until != 0 {
					until = begun.Add(c.until)
				}
				_, err := b.Acquire(ctx, begun, until)
				require.Error(t, err)
				assert.Equal(t, c.took, time.Since(begun))
				if r, ok := errors.AsType[*upstream.RefusedError](err); ok {
					assert.Equal(t, c.reason, r.Reason)
				} else {
					assert.Equal(t, c.reason, refusal.Of(err))
				}
				assert.Zero(t, b.Status(time.Now()).Waiting)
				first.Done(upstream.Answered, time.Now())
				acquire(t, b, time.Now()).Done(upstream.Answered, time.Now())
			})
		})
	}
}

// TestBackend_waitersAreTurnedAway: whoever waits for a back end that goes out of
// service need not wait to the end.
func TestBackend_waitersAreTurnedAway(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		o      upstream.Options
		happen func(b *upstream.Backend, first upstream.Ticket)
		turned bool
	}{
		{name: "disabled", happen: func(b *upstream.Backend, _ upstream.Ticket) { b.SetState(upstream.Disabled) }, turned: true},
		{name: "drained: they go on", happen: func(b *upstream.Backend, first upstream.Ticket) {
			b.SetState(upstream.Draining)
			first.Done(upstream.Answered, time.Now())
		}},
		{name: "unhealthy", o: upstream.Options{Health: upstream.Health{Unhealthy: 1}}, happen: func(b *upstream.Backend, _ upstream.Ticket) { b.Checked(errors.New("ill")) }, turned: true},
		{name: "breaker", o: upstream.Options{Breaker: upstream.Breaker{Failures: 1}}, happen: func(_ *upstream.Backend, first upstream.Ticket) {
			first.Done(upstream.Failed, time.Now())
		}, turned: true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				c.o.Concurrent, c.o.Queue = 1, 1
				b, _ := backend(c.o)
				first := acquire(t, b, time.Now())
				result := make(chan error, 1)
				go func() {
					_, err := b.Acquire(t.Context(), time.Now(), time.Time{})
					result <- err
				}()
				synctest.Wait()
				c.happen(b, first)
				err := <-result
				if !c.turned {
					assert.NoError(t, err)
					return
				}
				r, ok := errors.AsType[*upstream.RefusedError](err)
				require.True(t, ok, "%v", err)
				assert.Equal(t, refusal.UpstreamFailed, r.Reason)
			})
		})
	}
}

func TestBackend_breaker(t *testing.T) {
	t.Parallel()
	b, e := backend(upstream.Options{Breaker: upstream.Breaker{Failures: 3, Within: 10 * time.Second, Open: 5 * time.Second}})
	at := func(s float64) time.Time { return start.Add(time.Duration(s * float64(time.Second))) }
	fail := func(s float64) { acquire(t, b, at(s)).Done(upstream.Failed, at(s)) }
	circuit := func(s float64) upstream.Circuit { return b.Status(at(s)).Circuit }

	fail(0)
	fail(6)
	fail(11) // the first is 11 s ago
	acquire(t, b, at(11)).Done(upstream.Answered, at(11))
	assert.Equal(t, upstream.Closed, circuit(11), "an answer changes nothing of the count")
	late := acquire(t, b, at(12))
	fail(12)
	assert.Equal(t, upstream.Open, circuit(12))
	late.Done(upstream.Failed, at(13))
	r := refuses(t, b, at(14))
	assert.Equal(t, refusal.UpstreamFailed, r.Reason)
	assert.Equal(t, 3*time.Second, r.After)
	assert.Equal(t, 3*time.Second, b.Status(at(14)).Opened)

	assert.Equal(t, upstream.HalfOpen, circuit(17))
	probe := acquire(t, b, at(17))
	assert.Equal(t, time.Second, refuses(t, b, at(18)).After, "one probe at a time")
	probe.Done(upstream.Failed, at(19))
	assert.Equal(t, upstream.Open, circuit(19))
	assert.Equal(t, 4*time.Second, refuses(t, b, at(20)).After)

	acquire(t, b, at(24)).Done(upstream.Unjudged, at(24))
	probe = acquire(t, b, at(24))
	probe.Done(upstream.Answered, at(25))
	assert.Equal(t, upstream.Closed, circuit(25))
	fail(25)
	fail(25)
	assert.Equal(t, upstream.Closed, circuit(25), "what was counted before it opened is forgotten")
	assert.Equal(t, "orders opened, orders opened, orders closed", e.words())
	assert.Equal(t, uint64(1), b.Status(at(25)).Counts.Openings-1)
}

func TestBackend_breakerOfOne(t *testing.T) {
	t.Parallel()
	b, _ := backend(upstream.Options{Breaker: upstream.Breaker{Failures: 1}})
	acquire(t, b, start).Done(upstream.Failed, start)
	assert.Equal(t, 15*time.Second, refuses(t, b, start).After, "the default")
}

func TestBackend_health(t *testing.T) {
	t.Parallel()
	ill := errors.New("connection refused")
	e := &events{}
	registry := upstream.NewRegistry(start, e.add)
	load := func(h upstream.Health) *upstream.Backend {
		u := registry.Update()
		b := u.Ensure("orders", upstream.Options{Health: h})
		u.Commit()
		return b
	}
	b := load(upstream.Health{On: true, Healthy: 2, Unhealthy: 3})
	for i, err := range []error{ill, ill, nil, ill, ill} {
		b.Checked(err)
		require.True(t, b.Status(start).Healthy, "check %d", i)
	}
	b.Checked(ill)
	s := b.Status(start)
	assert.False(t, s.Healthy)
	assert.False(t, s.Takes)
	assert.Equal(t, "connection refused", s.Problem)
	assert.Contains(t, refuses(t, b, start).Error(), "unhealthy: connection refused")
	b.Checked(nil)
	b.Checked(ill)
	b.Checked(nil)
	assert.False(t, b.Status(start).Healthy, "in a row")
	b.Checked(nil)
	assert.True(t, b.Status(start).Healthy)
	assert.Equal(t, "orders unhealthy, orders healthy", e.words())
	for range 3 {
		b.Checked(ill)
	}
	load(upstream.Health{On: true, Healthy: 2, Unhealthy: 3})
	assert.False(t, b.Status(start).Healthy, "a reload changes nothing")
	load(upstream.Health{})
	assert.True(t, b.Status(start).Healthy, "without checks nobody knows better")
}

func TestBackend_manual(t *testing.T) {
	t.Parallel()
	b, e := backend(upstream.Options{Weight: 3})
	for _, word := range []string{"draining", "disabled", "enabled"} {
		s, ok := upstream.ParseState(word)
		require.True(t, ok)
		b.SetState(s)
		b.SetState(s)
		assert.Equal(t, s, b.Status(start).State)
		if s != upstream.Enabled {
			assert.Contains(t, refuses(t, b, start).Error(), word)
		}
	}
	_, ok := upstream.ParseState("asleep")
	assert.False(t, ok)
	b.SetWeight(5000)
	assert.Equal(t, 1000, b.Status(start).Weight)
	assert.True(t, b.Status(start).Manual)
	b.SetWeight(-1)
	assert.Equal(t, 3, b.Status(start).Weight)
	assert.Equal(t, strings.TrimSuffix(strings.Repeat("orders manual, ", 5), ", "), e.words())
}

// TestRegistry_reload: what is known of a back end outlives the configuration,
// and a configuration that never takes force changes nothing.
func TestRegistry_reload(t *testing.T) {
	t.Parallel()
	r := upstream.NewRegistry(start, nil)
	u := r.Update()
	a := u.Ensure("a", upstream.Options{Concurrent: 1})
	assert.Same(t, a, u.Ensure("a", upstream.Options{Concurrent: 1}))
	u.Ensure("gone", upstream.Options{})
	_, ok := r.Find("a")
	assert.False(t, ok, "before Commit")
	u.Commit()
	a.SetState(upstream.Draining)
	a.SetState(upstream.Enabled)
	a.SetWeight(7)
	ticket := acquire(t, a, start)

	wrong := r.Update()
	wrong.Ensure("a", upstream.Options{Concurrent: 100})
	assert.Equal(t, 1, a.Status(start).Limit)

	u = r.Update()
	assert.Same(t, a, u.Ensure("a", upstream.Options{Concurrent: 2, Weight: 4}))
	u.Ensure("new", upstream.Options{})
	u.Commit()
	var names []string
	for _, b := range r.Backends() {
		names = append(names, b.Name())
	}
	assert.Equal(t, []string{"a", "new"}, names)
	s := a.Status(start)
	assert.Equal(t, 2, s.Limit)
	assert.Equal(t, 1, s.Progress)
	assert.Equal(t, 7, s.Weight, "what was set by hand stays")
	ticket.Done(upstream.Answered, start)
}

// TestRegistry_morePlaces: a limit that is raised lets those in who wait.
func TestRegistry_morePlaces(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := upstream.NewRegistry(time.Now(), nil)
		u := r.Update()
		b := u.Ensure("a", upstream.Options{Concurrent: 1, Queue: 1})
		u.Commit()
		acquire(t, b, time.Now())
		result := make(chan error)
		go func() {
			_, err := b.Acquire(t.Context(), time.Now(), time.Time{})
			result <- err
		}()
		synctest.Wait()
		u = r.Update()
		u.Ensure("a", upstream.Options{})
		u.Commit()
		assert.NoError(t, <-result)
	})
}

func TestRefusedError_Fault(t *testing.T) {
	t.Parallel()
	b, _ := backend(upstream.Options{Concurrent: 1})
	acquire(t, b, start)
	_, err := b.Acquire(context.Background(), start, time.Time{})
	f := addressing.FaultFrom(&refusal.Error{Reason: refusal.LimitCalls, Err: err}, soap.Soap12WSAddressing10)
	assert.Equal(t, "EndpointUnavailable", f.Subcodes[0].Local)
	assert.Contains(t, string(f.Detail), ">1000</a:RetryAfter>")
	assert.NotContains(t, f.Reason, "orders", "clients learn no names")
}

// TestBackend_concurrently keeps the limit whatever comes.
func TestBackend_concurrently(t *testing.T) {
	t.Parallel()
	b, _ := backend(upstream.Options{Concurrent: 3, Queue: 100, Breaker: upstream.Breaker{Failures: 1000}})
	var wg sync.WaitGroup
	var mu sync.Mutex
	now, most := 0, 0
	for range 50 {
		wg.Go(func() {
			for range 20 {
				ticket, err := b.Acquire(context.Background(), time.Now(), time.Time{})
				if !assert.NoError(t, err) {
					return
				}
				mu.Lock()
				now++
				most = max(most, now)
				mu.Unlock()
				mu.Lock()
				now--
				mu.Unlock()
				ticket.Done(upstream.Answered, time.Now())
			}
		})
	}
	wg.Wait()
	assert.LessOrEqual(t, most, 3)
	s := b.Status(time.Now())
	assert.Equal(t, uint64(1000), s.Counts.Answered)
	assert.Zero(t, s.Progress)
}
