//go:build unix

package http1

import (
	"io"
	"syscall"
)

const (
	canLook   = true
	lookTakes = true // what lookAt sees on a plain connection is gone
)

// lookAt reads one octet of a socket that never waits. On a plain connection the
// octet is lost, which does no harm: the connection is discarded. Under TLS it
// is left in place.
func (c *conn) lookAt(fd uintptr) {
	for {
		if c.secure {
			c.seen, _, c.seenErr = syscall.Recvfrom(int(fd), c.probe[:], syscall.MSG_PEEK)
		} else {
			c.seen, c.seenErr = syscall.Read(int(fd), c.probe[:])
		}
		switch {
		case c.seenErr == syscall.EINTR:
			continue
		case c.seenErr == syscall.EAGAIN || c.seenErr == syscall.EWOULDBLOCK:
			c.seen, c.seenErr = 0, nil
		case c.seenErr == nil && c.seen == 0:
			c.seenErr = io.EOF
		}
		return
	}
}
