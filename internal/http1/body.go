package http1

import (
	"errors"
	"io"

	"github.com/viaduct-soap/viaduct/internal/refusal"
)

// bodyMode says how the end of an answer's body is found.
type bodyMode uint8

const (
	sized bodyMode = iota
	chunked
	toEnd // of the connection
)

// answerBody is the side of an exchange that is Response.Body.
type answerBody exchange

var _ io.ReadCloser = (*answerBody)(nil)

// Read gives out the body. The last octets come together with io.EOF.
func (b *answerBody) Read(p []byte) (int, error) {
	x := (*exchange)(b)
	if x.err != nil {
		return 0, x.err
	}
	if len(p) == 0 {
		return 0, nil
	}
	n, done, err := x.readBody(p)
	switch {
	case err != nil:
		x.fail(err)
	case done:
		x.end()
	}
	return n, x.err
}

// Close ends the exchange. A body that was not read to its end costs the
// connection, unless the rest is already there.
func (b *answerBody) Close() error {
	x := (*exchange)(b)
	if x.c != nil {
		x.skip()
		if x.c != nil {
			x.finish()
		}
	}
	x.err = ErrBodyClosed
	return nil
}

// Sent waits until the request was written whole, which matters when the answer
// began before: Close would cut the rest. Nil says that the kernel took all of
// it. The wait is bounded by the context and by the minimum rate.
func (r *Response) Sent() error {
	b, ok := r.Body.(*answerBody)
	if !ok || b.w == nil {
		return nil // written whole, or not one of ours
	}
	b.w.join()
	return errors.Join(b.w.err, b.w.bodyErr)
}

// skip drops what is left of the body, as far as it is there already.
func (x *exchange) skip() {
	for x.err == nil && x.mode != toEnd {
		left := &x.left
		if x.mode == chunked {
			left = &x.chunk.left
		}
		n := min(*left, int64(len(x.c.unread())))
		x.c.r += int(n)
		*left -= n
		switch {
		case *left > 0:
			return
		case x.mode == sized:
			x.end()
			return
		}
		used, end, err := x.betweenChunks()
		if end {
			x.end()
		}
		if used == 0 || end || err != nil {
			return
		}
	}
}

// end marks the body as read to its end and frees the connection, unless the
// request is still on its way: then Close does.
func (x *exchange) end() {
	x.err = io.EOF
	if x.w.joined() {
		x.release(true)
	}
}

// fail marks the body as broken and cuts the connection.
func (x *exchange) fail(err error) {
	x.c.cut()
	e := &Error{Stage: StageBody, Sent: x.w.sent.Load(), Early: x.Early, Err: x.cause(err)}
	if x.w.state.Load() == written && x.w.bodyErr != nil && !isVerdict(err) {
		e.Err = x.w.bodyErr
	}
	e.Reason = reasonFor(e.Err, refusal.UpstreamFailed)
	x.err = e
}

// readBody reads data octets into p, which is not empty. done comes with, or
// after, the last of them.
func (x *exchange) readBody(p []byte) (n int, done bool, err error) {
	switch x.mode {
	case sized:
		n, err = x.take(p, x.left)
		x.left -= int64(n)
		return n, x.left == 0, err
	case chunked:
		return x.readChunked(p)
	case toEnd:
	}
	n, err = x.take(p, int64(len(p)))
	if err == io.EOF {
		return n, true, nil
	}
	return n, false, err
}

// take reads at most limit octets: those that are there, else from the
// connection, past the buffer when p is as large.
func (x *exchange) take(p []byte, limit int64) (int, error) {
	c := x.c
	if int64(len(p)) > limit {
		p = p[:limit]
	}
	if c.r == c.w {
		if len(p) >= readSize {
			return x.read(p)
		}
		if err := x.fill(); err != nil {
			return 0, err
		}
	}
	n := copy(p, c.unread())
	c.r += n
	return n, nil
}

// readChunked waits for the peer only as long as it has nothing to give.
func (x *exchange) readChunked(p []byte) (n int, done bool, err error) {
	s := x.chunk
	for {
		if s.left > 0 {
			if n == len(p) || n > 0 && x.c.r == x.c.w {
				return n, false, nil
			}
			k, err := x.take(p[n:], s.left)
			n += k
			s.left -= int64(k)
			if err != nil {
				return n, false, err
			}
			continue
		}
		used, end, err := x.betweenChunks()
		if err != nil || end {
			return n, end, err
		}
		if used > 0 {
			continue
		}
		if n > 0 {
			return n, false, nil
		}
		if err := x.fill(); err != nil {
			return n, false, err
		}
	}
}

// betweenChunks reads a chunk line or the trailers, if they are there.
func (x *exchange) betweenChunks() (used int, end bool, err error) {
	s := x.chunk
	if !s.last {
		used, err = s.next(x.c.unread())
		x.c.r += used
		return used, false, err
	}
	used, err = s.trailers(x.c.unread())
	x.c.r += used
	return used, used > 0, err
}
