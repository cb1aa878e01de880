package main

import (
	"context"
	"fmt"
	"net"
	"strings"
	"sync"
)

// memory is a network inside the process: what a trial listens on and dials.
type memory struct {
	mu      sync.Mutex // guards sockets
	sockets map[string]*memorySocket
}

// memorySocket is one address of it.
type memorySocket struct {
	address string
	calls   chan net.Conn
	done    chan struct{}
	once    sync.Once // closes done
}

func (m *memory) listen(_ context.Context, _, address string) (net.Listener, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.sockets == nil {
		m.sockets = map[string]*memorySocket{}
	}
	s := &memorySocket{address: address, calls: make(chan net.Conn), done: make(chan struct{})}
	m.sockets[address] = s
	return s, nil
}

// dial connects to the socket with that port, whatever its interface.
func (m *memory) dial(ctx context.Context, _, address string) (net.Conn, error) {
	_, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	m.mu.Lock()
	var found *memorySocket
	var names []string
	for a, s := range m.sockets {
		names = append(names, a)
		if strings.HasSuffix(a, ":"+port) {
			found = s
		}
	}
	m.mu.Unlock()
	if found == nil {
		return nil, fmt.Errorf("no socket with port %s; there is %s", port, strings.Join(names, ", "))
	}
	client, server := net.Pipe()
	select {
	case found.calls <- server:
		return client, nil
	case <-found.done:
		return nil, net.ErrClosed
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// Accept implements [net.Listener].
func (s *memorySocket) Accept() (net.Conn, error) {
	select {
	case c := <-s.calls:
		return c, nil
	case <-s.done:
		return nil, net.ErrClosed
	}
}

// Close implements [net.Listener].
func (s *memorySocket) Close() error {
	s.once.Do(func() { close(s.done) })
	return nil
}

// Addr implements [net.Listener].
func (s *memorySocket) Addr() net.Addr { return memoryAddr(s.address) }

type memoryAddr string

// Network implements [net.Addr].
func (memoryAddr) Network() string { return "memory" }

func (a memoryAddr) String() string { return string(a) }
