package main

import (
	"math/bits"
	"time"
)

const subBits = 6 // 64 steps for each power of two: an error below 2 %

// histogram counts durations.
type histogram struct {
	counts [64 << subBits]uint32
	total  uint64
}

func bucket(v uint64) int {
	if v < 1<<subBits {
		return int(v)
	}
	shift := bits.Len64(v) - subBits - 1
	return (shift+1)<<subBits | int(v>>shift&(1<<subBits-1))
}

// lowest is the smallest value of a bucket.
func lowest(b int) uint64 {
	if b < 1<<subBits {
		return uint64(b)
	}
	shift := b>>subBits - 1
	return (1<<subBits | uint64(b&(1<<subBits-1))) << shift
}

func (h *histogram) add(d time.Duration) {
	h.counts[bucket(uint64(max(d, 0)))]++
	h.total++
}

func (h *histogram) merge(o *histogram) {
	for i, n := range o.counts {
		h.counts[i] += n
	}
	h.total += o.total
}

// quantile returns the duration that the share q of all does not exceed.
func (h *histogram) quantile(q float64) time.Duration {
	want := uint64(q * float64(h.total))
	var seen uint64
	for i, n := range h.counts {
		if seen += uint64(n); seen > want {
			return time.Duration(lowest(i))
		}
	}
	return 0
}
