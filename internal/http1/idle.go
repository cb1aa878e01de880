package http1

import (
	"errors"
	"os"
	"time"
)

// condition is what a look at an idle connection finds.
type condition uint8

const (
	quiet    condition = iota // nothing: ready for the next request
	stale                     // closed or broken
	poisoned                  // octets that belong to no request (T-HTTP-06)
)

// slowLook is how long a connection without a descriptor is read.
const slowLook = time.Millisecond

// condition looks at an idle connection before it is used again.
func (c *conn) condition() condition {
	if c.sys == nil {
		return c.readFor(slowLook)
	}
	c.seen, c.seenErr = 0, nil
	if err := c.sys.Control(c.look); err != nil || c.seenErr != nil {
		return stale
	}
	switch {
	case c.seen > 0 && !c.secure && lookTakes:
		return poisoned
	case c.seen > 0:
		// Perhaps only a session ticket, which TLS consumes without a word.
		return c.readFor(slowLook)
	case c.secure:
		// TLS may hold octets that it has already taken from the socket. A deadline
		// in the past keeps it from asking for more.
		return c.readFor(-time.Second)
	}
	return quiet
}

// readFor expects nothing to be read for a while.
func (c *conn) readFor(d time.Duration) condition {
	c.setReadDeadline(time.Now().Add(d))
	n, err := c.nc.Read(c.probe[:])
	switch {
	case n > 0:
		return poisoned
	case err == nil || errors.Is(err, os.ErrDeadlineExceeded):
		return quiet
	}
	return stale
}
