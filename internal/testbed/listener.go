package testbed

import (
	"context"
	"net"
	"sync"
)

// Listener is a net.Listener in memory. Its connections are synchronous pipes
// (net.Pipe), so it works inside a testing/synctest bubble.
type Listener struct {
	accept chan net.Conn
	done   chan struct{}
	once   sync.Once
}

var _ net.Listener = (*Listener)(nil)

// NewListener returns an open listener.
func NewListener() *Listener {
	return &Listener{accept: make(chan net.Conn), done: make(chan struct{})}
}

// Dial returns the client side of a new connection once Accept took the other
// side. Network and address are ignored, so that it fits where dialers do.
func (l *Listener) Dial(ctx context.Context, _, _ string) (net.Conn, error) {
	client, server := net.Pipe()
	select {
	case l.accept <- server:
		return client, nil
	case <-l.done:
		return nil, net.ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// Accept waits for Dial.
func (l *Listener) Accept() (net.Conn, error) {
	select {
	case c := <-l.accept:
		return c, nil
	case <-l.done:
		return nil, net.ErrClosed
	}
}

// Close ends Accept and Dial; connections live on.
func (l *Listener) Close() error {
	l.once.Do(func() { close(l.done) })
	return nil
}

// Addr returns a fixed name.
func (l *Listener) Addr() net.Addr { return memoryAddr{} }

type memoryAddr struct{}

func (memoryAddr) Network() string { return "memory" }
func (memoryAddr) String() string  { return "memory" }
