package buf

import (
	"math/bits"
	"sync"
)

// Sizes of pooled memory: powers of two from 4 KiB to 1 MiB. Larger pieces are
// allocated exactly and left to the garbage collector.
const (
	minShift = 12
	maxShift = 20
	// MaxPooled is the largest piece of memory that is pooled.
	MaxPooled = 1 << maxShift
)

// chunk is one piece of memory. Its pointer form goes into the pools without an
// allocation for the slice header.
type chunk struct {
	octets []byte
}

var pools [maxShift - minShift + 1]sync.Pool

// class returns the index of the smallest pool whose chunks hold n octets, or
// -1 when no pool does.
func class(n int) int {
	if n > MaxPooled {
		return -1
	}
	if n <= 1<<minShift {
		return 0
	}
	return bits.Len(uint(n-1)) - minShift
}

// sizeFor returns how many octets a chunk for n really takes.
func sizeFor(n int) int {
	if c := class(n); c >= 0 {
		return 1 << (c + minShift)
	}
	return n
}

func newChunk(n int) *chunk {
	c := class(n)
	if c < 0 {
		return &chunk{octets: make([]byte, n)}
	}
	if v, ok := pools[c].Get().(*chunk); ok {
		return v
	}
	return &chunk{octets: make([]byte, 1<<(c+minShift))}
}

func freeChunk(c *chunk) {
	if poison(c.octets) {
		return
	}
	if i := class(len(c.octets)); i >= 0 {
		pools[i].Put(c)
	}
}
