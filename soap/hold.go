package soap

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/viaduct-soap/viaduct/internal/buf"
	"github.com/viaduct-soap/viaduct/internal/refusal"
)

// windowSize is how much is kept of a body that may have to be sent again while
// it is streamed, beside what came with the head.
const windowSize = 64 << 10

// Require applies what became known after Decode: the length that the endpoint
// allows, 0 for no other, and what is to be done with the body. It holds and
// checks as Decode does, and only adds to what was asked before. The errors are
// those of Decode, and ErrSpent or ErrBusy once the body was opened.
func (e *Envelope) Require(ctx context.Context, message int64, n Needs) error {
	b := &e.body
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.busy {
		return ErrBusy
	}
	if b.state == Spent {
		return ErrSpent
	}
	if message > 0 && message < e.in.limit {
		e.in.limit = message
		if e.in.got > message || e.in.size > message {
			return tooLong(message)
		}
	}
	return b.settle(ctx, n)
}

// settle brings the body into the state that the needs ask for. The caller
// holds mu, or nobody else knows the message yet.
func (b *Body) settle(ctx context.Context, n Needs) error {
	if err := b.check(n.Check); err != nil {
		return err
	}
	if b.state != Once && b.state != Windowed {
		return nil
	}
	err := b.short(ctx)
	if err == nil && n.View != Rest {
		err = b.peekMore(ctx)
	}
	if err != nil || b.state <= Spooled {
		return b.fail(err)
	}
	if b.mustHold(n) {
		return b.hold(ctx)
	}
	if n.Replay {
		b.state = Windowed
		b.window = b.kept + windowSize
	}
	return nil
}

// short reads a short message to its end, and one of unknown length until it is
// known to be a long one. Where memory lacks it stops: hold has other means.
// Of a long message it fills the memory that the head was read into: the first
// octets then leave together, and a slow sender costs a back end as little as
// with a short one.
func (b *Body) short(ctx context.Context) error {
	head, most := int64(len(b.env.head)), b.env.opts.held()
	want := b.size
	if want > most-head {
		for len(b.free) > 0 {
			if done, err := b.holdMore(ctx, want); done || err != nil {
				return err
			}
		}
		return nil
	}
	for head+b.got <= most {
		if b.size < 0 {
			want = min(most-head+1, max(4*b.got, 4*firstRead))
		}
		done, err := b.holdMore(ctx, want)
		if errors.Is(err, buf.ErrMemory) {
			return nil
		}
		if done || err != nil {
			return err
		}
	}
	return nil
}

// peekMore reads until it is known whether the message is a fault: whoever asked
// for its content has to treat a fault in another way.
func (b *Body) peekMore(ctx context.Context) error {
	for b.got < peekRoom && b.state > Spooled {
		if _, known := b.peek(); known {
			return nil
		}
		if done, err := b.holdMore(ctx, peekRoom); done || err != nil {
			return err
		}
	}
	return nil
}

func (b *Body) mustHold(n Needs) bool {
	unknown, deep := b.size < 0, n.View != Rest
	if n.Sized && (unknown || deep) {
		return true
	}
	return !n.Streamed && (n.Replay || unknown || deep)
}

// hold reads the body to its end and keeps it.
func (b *Body) hold(ctx context.Context) error {
	for {
		want := b.size
		if want < 0 {
			want = b.got + min(max(b.got, held), buf.MaxPooled)
		}
		done, err := b.holdMore(ctx, want)
		if errors.Is(err, buf.ErrMemory) && b.env.opts.Limits.Spool > 0 {
			return b.fail(b.toSpool(ctx))
		}
		if done || err != nil {
			return b.fail(err)
		}
	}
}

// fail spends a body that could not be held.
func (b *Body) fail(err error) error {
	if err != nil {
		b.state = Spent
	}
	return err
}

// holdMore reads once into kept memory. want is how long Rest is, or how long
// it is to be made; it decides how much memory is taken.
func (b *Body) holdMore(ctx context.Context, want int64) (done bool, err error) {
	if err := ctx.Err(); err != nil {
		return false, fmt.Errorf("read message: %w", err)
	}
	if len(b.free) == 0 {
		// One octet more than needed is where the end shows itself.
		size := min(max(want-b.got, 1), buf.MaxPooled)
		seg, err := b.env.lease.Segment(int(size))
		if err != nil {
			return false, noMemory(err)
		}
		b.free = seg
		b.parts = append(b.parts, seg[:0])
	}
	n, err := b.take(b.free)
	b.grow(n)
	switch {
	case err == io.EOF:
		b.whole()
		return true, nil
	case err != nil:
		return false, err
	}
	return false, nil
}

// grow adds the first n octets of the free memory to the last part.
func (b *Body) grow(n int) {
	last := &b.parts[len(b.parts)-1]
	*last = (*last)[:len(*last)+n] // free is the room behind it
	b.free = b.free[n:]
	b.kept += int64(n)
}

// take reads from the source and checks what it reads. An io.EOF comes only
// when the message is complete; it comes with the last octets where the length
// is known. A violation comes without the octets that it was found in, so that
// what was handed out is never a complete message.
func (b *Body) take(p []byte) (int, error) {
	n, err := b.src.Read(p)
	b.got += int64(n)
	if err == nil && b.env.Verbatim && b.env.in.err == io.EOF {
		err = io.EOF
	}
	if !b.walking {
		return n, err
	}
	if _, werr := b.walk.Write(p[:n]); werr != nil {
		return 0, werr
	}
	if err == io.EOF {
		if werr := b.walk.Close(); werr != nil {
			return 0, werr
		}
	}
	return n, err
}

// remember keeps octets that a reader of a windowed body got, while there is
// room; err is what the reader got with them.
func (b *Body) remember(p []byte, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.state != Windowed {
		return
	}
	if !b.keep(p) {
		b.state = Spent
		return
	}
	switch {
	case err == io.EOF:
		b.whole()
	case err != nil:
		b.state = Spent
	}
}

// keep copies p behind the last part. Without memory the window is full.
func (b *Body) keep(p []byte) bool {
	if b.kept+int64(len(p)) > b.window {
		return false
	}
	for len(p) > 0 {
		if len(b.free) == 0 {
			seg, err := b.env.lease.Segment(windowSize)
			if err != nil {
				return false
			}
			b.free = seg
			b.parts = append(b.parts, seg[:0])
		}
		n := copy(b.free, p)
		b.grow(n)
		p = p[n:]
	}
	return true
}

// toSpool moves what is kept to a spool file and reads the rest into it.
func (b *Body) toSpool(ctx context.Context) error {
	s, err := buf.NewSpool(b.env.lease.Budget())
	if err != nil {
		return spoolFailed(err)
	}
	b.spool = s
	w := &spoolWriter{spool: s, limit: b.env.opts.Limits.Spool}
	for _, p := range b.parts {
		if _, err := w.Write(p); err != nil {
			return err
		}
	}
	b.parts, b.free = b.inline[:0], nil
	b.env.lease.DropSegments()
	if _, err := buf.Copy(w, &taker{ctx: ctx, body: b}); err != nil {
		return err
	}
	b.size, b.state = b.got, Spooled
	b.walked()
	return nil
}

// spoolWriter bounds what one message writes to its spool file.
type spoolWriter struct {
	spool *buf.Spool
	limit int64
}

func (w *spoolWriter) Write(p []byte) (int, error) {
	if w.spool.Size()+int64(len(p)) > w.limit {
		return 0, refusal.Newf(refusal.LimitMemory, -1, "no memory, and a spool file may hold %d octets", w.limit)
	}
	n, err := w.spool.Write(p)
	if err != nil {
		return n, spoolFailed(err)
	}
	return n, nil
}

// taker is Body.take as a reader.
type taker struct {
	ctx  context.Context // lives for one call of toSpool
	body *Body
}

func (t *taker) Read(p []byte) (int, error) {
	if err := t.ctx.Err(); err != nil {
		return 0, err
	}
	return t.body.take(p)
}

// spoolFailed tells a full budget, which is a matter of load, from a disk that
// does not work, which is not.
func spoolFailed(err error) error {
	if errors.Is(err, buf.ErrSpool) {
		return noMemory(err)
	}
	return fmt.Errorf("hold message: %w", err)
}
