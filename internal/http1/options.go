package http1

import (
	"context"
	"crypto/tls"
	"net"
	"time"
)

// Target is where a Pool connects to.
type Target struct {
	Network string      // "" = tcp
	Address string      // host:port; for other networks what Dial understands
	TLS     *tls.Config // nil = plain; ServerName is set from Address when empty. Not changed
	Proxy   *Proxy      // nil = direct
}

// Options bound what a Pool spends. The zero value is ready for use.
type Options struct {
	MaxIdle     int           // idle connections kept; 0 = 256, negative = none
	MaxOpen     int           // connections open at once; 0 = 1024, negative = no limit
	IdleTimeout time.Duration // life of an idle connection; 0 = 90 s, negative = no limit
	DialTimeout time.Duration // connecting, CONNECT and handshake together; 0 = 30 s, negative = only the context
	// ResponseHeaderTimeout is the time from the last octet of the request to the
	// end of the final head; 0 = only the context.
	ResponseHeaderTimeout time.Duration
	// MinRate is the least rate in octets per second at which the target must take
	// the request and send the answer's body, after Grace. Time that our own side
	// spends is not counted. 0 = 240, negative = no limit (threats 3.1).
	MinRate  int
	Grace    time.Duration // 0 = 5 s
	MaxHead  int           // octets of all heads of one answer, and of trailers; 0 = 64 KiB
	MaxLines int           // lines of the same; 0 = 100
	Max1xx   int           // interim answers; 0 = 8, negative = none
	// Dial opens a connection; nil = net.Dialer. A Conn that is no *net.TCPConn is
	// written without writev; one that is no syscall.Conn costs a short wait before
	// each re-use.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
	// Trial takes each request instead of the network: the address that would be
	// dialled, and the octets of head and body without the framing of chunks. Do
	// fails with ErrTrial then. nil = requests are sent.
	Trial func(address string, request []byte)
}

// withDefaults replaces zeros; what is unlimited becomes a negative or huge value.
func (o Options) withDefaults() Options {
	def := func(v *int, d int) {
		if *v == 0 {
			*v = d
		}
	}
	def(&o.MaxIdle, 256)
	def(&o.MaxOpen, 1024)
	def(&o.MinRate, 240)
	def(&o.MaxHead, 64<<10)
	def(&o.MaxLines, 100)
	def(&o.Max1xx, 8)
	if o.IdleTimeout == 0 {
		o.IdleTimeout = 90 * time.Second
	}
	if o.DialTimeout == 0 {
		o.DialTimeout = 30 * time.Second
	}
	if o.Grace <= 0 {
		o.Grace = 5 * time.Second
	}
	if o.Dial == nil {
		o.Dial = new(net.Dialer).DialContext
	}
	return o
}
