package http1

import (
	"context"
	"crypto/tls"
	"net"
	"strings"
	"time"
)

// route is a Target made ready: what to dial, what to say there.
type route struct {
	network, address string
	via              *Proxy // nil: direct
	tls              *tls.Config
	viaTLS           *tls.Config
	host             string // default of Host
	absolute         bool   // requests carry the absolute form
	authorization    string // for the proxy
}

func newRoute(t Target) route {
	r := route{network: t.Network, address: t.Address, host: t.Address}
	if r.network == "" {
		r.network = "tcp"
	}
	r.tls = clientTLS(t.TLS, t.Address)
	defaultPort := ":80"
	if r.tls != nil {
		defaultPort = ":443"
	}
	r.host = strings.TrimSuffix(r.host, defaultPort)
	if t.Proxy != nil && !t.Proxy.bypasses(t.Address) {
		r.via, r.authorization = t.Proxy, t.Proxy.Authorization
		r.viaTLS = clientTLS(t.Proxy.TLS, t.Proxy.Address)
		r.absolute = r.tls == nil
	}
	return r
}

// clientTLS completes a copy of c: the name to verify and the one protocol
// spoken here.
func clientTLS(c *tls.Config, address string) *tls.Config {
	if c == nil {
		return nil
	}
	c = c.Clone()
	if c.ServerName == "" {
		if host, _, err := net.SplitHostPort(address); err == nil {
			c.ServerName = host
		} else {
			c.ServerName = address
		}
	}
	c.NextProtos = []string{"http/1.1"} // crypto/tls refuses a peer that picks another
	return c
}

// connect opens a connection in the place that the caller holds in p.open; the
// place is freed when it fails.
func (p *Pool) connect(ctx context.Context, pin *Pin) (*conn, error) {
	dialCtx, done := p.dialContext(ctx)
	defer done()
	raw, nc, stage, err := p.reach(dialCtx)
	p.mu.Lock()
	if err == nil && p.closed {
		stage, err = StageAcquire, ErrClosed
	}
	if err != nil {
		p.freeLocked()
		p.mu.Unlock()
		if raw != nil {
			_ = raw.Close()
		}
		if cause := context.Cause(ctx); cause != nil && !isRefusal(err) {
			err = cause
		}
		return nil, failure(stage, err)
	}
	c := newConn(p, pin, raw, nc)
	c.busy = true
	p.addLocked(c)
	p.stats.Dialed++
	p.mu.Unlock()
	return c, nil
}

// dialContext bounds ctx by DialTimeout. A context that has a deadline but never
// tells of it would not stop a handshake, so it gets a timer here.
func (p *Pool) dialContext(ctx context.Context) (context.Context, context.CancelFunc) {
	end, bounded := ctx.Deadline()
	if ctx.Done() == nil && bounded {
		ctx = context.WithoutCancel(ctx)
	} else {
		bounded = false // ctx sees to it
	}
	if p.opts.DialTimeout > 0 {
		if t := time.Now().Add(p.opts.DialTimeout); !bounded || t.Before(end) {
			end, bounded = t, true
		}
	}
	if !bounded {
		return ctx, func() {}
	}
	return context.WithDeadline(ctx, end)
}

// reach dials, asks the proxy and shakes hands. raw is set once it is open, also
// when a later stage fails.
func (p *Pool) reach(ctx context.Context) (raw, nc net.Conn, stage Stage, err error) {
	t := &p.route
	address := t.address
	if t.via != nil {
		address = t.via.Address
	}
	if raw, err = p.opts.Dial(ctx, t.network, address); err != nil {
		return nil, nil, StageDial, err
	}
	nc = raw
	if t.viaTLS != nil {
		if nc, err = shake(ctx, nc, t.viaTLS); err != nil {
			return raw, nil, StageProxy, err
		}
	}
	if t.via != nil && t.tls != nil {
		if err = p.connectProxy(ctx, nc); err != nil {
			return raw, nil, StageProxy, err
		}
	}
	if t.tls != nil {
		if nc, err = shake(ctx, nc, t.tls); err != nil {
			return raw, nil, StageHandshake, err
		}
	}
	return raw, nc, 0, nil
}

func shake(ctx context.Context, nc net.Conn, config *tls.Config) (net.Conn, error) {
	t := tls.Client(nc, config)
	if err := t.HandshakeContext(ctx); err != nil {
		return nil, err
	}
	return t, nil
}
