package soap

import (
	"io"
	"sync/atomic"
)

// heldReader reads a body from memory.
type heldReader struct {
	env    *Envelope
	parts  [][]byte
	at     int // octets read of parts[0]
	left   int64
	closed atomic.Bool
}

// next returns octets that were not read yet.
func (r *heldReader) next() []byte {
	for r.left > 0 {
		if p := r.parts[0][r.at:]; len(p) > 0 {
			return p[:min(r.left, int64(len(p)))]
		}
		r.parts, r.at = r.parts[1:], 0
	}
	return nil
}

func (r *heldReader) took(n int) {
	r.at += n
	r.left -= int64(n)
}

func (r *heldReader) Read(p []byte) (int, error) {
	if r.closed.Load() {
		return 0, io.ErrClosedPipe
	}
	from := r.next()
	if from == nil {
		return 0, io.EOF
	}
	n := copy(p, from)
	r.took(n)
	return n, nil
}

// WriteTo hands the octets on without copying them.
func (r *heldReader) WriteTo(w io.Writer) (total int64, err error) {
	if r.closed.Load() {
		return 0, io.ErrClosedPipe
	}
	for from := r.next(); from != nil; from = r.next() {
		n, err := w.Write(from)
		r.took(n)
		total += int64(n)
		if err != nil {
			return total, err
		}
	}
	return total, nil
}

func (r *heldReader) Close() error {
	if !r.closed.Swap(true) {
		r.env.Release()
	}
	return nil
}

// spoolReader reads a body from its spool file.
type spoolReader struct {
	*io.SectionReader

	env    *Envelope
	closed atomic.Bool
}

func (r *spoolReader) Read(p []byte) (int, error) {
	if r.closed.Load() {
		return 0, io.ErrClosedPipe
	}
	return r.SectionReader.Read(p)
}

func (r *spoolReader) Close() error {
	if !r.closed.Swap(true) {
		r.env.Release()
	}
	return nil
}

// arrivingReader reads a body while it arrives: first what is kept, then the
// source.
type arrivingReader struct {
	body   *Body
	part   int // index in body.parts
	at     int // octets read of that part
	pos    int64
	closed bool
}

func (r *arrivingReader) Read(p []byte) (int, error) {
	if r.closed {
		return 0, io.ErrClosedPipe
	}
	b := r.body
	for r.pos < b.kept {
		from := b.parts[r.part][r.at:]
		if len(from) == 0 {
			r.part, r.at = r.part+1, 0
			continue
		}
		n := copy(p, from)
		r.at += n
		r.pos += int64(n)
		return n, nil
	}
	n, err := b.take(p)
	r.pos += int64(n)
	b.remember(p[:n], err)
	return n, err
}

// first appends what is kept as views and leaves it behind.
func (r *arrivingReader) first(dst [][]byte) [][]byte {
	b := r.body
	for ; r.pos < b.kept; r.part, r.at = r.part+1, 0 {
		from := b.parts[r.part][r.at:]
		dst = append(dst, from)
		r.pos += int64(len(from))
	}
	return dst
}

func (r *arrivingReader) Close() error {
	if r.closed {
		return nil
	}
	r.closed = true
	r.body.mu.Lock()
	r.body.busy = false
	r.body.mu.Unlock()
	r.body.env.Release()
	return nil
}
