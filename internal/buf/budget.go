package buf

import (
	"errors"
	"sync/atomic"
)

// Errors of a reservation. The remedy is a larger limits.messageMemory or
// limits.spool, or fewer messages that have to be held.
var (
	ErrMemory = errors.New("buf: no room in the memory budget")
	ErrSpool  = errors.New("buf: no room in the spool budget")
)

// Unlimited is a maximum that refuses nothing.
const Unlimited int64 = -1

// A Budget counts the octets that messages hold, in memory and in spool files.
// All methods may be called from many goroutines. A nil Budget has no limit and
// counts nothing.
type Budget struct {
	parent *Budget
	dir    string
	memory account
	spool  account
}

// account is one bounded counter.
type account struct {
	maximum int64
	held    atomic.Int64
}

// take adds n unless that would exceed the maximum. The sum may stand too high
// for a moment while a losing reservation is taken back; it never lets one
// through that does not fit.
func (a *account) take(n int64) bool {
	if held := a.held.Add(n); a.maximum >= 0 && held > a.maximum {
		a.held.Add(-n)
		return false
	}
	return true
}

// NewBudget returns a budget of memory octets in memory and spool octets in
// temporary files below dir. Unlimited lifts a limit, 0 turns that kind of
// storage off. An empty dir is the system's directory for temporary files.
func NewBudget(memory, spool int64, dir string) *Budget {
	b := &Budget{dir: dir}
	b.memory.maximum, b.spool.maximum = memory, spool
	return b
}

// NewShare returns the share that one endpoint has of parent: what it reserves
// counts there too, and it holds no more than maximum octets of memory. Spool
// octets are bounded by the parent alone. A nil parent is allowed.
func NewShare(parent *Budget, maximum int64) *Budget {
	b := &Budget{parent: parent}
	b.memory.maximum, b.spool.maximum = maximum, Unlimited
	if parent != nil {
		b.dir = parent.dir
	}
	return b
}

// Reserve counts n octets of memory, or returns ErrMemory and counts nothing.
func (b *Budget) Reserve(n int64) error {
	for at := b; at != nil; at = at.parent {
		if !at.memory.take(n) {
			for back := b; back != at; back = back.parent {
				back.memory.held.Add(-n)
			}
			return ErrMemory
		}
	}
	return nil
}

// Release gives back n octets of memory that Reserve counted.
func (b *Budget) Release(n int64) {
	for ; b != nil; b = b.parent {
		b.memory.held.Add(-n)
	}
}

// Held returns the octets of memory counted now.
func (b *Budget) Held() int64 {
	if b == nil {
		return 0
	}
	return b.memory.held.Load()
}

// Spooled returns the octets in spool files counted now.
func (b *Budget) Spooled() int64 {
	if b == nil {
		return 0
	}
	return b.spool.held.Load()
}

// reserveSpool counts n octets of spool file, or returns ErrSpool.
func (b *Budget) reserveSpool(n int64) error {
	for at := b; at != nil; at = at.parent {
		if !at.spool.take(n) {
			for back := b; back != at; back = back.parent {
				back.spool.held.Add(-n)
			}
			return ErrSpool
		}
	}
	return nil
}

func (b *Budget) releaseSpool(n int64) {
	for ; b != nil; b = b.parent {
		b.spool.held.Add(-n)
	}
}

// move transfers n reserved octets from one budget to another. Where the new
// one is a share of the old one only the share has to have room for them.
func move(from, to *Budget, n int64) error {
	if from != nil && to != nil && to.parent == from {
		if !to.memory.take(n) {
			return ErrMemory
		}
		return nil
	}
	if err := to.Reserve(n); err != nil {
		return err
	}
	from.Release(n)
	return nil
}
