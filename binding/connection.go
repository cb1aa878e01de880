package binding

import "sync"

// Connection stands for one inbound connection. Transports that serve clients
// create it; outbound transports keep in it what may serve no other client
// (RFC 4559, 6: NTLM and Negotiate authenticate the connection). The zero value
// is an open connection.
type Connection struct {
	mu     sync.Mutex // guards the rest
	closed bool
	pins   map[any]Resource
}

// Resource is something that serves one client connection only and ends with it.
type Resource interface{ Close() }

// Pinned returns the resource kept under key, making it with create when there
// is none. It returns false when the connection is closed. create must not use
// the connection.
func (c *Connection) Pinned(key any, create func() Resource) (Resource, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return nil, false
	}
	r, ok := c.pins[key]
	if !ok {
		r = create()
		if c.pins == nil {
			c.pins = map[any]Resource{}
		}
		c.pins[key] = r
	}
	return r, true
}

// HasPin reports whether a resource is kept under key.
func (c *Connection) HasPin(key any) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	_, ok := c.pins[key]
	return ok
}

// Close closes what is kept, and refuses to keep more. The transport calls it
// when the connection ends; a second call does nothing.
func (c *Connection) Close() {
	c.mu.Lock()
	pins := c.pins
	c.closed, c.pins = true, nil
	c.mu.Unlock()
	for _, r := range pins {
		r.Close()
	}
}
