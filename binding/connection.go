package binding

import "sync"

// Resource is something that serves one client connection only and ends with it.
type Resource interface{ Close() }

// pins are the resources bound to one inbound connection.
type pins struct {
	mu     sync.Mutex // guards the rest
	closed bool
	byKey  map[any]Resource
}

// Pinned returns the resource kept under key, making it with create when there
// is none. It returns false when the connection is closed.
func (c *Connection) Pinned(key any, create func() Resource) (Resource, bool) {
	p := c.pins.Load()
	if p == nil {
		c.pins.CompareAndSwap(nil, &pins{byKey: map[any]Resource{}})
		p = c.pins.Load()
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return nil, false
	}
	r, ok := p.byKey[key]
	if !ok {
		r = create()
		p.byKey[key] = r
	}
	return r, true
}

// HasPin reports whether a resource is kept under key.
func (c *Connection) HasPin(key any) bool {
	p := c.pins.Load()
	if p == nil {
		return false
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	_, ok := p.byKey[key]
	return ok
}

// Close releases what is kept. The transport calls it when the connection ends.
func (c *Connection) Close() {
	p := c.pins.Load()
	if p == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = true
	for _, r := range p.byKey {
		r.Close()
	}
	p.byKey = nil
}
