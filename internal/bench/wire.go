package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
)

const wireBuffer = 64 << 10

// wire reads HTTP/1.1 messages from a connection without copying: pieces of a
// body are views of its buffer, valid until the next call.
type wire struct {
	conn    net.Conn
	buf     []byte
	r, w    int   // unread octets are buf[r:w]
	left    int64 // octets of the body or of the chunk that are not read yet
	chunked bool
	ended   bool // no more body
	first   bool // the next chunk is the first: no CRLF stands before it
}

func newWire(c net.Conn) *wire { return &wire{conn: c, buf: make([]byte, wireBuffer)} }

// fill reads once more; it makes room by moving what is unread to the front.
func (w *wire) fill() error {
	if w.r == w.w {
		w.r, w.w = 0, 0
	}
	if w.w == len(w.buf) {
		if w.r == 0 {
			return errors.New("head or chunk line is too long")
		}
		w.w = copy(w.buf, w.buf[w.r:w.w])
		w.r = 0
	}
	n, err := w.conn.Read(w.buf[w.w:])
	w.w += n
	if n > 0 {
		return nil
	}
	return err
}

// head returns start line and fields with the empty line, and prepares next.
func (w *wire) head() ([]byte, error) {
	for {
		if i := bytes.Index(w.buf[w.r:w.w], []byte("\r\n\r\n")); i >= 0 {
			h := w.buf[w.r : w.r+i+4]
			w.r += i + 4
			return h, w.frame(h)
		}
		if err := w.fill(); err != nil {
			if errors.Is(err, io.EOF) && w.r != w.w {
				err = io.ErrUnexpectedEOF
			}
			return nil, err
		}
	}
}

// frame reads how the body is framed (RFC 9112, 6.3).
func (w *wire) frame(head []byte) error {
	w.left, w.chunked, w.ended, w.first = 0, false, false, true
	for len(head) > 0 {
		i := bytes.IndexByte(head, '\n')
		line := bytes.TrimRight(head[:i], "\r")
		head = head[i+1:]
		if len(line) == 0 || line[0]|0x20 != 'c' && line[0]|0x20 != 't' {
			continue
		}
		name, value, _ := bytes.Cut(line, []byte(":"))
		switch {
		case bytes.EqualFold(name, []byte("Content-Length")):
			n, err := strconv.ParseUint(string(bytes.TrimSpace(value)), 10, 63)
			if err != nil {
				return err
			}
			w.left = int64(n)
		case bytes.EqualFold(name, []byte("Transfer-Encoding")):
			w.chunked = true
		}
	}
	w.ended = !w.chunked && w.left == 0
	return nil
}

// next returns the next piece of the body, or io.EOF behind its end.
func (w *wire) next() ([]byte, error) {
	if w.chunked && w.left == 0 && !w.ended {
		if err := w.chunk(); err != nil {
			return nil, err
		}
	}
	if w.ended {
		return nil, io.EOF
	}
	if w.r == w.w {
		if err := w.fill(); err != nil {
			return nil, unexpected(err)
		}
	}
	n := int(min(int64(w.w-w.r), w.left))
	p := w.buf[w.r : w.r+n]
	w.r += n
	w.left -= int64(n)
	w.ended = !w.chunked && w.left == 0
	return p, nil
}

// chunk reads the line before a chunk, with the end of the chunk before it.
func (w *wire) chunk() error {
	if !w.first {
		if l, err := w.line(); err != nil || len(l) != 0 {
			return fmt.Errorf("chunk does not end with CRLF: %q %w", l, unexpected(err))
		}
	}
	w.first = false
	l, err := w.line()
	if err != nil {
		return unexpected(err)
	}
	n, err := strconv.ParseUint(string(l), 16, 63)
	if err != nil {
		return err
	}
	if w.left = int64(n); n > 0 {
		return nil
	}
	w.ended = true
	if l, err = w.line(); err != nil || len(l) != 0 {
		return fmt.Errorf("chunked body ends with %q: %w", l, unexpected(err))
	}
	return nil
}

func (w *wire) line() ([]byte, error) {
	for {
		if i := bytes.Index(w.buf[w.r:w.w], []byte("\r\n")); i >= 0 {
			l := w.buf[w.r : w.r+i]
			w.r += i + 2
			return l, nil
		}
		if err := w.fill(); err != nil {
			return nil, err
		}
	}
}

func unexpected(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}
