//go:build !unix && !windows

package http1

const (
	canLook   = false // conn.condition reads for a moment instead
	lookTakes = false
)

func (c *conn) lookAt(uintptr) {}
