package http1

import (
	"context"
	"crypto/tls"
	"net"
	"net/netip"
	"strings"
	"sync"
	"time"
)

// Proxy is an HTTP proxy: TLS targets are reached through CONNECT (RFC 9110,
// 9.3.6), plain ones by the absolute form of the request target (RFC 9112, 3.2.2).
type Proxy struct {
	Address       string      // host:port
	TLS           *tls.Config // nil = plain towards the proxy
	Authorization string      // value of Proxy-Authorization; empty = none
	// NoProxy lists targets that are reached directly: "*", host, host:port,
	// ".domain" (and all below it), an IP address or a CIDR block.
	NoProxy     []string
	BypassLocal bool // names without a dot, and loopback, are reached directly
}

// bypasses says whether a target is reached without the proxy. Names are
// compared as written; they are not resolved.
func (x *Proxy) bypasses(address string) bool {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		host, port = address, ""
	}
	ip, ipErr := netip.ParseAddr(host)
	if x.BypassLocal && (ipErr == nil && ip.IsLoopback() || ipErr != nil && !strings.Contains(host, ".")) {
		return true
	}
	for _, rule := range x.NoProxy {
		if h, p, err := net.SplitHostPort(rule); err == nil {
			if p != port {
				continue
			}
			rule = h
		}
		switch {
		case rule == "*" || equalFold(rule, host):
			return true
		case strings.HasPrefix(rule, ".") && len(host) > len(rule) && equalFold(host[len(host)-len(rule):], rule):
			return true
		case strings.HasPrefix(rule, ".") && equalFold(rule[1:], host):
			return true
		}
		if block, err := netip.ParsePrefix(rule); err == nil && ipErr == nil && block.Contains(ip.Unmap()) {
			return true
		}
	}
	return false
}

// connectProxy asks the proxy for a tunnel to the target. The answer goes through
// the same strict reader as every other; octets behind it are refused, because
// the target has not been spoken to.
func (p *Pool) connectProxy(ctx context.Context, nc net.Conn) error {
	head, err := AppendRequestLine(nil, "CONNECT", p.route.address)
	if err != nil {
		return err
	}
	head = appendField(head, "Host", p.route.address)
	if p.route.authorization != "" {
		if head, err = AppendField(head, "Proxy-Authorization", p.route.authorization); err != nil {
			return err
		}
	}
	var cancelled sync.WaitGroup
	cancelled.Add(1)
	stop := context.AfterFunc(ctx, func() {
		defer cancelled.Done()
		_ = nc.SetDeadline(time.Unix(1, 0))
	})
	status, reason := 0, ""
	if _, err = nc.Write(append(head, "\r\n"...)); err == nil {
		status, reason, err = p.tunnelHead(nc)
	}
	if !stop() {
		cancelled.Wait()
		return context.Cause(ctx)
	}
	if err == nil && status/100 != 2 {
		err = &ProxyError{Status: status, Reason: reason}
	}
	return err
}

// tunnelHead reads the proxy's final head and nothing behind it.
func (p *Pool) tunnelHead(nc net.Conn) (int, string, error) {
	h := headScan{octets: p.opts.MaxHead, lines: p.opts.MaxLines}
	h.reset()
	var data []byte
	for interim := p.opts.Max1xx; ; {
		n := 0
		var err error
		if len(data) > 0 {
			n, err = h.scan(data)
		}
		switch {
		case err != nil:
			return 0, "", err
		case n == 0:
			// Octet by octet would be safest and slowest; a proxy has no reason to
			// send more than its head before the tunnel is used.
			var chunk [1 << 10]byte
			k, err := nc.Read(chunk[:])
			if k == 0 && err != nil {
				return 0, "", err
			}
			data = append(data, chunk[:k]...)
			continue
		case h.status < 200:
			interim--
			if err := h.interim(interim); err != nil {
				return 0, "", err
			}
			data = data[n:]
			h.reset()
			continue
		case h.status/100 == 2 && n < len(data):
			return 0, "", framing(n, "octets behind the proxy's answer to CONNECT")
		}
		return h.status, string(data[h.reason[0]:h.reason[1]]), nil
	}
}
