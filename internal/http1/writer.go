package http1

import (
	"errors"
	"fmt"
	"net"
	"os"
	"runtime/debug"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/viaduct-soap/viaduct/internal/refusal"
)

const (
	// copyMax is the size up to which head and body are copied together. Measured
	// over loopback, up to here a copy costs no more than a vectored write; at
	// 100 kB it costs a fifth more processor time.
	copyMax = 8 << 10
	// fitMax is what an empty send buffer takes for certain, so that writing it
	// cannot wait for a peer that waits for us.
	fitMax = 16 << 10
	// patience is how long the caller itself waits for the socket to take a held
	// body before a goroutine takes over and the answer is read meanwhile.
	patience = 5 * time.Millisecond
	// keepMax is the largest buffer that is kept for the next request.
	keepMax = 64 << 10
)

// The states of a writer; they only grow.
const (
	writing   uint32 = iota // the last write was not begun
	finishing               // the last write is in progress: the peer may have all
	written                 // ended: err and bodyErr tell how
)

// writer formats and writes one request. It is pooled.
type writer struct {
	head     []byte      // octets not yet written that are ours: head, chunk lines, small bodies
	list     [][]byte    // backs vec, which loses its front while it is written; list[0] is a head
	vec      net.Buffers // what is left to write
	body     Body        // nil: none, or held: list[1:]
	aborter  AbortableBody
	method   string
	size     int64 // of the body; -1: chunked
	close    bool  // the request said Connection: close
	connAuth bool  // the request authenticates the connection

	c        *conn
	deadline time.Time // of the context; zero: none
	pace     pace
	wrote    int64 // octets of the body taken from its source
	started  bool  // a goroutine runs or ran; its end is told on done
	done     chan struct{}
	crlf     [2]byte

	sent  atomic.Int64 // octets the kernel took
	state atomic.Uint32

	// Set before state becomes written.
	ended   time.Time
	err     error // of the connection
	bodyErr error // of the body
}

// send writes the request, or starts a goroutine that does. now is the present.
// How it went stands in state, err and bodyErr.
func (w *writer) send(now time.Time) {
	if w.body != nil {
		w.start()
		return
	}
	total := int64(len(w.head)) + w.size
	var n int64
	var err error
	switch {
	case total <= copyMax || total <= fitMax && !w.c.vectored:
		for _, s := range w.list {
			w.head = append(w.head, s...)
		}
		var k int
		k, err = w.c.nc.Write(w.head)
		n = int64(k)
		w.load(w.head[k:])
	case w.c.secure:
		// Not here: a TLS connection cannot go on after a write that timed out.
		w.loadHeld()
		w.start()
		return
	default:
		w.loadHeld()
		_ = w.c.nc.SetWriteDeadline(earlier(w.deadline, now.Add(patience)))
		n, err = w.vec.WriteTo(w.c.nc)
	}
	w.sent.Add(n)
	if errors.Is(err, os.ErrDeadlineExceeded) && !w.c.secure {
		w.pace.add(n, now)
		w.start()
		return
	}
	if w.end(now, err); err != nil {
		w.c.setReadDeadline(now.Add(lastWords))
	}
}

// load makes b what is left to write; loadHeld the head and the held body.
func (w *writer) load(b ...[]byte) {
	w.list = append(w.list[:0], b...)
	w.vec = w.list
}

func (w *writer) loadHeld() {
	if len(w.list) == 0 {
		w.list = append(w.list, nil)
	}
	w.list[0] = w.head
	w.vec = w.list
}

// start runs the rest in a goroutine of its own; join waits for it.
func (w *writer) start() {
	w.started = true
	if !w.c.pool.run(w.run) {
		w.end(time.Time{}, ErrClosed)
		w.done <- struct{}{}
	}
}

func (w *writer) run() {
	defer func() { w.done <- struct{}{} }()
	if !w.c.secure {
		_ = w.c.nc.SetWriteDeadline(earlier(w.deadline, time.Now().Add(w.pace.left())))
	}
	w.copy()
	_, slow := errors.AsType[*slowError](w.err)
	failed, broken := w.err != nil, w.bodyErr != nil || slow
	// First the verdict, then the cut: the reader whom the cut wakes must find it.
	w.end(time.Now(), w.err)
	switch {
	case broken:
		// Late violation (threats, outcome notation): cut, without a final chunk.
		w.c.cut()
	case failed:
		// The peer may have answered before it closed: the reader goes on, briefly.
		_ = w.c.nc.SetReadDeadline(time.Now().Add(lastWords))
	}
}

// end tells the reader how writing ended.
func (w *writer) end(now time.Time, err error) {
	w.ended, w.err = now, err
	w.state.Store(written)
}

// complete says whether the whole request was written. Only after written.
func (w *writer) complete() bool { return w.err == nil && w.bodyErr == nil }

// copy writes what is left: the held body, or what the source gives. It sets err
// or bodyErr.
func (w *writer) copy() {
	if w.body == nil {
		w.flush(true)
		return
	}
	err := w.source()
	switch {
	case w.err != nil || w.bodyErr != nil: // also when the source overlooked it
		return
	case err != nil:
		w.bodyErr = err
		return
	case w.size >= 0 && w.wrote != w.size:
		w.bodyErr = fmt.Errorf("%w: %d octets of %d", ErrBodySize, w.wrote, w.size)
		return
	case w.size < 0:
		w.head = append(w.head, "0\r\n\r\n"...)
	}
	w.load(w.head)
	w.flush(true)
}

// source calls the body. A panic there ends this request, not the process
// (threats T-DOS-03).
func (w *writer) source() (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = refusal.Newf(refusal.Internal, -1, "panic in a request body: %v\n%s", v, debug.Stack())
		}
	}()
	_, err = w.body.WriteTo((*bodyWriter)(w))
	return err
}

// bodyWriter is the side of a writer that a body sees.
type bodyWriter writer

var _ VectorWriter = (*bodyWriter)(nil)

// Write frames and sends p at once, together with the head if that still waits.
func (b *bodyWriter) Write(p []byte) (int, error) {
	w := (*writer)(b)
	tail, err := w.count(len(p))
	if err != nil || len(p) == 0 && len(w.head) == 0 {
		return 0, err
	}
	if n := len(w.head) + len(p); n <= copyMax || n <= fitMax && !w.c.vectored {
		w.head = append(append(w.head, p...), tail...)
		w.load(w.head)
	} else {
		w.load(w.head, p, tail)
	}
	if err := w.part(); err != nil {
		return 0, err
	}
	return len(p), nil
}

// WriteVector is Write for octets that stand in several places: they leave in
// one system call, and as one chunk.
func (b *bodyWriter) WriteVector(list [][]byte) (int64, error) {
	w := (*writer)(b)
	n := 0
	for _, p := range list {
		n += len(p)
	}
	tail, err := w.count(n)
	if err != nil || n == 0 && len(w.head) == 0 {
		return 0, err
	}
	w.list = append(append(w.list[:0], w.head), list...)
	w.list = append(w.list, tail)
	w.vec = w.list
	if err := w.part(); err != nil {
		return 0, err
	}
	return int64(n), nil
}

// count takes n octets of the body and puts their chunk line behind the head;
// tail is what follows them.
func (w *writer) count(n int) (tail []byte, err error) {
	switch {
	case w.err != nil:
		return nil, w.err
	case w.bodyErr != nil:
		return nil, w.bodyErr
	case w.size >= 0 && int64(n) > w.size-w.wrote:
		w.bodyErr = fmt.Errorf("%w: more than %d octets", ErrBodySize, w.size)
		return nil, w.bodyErr
	}
	w.wrote += int64(n)
	if w.size >= 0 || n == 0 {
		return w.crlf[:0], nil
	}
	w.head = strconv.AppendInt(w.head, int64(n), 16)
	w.head = append(w.head, "\r\n"...)
	return w.crlf[:], nil
}

// part sends what count began.
func (w *writer) part() error {
	w.flush(w.wrote == w.size)
	w.head = w.head[:0]
	return w.err
}

// flush writes vec as long as the peer keeps the pace; it sets err. The end of
// the last flush goes in a write of its own, before which the state changes: a
// peer that answers while the state is still writing cannot have read the whole
// request.
func (w *writer) flush(last bool) {
	var end []byte
	for last && len(w.vec) > 1 && len(w.vec[len(w.vec)-1]) == 0 {
		w.vec = w.vec[:len(w.vec)-1]
	}
	if n := len(w.vec); last && n > 0 {
		end = w.vec[n-1]
		if keep := max(0, len(end)-fitMax); n > 1 || keep > 0 {
			w.vec[n-1] = end[:keep]
			if !w.write() {
				return
			}
			end = end[keep:]
		}
		w.load(end)
	}
	if last {
		w.state.Store(finishing)
	}
	w.write()
}

// write writes vec and says whether all of it went.
func (w *writer) write() bool {
	for {
		from := time.Now()
		if w.c.secure {
			_ = w.c.nc.SetWriteDeadline(earlier(w.deadline, from.Add(w.pace.left())))
		}
		n, err := w.vec.WriteTo(w.c.nc)
		w.sent.Add(n)
		now := w.pace.add(n, from)
		if err == nil {
			return true
		}
		if !errors.Is(err, os.ErrDeadlineExceeded) || past(w.deadline, now) {
			w.err = err
			return false
		}
		left := w.pace.left()
		if left <= 0 || w.c.secure {
			w.err = &slowError{"peer takes the request too slowly"}
			return false
		}
		_ = w.c.nc.SetWriteDeadline(earlier(w.deadline, now.Add(left)))
	}
}

// join waits for the goroutine, if there is one.
func (w *writer) join() {
	if w.started {
		<-w.done
		w.started = false
	}
}

// joined is join without waiting; it says whether the writer has ended.
func (w *writer) joined() bool {
	if w.started {
		select {
		case <-w.done:
			w.started = false
		default:
		}
	}
	return !w.started
}

// joinTail is join for a writer whose last write may be stuck: a peer may have
// answered without reading it.
func (w *writer) joinTail() bool {
	if w.joined() {
		return true
	}
	t := time.NewTimer(tailWait)
	defer t.Stop()
	select {
	case <-w.done:
		w.started = false
		return true
	case <-t.C:
		return false
	}
}

// reset makes w ready for another request and drops what it refers to.
func (w *writer) reset() {
	clear(w.list)
	head := w.head[:0]
	if cap(head) > keepMax {
		head = nil
	}
	*w = writer{head: head, list: w.list[:0], done: w.done, crlf: w.crlf}
}
