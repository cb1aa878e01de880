package httpchan

import (
	"crypto/tls"
	"time"
)

// RenewTLS puts another TLS configuration in force for new connections. Those
// accepted under the older one end as soon as they are idle (design D6). A front
// that serves plain HTTP ignores it.
func (f *Front) RenewTLS(c *tls.Config) {
	if f.options.TLS == nil || c == nil {
		return
	}
	f.tls.Store(c)
	f.policy.Add(1)
}

// negotiate gives a connection the configuration in force.
func (f *Front) negotiate(*tls.ClientHelloInfo) (*tls.Config, error) { return f.tls.Load(), nil }

// outdated ends a connection that waits for a request under an older policy.
// HTTP/2 connections end with the idle time of net/http.
func (c *conn) outdated(now time.Time) {
	if c.policy != c.front.policy.Load() && c.phase.CompareAndSwap(int32(idle), int32(over)) {
		_ = c.SetReadDeadline(now) // net/http closes the connection
	}
}
