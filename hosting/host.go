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

// Add registers a listener at its listen URI. Two listeners at one URI are an
// error that names both.
func (s *Snapshot) Add(at uritable.URI, l *binding.Listener) error {
	return s.listeners.Add(at, l.Binding.HostMode, l, l.Pos.String())
}

// Host holds the snapshot in force.
type Host struct {
	current  atomic.Pointer[Snapshot]
	detached sync.WaitGroup
	// lifetime ends when accepted messages shall be given up.
	lifetime context.Context //nolint:containedctx // the host's own lifetime
	giveUp   context.CancelCauseFunc
}

var _ binding.Dispatcher = (*Host)(nil)

// NewHost returns a host that serves s.
func NewHost(s *Snapshot) *Host {
	h := &Host{}
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

// Drain waits for the messages that were accepted and are not delivered yet. It
// returns the context's error when they did not end in time; they are given up
// then, and Drain waits until they have noticed.
func (h *Host) Drain(ctx context.Context) error {
	done := make(chan struct{})
	go func() {
		defer close(done)
		h.detached.Wait()
	}()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		h.giveUp(context.Cause(ctx))
		<-done
		return context.Cause(ctx)
	}
}
