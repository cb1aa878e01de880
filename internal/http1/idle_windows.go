package http1

import (
	"syscall"
	"unsafe"
)

const (
	canLook   = true
	lookTakes = false // WSAPoll does not say whether octets or the end wait
)

// wsaPoll is part of every Windows since Vista; package syscall does not wrap it.
var wsaPoll = syscall.NewLazyDLL("ws2_32.dll").NewProc("WSAPoll")

// pollFD is WSAPOLLFD.
type pollFD struct {
	socket          uintptr
	events, revents int16
}

// lookAt asks, without waiting, whether a read would return at once.
func (c *conn) lookAt(fd uintptr) {
	const pollIn = 0x0100 | 0x0200
	p := pollFD{socket: fd, events: pollIn}
	n, _, err := wsaPoll.Call(uintptr(unsafe.Pointer(&p)), 1, 0)
	switch {
	case int32(n) < 0:
		c.seenErr = err
	case n > 0:
		c.seen = 1
	}
}
