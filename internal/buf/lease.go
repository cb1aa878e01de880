package buf

import "sync/atomic"

// A Lease is memory with one reference count. It consists of a head, which is
// one contiguous buffer that can grow, and of further segments.
//
// Retain and Release may be called from any goroutine. The memory may be
// written by one goroutine, and only before it is shown to a second one.
// A Lease is made by NewLease, or by Init where it is part of another struct.
type Lease struct {
	refs     atomic.Int32
	budget   *Budget
	reserved int64
	head     *chunk
	rest     []*chunk
	owners   owners
}

// NewLease returns a lease without memory and with one reference. What it takes
// is reserved in b.
func NewLease(b *Budget) *Lease {
	l := &Lease{}
	l.Init(b)
	return l
}

// Init does what NewLease does for a Lease that is a field. It must not be
// called while the lease is in use.
func (l *Lease) Init(b *Budget) {
	if l.refs.Load() != 0 {
		panic("buf: Init of a lease in use")
	}
	l.budget, l.reserved = b, 0
	l.refs.Store(1)
	l.owners.created(l)
}

// Retain adds a reference.
func (l *Lease) Retain() {
	if l.refs.Add(1) <= 1 {
		panic("buf: Retain of a released lease" + l.owners.history())
	}
	l.owners.retained(l)
}

// Release takes a reference away and reports whether it was the last one. Then
// the memory is gone: no view of it may be used any more. A release too many is
// a defect of the caller, and panics, since the memory may belong to another
// message by now.
func (l *Lease) Release() bool {
	n := l.refs.Add(-1)
	if n < 0 {
		panic("buf: lease released twice" + l.owners.history())
	}
	l.owners.released(l, n == 0)
	if n > 0 {
		return false
	}
	l.clear()
	return true
}

// clear returns all memory. Only the last owner calls it.
func (l *Lease) clear() {
	if l.head != nil {
		freeChunk(l.head)
		l.head = nil
	}
	l.dropRest()
	l.budget.Release(l.reserved)
	l.budget, l.reserved = nil, 0
}

func (l *Lease) dropRest() {
	for i, c := range l.rest {
		freeChunk(c)
		l.rest[i] = nil
	}
	l.rest = l.rest[:0]
}

// Head returns the head with room for at least size octets, all of it: what
// lies behind the octets in use is undefined. When the head has to move, its
// first keep octets move with it and every earlier view of it becomes invalid.
// The error is ErrMemory; then the old head stays as it is.
func (l *Lease) Head(size, keep int) ([]byte, error) {
	if l.head != nil && len(l.head.octets) >= size {
		return l.head.octets, nil
	}
	if err := l.take(size); err != nil {
		return nil, err
	}
	next := newChunk(size)
	if old := l.head; old != nil {
		copy(next.octets, old.octets[:keep])
		l.give(len(old.octets))
		freeChunk(old)
	}
	l.head = next
	return next.octets, nil
}

// Segment adds a segment of at least size octets and returns it. The error is
// ErrMemory.
func (l *Lease) Segment(size int) ([]byte, error) {
	if err := l.take(size); err != nil {
		return nil, err
	}
	c := newChunk(size)
	l.rest = append(l.rest, c)
	return c.octets, nil
}

// DropSegments returns the memory of all segments; the head stays. It is meant
// for octets that went to a spool file, before anyone was shown the segments.
func (l *Lease) DropSegments() {
	for _, c := range l.rest {
		l.give(len(c.octets))
	}
	l.dropRest()
}

// Charge moves what the lease holds to another budget, as when a message has
// found its endpoint and with it its share. The error is ErrMemory; then the
// old budget keeps the charge.
func (l *Lease) Charge(b *Budget) error {
	if b == l.budget {
		return nil
	}
	if err := move(l.budget, b, l.reserved); err != nil {
		return err
	}
	l.budget = b
	return nil
}

// Budget returns the budget that the lease is charged to.
func (l *Lease) Budget() *Budget { return l.budget }

func (l *Lease) take(size int) error {
	n := int64(sizeFor(size))
	if err := l.budget.Reserve(n); err != nil {
		return err
	}
	l.reserved += n
	return nil
}

func (l *Lease) give(n int) {
	l.budget.Release(int64(n))
	l.reserved -= int64(n)
}
