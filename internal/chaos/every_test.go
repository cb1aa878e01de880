//go:build chaos

package chaos

// Every cut point of a message, and a part of those in a TLS handshake.
const (
	stride      = 1
	handshakes  = 7
	longStride  = 499
	onewayEvery = 3
	kills       = 20
	everything  = true
)
