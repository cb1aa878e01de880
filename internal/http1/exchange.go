package http1

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"time"

	"github.com/viaduct-soap/viaduct/internal/refusal"
)

const (
	// lastWords is how long an answer is waited for after the request could not be
	// written: a peer that refuses early closes after it answered.
	lastWords = time.Second
	// tailWait is how long a finished exchange waits for its last write, which may
	// be stuck when the peer answered without reading it.
	tailWait = 50 * time.Millisecond
	// inlineFields is how many fields an answer holds without another allocation.
	inlineFields = 16
)

// exchange is one request and its answer on a connection. What the caller gets is
// a part of it, so that an answer costs one allocation.
type exchange struct {
	Response
	spans [inlineFields]fieldSpan

	c        *conn           // nil once released
	w        *writer         // nil once released
	ctx      context.Context // of Do: its end cuts the exchange
	stop     func() bool     // nil: ctx cannot be cancelled
	deadline time.Time       // of ctx; zero: none
	inBody   bool
	got      bool // an octet of the answer was read
	surplus  bool // read to its end, and more
	keep     bool // the answer leaves the connection fit for another
	pace     pace // of the answer's body

	mode  bodyMode
	left  int64 // octets of a sized body not yet given out
	chunk *chunkScan
	err   error // what Read gives from now on
	sent  int64 // of w, after its release
}

// do runs one exchange on c, which is quiet. It takes w over.
func (c *conn) do(ctx context.Context, w *writer) (*Response, error) {
	o := &c.pool.opts
	x := &exchange{c: c, w: w, ctx: ctx}
	x.deadline, _ = ctx.Deadline()
	x.pace = pace{rate: int64(o.MinRate), grace: o.Grace}
	w.c, w.deadline, w.pace = c, x.deadline, x.pace

	// One deadline serves a small write and the wait for the head. It may come
	// too early; then waitLonger finds what is left.
	now := time.Now()
	limit := w.pace.left()
	if o.ResponseHeaderTimeout > 0 {
		limit = min(limit, o.ResponseHeaderTimeout)
	}
	c.setDeadline(earlier(x.deadline, now.Add(limit)))
	if ctx.Done() != nil {
		c.cancelled.Add(1)
		x.stop = context.AfterFunc(ctx, c.cancel)
	}
	w.send(now)
	h := headScan{octets: o.MaxHead, lines: o.MaxLines, list: x.spans[:0]}
	if err := x.readHead(&h); err != nil {
		return nil, x.abandon(err)
	}
	return &x.Response, nil
}

// readHead reads heads up to the final one and sets the Response.
func (x *exchange) readHead(h *headScan) error {
	c := x.c
	for interim := c.pool.opts.Max1xx; ; {
		h.reset()
		n, err := x.scanHead(h)
		if err != nil {
			return err
		}
		size, err := h.framed(x.w.method)
		if err != nil {
			return err
		}
		if h.status >= 200 {
			x.accept(h, n, size)
			return nil
		}
		interim--
		if err := h.interim(interim); err != nil {
			return err
		}
		c.r += n
	}
}

func (x *exchange) scanHead(h *headScan) (int, error) {
	for {
		if data := x.c.unread(); len(data) > 0 {
			if n, err := h.scan(data); n > 0 || err != nil {
				return n, err
			}
		}
		if err := x.fill(); err != nil {
			return 0, err
		}
		x.got = true
	}
}

// accept makes the Response of a final head of n octets.
func (x *exchange) accept(h *headScan, n int, size int64) {
	c, w := x.c, x.w
	head := string(c.unread()[:n])
	c.r += n
	x.Status, x.Reason, x.Size = h.status, head[h.reason[0]:h.reason[1]], size
	x.Fields = Fields{head: head, list: h.list}
	x.Body = (*answerBody)(x)
	x.Response.ConnectionAuth = h.connAuth
	x.Response.Close = h.close || h.http10 || size < 0 && !h.chunked
	state := w.state.Load()
	x.Early = state == writing || state == written && !w.complete()
	x.keep = !x.Response.Close && !x.Early && !w.close && (c.pin != nil || !h.connAuth && !w.connAuth)
	x.inBody = true
	switch {
	case size == 0:
		x.end()
	case size > 0:
		x.mode, x.left = sized, size
	case h.chunked:
		x.mode = chunked
		x.chunk = &chunkScan{trailer: headScan{octets: c.pool.opts.MaxHead, lines: c.pool.opts.MaxLines}}
	default:
		x.mode = toEnd
	}
}

// fill reads more octets into the connection's buffer.
func (x *exchange) fill() error {
	n, err := x.read(x.c.room())
	x.c.w += n
	return err
}

// read reads from the connection. A deadline that fires is only a reason to look
// whether time is really up: so most reads need not set one.
func (x *exchange) read(p []byte) (int, error) {
	for {
		var from time.Time
		if x.inBody {
			from = time.Now()
			if end := from.Add(x.pace.left()); x.c.deadline.After(end) {
				x.c.setReadDeadline(end) // the one in force was that of the head
			}
		}
		n, err := x.c.nc.Read(p)
		if x.inBody {
			x.pace.add(int64(n), from)
		}
		if n > 0 {
			return n, nil // an error will come again
		}
		if err == nil {
			continue
		}
		if !errors.Is(err, os.ErrDeadlineExceeded) {
			return 0, err
		}
		if err := x.waitLonger(); err != nil {
			return 0, err
		}
	}
}

// waitLonger sets the read deadline anew, or says why there is no time left.
func (x *exchange) waitLonger() error {
	now := time.Now()
	if past(x.deadline, now) {
		return context.DeadlineExceeded
	}
	if x.inBody {
		left := x.pace.left()
		if left <= 0 {
			return &slowError{"answer comes too slowly"}
		}
		x.c.setReadDeadline(earlier(x.deadline, now.Add(left)))
		return nil
	}
	timeout := x.c.pool.opts.ResponseHeaderTimeout
	if timeout <= 0 {
		timeout = unlimited
	}
	end := now.Add(timeout)
	if x.w.state.Load() == written {
		if x.w.err != nil {
			timeout = min(timeout, lastWords)
		}
		if end = x.w.ended.Add(timeout); !now.Before(end) {
			return &slowError{"no answer within " + timeout.String()}
		}
	}
	x.c.setReadDeadline(earlier(x.deadline, end))
	if x.w.state.Load() == written && end.After(x.w.ended.Add(timeout)) {
		return x.waitLonger() // it ended just now, perhaps with a shorter wait
	}
	return nil
}

// abandon ends an exchange whose head did not come, and classifies err.
func (x *exchange) abandon(err error) error {
	c, w := x.c, x.w
	early := w.state.Load() != written
	broken := !early && w.bodyErr != nil // and not because of the cut that follows
	c.cut()
	if early && w.aborter != nil {
		w.aborter.Abort()
	}
	w.join()
	e := &Error{Stage: StageWait, Sent: w.sent.Load(), Early: early || !w.complete(), Reason: refusal.UpstreamFailed}
	if x.got {
		e.Stage = StageHead
	}
	verdict := isVerdict(err)
	switch {
	case !verdict && broken:
		e.Stage, err = StageWrite, w.bodyErr
		e.Reason = refusal.ClientGone
		if errors.Is(err, ErrBodySize) {
			e.Reason = refusal.Internal
		}
	case !verdict && w.err != nil && !x.got:
		e.Stage, err = StageWrite, w.err
	case verdict && e.Early && !x.got:
		e.Stage = StageWrite
	}
	e.Err = x.cause(err)
	e.Reason = reasonFor(e.Err, e.Reason)
	x.release(false)
	return e
}

// isVerdict says whether err is this package's own finding about the answer, not
// just the socket's report that the connection is gone.
func isVerdict(err error) bool {
	var r *refusal.Error
	var s *slowError
	return errors.As(err, &r) || errors.As(err, &s) || errors.Is(err, context.DeadlineExceeded)
}

// cause replaces the error of a connection that we cut by why we cut it.
func (x *exchange) cause(err error) error {
	switch {
	case x.ctx.Err() != nil && !isRefusal(err):
		return context.Cause(x.ctx)
	case errors.Is(err, os.ErrDeadlineExceeded) && past(x.deadline, time.Now()):
		return context.DeadlineExceeded
	case errors.Is(err, io.EOF):
		return io.ErrUnexpectedEOF
	case errors.Is(err, net.ErrClosed) && x.c != nil && x.c.pool.isClosed():
		return ErrClosed
	}
	return err
}

func isRefusal(err error) bool {
	_, ok := errors.AsType[*refusal.Error](err)
	return ok
}

// reasonFor is reasonOf, with a word for those who are too slow.
func reasonFor(err error, fallback refusal.Reason) refusal.Reason {
	if _, slow := errors.AsType[*slowError](err); slow {
		return refusal.HTTPSlow
	}
	return reasonOf(err, fallback)
}

// finish ends an exchange whose Body is closed, at its end or before.
func (x *exchange) finish() {
	w := x.w
	ended := x.err == io.EOF
	if !w.joined() && (!ended || w.state.Load() == writing || !w.joinTail()) {
		x.c.cut()
		if w.aborter != nil {
			w.aborter.Abort()
		}
		w.join()
	}
	x.release(ended)
}

// release gives connection and writer back. The writer has ended.
func (x *exchange) release(ended bool) {
	c, w := x.c, x.w
	fit := ended && x.keep && w.complete()
	if x.stop != nil {
		if x.stop() {
			c.cancelled.Done()
		} else {
			fit = false
			c.cancelled.Wait()
		}
		x.stop = nil
	}
	if ended && x.mode != toEnd && c.w > c.r {
		x.surplus = true
	}
	x.sent = w.sent.Load()
	x.c, x.w, x.chunk = nil, nil, nil
	c.pool.putWriter(w)
	c.release(fit, x.surplus)
}
