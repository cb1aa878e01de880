package hosting

import (
	"context"
	"sync"
	"sync/atomic"

	"github.com/viaduct-soap/viaduct/binding"
	"github.com/viaduct-soap/viaduct/internal/uritable"
)

// Snapshot is one configuration in force: which listener a message meets. It is
// immutable once it is given to a Host.
type Snapshot struct {
	listeners *uritable.Table[*binding.Listener]
}

// NewSnapshot returns an empty snapshot.
func NewSnapshot() *Snapshot {
	return &Snapshot{listeners: uritable.NewTable[*binding.Listener](uritable.Options{Port: true})}
}

// Add registers a listener at its listen URI, in the host mode of its binding.
// Two listeners at one URI are an error that names both.
func (s *Snapshot) Add(at uritable.URI, l *binding.Listener) error {
	return s.AddIn(l.Binding.HostMode, at, l)
}

// AddIn is Add in another host mode: under IIS the binding of the site decides
// (dispatch 9.3).
func (s *Snapshot) AddIn(m uritable.Mode, at uritable.URI, l *binding.Listener) error {
	return s.listeners.Add(at, m, l, l.Pos.String())
}

// Host holds the snapshot in force, and counts the messages that were accepted
// and are on their way.
type Host struct {
	current atomic.Pointer[Snapshot]
	// lifetime ends when accepted messages shall be given up.
	lifetime context.Context //nolint:containedctx // the host's own lifetime
	giveUp   context.CancelCauseFunc
	drained  chan struct{} // closed when draining and nothing is pending

	mu       sync.Mutex // guards the rest
	pending  int
	draining bool
}

var _ binding.Dispatcher = (*Host)(nil)

// NewHost returns a host that serves s.
func NewHost(s *Snapshot) *Host {
	h := &Host{drained: make(chan struct{})}
	h.lifetime, h.giveUp = context.WithCancelCause(context.Background())
	h.current.Store(s)
	return h
}

// Swap puts another snapshot in force. Messages that have begun keep theirs.
func (h *Host) Swap(s *Snapshot) { h.current.Store(s) }

// Listener finds the listener of a request: strong wildcards first, then exact
// host names, then weak wildcards; within each the longest path (dispatch 5.1).
func (h *Host) Listener(via uritable.URI) *binding.Listener {
	if e := h.current.Load().listeners.Search(via); e != nil {
		return e.Value
	}
	return nil
}

// Detach runs deliver in a goroutine that Drain waits for. It returns false, and
// runs nothing, when Drain has begun: nobody would wait for the message.
func (h *Host) Detach(deliver func(ctx context.Context)) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.draining {
		return false
	}
	h.pending++
	go func() {
		defer h.arrived()
		deliver(h.lifetime)
	}()
	return true
}

func (h *Host) arrived() {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.pending--; h.pending == 0 && h.draining {
		close(h.drained)
	}
}

// Pending returns the number of messages that were accepted and are not
// delivered yet.
func (h *Host) Pending() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.pending
}

// Drain waits for the messages that were accepted and are not delivered yet;
// from its call on none is accepted. It returns the context's error when they
// did not end in time; they are given up then, and Drain waits until they have
// noticed. Call it once the transports take no more requests.
func (h *Host) Drain(ctx context.Context) error {
	h.mu.Lock()
	if !h.draining {
		h.draining = true
		if h.pending == 0 {
			close(h.drained)
		}
	}
	h.mu.Unlock()
	select {
	case <-h.drained:
		return nil
	default:
	}
	select {
	case <-h.drained:
		return nil
	case <-ctx.Done():
		h.giveUp(context.Cause(ctx))
		<-h.drained
		return context.Cause(ctx)
	}
}
