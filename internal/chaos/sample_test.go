//go:build !chaos

package chaos

// A sample of the cut points: primes, so that over the groups all kinds of
// places are hit.
const (
	stride      = 17
	handshakes  = 211
	longStride  = 19997
	onewayEvery = 37
	kills       = 1
	everything  = false
)
